/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/op.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void release(struct sim_op *op)
{
    free(op->path);
    free(op->query);
    free(op->end_state);
    free(op->output_id);
    json_decref(op->error);
    free(op);
}

static void forget_oldest(struct sim_ops *ops)
{
    struct sim_op *op = ops->oldest;
    ops->oldest = op->next;
    if (!ops->oldest)
        ops->newest = NULL;
    ops->count--;
    sim_map_take(&ops->by_guid, op->guid);
    release(op);
}

/* ARM LRO rules: since the end of 2023 the poll URL is signed and some 2.5 KB long. */
static char *make_query(const struct sim_op_plan *plan, size_t path_length)
{
    enum { SHORT_SIGNATURE = 43 };
    size_t c = SHORT_SIGNATURE;
    if (plan->url_bytes > path_length + 200)
        c = plan->url_bytes - path_length - 200;
    char *certificate = sim_alloc(c + 1);
    char signature[SHORT_SIGNATURE + 1], hash[SHORT_SIGNATURE + 1], partition[SIM_GUID_SIZE];
    sim_random_text(certificate, c);
    sim_random_text(signature, SHORT_SIGNATURE);
    sim_random_text(hash, SHORT_SIGNATURE);
    sim_guid(partition);
    bool gallery = strcmp(plan->kind, "capsOperations") == 0;
    char *query = plan->url_bytes == 0
                      ? sim_format("api-version=%s", plan->api_version)
                      : sim_format("%s%s%sapi-version=%s&t=%" PRId64 "&c=%s&s=%s&h=%s",
                                   gallery ? "" : "p=", gallery ? "" : partition, gallery ? "" : "&",
                                   plan->api_version, plan->start_ms * 10000, certificate, signature, hash);
    free(certificate);
    return query;
}

struct sim_op *sim_op_start(struct sim_ops *ops, const struct sim_op_plan *plan)
{
    if (ops->count == SIM_OPS_MAX)
        forget_oldest(ops);
    struct sim_op *op = sim_alloc(sizeof *op);
    sim_guid(op->guid);
    op->path = sim_format("%s/%s/%s", plan->below, plan->kind, op->guid);
    op->query = make_query(plan, strlen(op->path));
    op->start_ms = plan->start_ms;
    op->end_ms = plan->start_ms + plan->length_ms;
    op->end_state = sim_copy(plan->end_state);
    op->error = json_incref(plan->error);
    op->output_id = plan->output_id ? sim_copy(plan->output_id) : NULL;
    *(ops->newest ? &ops->newest->next : &ops->oldest) = op;
    ops->newest = op;
    ops->count++;
    sim_map_put(&ops->by_guid, op->guid, op);
    return op;
}

struct sim_op *sim_op_find(const struct sim_ops *ops, const char *guid)
{
    char *key = sim_lower(guid);
    struct sim_op *op = sim_map_get(&ops->by_guid, key);
    free(key);
    return op;
}

void sim_ops_done(struct sim_ops *ops)
{
    while (ops->oldest)
        forget_oldest(ops);
    sim_map_done(&ops->by_guid);
}
