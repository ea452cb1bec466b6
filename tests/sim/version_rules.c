/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/jsonx.h"
#include "sim/regions.h"
#include "sim/text.h"
#include "sim/version.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rules of the service that the request and its disk encryption sets decide. The numbers are those of
 * Microsoft's troubleshooting page as collected in the project's rule table; texts follow that page. */

static const char profile_path[] = "galleryImageVersion.properties.publishingProfile";
static const char regions_path[] = "galleryImageVersion.properties.publishingProfile.targetRegions";

bool sim_version_refuse(struct sim_version_put *p, const char *target, const char *format, ...)
{
    char small[1024], *message = small;
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (n >= (int)sizeof small) {
        message = sim_alloc((size_t)n + 1);
        vsnprintf(message, (size_t)n + 1, format, again);
    }
    va_end(again);
    sim_fail(p->c->reply, 400, "InvalidParameter", "%s", message);
    if (target)
        sim_fail_target(p->c->reply, target);
    if (message != small)
        free(message);
    return false;
}

/* One part of a version name: digits within a signed 32-bit integer. */
static bool version_part(const char **text)
{
    int64_t n = 0;
    const char *start = *text;
    while (**text >= '0' && **text <= '9' && n <= INT32_MAX)
        n = n * 10 + (*(*text)++ - '0');
    return *text > start && n <= INT32_MAX;
}

/* R20 */
static bool name_is_a_version(struct sim_version_put *p)
{
    const char *at = sim_id_name(&p->c->id);
    if (version_part(&at) && *at++ == '.' && version_part(&at) && *at++ == '.' && version_part(&at) && !*at)
        return true;
    return sim_version_refuse(p, "galleryImageVersionName",
                              "The image version name is invalid. The image version name should follow "
                              "Major(int).Minor(int).Patch(int) format, for e.g: 1.0.0, 2018.12.1 etc.");
}

static char *region_list(const json_t *regions)
{
    struct sim_str s = {0};
    size_t i;
    const json_t *each;
    json_array_foreach(regions, i, each)
    {
        const char *name = sim_text_at(each, "name");
        sim_str_text(&s, i ? ", " : "");
        sim_str_text(&s, name ? name : "");
    }
    return s.data ? s.data : sim_copy("");
}

/* R36, second half: the region exists for the type. */
static bool regions_are_known(struct sim_version_put *p)
{
    size_t i;
    const json_t *each;
    json_array_foreach(p->regions, i, each)
    {
        const char *name = sim_text_at(each, "name");
        if (!name)
            return sim_version_refuse(p, regions_path, "Required parameter '%s.name' is missing (null).",
                                      regions_path);
        if (!sim_region_find(name))
            return sim_version_refuse(p, regions_path,
                                      "The provided location %s is not available for resource type "
                                      "'Microsoft.Compute/galleries/images/versions'.",
                                      name);
    }
    return true;
}

/* R8 */
static bool regions_are_distinct(struct sim_version_put *p)
{
    size_t n = json_array_size(p->regions);
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++)
            if (sim_region_same(sim_text_at(json_array_get(p->regions, i), "name"),
                                sim_text_at(json_array_get(p->regions, k), "name")))
                return sim_version_refuse(p, regions_path,
                                          "Duplicate regions are not allowed in target publishing regions");
    return true;
}

/* R9, recorded word for word with status, code and target. */
static bool home_is_a_target(struct sim_version_put *p)
{
    size_t i;
    const json_t *each;
    json_array_foreach(p->regions, i, each)
    {
        if (sim_region_same(sim_text_at(each, "name"), p->region))
            return true;
    }
    char *list = region_list(p->regions);
    sim_version_refuse(
        p, regions_path,
        "Gallery image version publishing profile regions '%s' must contain the location of image "
        "version '%s'. ",
        list, sim_region_find(p->region)->display);
    free(list);
    return false;
}

static bool in_range(struct sim_version_put *p, const json_t *value, const char *name, int64_t *sum)
{
    enum { REPLICAS_MAX = 100 };
    if (!value)
        return true;
    if (!json_is_integer(value))
        return sim_version_refuse(p, profile_path, "The value of parameter %s is invalid.", name);
    int64_t n = json_integer_value(value);
    if (n < 1 || n > REPLICAS_MAX || (*sum += n) > REPLICAS_MAX)
        return sim_version_refuse(p, profile_path,
                                  "The value %" PRId64
                                  " of parameter %s is out of range. The value must be between 1 "
                                  "and %d, inclusive.",
                                  n > REPLICAS_MAX || n < 1 ? n : *sum, name, REPLICAS_MAX);
    return true;
}

/* R18: each count 1 to 100, and no more than 100 replicas in all regions together. */
static bool replicas_are_in_range(struct sim_version_put *p)
{
    const json_t *common = sim_at(p->asked, "publishingProfile.replicaCount");
    int64_t sum = 0, alone = 0;
    size_t i;
    const json_t *each;
    if (!in_range(p, common, "replicaCount", &alone))
        return false;
    json_array_foreach(p->regions, i, each)
    {
        const json_t *own = json_object_get(each, "regionalReplicaCount");
        if (!in_range(p, own ? own : common, "regionalReplicaCount", &sum))
            return false;
    }
    return true;
}

static bool one_of(const char *value, const char *const *words)
{
    for (; *words; words++)
        if (sim_same(value, *words))
            return true;
    return false;
}

static bool word_is_known(struct sim_version_put *p, const json_t *where, const char *name,
                          const char *const *words)
{
    const json_t *value = json_object_get(where, name);
    if (!value || (json_is_string(value) && one_of(json_string_value(value), words)))
        return true;
    return sim_version_refuse(p, profile_path, "The value '%s' of parameter %s is invalid.",
                              json_is_string(value) ? json_string_value(value) : "", name);
}

/* Words of the API description; case does not matter (recorded: standardssd_lrs is taken). */
static bool words_are_known(struct sim_version_put *p)
{
    static const char *const storage[] = {"Standard_LRS", "Standard_ZRS", "Premium_LRS", NULL};
    static const char *const newer[] = {"Standard_LRS", "Standard_ZRS", "Premium_LRS", "PremiumV2_LRS", NULL};
    static const char *const edge[] = {"Standard_LRS", "Standard_ZRS", "StandardSSD_LRS", "Premium_LRS",
                                       NULL};
    static const char *const modes[] = {"Full", "Shallow", NULL};
    const char *const *types = strcmp(p->c->api, "2024-03-03") < 0 ? storage : newer;
    const json_t *profile = sim_at(p->asked, "publishingProfile"), *each;
    size_t i;
    if (!word_is_known(p, profile, "storageAccountType", types) ||
        !word_is_known(p, profile, "replicationMode", modes))
        return false;
    json_array_foreach(p->regions, i, each)
    {
        if (!word_is_known(p, each, "storageAccountType", types))
            return false;
    }
    json_array_foreach(sim_at(profile, "targetExtendedLocations"), i, each)
    {
        if (!word_is_known(p, each, "storageAccountType", edge))
            return false;
    }
    return true;
}

/* R29 */
static bool zones_exist(struct sim_version_put *p)
{
    size_t i;
    const json_t *each;
    const char *common = sim_text_at(p->asked, "publishingProfile.storageAccountType");
    json_array_foreach(p->regions, i, each)
    {
        const char *own = sim_text_at(each, "storageAccountType");
        const struct sim_region *region = sim_region_find(sim_text_at(each, "name"));
        if (sim_same(own ? own : common, "Standard_ZRS") && region && !region->zones)
            return sim_version_refuse(p, regions_path,
                                      "ZRS storage account type is not supported in this region.");
    }
    return true;
}

/* R19 */
static bool end_of_life_is_ahead(struct sim_version_put *p)
{
    const char *date = sim_text_at(p->asked, "publishingProfile.endOfLifeDate");
    int64_t when;
    if (!date)
        return true;
    if (!sim_stamp_parse(date, &when))
        return sim_version_refuse(p, NULL,
                                  "Could not convert string to DateTimeOffset: %s. Path "
                                  "'properties.publishingProfile.endOfLifeDate'",
                                  date);
    if (when > sim_now(p->c->w))
        return true;
    const char *was =
        p->have ? sim_text_at(p->have->body, "properties.publishingProfile.endOfLifeDate") : NULL;
    if (was && strcmp(was, date) == 0)
        return true; /* an update sends back what is there */
    return sim_version_refuse(p, "galleryImageVersion.properties.publishingProfile.endOfLifeDate",
                              "EndOfLifeDate must be set to a future date.");
}

static const char *disk_word(int64_t lun)
{
    return lun >= 0 ? "dataDiskImages" : "osDiskImage";
}

/* R4, and R39 for the empty text. */
static bool sets_are_ids(struct sim_version_put *p)
{
    for (size_t i = 0; i < p->use_count; i++) {
        struct sim_id id;
        bool ok = sim_id_parse(p->uses[i].id, &id);
        ok = ok && id.group && sim_id_is(&id, "Microsoft.Compute/diskEncryptionSets");
        sim_id_done(&id);
        if (!ok)
            return sim_version_refuse(
                p, regions_path,
                "The value of parameter galleryArtifactVersion.properties.publishingProfile."
                "targetRegions.encryption.%s.diskEncryptionSetId is invalid",
                disk_word(p->uses[i].lun));
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
                p, regions_path,
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
            return sim_version_refuse(p, regions_path, "The disk encryption set %s was not found",
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
                p, regions_path,
                "The disk encryption set '%s' in location '%s' must be in the same region '%s' as "
                "the target region and in the same subscription as the gallery resource",
                p->uses[i].id, where, p->uses[i].region);
    }
    return true;
}

/* R7 */
static bool luns_are_named_once(struct sim_version_put *p)
{
    size_t i, k, m;
    const json_t *region;
    json_array_foreach(p->regions, i, region)
    {
        const json_t *disks = sim_at(region, "encryption.dataDiskImages");
        for (k = 0; k < json_array_size(disks); k++) {
            const json_t *lun = json_object_get(json_array_get(disks, k), "lun");
            if (!json_is_integer(lun))
                return sim_version_refuse(
                    p, regions_path, "Required parameter 'encryption.dataDiskImages.lun' is missing (null).");
            for (m = 0; m < k; m++)
                if (json_equal(lun, json_object_get(json_array_get(disks, m), "lun")))
                    return sim_version_refuse(p, regions_path,
                                              "Duplicate luns '%" PRId64
                                              "' were specified in target region '%s' "
                                              "encryption.dataDiskImages.",
                                              (int64_t)json_integer_value(lun), sim_text_at(region, "name"));
        }
    }
    return true;
}

static const struct sim_des_use *use_of(const struct sim_version_put *p, const char *region, int64_t lun)
{
    for (size_t i = 0; i < p->use_count; i++)
        if (!p->uses[i].edge && p->uses[i].lun == lun && sim_region_same(p->uses[i].region, region))
            return &p->uses[i];
    return NULL;
}

/* R5: in all regions or in none, for each disk. */
static bool no_disk_is_half_encrypted(struct sim_version_put *p)
{
    for (size_t i = 0; i < p->use_count; i++) {
        const struct sim_des_use *use = &p->uses[i];
        size_t k;
        const json_t *region;
        if (use->edge || use->lun == SIM_LUN_SECURE)
            continue;
        json_array_foreach(p->regions, k, region)
        {
            const char *name = sim_text_at(region, "name");
            if (use_of(p, name, use->lun))
                continue;
            char *disk =
                use->lun == SIM_LUN_OS
                    ? sim_copy("galleryArtifactVersion.properties.publishingProfile.targetRegions.encryption."
                               "osDiskImage.diskEncryptionSetId")
                    : sim_format("LUN %" PRId64, use->lun);
            sim_version_refuse(
                p, regions_path,
                "A disk encryption set is required for disk '%s' in target region '%s' since disk "
                "encryption set '%s' is used for the corresponding disk in region '%s'",
                disk, name, use->id, use->region);
            free(disk);
            return false;
        }
    }
    return true;
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

bool sim_version_request_rules(struct sim_version_put *p)
{
    static const struct {
        const char *name;
        bool (*holds)(struct sim_version_put *p);
    } rules[] = {
        {"R20", name_is_a_version},
        {"R36", regions_are_known},
        {"R8", regions_are_distinct},
        {"R9", home_is_a_target},
        {"words", words_are_known},
        {"R18", replicas_are_in_range},
        {"R19", end_of_life_is_ahead},
        {"R29", zones_exist},
        {"preview", preview_is_registered},
        {"R4", sets_are_ids},
        {"R7", luns_are_named_once},
        {"R1", sets_are_in_subscription},
        {"R2", sets_exist},
        {"R3", sets_are_in_region},
        {"R5", no_disk_is_half_encrypted},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (sim_rule_on(p->c->w, rules[i].name) && !rules[i].holds(p))
            return false;
    return true;
}

bool sim_version_allowed(struct sim_version_put *p)
{
    return sim_version_request_rules(p) && sim_version_source_rules(p);
}
