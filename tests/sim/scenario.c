/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/scenario.h"

#include "sim/id.h"
#include "sim/jsonx.h"
#include "sim/regions.h"
#include "sim/text.h"
#include "sim/version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reading a scenario: strict, so that a misspelt member is not silently without effect. SCENARIO.md describes
 * it. */

static const char *const top[] = {
    "about",       "extends",         "clock",     "clock_factor", "clock_start", "tokens",
    "retry_after", "poll_url_bytes",  "speeds",    "rules_off",    "rate_limits", "subscriptions",
    "features",    "require_feature", "providers", "faults",       "versions",    "resources",
    "remove",      "principals",      NULL};
static const char *const token_members[] = {"tenants", "clients", "lifetime_s", "length", NULL};
static const char *const speed_members[] = {"version_ms",  "replication_ms", "replication_ms_by_region",
                                            "delete_ms",   "gallery_ms",     "disk_ms",
                                            "des_ms",      "image_ms",       "vm_ms",
                                            "group_ms",    "feature_ms",     "provider_ms",
                                            "network_ms",  "deployment_ms",  "vault_ms",
                                            "identity_ms", "access_ms",      NULL};
static const char *const feature_members[] = {"state", "approvalType", "approve_ms", "refuses", NULL};
static const char *const fault_members[] = {
    "method",       "path",    "query", "skip",     "times",       "status", "body", "text",
    "content_type", "headers", "drop",  "delay_ms", "truncate_at", "act",    "seen", NULL};
static const char *const version_members[] = {"match", "other_writer", "operation",   "regions",
                                              "store", "stale",        "final_state", NULL};
static const char *const store_members[] = {"at", "set", "reads", NULL};

static bool complain(const char *where, const char *what)
{
    fprintf(stderr, "acg-sim: scenario: %s: %s\n", where, what);
    return false;
}

static bool known(const json_t *object, const char *const *names, const char *where)
{
    const char *name;
    json_t *each;
    json_t *all = sim_at(object, "");
    if (object && !json_is_object(object))
        return complain(where, "must be an object");
    json_object_foreach(all, name, each)
    {
        const char *const *n = names;
        while (*n && strcmp(*n, name) != 0)
            n++;
        if (!*n) {
            char *text = sim_format("no such member: %s", name);
            complain(where, text);
            free(text);
            return false;
        }
    }
    return true;
}

static bool known_each(const json_t *array, const char *const *names, const char *where)
{
    size_t i;
    const json_t *each;
    if (array && !json_is_array(array))
        return complain(where, "must be an array");
    json_array_foreach(array, i, each)
    {
        if (!known(each, names, where))
            return false;
    }
    return true;
}

static bool check(const json_t *s)
{
    size_t i;
    const json_t *each;
    bool ok = known(s, top, "top level") && known(sim_at(s, "tokens"), token_members, "tokens") &&
              known(sim_at(s, "speeds"), speed_members, "speeds") &&
              known_each(sim_at(s, "faults"), fault_members, "faults") &&
              known_each(sim_at(s, "versions"), version_members, "versions");
    json_array_foreach(sim_at(s, "versions"), i, each)
    {
        ok = ok && known_each(json_object_get(each, "store"), store_members, "versions[].store");
    }
    const char *name;
    json_t *feature;
    json_object_foreach(sim_at(s, "features"), name, feature)
    {
        ok = ok && (json_is_string(feature) || known(feature, feature_members, "features"));
    }
    return ok;
}

static json_t *parse(const char *text, const char *where)
{
    json_error_t error;
    json_t *out = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!out)
        fprintf(stderr, "acg-sim: %s:%d:%d: %s\n", where, error.line, error.column, error.text);
    return out;
}

static void append_all(json_t *to, const json_t *from)
{
    size_t i;
    json_t *each;
    json_array_foreach(from, i, each)
    {
        json_array_append(to, each);
    }
}

/* Objects merge, lists grow, the rest is replaced. A scenario that extends nothing starts without resources.
 */
static void apply(json_t *base, const json_t *over)
{
    static const char *const lists[] = {"rules_off",     "faults", "versions",  "resources",
                                        "subscriptions", "remove", "principals"};
    json_t *rest = json_deep_copy(over);
    if (sim_same(sim_text_at(over, "extends"), "nothing"))
        json_array_clear(json_object_get(base, "resources"));
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        json_t *more = json_object_get(rest, lists[i]), *have = json_object_get(base, lists[i]);
        if (more && have) {
            append_all(have, more);
            json_object_del(rest, lists[i]);
        }
    }
    sim_merge(base, rest);
    json_decref(rest);
}

static bool apply_file(json_t *base, const char *file)
{
    json_error_t error;
    json_t *over = json_load_file(file, JSON_REJECT_DUPLICATES, &error);
    if (!over) {
        fprintf(stderr, "acg-sim: %s:%d:%d: %s\n", file, error.line, error.column, error.text);
        return false;
    }
    bool ok = check(over);
    if (ok)
        apply(base, over);
    json_decref(over);
    return ok;
}

/* --set speeds.version_ms=0: a dotted place and a JSON value. */
static bool apply_change(json_t *base, const char *change)
{
    const char *equals = strchr(change, '=');
    if (!equals)
        return complain(change, "must be place=JSON");
    char *place = sim_copy_n(change, (size_t)(equals - change)), *dot = strrchr(place, '.');
    json_error_t error;
    json_t *value = json_loads(equals + 1, JSON_DECODE_ANY, &error);
    json_t *parent = base;
    if (dot) {
        *dot = '\0';
        parent = sim_at(base, place);
    }
    bool ok = value && json_object_set(parent, dot ? dot + 1 : place, value) == 0 && check(base);
    json_decref(value);
    free(place);
    return ok ||
           complain(change, "the place does not exist, or the value is no JSON (texts need their quotes)");
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

/* Short seeds are enough for the sets that most scenarios need. */
static void complete_des(json_t *body)
{
    json_t *properties = json_object_get(body, "properties");
    if (!json_object_get(body, "identity"))
        json_object_set_new(body, "identity", json_pack("{s:s}", "type", "SystemAssigned"));
    if (!json_object_get(properties, "encryptionType"))
        json_object_set_new(properties, "encryptionType", json_string("EncryptionAtRestWithCustomerKey"));
    if (!json_object_get(properties, "activeKey"))
        json_object_set_new(
            properties, "activeKey",
            json_pack("{s:s}", "keyUrl", "https://vault.vault.azure.net/keys/key/0123456789abcdef"));
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
    json_t *properties = json_object_get(body, "properties");
    const char *end = strstr(id, "/providers/Microsoft.Authorization/");
    if (!end || json_object_get(properties, "scope"))
        return;
    char *scope = sim_copy_n(id, (size_t)(end - id));
    json_object_set_new(properties, "scope", json_string(scope));
    free(scope);
}

static void seed_plain(struct sim_world *w, const char *id, const json_t *seed)
{
    json_t *body = sim_named_body(id);
    sim_merge(body, seed);
    if (!sim_text_at(body, "properties.provisioningState"))
        sim_set_state(body, "Succeeded");
    if (sim_same(sim_text_at(body, "type"), "Microsoft.Compute/diskEncryptionSets"))
        complete_des(body);
    if (sim_same(sim_text_at(body, "type"), "Microsoft.Compute/virtualMachines"))
        complete_vm(body);
    if (sim_same(sim_text_at(body, "type"), "Microsoft.Authorization/roleAssignments"))
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

static bool seed_all(struct sim_world *w)
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

static bool start_clock(struct sim_world *w)
{
    const char *kind = sim_text_at(w->settings, "clock"), *start = sim_text_at(w->settings, "clock_start");
    int64_t origin = sim_wall_ms();
    double factor = json_number_value(json_object_get(w->settings, "clock_factor"));
    if (start && !sim_stamp_parse(start, &origin))
        return complain("clock_start", "must be a date as 2030-01-01T00:00:00Z");
    if (!kind || (strcmp(kind, "real") != 0 && strcmp(kind, "manual") != 0) || factor <= 0)
        return complain("clock", "must be \"real\" or \"manual\", clock_factor above 0");
    sim_clock_init(&w->clock, strcmp(kind, "manual") == 0, factor, origin);
    w->next_due_ms = INT64_MAX;
    sim_turn(w);
    return true;
}

bool sim_scenario_load(struct sim_world *w, const char *file, const char *const *changes, size_t change_count)
{
    w->settings = parse(sim_default_scenario, "default scenario");
    bool ok = w->settings && check(w->settings) && (!file || apply_file(w->settings, file));
    for (size_t i = 0; ok && i < change_count; i++)
        ok = apply_change(w->settings, changes[i]);
    return ok && start_clock(w) && seed_all(w);
}

void sim_world_done(struct sim_world *w)
{
    sim_store_done(&w->store);
    sim_ops_done(&w->ops);
    sim_tokens_done(&w->tokens);
    sim_log_done(&w->log);
    json_decref(w->settings);
}
