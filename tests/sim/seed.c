/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/seed.h"

#include "sim/id.h"
#include "sim/jsonx.h"
#include "sim/text.h"
#include "sim/version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The resources that are there from the start: what a scenario leaves out is filled in as the service would.
 */

static bool complain(const char *where, const char *what)
{
    fprintf(stderr, "acg-sim: scenario: %s: %s\n", where, what);
    return false;
}

/* The group that a resource sits in exists too, in the resource's region. */
static void seed_group(struct sim_world *w, const struct sim_id *id, const json_t *seed)
{
    if (!id->group)
        return;
    struct sim_id group = {.subscription = id->subscription, .group = id->group};
    char *path = sim_id_text(&group, 0);
    const char *region = sim_text_at(seed, "location");
    if (!sim_find(w, path))
        sim_store_put(&w->store, path,
                      json_pack("{s:s, s:s, s:s, s:s, s:{s:s}}", "id", path, "name", id->group, "type",
                                "Microsoft.Resources/resourceGroups", "location", region ? region : "westus",
                                "properties", "provisioningState", "Succeeded"));
    free(path);
}

static void set_missing(json_t *object, const char *name, json_t *value)
{
    if (json_object_get(object, name))
        json_decref(value);
    else
        json_object_set_new(object, name, value);
}

/* Short seeds are enough for the sets that most scenarios need. */
static void complete_des(struct sim_world *w, json_t *body)
{
    json_t *properties = json_object_get(body, "properties");
    set_missing(body, "identity", json_pack("{s:s}", "type", "SystemAssigned"));
    json_t *identity = json_object_get(body, "identity");
    const char *kind = sim_text_at(identity, "type");
    if (kind && strstr(kind, "SystemAssigned")) {
        const json_t *tenant = json_array_get(sim_at(w->settings, "tokens.tenants"), 0);
        char principal[SIM_GUID_SIZE];
        sim_guid(principal);
        set_missing(identity, "principalId", json_string(principal));
        set_missing(identity, "tenantId", json_deep_copy(tenant));
    }
    set_missing(properties, "encryptionType", json_string("EncryptionAtRestWithCustomerKey"));
    set_missing(properties, "activeKey",
                json_pack("{s:s}", "keyUrl", "https://vault.vault.azure.net/keys/key/0123456789abcdef"));
}

/* What the disk provider adds to each disk and snapshot. */
static void complete_disk(struct sim_world *w, json_t *body)
{
    json_t *properties = json_object_get(body, "properties");
    char stamp[SIM_STAMP_SIZE], guid[SIM_GUID_SIZE];
    sim_stamp(sim_now(w), stamp);
    sim_guid(guid);
    set_missing(properties, "encryption", json_pack("{s:s}", "type", "EncryptionAtRestWithPlatformKey"));
    set_missing(properties, "networkAccessPolicy", json_string("AllowAll"));
    set_missing(properties, "publicNetworkAccess", json_string("Enabled"));
    set_missing(properties, "timeCreated", json_string(stamp));
    set_missing(properties, "diskState", json_string("Unattached"));
    if (json_object_get(properties, "diskSizeGB"))
        set_missing(properties, "diskSizeBytes",
                    json_integer((json_int_t)(sim_int_at(properties, "diskSizeGB", 0) * 1073741824)));
    set_missing(properties, "uniqueId", json_string(guid));
}

/* A machine is there to be a source: ready for it, unless its instanceView says otherwise. */
static void complete_vm(json_t *body)
{
    json_t *properties = json_object_get(body, "properties");
    if (!json_object_get(properties, "instanceView"))
        json_object_set_new(properties, "instanceView",
                            json_pack("{s:[{s:s, s:s}, {s:s, s:s}]}", "statuses", "code",
                                      "PowerState/deallocated", "level", "Info", "code",
                                      "OSState/generalized", "level", "Info"));
}

/* The scope stands in the id already. */
static void complete_role(json_t *body, const char *id)
{
    const char *end = strstr(id, "/providers/Microsoft.Authorization/");
    if (!end)
        return;
    set_missing(json_object_get(body, "properties"), "scope", json_stringn(id, (size_t)(end - id)));
}

static void seed_plain(struct sim_world *w, const char *id, const json_t *seed)
{
    json_t *body = sim_named_body(id);
    sim_merge(body, seed);
    if (!sim_text_at(body, "properties.provisioningState"))
        sim_set_state(body, "Succeeded");
    const char *type = sim_text_at(body, "type");
    if (sim_same(type, "Microsoft.Compute/diskEncryptionSets"))
        complete_des(w, body);
    else if (sim_same(type, "Microsoft.Compute/virtualMachines"))
        complete_vm(body);
    else if (sim_same(type, "Microsoft.Compute/disks") || sim_same(type, "Microsoft.Compute/snapshots"))
        complete_disk(w, body);
    else if (sim_same(type, "Microsoft.Authorization/roleAssignments"))
        complete_role(body, id);
    sim_store_put(&w->store, id, body);
}

static bool seed(struct sim_world *w, const json_t *seed_of)
{
    struct sim_id id;
    const char *path = sim_text_at(seed_of, "id");
    bool ok = path && sim_id_parse(path, &id) && id.subscription && (id.depth || id.group) && !id.tail;
    if (!ok)
        return complain(path ? path : "resources", "each resource needs a full id");
    seed_group(w, &id, seed_of);
    if (sim_id_is(&id, "Microsoft.Compute/galleries/images/versions"))
        sim_version_seed(w, path, seed_of);
    else if (id.depth)
        seed_plain(w, path, seed_of);
    ok = sim_find(w, path) != NULL;
    sim_id_done(&id);
    return ok || complain(path, "this image version lacks a location or a storageProfile");
}

bool sim_seed_all(struct sim_world *w)
{
    size_t i;
    const json_t *each;
    json_array_foreach(json_object_get(w->settings, "resources"), i, each)
    {
        if (!seed(w, each))
            return false;
    }
    json_array_foreach(json_object_get(w->settings, "remove"), i, each)
    {
        struct sim_resource *next;
        for (struct sim_resource *r = w->store.first; r; r = next) {
            next = r->next;
            if (json_is_string(each) && sim_glob(json_string_value(each), r->key))
                sim_store_remove(&w->store, r);
        }
    }
    return true;
}
