/* SPDX-License-Identifier: MPL-2.0 */
/** The events of one publish, packed, for readers of any speed. Of each region only the newest event is kept;
 *  steps and notices up to a cap, then the oldest go; findings and the final event stay for ever. */
#ifndef RPC_SERVICE_LOG_H
#define RPC_SERVICE_LOG_H

#include <stddef.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/export.h>
#include <acg/span.h>

/** Steps and notices of one publish: six hours of throttling say less. */
#define RPC_LOG_LINES_MAX 1024u
/** Regions of one publish whose newest event is kept: several times as many as Azure has. */
#define RPC_LOG_REGIONS_MAX 1024u

enum rpc_log_kind { RPC_LOG_LINE = 1, RPC_LOG_REGION, RPC_LOG_FINDING, RPC_LOG_DONE };

struct rpc_log_entry {
    struct rpc_log_entry *prev, *next;
    uint64_t number;
    enum rpc_log_kind kind;
    char *region; /* RPC_LOG_REGION: owned */
    char *bytes;  /* owned: a packed response */
    size_t len;
};

struct rpc_log {
    struct rpc_log_entry *first, *last;
    size_t lines, regions;
};

void rpc_log_init(struct rpc_log *log);
void rpc_log_done(struct rpc_log *log);
/** Add an event behind the others. @param number above all that are in it. @param region borrowed; of
 *  RPC_LOG_REGION, else NULL. @param bytes given, also on failure. @return ACG_OK | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status rpc_log_add(struct rpc_log *log, uint64_t number, enum rpc_log_kind kind,
                                          const char *region, char *bytes, size_t len);
/** The first event behind this number; NULL: there is none. */
const struct rpc_log_entry *rpc_log_after(const struct rpc_log *log, uint64_t number);
/** Number of the newest; 0: there is none. */
uint64_t rpc_log_last(const struct rpc_log *log);

#endif
