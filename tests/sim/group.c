/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/arm.h"
#include "sim/jsonx.h"
#include "sim/text.h"

#include <stdlib.h>
#include <string.h>

/* Resource groups, in either casing of the path. */

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
    if (have && have->pending == SIM_WILL_VANISH) {
        sim_group_going(c);
        return;
    }
    json_t *body = group_body(c, path, region);
    sim_store_put(&c->w->store, path, json_incref(body));
    sim_reply_json(c->reply, have ? 200 : 201, body);
}

/* Takes everything in it along when it goes: until then it is Deleting. 202 with a Location, as ARM answers.
 */
static void delete_group(struct sim_call *c, const char *path)
{
    int64_t length_ms = sim_speed(c->w, "group_ms");
    for (struct sim_resource *r = c->w->store.first; r; r = r->next) {
        if (!sim_resource_below(r, path) && !sim_same(r->key, path))
            continue;
        sim_schedule(c->w, r, SIM_WILL_VANISH, length_ms);
        sim_set_state(r->body, "Deleting");
    }
    sim_accept_operation(c, &(struct sim_accept){.status = 202,
                                                 .kind = "operations",
                                                 .api = "2021-04-01",
                                                 .location = "westus",
                                                 .length_ms = length_ms,
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

/* The quoted text behind a word of the filter; owned, NULL when it is not there. */
static char *wanted(const char *filter, const char *word)
{
    const char *at = filter ? strstr(filter, word) : NULL;
    at = at ? strchr(at, '\'') : NULL;
    return at ? sim_copy_n(at + 1, strcspn(at + 1, "'")) : NULL;
}

/* A resource of its own: neither a group, nor a part of another resource, nor a deployment's record. */
static bool stands_alone(const struct sim_resource *r)
{
    const char *slash = strchr(r->type, '/');
    return slash && !strchr(slash + 1, '/') && strstr(r->key, "/resourcegroups/") &&
           !sim_starts(r->type, "Microsoft.Resources/") && !sim_starts(r->type, "Microsoft.Authorization/");
}

/* Everything in the group or subscription; a filter may name the type and the name. */
static void list_resources(struct sim_call *c)
{
    static const char *const shown[] = {"id", "name", "type", "sku", "managedBy", "location", "tags"};
    json_t *value = json_array();
    const char *filter = sim_arg(c->req, "$filter");
    char *type = wanted(filter, "resourceType eq"), *name = wanted(filter, "name eq");
    for (const struct sim_resource *r = c->w->store.first; r; r = r->next) {
        if (!sim_resource_below(r, c->path) || !stands_alone(r) || (type && !sim_same(type, r->type)) ||
            (name && !sim_same(name, sim_text_at(r->body, "name"))))
            continue;
        json_t *line = json_object();
        for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
            sim_carry(line, r->body, shown[i]);
        json_array_append_new(value, line);
    }
    sim_reply_json(c->reply, 200, json_pack("{s:o}", "value", value));
    free(type);
    free(name);
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
    if (c->id.subscription && sim_same(c->id.tail, "resources") && strcmp(method, "GET") == 0) {
        if (sim_need_group(c))
            list_resources(c);
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
