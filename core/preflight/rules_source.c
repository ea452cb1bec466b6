/* SPDX-License-Identifier: MPL-2.0 */
/* What the version is made of. Source: azure-arm.md 4.2, 6.1 to 6.3, 6.6. */
#include <inttypes.h>

#include "base/span.h"
#include "model/words.h"
#include "preflight/judge.h"
#include "json/look.h"

enum { SIZE_MAX_GB = 2048, SHALLOW_SIZE_MAX_GB = 32768 }; /* of one disk */

static enum acgp_resource_kind kind_of(const char *id)
{
    struct acgp_resource_id parsed = {.kind = ACGP_RESOURCE_OTHER};

    (void)acgp_resource_id_parse(acgp_span(id), &parsed);
    return parsed.kind;
}

/* ---- R22: is it there, and where? ---- */

static bool replicated_to(const json_t *version, const char *region)
{
    const json_t *list = acgp_json_at(version, "properties.publishingProfile.targetRegions");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = acgp_json_text(json_array_get(list, i), "name");
        if (name != NULL && acgp_region_equal(name, region))
            return true;
    }
    return json_array_size(list) == 0; /* not told */
}

static void judge_place(struct acgp_judge *j, const struct acgp_fact *source)
{
    const char *home = j->p->location, *where = acgp_json_text(source->root, "location");

    if (home[0] == '\0' || where == NULL)
        return;
    /* a version is read where it is replicated, not where its home is */
    if (kind_of(source->id) == ACGP_RESOURCE_IMAGE_VERSION) {
        if (!replicated_to(source->root, home))
            acgp_found(j, ACG_SEVERITY_ERROR, "R22", source->field,
                       "replicate the source there first, or name a location where it is",
                       "the source version is not replicated to %s, the new version's home region: %s", home,
                       source->id);
    } else if (!acgp_region_equal(where, home)) {
        char region[ACGP_REGION_MAX];
        acgp_found(j, ACG_SEVERITY_ERROR, "R22", source->field,
                   "name the source's region as location, or a source in the home region",
                   "the source is in %s, the version's home region is %s; Azure wants both in one region",
                   acgp_region_normalise(acgp_span(where), region) ? region : where, home);
    }
}

void acgp_rule_source(struct acgp_judge *j)
{
    for (size_t i = 0; i < j->p->facts.count; i++) {
        const struct acgp_fact *fact = j->p->facts.items[i];
        if (fact->kind != ACGP_FACT_SOURCE)
            continue;
        if (fact->state == ACGP_FACT_ABSENT)
            acgp_found(j, ACG_SEVERITY_ERROR, "R22", fact->field, "name an existing source",
                       "the source does not exist: %s", fact->id);
        if (fact->state == ACGP_FACT_READ)
            judge_place(j, fact);
    }
}

/* ---- the disks of the source ---- */

/* The set that a disk is under; NULL: none, or not told. */
static const char *set_of(const struct acgp_source_disk *d)
{
    const char *id = acgp_json_text(d->entry, "diskEncryptionSet.id");

    if (id == NULL)
        id = acgp_json_text(d->entry, "managedDisk.diskEncryptionSet.id");
    return id != NULL ? id : acgp_json_text(d->body, "properties.encryption.diskEncryptionSetId");
}

static bool under_customer_keys(const struct acgp_source_disk *d)
{
    const char *type = acgp_json_text(d->body, "properties.encryption.type");

    return set_of(d) != NULL || (type != NULL && !acgp_equal_nocase(type, ACGP_PLATFORM_KEY));
}

/* R13: keys do not reach into another subscription. */
void acgp_rule_source_subscription(struct acgp_judge *j)
{
    for (size_t i = 0; j->spec->subscription_id != NULL && i < j->p->disk_count; i++) {
        const struct acgp_source_disk *d = &j->p->disks[i];
        struct acgp_resource_id id;
        if (!acgp_resource_id_parse(acgp_span(d->source), &id) || !under_customer_keys(d) ||
            acgp_span_equal_nocase(id.subscription, acgp_span(j->spec->subscription_id)))
            continue;
        acgp_found(
            j, ACG_SEVERITY_ERROR, "R13", d->field,
            "copy the source without customer keys, or publish to a gallery of the source's subscription",
            "the source is under customer keys and in another subscription than the version (%s): %s",
            j->spec->subscription_id, d->source);
        if (j->spec->source.whole_image)
            return; /* one source, one finding */
    }
}

/* The first set that a version names anywhere; NULL: none. */
static const char *set_of_place(const json_t *place)
{
    const json_t *data = acgp_json_at(place, "encryption.dataDiskImages");
    const char *id = acgp_json_text(place, "encryption.osDiskImage.diskEncryptionSetId");

    if (id == NULL)
        id = acgp_json_text(place, "encryption.osDiskImage.securityProfile.secureVMDiskEncryptionSetId");
    for (size_t i = 0; id == NULL && i < json_array_size(data); i++)
        id = acgp_json_text(json_array_get(data, i), "diskEncryptionSetId");
    return id;
}

/* R14: a version under customer keys is no source. */
void acgp_rule_source_encrypted(struct acgp_judge *j)
{
    static const char *const lists[] = {"properties.publishingProfile.targetRegions",
                                        "properties.publishingProfile.targetExtendedLocations"};
    const struct acgp_source_spec *source = &j->spec->source;
    const json_t *root = source->whole_image && source->kind == ACGP_RESOURCE_IMAGE_VERSION
                             ? acgp_facts_root(&j->p->facts, source->id)
                             : NULL;
    const char *set = NULL;

    for (size_t k = 0; k < sizeof lists / sizeof lists[0]; k++) {
        const json_t *list = acgp_json_at(root, lists[k]);
        for (size_t i = 0; set == NULL && i < json_array_size(list); i++)
            set = set_of_place(json_array_get(list, i));
    }
    if (set != NULL)
        acgp_found(j, ACG_SEVERITY_ERROR, "R14", "image_version",
                   "publish again from the machine, image or snapshots that it was made of",
                   "the source version is under customer keys (%s), and no version can be made of it: %s",
                   set, source->id);
}

/* Is a source wrong already? A warning would only stand in its way. */
static bool refused(const struct acgp_judge *j, const char *field)
{
    for (size_t i = 0; i < acg_findings_count(j->findings); i++) {
        const struct acg_finding *f = acg_findings_at(j->findings, i);
        if (f->severity == ACG_SEVERITY_ERROR && acgp_equal(f->field, field))
            return true;
    }
    return false;
}

/* Azure takes it, and the copies are under the platform's keys: said before, unless that is declared. One set
 * anywhere is for "half-encrypted" to judge. */
void acgp_rule_source_keys(struct acgp_judge *j)
{
    if (acgp_judge_encrypts(j) || j->spec->encryption_type != NULL)
        return;
    for (size_t i = 0; i < j->p->disk_count; i++) {
        const struct acgp_source_disk *d = &j->p->disks[i];
        if (!under_customer_keys(d) || refused(j, d->field))
            continue;
        acgp_found(
            j, ACG_SEVERITY_WARNING, "source-keys", d->field,
            "name a disk encryption set for each disk in each region, or declare encryption_type platform",
            "the source is under customer keys, and the version would be under the platform's: %s",
            d->source);
        if (j->spec->source.whole_image)
            return; /* one source, one finding */
    }
}

/* R15: accepted, and fails hours later. */
void acgp_rule_trusted_launch(struct acgp_judge *j)
{
    for (size_t i = 0; i < j->p->disk_count; i++) {
        const struct acgp_source_disk *d = &j->p->disks[i];
        const char *machine = acgp_json_text(d->owner, "properties.securityProfile.securityType");
        const char *disk = acgp_json_text(d->body, "properties.securityProfile.securityType");
        if (set_of(d) == NULL ||
            (!acgp_equal_nocase(machine, "TrustedLaunch") && !acgp_equal_nocase(disk, "TrustedLaunch")))
            continue;
        acgp_found(j, ACG_SEVERITY_ERROR, "R15", d->field, "publish from a copy of the disk on platform keys",
                   "the source is for Trusted Launch and its disk is under a disk encryption set (%s); Azure "
                   "accepts such a version and then fails to replicate it: %s",
                   set_of(d), d->id ? d->id : d->source);
        if (machine != NULL)
            return; /* the machine is what is wrong */
    }
}

/* ---- R27: what a machine may have ---- */

static bool ultra(const struct acgp_source_disk *d)
{
    return acgp_equal_nocase(acgp_json_text(d->entry, "managedDisk.storageAccountType"), "UltraSSD_LRS") ||
           acgp_equal_nocase(acgp_json_text(d->body, "sku.name"), "UltraSSD_LRS");
}

void acgp_rule_machine(struct acgp_judge *j)
{
    static const char fix[] = "publish from a machine with managed disks of another type, or from snapshots";
    bool blob = false;

    for (size_t i = 0; i < j->p->disk_count; i++) {
        const struct acgp_source_disk *d = &j->p->disks[i];
        if (kind_of(d->source) != ACGP_RESOURCE_VIRTUAL_MACHINE)
            return;
        if (acgp_json_at(d->entry, "diffDiskSettings.option") != NULL)
            acgp_found(j, ACG_SEVERITY_ERROR, "R27", d->field, fix,
                       "the source machine has an ephemeral OS disk: %s", d->source);
        else if (ultra(d))
            acgp_found(j, ACG_SEVERITY_ERROR, "R27", d->field, fix,
                       "the source machine has an ultra disk (%s): %s", d->id ? d->id : "not named",
                       d->source);
        else if (d->entry != NULL && acgp_json_at(d->entry, "managedDisk") == NULL && !blob) {
            blob = true;
            acgp_found(j, ACG_SEVERITY_ERROR, "R27", d->field, fix,
                       "the source machine has a disk that is no managed disk: %s", d->source);
        }
    }
}

/* R28 */
void acgp_rule_size(struct acgp_judge *j)
{
    const char *mode = j->spec->replication_mode;
    bool full = mode == NULL || acgp_equal_nocase(mode, ACGP_FULL); /* of a draft's word nobody knows */
    int64_t most = full ? SIZE_MAX_GB : SHALLOW_SIZE_MAX_GB;

    for (size_t i = 0; i < j->p->disk_count; i++) {
        const struct acgp_source_disk *d = &j->p->disks[i];
        int64_t size = acgp_json_int(d->body, "properties.diskSizeGB", -1);
        if (size < 0)
            size = acgp_json_int(d->entry, "diskSizeGB", -1);
        if (size < 0)
            size = acgp_json_int(d->entry, "sizeInGB", -1); /* of another version */
        if (size > most)
            acgp_found(j, ACG_SEVERITY_ERROR, "R28", d->field, "make the disk smaller",
                       "a disk of the source has %" PRId64 " GB, and %" PRId64
                       " GB are the most that is replicated: %s",
                       size, most, d->id ? d->id : d->source);
    }
}
