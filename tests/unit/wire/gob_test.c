/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/span.h"
#include "testlib/hex.h"
#include "wire/gob.h"

#define DEFINITIONS                                                                                          \
    "1a ff81 04 01 01 0a'ObjectSpec' 01 ff82 00 01 0c 01 10 00 00 "                                          \
    "36 ff83 03 01 01 08'AttrSpec' 01 ff84 00 01 03 01 04'Name' 01 0c 00 01 04'Type' 01 ff86 00 "            \
    "01 08'Required' 01 02 00 00 00 "                                                                        \
    "10 ff85 05 01 01 04'Type' 01 ff86 00 00 00 "                                                            \
    "3c ff87 03 01 01 09'BlockSpec' 01 ff88 00 01 03 01 08'TypeName' 01 0c 00 01 06'Nested' 01 10 00 "       \
    "01 08'Required' 01 02 00 00 00 "                                                                        \
    "4d ff89 03 01 01 0d'BlockListSpec' 01 ff8a 00 01 04 01 08'TypeName' 01 0c 00 01 06'Nested' 01 10 00 "   \
    "01 08'MinItems' 01 04 00 01 08'MaxItems' 01 04 00 00 00 "
#define ENVELOPE                                                                                             \
    "2a ff81 03 01 01 07'gobType' 01 ff82 00 01 02 01 07'Version' 01 04 00 01 04'Impl' 01 10 00 00 00 "
#define PRIMITIVE(kind)                                                                                      \
    ENVELOPE "24 ff83 03 01 01 0d'primitiveType' 01 ff84 00 01 01 01 04'Kind' 01 06 00 00 00 "               \
             "36 ff82 02 2b'github.com/zclconf/go-cty/cty.primitiveType' ff84 03 01 " kind " 00 00 "
#define OBJECT "2d'github.com/hashicorp/hcl/v2/hcldec.ObjectSpec' ff82 "

static void expect(const struct pkr_spec_entry *entries, size_t count, const char *value)
{
    struct pkr_spec_object spec = {entries, count};
    struct acg_span head = hex(DEFINITIONS), tail = hex(value);
    struct acgp_buf out;

    acgp_buf_init(&out, PKR_SPEC_BYTES_MAX);
    assert_int_equal(pkr_gob_encode_spec(&spec, &out, NULL), ACG_OK);
    assert_int_equal(head.len, 238);
    assert_int_equal(out.len, head.len + tail.len);
    assert_memory_equal(out.data, head.data, head.len);
    assert_memory_equal(out.data + head.len, tail.data, tail.len);
    acgp_buf_done(&out);
}

static void an_empty_spec_is_an_empty_map(void **st)
{
    (void)st;
    expect(NULL, 0, "04 ff82 00 00");
}

static void attributes_carry_their_type_as_a_stream_of_its_own(void **st)
{
    (void)st;
    const struct pkr_spec_entry optional = {.kind = PKR_SPEC_ATTR, .name = "a", .type = &pkr_type_string};
    const struct pkr_spec_entry required = {
        .kind = PKR_SPEC_ATTR, .name = "n", .type = &pkr_type_number, .required = true};

    expect(&optional, 1,
           "ffa9 ff82 00 01 01'a' 10'*hcldec.AttrSpec' ff84 ff8e 01 01'a' 01 ff87 " PRIMITIVE("53") "00");
    expect(
        &required, 1,
        "ffab ff82 00 01 01'n' 10'*hcldec.AttrSpec' ff84 ff90 01 01'n' 01 ff87 " PRIMITIVE("4e") "01 01 00");
}

static void collections_nest_streams(void **st)
{
    (void)st;
    const struct pkr_spec_entry list = {.kind = PKR_SPEC_ATTR, .name = "l", .type = &pkr_type_list_string};
    const struct pkr_spec_entry map = {.kind = PKR_SPEC_ATTR, .name = "m", .type = &pkr_type_map_string};

    expect(&list, 1,
           "fe0145 ff82 00 01 01'l' 10'*hcldec.AttrSpec' ff84 fe0129 01 01'l' 01 fe0121 " ENVELOPE
           "28 ff83 03 01 01 08'typeList' 01 ff84 00 01 01 01 0c'ElementTypeT' 01 ff86 00 00 00 "
           "10 ff85 05 01 01 04'Type' 01 ff86 00 00 00 "
           "ffba ff82 02 26'github.com/zclconf/go-cty/cty.typeList' ff84 ff8b 01 ff87 " PRIMITIVE(
               "53") "00 00 00");
    expect(&map, 1,
           "fe0143 ff82 00 01 01'm' 10'*hcldec.AttrSpec' ff84 fe0127 01 01'm' 01 fe011f " ENVELOPE
           "27 ff83 03 01 01 07'typeMap' 01 ff84 00 01 01 01 0c'ElementTypeT' 01 ff86 00 00 00 "
           "10 ff85 05 01 01 04'Type' 01 ff86 00 00 00 "
           "ffb9 ff82 02 25'github.com/zclconf/go-cty/cty.typeMap' ff84 ff8b 01 ff87 " PRIMITIVE(
               "53") "00 00 00");
}

static void blocks_hold_objects(void **st)
{
    (void)st;
    const struct pkr_spec_object empty = {NULL, 0};
    const struct pkr_spec_entry one = {
        .kind = PKR_SPEC_BLOCK, .name = "b", .nested = &empty, .required = true};
    const struct pkr_spec_entry any = {.kind = PKR_SPEC_BLOCK_LIST, .name = "c", .nested = &empty};
    const struct pkr_spec_entry some = {
        .kind = PKR_SPEC_BLOCK_LIST, .name = "c", .nested = &empty, .min_items = 1, .max_items = 100};
    const struct pkr_spec_entry most = {
        .kind = PKR_SPEC_BLOCK_LIST, .name = "c", .nested = &empty, .max_items = 3};

    expect(&one, 1,
           "55 ff82 00 01 01'b' 11'*hcldec.BlockSpec' ff88 3a 01 01'b' 01 " OBJECT "02 00 00 01 01 00");
    expect(&any, 1,
           "57 ff82 00 01 01'c' 15'*hcldec.BlockListSpec' ff8a 38 01 01'c' 01 " OBJECT "02 00 00 00");
    expect(&some, 1,
           "5c ff82 00 01 01'c' 15'*hcldec.BlockListSpec' ff8a 3d 01 01'c' 01 " OBJECT
           "02 00 00 01 02 01 ffc8 00");
    expect(&most, 1,
           "59 ff82 00 01 01'c' 15'*hcldec.BlockListSpec' ff8a 3a 01 01'c' 01 " OBJECT "02 00 00 02 06 00");
}

static void the_same_spec_gives_the_same_bytes_behind_what_was_there(void **st)
{
    (void)st;
    const struct pkr_spec_entry entry = {.kind = PKR_SPEC_ATTR, .name = "a", .type = &pkr_type_bool};
    const struct pkr_spec_object spec = {&entry, 1};
    struct acgp_buf out;

    acgp_buf_init(&out, PKR_SPEC_BYTES_MAX);
    assert_int_equal(pkr_gob_encode_spec(&spec, &out, NULL), ACG_OK);
    size_t once = out.len;
    assert_int_equal(pkr_gob_encode_spec(&spec, &out, NULL), ACG_OK);
    assert_int_equal(out.len, 2 * once);
    assert_memory_equal(out.data, out.data + once, once);
    acgp_buf_done(&out);
}

static void a_buffer_that_is_too_small_is_left_alone(void **st)
{
    (void)st;
    const struct pkr_spec_object spec = {NULL, 0};
    struct acgp_buf out;

    acgp_buf_init(&out, 240);
    assert_int_equal(pkr_gob_encode_spec(&spec, &out, NULL), ACG_ERR_LIMIT);
    assert_int_equal(out.len, 0);
    assert_false(out.failed);
    acgp_buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_spec_is_an_empty_map),
        cmocka_unit_test(attributes_carry_their_type_as_a_stream_of_its_own),
        cmocka_unit_test(collections_nest_streams),
        cmocka_unit_test(blocks_hold_objects),
        cmocka_unit_test(the_same_spec_gives_the_same_bytes_behind_what_was_there),
        cmocka_unit_test(a_buffer_that_is_too_small_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
