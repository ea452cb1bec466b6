/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/jsonx.h"
#include "sim/regions.h"
#include "sim/text.h"
#include "sim/version.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Rules of the service about sources, and about what an update may change. Numbers as in version_rules.c. */

static const char storage_path[] = "galleryImageVersion.properties.storageProfile";

static bool is_type(const char *resource_id, const char *type)
{
    struct sim_id id;
    bool same = sim_id_parse(resource_id, &id) && sim_id_is(&id, type);
    sim_id_done(&id);
    return same;
}

static bool is_disk(const char *id)
{
    return is_type(id, "Microsoft.Compute/snapshots") || is_type(id, "Microsoft.Compute/disks");
}

static bool is_version(const char *id)
{
    return is_type(id, "Microsoft.Compute/galleries/images/versions");
}

/* Call back for the OS disk (index -1) and each data disk of the request. */
static bool each_disk(struct sim_version_put *p, bool (*look)(struct sim_version_put *, const json_t *, int))
{
    const json_t *os = sim_at(p->asked, "storageProfile.osDiskImage"), *disk;
    size_t i;
    if (os && !look(p, os, -1))
        return false;
    json_array_foreach(sim_at(p->asked, "storageProfile.dataDiskImages"), i, disk)
    {
        if (!look(p, disk, (int)i))
            return false;
    }
    return true;
}

static bool has_source(const json_t *disk)
{
    return sim_version_disk_source(disk) || sim_text_at(disk, "source.uri") ||
           sim_text_at(disk, "source.storageAccountId");
}

static bool any_disk_source(const struct sim_version_put *p)
{
    size_t i;
    const json_t *disk;
    if (has_source(sim_at(p->asked, "storageProfile.osDiskImage")))
        return true;
    json_array_foreach(sim_at(p->asked, "storageProfile.dataDiskImages"), i, disk)
    {
        if (has_source(disk))
            return true;
    }
    return false;
}

/* R21: one style, and on a create at least one. */
static bool one_source_style(struct sim_version_put *p)
{
    const char *whole = sim_version_whole_source(p->asked);
    bool disks = any_disk_source(p);
    if ((whole && disks) || (!p->have && !whole && !disks))
        return sim_version_refuse(
            p, storage_path,
            "The gallery artifact version source can only be specified either directly under "
            "storageProfile or within individual OS or data disks. One and only one source type "
            "(user image, snapshot, disk, virtual machine) can be provided.");
    return true;
}

/* R23 */
static bool whole_source_type(struct sim_version_put *p)
{
    const char *id = sim_version_whole_source(p->asked);
    if (!id || is_version(id) || is_type(id, "Microsoft.Compute/images") ||
        is_type(id, "Microsoft.Compute/virtualMachines") ||
        sim_at(p->asked, "storageProfile.source.communityGalleryImageId"))
        return true;
    return sim_version_refuse(
        p, storage_path,
        "The source id: %s must either be a managed image, virtual machine or another gallery "
        "image version",
        id);
}

static bool disk_source_type(struct sim_version_put *p, const json_t *disk, int index)
{
    const char *id = sim_version_disk_source(disk);
    bool vhd = sim_text_at(disk, "source.uri") != NULL;
    if (!id)
        return true;
    if (*id != '/')
        return sim_version_refuse(
            p, storage_path,
            "Property id %s at path 'properties.storageProfile.%s.source.id' is invalid. Expect "
            "fully qualified resource Id that start with '/subscriptions/{subscriptionID}' or "
            "'/providers/{resourceProviderNamespace}/'.",
            id, index < 0 ? "osDiskImage" : "dataDiskImages");
    /* Recorded: with a uri, the id is the storage account. */
    if (is_disk(id) || (vhd && is_type(id, "Microsoft.Storage/storageAccounts")))
        return true;
    return sim_version_refuse(p, storage_path, "The source id: %s must be a managed disk or snapshot.", id);
}

/* R24 */
static bool disk_source_types(struct sim_version_put *p)
{
    return each_disk(p, disk_source_type);
}

static const char *disk_key(const json_t *disk)
{
    const char *uri = sim_text_at(disk, "source.uri");
    return uri ? uri : sim_version_disk_source(disk);
}

/* R25 */
static bool disks_are_distinct(struct sim_version_put *p)
{
    const json_t *data = sim_at(p->asked, "storageProfile.dataDiskImages");
    const char *os = disk_key(sim_at(p->asked, "storageProfile.osDiskImage"));
    size_t n = json_array_size(data);
    for (size_t i = 0; i < n; i++) {
        const json_t *disk = json_array_get(data, i), *lun = json_object_get(disk, "lun");
        const char *key = disk_key(disk);
        if (!json_is_integer(lun))
            return sim_version_refuse(p, storage_path,
                                      "Required parameter 'dataDiskImages.lun' is missing (null).");
        if (key && sim_same(key, os))
            return sim_text_at(disk, "source.uri")
                       ? sim_version_refuse(p, storage_path,
                                            "OSDiskImage and DataDiskImage cannot point to same blob %s", key)
                       : sim_version_refuse(
                             p, storage_path,
                             "Duplicated source ids are found in the input disks. Source id should be "
                             "unique for each disk.");
        for (size_t k = 0; k < i; k++) {
            const json_t *other = json_array_get(data, k);
            if (key && sim_same(key, disk_key(other)))
                return sim_version_refuse(
                    p, storage_path,
                    "Duplicated source ids are found in the input disks. Source id should be "
                    "unique for each disk.");
            if (json_equal(lun, json_object_get(other, "lun")))
                return sim_version_refuse(
                    p, storage_path,
                    "Duplicated lun numbers have been detected in the input data disks. Lun "
                    "number must be unique for each data disk.");
        }
    }
    return true;
}

static bool disk_source_exists(struct sim_version_put *p, const json_t *disk, int index)
{
    const char *id = sim_version_disk_source(disk);
    (void)index;
    if (!id || !is_disk(id))
        return true;
    const struct sim_resource *r = sim_find(p->c->w, id);
    if (r && sim_region_same(sim_text_at(r->body, "location"), p->region))
        return true;
    return sim_version_refuse(
        p, storage_path,
        "Source %s is not found. Please check source exists, and is in the same region as gallery "
        "image version being created.",
        id);
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
        return each_disk(p, disk_source_exists);
    const struct sim_resource *r = sim_find(p->c->w, id);
    if (!r)
        return sim_version_refuse(p, storage_path,
                                  "Source was not found: %s. Please make sure the source exists.", id);
    if (is_version(id) ? replicated_to(r, p->region)
                       : sim_region_same(sim_text_at(r->body, "location"), p->region))
        return true;
    return sim_version_refuse(
        p, storage_path,
        "Source %s is not found. Please check source exists, and is in the same region as gallery "
        "image version being created.",
        id);
}

static bool encryption_unsupported(struct sim_version_put *p, const char *id)
{
    return sim_version_refuse(
        p, storage_path,
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

static bool region_is_encrypted(const json_t *region)
{
    return sim_at(region, "encryption.osDiskImage.diskEncryptionSetId") ||
           sim_at(region, "encryption.osDiskImage.securityProfile.secureVMDiskEncryptionSetId") ||
           json_array_size(sim_at(region, "encryption.dataDiskImages"));
}

/* R14: a version under customer keys is no source at all. R12: any version, and any VHD, is none when keys
 * are named. */
static bool source_allows_encryption(struct sim_version_put *p)
{
    const char *id = sim_version_whole_source(p->asked);
    const struct sim_resource *r = id && is_version(id) ? sim_find(p->c->w, id) : NULL;
    size_t i;
    const json_t *each;
    json_array_foreach(sim_at(r ? r->body : NULL, "properties.publishingProfile.targetRegions"), i, each)
    {
        if (region_is_encrypted(each))
            return encryption_unsupported(p, id);
    }
    if (!p->use_count || p->have)
        return true;
    return r ? encryption_unsupported(p, id) : each_disk(p, disk_source_encryptable);
}

static bool same_subscription_if_encrypted(struct sim_version_put *p, const char *id,
                                           const struct sim_resource *r)
{
    struct sim_id parsed;
    const char *type = r ? sim_text_at(r->body, "properties.encryption.type") : NULL;
    bool keyed = type && !sim_same(type, "EncryptionAtRestWithPlatformKey");
    bool ours = !keyed || !sim_id_parse(id, &parsed) || sim_same(parsed.subscription, p->c->id.subscription);
    if (!ours)
        sim_version_refuse(
            p, storage_path,
            "Encrypted source: '%s' is in a different subscription ID than the current gallery image "
            "version subscription '%s'. Please retry with an unencrypted source(s) or use the source's "
            "subscription '%s' to create the gallery image version.",
            id, p->c->id.subscription, parsed.subscription);
    if (keyed)
        sim_id_done(&parsed);
    return ours;
}

static bool disk_in_subscription(struct sim_version_put *p, const json_t *disk, int index)
{
    const char *id = sim_version_disk_source(disk);
    (void)index;
    return !id || same_subscription_if_encrypted(p, id, sim_find(p->c->w, id));
}

/* R13 */
static bool encrypted_source_is_ours(struct sim_version_put *p)
{
    return each_disk(p, disk_in_subscription);
}

static bool matches_definition(struct sim_version_put *p, const char *id, const char *generation,
                               const char *system, const char *state)
{
    const json_t *definition = sim_at(p->definition->body, "properties");
    const char *want_generation = sim_text_at(definition, "hyperVGeneration");
    const char *want_system = sim_text_at(definition, "osType"),
               *want_state = sim_text_at(definition, "osState");
    if (state && !sim_same(state, want_state))
        return sim_version_refuse(
            p, storage_path,
            "Cannot create Gallery Image Version from: %s since the OS State in the parent gallery "
            "image (%s) is not %s.",
            id, want_state, state);
    if (generation && !sim_same(generation, want_generation))
        return sim_version_refuse(
            p, storage_path,
            "The resource with id '%s' has a different Hypervisor generation ['%s'] than the parent "
            "gallery image Hypervisor generation ['%s'].",
            id, generation, want_generation);
    if (system && !sim_same(system, want_system))
        return sim_version_refuse(
            p, storage_path,
            "The resource with id '%s' has a different OS type ['%s'] than the parent gallery image "
            "OS type ['%s'].",
            id, system, want_system);
    return true;
}

/* R26, without purchase plans. A snapshot of generation V1 was recorded as the source of a version under a V2
 * definition, so the generation of single disks is not compared. */
static bool source_fits_definition(struct sim_version_put *p)
{
    const char *id = sim_version_whole_source(p->asked);
    bool disks = !id;
    if (disks)
        id = sim_version_disk_source(sim_at(p->asked, "storageProfile.osDiskImage"));
    const struct sim_resource *r = id ? sim_find(p->c->w, id) : NULL;
    if (!r || is_version(id) || is_type(id, "Microsoft.Storage/storageAccounts"))
        return true;
    const json_t *properties = sim_at(r->body, "properties");
    const char *system =
        disks ? sim_text_at(properties, "osType") : sim_text_at(properties, "storageProfile.osDisk.osType");
    return matches_definition(p, id, disks ? NULL : sim_text_at(properties, "hyperVGeneration"), system,
                              sim_text_at(properties, "storageProfile.osDisk.osState"));
}

/* R27 */
static bool vm_is_suitable(struct sim_version_put *p)
{
    const char *id = sim_version_whole_source(p->asked);
    const struct sim_resource *vm =
        id && is_type(id, "Microsoft.Compute/virtualMachines") ? sim_find(p->c->w, id) : NULL;
    const json_t *profile = vm ? sim_at(vm->body, "properties.storageProfile") : NULL, *disk;
    size_t i;
    if (!profile)
        return true;
    if (sim_at(profile, "osDisk.diffDiskSettings"))
        return sim_version_refuse(p, storage_path,
                                  "Source virtual machine %s cannot contain an ephemeral OS disk.", id);
    if (!sim_at(profile, "osDisk.managedDisk"))
        return sim_version_refuse(p, storage_path,
                                  "Source virtual machine %s must be created from Managed Disks.", id);
    json_array_foreach(json_object_get(profile, "dataDisks"), i, disk)
    {
        if (sim_same(sim_text_at(disk, "managedDisk.storageAccountType"), "UltraSSD_LRS"))
            return sim_version_refuse(
                p, storage_path,
                "Source virtual machine %s cannot contain disk ['%s'] stored in an UltraSSD "
                "account type.",
                id, sim_text_at(disk, "managedDisk.id"));
    }
    return true;
}

/* LUNs of a managed image, VM or version; NULL when the source has another form. Borrowed. */
static json_t *source_luns(const struct sim_resource *r)
{
    json_t *disks = sim_at(r->body, "properties.storageProfile.dataDisks");
    return disks ? disks : sim_at(r->body, "properties.storageProfile.dataDiskImages");
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

/* R6, for whole-image sources only: two recordings with per-disk sources show that it is not enforced there.
 */
static bool luns_exist(struct sim_version_put *p)
{
    const char *id = sim_version_whole_source(p->asked);
    const struct sim_resource *r = id ? sim_find(p->c->w, id) : NULL;
    for (size_t i = 0; r && i < p->use_count; i++) {
        struct sim_str all = {0};
        bool found = p->uses[i].lun < 0 || lun_listed(source_luns(r), p->uses[i].lun, &all);
        if (!found)
            sim_version_refuse(p, "galleryImageVersion.properties.publishingProfile.targetRegions",
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

static const json_t *old_disk(const struct sim_version_put *p, int64_t lun)
{
    size_t i;
    const json_t *each;
    json_array_foreach(sim_at(p->have->body, "properties.storageProfile.dataDiskImages"), i, each)
    {
        if (sim_int_at(each, "lun", -1) == lun)
            return each;
    }
    return NULL;
}

static bool disk_is_unchanged(struct sim_version_put *p, const json_t *disk, int index)
{
    const json_t *was = index < 0 ? sim_at(p->have->body, "properties.storageProfile.osDiskImage")
                                  : old_disk(p, sim_int_at(disk, "lun", -1));
    const char *id = sim_version_disk_source(disk);
    if (index >= 0 && !was)
        return sim_version_refuse(
            p, storage_path,
            "Adding new Data Disks or changing the LUN of a Data Disk in an existing Image is not "
            "allowed.");
    if (id && !sim_same(id, sim_version_disk_source(was)))
        return sim_version_refuse(
            p, storage_path,
            "Changing property 'galleryImageVersion.properties.storageProfile.%s.source.id' is not "
            "allowed.",
            index < 0 ? "osDiskImage" : "dataDiskImages");
    return true;
}

/* R30 */
static bool sources_are_unchanged(struct sim_version_put *p)
{
    const char *id = sim_version_whole_source(p->asked);
    if (!p->have)
        return true;
    if (id && !sim_same(id, sim_version_whole_source(sim_at(p->have->body, "properties"))))
        return sim_version_refuse(
            p, storage_path,
            "Changing property 'galleryImageVersion.properties.storageProfile.source.id' is not "
            "allowed.");
    if (!sim_at(p->have->body, "properties.storageProfile.osDiskImage"))
        return true; /* still creating from a whole image: nothing to compare with yet */
    return each_disk(p, disk_is_unchanged);
}

static const json_t *old_region(const struct sim_version_put *p, const char *name)
{
    size_t i;
    const json_t *each;
    json_array_foreach(sim_at(p->have->body, "properties.publishingProfile.targetRegions"), i, each)
    {
        if (sim_region_same(sim_text_at(each, "name"), name))
            return each;
    }
    return NULL;
}

static const char *old_set(const json_t *region, int64_t lun)
{
    size_t i;
    const json_t *each;
    if (lun == SIM_LUN_OS)
        return sim_text_at(region, "encryption.osDiskImage.diskEncryptionSetId");
    if (lun == SIM_LUN_SECURE)
        return sim_text_at(region, "encryption.osDiskImage.securityProfile.secureVMDiskEncryptionSetId");
    json_array_foreach(sim_at(region, "encryption.dataDiskImages"), i, each)
    {
        if (sim_int_at(each, "lun", -1) == lun)
            return sim_text_at(each, "diskEncryptionSetId");
    }
    return NULL;
}

/* R10, and R11, whose text is not known: worded like R30. */
static bool encryption_is_unchanged(struct sim_version_put *p)
{
    for (size_t i = 0; p->have && i < p->use_count; i++) {
        const struct sim_des_use *use = &p->uses[i];
        const json_t *region = use->edge ? NULL : old_region(p, use->region);
        const char *was = old_set(region, use->lun);
        if (!region || sim_same(was, use->id))
            continue;
        if (!was && use->lun >= 0 && sim_rule_on(p->c->w, "R10"))
            return sim_version_refuse(
                p, storage_path,
                "Cannot specify new data disk image encryption lun [%" PRId64 "] with a disk "
                "encryption set in region [%s] for update gallery image version request...",
                use->lun, use->region);
        if (sim_rule_on(p->c->w, "R11"))
            return sim_version_refuse(
                p, storage_path,
                "Changing property 'galleryImageVersion.properties.publishingProfile.targetRegions."
                "encryption' is not allowed.");
    }
    return true;
}

bool sim_version_source_rules(struct sim_version_put *p)
{
    static const struct {
        const char *name;
        bool (*holds)(struct sim_version_put *p);
    } rules[] = {
        {"R21", one_source_style},
        {"R23", whole_source_type},
        {"R24", disk_source_types},
        {"R25", disks_are_distinct},
        {"R30", sources_are_unchanged},
        {"R22", sources_exist},
        {"R12", source_allows_encryption},
        {"R13", encrypted_source_is_ours},
        {"R26", source_fits_definition},
        {"R27", vm_is_suitable},
        {"R6", luns_exist},
        {"encryption", encryption_is_unchanged},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (sim_rule_on(p->c->w, rules[i].name) && !rules[i].holds(p))
            return false;
    return true;
}
