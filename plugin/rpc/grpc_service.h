/* SPDX-License-Identifier: MPL-2.0 */
/** What a server offers: protobuf-c's descriptors, and beside them what those lose: which methods stream. The
 *  tables are made from the .proto files while building (acg_proto_service in proto/CMakeLists.txt). */
#ifndef RPC_GRPC_SERVICE_H
#define RPC_GRPC_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include <acg/span.h>

/** How one method streams. */
struct rpc_streams {
    bool client; /* any number of requests; else exactly one */
    bool server; /* any number of responses; else exactly one, or none with an error */
};

/** One service. streams has descriptor->n_methods rows, in the order of descriptor->methods. */
struct rpc_service {
    const ProtobufCServiceDescriptor *descriptor;
    const struct rpc_streams *streams;
};

/** One method, looked up. */
struct rpc_method {
    const struct rpc_service *service;
    unsigned index; /* in the .proto file's order: descriptor->methods[index] */
    const ProtobufCMessageDescriptor *input, *output;
    struct rpc_streams streams;
};

/** One .proto file for reflection: its FileDescriptorProto, and the files that it needs, itself included. */
struct rpc_file {
    const char *name; /* "grpc/health/v1/health.proto" */
    const unsigned char *bytes;
    size_t size;
    const uint16_t
        *needs; /* indexes into rpc_files.files: itself first, then what it imports, transitively */
    size_t need_count;
};

/** A full name (message, enum, service, method, field) and where it stands. */
struct rpc_symbol {
    const char *name;
    uint16_t file;
};

/** Everything of one acg_proto_service. */
struct rpc_files {
    const struct rpc_file *files;
    size_t file_count;
    const struct rpc_symbol *symbols; /* by name, as strcmp sorts */
    size_t symbol_count;
    const struct rpc_service *services;
    size_t service_count;
};

enum rpc_found { RPC_FOUND = 0, RPC_NO_SERVICE, RPC_NO_METHOD, RPC_BAD_PATH };

/** Look up "/package.Service/Method". @param out set when RPC_FOUND. */
enum rpc_found rpc_method_find(const struct rpc_service *const *services, size_t count, struct acg_span path,
                               struct rpc_method *out);
/** The method's name: "Check". */
const char *rpc_method_name(const struct rpc_method *method);
/** Whether this is that service's method of that name. */
bool rpc_method_is(const struct rpc_method *method, const struct rpc_service *service, const char *name);

#endif
