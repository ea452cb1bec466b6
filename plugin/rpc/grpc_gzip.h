/* SPDX-License-Identifier: MPL-2.0 */
/** One message, gzip to plain and back. Each is a stream of its own, as gRPC wants it. */
#ifndef RPC_GRPC_GZIP_H
#define RPC_GRPC_GZIP_H

#include <acg/error.h>
#include <acg/export.h>
#include <acg/span.h>

#include "base/buf.h"

/** Append the plain bytes; out's cap ends a bomb.
 *  @return ACG_OK | ACG_ERR_PROTOCOL (no gzip, or not one whole stream) | ACG_ERR_LIMIT (out's cap) |
 *  ACG_ERR_NOMEM. After a failure out is empty. */
ACG_NODISCARD enum acg_status rpc_gunzip(struct acg_span in, struct acgp_buf *out, struct acg_error *err);
/** Append the gzip of the bytes. @return as above; ACG_ERR_LIMIT says that it is longer than out's cap. */
ACG_NODISCARD enum acg_status rpc_gzip(struct acg_span in, struct acgp_buf *out, struct acg_error *err);

#endif
