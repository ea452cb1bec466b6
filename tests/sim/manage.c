/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/arm.h"
#include "sim/jsonx.h"
#include "sim/regions.h"
#include "sim/text.h"

#include <stdlib.h>
#include <string.h>

/* Subscriptions, locations, usages: what ARM and the compute provider say about themselves. */

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

const json_t *sim_subscription(const struct sim_world *w, const char *id)
{
    size_t i;
    const json_t *each, *found = NULL;
    json_array_foreach(sim_at(w->settings, "subscriptions"), i, each)
    {
        if (sim_same(sim_text_at(each, "subscriptionId"), id))
            found = each;
    }
    return found;
}

static void subscriptions(struct sim_call *c)
{
    size_t i;
    const json_t *each;
    if (c->id.subscription) {
        sim_reply_json(c->reply, 200, subscription(sim_subscription(c->w, c->id.subscription)));
        return;
    }
    json_t *value = json_array();
    json_array_foreach(sim_at(c->w->settings, "subscriptions"), i, each)
    {
        if (each == sim_subscription(c->w, sim_text_at(each, "subscriptionId")))
            json_array_append_new(value, subscription(each));
    }
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

/* As recorded; coordinates are texts. */
static json_t *edge_zone(const struct sim_call *c, const struct sim_edge_zone *z)
{
    char *id =
        sim_format("/subscriptions/%s/locations/%s/edgeZones/%s", c->id.subscription, z->region, z->name);
    char *regional = sim_format("(US) %s", z->display);
    json_t *out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s}}", "id", id,
                            "name", z->name, "type", "EdgeZone", "displayName", z->display,
                            "regionalDisplayName", regional, "metadata", "regionType", "Physical",
                            "regionCategory", "Other", "geography", "usa", "geographyGroup", "US",
                            "longitude", z->longitude, "latitude", z->latitude, "homeLocation", z->region);
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
    bool edges = sim_same(sim_arg(c->req, "includeextendedlocations"), "true");
    for (size_t i = 0; edges && i < sim_edge_zone_count; i++)
        json_array_append_new(value, edge_zone(c, &sim_edge_zones[i]));
    sim_reply_json(c->reply, 200, json_pack("{s:o}", "value", value));
}

/* Counter names and limits as recorded. sku: only those of that storage type; "" for any. */
static const struct usage_row {
    const char *name, *label, *type, *sku;
    int limit;
} usage_rows[] = {
    {"virtualMachines", "Virtual Machines", "Microsoft.Compute/virtualMachines", "", 25000},
    {"StandardSnapshotCount", "StandardStorageSnapshots", "Microsoft.Compute/snapshots", "Standard_LRS",
     75000},
    {"PremiumSnapshotCount", "PremiumStorageSnapshots", "Microsoft.Compute/snapshots", "Premium_LRS", 75000},
    {"ZRSSnapshotCount", "ZrsStorageSnapshots", "Microsoft.Compute/snapshots", "Standard_ZRS", 75000},
    {"DiskEncryptionSetCount", "DiskEncryptionSets", "Microsoft.Compute/diskEncryptionSets", "", 5000},
    {"Gallery", "Gallery", "Microsoft.Compute/galleries", "", 100},
    {"GalleryImage", "Gallery Image", "Microsoft.Compute/galleries/images", "", 1000},
    {"GalleryImageVersion", "Gallery Image Version", "Microsoft.Compute/galleries/images/versions", "",
     10000},
    {"GalleryApplicationVersion", "Gallery Application Version", NULL, "", 300},
};

static bool counts(const struct usage_row *row, const struct sim_resource *r, const char *region)
{
    const char *sku = sim_text_at(r->body, "sku.name");
    return sim_same(r->type, row->type) && sim_region_same(sim_text_at(r->body, "location"), region) &&
           (!*row->sku || sim_same(sku ? sku : "Standard_LRS", row->sku));
}

/* The scenario's word for a counter: usages.REGION.NAME {limit, currentValue}; REGION may be "*". */
static const json_t *seeded_usage(const struct sim_call *c, const char *region, const char *name)
{
    const json_t *all = sim_at(c->w->settings, "usages");
    const char *key;
    json_t *each, *found = NULL;
    json_object_foreach(sim_at(all, ""), key, each)
    {
        json_t *counter = json_object_get(each, name);
        if (counter && (sim_region_same(key, region) || (!found && strcmp(key, "*") == 0)))
            found = counter;
    }
    return found;
}

static void count_usage(const struct sim_call *c, const char *region, const struct usage_row *row,
                        int64_t *have, int64_t *limit)
{
    const json_t *seed = seeded_usage(c, region, row->name);
    char *mine = sim_format("/subscriptions/%s", c->id.subscription);
    *have = 0;
    for (const struct sim_resource *r = c->w->store.first; row->type && r; r = r->next)
        *have += sim_resource_below(r, mine) && counts(row, r, region);
    *have = sim_int_at(seed, "currentValue", *have);
    *limit = sim_int_at(seed, "limit", row->limit);
    free(mine);
}

bool sim_usage_of(const struct sim_call *c, const char *region, const char *name, int64_t *have,
                  int64_t *limit)
{
    for (size_t i = 0; i < sizeof usage_rows / sizeof usage_rows[0]; i++)
        if (strcmp(usage_rows[i].name, name) == 0) {
            count_usage(c, region, &usage_rows[i], have, limit);
            return true;
        }
    return false;
}

static void usages(struct sim_call *c)
{
    json_t *value = json_array();
    for (size_t i = 0; i < sizeof usage_rows / sizeof usage_rows[0]; i++) {
        const struct usage_row *row = &usage_rows[i];
        int64_t have, limit;
        count_usage(c, c->id.names[0], row, &have, &limit);
        json_array_append_new(value, json_pack("{s:I, s:s, s:I, s:{s:s, s:s}}", "limit", (json_int_t)limit,
                                               "unit", "Count", "currentValue", (json_int_t)have, "name",
                                               "value", row->name, "localizedValue", row->label));
    }
    sim_reply_json(c->reply, 200, json_pack("{s:o}", "value", value));
}

bool sim_manage_answer(struct sim_call *c)
{
    const struct sim_id *id = &c->id;
    if (id->provider) {
        if (!id->depth && !id->group &&
            (!id->tail || sim_same(id->tail, "register") || sim_same(id->tail, "unregister")))
            sim_provider_answer(c);
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
        sim_provider_list(c);
    else
        return false;
    return true;
}
