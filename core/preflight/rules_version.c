/* SPDX-License-Identifier: MPL-2.0 */
/* A version that exists already. A publish has judges of its own for what it does then (publish/existing.c);
 * a plan says what that will be, and what of the version could not be changed by anybody. Source:
 * azure-arm.md 1.5, 4.2. */
#include "arm/operation_doc.h"
#include "base/error.h"
#include "base/span.h"
#include "preflight/judge.h"
#include "preflight/key.h"
#include "json/look.h"

static const char fix[] = "name another version; one that exists keeps its sources and its encryption";

/* A publish has a word of its own for this: a conflict. */
static const json_t *existing(const struct acgp_judge *j)
{
    return j->p->writing ? NULL : acgp_judge_version(j);
}

/* What of it stays in the way of this publish: nothing of one that is deleted first. */
static const json_t *staying(const struct acgp_judge *j)
{
    return j->spec->on_existing == ACG_ON_EXISTING_REPLACE ? NULL : existing(j);
}

/* What the version has for a place; NULL: it is not there. */
static const json_t *found_place(const json_t *version, const struct acgp_place *place)
{
    const json_t *list =
        acgp_json_at(version, place->zone != NULL ? "properties.publishingProfile.targetExtendedLocations"
                                                  : "properties.publishingProfile.targetRegions");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *each = json_array_get(list, i);
        const char *name = acgp_json_text(each, "name");
        if (name != NULL && acgp_region_equal(name, place->region) &&
            (place->zone == NULL ||
             acgp_equal_nocase(acgp_json_text(each, "extendedLocation.name"), place->zone)))
            return each;
    }
    return NULL;
}

static const char *found_set(const json_t *place, struct acgp_disk disk)
{
    const json_t *data = acgp_json_at(place, "encryption.dataDiskImages");

    if (disk.os)
        return acgp_json_text(place, "encryption.osDiskImage.diskEncryptionSetId");
    for (size_t i = 0; i < json_array_size(data); i++)
        if (acgp_json_int(json_array_get(data, i), "lun", -1) == disk.lun)
            return acgp_json_text(json_array_get(data, i), "diskEncryptionSetId");
    return NULL;
}

static struct acgp_text field_of(const struct acgp_place *place, const char *set_id)
{
    struct acgp_text field = set_id != NULL ? acgp_set_field(place, set_id) : acgp_text("%s", "");

    return field.text[0] != '\0' ? field : acgp_text("%s", place->field);
}

/* R10: a LUN of a region that is there gets its first set. */
void acgp_rule_version_lun(struct acgp_judge *j)
{
    const json_t *version = staying(j);

    for (size_t i = 0; version != NULL && i < j->p->coverage.place_count; i++) {
        const struct acgp_covered_place *c = &j->p->coverage.places[i];
        const json_t *place = found_place(version, c->place);
        for (size_t d = 0; place != NULL && d < c->disk_count; d++)
            if (!c->disks[d].disk.os && c->disks[d].set_id != NULL && !found_set(place, c->disks[d].disk))
                acgp_found(j, ACG_SEVERITY_ERROR, "R10", field_of(c->place, c->disks[d].set_id).text, fix,
                           "the version exists, and its LUN %d has no disk encryption set in %s; none can be "
                           "added",
                           (int)c->disks[d].disk.lun, acgp_place_name(c->place).text);
    }
}

static bool same_os(const struct acgp_covered_disk *disk, const struct acgp_place_encryption *e,
                    const json_t *place)
{
    const json_t *profile = acgp_json_at(place, "encryption.osDiskImage.securityProfile");

    return acgp_resource_id_equal(disk->set_id, found_set(place, disk->disk)) &&
           acgp_equal_nocase(e->cvm_type, acgp_json_text(profile, "confidentialVMEncryptionType")) &&
           acgp_resource_id_equal(e->secure_vm_id, acgp_json_text(profile, "secureVMDiskEncryptionSetId"));
}

/* R11: what is encrypted stays as it is. */
void acgp_rule_version_encryption(struct acgp_judge *j)
{
    const json_t *version = staying(j);

    for (size_t i = 0; version != NULL && i < j->p->coverage.place_count; i++) {
        const struct acgp_covered_place *c = &j->p->coverage.places[i];
        const json_t *place = found_place(version, c->place);
        for (size_t d = 0; place != NULL && d < c->disk_count; d++) {
            const struct acgp_covered_disk *disk = &c->disks[d];
            const char *had = found_set(place, disk->disk);
            struct acgp_text which =
                disk->disk.os ? acgp_text("the OS disk") : acgp_text("LUN %d", (int)disk->disk.lun);
            bool same = disk->disk.os ? same_os(disk, &c->place->encryption, place)
                                      : had == NULL || acgp_resource_id_equal(had, disk->set_id);
            if (!same)
                acgp_found(j, ACG_SEVERITY_ERROR, "R11", field_of(c->place, disk->set_id).text, fix,
                           "the version exists, and encrypts %s in %s otherwise (%s)", which.text,
                           acgp_place_name(c->place).text, had ? had : "no disk encryption set of its own");
        }
    }
}

/* ---- R30: sources ---- */

static void judge_source(struct acgp_judge *j, const char *field, const char *want, const char *had)
{
    if (want != NULL && had != NULL && !acgp_resource_id_equal(want, had))
        acgp_found(j, ACG_SEVERITY_ERROR, "R30", field, fix,
                   "the version exists and was made of %s, not of %s", had, want);
}

static const json_t *found_disk(const json_t *list, int32_t lun)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (acgp_json_int(json_array_get(list, i), "lun", -1) == lun)
            return json_array_get(list, i);
    return NULL;
}

void acgp_rule_version_source(struct acgp_judge *j)
{
    const json_t *profile = acgp_json_at(staying(j), "properties.storageProfile");
    const json_t *data = acgp_json_at(profile, "dataDiskImages");
    const struct acgp_source_spec *source = &j->spec->source;
    const char *machine = acgp_json_text(profile, "source.virtualMachineId");

    if (profile == NULL || source->unclear)
        return;
    if (source->whole_image)
        judge_source(j, acgp_preflight_source_field(j->spec), source->id,
                     machine != NULL ? machine : acgp_json_text(profile, "source.id"));
    judge_source(j, "os_snapshot", source->os_id, acgp_json_text(profile, "osDiskImage.source.id"));
    for (size_t i = 0; !source->whole_image && i < source->data_count; i++) {
        const json_t *disk = found_disk(data, source->data[i].lun);
        struct acgp_text field = acgp_text("data_snapshot[%zu]", i);
        judge_source(j, field.text, source->data[i].id, acgp_json_text(disk, "source.id"));
        if (disk == NULL && acgp_json_at(profile, "osDiskImage") != NULL)
            acgp_found(j, ACG_SEVERITY_ERROR, "R30", field.text, fix,
                       "the version exists without a data disk at LUN %d; none can be added",
                       (int)source->data[i].lun);
    }
}

static bool found_before(const struct acgp_judge *j)
{
    static const char *const rules[] = {"R10", "R11", "R30"};

    for (size_t i = 0; i < acg_findings_count(j->findings); i++)
        for (size_t k = 0; k < sizeof rules / sizeof rules[0]; k++)
            if (acgp_equal(acg_findings_at(j->findings, i)->rule, rules[k]))
                return true;
    return false;
}

/* ---- what a publish does about it ---- */

static const char rule[] = "version-exists";
static const char name_another[] = "name another version";
static const char nothing_to_do[] = "nothing is to be done when that is meant; else name another version";

struct exists {
    enum acgp_operation_state state;
    bool deleting;
    bool ours;  /* its tag holds the operation key of this very publish */
    bool older; /* every source is provably older than it */
    struct acgp_text seen;
};

static bool is_ours(struct acgp_judge *j, const json_t *version)
{
    char key[ACGP_DIGEST_TEXT];
    const char *tag = acgp_preflight_tag(version, ACGP_KEY_TAG);

    if (tag == NULL || j->status != ACG_OK)
        return false;
    if (!acgp_operation_key(j->p, key)) {
        j->status = acgp_fail_nomem(&j->err);
        return false;
    }
    return acgp_equal(tag, key);
}

static struct exists look(struct acgp_judge *j, const json_t *version)
{
    const char *state = acgp_json_text(version, "properties.provisioningState");
    const char *published = acgp_json_text(version, "properties.publishingProfile.publishedDate");
    struct exists e = {.state = acgp_operation_word(state),
                       .deleting = acgp_equal_nocase(state, "Deleting"),
                       .older = acgp_sources_older(j->p, published)};

    e.ours = !e.deleting && is_ours(j, version);
    e.seen = acgp_text("the version exists (%s%s%s)", state ? state : "state unknown",
                       published ? ", published " : "", published ? published : "");
    return e;
}

static void tell(struct acgp_judge *j, enum acg_severity severity, const char *remedy, const struct exists *e,
                 const char *what)
{
    acgp_found(j, severity, rule, "gallery_image_version", remedy, "%s%s: %s", e->seen.text, what,
               j->spec->version_id);
}

/* Is it beyond doubt the work of this publish? What is finished may be of an older source under the same
 * name: only the source's age tells that, and the journal of the run, which a plan does not have. */
static bool goes_on(const struct acgp_judge *j, const struct exists *e)
{
    bool finished = e->state == ACGP_OPERATION_SUCCEEDED;
    bool anew = e->state == ACGP_OPERATION_FAILED && j->spec->on_existing == ACG_ON_EXISTING_REPLACE;

    return e->ours && (!finished || e->older) && !anew;
}

static void tell_ours(struct acgp_judge *j, const struct exists *e)
{
    tell(j, ACG_SEVERITY_WARNING, nothing_to_do, e,
         e->state == ACGP_OPERATION_SUCCEEDED
             ? "; an earlier run of this publish finished it, and a publish takes it as it is"
             : "; an earlier run of this publish began it, and a publish goes on with it");
}

static void tell_others(struct acgp_judge *j, const struct exists *e)
{
    bool running = e->state == ACGP_OPERATION_RUNNING;

    if (j->spec->on_existing == ACG_ON_EXISTING_FAIL && e->ours)
        tell(j, ACG_SEVERITY_UNKNOWN, "write on_existing = \"reuse\" to take it, or name another version", e,
             "; an earlier run of this publish made it, and a publish takes it only when that run did not "
             "come to "
             "its end: its source may have been rebuilt under its old name since");
    else if (j->spec->on_existing == ACG_ON_EXISTING_FAIL)
        tell(j, ACG_SEVERITY_ERROR, name_another, e, " and is left as it is; name another version");
    else if (e->deleting && j->spec->on_existing != ACG_ON_EXISTING_REPLACE)
        tell(j, ACG_SEVERITY_ERROR, "try again when it is gone", e, " and is being deleted");
    else if (j->spec->on_existing == ACG_ON_EXISTING_REUSE)
        tell(j, ACG_SEVERITY_WARNING, nothing_to_do, e,
             "; on_existing reuse takes it when it is what is asked for, and refuses the publish otherwise");
    else if (j->spec->on_existing == ACG_ON_EXISTING_UPDATE)
        tell(j, ACG_SEVERITY_WARNING, nothing_to_do, e,
             "; on_existing update adds what is missing, and leaves what others put there");
    else if (running && !e->deleting)
        tell(j, ACG_SEVERITY_ERROR, "wait until it is finished, with acg wait", e,
             " and another writer is at work on it; on_existing replace does not tear it from under them");
    else
        tell(j, ACG_SEVERITY_WARNING, nothing_to_do, e,
             "; on_existing replace deletes it once every check has passed, and makes it anew");
}

/* Asked behind the other three: one mistake, one finding. */
void acgp_rule_version_exists(struct acgp_judge *j)
{
    const json_t *version = existing(j);
    struct exists e;

    if (version == NULL || found_before(j))
        return;
    e = look(j, version);
    if (goes_on(j, &e))
        tell_ours(j, &e);
    else
        tell_others(j, &e);
}
