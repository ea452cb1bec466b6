/* SPDX-License-Identifier: MPL-2.0 */
/* A version that exists already. A publish never changes one, whatever it holds; a plan also says what of it
 * could not be changed by anybody. Source: azure-arm.md 1.5, 4.2. */
#include "base/span.h"
#include "preflight/judge.h"
#include "json/look.h"

static const char fix[] = "name another version; one that exists keeps its sources and its encryption";

/* A publish has a word of its own for this: a conflict. */
static const json_t *existing(const struct acgp_judge *j)
{
    return j->p->writing ? NULL : acgp_judge_version(j);
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
    const json_t *version = existing(j);

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
    const json_t *version = existing(j);

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
    const json_t *profile = acgp_json_at(existing(j), "properties.storageProfile");
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

/* Asked behind the other three: one mistake, one finding. */
void acgp_rule_version_exists(struct acgp_judge *j)
{
    const json_t *version = existing(j);
    const char *state = acgp_json_text(version, "properties.provisioningState");
    const char *published = acgp_json_text(version, "properties.publishingProfile.publishedDate");

    if (version != NULL && !found_before(j))
        acgp_found(j, ACG_SEVERITY_ERROR, "version-exists", "gallery_image_version", "name another version",
                   "the version exists (%s%s%s) and is left as it is; name another version: %s",
                   state ? state : "state unknown", published ? ", published " : "",
                   published ? published : "", j->spec->version_id);
}
