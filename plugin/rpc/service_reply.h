/* SPDX-License-Identifier: MPL-2.0 */
/** How a call of acg.v1 ends: one response, or an error with acg.v1.Error as its detail. */
#ifndef RPC_SERVICE_REPLY_H
#define RPC_SERVICE_REPLY_H

#include <acg/error.h>

#include "rpc/grpc.h"

/** gRPC's code for a status of the library, as publisher.proto says. */
enum rpc_code rpc_code_of(enum acg_status status);

/** What is said of a refusal beside the error; both may be NULL. */
struct rpc_advice {
    const char *rule, *fix;
};

/** Send one message and end the call in order. Never in the way: what cannot be sent ends the call. */
void rpc_reply(struct rpc_conn *conn, uint32_t call, const ProtobufCMessage *message);
/** End a call with an error. @param error status ACG_OK ends it in order. @param code what the client sees.
 *  @param advice NULL: none.
 *  @return false: the call is over already; an RPC_ENDED of it is still to come. */
bool rpc_reply_error(struct rpc_conn *conn, uint32_t call, enum rpc_code code, const struct acg_error *error,
                     const struct rpc_advice *advice);

#endif
