/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_OP_H
#define SIM_OP_H

#include "sim/map.h"
#include "sim/text.h"

#include <jansson.h>
#include <stdint.h>

/* Operations are remembered until there are so many; then the oldest is forgotten, as the service does after
 * a time. */
enum { SIM_OPS_MAX = 65536 };

struct sim_op {
    char guid[SIM_GUID_SIZE];
    char *path;  /* without host and query */
    char *query; /* of the poll URL, signature included */
    int64_t start_ms, end_ms;
    char *end_state; /* Succeeded, Failed, Canceled or whatever the scenario says */
    json_t *error;   /* {code, message} when it fails; owned */
    char *output_id; /* disk operations show the finished resource; NULL otherwise */
    struct sim_op *next;
};

struct sim_ops {
    struct sim_map by_guid;
    struct sim_op *oldest, *newest;
    size_t count;
};

/* How to start one. Texts are copied. */
struct sim_op_plan {
    const char *below; /* path of the poll URL, without kind and guid */
    const char *kind;  /* capsOperations, DiskOperations, operations or operationStatuses */
    const char *api_version;
    int64_t start_ms, length_ms;
    const char *end_state;
    json_t *error; /* borrowed */
    const char *output_id;
    size_t url_bytes; /* pad the signature so that the URL has about this length */
};

/** Start an operation; borrowed until it is forgotten. */
struct sim_op *sim_op_start(struct sim_ops *ops, const struct sim_op_plan *plan);
struct sim_op *sim_op_find(const struct sim_ops *ops, const char *guid);
void sim_ops_done(struct sim_ops *ops);

#endif
