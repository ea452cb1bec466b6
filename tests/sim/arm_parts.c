/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/arm.h"
#include "sim/jsonx.h"
#include "sim/regions.h"
#include "sim/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What resource types share: accepted operations, ARM's refusals, plain reads, lists and deletes. */

void sim_retry_after(const struct sim_world *w, struct sim_reply *reply)
{
    const json_t *value = sim_at(w->settings, "retry_after");
    char number[24];
    if (json_is_integer(value)) {
        snprintf(number, sizeof number, "%" PRId64, (int64_t)json_integer_value(value));
        sim_reply_header(reply, "Retry-After", number);
    } else if (json_is_string(value)) {
        sim_reply_header(reply, "Retry-After", json_string_value(value));
    }
}

void sim_accept_operation(struct sim_call *c, const struct sim_accept *how)
{
    char *place =
        sim_format("/subscriptions/%s/providers/%s/locations/%s", c->id.subscription,
                   c->id.provider ? c->id.provider : "Microsoft.Compute", how->location ? how->location : "");
    struct sim_op_plan plan = {
        .below = how->below ? how->below : place,
        .kind = how->kind,
        .api_version = how->api,
        .start_ms = sim_now(c->w),
        .length_ms = how->length_ms,
        .end_state = how->end_state ? how->end_state
                     : how->error   ? "Failed"
                                    : "Succeeded",
        .error = how->error,
        .output_id = how->output_id,
        .url_bytes = (size_t)sim_int_at(c->w->settings, "poll_url_bytes", 0),
    };
    const struct sim_op *op = sim_op_start(&c->w->ops, &plan);
    char *url = sim_format("%s%s?%s", c->req->base, op->path, op->query);
    sim_reply_header(c->reply, "Azure-AsyncOperation", url);
    if (how->location_header) {
        char *monitor = sim_format("%s%s?monitor=true&%s", c->req->base, op->path, op->query);
        sim_reply_header(c->reply, "Location", monitor);
        free(monitor);
    }
    sim_reply_header(c->reply, "x-ms-request-id", op->guid);
    sim_retry_after(c->w, c->reply);
    c->reply->status = how->status;
    free(url);
    free(place);
}

bool sim_need_reference(struct sim_call *c, const char *id)
{
    if (!id || sim_find(c->w, id))
        return true;
    sim_fail(c->reply, 400, "InvalidResourceReference",
             "Resource %s referenced by resource %s was not found. Please make sure that the referenced "
             "resource exists, and that both resources are in the same region.",
             id, c->path);
    return false;
}

/* Recorded: ARM's own 404, x-ms-failure-cause gateway. */
void sim_not_found(struct sim_call *c)
{
    struct sim_str name = {0};
    sim_str_text(&name, c->id.provider ? c->id.provider : "");
    for (size_t i = 0; i < c->id.depth; i++) {
        sim_str_text(&name, "/");
        sim_str_text(&name, c->id.types[i]);
        sim_str_text(&name, "/");
        sim_str_text(&name, c->id.names[i]);
    }
    sim_fail(c->reply, 404, "ResourceNotFound",
             "The Resource '%s' under resource group '%s' was not found. For more details please go to "
             "https://aka.ms/ARMResourceNotFoundFix",
             name.data, c->id.group ? c->id.group : "<null>");
    sim_reply_header(c->reply, "x-ms-failure-cause", "gateway");
    free(name.data);
}

bool sim_need_body(struct sim_call *c)
{
    const char *type = c->req->content_type;
    if (c->req->body_length && !sim_starts(type ? type : "", "application/json")) {
        sim_fail(c->reply, 415, "UnsupportedMediaType",
                 "The content media type '%s' is not supported. Only 'application/json' is supported.",
                 type ? type : "<null>");
        return false;
    }
    if (json_is_object(c->req->json))
        return true;
    sim_fail(c->reply, 400, "InvalidRequestContent",
             "The request content was invalid and could not be deserialized.");
    return false;
}

bool sim_need_location(struct sim_call *c, const char **region)
{
    const char *asked = sim_text_at(c->req->json, "location");
    if (!asked || !*asked) {
        sim_fail(c->reply, 400, "LocationRequired", "The location property is required for this definition.");
        return false;
    }
    const struct sim_region *found = sim_region_find(asked);
    char *type = sim_id_type(&c->id);
    bool open = found && (sim_type_has_region(c->w, type, asked) || !sim_rule_on(c->w, "R36"));
    if (!open) {
        char *list = sim_type_regions(c->w, type);
        sim_fail(c->reply, 400, "LocationNotAvailableForResourceType", SIM_NOT_AVAILABLE, asked, type, list);
        free(list);
    }
    free(type);
    if (!open)
        return false;
    *region = found->name;
    return true;
}

/* Text of public reports. */
void sim_group_going(struct sim_call *c)
{
    sim_fail(c->reply, 409, "ResourceGroupBeingDeleted",
             "The resource group '%s' is in deprovisioning state and cannot perform this operation.",
             c->id.group);
    sim_reply_header(c->reply, "x-ms-failure-cause", "gateway");
}

bool sim_need_group(struct sim_call *c)
{
    if (!c->id.group)
        return true;
    struct sim_id group = {.subscription = c->id.subscription, .group = c->id.group};
    char *path = sim_id_text(&group, 0);
    const struct sim_resource *have = sim_find(c->w, path);
    bool there = have != NULL, going = have && have->pending == SIM_WILL_VANISH;
    free(path);
    if (going && strcmp(c->req->method, "GET") != 0) {
        sim_group_going(c);
        return false;
    }
    if (!there) {
        sim_fail(c->reply, 404, "ResourceGroupNotFound", "Resource group '%s' could not be found.",
                 c->id.group);
        sim_reply_header(c->reply, "x-ms-failure-cause", "gateway");
    }
    return there;
}

bool sim_need_same_place(struct sim_call *c, const struct sim_resource *have)
{
    const char *asked = sim_text_at(c->req->json, "location");
    if (!have || !asked || sim_region_same(asked, sim_text_at(have->body, "location")))
        return true;
    sim_fail(c->reply, 409, "InvalidResourceLocation",
             "The resource '%s' already exists in location '%s' in resource group '%s'. A resource with the "
             "same name "
             "cannot be created in location '%s'. Please select a new resource name.",
             sim_id_name(&c->id), sim_text_at(have->body, "location"), c->id.group, asked);
    return false;
}

/* Recorded: $select=Permissions shows the sharing of a private gallery too, and the groups; a plain read
 * shows what was sent, without the groups. */
static void show_sharing(const struct sim_call *c, json_t *properties)
{
    json_t *profile = json_object_get(properties, "sharingProfile");
    bool select = sim_same(sim_arg(c->req, "$select"), "Permissions");
    bool groups = select || sim_same(sim_arg(c->req, "$expand"), "SharingProfile/Groups");
    if (!profile && select) {
        const json_t *state = json_object_get(properties, "provisioningState");
        json_t *kept = state ? json_deep_copy(state) : NULL;
        json_object_set_new(properties, "sharingProfile", json_pack("{s:s}", "permissions", "Private"));
        json_object_del(properties, "provisioningState"); /* stands last */
        if (kept)
            json_object_set_new(properties, "provisioningState", kept);
    } else if (profile && !groups) {
        json_object_del(profile, "groups");
    }
}

json_t *sim_show(struct sim_call *c, struct sim_resource *r)
{
    json_t *body = json_deep_copy(r->body);
    /* Recorded: definitions show their architecture from 2021-10-01 on. */
    if (sim_same(r->type, "Microsoft.Compute/galleries/images") && strcmp(c->api, "2021-10-01") < 0)
        json_object_del(sim_at(body, "properties"), "architecture");
    if (sim_same(r->type, "Microsoft.Compute/galleries"))
        show_sharing(c, sim_at(body, "properties"));
    /* Power state and generalization show on demand only. */
    if (sim_same(r->type, "Microsoft.Compute/virtualMachines") &&
        !sim_same(sim_arg(c->req, "$expand"), "instanceView"))
        json_object_del(sim_at(body, "properties"), "instanceView");
    return body;
}

void sim_get_plain(struct sim_call *c)
{
    if (!sim_need_group(c))
        return;
    struct sim_resource *r = sim_find(c->w, c->path);
    if (r)
        sim_reply_json(c->reply, 200, sim_show(c, r));
    else
        sim_not_found(c);
}

static bool belongs(const struct sim_call *c, const struct sim_resource *r, const char *type)
{
    return sim_same(r->type, type) && sim_resource_below(r, c->path);
}

void sim_list_plain(struct sim_call *c)
{
    if (!sim_need_group(c))
        return;
    if (c->id.depth && !sim_find(c->w, c->path)) {
        sim_not_found(c);
        return;
    }
    char *parent = sim_id_type(&c->id);
    char *type = sim_format("%s/%s", parent, c->id.tail);
    json_t *value = json_array();
    for (struct sim_resource *r = c->w->store.first; r; r = r->next)
        if (belongs(c, r, type))
            json_array_append_new(value, sim_show(c, r));
    sim_reply_json(c->reply, 200, json_pack("{s:o}", "value", value));
    free(parent);
    free(type);
}

void sim_delete_through(struct sim_call *c, const char *kind, const char *api, const char *speed)
{
    struct sim_resource *r = sim_find(c->w, c->path);
    if (!r) {
        sim_reply_empty(c->reply, 204);
        return;
    }
    int64_t length_ms = sim_speed(c->w, speed);
    sim_schedule(c->w, r, SIM_WILL_VANISH, length_ms);
    sim_set_state(r->body, "Deleting");
    const char *location = sim_text_at(r->body, "location");
    sim_accept_operation(c, &(struct sim_accept){.status = 202,
                                                 .kind = kind,
                                                 .api = api,
                                                 .location = location ? location : "westus",
                                                 .length_ms = length_ms,
                                                 .location_header = true});
}
