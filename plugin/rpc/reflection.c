/* SPDX-License-Identifier: MPL-2.0 */
/* Both versions have the same messages under other names: v1's serve for both. */
#include "rpc/reflection.h"

#include <string.h>

#include "grpc/reflection/v1/reflection.pb-c.h"

#include "base/alloc.h"
#include "base/span.h"
#include "rpc/grpc_message.h"

typedef Grpc__Reflection__V1__ServerReflectionRequest request;
typedef Grpc__Reflection__V1__ServerReflectionResponse response;
typedef Grpc__Reflection__V1__ServiceResponse service_response;

#define ASKED(what) GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_##what
#define TOLD(what)  GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_##what

/* What stands around one answer while it is sent. */
struct talk {
    const struct rpc_reflection *reflection;
    struct rpc_conn *conn;
    uint32_t call;
    response answer;
};

static void send(struct talk *t)
{
    enum acg_status status = rpc_conn_send_message(t->conn, t->call, &t->answer.base, NULL);

    if (status != ACG_OK)
        rpc_conn_end(t->conn, t->call, RPC_RESOURCE_EXHAUSTED, "no room for the answer");
}

static void send_error(struct talk *t, enum rpc_code code, const char *text)
{
    Grpc__Reflection__V1__ErrorResponse error = GRPC__REFLECTION__V1__ERROR_RESPONSE__INIT;

    error.error_code = (int32_t)code;
    error.error_message = (char *)(uintptr_t)text; /* protobuf-c's messages are not const; it only reads */
    t->answer.message_response_case = TOLD(ERROR_RESPONSE);
    t->answer.error_response = &error;
    send(t);
}

/* ---- Files ---- */

static ProtobufCBinaryData bytes_of(const struct rpc_file *file)
{
    return (ProtobufCBinaryData){file->size, (uint8_t *)(uintptr_t)file->bytes};
}

static void send_file(struct talk *t, const struct rpc_files *files, const struct rpc_file *file)
{
    Grpc__Reflection__V1__FileDescriptorResponse told = GRPC__REFLECTION__V1__FILE_DESCRIPTOR_RESPONSE__INIT;
    ProtobufCBinaryData *list = acgp_alloc(file->need_count, sizeof *list);

    if (list == NULL) {
        send_error(t, RPC_RESOURCE_EXHAUSTED, "out of memory");
        return;
    }
    for (size_t i = 0; i < file->need_count; i++)
        list[i] = bytes_of(&files->files[file->needs[i]]);
    told.n_file_descriptor_proto = file->need_count;
    told.file_descriptor_proto = list;
    t->answer.message_response_case = TOLD(FILE_DESCRIPTOR_RESPONSE);
    t->answer.file_descriptor_response = &told;
    send(t);
    acgp_free(list);
}

static const struct rpc_file *file_by_name(const struct rpc_files *files, const char *name)
{
    for (size_t i = 0; i < files->file_count; i++)
        if (strcmp(files->files[i].name, name) == 0)
            return &files->files[i];
    return NULL;
}

static const struct rpc_file *file_by_symbol(const struct rpc_files *files, const char *name)
{
    size_t low = 0, high = files->symbol_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(files->symbols[middle].name, name);

        if (order == 0)
            return &files->files[files->symbols[middle].file];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static void find(struct talk *t, const char *name,
                 const struct rpc_file *(*look)(const struct rpc_files *, const char *), const char *missing)
{
    for (size_t i = 0; i < t->reflection->files_count; i++) {
        const struct rpc_files *files = t->reflection->files[i];
        const struct rpc_file *file = look(files, name);

        if (file != NULL) {
            send_file(t, files, file);
            return;
        }
    }
    send_error(t, RPC_NOT_FOUND, missing);
}

/* ---- Services and extensions ---- */

static void send_services(struct talk *t)
{
    Grpc__Reflection__V1__ListServiceResponse told = GRPC__REFLECTION__V1__LIST_SERVICE_RESPONSE__INIT;
    size_t count = t->reflection->service_count;
    service_response *rows = acgp_alloc(count, sizeof *rows);
    service_response **list = acgp_alloc(count, sizeof *list);

    if (rows == NULL || list == NULL) {
        send_error(t, RPC_RESOURCE_EXHAUSTED, "out of memory");
    } else {
        for (size_t i = 0; i < count; i++) {
            grpc__reflection__v1__service_response__init(&rows[i]);
            rows[i].name = (char *)(uintptr_t)t->reflection->services[i]->descriptor->name;
            list[i] = &rows[i];
        }
        told.n_service = count;
        told.service = list;
        t->answer.message_response_case = TOLD(LIST_SERVICES_RESPONSE);
        t->answer.list_services_response = &told;
        send(t);
    }
    acgp_free(list);
    acgp_free(rows);
}

/* Schemas with extensions are refused while building: every message has none. */
static void send_no_extensions(struct talk *t, char *type)
{
    Grpc__Reflection__V1__ExtensionNumberResponse told =
        GRPC__REFLECTION__V1__EXTENSION_NUMBER_RESPONSE__INIT;
    bool known = false;

    for (size_t i = 0; i < t->reflection->files_count && !known; i++)
        known = file_by_symbol(t->reflection->files[i], type) != NULL;
    if (!known) {
        send_error(t, RPC_NOT_FOUND, "unknown type");
        return;
    }
    told.base_type_name = type;
    t->answer.message_response_case = TOLD(ALL_EXTENSION_NUMBERS_RESPONSE);
    t->answer.all_extension_numbers_response = &told;
    send(t);
}

/* ---- Calls ---- */

static void answer(struct talk *t, request *asked)
{
    grpc__reflection__v1__server_reflection_response__init(&t->answer);
    t->answer.valid_host = asked->host;
    t->answer.original_request = asked;
    switch (asked->message_request_case) {
    case ASKED(FILE_BY_FILENAME):
        find(t, asked->file_by_filename, file_by_name, "unknown file");
        break;
    case ASKED(FILE_CONTAINING_SYMBOL):
        find(t, asked->file_containing_symbol, file_by_symbol, "unknown symbol");
        break;
    case ASKED(FILE_CONTAINING_EXTENSION):
        send_error(t, RPC_NOT_FOUND, "there are no extensions");
        break;
    case ASKED(ALL_EXTENSION_NUMBERS_OF_TYPE):
        send_no_extensions(t, asked->all_extension_numbers_of_type);
        break;
    case ASKED(LIST_SERVICES):
        send_services(t);
        break;
    default:
        send_error(t, RPC_INVALID_ARGUMENT, "nothing was asked");
        break;
    }
}

static void on_message(struct talk *t, const struct rpc_event *event)
{
    ProtobufCMessage *message = NULL;
    struct acg_error err = {0};
    enum acg_status status = rpc_decode(&grpc__reflection__v1__server_reflection_request__descriptor,
                                        event->message, &message, &err);

    if (status != ACG_OK) {
        rpc_conn_end(t->conn, t->call, rpc_decode_code(status), err.message);
        return;
    }
    answer(t, (request *)message);
    rpc_decoded_free(message);
    if (rpc_conn_queued(t->conn, t->call) > RPC_REFLECTION_QUEUED_MAX) {
        rpc_conn_pause(t->conn, t->call, true);
        rpc_conn_want_room(t->conn, t->call, 0);
    }
}

static bool ours(const struct rpc_event *event)
{
    return event->kind != RPC_CLOSED &&
           (event->method.service->descriptor == rpc_service_grpc_reflection_v1_ServerReflection.descriptor ||
            event->method.service->descriptor ==
                rpc_service_grpc_reflection_v1alpha_ServerReflection.descriptor);
}

bool rpc_reflection_handle(const struct rpc_reflection *reflection, struct rpc_conn *conn,
                           const struct rpc_event *event)
{
    struct talk t = {.reflection = reflection, .conn = conn, .call = event->call};

    if (!ours(event))
        return false;
    if (event->kind == RPC_MESSAGE)
        on_message(&t, event);
    else if (event->kind == RPC_ROOM)
        rpc_conn_pause(conn, event->call, false);
    else if (event->kind == RPC_HALF_CLOSED)
        rpc_conn_end(conn, event->call, RPC_OK, NULL);
    return true;
}
