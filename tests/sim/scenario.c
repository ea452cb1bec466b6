/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/scenario.h"

#include "sim/cloud.h"
#include "sim/jsonx.h"
#include "sim/seed.h"
#include "sim/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reading a scenario: strict, so that a misspelt member is not silently without effect. SCENARIO.md describes
 * it. */

static const char *const top[] = {"about",
                                  "extends",
                                  "clock",
                                  "clock_factor",
                                  "clock_start",
                                  "tokens",
                                  "retry_after",
                                  "poll_url_bytes",
                                  "speeds",
                                  "rules_off",
                                  "rate_limits",
                                  "subscriptions",
                                  "features",
                                  "require_feature",
                                  "providers",
                                  "resource_types",
                                  "usages",
                                  "latency_ms",
                                  "latency_jitter_ms",
                                  "latency_seed",
                                  "faults",
                                  "versions",
                                  "resources",
                                  "remove",
                                  "principals",
                                  "cloud",
                                  "identities",
                                  "workloads",
                                  NULL};
static const char *const token_members[] = {"tenants", "clients",        "lifetime_s", "length",
                                            "issuers", "clock_offset_s", NULL};
static const char *const client_members[] = {"client_id",  "client_secret", "expired_secret",
                                             "tenants",    "certificates",  "federated",
                                             "lifetime_s", "uses",          NULL};
static const char *const federated_members[] = {"issuer", "subject", "audience", "ready_ms", NULL};
static const char *const issuer_members[] = {"name", "issuer", "public_key", "kid", "single_use", NULL};
static const char *const identities_members[] = {"system",     "user",       "app_service_header",
                                                 "expires_on", "arc_folder", NULL};
static const char *const identity_members[] = {"client_id", "object_id", "id", "lifetime_s", "uses", NULL};
static const char *const workload_members[] = {"issuer",        "subject",      "audience",    "lifetime_s",
                                               "request_token", "access_token", "connections", NULL};
static const char *const workloads_members[] = {"kubernetes", "github", "azure_devops", NULL};
static const char *const speed_members[] = {"version_ms",  "replication_ms", "replication_ms_by_region",
                                            "delete_ms",   "gallery_ms",     "disk_ms",
                                            "des_ms",      "image_ms",       "vm_ms",
                                            "group_ms",    "feature_ms",     "provider_ms",
                                            "network_ms",  "deployment_ms",  "vault_ms",
                                            "identity_ms", "access_ms",      NULL};
static const char *const feature_members[] = {"state", "approvalType", "approve_ms", "refuses", NULL};
static const char *const fault_members[] = {
    "method",       "path", "query",   "skip",    "times", "status",   "body",        "text",
    "content_type", "code", "message", "headers", "drop",  "delay_ms", "truncate_at", "manner",
    "pad_to",       "act",  "seen",    "aadsts",  "error", NULL};
static const char *const version_members[] = {"match", "other_writer", "operation",   "regions",
                                              "store", "stale",        "final_state", NULL};
static const char *const rate_members[] = {"enforce", "arm", "versions_per_source", NULL};
static const char *const type_members[] = {"locations", "apiVersions", NULL};
static const char *const usage_members[] = {"limit", "currentValue", NULL};
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

static bool known_members(const json_t *object, const char *const *names, const char *where)
{
    const char *name;
    json_t *each;
    json_object_foreach(sim_at(object, ""), name, each)
    {
        if (!known(each, names, where))
            return false;
    }
    return true;
}

static bool check_facts(const json_t *s)
{
    const char *region;
    json_t *each;
    bool ok = known_members(json_object_get(s, "resource_types"), type_members, "resource_types");
    json_object_foreach(json_object_get(s, "usages"), region, each)
    {
        ok = ok && known_members(each, usage_members, "usages");
    }
    return ok;
}

/* Logins: who there is, and how he proves it. */
static bool check_logins(const json_t *s)
{
    size_t i;
    const json_t *each, *clients = sim_at(s, "tokens.clients"), *system = sim_at(s, "identities.system");
    const char *cloud = sim_text_at(s, "cloud");
    bool ok = known_each(clients, client_members, "tokens.clients") &&
              known_each(sim_at(s, "tokens.issuers"), issuer_members, "tokens.issuers") &&
              known(sim_at(s, "identities"), identities_members, "identities") &&
              (json_is_null(system) || known(system, identity_members, "identities.system")) &&
              known_each(sim_at(s, "identities.user"), identity_members, "identities.user") &&
              known(sim_at(s, "workloads"), workloads_members, "workloads") &&
              known_members(sim_at(s, "workloads"), workload_members, "workloads");
    json_array_foreach(clients, i, each)
    {
        ok = ok &&
             known_each(json_object_get(each, "federated"), federated_members, "tokens.clients[].federated");
    }
    if (ok && cloud && !sim_cloud_known(cloud))
        return complain("cloud", "must be AzureCloud, AzureUSGovernment or AzureChinaCloud");
    return ok;
}

static bool check(const json_t *s)
{
    size_t i;
    const json_t *each;
    bool ok = known(s, top, "top level") && known(sim_at(s, "tokens"), token_members, "tokens") &&
              known(sim_at(s, "speeds"), speed_members, "speeds") &&
              known(sim_at(s, "rate_limits"), rate_members, "rate_limits") &&
              known_each(sim_at(s, "faults"), fault_members, "faults") &&
              known_each(sim_at(s, "versions"), version_members, "versions") && check_facts(s) &&
              check_logins(s);
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
    return ok && start_clock(w) && sim_keys_load(w) && sim_seed_all(w);
}

void sim_world_done(struct sim_world *w)
{
    sim_store_done(&w->store);
    sim_ops_done(&w->ops);
    sim_limits_done(&w->limits);
    sim_tokens_done(&w->tokens);
    sim_keys_done(&w->keys);
    sim_log_done(&w->log);
    json_decref(w->settings);
}
