/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/arm.h"
#include "sim/jsonx.h"
#include "sim/text.h"

#include <stdlib.h>
#include <string.h>

/* GET of the URL that Azure-AsyncOperation or Location named; shapes as recorded. */

/* Polls count in their region. */
static bool count(struct sim_call *c, bool gallery)
{
    char *account = sim_format("%s/%s", c->id.subscription, c->id.names[0]);
    bool room = sim_count_policy(c, account, gallery ? SIM_POLICY_GALLERY_POLL : SIM_POLICY_DISK_POLL);
    free(account);
    return room;
}

static json_t *status_body(struct sim_call *c, const struct sim_op *op, bool over)
{
    char stamp[SIM_STAMP_SIZE];
    sim_stamp(op->start_ms, stamp);
    json_t *body = json_pack("{s:s}", "startTime", stamp);
    if (over) {
        sim_stamp(op->end_ms, stamp);
        json_object_set_new(body, "endTime", json_string(stamp));
    }
    json_object_set_new(body, "status", json_string(over ? op->end_state : "InProgress"));
    struct sim_resource *output = over && !op->error && op->output_id ? sim_find(c->w, op->output_id) : NULL;
    if (output)
        json_object_set_new(body, "properties", json_pack("{s:o}", "output", sim_show(c, output)));
    if (over && op->error)
        json_object_set_new(body, "error", json_deep_copy(op->error));
    json_object_set_new(body, "name", json_string(op->guid));
    return body;
}

/* Recorded for the gallery: the monitor form answers 200 with an empty body once it is done, 202 before
 * (ARM). */
static void monitor(struct sim_call *c, const struct sim_op *op, bool over)
{
    struct sim_resource *output = over && op->output_id ? sim_find(c->w, op->output_id) : NULL;
    if (over && op->error)
        sim_reply_json(c->reply, 400, json_pack("{s:O}", "error", op->error));
    else if (output)
        sim_reply_json(c->reply, 200, sim_show(c, output));
    else
        sim_reply_empty(c->reply, over ? 200 : 202);
    if (!over) {
        char *url = sim_format("%s%s?%s", c->req->base, op->path, c->req->query);
        sim_reply_header(c->reply, "Location", url);
        free(url);
    }
}

/* Below a location of a provider, or below a deployment (recorded). */
static bool is_poll(const struct sim_id *id)
{
    static const char *const kinds[] = {"capsOperations", "DiskOperations", "operations", "operationResults"};
    if (id->depth != 2 || id->tail)
        return false;
    if (sim_same(id->types[0], "deployments"))
        return sim_same(id->types[1], "operationStatuses");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (sim_same(id->types[0], "locations") && sim_same(id->types[1], kinds[i]))
            return true;
    return false;
}

bool sim_poll_answer(struct sim_call *c)
{
    if (!is_poll(&c->id))
        return false;
    const struct sim_op *op = sim_op_find(&c->w->ops, c->id.names[1]);
    if (sim_same(c->id.provider, "Microsoft.Compute") &&
        !count(c, sim_same(c->id.types[1], "capsOperations")))
        return true;
    if (!op) {
        sim_fail(c->reply, 404, "NotFound", "The entity was not found in this Azure location.");
        return true;
    }
    const char *query = c->req->query;
    bool monitored = sim_starts(query, "monitor=true&");
    if (monitored)
        query += strlen("monitor=true&");
    /* ARM LRO rules: the URL is signed and used unchanged. What the service answers to another one is not
     * known. */
    if (strcmp(query, op->query) != 0) {
        sim_fail(c->reply, 403, "InvalidOperationUrl",
                 "The poll URL was changed: its signature does not match.");
        return true;
    }
    bool over = sim_now(c->w) >= op->end_ms;
    if (monitored)
        monitor(c, op, over);
    else
        sim_reply_json(c->reply, 200, status_body(c, op, over));
    if (!over)
        sim_retry_after(c->w, c->reply);
    return true;
}
