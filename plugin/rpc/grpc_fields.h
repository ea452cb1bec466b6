/* SPDX-License-Identifier: MPL-2.0 */
/** Header fields that we send, kept until nghttp2 takes them: names and values in one buffer. */
#ifndef RPC_GRPC_FIELDS_H
#define RPC_GRPC_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include <nghttp2/nghttp2.h>

#include <acg/error.h>
#include <acg/export.h>

#include "base/buf.h"
#include "rpc/grpc_status.h"

/** Fields at once: metadata of one response, and gRPC's own. */
#define RPC_FIELDS_MAX 72u
/** Metadata that one response may have, entries. */
#define RPC_FIELDS_METADATA_MAX 64u

struct rpc_fields {
    struct acgp_buf text; /* of each field: two lengths, name, value */
    size_t count;
};

/** Make it empty; holds no memory until something is added. */
void rpc_fields_init(struct rpc_fields *f);
/** Free what it holds; rpc_fields_init makes it usable again. */
void rpc_fields_done(struct rpc_fields *f);
/** Add one of our own. A failure stays in f->text.failed. */
void rpc_fields_add(struct rpc_fields *f, const char *name, struct acg_span value);
/** Add ":status" 200, the content type and, when gzip, the encoding. */
void rpc_fields_add_response(struct rpc_fields *f, bool gzip);
/** Add metadata. @return ACG_OK | ACG_ERR_ARGUMENT | ACG_ERR_LIMIT | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status rpc_fields_add_metadata(struct rpc_fields *f,
                                                      const struct rpc_metadata *metadata, size_t count,
                                                      struct acg_error *err);
/** Add grpc-status and what belongs to it. @return as above. */
ACG_NODISCARD enum acg_status rpc_fields_add_status(struct rpc_fields *f, const struct rpc_status *status,
                                                    struct acg_error *err);
/** @return ACG_OK, or why something is missing in f: ACG_ERR_LIMIT | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status rpc_fields_check(const struct rpc_fields *f, struct acg_error *err);
/** Views for nghttp2. @param out has room for RPC_FIELDS_MAX. @return how many. */
size_t rpc_fields_view(const struct rpc_fields *f, nghttp2_nv *out);

#endif
