/* SPDX-License-Identifier: MPL-2.0 */
/* What surrounds the version: subscription, provider, parents, regions, room for more. Source:
 * azure-arm.md 4.3, 5.2, 6.5, 6.8, 6.9. */
#include <inttypes.h>

#include "arm/requests.h"
#include "base/span.h"
#include "preflight/judge.h"
#include "preflight/trim.h"
#include "json/look.h"

#define VERSIONS ACGP_VERSIONS_TYPE

enum { ALMOST_FULL_PERCENT = 95 };

void acgp_rule_subscription(struct acgp_judge *j)
{
    const struct acgp_fact *fact = acgp_judge_one(j, ACGP_FACT_SUBSCRIPTION);
    const char *state = acgp_json_text(acgp_judge_subscription(j), "state");
    bool warned = acgp_equal_nocase(state, "Warned") || acgp_equal_nocase(state, "PastDue");

    if (fact != NULL && fact->state == ACGP_FACT_ABSENT)
        acgp_found(j, ACG_SEVERITY_ERROR, "subscription", "subscription_id",
                   "name a subscription of this tenant that the login may see",
                   "the subscription does not exist, or the login sees nothing in it: %s",
                   j->spec->subscription_id);
    else if (state != NULL && !acgp_equal_nocase(state, "Enabled"))
        acgp_found(j, warned ? ACG_SEVERITY_WARNING : ACG_SEVERITY_ERROR, "subscription", "subscription_id",
                   "have the subscription enabled again by its owner",
                   "the subscription is in state %s%s: %s", state,
                   warned ? "; Azure may stop it" : ", and nothing can be written to it",
                   j->spec->subscription_id);
}

void acgp_rule_provider(struct acgp_judge *j)
{
    const char *state = acgp_json_text(acgp_judge_provider(j), "registrationState");
    bool soon = acgp_equal_nocase(state, "Registering");

    if (state != NULL && !acgp_equal_nocase(state, "Registered"))
        acgp_found(j, soon ? ACG_SEVERITY_WARNING : ACG_SEVERITY_ERROR, "provider", "subscription_id",
                   soon ? "wait some minutes until it is Registered" : "run acg register once",
                   "the provider Microsoft.Compute is %s in subscription %s", state,
                   j->spec->subscription_id);
}

static bool serves(const json_t *versions, const char *version)
{
    for (size_t i = 0; i < json_array_size(versions); i++)
        if (acgp_equal_nocase(json_string_value(json_array_get(versions, i)), version))
            return true;
    return false;
}

void acgp_rule_api_version(struct acgp_judge *j)
{
    const json_t *versions = acgp_json_at(acgp_judge_type(j, VERSIONS), "apiVersions");
    const char *newest = json_string_value(json_array_get(versions, 0));

    if (json_array_size(versions) > 0 && !serves(versions, ACGP_API_IMAGE_VERSION))
        acgp_found(j, ACG_SEVERITY_ERROR, "api-version", "gallery_image_version",
                   "publish to a cloud that serves it",
                   "this cloud does not serve api-version " ACGP_API_IMAGE_VERSION
                   " of Microsoft.Compute/" VERSIONS "; the first that it names is %s",
                   newest ? newest : "none");
}

/* R36: gallery and definition. */
static void judge_parent(struct acgp_judge *j, const struct acgp_fact *fact, const char *what)
{
    const char *state = acgp_json_text(fact->root, "properties.provisioningState");

    if (fact->state == ACGP_FACT_ABSENT)
        acgp_found(j, ACG_SEVERITY_ERROR, "R36", fact->field, "make it first, or name one that exists",
                   "the %s does not exist: %s", what, fact->id);
    if (fact->state == ACGP_FACT_READ && state != NULL && !acgp_equal_nocase(state, "Succeeded"))
        acgp_found(j, ACG_SEVERITY_ERROR, "R36", fact->field, "wait until it is Succeeded, or mend it",
                   "the %s is in state %s: %s", what, state, fact->id);
}

void acgp_rule_parents(struct acgp_judge *j)
{
    const struct acgp_fact *gallery = acgp_judge_one(j, ACGP_FACT_GALLERY);
    const struct acgp_fact *definition = j->p->definition;

    if (gallery != NULL)
        judge_parent(j, gallery, "gallery");
    if (definition != NULL && (gallery == NULL || gallery->state != ACGP_FACT_ABSENT))
        judge_parent(j, definition, "image definition");
}

static bool lists(const json_t *locations, const char *region)
{
    for (size_t i = 0; i < json_array_size(locations); i++) {
        const char *name = json_string_value(json_array_get(locations, i));
        if (name != NULL && acgp_region_equal(name, region))
            return true;
    }
    return false;
}

/* R36: is the region open for versions? Logical regions, such as "global", are none. */
static void judge_region(struct acgp_judge *j, const char *region, const char *field)
{
    const json_t *open = acgp_json_at(acgp_judge_type(j, VERSIONS), "locations");
    const json_t *known = acgp_judge_location(j, region);
    bool any = json_array_size(acgp_json_at(acgp_judge_locations(j), "value")) > 0;

    if (json_array_size(open) > 0 && !lists(open, region))
        acgp_found(j, ACG_SEVERITY_ERROR, "R36", field, "name a region where image versions can be kept",
                   "%s is not open for Microsoft.Compute/" VERSIONS, region);
    else if (any &&
             (known == NULL || acgp_equal_nocase(acgp_json_text(known, "metadata.regionType"), "Logical")))
        acgp_found(j, ACG_SEVERITY_ERROR, "R36", field,
                   "name a region that the subscription has: az account list-locations",
                   "the subscription has no region %s", region);
}

/* An edge zone stands below its region. */
static void judge_zone(struct acgp_judge *j, const struct acgp_place *place)
{
    const json_t *zone = acgp_judge_location(j, place->zone);
    const char *home = acgp_json_text(zone, "metadata.homeLocation");
    struct acgp_text field = acgp_text("%s.name", place->field);

    if (json_array_size(acgp_json_at(acgp_judge_locations(j), "value")) == 0)
        return;
    if (zone == NULL || !acgp_equal_nocase(acgp_json_text(zone, "type"), "EdgeZone"))
        acgp_found(j, ACG_SEVERITY_ERROR, "R36", field.text, "name an edge zone that the subscription has",
                   "the subscription has no edge zone %s", place->zone);
    else if (home != NULL && !acgp_region_equal(home, place->region))
        acgp_found(j, ACG_SEVERITY_ERROR, "R36", field.text, "name the region that the zone belongs to",
                   "the edge zone %s belongs to %s, not to %s", place->zone, home, place->region);
}

void acgp_rule_region_open(struct acgp_judge *j)
{
    const struct acgp_preflight *p = j->p;
    bool home = false;

    for (size_t i = 0; i < p->place_count; i++) {
        const struct acgp_place *place = &p->places[i];
        struct acgp_text field = place->field == p->home_field ? acgp_text("%s", place->field)
                                                               : acgp_text("%s.name", place->field);
        home = home || (place->zone == NULL && acgp_region_equal(place->region, p->location));
        if (place->misnamed)
            continue;
        if (place->zone != NULL)
            judge_zone(j, place);
        else
            judge_region(j, place->region, field.text);
    }
    if (!home && p->location[0] != '\0')
        judge_region(j, p->location, "location");
}

/* R16: what is shared directly cannot be under keys that its readers have no right to. */
void acgp_rule_sharing(struct acgp_judge *j)
{
    const char *how = acgp_json_text(acgp_judge_gallery(j), "properties.sharingProfile.permissions");

    if (acgp_judge_encrypts(j) && how != NULL && !acgp_equal_nocase(how, "Private"))
        acgp_found(
            j, ACG_SEVERITY_ERROR, "R16", "gallery_name",
            "publish to a gallery that is shared by role assignments, or leave the keys to the platform",
            "the gallery is shared with %s, and such a gallery cannot hold versions under customer keys",
            how);
}

/* R29: zone-redundant storage where there are zones. */
void acgp_rule_zones(struct acgp_judge *j)
{
    for (size_t i = 0; i < j->p->place_count; i++) {
        const struct acgp_place *place = &j->p->places[i];
        const json_t *location = acgp_judge_location(j, place->region);
        const char *type = place->storage_type ? place->storage_type : j->spec->storage_type;
        if (location == NULL || !acgp_equal_nocase(type, "Standard_ZRS") ||
            json_array_size(acgp_json_at(location, "availabilityZoneMappings")) > 0)
            continue;
        acgp_found(j, ACG_SEVERITY_ERROR, "R29",
                   place->storage_type ? acgp_text("%s.storage_account_type", place->field).text
                                       : "storage_account_type",
                   "name Standard_LRS or Premium_LRS there",
                   "%s has no availability zones, so Standard_ZRS is not possible there",
                   acgp_place_name(place).text);
    }
}

/* ---- room ---- */

static void judge_counter(struct acgp_judge *j, const struct acgp_fact *fact, const char *counter)
{
    const json_t *list = acgp_json_at(fact->root, "value");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *each = json_array_get(list, i);
        int64_t used = acgp_json_int(each, "currentValue", -1), limit = acgp_json_int(each, "limit", -1);
        if (!acgp_equal_nocase(acgp_json_text(each, "name.value"), counter) || limit < 0 || used < 0)
            continue;
        if (used >= limit)
            acgp_found(j, ACG_SEVERITY_ERROR, "quota", fact->field,
                       "delete what is not needed, or ask for more",
                       "no room for another: %s stands at %" PRId64 " of %" PRId64 " (%s)", counter, used,
                       limit, fact->id);
        else if (used * 100 >= limit * ALMOST_FULL_PERCENT)
            acgp_found(j, ACG_SEVERITY_WARNING, "quota", fact->field,
                       "delete what is not needed, or ask for more",
                       "little room is left: %s stands at %" PRId64 " of %" PRId64 " (%s)", counter, used,
                       limit, fact->id);
    }
}

/* Versions are counted in the home region, their replicas as snapshots in each. */
void acgp_rule_quota(struct acgp_judge *j)
{
    for (size_t i = 0; i < j->p->facts.count; i++) {
        const struct acgp_fact *fact = j->p->facts.items[i];
        const char *region = fact->id + acgp_span(fact->id).len;
        if (fact->kind != ACGP_FACT_USAGES || fact->state != ACGP_FACT_READ)
            continue;
        while (region[-1] != '/' || acgp_equal_nocase(region, "usages"))
            region--; /* ".../locations/westus/usages" */
        if (acgp_span_starts_nocase(acgp_span(region), acgp_span(j->p->location)) &&
            region[acgp_span(j->p->location).len] == '/')
            judge_counter(j, fact, ACGP_VERSION_COUNTER);
        judge_counter(j, fact, ACGP_SNAPSHOT_COUNTER);
    }
}
