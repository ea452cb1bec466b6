/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/arm.h"
#include "sim/jsonx.h"
#include "sim/text.h"

#include <stdlib.h>
#include <string.h>

/* Galleries and image definitions: PUT 201 (200 for an update) with Azure-AsyncOperation, as recorded. */

/* The api-version of a gallery poll URL is the service's choice; recorded ones lag behind the request's. */
static const char gallery_poll_api[] = "2021-10-01";

static bool plain(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Name rules: up to 80 of letters, digits, underscore, dot (definitions also hyphen), a letter or digit at
 * both ends. */
static bool check_name(struct sim_call *c, bool hyphen)
{
    const char *name = sim_id_name(&c->id);
    size_t n = strlen(name);
    bool ok = n >= 1 && n <= 80 && plain(name[0]) && plain(name[n - 1]);
    for (size_t i = 0; ok && i < n; i++)
        ok = plain(name[i]) || name[i] == '_' || name[i] == '.' || (hyphen && name[i] == '-');
    if (!ok)
        sim_fail(c->reply, 400, "InvalidParameter", "The name '%s' of the %s is invalid.", name,
                 hyphen ? "gallery image" : "gallery");
    return ok;
}

static void store(struct sim_call *c, struct sim_resource *have, json_t *body, const char *region)
{
    unsigned status = have ? 200 : 201;
    sim_set_state(body, have ? "Updating" : "Creating");
    struct sim_resource *r = sim_store_put(&c->w->store, c->path, body);
    int64_t length_ms = sim_speed(c->w, "gallery_ms");
    sim_schedule(c->w, r, SIM_WILL_FINISH, length_ms);
    sim_reply_json(c->reply, status, sim_show(c, r));
    sim_accept_operation(c, &(struct sim_accept){.status = status,
                                                 .kind = "capsOperations",
                                                 .api = gallery_poll_api,
                                                 .location = region,
                                                 .length_ms = length_ms});
}

void sim_gallery_put(struct sim_call *c)
{
    const char *region;
    struct sim_resource *have = sim_find(c->w, c->path);
    if (!sim_need_group(c) || !sim_need_body(c) || !check_name(c, false) || !sim_need_location(c, &region) ||
        !sim_need_same_place(c, have))
        return;
    const json_t *asked = sim_at(c->req->json, "properties");
    const char *now = have ? sim_text_at(have->body, "properties.sharingProfile.permissions") : NULL;
    const char *permissions = sim_text_at(asked, "sharingProfile.permissions");
    if (have && permissions && !sim_same(permissions, now ? now : "Private")) {
        sim_fail(c->reply, 400, "InvalidParameter",
                 "Changing property 'sharingProfile.permissions' is not allowed.");
        sim_fail_target(c->reply, "gallery.properties.sharingProfile.permissions"); /* recorded target */
        return;
    }
    char *name = sim_copy(sim_id_name(&c->id)), *p;
    for (p = name; *p; p++)
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 'a' + 'A');
    char *unique = sim_format("%s-%s", c->id.subscription, name);
    json_t *body = sim_named_body(c->path);
    json_object_set_new(body, "location", json_string(region));
    sim_carry(body, c->req->json, "tags");
    json_t *properties = json_object();
    sim_carry(properties, asked, "description");
    json_object_set_new(properties, "identifier", json_pack("{s:s}", "uniqueName", unique));
    sim_carry(properties, asked, "softDeletePolicy");
    sim_carry(properties, asked, "sharingProfile");
    json_object_set_new(body, "properties", properties);
    store(c, have, body, region);
    if (strcmp(c->api, "2020-09-30") == 0 &&
        !sim_at(asked, "sharingProfile")) /* recorded in the answer to the PUT only */
        json_object_set_new(sim_at(c->reply->body, "properties"), "sharingProfile",
                            json_pack("{s:s}", "permissions", "Private"));
    free(name);
    free(unique);
}

/* R36 */
static bool need_parent(struct sim_call *c)
{
    char *parent = sim_id_text(&c->id, c->id.depth - 1);
    bool there = sim_find(c->w, parent) != NULL;
    free(parent);
    if (!there) {
        sim_fail(c->reply, 404, "ParentResourceNotFound",
                 "Can not perform requested operation on nested resource. Parent resource %s not found.",
                 c->id.names[c->id.depth - 2]);
        sim_reply_header(c->reply, "x-ms-failure-cause", "gateway");
    }
    return there;
}

static bool need_parts(struct sim_call *c)
{
    static const char *const parts[] = {"osType", "osState", "identifier.publisher", "identifier.offer",
                                        "identifier.sku"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char *path = sim_format("properties.%s", parts[i]);
        bool there = sim_text_at(c->req->json, path) != NULL;
        free(path);
        if (!there) {
            sim_fail(c->reply, 400, "InvalidParameter",
                     "Required parameter 'galleryImage.properties.%s' is missing (null).", parts[i]);
            return false;
        }
    }
    return true;
}

void sim_definition_put(struct sim_call *c)
{
    const char *region;
    struct sim_resource *have = sim_find(c->w, c->path);
    if (!sim_need_group(c) || !need_parent(c) || !sim_need_body(c) || !check_name(c, true) ||
        !sim_need_location(c, &region) || !sim_need_same_place(c, have) || !need_parts(c))
        return;
    json_t *body = sim_named_body(c->path);
    json_object_set_new(body, "location", json_string(region));
    sim_carry(body, c->req->json, "tags");
    json_t *properties = json_pack("{s:s, s:s}", "hyperVGeneration", "V1", "architecture", "x64");
    json_object_set_new(body, "properties", properties);
    sim_merge(properties, sim_at(c->req->json, "properties"));
    /* Recorded: empty ones do not come back. */
    if (!json_object_size(json_object_get(properties, "disallowed")))
        json_object_del(properties, "disallowed");
    if (!json_array_size(json_object_get(properties, "features")))
        json_object_del(properties, "features");
    store(c, have, body, region);
}

/* R37: galleries and definitions go last. */
void sim_gallery_delete(struct sim_call *c)
{
    if (sim_rule_on(c->w, "R37") && sim_store_has_below(&c->w->store, c->path)) {
        sim_fail(c->reply, 409, "CannotDeleteResource",
                 "Can not delete resource before nested resources are deleted.");
        return;
    }
    sim_delete_through(c, "capsOperations", gallery_poll_api, "gallery_ms");
}
