/* SPDX-License-Identifier: MPL-2.0 */
/** What the operations beside a publish share: how each is begun from a request with fields of its own. */
#ifndef RPC_SERVICE_OPERATION_H
#define RPC_SERVICE_OPERATION_H

#include <stdbool.h>
#include <stdint.h>

#include "rpc/service_calls.h"

/** One operation. */
struct rpc_operation {
    struct rpc_work work; /* its input is set by rpc_operate */
    /** Note what is wrong with the request as faults of the configuration.
     *  @param message the request. @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_LIMIT. */
    enum acg_status (*judge)(const ProtobufCMessage *message, struct pkr_config *config,
                             struct acg_error *err);
};

/** Begin it with the login of the server, or give its findings, and let the call follow it. */
void rpc_operate(const struct rpc_request *request, const struct rpc_operation *operation);
/** The same with a configuration that was read. @param config given. @param phase what it is checked for. */
void rpc_operate_on(const struct rpc_request *request, const struct rpc_operation *operation,
                    struct pkr_config *config, enum pkr_phase phase);

/** A field of a request: NULL when it was not given. Lent. */
const char *rpc_given(const char *field);
/** The subscription of a request, else the server's; NULL: neither. Lent. */
const char *rpc_subscription(const char *field, const struct pkr_config *config);
/** timeout in milliseconds; 0: not given, or none. */
int64_t rpc_timeout_ms(const char *field);
/** Fault a timeout that is none. @return as judge. */
enum acg_status rpc_judge_timeout(const char *field, struct pkr_config *config, struct acg_error *err);
/** Fault a field that is missing. @return as judge. */
enum acg_status rpc_judge_there(bool there, const char *field, const char *fix, struct pkr_config *config,
                                struct acg_error *err);
/** Fault a subscription that neither the request nor the server names. @return as judge. */
enum acg_status rpc_judge_subscription(const char *field, struct pkr_config *config, struct acg_error *err);

#endif
