/* SPDX-License-Identifier: MPL-2.0 */
/** A version that a request names: by its id, or by its names. */
#ifndef RPC_SERVICE_VERSION_H
#define RPC_SERVICE_VERSION_H

#include <stdbool.h>

#include "acg/v1/publisher.pb-c.h"

#include "rpc/service_operation.h"

/** Fault one that is named by halves, twice, or not at all.
 *  @param v NULL: none. @param optional whether it may be named elsewhere. @return as judge. */
enum acg_status rpc_judge_version(const Acg__V1__ImageVersion *v, bool optional, struct pkr_config *config,
                                  struct acg_error *err);
/** Its full id. @param out owned by caller (acgp_free); NULL: it is not named. @return ACG_OK |
 * ACG_ERR_NOMEM.
 */
enum acg_status rpc_version_id(const Acg__V1__ImageVersion *v, const struct pkr_config *config, char **out,
                               struct acg_error *err);

#endif
