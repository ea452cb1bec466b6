/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/arm.h"
#include "sim/jsonx.h"
#include "sim/regions.h"
#include "sim/text.h"

#include <stdlib.h>
#include <string.h>

/* Subscriptions, locations, providers, usages: what ARM and the compute provider say about themselves. */

static bool is(const struct sim_call *c, const char *method)
{
    return strcmp(c->req->method, method) == 0;
}

/* az needs id, subscriptionId, displayName and state of each entry. */
static json_t *subscription(const json_t *seed)
{
    const char *id = sim_text_at(seed, "subscriptionId"), *name = sim_text_at(seed, "displayName");
    const char *tenant = sim_text_at(seed, "tenantId"), *state = sim_text_at(seed, "state");
    char *path = sim_format("/subscriptions/%s", id ? id : "");
    json_t *out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s}, s:[]}", "id", path,
                            "authorizationSource", "RoleBased", "subscriptionId", id ? id : "", "tenantId",
                            tenant ? tenant : "", "displayName", name ? name : "Simulated", "state",
                            state ? state : "Enabled", "subscriptionPolicies", "locationPlacementId",
                            "Public_2014-09-01", "quotaId", "PayAsYouGo_2014-09-01", "spendingLimit", "Off",
                            "managedByTenants");
    free(path);
    return out;
}

static void subscriptions(struct sim_call *c)
{
    size_t i;
    const json_t *each;
    json_t *value = json_array();
    json_array_foreach(sim_at(c->w->settings, "subscriptions"), i, each)
    {
        if (!c->id.subscription) {
            json_array_append_new(value, subscription(each));
        } else if (sim_same(sim_text_at(each, "subscriptionId"), c->id.subscription)) {
            sim_reply_json(c->reply, 200, subscription(each));
        }
    }
    if (c->id.subscription)
        json_decref(value);
    else
        sim_reply_json(c->reply, 200,
                       json_pack("{s:o, s:{s:s, s:i}}", "value", value, "count", "type", "Total", "value",
                                 (int)json_array_size(value)));
}

static json_t *location(const struct sim_call *c, const struct sim_region *r)
{
    char *id = sim_format("/subscriptions/%s/locations/%s", c->id.subscription, r->name);
    const char *prefix = strcmp(r->group, "US") == 0       ? "(US) "
                         : strcmp(r->group, "Europe") == 0 ? "(Europe) "
                                                           : "";
    char *regional = sim_format("%s%s", prefix, r->display);
    json_t *pairs = json_array();
    if (*r->pair) {
        char *pair = sim_format("/subscriptions/%s/locations/%s", c->id.subscription, r->pair);
        json_array_append_new(pairs, json_pack("{s:s, s:s}", "name", r->pair, "id", pair));
        free(pair);
    }
    json_t *out =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}}", "id", id, "name",
                  r->name, "type", "Region", "displayName", r->display, "regionalDisplayName", regional,
                  "metadata", "regionType", "Physical", "regionCategory", r->zones ? "Recommended" : "Other",
                  "geography", r->geography, "geographyGroup", r->group, "longitude", r->longitude,
                  "latitude", r->latitude, "physicalLocation", r->place, "pairedRegion", pairs);
    json_t *zones = json_array();
    for (int z = 1; r->zones && z <= 3; z++) {
        char *logical = sim_format("%d", z), *physical = sim_format("%s-az%d", r->name, z);
        json_array_append_new(zones,
                              json_pack("{s:s, s:s}", "logicalZone", logical, "physicalZone", physical));
        free(logical);
        free(physical);
    }
    if (r->zones)
        json_object_set(out, "availabilityZoneMappings", zones);
    json_decref(zones);
    free(id);
    free(regional);
    return out;
}

/* Edge zones come only with includeExtendedLocations=true, logical regions always. */
static void locations(struct sim_call *c)
{
    json_t *value = json_array();
    for (size_t i = 0; i < sim_region_count; i++)
        json_array_append_new(value, location(c, &sim_regions[i]));
    json_array_append_new(value, json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s}}", "name", "unitedstates",
                                           "type", "Region", "displayName", "United States",
                                           "regionalDisplayName", "United States", "metadata", "regionType",
                                           "Logical", "regionCategory", "Other"));
    if (sim_same(sim_arg(c->req, "includeextendedlocations"), "true"))
        json_array_append_new(value, json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s}}", "name",
                                               "microsoftlosangeles1", "type", "EdgeZone", "displayName",
                                               "Los Angeles", "regionalDisplayName", "(US) Los Angeles",
                                               "metadata", "regionType", "Physical", "regionCategory",
                                               "Extended", "homeLocation", "westus"));
    sim_reply_json(c->reply, 200, json_pack("{s:o}", "value", value));
}

static json_t *resource_type(const struct sim_type *type)
{
    json_t *apis = json_array(), *places = json_array();
    for (const char *const *a = type->apis; a && *a; a++)
        json_array_insert_new(apis, 0, json_string(*a));
    if (!type->apis)
        json_array_append_new(apis, json_string("2023-10-02"));
    for (size_t i = 0; i < sim_region_count; i++)
        json_array_append_new(places, json_string(sim_regions[i].display));
    return json_pack("{s:s, s:o, s:o, s:s}", "resourceType", strchr(type->name, '/') + 1, "locations", places,
                     "apiVersions", apis, "capabilities", "SupportsTags, SupportsLocation");
}

static json_t *provider(const struct sim_call *c, const char *space, const char *state)
{
    json_t *types = json_array();
    size_t n = strlen(space);
    for (size_t i = 0; i < sim_type_count; i++)
        if (sim_same_n(sim_types[i].name, space, n) && sim_types[i].name[n] == '/')
            json_array_append_new(types, resource_type(&sim_types[i]));
    char *id = sim_format("/subscriptions/%s/providers/%s", c->id.subscription, space);
    json_t *out = json_pack("{s:s, s:s, s:o, s:s, s:s}", "id", id, "namespace", space, "resourceTypes", types,
                            "registrationState", state, "registrationPolicy", "RegistrationRequired");
    free(id);
    return out;
}

/* A registration is under way until the scenario's provider_ms have passed: {"now": state, "to": state, "at":
 * time}. */
static const char *state_now(const struct sim_world *w, const json_t *seed)
{
    if (json_is_string(seed))
        return json_string_value(seed);
    return sim_text_at(seed, sim_now(w) >= sim_int_at(seed, "at", 0) ? "to" : "now");
}

/* The scenario's own spelling of a provider's name; NULL when it does not know it. Borrowed. */
static const char *provider_name(const struct sim_world *w, const char *space)
{
    const char *name;
    json_t *each;
    json_object_foreach(sim_at(w->settings, "providers"), name, each)
    {
        if (sim_same(name, space))
            return name;
    }
    return NULL;
}

const char *sim_provider_state(const struct sim_world *w, const char *space)
{
    const char *name = provider_name(w, space);
    return name ? state_now(w, json_object_get(sim_at(w->settings, "providers"), name)) : NULL;
}

/* A registration that is there or on its way is left alone. */
static const char *change_provider(struct sim_call *c, const char *state, bool in)
{
    const char *now = in ? "Registering" : "Unregistering", *to = in ? "Registered" : "Unregistered";
    if (sim_same(state, to) || sim_same(state, now) || (!in && sim_same(state, "NotRegistered")))
        return state;
    json_object_set_new(sim_at(c->w->settings, "providers"), provider_name(c->w, c->id.provider),
                        json_pack("{s:s, s:s, s:I}", "now", now, "to", to, "at",
                                  (json_int_t)(sim_now(c->w) + sim_speed(c->w, "provider_ms"))));
    return now;
}

static void providers(struct sim_call *c)
{
    const char *state = sim_provider_state(c->w, c->id.provider);
    bool in = sim_same(c->id.tail, "register"), out = sim_same(c->id.tail, "unregister");
    if (!state) {
        sim_fail(c->reply, 404, "InvalidResourceNamespace", "The resource namespace '%s' is invalid.",
                 c->id.provider);
        return;
    }
    if (is(c, "POST") && (in || out)) {
        state = change_provider(c, state, in);
    } else if (!is(c, "GET") || c->id.tail) {
        sim_fail(c->reply, 405, "MethodNotAllowed",
                 "The requested resource does not support http method '%s'.", c->req->method);
        return;
    }
    sim_reply_json(c->reply, 200, provider(c, provider_name(c->w, c->id.provider), state));
}

static void provider_list(struct sim_call *c)
{
    json_t *value = json_array();
    const char *name;
    json_t *each;
    json_object_foreach(sim_at(c->w->settings, "providers"), name, each)
    {
        json_array_append_new(value, provider(c, name, state_now(c->w, each)));
    }
    sim_reply_json(c->reply, 200, json_pack("{s:o}", "value", value));
}

static json_t *usage(struct sim_call *c, const char *name, const char *type, int limit)
{
    json_int_t have = 0;
    for (const struct sim_resource *r = c->w->store.first; type && r; r = r->next)
        have += sim_same(r->type, type) && sim_region_same(sim_text_at(r->body, "location"), c->id.names[0]);
    return json_pack("{s:i, s:s, s:I, s:{s:s, s:s}}", "limit", limit, "unit", "Count", "currentValue", have,
                     "name", "value", name, "localizedValue", name);
}

/* Counter names and limits as recorded. */
static void usages(struct sim_call *c)
{
    static const struct {
        const char *name, *type;
        int limit;
    } rows[] = {
        {"Gallery", "Microsoft.Compute/galleries", 100},
        {"GalleryImage", "Microsoft.Compute/galleries/images", 1000},
        {"GalleryImageVersion", "Microsoft.Compute/galleries/images/versions", 10000},
        {"GalleryApplicationVersion", NULL, 300},
        {"DiskEncryptionSetCount", "Microsoft.Compute/diskEncryptionSets", 5000},
        {"StandardSnapshotCount", "Microsoft.Compute/snapshots", 75000},
        {"PremiumSnapshotCount", NULL, 75000},
        {"ZRSSnapshotCount", NULL, 75000},
        {"virtualMachines", "Microsoft.Compute/virtualMachines", 25000},
    };
    json_t *value = json_array();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        json_array_append_new(value, usage(c, rows[i].name, rows[i].type, rows[i].limit));
    sim_reply_json(c->reply, 200, json_pack("{s:o}", "value", value));
}

bool sim_manage_answer(struct sim_call *c)
{
    const struct sim_id *id = &c->id;
    if (id->provider) {
        if (!id->depth && !id->group &&
            (!id->tail || sim_same(id->tail, "register") || sim_same(id->tail, "unregister")))
            providers(c);
        else if (id->depth == 1 && sim_same(id->types[0], "locations") && sim_same(id->tail, "usages"))
            usages(c);
        else
            return false;
        return true;
    }
    if (id->group || !is(c, "GET"))
        return false;
    if (sim_same(id->tail, "subscriptions") || !id->tail)
        subscriptions(c);
    else if (sim_same(id->tail, "locations"))
        locations(c);
    else if (sim_same(id->tail, "providers"))
        provider_list(c);
    else
        return false;
    return true;
}
