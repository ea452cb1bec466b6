/* SPDX-License-Identifier: MPL-2.0 */
#include "rpc/grpc_message.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/span.h"
#include "rpc/grpc_meter.h"
#include "rpc/grpc_text.h"

/* ---- The scan before anything is allocated ---- */

enum wire { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

static bool take_varint(struct acg_span *rest, uint64_t *out)
{
    *out = 0;
    for (unsigned shift = 0; shift < 64 && rest->len > 0; shift += 7) {
        uint8_t byte = (uint8_t)*rest->data;

        rest->data++;
        rest->len--;
        *out |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

static bool take_bytes(struct acg_span *rest, uint64_t n, struct acg_span *out)
{
    if (n > rest->len)
        return false;
    *out = (struct acg_span){rest->data, (size_t)n};
    rest->data += n;
    rest->len -= (size_t)n;
    return true;
}

/* One field: its number and, for WIRE_BYTES, what it holds. */
static bool take_field(struct acg_span *rest, uint64_t *number, enum wire *kind, struct acg_span *value)
{
    uint64_t key = 0, n = 0;

    if (!take_varint(rest, &key))
        return false;
    *number = key >> 3;
    *kind = (enum wire)(key & 7);
    switch (*kind) {
    case WIRE_VARINT:
        return take_varint(rest, &n);
    case WIRE_64:
        return take_bytes(rest, 8, value);
    case WIRE_BYTES:
        return take_varint(rest, &n) && take_bytes(rest, n, value);
    case WIRE_32:
        return take_bytes(rest, 4, value);
    }
    return false;
}

static enum acg_status scan(const ProtobufCMessageDescriptor *type, struct acg_span rest, unsigned depth,
                            struct acg_error *err);

static enum acg_status scan_value(const ProtobufCFieldDescriptor *field, struct acg_span value,
                                  unsigned depth, struct acg_error *err)
{
    if (field->type == PROTOBUF_C_TYPE_STRING && !rpc_text_is_utf8(value))
        return acgp_fail_field(err, ACG_ERR_PROTOCOL, field->name, "must be UTF-8 without NUL");
    if (field->type != PROTOBUF_C_TYPE_MESSAGE)
        return ACG_OK;
    if (depth == RPC_DEPTH_MAX)
        return acgp_fail(err, ACG_ERR_PROTOCOL, "messages nested deeper than %u", RPC_DEPTH_MAX);
    return scan(field->descriptor, value, depth + 1, err);
}

/* Singular message fields of one message that were met, by their place in the type. */
struct met {
    uint64_t bits[RPC_TYPE_FIELDS_MAX / 64];
};

/* protobuf-c merges a further one with those before by copying: the time it takes grows with the square of
 * the bytes, and no client sends one. @return whether it is the first, or may be repeated. */
static bool meet(struct met *met, const ProtobufCMessageDescriptor *type,
                 const ProtobufCFieldDescriptor *field)
{
    size_t at = (size_t)(field - type->fields);
    uint64_t bit = UINT64_C(1) << (at % 64);
    bool before = (met->bits[at / 64] & bit) != 0;

    if (field->type != PROTOBUF_C_TYPE_MESSAGE || field->label == PROTOBUF_C_LABEL_REPEATED)
        return true;
    met->bits[at / 64] |= bit;
    return !before;
}

/* Recurses at most RPC_DEPTH_MAX deep. */
static enum acg_status scan(const ProtobufCMessageDescriptor *type, struct acg_span rest, unsigned depth,
                            struct acg_error *err)
{
    struct met met = {{0}};

    if (type->n_fields > RPC_TYPE_FIELDS_MAX)
        return acgp_fail(err, ACG_ERR_PROTOCOL, "type %s has more than %u fields", type->name,
                         RPC_TYPE_FIELDS_MAX);
    while (rest.len > 0) {
        const ProtobufCFieldDescriptor *field = NULL;
        struct acg_span value = {0};
        uint64_t number = 0;
        enum wire kind = WIRE_VARINT;
        enum acg_status status = ACG_OK;

        if (!take_field(&rest, &number, &kind, &value) || number == 0 || number > UINT32_MAX >> 3)
            return acgp_fail(err, ACG_ERR_PROTOCOL, "no message of type %s", type->name);
        field = protobuf_c_message_descriptor_get_field(type, (unsigned)number);
        if (field != NULL && !meet(&met, type, field))
            return acgp_fail_field(err, ACG_ERR_PROTOCOL, field->name, "given more than once");
        if (field != NULL && kind == WIRE_BYTES)
            status = scan_value(field, value, depth, err);
        if (status != ACG_OK)
            return status;
    }
    return ACG_OK;
}

/* ---- Unpacking ---- */

static void *meter_alloc(void *meter, size_t size)
{
    return rpc_meter_alloc(meter, size);
}

static void meter_free(void *meter, void *p)
{
    rpc_meter_free(meter, p);
}

enum acg_status rpc_decode(const ProtobufCMessageDescriptor *type, struct acg_span bytes,
                           ProtobufCMessage **out, struct acg_error *err)
{
    struct rpc_meter meter = {.max = RPC_DECODED_MAX};
    ProtobufCAllocator allocator = {meter_alloc, meter_free, &meter};
    ProtobufCMessage *message = NULL;
    enum acg_status status = scan(type, bytes, 0, err);

    if (status != ACG_OK)
        return status;
    message = protobuf_c_message_unpack(type, &allocator, bytes.len, (const uint8_t *)bytes.data);
    if (message == NULL && meter.over)
        return acgp_fail(err, ACG_ERR_LIMIT, "message larger than %zu bytes when decoded", RPC_DECODED_MAX);
    if (message == NULL && meter.starved)
        return acgp_fail_nomem(err);
    if (message == NULL)
        return acgp_fail(err, ACG_ERR_PROTOCOL, "no message of type %s", type->name);
    *out = message;
    return ACG_OK;
}

void rpc_decoded_free(ProtobufCMessage *message)
{
    ProtobufCAllocator allocator = {meter_alloc, meter_free, NULL};

    if (message != NULL)
        protobuf_c_message_free_unpacked(message, &allocator);
}

enum rpc_code rpc_decode_code(enum acg_status status)
{
    return status == ACG_ERR_LIMIT || status == ACG_ERR_NOMEM ? RPC_RESOURCE_EXHAUSTED : RPC_INVALID_ARGUMENT;
}
