/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/jsonx.h"
#include "sim/regions.h"
#include "sim/text.h"
#include "sim/version_rules.h"

#include <inttypes.h>

/* Rules of the service about what an update may not change. Numbers as in version_rules.c. */

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
            p, sim_storage_path,
            "Adding new Data Disks or changing the LUN of a Data Disk in an existing Image is not "
            "allowed.");
    const char *uri = sim_text_at(disk, "source.uri");
    if ((id && !sim_same(id, sim_version_disk_source(was))) ||
        (uri && !sim_same(uri, sim_text_at(was, "source.uri"))))
        return sim_version_refuse(
            p, sim_storage_path,
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
            p, sim_storage_path,
            "Changing property 'galleryImageVersion.properties.storageProfile.source.id' is not "
            "allowed.");
    if (!sim_at(p->have->body, "properties.storageProfile.osDiskImage"))
        return true; /* still creating from a whole image: nothing to compare with yet */
    return sim_version_each_disk(p, disk_is_unchanged);
}

const json_t *sim_version_old_place(const struct sim_version_put *p, bool edge, const char *name)
{
    const json_t *profile = sim_at(p->have ? p->have->body : NULL, "properties.publishingProfile"), *each;
    size_t i;
    json_array_foreach(json_object_get(profile, edge ? "targetExtendedLocations" : "targetRegions"), i, each)
    {
        if (edge ? sim_same(sim_version_zone(each), name) : sim_region_same(sim_text_at(each, "name"), name))
            return each;
    }
    return NULL;
}

static const char *set_of(const json_t *place, int64_t lun)
{
    size_t i;
    const json_t *each;
    if (lun == SIM_LUN_OS)
        return sim_text_at(place, "encryption.osDiskImage.diskEncryptionSetId");
    if (lun == SIM_LUN_SECURE)
        return sim_text_at(place, "encryption.osDiskImage.securityProfile.secureVMDiskEncryptionSetId");
    json_array_foreach(sim_at(place, "encryption.dataDiskImages"), i, each)
    {
        if (sim_int_at(each, "lun", SIM_LUN_NONE) == lun)
            return sim_text_at(each, "diskEncryptionSetId");
    }
    return NULL;
}

static bool encryption_changed(struct sim_version_put *p)
{
    return sim_version_refuse(
        p, sim_regions_path,
        "Changing property 'galleryImageVersion.properties.publishingProfile.targetRegions.encryption' is "
        "not allowed.");
}

/* R10. The dots at the end are the page's. */
static bool no_lun_is_new(struct sim_version_put *p)
{
    for (size_t i = 0; p->have && i < p->use_count; i++) {
        const struct sim_des_use *use = &p->uses[i];
        const json_t *old = sim_version_old_place(p, use->edge, use->place);
        if (old && use->lun >= 0 && !set_of(old, use->lun))
            return sim_version_refuse(
                p, sim_regions_path,
                "Cannot specify new data disk image encryption lun [%" PRId64 "] with a disk "
                "encryption set in region [%s] for update gallery image version request...",
                use->lun, use->place);
    }
    return true;
}

/* Nothing that the old place had is gone. */
static bool keeps(const json_t *old, const json_t *place)
{
    static const char kind[] = "encryption.osDiskImage.securityProfile.confidentialVMEncryptionType";
    static const int64_t os[] = {SIM_LUN_OS, SIM_LUN_SECURE};
    const char *was = sim_text_at(old, kind), *is = sim_text_at(place, kind);
    size_t i;
    const json_t *disk;
    for (i = 0; i < 2; i++)
        if (set_of(old, os[i]) && !set_of(place, os[i]))
            return false;
    json_array_foreach(sim_at(old, "encryption.dataDiskImages"), i, disk)
    {
        int64_t lun = sim_int_at(disk, "lun", SIM_LUN_NONE);
        if (set_of(old, lun) && !set_of(place, lun))
            return false;
    }
    return sim_same(was ? was : "", is ? is : "");
}

static bool places_keep(struct sim_version_put *p, const json_t *places, bool edge)
{
    size_t i;
    const json_t *each;
    json_array_foreach(places, i, each)
    {
        const json_t *old =
            sim_version_old_place(p, edge, edge ? sim_version_zone(each) : sim_text_at(each, "name"));
        if (old && !keeps(old, each))
            return encryption_changed(p);
    }
    return true;
}

/* R11: its text is not known; worded like R30. New LUNs are R10's. */
static bool encryption_is_unchanged(struct sim_version_put *p)
{
    for (size_t i = 0; p->have && i < p->use_count; i++) {
        const struct sim_des_use *use = &p->uses[i];
        const json_t *old = sim_version_old_place(p, use->edge, use->place);
        const char *was = set_of(old, use->lun);
        if (old && !sim_same(was, use->id) && (was || use->lun < 0))
            return encryption_changed(p);
    }
    return !p->have || (places_keep(p, p->regions, false) &&
                        places_keep(p, sim_at(p->asked, "publishingProfile.targetExtendedLocations"), true));
}

static bool fixed(struct sim_version_put *p, const char *name, const char *was, const char *is)
{
    if (!is || !was || sim_same(is, was))
        return true;
    return sim_version_refuse(
        p, sim_regions_path,
        "Changing property 'galleryImageVersion.properties.publishingProfile.%s' is not "
        "allowed.",
        name);
}

/* azure-arm.md, 1.5: neither the storage type of a region nor the mode can change. Worded like R30. */
static bool profile_is_unchanged(struct sim_version_put *p)
{
    static const char type[] = "storageAccountType", mode[] = "publishingProfile.replicationMode";
    size_t i;
    const json_t *each;
    if (!p->have)
        return true;
    json_array_foreach(p->regions, i, each)
    {
        const json_t *old = sim_version_old_place(p, false, sim_text_at(each, "name"));
        if (!fixed(p, "targetRegions.storageAccountType", sim_text_at(old, type), sim_text_at(each, type)))
            return false;
    }
    const char *was = sim_text_at(sim_at(p->have->body, "properties"), mode);
    return fixed(p, "replicationMode", was ? was : "Full", sim_text_at(p->asked, mode));
}

bool sim_version_update_rules(struct sim_version_put *p)
{
    static const struct sim_rule rules[] = {
        {"R30", sources_are_unchanged},
        {"R10", no_lun_is_new},
        {"R11", encryption_is_unchanged},
        {"fixed", profile_is_unchanged},
    };
    return sim_version_ask(p, rules, sizeof rules / sizeof rules[0]);
}
