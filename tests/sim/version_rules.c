/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/version_rules.h"
#include "sim/jsonx.h"
#include "sim/regions.h"
#include "sim/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rules of the service that the request alone decides. The numbers are those of Microsoft's troubleshooting
 * page as collected in the project's rule table; texts follow that page. */

static const char version_type[] = "Microsoft.Compute/galleries/images/versions";
static const char profile_path[] = "galleryImageVersion.properties.publishingProfile";
const char sim_regions_path[] = "galleryImageVersion.properties.publishingProfile.targetRegions";

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

static bool not_available(struct sim_version_put *p, const char *where)
{
    char *list = sim_type_regions(p->c->w, version_type);
    sim_version_refuse(p, sim_regions_path, SIM_NOT_AVAILABLE, where, version_type, list);
    free(list);
    return false;
}

/* R36, second half: the region exists, and is open for the type. */
static bool regions_are_known(struct sim_version_put *p)
{
    size_t i;
    const json_t *each;
    json_array_foreach(p->regions, i, each)
    {
        const char *name = sim_text_at(each, "name");
        if (!name)
            return sim_version_refuse(p, sim_regions_path, "Required parameter '%s.name' is missing (null).",
                                      sim_regions_path);
        if (!sim_type_has_region(p->c->w, version_type, name))
            return not_available(p, name);
    }
    return sim_type_has_region(p->c->w, version_type, p->region) || not_available(p, p->region);
}

/* The same for edge zones: each exists, below the region that it is named with. */
static bool zones_are_known(struct sim_version_put *p)
{
    size_t i;
    const json_t *each;
    json_array_foreach(sim_at(p->asked, "publishingProfile.targetExtendedLocations"), i, each)
    {
        const struct sim_edge_zone *zone = sim_edge_zone_find(sim_version_zone(each));
        if (!zone || !sim_region_same(zone->region, sim_text_at(each, "name")))
            return not_available(p, sim_version_zone(each));
    }
    return true;
}

static bool distinct(const json_t *places, const char *(*name)(const json_t *))
{
    size_t n = json_array_size(places);
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++)
            if (sim_region_same(name(json_array_get(places, i)), name(json_array_get(places, k))))
                return false;
    return true;
}

static const char *region_name(const json_t *region)
{
    return sim_text_at(region, "name");
}

/* R8; the same text for edge zones is a guess. */
static bool regions_are_distinct(struct sim_version_put *p)
{
    if (distinct(p->regions, region_name) &&
        distinct(sim_at(p->asked, "publishingProfile.targetExtendedLocations"), sim_version_zone))
        return true;
    return sim_version_refuse(p, sim_regions_path,
                              "Duplicate regions are not allowed in target publishing regions");
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
        p, sim_regions_path,
        "Gallery image version publishing profile regions '%s' must contain the location of image "
        "version '%s'. ",
        list, sim_region_find(p->region)->display);
    free(list);
    return false;
}

static bool in_range(struct sim_version_put *p, const json_t *value, const char *name, int64_t *sum)
{
    enum { REPLICAS_MAX = 100 };
    if (value && !json_is_integer(value))
        return sim_version_refuse(p, profile_path, "The value of parameter %s is invalid.", name);
    int64_t n = value ? json_integer_value(value) : 1;
    if (n < 1 || n > REPLICAS_MAX || (*sum += n) > REPLICAS_MAX)
        return sim_version_refuse(p, profile_path,
                                  "The value %" PRId64
                                  " of parameter %s is out of range. The value must be between 1 "
                                  "and %d, inclusive.",
                                  n > REPLICAS_MAX || n < 1 ? n : *sum, name, REPLICAS_MAX);
    return true;
}

static bool more_sets_in_range(struct sim_version_put *p, const json_t *region, int64_t *sum)
{
    size_t i;
    const json_t *each;
    json_array_foreach(json_object_get(region, "additionalReplicaSets"), i, each)
    {
        if (!in_range(p, json_object_get(each, "regionalReplicaCount"), "regionalReplicaCount", sum))
            return false;
    }
    return true;
}

/* R18: each count 1 to 100, and no more than 100 replicas in all places together. A region without a count
 * of its own has the version's, which is 1 when that is missing too. */
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
        if (!in_range(p, own ? own : common, "regionalReplicaCount", &sum) ||
            !more_sets_in_range(p, each, &sum))
            return false;
    }
    json_array_foreach(sim_at(p->asked, "publishingProfile.targetExtendedLocations"), i, each)
    {
        if (!in_range(p, json_object_get(each, "extendedLocationReplicaCount"),
                      "extendedLocationReplicaCount", &sum))
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

static bool confidential_word_is_known(struct sim_version_put *p, const json_t *place)
{
    static const char *const types[] = {"EncryptedVMGuestStateOnlyWithPmk", "EncryptedWithPmk",
                                        "EncryptedWithCmk", "NonPersistedTPM", NULL};
    return word_is_known(p, sim_at(place, "encryption.osDiskImage.securityProfile"),
                         "confidentialVMEncryptionType", types);
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
        if (!word_is_known(p, each, "storageAccountType", types) || !confidential_word_is_known(p, each))
            return false;
    }
    json_array_foreach(sim_at(profile, "targetExtendedLocations"), i, each)
    {
        if (!word_is_known(p, each, "storageAccountType", edge) || !confidential_word_is_known(p, each))
            return false;
    }
    return true;
}

static bool names_zrs(const json_t *region, const char *common)
{
    const char *own = sim_text_at(region, "storageAccountType");
    bool zrs = sim_same(own ? own : common, "Standard_ZRS");
    size_t i;
    const json_t *each;
    json_array_foreach(json_object_get(region, "additionalReplicaSets"), i, each)
    {
        zrs = zrs || sim_same(sim_text_at(each, "storageAccountType"), "Standard_ZRS");
    }
    return zrs;
}

/* R29 */
static bool zones_exist(struct sim_version_put *p)
{
    size_t i;
    const json_t *each;
    const char *common = sim_text_at(p->asked, "publishingProfile.storageAccountType");
    json_array_foreach(p->regions, i, each)
    {
        const struct sim_region *region = sim_region_find(sim_text_at(each, "name"));
        if (names_zrs(each, common) && region && !region->zones)
            return sim_version_refuse(p, sim_regions_path,
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

/* The service's counters (azure-arm.md, 6.9): a full one refuses a new version. Only what the scenario says
 * about them counts, so that a load test is not stopped by the usual limit. Code and text are ours. */
static bool quota_has_room(struct sim_version_put *p)
{
    int64_t have, limit;
    bool seeded = json_object_size(sim_at(p->c->w->settings, "usages")) > 0;
    if (!seeded || p->have || !sim_usage_of(p->c, p->region, "GalleryImageVersion", &have, &limit) ||
        have < limit)
        return true;
    sim_fail(p->c->reply, 409, "QuotaExceeded",
             "The limit of %" PRId64 " gallery image versions in region '%s' is reached.", limit, p->region);
    return false;
}

bool sim_version_request_rules(struct sim_version_put *p)
{
    static const struct sim_rule rules[] = {
        {"R20", name_is_a_version},     {"R36", regions_are_known},    {"zones", zones_are_known},
        {"R8", regions_are_distinct},   {"R9", home_is_a_target},      {"words", words_are_known},
        {"R18", replicas_are_in_range}, {"R19", end_of_life_is_ahead}, {"R29", zones_exist},
        {"quota", quota_has_room},
    };
    return sim_version_ask(p, rules, sizeof rules / sizeof rules[0]);
}

bool sim_version_ask(struct sim_version_put *p, const struct sim_rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (sim_rule_on(p->c->w, rules[i].name) && !rules[i].holds(p))
            return false;
    return true;
}

bool sim_version_allowed(struct sim_version_put *p)
{
    return sim_version_request_rules(p) && sim_version_set_rules(p) && sim_version_shape_rules(p) &&
           sim_version_update_rules(p) && sim_version_source_rules(p);
}
