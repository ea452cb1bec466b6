/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/version.h"

#include "sim/jsonx.h"
#include "sim/regions.h"
#include "sim/text.h"

#include <stdlib.h>
#include <string.h>

/* Image versions over HTTP. A create is answered 201 with Azure-AsyncOperation and neither Location nor
 * Retry-After (recorded with all headers); an update 200, at 2018-06-01 202 with both. */

/* The api-version in the poll URL is the service's choice: 2019-07-01 was recorded with requests of
 * 2019-12-01. */
static const char *poll_api(const struct sim_call *c)
{
    return strcmp(c->api, "2022-03-03") < 0 ? "2019-07-01" : "2022-03-03";
}

/* R36 */
static struct sim_resource *need_parents(struct sim_call *c)
{
    struct sim_resource *r = NULL;
    for (size_t n = 1; n <= 2; n++) {
        char *parent = sim_id_text(&c->id, n);
        r = sim_find(c->w, parent);
        free(parent);
        if (!r) {
            sim_fail(c->reply, 404, "ParentResourceNotFound",
                     "Can not perform requested operation on nested resource. Parent resource %s not found.",
                     c->id.names[n - 1]);
            sim_reply_header(c->reply, "x-ms-failure-cause", "gateway");
            return NULL;
        }
    }
    return r;
}

/* A scenario lets somebody else write the version after the client's read and before its PUT. */
static void other_writer(struct sim_call *c)
{
    json_t *script = sim_version_script(c->w, c->path);
    json_t *body = json_object_get(script, "other_writer");
    if (!body || sim_find(c->w, c->path))
        return;
    if (json_is_object(body))
        sim_version_seed(c->w, c->path, body);
    else
        sim_version_seed(c->w, c->path, c->req->json);
    json_object_del(script, "other_writer");
}

static bool not_busy(struct sim_version_put *p)
{
    if (!p->have || p->have->pending == SIM_SETTLED)
        return true;
    if (p->have->pending == SIM_WILL_VANISH)
        sim_fail(p->c->reply, 409, "OperationNotAllowed",
                 "The resource is marked for deletion. You can only retry the Delete operation or wait for "
                 "an ongoing one "
                 "to complete.");
    else if (!sim_rule_on(p->c->w, "busy"))
        return true;
    else /* not recorded; a PUT sent again with the same meaning is let through below */
        sim_fail(p->c->reply, 409, "Conflict",
                 "Another operation on the image version is still in progress.");
    return false;
}

/* The same body again, after a lost answer, is safe by ARM's contract. */
static bool repeats(const struct sim_version_put *p)
{
    json_t *mine = sim_version_body(p);
    bool same = p->have && json_equal(sim_at(mine, "properties.publishingProfile.targetRegions"),
                                      sim_at(p->have->body, "properties.publishingProfile.targetRegions"));
    json_decref(mine);
    return same;
}

static int64_t operation_length(struct sim_world *w, const struct sim_resource *r)
{
    const json_t *script = sim_at(r->script, "operation.ms");
    const json_t *speed = sim_at(w->settings, "speeds.version_ms");
    if (json_is_integer(script))
        return json_integer_value(script);
    if (json_is_integer(speed))
        return json_integer_value(speed);
    int64_t left = sim_version_replicated_at(r) - sim_now(w);
    return left > 0 ? left : 0;
}

static void begin(struct sim_version_put *p)
{
    struct sim_call *c = p->c;
    bool update = p->have != NULL;
    struct sim_resource *r = sim_store_put(&c->w->store, c->path, sim_version_body(p));
    r->script = sim_version_script(c->w, c->path);
    sim_version_replicate(c->w, r);
    json_t *error = sim_version_later_failure(p, r);
    const char *end_state = sim_text_at(r->script, "operation.end_state");
    int64_t length_ms = operation_length(c->w, r);
    bool fails = error || (end_state && !sim_same(end_state, "Succeeded"));
    sim_schedule(c->w, r, fails ? SIM_WILL_FAIL : SIM_WILL_FINISH, length_ms);
    r->reads = 0;
    bool oldest = strcmp(c->api, "2018-06-01") == 0;
    unsigned status = !update ? 201 : oldest ? 202 : 200;
    json_t *shown = sim_version_view(c, r, false);
    sim_reply_json(c->reply, status, shown ? shown : json_deep_copy(r->body));
    sim_accept_operation(c, &(struct sim_accept){.status = status,
                                                 .kind = "capsOperations",
                                                 .api = poll_api(c),
                                                 .location = p->region,
                                                 .length_ms = length_ms,
                                                 .end_state = end_state,
                                                 .error = error,
                                                 .location_header = update && oldest});
    json_decref(error);
}

void sim_version_put(struct sim_call *c)
{
    struct sim_version_put p = {.c = c};
    if (!sim_need_group(c))
        return;
    p.definition = need_parents(c);
    if (!p.definition)
        return;
    other_writer(c);
    if (sim_version_read(&p) && sim_version_allowed(&p) && (repeats(&p) || not_busy(&p)))
        begin(&p);
    sim_version_read_done(&p);
}

static bool writable(struct sim_call *c, const struct sim_resource *r)
{
    if (!r)
        sim_not_found(c);
    return r != NULL;
}

/* PATCH has the shape of PUT without location: the missing parts are taken from what is there. */
void sim_version_patch(struct sim_call *c)
{
    struct sim_resource *r = sim_find(c->w, c->path);
    if (!sim_need_group(c) || !writable(c, r) || !sim_need_body(c))
        return;
    struct sim_request whole = *c->req;
    whole.json = json_pack("{s:O}", "location", json_object_get(r->body, "location"));
    sim_merge(whole.json, c->req->json);
    const struct sim_request *sent = c->req;
    c->req = &whole;
    sim_version_put(c);
    c->req = sent;
    json_decref(whole.json);
}

void sim_version_get(struct sim_call *c)
{
    const char *expand = sim_arg(c->req, "$expand");
    bool status = sim_same(expand, "ReplicationStatus");
    if (!sim_need_group(c))
        return;
    if (expand && !status && !sim_same(expand, "UefiSettings")) {
        sim_fail(c->reply, 400, "InvalidParameter", "The value '%s' of parameter $expand is invalid.",
                 expand);
        return;
    }
    struct sim_resource *r = sim_find(c->w, c->path);
    json_t *body = r ? sim_version_view(c, r, status) : NULL;
    if (body)
        sim_reply_json(c->reply, 200, body);
    else
        sim_not_found(c);
}

void sim_version_list(struct sim_call *c)
{
    json_t *value = json_array();
    bool there = sim_find(c->w, c->path) != NULL;
    for (struct sim_resource *r = c->w->store.first; there && r; r = r->next) {
        if (!sim_resource_below(r, c->path))
            continue;
        json_t *body = sim_version_view(c, r, false);
        if (body)
            json_array_append_new(value, body);
    }
    if (there && sim_need_group(c)) {
        sim_reply_json(c->reply, 200, json_pack("{s:o}", "value", value));
        return;
    }
    json_decref(value);
    if (!there)
        sim_not_found(c);
}

void sim_version_delete(struct sim_call *c)
{
    const struct sim_resource *r = sim_find(c->w, c->path);
    int64_t end;
    const char *date = r ? sim_text_at(r->body, "properties.publishingProfile.endOfLifeDate") : NULL;
    if (r && sim_true_at(r->body, "properties.safetyProfile.blockDeletionBeforeEndOfLife") && date &&
        sim_stamp_parse(date, &end) && end > sim_now(c->w)) {
        sim_fail(c->reply, 409, "DeleteGalleryImageVersionBlockedBeforeEndOfLife",
                 "The image version cannot be deleted before its end of life date %s.", date);
        return;
    }
    sim_delete_through(c, "capsOperations", poll_api(c), "delete_ms");
}

void sim_version_seed(struct sim_world *w, const char *id, const json_t *seed)
{
    struct sim_request req = {.json = json_incref(sim_at(seed, ""))};
    struct sim_reply reply = {.truncate_at = -1};
    struct sim_call c = {.w = w, .req = &req, .reply = &reply, .path = sim_copy(id), .api = "2025-12-03"};
    struct sim_version_put p = {.c = &c};
    if (sim_id_parse(id, &c.id) && sim_version_read(&p)) {
        struct sim_resource *r = sim_store_put(&w->store, id, sim_version_body(&p));
        sim_version_replicate(w, r);
        const char *name;
        json_t *each;
        json_object_foreach(r->replication, name, each)
        {
            json_object_set_new(each, "end", json_integer((json_int_t)sim_now(w)));
        }
        sim_version_finish(w, r);
    }
    sim_version_read_done(&p);
    sim_reply_clear(&reply);
    json_decref(req.json);
    sim_id_done(&c.id);
    free(c.path);
}
