/* SPDX-License-Identifier: MPL-2.0 */
/** gRPC's status codes and what a call ends with. */
#ifndef RPC_GRPC_STATUS_H
#define RPC_GRPC_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <acg/span.h>

/** The numbers are gRPC's own. */
enum rpc_code {
    RPC_OK = 0,
    RPC_CANCELLED = 1,
    RPC_UNKNOWN = 2,
    RPC_INVALID_ARGUMENT = 3,
    RPC_DEADLINE_EXCEEDED = 4,
    RPC_NOT_FOUND = 5,
    RPC_ALREADY_EXISTS = 6,
    RPC_PERMISSION_DENIED = 7,
    RPC_RESOURCE_EXHAUSTED = 8,
    RPC_FAILED_PRECONDITION = 9,
    RPC_ABORTED = 10,
    RPC_OUT_OF_RANGE = 11,
    RPC_UNIMPLEMENTED = 12,
    RPC_INTERNAL = 13,
    RPC_UNAVAILABLE = 14,
    RPC_DATA_LOSS = 15,
    RPC_UNAUTHENTICATED = 16
};

/** One entry of metadata. A name that ends with "-bin" has any bytes as its value (base64 only on the wire);
 *  every other value is printable ASCII. */
struct rpc_metadata {
    struct acg_span name; /* a to z, 0 to 9, '-', '_', '.' */
    struct acg_span value;
};

/** What a call ends with. Everything is borrowed for the call that takes it. */
struct rpc_status {
    enum rpc_code code;
    const char *message;     /* any UTF-8, percent-encoded on the wire; NULL is empty */
    struct acg_span details; /* a packed google.rpc.Status with the same code and message, or empty */
    const struct rpc_metadata *metadata; /* trailing metadata */
    size_t metadata_count;
};

/** "UNAVAILABLE"; "UNKNOWN" for a number that gRPC does not know. */
const char *rpc_code_name(enum rpc_code code);

#endif
