/* SPDX-License-Identifier: MPL-2.0 */
#include "arm/version_merge.h"

#include "base/span.h"
#include "model/region.h"
#include "json/look.h"

/* Members that may be written; what the service alone sets is not sent back. */
static const char *const profile_members[] = {"replicaCount",           "excludeFromLatest",
                                              "endOfLifeDate",          "storageAccountType",
                                              "storageAccountStrategy", "replicationMode"};
static const char *const place_members[] = {"regionalReplicaCount", "extendedLocationReplicaCount",
                                            "storageAccountType",   "excludeFromLatest",
                                            "encryption",           "additionalReplicaSets"};
static const char *const safety_members[] = {"allowDeletionOfReplicatedLocations",
                                             "blockDeletionBeforeEndOfLife"};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Members that `to` lacks. The values are shared with the document that was read; neither is changed. */
static bool fill(json_t *to, const json_t *from, const char *const *members, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        json_t *value = json_object_get(from, members[i]);
        if (value != NULL && !json_is_null(value) && json_object_get(to, members[i]) == NULL &&
            json_object_set(to, members[i], value) != 0)
            return false;
    }
    return true;
}

static bool has_tag(const json_t *tags, const char *name)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach((json_t *)(uintptr_t)tags, key, value) if (acgp_equal_nocase(key, name)) return true;
    return false;
}

static bool merge_tags(json_t *body, const json_t *there)
{
    json_t *from = json_object_get(there, "tags"), *to = json_object_get(body, "tags");
    const char *name = NULL;
    json_t *value = NULL;

    if (from == NULL || json_object_size(from) == 0)
        return true;
    if (to == NULL) {
        to = json_object();
        if (to == NULL || json_object_set_new(body, "tags", to) != 0)
            return false;
    }
    json_object_foreach(from, name, value)
    {
        if (acgp_equal_nocase(name, ACGP_KEY_TAG))
            (void)json_object_del(to, ACGP_KEY_TAG);
        if (!has_tag(to, name) && json_object_set(to, name, value) != 0)
            return false;
    }
    return true;
}

static bool same_place(const json_t *a, const json_t *b)
{
    const char *name = acgp_json_text(a, "name"), *other = acgp_json_text(b, "name");

    return name != NULL && other != NULL && acgp_region_equal(name, other) &&
           acgp_equal_nocase(acgp_json_text(a, "extendedLocation.name"),
                             acgp_json_text(b, "extendedLocation.name"));
}

static bool requested(const json_t *entry, const struct acgp_coverage *coverage)
{
    const char *name = acgp_json_text(entry, "name"), *zone = acgp_json_text(entry, "extendedLocation.name");

    for (size_t i = 0; name != NULL && i < coverage->place_count; i++) {
        const struct acgp_place *place = coverage->places[i].place;
        if (acgp_region_equal(place->region, name) && acgp_equal_nocase(place->zone, zone))
            return true;
    }
    return false;
}

/* One of the version's places: fill the body's entry for it, or keep it when nobody asked for it. */
static bool merge_place(json_t *list, json_t *entry, const struct acgp_coverage *coverage)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (same_place(json_array_get(list, i), entry))
            return fill(json_array_get(list, i), entry, place_members, COUNT(place_members));
    return requested(entry, coverage) || json_array_append(list, entry) == 0;
}

static bool merge_places(json_t *to, const json_t *from, const char *member,
                         const struct acgp_coverage *coverage)
{
    json_t *theirs = json_object_get(from, member), *ours = json_object_get(to, member);

    if (json_array_size(theirs) == 0)
        return true;
    if (ours == NULL) {
        ours = json_array();
        if (ours == NULL || json_object_set_new(to, member, ours) != 0)
            return false;
    }
    for (size_t i = 0; i < json_array_size(theirs); i++)
        if (!merge_place(ours, json_array_get(theirs, i), coverage))
            return false;
    return json_array_size(ours) != 0 || json_object_del(to, member) == 0;
}

static bool merge_safety(json_t *to, const json_t *from)
{
    json_t *theirs = json_object_get(from, "safetyProfile"), *ours = json_object_get(to, "safetyProfile");

    if (theirs == NULL)
        return true;
    if (ours == NULL) {
        ours = json_object();
        if (ours == NULL || json_object_set_new(to, "safetyProfile", ours) != 0)
            return false;
    }
    return fill(ours, theirs, safety_members, COUNT(safety_members)) &&
           (json_object_size(ours) != 0 || json_object_del(to, "safetyProfile") == 0);
}

bool acgp_version_merge(json_t *body, const json_t *there, const struct acgp_coverage *coverage)
{
    json_t *to = json_object_get(body, "properties"), *from = json_object_get(there, "properties");
    json_t *profile = json_object_get(to, "publishingProfile");
    const json_t *had = json_object_get(from, "publishingProfile");

    return profile != NULL && merge_tags(body, there) &&
           fill(profile, had, profile_members, COUNT(profile_members)) &&
           merge_places(profile, had, "targetRegions", coverage) &&
           merge_places(profile, had, "targetExtendedLocations", coverage) && merge_safety(to, from);
}
