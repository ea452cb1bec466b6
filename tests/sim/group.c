/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/arm.h"
#include "sim/jsonx.h"
#include "sim/text.h"

#include <stdlib.h>
#include <string.h>

/* Resource groups, in either casing of the path; and Microsoft.Features in its old and its new form. */

static json_t *group_body(const struct sim_call *c, const char *path, const char *region)
{
    json_t *body = json_pack("{s:s, s:s, s:s, s:s}", "id", path, "name", c->id.group, "type",
                             "Microsoft.Resources/resourceGroups", "location", region);
    sim_carry(body, c->req->json, "tags");
    sim_set_state(body, "Succeeded");
    return body;
}

static void put_group(struct sim_call *c, const char *path, const struct sim_resource *have)
{
    const char *region;
    if (!sim_need_body(c) || !sim_need_location(c, &region) || !sim_need_same_place(c, have))
        return;
    json_t *body = group_body(c, path, region);
    sim_store_put(&c->w->store, path, json_incref(body));
    sim_reply_json(c->reply, have ? 200 : 201, body);
}

/* Takes everything in it along. ARM answers 202 with a Location; here the group is gone at once. */
static void delete_group(struct sim_call *c, const char *path)
{
    struct sim_resource *next;
    for (struct sim_resource *r = c->w->store.first; r; r = next) {
        next = r->next;
        if (sim_resource_below(r, path) || sim_same(r->key, path))
            sim_store_remove(&c->w->store, r);
    }
    sim_accept_operation(c, &(struct sim_accept){.status = 202,
                                                 .kind = "operations",
                                                 .api = "2021-04-01",
                                                 .location = "westus",
                                                 .length_ms = sim_speed(c->w, "group_ms"),
                                                 .location_header = true});
    sim_reply_header(c->reply, "Azure-AsyncOperation", NULL);
}

static void list_groups(struct sim_call *c)
{
    json_t *value = json_array();
    for (const struct sim_resource *r = c->w->store.first; r; r = r->next)
        if (sim_same(r->type, "Microsoft.Resources/resourceGroups") && sim_resource_below(r, c->path))
            json_array_append_new(value, json_deep_copy(r->body));
    sim_reply_json(c->reply, 200, json_pack("{s:o}", "value", value));
}

static void group_missing(struct sim_call *c)
{
    sim_fail(c->reply, 404, "ResourceGroupNotFound", "Resource group '%s' could not be found.", c->id.group);
}

bool sim_group_answer(struct sim_call *c)
{
    const char *method = c->req->method;
    if (c->id.provider)
        return false;
    if (!c->id.group && sim_same(c->id.tail, "resourceGroups") && strcmp(method, "GET") == 0) {
        list_groups(c);
        return true;
    }
    if (!c->id.group || c->id.tail)
        return false;
    struct sim_resource *have = sim_find(c->w, c->path);
    if (strcmp(method, "PUT") == 0)
        put_group(c, c->path, have);
    else if (strcmp(method, "HEAD") == 0)
        sim_reply_empty(c->reply, have ? 204 : 404);
    else if (!have)
        group_missing(c);
    else if (strcmp(method, "GET") == 0)
        sim_reply_json(c->reply, 200, json_deep_copy(have->body));
    else if (strcmp(method, "DELETE") == 0)
        delete_group(c, c->path);
    else
        sim_fail(c->reply, 405, "MethodNotAllowed",
                 "The requested resource does not support http method '%s'.", method);
    return true;
}

/* A feature's state; one that is changing is stored as {"now", "to", "at"}. */
static const char *feature_state(struct sim_call *c, const char *full_name)
{
    const char *name;
    json_t *each;
    json_object_foreach(sim_at(c->w->settings, "features"), name, each)
    {
        if (!sim_same(name, full_name))
            continue;
        if (json_is_string(each))
            return json_string_value(each);
        return sim_text_at(each, sim_now(c->w) >= sim_int_at(each, "at", 0) ? "to" : "now");
    }
    return NULL;
}

static const char *change_feature(struct sim_call *c, const char *full_name, bool in)
{
    json_t *all = sim_at(c->w->settings, "features");
    const char *state = feature_state(c, full_name);
    if (sim_same(state, in ? "Registered" : "NotRegistered") || sim_same(state, "Pending"))
        return state;
    const char *now = in ? "Registering" : "Unregistering";
    json_object_set_new(all, full_name,
                        json_pack("{s:s, s:s, s:I}", "now", now, "to", in ? "Registered" : "Unregistered",
                                  "at", (json_int_t)(sim_now(c->w) + sim_speed(c->w, "feature_ms"))));
    return now;
}

static json_t *feature_body(const struct sim_call *c, const char *space, const char *feature,
                            const char *state)
{
    char *id = sim_format("/subscriptions/%s/providers/Microsoft.Features/providers/%s/features/%s",
                          c->id.subscription, space, feature);
    char *name = sim_format("%s/%s", space, feature);
    json_t *out = json_pack("{s:{s:s}, s:s, s:s, s:s}", "properties", "state", state, "id", id, "type",
                            "Microsoft.Features/providers/features", "name", name);
    free(id);
    free(name);
    return out;
}

static json_t *registration_body(const struct sim_call *c, const char *space, const char *feature,
                                 const char *state)
{
    char stamp[SIM_STAMP_SIZE];
    sim_stamp(sim_now(c->w), stamp);
    return json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}}", "id", c->path, "name",
                     feature, "type", "microsoft.features/featureproviders/subscriptionfeatureregistrations",
                     "properties", "subscriptionId", c->id.subscription, "featureName", feature,
                     "providerNamespace", space, "state", state, "releaseDate", "2020-11-01T00:00:00Z",
                     "approvalType", sim_same(state, "Pending") ? "ApprovalRequired" : "AutoApproval",
                     "registrationDate", stamp, "shouldFeatureDisplayInPortal", 0);
}

static void feature_list(struct sim_call *c, const char *space)
{
    json_t *value = json_array();
    const char *name;
    json_t *each;
    void *next;
    json_object_foreach_safe(sim_at(c->w->settings, "features"), next, name, each)
    {
        const char *slash = strchr(name, '/');
        if (!slash || (space && !(sim_starts(name, space) && name[strlen(space)] == '/')))
            continue;
        char *its_space = sim_copy_n(name, (size_t)(slash - name));
        json_array_append_new(value, feature_body(c, its_space, slash + 1, feature_state(c, name)));
        free(its_space);
    }
    sim_reply_json(c->reply, 200, json_pack("{s:o}", "value", value));
}

static void one_feature(struct sim_call *c, bool registration)
{
    const char *space = c->id.names[0], *feature = c->id.names[1], *method = c->req->method;
    char *full_name = sim_format("%s/%s", space, feature);
    const char *state = feature_state(c, full_name);
    bool in = sim_same(c->id.tail, "register") || strcmp(method, "PUT") == 0;
    if (!state)
        sim_fail(c->reply, 404, "FeatureNotFound", "The feature '%s' could not be found.", feature);
    else if (strcmp(method, "GET") != 0)
        state = change_feature(c, full_name, in);
    if (state)
        sim_reply_json(c->reply, 200,
                       registration ? registration_body(c, space, feature, state)
                                    : feature_body(c, space, feature, state));
    free(full_name);
}

bool sim_feature_answer(struct sim_call *c)
{
    const struct sim_id *id = &c->id;
    if (!sim_same(id->provider, "Microsoft.Features"))
        return false;
    if (!id->depth && sim_same(id->tail, "features"))
        feature_list(c, NULL);
    else if (id->depth == 1 && sim_same(id->types[0], "providers") && sim_same(id->tail, "features"))
        feature_list(c, id->names[0]);
    else if (id->depth == 2 && sim_same(id->types[1], "features"))
        one_feature(c, false);
    else if (id->depth == 2 && sim_same(id->types[1], "subscriptionFeatureRegistrations") && !id->tail)
        one_feature(c, true);
    else
        return false;
    return true;
}
