/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/deployment.h"

#include "sim/jsonx.h"
#include "sim/text.h"

#include <stdlib.h>
#include <string.h>

/* Template deployments: validate 200, PUT 201 with Azure-AsyncOperation below the deployment (recorded). The
 * resources are written at once and have their own speeds; the deployment is over after deployment_ms. */

/* Type names of parameters as the service spells them (recorded: SecureString, without its value). */
static const char *type_word(const char *type)
{
    static const char *const words[] = {"String", "SecureString", "Int",  "Bool",
                                        "Object", "SecureObject", "Array"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (sim_same(words[i], type))
            return words[i];
    return "String";
}

static json_t *shown_parameters(const struct sim_deployment *d)
{
    json_t *out = json_object(), *declared = json_object_get(d->scope.template, "parameters"), *each;
    const char *name;
    json_object_foreach(declared, name, each)
    {
        const char *type = type_word(sim_text_at(each, "type"));
        json_t *shown = json_pack("{s:s}", "type", type);
        if (!sim_starts(type, "Secure")) {
            json_t *given = json_object_get(d->scope.parameters, name);
            sim_carry(shown, given ? given : each, given ? "value" : "defaultValue");
        }
        json_object_set_new(out, name, shown);
    }
    return out;
}

static json_t *find_member(json_t *list, const char *member, const char *value)
{
    size_t i;
    json_t *each;
    json_array_foreach(list, i, each)
    {
        if (sim_same(sim_text_at(each, member), value))
            return each;
    }
    return NULL;
}

static json_t *shown_providers(const struct sim_deployment *d)
{
    json_t *out = json_array();
    size_t i;
    const json_t *each;
    json_array_foreach(d->resources, i, each)
    {
        const char *type = sim_text_at(each, "type"), *place = sim_text_at(each, "location");
        char *space = sim_copy_n(type, strcspn(type, "/"));
        const char *kind = strchr(type, '/') ? strchr(type, '/') + 1 : "";
        json_t *provider = find_member(out, "namespace", space);
        if (!provider) {
            provider = json_pack("{s:s, s:[]}", "namespace", space, "resourceTypes");
            json_array_append_new(out, provider);
        }
        json_t *types = json_object_get(provider, "resourceTypes");
        if (!find_member(types, "resourceType", kind))
            json_array_append_new(types, json_pack("{s:s, s:[s]}", "resourceType", kind, "locations",
                                                   place ? place : d->scope.location));
        free(space);
    }
    return out;
}

static json_t *reference(const json_t *resource)
{
    return json_pack("{s:s, s:s, s:s}", "id", sim_text_at(resource, "id"), "resourceType",
                     sim_text_at(resource, "type"), "resourceName", sim_text_at(resource, "name"));
}

static json_t *shown_dependencies(const struct sim_deployment *d)
{
    json_t *out = json_array();
    size_t i, k, n;
    const json_t *each, *word, *other;
    json_array_foreach(d->resources, i, each)
    {
        json_t *list = json_array();
        json_array_foreach(json_object_get(each, "dependsOn"), k, word)
        {
            json_array_foreach(d->resources, n, other)
            {
                if (sim_deployment_means(other, json_string_value(word)))
                    json_array_append_new(list, reference(other));
            }
        }
        if (json_array_size(list)) {
            json_t *line = json_pack("{s:O}", "dependsOn", list);
            json_t *self = reference(each);
            json_object_update(line, self);
            json_decref(self);
            json_array_append_new(out, line);
        }
        json_decref(list);
    }
    return out;
}

static json_t *ids(const struct sim_deployment *d)
{
    json_t *out = json_array();
    size_t i;
    const json_t *each;
    json_array_foreach(d->resources, i, each)
    {
        json_array_append_new(out, json_pack("{s:s}", "id", sim_text_at(each, "id")));
    }
    return out;
}

static json_t *body(const struct sim_deployment *d, const char *state)
{
    char stamp[SIM_STAMP_SIZE], guid[SIM_GUID_SIZE];
    sim_stamp(sim_now(d->c->w), stamp);
    sim_guid(guid);
    json_t *out = sim_named_body(d->id);
    json_object_set_new(out, "properties",
                        json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "parameters",
                                  shown_parameters(d), "mode", "Incremental", "provisioningState", state,
                                  "timestamp", stamp, "duration", "PT0S", "correlationId", guid, "providers",
                                  shown_providers(d), "dependencies", shown_dependencies(d)));
    return out;
}

/* One line of the list of operations: what the deployment did to one resource. */
static void note_operation(struct sim_deployment *d, const json_t *resource, const struct sim_reply *reply)
{
    char stamp[SIM_STAMP_SIZE], guid[SIM_GUID_SIZE];
    bool ok = reply->status < 300;
    sim_stamp(sim_now(d->c->w), stamp);
    sim_guid(guid);
    char *id = sim_format("%s/operations/%s", d->id, guid);
    json_t *line = sim_named_body(id);
    json_object_set_new(line, "operationId", json_string(guid));
    json_object_set_new(line, "properties",
                        json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "provisioningOperation", "Create",
                                  "provisioningState", ok ? "Succeeded" : "Failed", "timestamp", stamp,
                                  "duration", "PT0S", "statusCode",
                                  reply->status == 201   ? "Created"
                                  : ok                   ? "OK"
                                  : reply->status == 404 ? "NotFound"
                                  : reply->status == 409 ? "Conflict"
                                                         : "BadRequest",
                                  "targetResource", reference(resource)));
    if (!ok)
        json_object_set(json_object_get(line, "properties"), "statusMessage", reply->body);
    sim_store_put(&d->c->w->store, id, line);
    free(id);
}

/* What is not the provider's but the template's. */
static json_t *request_of(const json_t *resource)
{
    static const char *const own[] = {"apiVersion", "dependsOn", "name", "type", "id", "comments"};
    json_t *out = json_copy(sim_at(resource, ""));
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        json_object_del(out, own[i]);
    return out;
}

/* The text of public reports; nothing is taken back, as with the service. */
static json_t *failed(const struct sim_reply *reply)
{
    const json_t *inner = json_object_get(reply->body, "error");
    return json_pack(
        "{s:s, s:s, s:[O]}", "code", "DeploymentFailed", "message",
        "At least one resource deployment operation failed. Please list deployment operations for details. "
        "Please see https://aka.ms/DeployOperations for usage details.",
        "details", inner);
}

/* Write the resources in their order, until one is refused. */
static void carry_out(struct sim_deployment *d)
{
    size_t i;
    const json_t *each;
    json_array_foreach(d->resources, i, each)
    {
        struct sim_reply reply = {.truncate_at = -1};
        json_t *asked = request_of(each);
        sim_arm_put(d->c, sim_text_at(each, "id"), sim_text_at(each, "apiVersion"), asked, &reply);
        note_operation(d, each, &reply);
        if (reply.status >= 300)
            d->error = failed(&reply);
        sim_reply_clear(&reply);
        json_decref(asked);
        if (d->error)
            return;
    }
}

static void forget_operations(struct sim_call *c)
{
    struct sim_resource *next;
    for (struct sim_resource *r = c->w->store.first; r; r = next) {
        next = r->next;
        if (sim_resource_below(r, c->path))
            sim_store_remove(&c->w->store, r);
    }
}

/* The deployment at its end: what the first read after the operation shows. */
static json_t *final_body(const struct sim_deployment *d)
{
    json_t *out = body(d, d->error ? "Failed" : "Succeeded"),
           *properties = json_object_get(out, "properties");
    if (d->error)
        json_object_set(properties, "error", d->error);
    else
        json_object_set_new(properties, "outputResources", ids(d));
    if (d->outputs && !d->error)
        json_object_set(properties, "outputs", d->outputs);
    return out;
}

void sim_deployment_put(struct sim_call *c)
{
    struct sim_deployment d = {.c = c};
    if (sim_deployment_read(&d)) {
        int64_t length_ms = sim_speed(c->w, "deployment_ms");
        forget_operations(c);
        carry_out(&d);
        struct sim_resource *r = sim_store_put(&c->w->store, d.id, final_body(&d));
        sim_set_state(r->body, "Running");
        sim_schedule(c->w, r, d.error ? SIM_WILL_FAIL : SIM_WILL_FINISH, length_ms);
        sim_reply_json(c->reply, 201, body(&d, "Accepted"));
        sim_accept_operation(c, &(struct sim_accept){.status = 201,
                                                     .kind = "operationStatuses",
                                                     .api = c->api,
                                                     .below = c->path,
                                                     .length_ms = length_ms,
                                                     .error = d.error});
    }
    sim_deployment_done(&d);
}

/* Only the record of it goes; what it made stays. */
void sim_deployment_delete(struct sim_call *c)
{
    if (sim_find(c->w, c->path))
        forget_operations(c);
    sim_delete_through(c, "operations", c->api, "deployment_ms");
    sim_reply_header(c->reply, "Azure-AsyncOperation", NULL);
}

void sim_deployment_post(struct sim_call *c)
{
    struct sim_deployment d = {.c = c};
    if (!sim_same(c->id.tail, "validate")) {
        sim_fail(c->reply, 404, "NotFound", "The action '%s' is not simulated.", c->id.tail);
    } else if (sim_deployment_read(&d)) {
        json_t *out = body(&d, "Succeeded");
        json_object_set_new(json_object_get(out, "properties"), "validatedResources", ids(&d));
        sim_reply_json(c->reply, 200, out);
    }
    sim_deployment_done(&d);
}
