/* SPDX-License-Identifier: MPL-2.0 */
/** The service of gRPC's interoperability tests, over the gRPC layer. Pure; the rim is server.c. */
#ifndef INTEROP_SERVICE_H
#define INTEROP_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "rpc/grpc.h"

/** Calls that wait for their next response, over all connections. */
struct interop;

struct interop *interop_new(void);
void interop_free(struct interop *interop);
/** @return false: the event belongs to another service. */
bool interop_handle(struct interop *interop, struct rpc_conn *conn, int64_t now_ms,
                    const struct rpc_event *event);
/** Send what is due. */
void interop_tick(struct interop *interop, int64_t now_ms);
/** When interop_tick is due next; RPC_NEVER. */
int64_t interop_deadline(const struct interop *interop);

#endif
