/* SPDX-License-Identifier: MPL-2.0 */
/** Decoding of requests that somebody else packed: what protobuf-c itself does not look at is looked at here,
 *  before anything is allocated for it. */
#ifndef RPC_GRPC_MESSAGE_H
#define RPC_GRPC_MESSAGE_H

#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

#include <acg/error.h>
#include <acg/export.h>
#include <acg/span.h>

#include "rpc/grpc_status.h"

/** Messages within messages: ours need a handful; protobuf-c recurses, and some thousands end the stack. */
#define RPC_DEPTH_MAX 32u
/** Fields of one message type, groups of 64: ours have some twenty. */
#define RPC_TYPE_FIELDS_MAX 256u
/** What one decoded message may take, bytes: eight times the largest that comes in. Packed bytes can grow
 *  fifty-fold. */
#define RPC_DECODED_MAX ((size_t)32 * 1024 * 1024)

/** Unpack a message: depth, memory, UTF-8 and NUL of every string field are checked. A field that holds one
 *  message comes at most once: protobuf would merge a second one, which clients never send.
 *  @param bytes borrowed for the call. @param out owned by caller (rpc_decoded_free).
 *  @return ACG_OK | ACG_ERR_PROTOCOL (not that message; too deep; a string that is no text or a message
 *  field given twice: err->field names it; a type of more than RPC_TYPE_FIELDS_MAX fields) | ACG_ERR_LIMIT
 * (RPC_DECODED_MAX) | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status rpc_decode(const ProtobufCMessageDescriptor *type, struct acg_span bytes,
                                         ProtobufCMessage **out, struct acg_error *err);
/** Free what rpc_decode made. NULL is fine. */
void rpc_decoded_free(ProtobufCMessage *message);
/** The code a call ends with when rpc_decode failed: RPC_RESOURCE_EXHAUSTED for caps and memory, else
 *  RPC_INVALID_ARGUMENT: the bytes are the client's fault. */
enum rpc_code rpc_decode_code(enum acg_status status);

#endif
