/* SPDX-License-Identifier: MPL-2.0 */
/** The headers of one request, collected as they come: what gRPC wants to know of them, and the metadata. */
#ifndef RPC_GRPC_HEAD_H
#define RPC_GRPC_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "rpc/grpc_status.h"

struct rpc_head_entry {
    uint32_t name, name_len, value, value_len; /* within text */
};

struct rpc_head {
    struct acgp_buf text;
    struct rpc_head_entry *entries; /* metadata */
    size_t count, capacity;
    size_t seen, size; /* fields and bytes, as HTTP/2 counts them */
    struct rpc_head_entry path, encoding;
    bool post, grpc, te, gzip_in, gzip_out, strange_encoding;
    int64_t timeout_ms;  /* -1: none was sent */
    enum rpc_code fault; /* a field broke a rule; RPC_OK: none did */
    const char *fault_text;
};

/** Make it empty; holds no memory until a field is added. */
void rpc_head_init(struct rpc_head *head);
/** Wipe and free what it holds. Views of it end. */
void rpc_head_done(struct rpc_head *head);
/** Take one field. @return false: out of memory. Whatever else is wrong with it becomes head->fault. */
bool rpc_head_add(struct rpc_head *head, struct acg_span name, struct acg_span value);
struct acg_span rpc_head_path(const struct rpc_head *head);
struct acg_span rpc_head_encoding(const struct rpc_head *head);
/** Fill out, which has room for RPC_METADATA_MAX, with views of the metadata. @return how many. */
size_t rpc_head_metadata(const struct rpc_head *head, struct rpc_metadata *out);

#endif
