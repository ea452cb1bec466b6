/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/jsonx.h"
#include "sim/regions.h"
#include "sim/text.h"
#include "sim/version_rules.h"

#include <inttypes.h>
#include <stdlib.h>

/* Rules of the service about the disk encryption sets that a request names. Numbers as in version_rules.c. */

static const char *places_word(const struct sim_des_use *use)
{
    return use->edge ? "targetExtendedLocations" : "targetRegions";
}

static const char *disk_word(const struct sim_des_use *use)
{
    return use->lun == SIM_LUN_OS       ? "osDiskImage.diskEncryptionSetId"
           : use->lun == SIM_LUN_SECURE ? "osDiskImage.securityProfile.secureVMDiskEncryptionSetId"
                                        : "dataDiskImages.diskEncryptionSetId";
}

/* R4, and R39 for the empty text. The paths of edge zones and of confidential sets are guesses. */
static bool sets_are_ids(struct sim_version_put *p)
{
    for (size_t i = 0; i < p->use_count; i++) {
        struct sim_id id;
        bool ok = sim_id_parse(p->uses[i].id, &id);
        ok = ok && id.group && sim_id_is(&id, "Microsoft.Compute/diskEncryptionSets");
        sim_id_done(&id);
        if (!ok)
            return sim_version_refuse(
                p, sim_regions_path,
                "The value of parameter galleryArtifactVersion.properties.publishingProfile."
                "%s.encryption.%s is invalid",
                places_word(&p->uses[i]), disk_word(&p->uses[i]));
    }
    return true;
}

/* R1 */
static bool sets_are_in_subscription(struct sim_version_put *p)
{
    for (size_t i = 0; i < p->use_count; i++) {
        struct sim_id id;
        bool ours = sim_id_parse(p->uses[i].id, &id) && sim_same(id.subscription, p->c->id.subscription);
        sim_id_done(&id);
        if (!ours)
            return sim_version_refuse(
                p, sim_regions_path,
                "The disk encryption set '%s' must be in the same subscription '%s' as the "
                "gallery resource",
                p->uses[i].id, p->c->id.subscription);
    }
    return true;
}

/* R2 */
static bool sets_exist(struct sim_version_put *p)
{
    for (size_t i = 0; i < p->use_count; i++)
        if (!sim_find(p->c->w, p->uses[i].id))
            return sim_version_refuse(p, sim_regions_path, "The disk encryption set %s was not found",
                                      p->uses[i].id);
    return true;
}

/* R3: the page states this rule under R1's message; the refusal's own text is not documented, so this one is
 * ours. */
static bool sets_are_in_region(struct sim_version_put *p)
{
    for (size_t i = 0; i < p->use_count; i++) {
        const struct sim_resource *des = sim_find(p->c->w, p->uses[i].id);
        const char *where = des ? sim_text_at(des->body, "location") : NULL;
        if (where && !sim_region_same(where, p->uses[i].region))
            return sim_version_refuse(
                p, sim_regions_path,
                "The disk encryption set '%s' in location '%s' must be in the same region '%s' as "
                "the target region and in the same subscription as the gallery resource",
                p->uses[i].id, where, p->uses[i].region);
    }
    return true;
}

static bool lun_is_named_once(struct sim_version_put *p, const json_t *disks, size_t k, const char *place)
{
    const json_t *lun = json_object_get(json_array_get(disks, k), "lun");
    if (!json_is_integer(lun))
        return sim_version_refuse(p, sim_regions_path,
                                  "Required parameter 'encryption.dataDiskImages.lun' is missing (null).");
    int64_t n = (int64_t)json_integer_value(lun);
    if (n < 0 || n > INT32_MAX)
        return sim_version_refuse(p, sim_regions_path,
                                  "The value %" PRId64 " of parameter encryption.dataDiskImages.lun is out "
                                  "of range. The value must be between 0 and %d, inclusive.",
                                  n, INT32_MAX);
    for (size_t m = 0; m < k; m++)
        if (json_equal(lun, json_object_get(json_array_get(disks, m), "lun")))
            return sim_version_refuse(p, sim_regions_path,
                                      "Duplicate luns '%" PRId64 "' were specified in target region '%s' "
                                      "encryption.dataDiskImages.",
                                      n, place);
    return true;
}

static bool luns_of(struct sim_version_put *p, const json_t *places, bool edge)
{
    size_t i;
    const json_t *each;
    json_array_foreach(places, i, each)
    {
        const json_t *disks = sim_at(each, "encryption.dataDiskImages");
        const char *place = edge ? sim_version_zone(each) : sim_text_at(each, "name");
        for (size_t k = 0; k < json_array_size(disks); k++)
            if (!lun_is_named_once(p, disks, k, place))
                return false;
    }
    return true;
}

/* R7, and the shape of a LUN. */
static bool luns_are_named_once(struct sim_version_put *p)
{
    return luns_of(p, p->regions, false) &&
           luns_of(p, sim_at(p->asked, "publishingProfile.targetExtendedLocations"), true);
}

/* A set for confidential machines and the other kinds do not replace each other. The text is ours. */
static bool sets_suit_their_place(struct sim_version_put *p)
{
    for (size_t i = 0; i < p->use_count; i++) {
        const struct sim_resource *set = sim_find(p->c->w, p->uses[i].id);
        const char *type = set ? sim_text_at(set->body, "properties.encryptionType") : NULL;
        bool wanted = p->uses[i].lun == SIM_LUN_SECURE;
        if (type && sim_same(type, "ConfidentialVmEncryptedWithCustomerKey") != wanted)
            return sim_version_refuse(p, sim_regions_path,
                                      "The disk encryption set '%s' with encryption type '%s' cannot be used "
                                      "as %s in target region '%s'.",
                                      p->uses[i].id, type, disk_word(&p->uses[i]), p->uses[i].place);
    }
    return true;
}

/* A set for confidential machines encrypts the OS disk too. */
static int64_t disk_of(const struct sim_des_use *use)
{
    return use->lun == SIM_LUN_SECURE ? SIM_LUN_OS : use->lun;
}

static bool is_encrypted(const struct sim_version_put *p, bool edge, const char *place, int64_t disk)
{
    for (size_t i = 0; i < p->use_count; i++)
        if (p->uses[i].edge == edge && disk_of(&p->uses[i]) == disk &&
            sim_region_same(p->uses[i].place, place))
            return true;
    return false;
}

static bool half_encrypted(struct sim_version_put *p, const struct sim_des_use *use, const char *place)
{
    char *disk =
        use->lun >= 0
            ? sim_format("LUN %" PRId64, use->lun)
            : sim_copy("galleryArtifactVersion.properties.publishingProfile.targetRegions.encryption."
                       "osDiskImage.diskEncryptionSetId");
    sim_version_refuse(p, sim_regions_path,
                       "A disk encryption set is required for disk '%s' in target region '%s' since disk "
                       "encryption set '%s' is used for the corresponding disk in region '%s'",
                       disk, place, use->id, use->place);
    free(disk);
    return false;
}

/* R5: in all places or in none, for each disk. That edge zones count, by their names, is a guess. */
static bool no_disk_is_half_encrypted(struct sim_version_put *p)
{
    const json_t *zones = sim_at(p->asked, "publishingProfile.targetExtendedLocations"), *each;
    size_t k;
    for (size_t i = 0; i < p->use_count; i++) {
        const struct sim_des_use *use = &p->uses[i];
        json_array_foreach(p->regions, k, each)
        {
            if (!is_encrypted(p, false, sim_text_at(each, "name"), disk_of(use)))
                return half_encrypted(p, use, sim_text_at(each, "name"));
        }
        json_array_foreach(zones, k, each)
        {
            if (!is_encrypted(p, true, sim_version_zone(each), disk_of(use)))
                return half_encrypted(p, use, sim_version_zone(each));
        }
    }
    return true;
}

/* R16: only in the documentation, so the text is ours. */
static bool gallery_is_not_shared(struct sim_version_put *p)
{
    char *id = sim_id_text(&p->c->id, 1);
    const struct sim_resource *gallery = p->use_count ? sim_find(p->c->w, id) : NULL;
    const char *how = gallery ? sim_text_at(gallery->body, "properties.sharingProfile.permissions") : NULL;
    bool shared = sim_same(how, "Groups") || sim_same(how, "Community");
    if (shared)
        sim_version_refuse(
            p, sim_regions_path,
            "Disk encryption sets cannot be used in gallery '%s' since its sharing permission is "
            "'%s'.",
            id, how);
    free(id);
    return !shared;
}

/* R17: what the service does is not known; refused here, with a text of ours. */
static bool shallow_has_no_sets(struct sim_version_put *p)
{
    static const char place[] = "publishingProfile.replicationMode";
    const char *mode = sim_text_at(p->asked, place);
    if (!mode && p->have)
        mode = sim_text_at(sim_at(p->have->body, "properties"), place);
    if (!p->use_count || !sim_same(mode, "Shallow"))
        return true;
    return sim_version_refuse(
        p, "galleryImageVersion.properties.publishingProfile.replicationMode",
        "Replication mode 'Shallow' cannot be used together with disk encryption sets.");
}

/* Before general availability: the preview feature had to be registered. Off unless the scenario asks for it.
 */
static bool preview_is_registered(struct sim_version_put *p)
{
    const char *feature = sim_text_at(p->c->w->settings, "require_feature");
    if (!feature || !p->use_count)
        return true;
    const json_t *state = json_object_get(sim_at(p->c->w->settings, "features"), feature);
    if (sim_same(json_string_value(state), "Registered") ||
        (json_is_object(state) && sim_same(sim_text_at(state, "to"), "Registered") &&
         sim_now(p->c->w) >= sim_int_at(state, "at", 0)))
        return true;
    sim_fail(p->c->reply, 400, "BadRequest", "Subscription is not registered for the feature %s.", feature);
    return false;
}

bool sim_version_set_rules(struct sim_version_put *p)
{
    static const struct sim_rule rules[] = {
        {"preview", preview_is_registered},
        {"R4", sets_are_ids},
        {"R7", luns_are_named_once},
        {"R1", sets_are_in_subscription},
        {"R2", sets_exist},
        {"R3", sets_are_in_region},
        {"R5", no_disk_is_half_encrypted},
        {"set_type", sets_suit_their_place},
        {"R16", gallery_is_not_shared},
        {"R17", shallow_has_no_sets},
    };
    return sim_version_ask(p, rules, sizeof rules / sizeof rules[0]);
}
