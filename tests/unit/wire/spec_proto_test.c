/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/buf.h"
#include "base/span.h"
#include "testlib/hex.h"
#include "wire/spec_proto.h"

static void expect(struct pkr_spec_entry entry, const char *text)
{
    struct pkr_spec_object spec = {&entry, entry.name != NULL ? 1 : 0};
    struct acg_span expected = hex(text);
    struct acgp_buf out;

    acgp_buf_init(&out, PKR_SPEC_BYTES_MAX);
    assert_int_equal(pkr_spec_proto_encode(&spec, &out, NULL), ACG_OK);
    assert_int_equal(out.len, expected.len);
    assert_memory_equal(out.data, expected.data, expected.len);
    acgp_buf_done(&out);
}

static void an_empty_spec_still_says_object(void **st)
{
    (void)st;
    expect((struct pkr_spec_entry){0}, "0a00");
}

static void attributes_name_their_types(void **st)
{
    (void)st;
    expect((struct pkr_spec_entry){.kind = PKR_SPEC_ATTR, .name = "a", .type = &pkr_type_string},
           "0a1c 0a1a 0a01'a' 1215 1213 0a01'a' 120e 0a0c 0a0a'cty.String'");
    expect(
        (struct pkr_spec_entry){.kind = PKR_SPEC_ATTR, .name = "a", .type = &pkr_type_bool, .required = true},
        "0a1c 0a1a 0a01'a' 1215 1213 0a01'a' 120c 0a0a 0a08'cty.Bool' 1801");
    expect((struct pkr_spec_entry){.kind = PKR_SPEC_ATTR, .name = "l", .type = &pkr_type_list_string},
           "0a20 0a1e 0a01'l' 1219 1217 0a01'l' 1212 1210 0a0e 0a0c 0a0a'cty.String'");
    expect((struct pkr_spec_entry){.kind = PKR_SPEC_ATTR, .name = "l", .type = &pkr_type_list_map_string},
           "0a24 0a22 0a01'l' 121d 121b 0a01'l' 1216 1214 0a12 1a10 0a0e 0a0c 0a0a'cty.String'");
}

static void blocks_nest_specs(void **st)
{
    (void)st;
    const struct pkr_spec_entry x = {.kind = PKR_SPEC_ATTR, .name = "x", .type = &pkr_type_number};
    const struct pkr_spec_object nested = {&x, 1};

    expect((struct pkr_spec_entry){.kind = PKR_SPEC_BLOCK, .name = "b", .nested = &nested},
           "0a2c 0a2a 0a01'b' 1225 1a23 0a01'b' 1a1e 0a1c 0a1a 0a01'x' 1215 1213 0a01'x' 120e 0a0c "
           "0a0a'cty.Number'");
    expect(
        (struct pkr_spec_entry){.kind = PKR_SPEC_BLOCK_LIST, .name = "c", .nested = &nested, .min_items = 1},
        "0a2c 0a2a 0a01'c' 1225 2223 0a01'c' 121e 0a1c 0a1a 0a01'x' 1215 1213 0a01'x' 120e 0a0c "
        "0a0a'cty.Number'");
}

static void a_buffer_that_is_too_small_is_left_alone(void **st)
{
    (void)st;
    const struct pkr_spec_object spec = {NULL, 0};
    struct acgp_buf out;

    acgp_buf_init(&out, 1);
    assert_int_equal(pkr_spec_proto_encode(&spec, &out, NULL), ACG_ERR_LIMIT);
    assert_int_equal(out.len, 0);
    assert_false(out.failed);
    acgp_buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_spec_still_says_object),
        cmocka_unit_test(attributes_name_their_types),
        cmocka_unit_test(blocks_nest_specs),
        cmocka_unit_test(a_buffer_that_is_too_small_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
