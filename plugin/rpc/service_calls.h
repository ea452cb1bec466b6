/* SPDX-License-Identifier: MPL-2.0 */
/** Inside of the services: one function for each method. */
#ifndef RPC_SERVICE_CALLS_H
#define RPC_SERVICE_CALLS_H

#include "rpc/service.h"
#include "rpc/service_registry.h"

struct rpc_services {
    struct rpc_services_options options;
    struct rpc_registry registry;
    bool draining;
};

/** One request. */
struct rpc_request {
    struct rpc_services *services;
    struct rpc_conn *conn;
    uint32_t call;
    ProtobufCMessage *message; /* of the method's input type */
    ProtobufCMessage **owner;  /* where it is freed: who takes it sets NULL there */
    int64_t unix_s;
};

/** A method's function answers, or attaches a reader. */
typedef void rpc_method_function(const struct rpc_request *request);

rpc_method_function rpc_plan, rpc_explain, rpc_publish_call, rpc_watch, rpc_get, rpc_list, rpc_cancel;
rpc_method_function rpc_plan_online, rpc_register, rpc_des_list, rpc_des_show, rpc_des_create;
rpc_method_function rpc_verify, rpc_wait, rpc_status, rpc_vm_args, rpc_vm_test;
rpc_method_function rpc_config_spec, rpc_configure, rpc_post_process, rpc_post_processor_cancel;

/** End the call with an error of the library and its own code. */
void rpc_refuse(const struct rpc_request *request, const struct acg_error *error,
                const struct rpc_advice *advice);
/** Read the request's configuration. On failure the call has ended.
 *  @param out owned by caller. */
ACG_NODISCARD bool rpc_request_config(const struct rpc_request *request, char *text, struct pkr_config **out);
/** Start what a configuration that was checked is for, or give its findings, and let the call follow it.
 *  @param work copied; its input is given. @param config given. @param status what pkr_config_check said;
 * error beside it. */
void rpc_begin(const struct rpc_request *request, const struct rpc_work *work, struct pkr_config *config,
               enum acg_status status, const struct acg_error *error);
/** Begin a publish of what the configuration describes.
 *  @param config given. @param kept given: the text that it was read from; NULL: none.
 *  @param artifact its source was named by a build's artifact. */
void rpc_begin_publish(const struct rpc_request *request, struct pkr_config *config, char *kept,
                       bool artifact);
/** As rpc_request_config, for a publish. @param out_kept owned by caller (acgp_free); NULL: there is no
 * journal. */
ACG_NODISCARD bool rpc_publish_config(const struct rpc_request *request, char *text, struct pkr_config **out,
                                      char **out_kept);
/** The publish that a request names. NULL: the call has ended with NOT_FOUND. */
struct rpc_publish *rpc_request_publish(const struct rpc_request *request, const char *id);
/** Ask for a publish's end. */
void rpc_ask_cancel(struct rpc_services *services, struct rpc_publish *p);

#endif
