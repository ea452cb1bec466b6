/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "testlib/hex.h"
#include "wire/yamux_frame.h"

static enum acg_status decode(const char *text, struct pkr_frame *out, struct acg_error *err)
{
    struct acg_span bytes = hex(text);

    assert_int_equal(bytes.len, PKR_FRAME_HEADER);
    return pkr_frame_decode((const uint8_t *)bytes.data, out, err);
}

static void every_field_is_big_endian(void **st)
{
    (void)st;
    struct pkr_frame f;
    uint8_t out[PKR_FRAME_HEADER];

    assert_int_equal(decode("00 01 0003 01020304 00040000", &f, NULL), ACG_OK);
    assert_int_equal(f.type, PKR_FRAME_WINDOW);
    assert_int_equal(f.flags, PKR_FRAME_SYN | PKR_FRAME_ACK);
    assert_int_equal(f.stream, 0x01020304);
    assert_int_equal(f.length, 262144);
    pkr_frame_encode(&f, out);
    assert_memory_equal(out, hex("00 01 0003 01020304 00040000").data, PKR_FRAME_HEADER);
}

static void another_version_is_refused(void **st)
{
    (void)st;
    struct pkr_frame f = {.stream = 7};
    struct acg_error err = {0};

    assert_int_equal(decode("01 00 0000 00000001 00000000", &f, &err), ACG_ERR_PROTOCOL);
    assert_string_equal(err.message, "yamux version 1, expected 0");
    assert_int_equal(f.stream, 7);
}

static void an_unknown_type_is_refused(void **st)
{
    (void)st;
    struct pkr_frame f;
    struct acg_error err = {0};

    assert_int_equal(decode("00 04 0000 00000000 00000000", &f, &err), ACG_ERR_PROTOCOL);
    assert_string_equal(err.message, "yamux frame of unknown type 4");
}

static void data_and_windows_need_a_stream(void **st)
{
    (void)st;
    struct pkr_frame f;

    assert_int_equal(decode("00 00 0000 00000000 00000001", &f, NULL), ACG_ERR_PROTOCOL);
    assert_int_equal(decode("00 01 0000 00000000 00000001", &f, NULL), ACG_ERR_PROTOCOL);
    assert_int_equal(decode("00 02 0001 00000000 00000001", &f, NULL), ACG_OK);
    assert_int_equal(decode("00 03 0000 00000000 00000001", &f, NULL), ACG_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_big_endian),
        cmocka_unit_test(another_version_is_refused),
        cmocka_unit_test(an_unknown_type_is_refused),
        cmocka_unit_test(data_and_windows_need_a_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
