/* SPDX-License-Identifier: MPL-2.0 */
/** configuration_json of a request: read, completed by the server, checked. Pure. */
#ifndef RPC_SERVICE_CONFIG_H
#define RPC_SERVICE_CONFIG_H

#include <acg/error.h>
#include <acg/export.h>

#include "rpc/service_reply.h"
#include "spec/config.h"

/** The server's own variables; see pkr_config_environment. */
struct rpc_environment {
    const char *(*lookup)(void *context, const char *name);
    void *context;
};

/** Read a configuration. Fields that are the host's own are refused, the environment gives them.
 *  @param text borrowed; its bytes are wiped, whatever happens.
 *  @param out owned by caller (pkr_config_free); to be checked.
 *  @param advice what is said beside a refusal; static.
 *  @return ACG_OK | ACG_ERR_ARGUMENT (err->field: the refused field, or configuration_json) | ACG_ERR_NOMEM |
 *  ACG_ERR_LIMIT. */
ACG_NODISCARD enum acg_status rpc_config_read(char *text, const struct rpc_environment *environment,
                                              struct pkr_config **out, struct rpc_advice *advice,
                                              struct acg_error *err);

/** The same, and keep the text: it holds nothing that is the host's own.
 *  @param out_kept owned by caller (acgp_free). */
ACG_NODISCARD enum acg_status rpc_config_read_kept(char *text, const struct rpc_environment *environment,
                                                   struct pkr_config **out, char **out_kept,
                                                   struct rpc_advice *advice, struct acg_error *err);

/** The same without a configuration: what the server gives, for an operation with fields of its own.
 *  @param out owned by caller (pkr_config_free); to be checked. @return ACG_OK | ACG_ERR_NOMEM |
 * ACG_ERR_LIMIT. */
ACG_NODISCARD enum acg_status rpc_config_login(const struct rpc_environment *environment,
                                               struct pkr_config **out, struct acg_error *err);

#endif
