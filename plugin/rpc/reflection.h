/* SPDX-License-Identifier: MPL-2.0 */
/** The standard reflection service, v1 and v1alpha: the files that acg_proto_service embedded. Pure, no
 * state. */
#ifndef RPC_REFLECTION_H
#define RPC_REFLECTION_H

#include <stdbool.h>

#include "rpc/grpc.h"

/** Answers queued on one call before its next question is looked at: one of the usual size. */
#define RPC_REFLECTION_QUEUED_MAX 65536u

/** Add both to the services of each connection. */
extern const struct rpc_service rpc_service_grpc_reflection_v1_ServerReflection;
extern const struct rpc_service rpc_service_grpc_reflection_v1alpha_ServerReflection;

/** What is told: the services that connections offer, and the files they come from. */
struct rpc_reflection {
    const struct rpc_service *const *services;
    size_t service_count;
    const struct rpc_files *const *files;
    size_t files_count;
};

/** Handle an event; every event of a connection may be offered. @return false: it belongs to another service.
 */
bool rpc_reflection_handle(const struct rpc_reflection *reflection, struct rpc_conn *conn,
                           const struct rpc_event *event);

#endif
