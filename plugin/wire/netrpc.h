/* SPDX-License-Identifier: MPL-2.0 */
/** Go's net/rpc in msgpack over one stream, seen from one end: one side calls, the other answers.
 *
 *      request = header body, header {"ServiceMethod", "Seq"};  reply = header body, header + {"Error"}
 *
 *  Read tolerantly, as Go's codec does: keys in any order, unknown keys ignored, missing keys zero, any
 *  integer form, text as string or byte string, a header as an array in the order of declaration. Bytes in,
 *  messages out; what is to be sent is appended to a buffer of the caller. Never blocks. */
#ifndef PKR_NETRPC_H
#define PKR_NETRPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/export.h>
#include <acg/span.h>

#include "base/buf.h"
#include "wire/value.h"

/** Calls without a reply, each way: Packer has at most two open, an artifact a handful. */
#define PKR_RPC_CALLS_MAX 64u
/** Longest method name, bytes: the longest of Packer's holds the name of an uploaded file. */
#define PKR_RPC_METHOD_MAX 512u
/** Longest message, header and body together, bytes. */
#define PKR_RPC_MESSAGE_MAX (PKR_VALUE_BYTES_MAX + 65536)
/** Bytes received and not decoded: a message that is incomplete, and a window of the next ones. */
#define PKR_RPC_RECEIVED_MAX (PKR_RPC_MESSAGE_MAX + 262144)

enum pkr_rpc_role { PKR_RPC_CALLER = 1, PKR_RPC_CALLEE = 2 };

/** A call without a reply. */
struct pkr_rpc_call {
    uint64_t handle; /* 0: free */
    uint64_t seq;
    char *method; /* CALLEE: repeated in the reply */
};

/** One end. Do not touch the fields. */
struct pkr_netrpc {
    enum pkr_rpc_role role;
    uint64_t *handles; /* counter of the owner: the last handle given out */
    char *bytes;       /* received: [start, start + len) */
    size_t start, len, capacity;
    size_t scanned;       /* of len: bytes of the current message that were looked at */
    struct pkr_scan scan; /* of the current value */
    size_t header_len;    /* bytes of the header once it is complete, else 0 */
    uint64_t next_seq;
    struct pkr_rpc_call calls[PKR_RPC_CALLS_MAX];
};

/** One decoded message. The trees are owned by whoever holds it (pkr_rpc_message_done). */
struct pkr_rpc_message {
    uint64_t handle; /* CALLEE: of the new call; 0 when PKR_RPC_CALLS_MAX are open: answer with an error
                        by pkr_netrpc_refuse. CALLER: of the call that this answers */
    uint64_t seq;
    struct acg_span method; /* lent by header */
    struct acg_span error;  /* CALLER: the peer's error text, empty for success; lent by header */
    struct pkr_tree *header;
    struct pkr_tree *body;
};

/** @param handles borrowed, must outlive rpc: handles count up in it, so that several ends can share it. */
void pkr_netrpc_init(struct pkr_netrpc *rpc, enum pkr_rpc_role role, uint64_t *handles);
/** Free what it holds, wiping received bytes. */
void pkr_netrpc_done(struct pkr_netrpc *rpc);
void pkr_rpc_message_done(struct pkr_rpc_message *message);

/** Take bytes; copied. @return ACG_OK | ACG_ERR_LIMIT (PKR_RPC_RECEIVED_MAX) | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status pkr_netrpc_push(struct pkr_netrpc *rpc, struct acg_span in,
                                              struct acg_error *err);
/** Bytes taken and not decoded yet. */
size_t pkr_netrpc_received(const struct pkr_netrpc *rpc);
/** Decode the next message. Replies to nothing that we asked are skipped.
 *  @param got whether there was one: false means that more bytes are needed.
 *  @param out filled when *got; owned by caller.
 *  @return ACG_OK | ACG_ERR_PROTOCOL | ACG_ERR_LIMIT | ACG_ERR_NOMEM. A failure is final. */
ACG_NODISCARD enum acg_status pkr_netrpc_next(struct pkr_netrpc *rpc, bool *got, struct pkr_rpc_message *out,
                                              struct acg_error *err);

/** CALLER: append a request. @param method, body borrowed. @param out unchanged on failure.
 *  @return ACG_OK | ACG_ERR_LIMIT (calls open, or a cap of value.h, or the method's length) | ACG_ERR_NOMEM.
 */
ACG_NODISCARD enum acg_status pkr_netrpc_call(struct pkr_netrpc *rpc, const char *method,
                                              const struct pkr_value *body, struct acgp_buf *out,
                                              uint64_t *out_handle, struct acg_error *err);
/** CALLEE: append the reply to an open call; the call stays open until pkr_netrpc_forget.
 *  @param error text, empty or NULL for success. @param body borrowed, NULL is nil. @param out unchanged on
 *  failure. @return ACG_OK | ACG_ERR_CLOSED (no such call) | ACG_ERR_LIMIT | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status pkr_netrpc_reply(struct pkr_netrpc *rpc, uint64_t handle, const char *error,
                                               const struct pkr_value *body, struct acgp_buf *out,
                                               struct acg_error *err);
/** CALLEE: append an error reply to a message that came without a handle. Otherwise as pkr_netrpc_reply. */
ACG_NODISCARD enum acg_status pkr_netrpc_refuse(const struct pkr_rpc_message *message, const char *error,
                                                struct acgp_buf *out, struct acg_error *err);
/** Close a call: it was answered, or was never sent. Fine for a handle that is not open. */
void pkr_netrpc_forget(struct pkr_netrpc *rpc, uint64_t handle);
bool pkr_netrpc_has(const struct pkr_netrpc *rpc, uint64_t handle);
/** The method of an open call, lent until it is closed; CALLEE. NULL when not open. */
const char *pkr_netrpc_method(const struct pkr_netrpc *rpc, uint64_t handle);
/** How many calls are open. */
size_t pkr_netrpc_open(const struct pkr_netrpc *rpc);
/** The oldest open call; 0 when there is none. */
uint64_t pkr_netrpc_oldest(const struct pkr_netrpc *rpc);

#endif
