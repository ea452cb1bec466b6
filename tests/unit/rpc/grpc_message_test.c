/* SPDX-License-Identifier: MPL-2.0 */
/* Hostile messages. Packer's schema serves as one that nests: no schema of the service does. */
#include "testlib/test.h"

#include "grpc/health/v1/health.pb-c.h"
#include "hcl_spec.pb-c.h"

#include "base/buf.h"
#include "base/span.h"
#include "rpc/grpc_message.h"

#define REQUEST &grpc__health__v1__health_check_request__descriptor
#define NESTING &acg__packer__type__descriptor

static enum acg_status decode(const ProtobufCMessageDescriptor *type, const void *bytes, size_t len)
{
    struct acg_error err = {0};
    ProtobufCMessage *message = NULL;
    enum acg_status status = rpc_decode(type, acgp_span_of(bytes, len), &message, &err);

    assert_true((message != NULL) == (status == ACG_OK));
    assert_true(status == ACG_OK || err.message[0] != '\0');
    rpc_decoded_free(message);
    return status;
}

static void a_message_is_decoded(void **st)
{
    ProtobufCMessage *message = NULL;

    (void)st;
    assert_int_equal(rpc_decode(REQUEST, acgp_span("\x0a\x05hello"), &message, NULL), ACG_OK);
    assert_string_equal(((Grpc__Health__V1__HealthCheckRequest *)message)->service, "hello");
    rpc_decoded_free(message);
    assert_int_equal(decode(REQUEST, "", 0), ACG_OK);
    rpc_decoded_free(NULL);
}

static void strings_are_text(void **st)
{
    ProtobufCMessage *message = NULL;
    struct acg_error err = {0};

    (void)st;
    assert_int_equal(rpc_decode(REQUEST, acgp_span("\x0a\x01\xff"), &message, &err), ACG_ERR_PROTOCOL);
    assert_string_equal(err.field, "service");
    assert_int_equal(decode(REQUEST,
                            "\x0a\x03"
                            "a\0b",
                            5),
                     ACG_ERR_PROTOCOL);
    assert_int_equal(rpc_decode_code(ACG_ERR_PROTOCOL), RPC_INVALID_ARGUMENT);
    assert_int_equal(rpc_decode_code(ACG_ERR_LIMIT), RPC_RESOURCE_EXHAUSTED);
}

static void garbage_is_refused(void **st)
{
    static const char *const bad[] = {"\xff\xff\xff", "\x0a\x05hell",
                                      "\x0b",         "\x0c",
                                      "\x07",         "\x02\x01",
                                      "\x0a",         "\x10",
                                      "\x11\x01\x02", "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"};

    (void)st;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(decode(REQUEST, bad[i], strlen(bad[i])), ACG_ERR_PROTOCOL);
    assert_int_equal(decode(REQUEST, "\x00\x01", 2), ACG_ERR_PROTOCOL); /* field 0 */
}

/* A type within depth lists. */
static void nest(struct acgp_buf *out, unsigned depth)
{
    acgp_buf_clear(out);
    for (unsigned i = 0; i < depth; i++) {
        struct acgp_buf inner, outer;

        acgp_buf_init(&inner, 1 << 20);
        acgp_buf_init(&outer, 1 << 20);
        for (int level = 0; level < 2; level++) { /* Type.list (2), then List.element (1): from inside */
            struct acgp_buf *from = level == 0 ? out : &inner, *to = level == 0 ? &inner : &outer;
            size_t n = from->len;

            acgp_buf_byte(to, level == 0 ? 0x0a : 0x12);
            for (; n >= 0x80; n >>= 7)
                acgp_buf_byte(to, (uint8_t)(n | 0x80));
            acgp_buf_byte(to, (uint8_t)n);
            acgp_buf_append(to, from->len ? from->data : "", from->len);
        }
        acgp_buf_done(&inner);
        acgp_buf_done(out);
        *out = outer;
    }
}

static void depth_is_capped_before_anything_is_built(void **st)
{
    struct acgp_buf bytes;

    (void)st;
    acgp_buf_init(&bytes, 1 << 20);
    nest(&bytes, RPC_DEPTH_MAX / 2);
    assert_int_equal(decode(NESTING, bytes.data, bytes.len), ACG_OK);
    nest(&bytes, RPC_DEPTH_MAX / 2 + 1);
    assert_int_equal(decode(NESTING, bytes.data, bytes.len), ACG_ERR_PROTOCOL);
    nest(&bytes, 9000);
    assert_int_equal(decode(NESTING, bytes.data, bytes.len), ACG_ERR_PROTOCOL);
    acgp_buf_done(&bytes);
}

/* Decoded, each further one is merged with all before it: time would grow with the square of the bytes. */
static void a_message_field_that_is_no_list_comes_once(void **st)
{
    ProtobufCMessage *message = NULL;
    struct acg_error err = {0};

    (void)st;
    assert_int_equal(decode(NESTING, "\x12\0", 2), ACG_OK);
    assert_int_equal(rpc_decode(NESTING, acgp_span_of("\x12\0\x12\0", 4), &message, &err), ACG_ERR_PROTOCOL);
    assert_string_equal(err.field, "list");
    assert_string_equal(err.message, "given more than once");
    assert_int_equal(decode(NESTING, "\x12\4\x0a\0\x0a\0", 6), ACG_ERR_PROTOCOL);
    assert_int_equal(decode(&acg__packer__object__descriptor, "\x0a\0\x0a\0", 4), ACG_OK); /* a list */
    assert_int_equal(decode(REQUEST, "\x0a\1a\x0a\1b", 6), ACG_OK);                        /* a scalar */
}

static void growth_is_capped(void **st)
{
    static char fields[4 * 1024 * 1024];

    (void)st;
    for (size_t i = 0; i < sizeof fields; i += 2) { /* unknown varints: each becomes a struct */
        fields[i] = 0x78;
        fields[i + 1] = 1;
    }
    assert_int_equal(decode(REQUEST, fields, sizeof fields), ACG_ERR_LIMIT);
    assert_int_equal(decode(REQUEST, fields, 65536), ACG_OK);
    for (size_t i = 0; i < sizeof fields; i += 2) { /* empty entries of a map */
        fields[i] = 0x0a;
        fields[i + 1] = 0;
    }
    assert_int_equal(decode(&acg__packer__object__descriptor, fields, sizeof fields), ACG_ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_decoded),
        cmocka_unit_test(strings_are_text),
        cmocka_unit_test(garbage_is_refused),
        cmocka_unit_test(depth_is_capped_before_anything_is_built),
        cmocka_unit_test(a_message_field_that_is_no_list_comes_once),
        cmocka_unit_test(growth_is_capped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
