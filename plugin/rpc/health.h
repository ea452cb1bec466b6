/* SPDX-License-Identifier: MPL-2.0 */
/** The standard health service: states of services by name, told to those who ask and to those who watch. One
 * for all connections of a server. Pure; it answers on the connections that it is handed. */
#ifndef RPC_HEALTH_H
#define RPC_HEALTH_H

#include <stdbool.h>

#include "rpc/grpc.h"

/** Names with a state: the server as a whole and its services. */
#define RPC_HEALTH_NAMES_MAX 32u
/** Watchers over all connections: each a call, so that a connection alone could have RPC_CALLS_MAX. */
#define RPC_HEALTH_WATCHERS_MAX 4096u
/** Watchers of one connection: each name from a few callers; one client cannot keep the others from watching.
 */
#define RPC_HEALTH_WATCHERS_OF_ONE_MAX 128u

struct rpc_health;

/** Add it to the services of each connection. */
extern const struct rpc_service rpc_service_grpc_health_v1_Health;

/** @param out owned by caller (rpc_health_free); knows no name yet. @return ACG_OK | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status rpc_health_new(struct rpc_health **out, struct acg_error *err);
/** Free it, after the connections. NULL is fine. */
void rpc_health_free(struct rpc_health *health);
/** Set a name's state and tell its watchers.
 *  @param name borrowed until rpc_health_free; "" is the server as a whole.
 *  @return ACG_OK | ACG_ERR_LIMIT (RPC_HEALTH_NAMES_MAX). */
ACG_NODISCARD enum acg_status rpc_health_set(struct rpc_health *health, const char *name, bool serving,
                                             struct acg_error *err);
/** End every watch, which by itself only its client ends: UNAVAILABLE. @param text copied. */
void rpc_health_end(struct rpc_health *health, const char *text);
/** Handle an event. Every event of a connection may be offered; all of its calls end before RPC_CLOSED, so
 * that a connection that was pulled to the end is forgotten.
 *  @return false: it belongs to another service. */
bool rpc_health_handle(struct rpc_health *health, struct rpc_conn *conn, const struct rpc_event *event);

#endif
