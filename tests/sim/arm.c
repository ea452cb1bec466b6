/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/arm.h"

#include "sim/jsonx.h"
#include "sim/regions.h"
#include "sim/setup.h"
#include "sim/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Stable gallery api-versions. */
static const char *const gallery_apis[] = {"2018-06-01", "2019-03-01", "2019-07-01", "2019-12-01",
                                           "2020-09-30", "2021-07-01", "2021-10-01", "2022-01-03",
                                           "2022-03-03", "2022-08-03", "2023-07-03", "2024-03-03",
                                           "2025-03-03", "2025-12-03", NULL};
static const char *const des_apis[] = {"2019-07-01", "2019-11-01", "2020-05-01", "2020-06-30", "2020-09-30",
                                       "2020-12-01", "2021-04-01", "2021-08-01", "2021-12-01", "2022-03-02",
                                       "2022-07-02", "2023-01-02", "2023-04-02", "2023-10-02", "2024-03-02",
                                       "2025-01-02", "2026-03-02", NULL};

#define NETWORK(name)                                                                                        \
    {                                                                                                        \
        "Microsoft.Network/" name, NULL, sim_network_put, NULL, sim_get_plain, sim_network_delete,           \
            sim_list_plain, NULL, SIM_POLICY_NONE, SIM_POLICY_NONE, SIM_POLICY_NONE, SIM_POLICY_NONE         \
    }

/* Types whose answers carry no counters. */
#define PLAIN(name, put, patch, get, remove, list)                                                           \
    {                                                                                                        \
        name, NULL, put, patch, get, remove, list, NULL, SIM_POLICY_NONE, SIM_POLICY_NONE, SIM_POLICY_NONE,  \
            SIM_POLICY_NONE                                                                                  \
    }

const struct sim_type sim_types[] = {
    {"Microsoft.Compute/galleries", gallery_apis, sim_gallery_put, NULL, sim_get_plain, sim_gallery_delete,
     sim_list_plain, NULL, SIM_POLICY_PUT_GALLERY, SIM_POLICY_GET_GALLERY, SIM_POLICY_PUT_GALLERY,
     SIM_POLICY_LIST_GALLERIES},
    {"Microsoft.Compute/galleries/images", gallery_apis, sim_definition_put, NULL, sim_get_plain,
     sim_gallery_delete, sim_list_plain, NULL, SIM_POLICY_PUT_DEFINITION, SIM_POLICY_GET_DEFINITION,
     SIM_POLICY_PUT_DEFINITION, SIM_POLICY_LIST_DEFINITIONS},
    {"Microsoft.Compute/galleries/images/versions", gallery_apis, sim_version_put, sim_version_patch,
     sim_version_get, sim_version_delete, sim_version_list, NULL, SIM_POLICY_PUT_VERSION,
     SIM_POLICY_GET_VERSION, SIM_POLICY_DELETE_VERSION, SIM_POLICY_LIST_VERSIONS},
    {"Microsoft.Compute/diskEncryptionSets", des_apis, sim_des_put, sim_des_patch, sim_get_plain,
     sim_des_delete, sim_list_plain, NULL, SIM_POLICY_WRITE_DES, SIM_POLICY_DISK_GET, SIM_POLICY_WRITE_DES,
     SIM_POLICY_DISK_GET},
    {"Microsoft.Compute/diskEncryptionSets/associatedResources", des_apis, NULL, NULL, NULL, NULL,
     sim_des_associated, NULL, SIM_POLICY_NONE, SIM_POLICY_NONE, SIM_POLICY_NONE, SIM_POLICY_DISK_GET},
    {"Microsoft.Compute/disks", NULL, sim_disk_put, NULL, sim_get_plain, sim_disk_delete, sim_list_plain,
     NULL, SIM_POLICY_WRITE_DISK, SIM_POLICY_DISK_GET, SIM_POLICY_WRITE_DISK, SIM_POLICY_DISK_GET},
    {"Microsoft.Compute/snapshots", NULL, sim_snapshot_put, NULL, sim_get_plain, sim_disk_delete,
     sim_list_plain, NULL, SIM_POLICY_WRITE_SNAPSHOT, SIM_POLICY_DISK_GET, SIM_POLICY_WRITE_SNAPSHOT,
     SIM_POLICY_DISK_GET},
    {"Microsoft.Compute/images", NULL, sim_image_put, NULL, sim_get_plain, sim_image_delete, sim_list_plain,
     NULL, SIM_POLICY_PUT_IMAGE, SIM_POLICY_GET_IMAGE, SIM_POLICY_PUT_IMAGE, SIM_POLICY_GET_IMAGE},
    {"Microsoft.Compute/virtualMachines", NULL, sim_vm_put, NULL, sim_get_plain, sim_vm_delete,
     sim_list_plain, sim_vm_post, SIM_POLICY_NONE, SIM_POLICY_GET_VM, SIM_POLICY_NONE, SIM_POLICY_GET_VM},
    NETWORK("publicIPAddresses"),
    NETWORK("networkInterfaces"),
    NETWORK("networkSecurityGroups"),
    NETWORK("virtualNetworks"),
    {"Microsoft.Resources/deployments", NULL, sim_deployment_put, NULL, sim_get_plain, sim_deployment_delete,
     sim_list_plain, sim_deployment_post, SIM_POLICY_NONE, SIM_POLICY_NONE, SIM_POLICY_NONE, SIM_POLICY_NONE},
    {"Microsoft.Resources/deployments/operations", NULL, NULL, NULL, sim_get_plain, NULL, sim_list_plain,
     NULL, SIM_POLICY_NONE, SIM_POLICY_NONE, SIM_POLICY_NONE, SIM_POLICY_NONE},
    {"Microsoft.Storage/storageAccounts", NULL, NULL, NULL, sim_get_plain, NULL, sim_list_plain, NULL,
     SIM_POLICY_NONE, SIM_POLICY_NONE, SIM_POLICY_NONE, SIM_POLICY_NONE},
    PLAIN("Microsoft.KeyVault/vaults", sim_vault_put, sim_vault_patch, sim_get_plain, sim_vault_delete,
          sim_list_plain),
    PLAIN("Microsoft.KeyVault/vaults/accessPolicies", sim_policies_put, NULL, NULL, NULL, NULL),
    PLAIN("Microsoft.KeyVault/vaults/keys", sim_key_put, NULL, sim_get_plain, NULL, sim_list_plain),
    PLAIN("Microsoft.KeyVault/vaults/keys/versions", NULL, NULL, sim_key_version_get, NULL, sim_key_versions),
    PLAIN("Microsoft.KeyVault/locations/deletedVaults", NULL, NULL, sim_get_plain, NULL, NULL),
    /* az asks for these with the deleted vaults; there are none. */
    PLAIN("Microsoft.KeyVault/deletedManagedHSMs", NULL, NULL, NULL, NULL, sim_list_plain),
    PLAIN("Microsoft.KeyVault/deletedVaults", NULL, NULL, NULL, NULL, sim_list_deleted_vaults),
    PLAIN("Microsoft.Authorization/roleAssignments", sim_role_put, NULL, sim_role_get, sim_role_delete,
          sim_role_list),
    PLAIN("Microsoft.Authorization/roleDefinitions", NULL, NULL, sim_role_definition_get, NULL,
          sim_role_definition_list),
};
const size_t sim_type_count = sizeof sim_types / sizeof sim_types[0];

const struct sim_type *sim_type_find(const char *name)
{
    for (size_t i = 0; i < sim_type_count; i++)
        if (sim_same(sim_types[i].name, name))
            return &sim_types[i];
    return NULL;
}

static bool digits(const char *text, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return true;
}

/* 2023-07-03, optionally with -preview. */
static bool well_formed_api(const char *api)
{
    size_t n = strlen(api);
    return n >= 10 && digits(api, 0, 4) && api[4] == '-' && digits(api, 5, 7) && api[7] == '-' &&
           digits(api, 8, 10) && (n == 10 || sim_same(api + 10, "-preview"));
}

/* ARM itself wants an api-version on every request. */
static bool check_api(struct sim_call *c)
{
    c->api = sim_arg(c->req, "api-version");
    if (!c->api || !*c->api) {
        sim_fail(c->reply, 400, "MissingApiVersionParameter",
                 "The api-version query parameter (?api-version=) is required for all requests.");
        return false;
    }
    if (!well_formed_api(c->api)) {
        sim_fail(c->reply, 400, "InvalidApiVersionParameter", "The api-version '%s' is invalid.", c->api);
        return false;
    }
    return true;
}

static bool served(const json_t *apis, const char *api)
{
    size_t i;
    const json_t *each;
    json_array_foreach(apis, i, each)
    {
        if (strcmp(json_string_value(each), api) == 0)
            return true;
    }
    return !apis;
}

static char *join(const json_t *apis)
{
    struct sim_str list = {0};
    size_t i;
    const json_t *each;
    json_array_foreach(apis, i, each)
    {
        sim_str_text(&list, i ? ", " : "");
        sim_str_text(&list, json_string_value(each));
    }
    return list.data ? list.data : sim_copy("");
}

/* The provider does not know each api-version that ARM finds well-formed. */
static bool check_type_api(struct sim_call *c, const struct sim_type *type)
{
    json_t *apis = sim_type_apis(c->w, type);
    bool ok = served(apis, c->api);
    if (!ok) {
        char *list = join(apis);
        sim_fail(c->reply, 400, "NoRegisteredProviderFound",
                 "No registered resource provider found for API version '%s' for type '%s'. The supported "
                 "api-versions are '%s'.",
                 c->api, strchr(type->name, '/') + 1, list);
        free(list);
    }
    json_decref(apis);
    return ok;
}

/* ARM's own text for a subscription that may only be read. */
static bool check_subscription(struct sim_call *c)
{
    const json_t *seed = sim_subscription(c->w, c->id.subscription);
    bool reads = strcmp(c->req->method, "GET") == 0 || strcmp(c->req->method, "HEAD") == 0;
    if (!seed)
        sim_fail(c->reply, 404, "SubscriptionNotFound", "The subscription '%s' could not be found.",
                 c->id.subscription);
    else if (!reads && sim_same(sim_text_at(seed, "state"), "Disabled"))
        sim_fail(
            c->reply, 409, "ReadOnlyDisabledSubscription",
            "The subscription '%s' is disabled and therefore marked as read only. You cannot perform any "
            "write actions on this subscription until it is re-enabled.",
            c->id.subscription);
    else
        return true;
    return false;
}

static void come_again(struct sim_call *c, int64_t wait_s, const char *cause)
{
    char seconds[24];
    snprintf(seconds, sizeof seconds, "%" PRId64, wait_s);
    sim_reply_header(c->reply, "Retry-After", seconds);
    sim_reply_header(c->reply, "x-ms-failure-cause", cause);
}

/* The documented detail: a JSON text with the counter. */
static void tell_counter(struct sim_call *c, const struct sim_count *count)
{
    char start[SIM_STAMP_SIZE], end[SIM_STAMP_SIZE];
    sim_stamp(count->start_ms, start);
    sim_stamp(count->end_ms, end);
    json_t *info = json_pack("{s:s, s:s, s:s, s:I, s:I}", "operationGroup", count->group, "startTime", start,
                             "endTime", end, "allowedRequestCount", (json_int_t)count->allowed,
                             "measuredRequestCount", (json_int_t)count->measured);
    char *text = json_dumps(info, JSON_COMPACT);
    json_object_set_new(
        json_object_get(c->reply->body, "error"), "details",
        json_pack("[{s:s, s:s, s:s}]", "code", "TooManyRequests", "target", count->group, "message", text));
    json_decref(info);
    free(text);
}

/* Throttling: 429 of the compute provider, when the scenario enforces its counters. */
bool sim_count_policy(struct sim_call *c, const char *account, enum sim_policy policy)
{
    struct sim_count count;
    sim_limits_count(&c->w->limits, account, policy, sim_now(c->w), &count);
    if (count.header[0])
        sim_reply_header(c->reply, "x-ms-ratelimit-remaining-resource", count.header);
    if (!count.wait_s || !sim_true_at(c->w->settings, "rate_limits.enforce"))
        return true;
    sim_fail(c->reply, 429, "OperationNotAllowed",
             "The server rejected the request because too many requests have been received for this "
             "subscription.");
    sim_fail_target(c->reply, sim_policy_name(policy));
    tell_counter(c, &count);
    come_again(c, count.wait_s, "service");
    return false;
}

static enum sim_kind kind_of(const struct sim_call *c)
{
    const char *method = c->req->method;
    if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
        return SIM_READS;
    return strcmp(method, "DELETE") == 0 ? SIM_DELETES : SIM_WRITES;
}

/* ARM's own throttling, before any provider sees the request. */
static bool count_arm(struct sim_call *c)
{
    bool buckets = sim_same(sim_text_at(c->w->settings, "rate_limits.arm"), "buckets");
    int64_t wait_s;
    c->arm_left =
        sim_limits_arm(&c->w->limits, c->id.subscription, kind_of(c), buckets, sim_now(c->w), &wait_s);
    if (!wait_s || !sim_true_at(c->w->settings, "rate_limits.enforce"))
        return true;
    sim_fail(
        c->reply, 429, "SubscriptionRequestsThrottled",
        "Number of '%s' requests for subscription '%s' exceeded the limit. Please try again after '%" PRId64
        "' seconds.",
        sim_kind_name(kind_of(c)), c->id.subscription ? c->id.subscription : "", wait_s);
    come_again(c, wait_s, "gateway");
    return false;
}

static void method_not_allowed(struct sim_call *c)
{
    sim_fail(c->reply, 405, "MethodNotAllowed", "The requested resource does not support http method '%s'.",
             c->req->method);
}

static void run(struct sim_call *c, void (*function)(struct sim_call *), enum sim_policy policy)
{
    if (!function)
        method_not_allowed(c);
    else if (sim_count_policy(c, c->id.subscription, policy))
        function(c);
}

static void dispatch(struct sim_call *c, const struct sim_type *type)
{
    const char *method = c->req->method;
    if (c->w->store.count >= SIM_RESOURCES_MAX && strcmp(method, "PUT") == 0)
        sim_fail(c->reply, 409, "QuotaExceeded", "The simulator keeps no more than %d resources.",
                 SIM_RESOURCES_MAX);
    else if (strcmp(method, "GET") == 0)
        run(c, type->get, type->get_policy);
    else if (strcmp(method, "DELETE") == 0)
        run(c, type->remove, type->delete_policy);
    else if (strcmp(method, "PUT") == 0)
        run(c, type->put, type->put_policy);
    else if (strcmp(method, "PATCH") == 0)
        run(c, type->patch, type->put_policy);
    else
        method_not_allowed(c);
}

/* A path that ends in a word without a name: a list below something, or an action on it. */
static void dispatch_tail(struct sim_call *c)
{
    char *parent = sim_id_type(&c->id);
    char *full = sim_format("%s/%s", parent, c->id.tail);
    const struct sim_type *listed = sim_type_find(full);
    const struct sim_type *acted = sim_type_find(parent);
    if (listed && strcmp(c->req->method, "GET") == 0) {
        if (check_type_api(c, listed))
            run(c, listed->list, listed->list_policy);
    } else if (acted && acted->post && strcmp(c->req->method, "POST") == 0) {
        acted->post(c);
    } else {
        sim_fail(c->reply, 404, "InvalidResourceType",
                 "The resource type could not be found in the namespace '%s' for api version '%s'.",
                 c->id.provider ? c->id.provider : "", c->api);
    }
    free(parent);
    free(full);
}

/* ARM lets no write through to a provider that the subscription is not registered with; azcore registers it
 * then (azure-arm.md, 2.4). While it is Registering, writes go through (documented). */
static bool check_registered(struct sim_call *c)
{
    const char *state = sim_provider_state(c->w, c->id.provider), *method = c->req->method;
    if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 || strcmp(method, "DELETE") == 0 ||
        (!sim_same(state, "NotRegistered") && !sim_same(state, "Unregistered")))
        return true;
    sim_fail(c->reply, 409, "MissingSubscriptionRegistration",
             "The subscription is not registered to use namespace '%s'. See https://aka.ms/rps-not-found for "
             "how to "
             "register subscriptions.",
             c->id.provider);
    sim_fail_target(c->reply, c->id.provider);
    json_t *error = json_object_get(c->reply->body, "error"), *detail = json_copy(error);
    json_object_set_new(error, "details", json_pack("[o]", detail));
    sim_reply_header(c->reply, "x-ms-failure-cause", "gateway");
    return false;
}

static void dispatch_resource(struct sim_call *c)
{
    if (!check_registered(c))
        return;
    if (!c->id.depth || c->id.tail) {
        dispatch_tail(c);
        return;
    }
    char *name = sim_id_type(&c->id);
    const struct sim_type *type = sim_type_find(name);
    free(name);
    if (!type) {
        if (strcmp(c->req->method, "GET") == 0)
            sim_get_plain(c); /* any type can be seeded and read */
        else
            method_not_allowed(c);
    } else if (check_type_api(c, type)) {
        dispatch(c, type);
    }
}

void sim_arm_put(struct sim_call *c, const char *path, const char *api, json_t *body, struct sim_reply *reply)
{
    static char put[] = "PUT", no_query[] = "", json_type[] = "application/json";
    struct sim_request req = {
        .method = put, .query = no_query, .base = c->req->base, .content_type = json_type};
    struct sim_call inner = {.w = c->w, .req = &req, .reply = reply, .api = api};
    req.json = body;
    req.path = sim_copy(path);
    if (sim_id_parse(path, &inner.id)) {
        inner.path = sim_id_text(&inner.id, inner.id.depth);
        dispatch_resource(&inner);
    } else {
        sim_fail(reply, 400, "InvalidResourceNamespace", "The path '%s' is no resource id.", path);
    }
    free(inner.path);
    free(req.path);
    sim_id_done(&inner.id);
}

/* Headers that every answer of ARM carries. */
static void finish(struct sim_call *c)
{
    char name[80], value[24], guid[SIM_GUID_SIZE], stamp[SIM_STAMP_SIZE];
    snprintf(name, sizeof name, "x-ms-ratelimit-remaining-subscription-%s", sim_kind_name(kind_of(c)));
    snprintf(value, sizeof value, "%" PRId64, c->arm_left);
    sim_reply_header(c->reply, name, value);
    sim_guid(guid);
    if (!sim_reply_find(c->reply, "x-ms-request-id"))
        sim_reply_header(c->reply, "x-ms-request-id", guid);
    sim_guid(guid);
    sim_reply_header(c->reply, "x-ms-correlation-request-id", guid);
    sim_stamp(sim_now(c->w), stamp);
    char *route = sim_format("WESTUS:%s:%s", stamp, guid);
    sim_reply_header(c->reply, "x-ms-routing-request-id", route);
    free(route);
    /* What ARM itself refuses never reached the provider and its counters (recorded). */
    if (sim_same(sim_reply_find(c->reply, "x-ms-failure-cause"), "gateway"))
        sim_reply_header(c->reply, "x-ms-ratelimit-remaining-resource", NULL);
    if (c->reply->status >= 400 && !sim_reply_find(c->reply, "x-ms-failure-cause") &&
        !sim_reply_find(c->reply, "x-ms-ratelimit-remaining-resource"))
        sim_reply_header(c->reply, "x-ms-failure-cause", "gateway");
}

void sim_arm_answer(struct sim_world *w, const struct sim_request *req, struct sim_reply *reply)
{
    struct sim_call c = {.w = w, .req = req, .reply = reply};
    if (!sim_id_parse(req->path, &c.id)) {
        if (count_arm(&c))
            sim_fail(reply, 404, "InvalidResourceNamespace", "The path '%s' is no resource id.", req->path);
    } else if (count_arm(&c) && sim_token_accepts(w, req, reply) && check_api(&c) &&
               (!c.id.subscription || check_subscription(&c))) {
        c.path = sim_id_text(&c.id, c.id.depth);
        if (!sim_poll_answer(&c) && !sim_manage_answer(&c) && !sim_feature_answer(&c) &&
            !sim_group_answer(&c) && !sim_vault_answer(&c))
            dispatch_resource(&c);
    }
    finish(&c);
    free(c.path);
    sim_id_done(&c.id);
}
