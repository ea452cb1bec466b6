/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/jsonx.h"
#include "sim/regions.h"
#include "sim/text.h"
#include "sim/version_rules.h"

#include <stdlib.h>
#include <string.h>

static bool before(const struct sim_version_put *p, const char *api)
{
    return strcmp(p->c->api, api) < 0;
}

/* Members that an older api-version does not know are not seen by the service. */
static void drop_unknown_of_region(const struct sim_version_put *p, json_t *region)
{
    if (before(p, "2019-12-01"))
        json_object_del(region, "encryption");
    if (before(p, "2021-10-01"))
        json_object_del(sim_at(region, "encryption.osDiskImage"), "securityProfile");
    if (before(p, "2022-03-03"))
        json_object_del(region, "excludeFromLatest");
    if (before(p, "2019-03-01"))
        json_object_del(region, "storageAccountType");
    if (before(p, "2024-03-03"))
        json_object_del(region, "additionalReplicaSets");
}

static void drop_unknown(struct sim_version_put *p)
{
    json_t *profile = sim_at(p->asked, "publishingProfile"), *region;
    size_t i;
    json_array_foreach(sim_at(profile, "targetRegions"), i, region)
    {
        drop_unknown_of_region(p, region);
    }
    if (before(p, "2019-03-01"))
        json_object_del(profile, "storageAccountType");
    if (before(p, "2021-07-01"))
        json_object_del(profile, "replicationMode");
    if (before(p, "2021-10-01"))
        json_object_del(profile, "targetExtendedLocations");
    if (before(p, "2022-03-03"))
        json_object_del(p->asked, "safetyProfile");
    if (before(p, "2023-07-03"))
        json_object_del(sim_at(p->asked, "storageProfile.source"), "virtualMachineId");
    /* Up to 2019-03-01 the source stood under publishingProfile (Packer 1.6 still sends it there). */
    const char *old = sim_text_at(profile, "source.managedImage.id");
    if (before(p, "2019-07-01") && old)
        json_object_set_new(p->asked, "storageProfile", json_pack("{s:{s:s}}", "source", "id", old));
    json_object_del(profile, "source");
}

const char *sim_version_zone(const json_t *edge)
{
    const char *name = sim_text_at(edge, "extendedLocation.name");
    return name ? name : "";
}

static bool same_place(const json_t *a, const json_t *b, bool edge)
{
    return edge ? sim_same(sim_version_zone(a), sim_version_zone(b))
                : sim_region_same(sim_text_at(a, "name"), sim_text_at(b, "name"));
}

/* An update that leaves out the encryption of a place it already has: accepted by the service (public
 * reports); here it keeps what it had. */
static void keep_encryption(json_t *asked, json_t *old, bool edge)
{
    size_t i, k;
    json_t *mine, *was;
    json_array_foreach(asked, i, mine)
    {
        json_array_foreach(old, k, was)
        {
            if (!same_place(mine, was, edge))
                continue;
            if (!json_object_size(json_object_get(mine, "encryption")))
                sim_carry(mine, was, "encryption");
            if (!json_object_get(mine, "storageAccountType"))
                sim_carry(mine, was, "storageAccountType");
        }
    }
}

static void keep_old(struct sim_version_put *p)
{
    const json_t *old = sim_at(p->have->body, "properties.publishingProfile");
    keep_encryption(p->regions, json_object_get(old, "targetRegions"), false);
    keep_encryption(sim_at(p->asked, "publishingProfile.targetExtendedLocations"),
                    json_object_get(old, "targetExtendedLocations"), true);
}

static void default_regions(struct sim_version_put *p)
{
    json_t *profile = json_object_get(p->asked, "publishingProfile");
    if (!json_is_object(profile)) {
        profile = json_object();
        json_object_set_new(p->asked, "publishingProfile", profile);
    }
    if (!json_is_array(json_object_get(profile, "targetRegions"))) {
        const json_t *old =
            p->have ? sim_at(p->have->body, "properties.publishingProfile.targetRegions") : NULL;
        json_object_set_new(profile, "targetRegions",
                            old ? json_deep_copy(old) : json_pack("[{s:s}]", "name", p->region));
    }
    p->regions = json_object_get(profile, "targetRegions");
    if (p->have)
        keep_old(p);
}

static void add_use(struct sim_version_put *p, struct sim_des_use use, const json_t *id)
{
    if (!id)
        return;
    const char *text = json_string_value(id);
    use.id = text ? text : "";
    p->uses[p->use_count++] = use;
}

static int64_t lun_of(const json_t *disk)
{
    int64_t lun = sim_int_at(disk, "lun", SIM_LUN_NONE);
    return lun < 0 ? SIM_LUN_NONE : lun;
}

static void make_room(struct sim_version_put *p, size_t more)
{
    struct sim_des_use *uses = sim_alloc((p->use_count + more) * sizeof *uses);
    if (p->use_count)
        memcpy(uses, p->uses, p->use_count * sizeof *uses);
    free(p->uses);
    p->uses = uses;
}

static void collect_uses(struct sim_version_put *p, json_t *places, bool edge)
{
    size_t i, k;
    json_t *place;
    const json_t *disk;
    json_array_foreach(places, i, place)
    {
        const char *region = sim_text_at(place, "name");
        const json_t *data = sim_at(place, "encryption.dataDiskImages");
        struct sim_des_use use = {.region = region ? region : "", .edge = edge};
        use.place = edge ? sim_version_zone(place) : use.region;
        make_room(p, 2 + json_array_size(data));
        use.lun = SIM_LUN_OS;
        add_use(p, use, sim_at(place, "encryption.osDiskImage.diskEncryptionSetId"));
        use.lun = SIM_LUN_SECURE;
        add_use(p, use, sim_at(place, "encryption.osDiskImage.securityProfile.secureVMDiskEncryptionSetId"));
        json_array_foreach(data, k, disk)
        {
            use.lun = lun_of(disk);
            add_use(p, use, json_object_get(disk, "diskEncryptionSetId"));
        }
    }
}

static bool need_shape(struct sim_version_put *p)
{
    static const char *const objects[] = {"publishingProfile", "storageProfile"};
    for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++) {
        const json_t *member = json_object_get(p->asked, objects[i]);
        if (member && !json_is_object(member))
            return sim_version_refuse(
                p, NULL, "The value of parameter galleryImageVersion.properties.%s is invalid.", objects[i]);
    }
    if (!p->have && !json_object_get(p->asked, "storageProfile") &&
        !sim_at(p->asked, "publishingProfile.source"))
        return sim_version_refuse(
            p, "galleryImageVersion.properties.storageProfile",
            "Required parameter 'galleryImageVersion.properties.storageProfile' is missing (null).");
    return true;
}

bool sim_version_read(struct sim_version_put *p)
{
    struct sim_call *c = p->c;
    p->have = sim_find(c->w, c->path);
    if (!sim_need_body(c) || !sim_need_location(c, &p->region) || !sim_need_same_place(c, p->have))
        return false;
    const json_t *properties = sim_at(c->req->json, "properties");
    p->asked = json_is_object(properties) ? json_deep_copy(properties) : json_object();
    if (!need_shape(p))
        return false;
    drop_unknown(p);
    default_regions(p);
    collect_uses(p, p->regions, false);
    collect_uses(p, sim_at(p->asked, "publishingProfile.targetExtendedLocations"), true);
    return true;
}

void sim_version_read_done(struct sim_version_put *p)
{
    json_decref(p->asked);
    free(p->uses);
}

const char *sim_version_whole_source(const json_t *properties)
{
    static const char *const places[] = {"storageProfile.source.virtualMachineId", "storageProfile.source.id",
                                         "storageProfile.source.communityGalleryImageId"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const char *id = sim_text_at(properties, places[i]);
        if (id)
            return id;
    }
    return NULL;
}

const char *sim_version_disk_source(const json_t *disk)
{
    return sim_text_at(disk, "source.id");
}
