/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/jsonx.h"
#include "sim/regions.h"
#include "sim/text.h"
#include "sim/version_rules.h"

#include <inttypes.h>
#include <stdlib.h>

/* Rules of the service about what the sources are. Numbers as in version_rules.c. */

static bool not_found_here(struct sim_version_put *p, const char *id)
{
    return sim_version_refuse(
        p, sim_storage_path,
        "Source %s is not found. Please check source exists, and is in the same region as gallery "
        "image version being created.",
        id);
}

static bool is_here(const struct sim_version_put *p, const struct sim_resource *r)
{
    return sim_region_same(sim_text_at(r->body, "location"), p->region);
}

/* A storage account that the scenario does not hold is not looked for: only its region is judged. */
static bool disk_source_exists(struct sim_version_put *p, const json_t *disk, int index)
{
    const char *id = sim_version_disk_source(disk), *account = sim_text_at(disk, "source.storageAccountId");
    (void)index;
    account = account ? account : id;
    if (!account)
        return true;
    const struct sim_resource *r = sim_find(p->c->w, account);
    bool blob = sim_id_of_type(account, "Microsoft.Storage/storageAccounts");
    return (r ? is_here(p, r) : blob) || not_found_here(p, account);
}

static bool replicated_to(const struct sim_resource *version, const char *region)
{
    size_t i;
    const json_t *each;
    json_array_foreach(sim_at(version->body, "properties.publishingProfile.targetRegions"), i, each)
    {
        if (sim_region_same(sim_text_at(each, "name"), region))
            return true;
    }
    return false;
}

/* R22; a version as source must be replicated to the new one's home region. */
static bool sources_exist(struct sim_version_put *p)
{
    const char *id = sim_version_whole_source(p->asked);
    if (!id || sim_at(p->asked, "storageProfile.source.communityGalleryImageId"))
        return sim_version_each_disk(p, disk_source_exists);
    const struct sim_resource *r = sim_find(p->c->w, id);
    if (!r)
        return sim_version_refuse(p, sim_storage_path,
                                  "Source was not found: %s. Please make sure the source exists.", id);
    return (sim_id_of_version(id) ? replicated_to(r, p->region) : is_here(p, r)) || not_found_here(p, id);
}

static bool encryption_unsupported(struct sim_version_put *p, const char *id)
{
    return sim_version_refuse(
        p, sim_storage_path,
        "Encryption is not supported for source resource '%s'. Please use a different source "
        "resource type which supports encryption properties.",
        id);
}

static bool disk_source_encryptable(struct sim_version_put *p, const json_t *disk, int index)
{
    const char *uri = sim_text_at(disk, "source.uri");
    (void)index;
    return uri ? encryption_unsupported(p, uri) : true;
}

/* R12: any version, and any VHD, is no source when sets are named. */
static bool source_allows_encryption(struct sim_version_put *p)
{
    const char *id = sim_version_whole_source(p->asked);
    if (!p->use_count || p->have)
        return true;
    if (sim_at(p->asked, "storageProfile.source.communityGalleryImageId") || (id && sim_id_of_version(id)))
        return encryption_unsupported(p, id);
    return sim_version_each_disk(p, disk_source_encryptable);
}

static bool names_a_set(const json_t *place)
{
    size_t i;
    const json_t *disk;
    if (sim_at(place, "encryption.osDiskImage.diskEncryptionSetId") ||
        sim_at(place, "encryption.osDiskImage.securityProfile.secureVMDiskEncryptionSetId"))
        return true;
    json_array_foreach(sim_at(place, "encryption.dataDiskImages"), i, disk)
    {
        if (json_object_get(disk, "diskEncryptionSetId"))
            return true;
    }
    return false;
}

/* R14: a version under customer keys is no source at all. Only in the documentation; the text is R12's. */
static bool source_version_has_no_sets(struct sim_version_put *p)
{
    const char *id = sim_version_whole_source(p->asked);
    const struct sim_resource *r = id && sim_id_of_version(id) ? sim_find(p->c->w, id) : NULL;
    size_t i;
    const json_t *each;
    json_array_foreach(sim_at(r ? r->body : NULL, "properties.publishingProfile.targetRegions"), i, each)
    {
        if (names_a_set(each))
            return encryption_unsupported(p, id);
    }
    return true;
}

static bool disk_is_ours_or_plain(struct sim_version_put *p, const struct sim_source_disk *d, void *context)
{
    const char *type = sim_text_at(d->body, "properties.encryption.type");
    bool keyed = sim_source_disk_set(d) || (type && !sim_same(type, "EncryptionAtRestWithPlatformKey"));
    struct sim_id id;
    (void)context;
    if (!keyed || !sim_id_parse(d->source, &id))
        return true;
    bool ours = sim_same(id.subscription, p->c->id.subscription);
    if (!ours)
        sim_version_refuse(
            p, sim_storage_path,
            "Encrypted source: '%s' is in a different subscription ID than the current gallery image "
            "version subscription '%s'. Please retry with an unencrypted source(s) or use the source's "
            "subscription '%s' to create the gallery image version.",
            d->source, p->c->id.subscription, id.subscription);
    sim_id_done(&id);
    return ours;
}

/* R13 */
static bool encrypted_source_is_ours(struct sim_version_put *p)
{
    return sim_version_each_source_disk(p, disk_is_ours_or_plain, NULL);
}

static bool is_ultra(const struct sim_source_disk *d)
{
    return sim_same(sim_text_at(d->entry, "managedDisk.storageAccountType"), "UltraSSD_LRS") ||
           sim_same(sim_text_at(d->body, "sku.name"), "UltraSSD_LRS");
}

static bool machine_disk_is_suitable(struct sim_version_put *p, const struct sim_source_disk *d,
                                     void *context)
{
    (void)context;
    if (json_object_get(d->entry, "diffDiskSettings"))
        return sim_version_refuse(
            p, sim_storage_path, "Source virtual machine %s cannot contain an ephemeral OS disk.", d->source);
    if (!json_object_get(d->entry, "managedDisk"))
        return sim_version_refuse(p, sim_storage_path,
                                  "Source virtual machine %s must be created from Managed Disks.", d->source);
    if (is_ultra(d))
        return sim_version_refuse(
            p, sim_storage_path,
            "Source virtual machine %s cannot contain disk ['%s'] stored in an UltraSSD "
            "account type.",
            d->source, d->id ? d->id : "");
    return true;
}

/* R27 */
static bool machine_is_suitable(struct sim_version_put *p)
{
    const char *id = sim_version_whole_source(p->asked);
    if (!id || !sim_id_of_type(id, "Microsoft.Compute/virtualMachines"))
        return true;
    return sim_version_each_source_disk(p, machine_disk_is_suitable, NULL);
}

static bool lun_listed(const json_t *disks, int64_t lun, struct sim_str *all)
{
    bool found = false;
    size_t i;
    const json_t *each;
    json_array_foreach(disks, i, each)
    {
        int64_t have = sim_int_at(each, "lun", -1);
        char *text = sim_format("%s%" PRId64, i ? "," : "", have);
        sim_str_text(all, text);
        free(text);
        found = found || have == lun;
    }
    return found;
}

/* LUNs of a managed image, machine or version. Borrowed. */
static const json_t *source_luns(const struct sim_resource *r)
{
    const json_t *disks = sim_at(r->body, "properties.storageProfile.dataDisks");
    return disks ? disks : sim_at(r->body, "properties.storageProfile.dataDiskImages");
}

/* R6, for whole-image sources only: two recordings with per-disk sources show that it is not enforced there.
 * A source that is gone by the time of an update is not judged. */
static bool luns_exist(struct sim_version_put *p)
{
    const char *id = sim_version_whole_source(sim_version_sources(p));
    const struct sim_resource *r = id ? sim_find(p->c->w, id) : NULL;
    for (size_t i = 0; r && i < p->use_count; i++) {
        struct sim_str all = {0};
        bool found = p->uses[i].lun < 0 || lun_listed(source_luns(r), p->uses[i].lun, &all);
        if (!found)
            sim_version_refuse(p, sim_regions_path,
                               "An invalid lun [%" PRId64
                               "] was specified in encryption.dataDiskImages. The lun must be "
                               "one of the following values ['%s']",
                               p->uses[i].lun, all.data ? all.data : "");
        free(all.data);
        if (!found)
            return false;
    }
    return true;
}

bool sim_version_source_rules(struct sim_version_put *p)
{
    static const struct sim_rule rules[] = {
        {"R22", sources_exist},
        {"R14", source_version_has_no_sets},
        {"R12", source_allows_encryption},
        {"R13", encrypted_source_is_ours},
        {"R26", sim_version_fits_definition},
        {"R27", machine_is_suitable},
        {"R6", luns_exist},
        {"R31", sim_version_source_is_free},
    };
    return sim_version_ask(p, rules, sizeof rules / sizeof rules[0]);
}
