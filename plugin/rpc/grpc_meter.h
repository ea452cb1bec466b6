/* SPDX-License-Identifier: MPL-2.0 */
/** Allocation that is counted and capped: for libraries that take memory by a peer's will. Each block carries
 * its size before it. */
#ifndef RPC_GRPC_METER_H
#define RPC_GRPC_METER_H

#include <stdbool.h>
#include <stddef.h>

struct rpc_meter {
    size_t used; /* bytes */
    size_t max;
    bool listed; /* blocks are kept in a list, for rpc_meter_drop; the meter then has to outlive them */
    union rpc_meter_head *first;
    bool over;    /* an allocation was refused at the cap */
    bool starved; /* an allocation was refused for lack of memory */
};

/** Zeroed memory; NULL at the cap or without memory. */
void *rpc_meter_alloc(struct rpc_meter *meter, size_t size);
/** As realloc: p NULL allocates; p stays valid on failure. */
void *rpc_meter_realloc(struct rpc_meter *meter, void *p, size_t size);
/** @param meter NULL: the block's count is of no interest any more. @param p NULL is fine. */
void rpc_meter_free(struct rpc_meter *meter, void *p);
/** Free every block: for a library that cannot be trusted to clean up after an allocation failed. */
void rpc_meter_drop(struct rpc_meter *meter);
/** Whether an allocation was ever refused. */
bool rpc_meter_failed(const struct rpc_meter *meter);

#endif
