/* SPDX-License-Identifier: MPL-2.0 */
/** The services of acg.v1 (proto/acg/v1), pure: they answer on the connections they are handed, ask their
 * host to start and to cancel publishes, and are told events.
 *
 *      every event of every connection:   rpc_services_handle
 *      then:                              while (rpc_services_next_ask) { ... rpc_services_started or _failed
 * } every event of the publisher:      rpc_services_on_event
 *
 *  A publish belongs to the services, never to the call that began it: it ends with its final event alone.
 * Its host frees the handle of acg_publisher_submit when it was told ACG_EVENT_DONE. */
#ifndef RPC_SERVICE_H
#define RPC_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/event.h>
#include <acg/export.h>
#include <acg/options.h>
#include <acg/publisher.h>

#include "rpc/grpc.h"
#include "rpc/service_config.h"

struct rpc_services;
struct rpc_publish;

/** Add both to the services of each connection; the files are for reflection. */
extern const struct rpc_service rpc_service_acg_v1_Publisher;
extern const struct rpc_service rpc_service_acg_v1_PostProcessor;
extern const struct rpc_files rpc_files_acg_v1;

struct rpc_services_options {
    struct rpc_environment environment; /* login and endpoints: never from a request */
    uint64_t mark;                      /* random: makes ids of publishes this server's own */
    bool journal;                       /* the publisher keeps one */
};

/** @param options copied. @param out owned by caller (rpc_services_free). @return ACG_OK | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status rpc_services_new(const struct rpc_services_options *options,
                                               struct rpc_services **out, struct acg_error *err);
/** Free them, after the connections. NULL is fine. */
void rpc_services_free(struct rpc_services *services);

/** Handle an event; every event of a connection may be offered. All calls of a connection end before
 *  RPC_CLOSED, so that one that was pulled to the end is forgotten.
 *  @param unix_s the time of day. @return false: it belongs to another service. */
bool rpc_services_handle(struct rpc_services *services, struct rpc_conn *conn, const struct rpc_event *event,
                         int64_t unix_s);

enum rpc_ask_kind {
    RPC_ASK_START = 1, /* begin it; answer with rpc_services_started or rpc_services_failed */
    RPC_ASK_CANCEL,    /* cancel; no answer */
    RPC_ASK_LEAVE      /* the same by acg_publish_leave: the server stops */
};

/** What the host is asked to do. Lent until the next call. */
struct rpc_ask {
    enum rpc_ask_kind kind;
    struct rpc_publish *publish;
    const char *operation; /* "publish", or another verb of the command; static */
    /** START: starts it, as acg_publisher_submit does; context is its first argument. */
    enum acg_status (*begin)(const void *context, struct acg_publisher *publisher, struct acg_publish **out,
                             struct acg_error *err);
    const void *context;
    const struct acg_publish_options *options; /* START: what the configuration says */
    bool picked_up;                            /* START: of rpc_services_pick_up */
    struct acg_publish *handle;                /* CANCEL, LEAVE: what rpc_services_started was given */
};

/** Begin again, under its old id, a publish of a server before this one that did not come to its end.
 *  @param memo borrowed: that of its journal.   @param begun_unix_s when it began.
 *  @return ACG_OK: it is asked to be started | ACG_ERR_ARGUMENT (it cannot be read, or is none of a server) |
 *  ACG_ERR_LIMIT (so many run already) | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status rpc_services_pick_up(struct rpc_services *services, const char *memo,
                                                   int64_t begun_unix_s, struct acg_error *err);

/** @return false: nothing is asked. */
bool rpc_services_next_ask(struct rpc_services *services, struct rpc_ask *out);
/** @param handle borrowed until the final event. @param version_id copied. */
void rpc_services_started(struct rpc_services *services, struct rpc_publish *publish,
                          struct acg_publish *handle, const char *version_id);
/** It could not be submitted. */
void rpc_services_failed(struct rpc_services *services, struct rpc_publish *publish,
                         const struct acg_error *error, int64_t unix_s);
/** Tell an event of the publisher. Those of handles that are not known are left alone. */
void rpc_services_on_event(struct rpc_services *services, const struct acg_event *event, int64_t unix_s);

/** The server stops: new publishes are refused, and all that run are asked to be left, so that each call
 *  gets its final event: what is left to Azure. Again: what still cleans up is asked to leave at once. */
void rpc_services_drain(struct rpc_services *services);
/** The id of a publish, for a log. Lent. @param handle of one that runs. @return "" for one that is not
 * known. */
const char *rpc_services_publish_id(const struct rpc_services *services, const struct acg_publish *handle);
/** The verb of one that runs, for a log: "publish", "vm-test". Static. @return "" for one that is not known.
 */
const char *rpc_services_operation(const struct rpc_services *services, const struct acg_publish *handle);
/** For a host that ends early: the handles of what still runs, one at each call, forgotten here.
 *  @return NULL: no more. */
struct acg_publish *rpc_services_let_go(struct rpc_services *services);
/** Publishes that have not had their final event. */
size_t rpc_services_running(const struct rpc_services *services);

#endif
