/* SPDX-License-Identifier: MPL-2.0 */
#include "rpc/service_log.h"

#include "base/alloc.h"
#include "base/span.h"

void rpc_log_init(struct rpc_log *log)
{
    *log = (struct rpc_log){.first = NULL};
}

static void remove_entry(struct rpc_log *log, struct rpc_log_entry *e)
{
    if (e->prev != NULL)
        e->prev->next = e->next;
    else
        log->first = e->next;
    if (e->next != NULL)
        e->next->prev = e->prev;
    else
        log->last = e->prev;
    log->lines -= e->kind == RPC_LOG_LINE;
    log->regions -= e->kind == RPC_LOG_REGION;
    acgp_free(e->region);
    acgp_free(e->bytes);
    acgp_free(e);
}

void rpc_log_done(struct rpc_log *log)
{
    while (log->first != NULL)
        remove_entry(log, log->first);
}

static void remove_oldest(struct rpc_log *log, enum rpc_log_kind kind)
{
    for (struct rpc_log_entry *e = log->first; e != NULL; e = e->next)
        if (e->kind == kind) {
            remove_entry(log, e);
            return;
        }
}

static void remove_region(struct rpc_log *log, const char *region)
{
    for (struct rpc_log_entry *e = log->last; e != NULL; e = e->prev)
        if (e->kind == RPC_LOG_REGION && acgp_equal(e->region, region)) {
            remove_entry(log, e);
            return;
        }
}

static void make_room(struct rpc_log *log, enum rpc_log_kind kind, const char *region)
{
    if (kind == RPC_LOG_REGION)
        remove_region(log, region);
    if (kind == RPC_LOG_REGION && log->regions == RPC_LOG_REGIONS_MAX)
        remove_oldest(log, kind);
    if (kind == RPC_LOG_LINE && log->lines == RPC_LOG_LINES_MAX)
        remove_oldest(log, kind);
}

enum acg_status rpc_log_add(struct rpc_log *log, uint64_t number, enum rpc_log_kind kind, const char *region,
                            char *bytes, size_t len)
{
    struct rpc_log_entry *e = acgp_alloc(1, sizeof *e);
    char *name = region != NULL ? acgp_strdup(region) : NULL;

    if (e == NULL || bytes == NULL || (region != NULL && name == NULL)) {
        acgp_free(e);
        acgp_free(name);
        acgp_free(bytes);
        return ACG_ERR_NOMEM;
    }
    make_room(log, kind, region);
    *e = (struct rpc_log_entry){log->last, NULL, number, kind, name, bytes, len};
    if (log->last != NULL)
        log->last->next = e;
    else
        log->first = e;
    log->last = e;
    log->lines += kind == RPC_LOG_LINE;
    log->regions += kind == RPC_LOG_REGION;
    return ACG_OK;
}

const struct rpc_log_entry *rpc_log_after(const struct rpc_log *log, uint64_t number)
{
    const struct rpc_log_entry *found = NULL;

    for (const struct rpc_log_entry *e = log->last; e != NULL && e->number > number; e = e->prev)
        found = e;
    return found;
}

uint64_t rpc_log_last(const struct rpc_log *log)
{
    return log->last != NULL ? log->last->number : 0;
}
