/* SPDX-License-Identifier: MPL-2.0 */
/* Our spec encodings beside files that real Packers were seen to accept, in the folder VECTORS. */
#include "testlib/test.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/span.h"
#include "wire/gob.h"
#include "wire/spec_proto.h"

#define ATTR(n, t)                                                                                           \
    {                                                                                                        \
        .kind = PKR_SPEC_ATTR, .name = n, .type = &(t)                                                       \
    }
#define REQUIRED(n, t)                                                                                       \
    {                                                                                                        \
        .kind = PKR_SPEC_ATTR, .name = n, .type = &(t), .required = true                                     \
    }
#define OBJECT(e)                                                                                            \
    {                                                                                                        \
        e, sizeof(e) / sizeof((e)[0])                                                                        \
    }

static const struct pkr_spec_entry x[] = {ATTR("x", pkr_type_string)}, y[] = {ATTR("y", pkr_type_number)};
static const struct pkr_spec_object b = OBJECT(x), c = OBJECT(y);
static const struct pkr_spec_entry z[] = {REQUIRED("z", pkr_type_bool)};
static const struct pkr_spec_object d = OBJECT(z);
static const struct pkr_spec_entry y_and_d[] = {
    ATTR("y", pkr_type_number), {.kind = PKR_SPEC_BLOCK, .name = "d", .nested = &d, .required = true}};
static const struct pkr_spec_object c_and_d = OBJECT(y_and_d);

static const struct pkr_spec_entry one_string[] = {ATTR("a", pkr_type_string)};
static const struct pkr_spec_entry one_string_required[] = {REQUIRED("a", pkr_type_string)};
static const struct pkr_spec_entry flat[] = {
    REQUIRED("s", pkr_type_string),  ATTR("n", pkr_type_number),     ATTR("t", pkr_type_bool),
    ATTR("l", pkr_type_list_string), ATTR("m", pkr_type_map_string), ATTR("lm", pkr_type_list_map_string)};
static const struct pkr_spec_entry gob_all[] = {
    REQUIRED("s", pkr_type_string),
    ATTR("n", pkr_type_number),
    ATTR("t", pkr_type_bool),
    ATTR("l", pkr_type_list_string),
    ATTR("m", pkr_type_map_string),
    ATTR("lm", pkr_type_list_map_string),
    {.kind = PKR_SPEC_BLOCK, .name = "b", .nested = &b},
    {.kind = PKR_SPEC_BLOCK_LIST, .name = "c", .nested = &c_and_d},
};
static const struct pkr_spec_entry block[] = {{.kind = PKR_SPEC_BLOCK, .name = "b", .nested = &b}};
static const struct pkr_spec_entry block_list[] = {{.kind = PKR_SPEC_BLOCK_LIST, .name = "c", .nested = &c}};
static const struct pkr_spec_entry proto_all[] = {
    {.kind = PKR_SPEC_BLOCK, .name = "b", .nested = &b},
    {.kind = PKR_SPEC_BLOCK_LIST, .name = "c", .nested = &c},
    ATTR("l", pkr_type_list_string),
    ATTR("m", pkr_type_map_string),
    ATTR("n", pkr_type_number),
    REQUIRED("s", pkr_type_string),
    ATTR("t", pkr_type_bool),
};
static struct acg_span read_file(const char *name)
{
    static char bytes[65536];
    char path[1024];
    FILE *file = NULL;
    size_t n = 0;

    snprintf(path, sizeof path, "%s/%s", VECTORS, name);
    file = fopen(path, "rb");
    assert_non_null(file);
    n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_true(n > 0 && n < sizeof bytes);
    return acgp_span_of(bytes, n);
}

static void expect(const char *name, const struct acgp_buf *out)
{
    struct acg_span recorded = read_file(name);

    assert_int_equal(out->len, recorded.len);
    assert_memory_equal(out->data, recorded.data, recorded.len);
}

static void expect_gob(const char *name, struct pkr_spec_object spec)
{
    struct acgp_buf out;

    acgp_buf_init(&out, PKR_SPEC_BYTES_MAX);
    assert_int_equal(pkr_gob_encode_spec(&spec, &out, NULL), ACG_OK);
    expect(name, &out);
    acgp_buf_done(&out);
}

static void expect_proto(const char *name, struct pkr_spec_object spec)
{
    struct acgp_buf out;

    acgp_buf_init(&out, PKR_SPEC_BYTES_MAX);
    assert_int_equal(pkr_spec_proto_encode(&spec, &out, NULL), ACG_OK);
    expect(name, &out);
    acgp_buf_done(&out);
}

static void gob_is_the_recorded_gob_byte_for_byte(void **st)
{
    (void)st;
    expect_gob("gob-deffirst-empty.bin", (struct pkr_spec_object){NULL, 0});
    expect_gob("gob-deffirst-one-string.bin", (struct pkr_spec_object)OBJECT(one_string));
    expect_gob("gob-deffirst-flat.bin", (struct pkr_spec_object)OBJECT(flat));
    expect_gob("gob-deffirst-all.bin", (struct pkr_spec_object)OBJECT(gob_all));
}

static void protobuf_is_the_recorded_protobuf_byte_for_byte(void **st)
{
    (void)st;
    expect_proto("proto-empty.bin", (struct pkr_spec_object){NULL, 0});
    expect_proto("proto-one-string.bin", (struct pkr_spec_object)OBJECT(one_string));
    expect_proto("proto-one-string-req.bin", (struct pkr_spec_object)OBJECT(one_string_required));
    expect_proto("proto-block.bin", (struct pkr_spec_object)OBJECT(block));
    expect_proto("proto-blocklist.bin", (struct pkr_spec_object)OBJECT(block_list));
    expect_proto("proto-all.bin", (struct pkr_spec_object)OBJECT(proto_all));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gob_is_the_recorded_gob_byte_for_byte),
        cmocka_unit_test(protobuf_is_the_recorded_protobuf_byte_for_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
