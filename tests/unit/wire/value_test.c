/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/span.h"
#include "testlib/hex.h"
#include "wire/value.h"

static struct pkr_tree *decoded(const char *text)
{
    struct acg_span in = hex(text);
    struct pkr_tree *tree = NULL;
    size_t used = 0;

    assert_int_equal(pkr_value_decode(in, &used, &tree, NULL), ACG_OK);
    assert_int_equal(used, in.len);
    return tree;
}

static void expect_bytes(const struct pkr_value *v, const char *text)
{
    struct acg_span expected = hex(text);
    struct acgp_buf out;

    acgp_buf_init(&out, 1 << 24);
    assert_int_equal(pkr_value_encode(v, &out, NULL), ACG_OK);
    assert_int_equal(out.len, expected.len);
    assert_memory_equal(out.data, expected.data, expected.len);
    acgp_buf_done(&out);
}

static void expect_i64(const char *text, int64_t expected)
{
    struct pkr_tree *tree = decoded(text);
    int64_t n = 0;

    assert_true(pkr_value_as_i64(pkr_tree_root(tree), &n));
    assert_int_equal(n, expected);
    pkr_tree_free(tree);
}

static void every_integer_form_is_read(void **st)
{
    (void)st;
    expect_i64("05", 5);
    expect_i64("e0", -32);
    expect_i64("cc c8", 200);
    expect_i64("cd 012c", 300);
    expect_i64("ce 00011170", 70000);
    expect_i64("cf 0000000100000000", 4294967296);
    expect_i64("d0 80", -128);
    expect_i64("d1 012c", 300);
    expect_i64("d1 f830", -2000);
    expect_i64("d2 00011170", 70000);
    expect_i64("d3 8000000000000000", INT64_MIN);
    expect_i64("cb 4014000000000000", 5);
    expect_i64("ca c0a00000", -5);
}

static void numbers_that_do_not_fit_are_refused(void **st)
{
    (void)st;
    struct pkr_tree *big = decoded("cf ffffffffffffffff"), *half = decoded("cb 3ff8000000000000");
    struct pkr_tree *nan = decoded("cb 7ff8000000000000"), *huge = decoded("cb 43e0000000000000");
    int64_t i = 7;
    uint64_t u = 7;
    double f = 0;

    assert_int_equal(pkr_tree_root(big)->kind, PKR_VALUE_UINT);
    assert_false(pkr_value_as_i64(pkr_tree_root(big), &i));
    assert_true(pkr_value_as_u64(pkr_tree_root(big), &u));
    assert_true(u == UINT64_MAX);
    assert_false(pkr_value_as_i64(pkr_tree_root(half), &i));
    assert_false(pkr_value_as_u64(pkr_tree_root(half), &u));
    assert_true(pkr_value_as_f64(pkr_tree_root(half), &f));
    assert_true(f == 1.5);
    assert_false(pkr_value_as_i64(pkr_tree_root(nan), &i));
    assert_false(pkr_value_as_i64(pkr_tree_root(huge), &i));
    assert_true(pkr_value_as_u64(pkr_tree_root(huge), &u));
    assert_true(u == UINT64_C(9223372036854775808));
    assert_int_equal(i, 7);
    pkr_tree_free(big);
    pkr_tree_free(half);
    pkr_tree_free(nan);
    pkr_tree_free(huge);
}

static void signed_numbers_are_written_in_signed_forms(void **st)
{
    (void)st;
    static const struct {
        int64_t n;
        const char *bytes;
    } cases[] = {{0, "00"},
                 {127, "7f"},
                 {128, "d1 0080"},
                 {300, "d1 012c"},
                 {32768, "d2 00008000"},
                 {2147483648, "d3 0000000080000000"},
                 {-1, "ff"},
                 {-33, "d0 df"},
                 {-2000, "d1 f830"},
                 {INT64_MIN, "d3 8000000000000000"}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pkr_value v = pkr_int(cases[i].n);
        expect_bytes(&v, cases[i].bytes);
    }
}

static void unsigned_numbers_are_written_in_unsigned_forms(void **st)
{
    (void)st;
    struct pkr_value small = pkr_uint(7), mid = pkr_uint(300), large = pkr_uint(UINT64_MAX);

    expect_bytes(&small, "07");
    expect_bytes(&mid, "cd 012c");
    expect_bytes(&large, "cf ffffffffffffffff");
}

static void a_reply_is_written_as_packer_reads_it(void **st)
{
    (void)st;
    struct pkr_pair message[] = {{pkr_text("Message"), pkr_text("no")}};
    struct pkr_pair pairs[] = {{pkr_text("Err"), pkr_map(message, 1)},
                               {pkr_text("Keep"), pkr_bool(true)},
                               {pkr_text("ForceOverride"), pkr_bool(false)},
                               {pkr_text("StreamId"), pkr_uint(1)}};
    struct pkr_value body = pkr_map(pairs, 4);

    expect_bytes(&body, "84 a3'Err' 81 a7'Message' a2'no' a4'Keep' c3 ad'ForceOverride' c2 a8'StreamId' 01");
}

static void text_and_bytes_use_the_new_forms(void **st)
{
    (void)st;
    char text[40];
    struct pkr_value str, bin, none = pkr_text(NULL), ext = {.kind = PKR_VALUE_EXT, .ext_type = -1};

    memset(text, 'a', sizeof text);
    str = pkr_str(acgp_span_of(text, 32));
    expect_bytes(&str, "d9 20 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'");
    bin = pkr_bin(acgp_span_of(text, 2));
    expect_bytes(&bin, "c4 02 'aa'");
    expect_bytes(&none, "c0");
    ext.as.bytes = acgp_span_of(text, 4);
    expect_bytes(&ext, "d6 ff 'aaaa'");
}

static void members_are_found_by_string_or_byte_string_key(void **st)
{
    (void)st;
    struct pkr_tree *tree = decoded("84 a1'a' 01 c4 01'b' 02 07 c3 a1'a' 03");
    const struct pkr_value *root = pkr_tree_root(tree);
    int64_t n = 0;

    assert_int_equal(pkr_value_count(root), 4);
    assert_true(pkr_value_as_i64(pkr_value_get(root, "a"), &n));
    assert_int_equal(n, 3);
    assert_true(pkr_value_as_i64(pkr_value_get(root, "b"), &n));
    assert_int_equal(n, 2);
    assert_null(pkr_value_get(root, "c"));
    assert_null(pkr_value_get(NULL, "a"));
    assert_null(pkr_value_get(pkr_value_get(root, "a"), "a"));
    pkr_tree_free(tree);
}

static void items_and_kinds_are_told_apart(void **st)
{
    (void)st;
    struct pkr_tree *tree = decoded("95 c0 c2 a2'hi' c4 02'yo' c7 03 05'ext'");
    const struct pkr_value *root = pkr_tree_root(tree);
    struct acg_span text = {0};
    bool b = true;

    assert_true(pkr_value_is_nil(pkr_value_at(root, 0)));
    assert_true(pkr_value_is_nil(pkr_value_at(root, 5)));
    assert_true(pkr_value_as_bool(pkr_value_at(root, 1), &b));
    assert_false(b);
    assert_false(pkr_value_as_bool(pkr_value_at(root, 2), &b));
    assert_true(pkr_value_as_text(pkr_value_at(root, 2), &text));
    assert_string_equal(text.data, "hi");
    assert_true(pkr_value_as_text(pkr_value_at(root, 3), &text));
    assert_string_equal(text.data, "yo");
    assert_int_equal(pkr_value_at(root, 4)->kind, PKR_VALUE_EXT);
    assert_int_equal(pkr_value_at(root, 4)->ext_type, 5);
    assert_false(pkr_value_as_text(pkr_value_at(root, 4), &text));
    pkr_tree_free(tree);
}

static void a_copy_stands_alone(void **st)
{
    (void)st;
    struct pkr_tree *tree = decoded("83 a1'l' 93 01 a1'x' c4 02'bb' a1'm' 81 a1'k' c3 a1'e' d4 09 55"),
                    *copy = NULL;

    assert_int_equal(pkr_tree_copy(pkr_tree_root(tree), &copy, NULL), ACG_OK);
    assert_true(pkr_value_equal(pkr_tree_root(tree), pkr_tree_root(copy)));
    pkr_tree_free(tree);
    expect_bytes(pkr_tree_root(copy), "83 a1'l' 93 01 a1'x' c4 02'bb' a1'm' 81 a1'k' c3 a1'e' d4 09 55");
    pkr_tree_free(copy);
}

static void equality_looks_at_content_not_at_form(void **st)
{
    (void)st;
    static const struct {
        const char *a, *b;
        bool equal;
    } cases[] = {{"d1 012c", "cd 012c", true},
                 {"05", "cb 4014000000000000", false},
                 {"a1'x'", "c4 01'x'", false},
                 {"92 01 02", "92 01 02", true},
                 {"92 01 02", "92 02 01", false},
                 {"81 a1'a' c0", "80", false},
                 {"c2", "c3", false},
                 {"ff", "cf ffffffffffffffff", false},
                 {"ff", "d3 ffffffffffffffff", true},
                 {"d4 01 05", "d4 02 05", false}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pkr_tree *a = decoded(cases[i].a), *b = decoded(cases[i].b);
        assert_int_equal(pkr_value_equal(pkr_tree_root(a), pkr_tree_root(b)), cases[i].equal);
        pkr_tree_free(a);
        pkr_tree_free(b);
    }
    assert_true(pkr_value_equal(NULL, NULL));
}

static void what_follows_a_value_is_left_alone(void **st)
{
    (void)st;
    struct pkr_tree *tree = NULL;
    size_t used = 0;

    assert_int_equal(pkr_value_decode(hex("92 01 02 c3 c3"), &used, &tree, NULL), ACG_OK);
    assert_int_equal(used, 3);
    assert_int_equal(pkr_value_count(pkr_tree_root(tree)), 2);
    pkr_tree_free(tree);
}

static void a_value_cut_short_is_refused(void **st)
{
    (void)st;
    struct pkr_tree *tree = NULL;
    struct acg_error err = {0};

    assert_int_equal(pkr_value_decode(hex("92 01"), NULL, &tree, &err), ACG_ERR_PROTOCOL);
    assert_string_equal(err.message, "msgpack value cut short after 2 bytes");
    assert_int_equal(pkr_value_decode(hex(""), NULL, &tree, &err), ACG_ERR_PROTOCOL);
    assert_int_equal(pkr_value_decode(hex("c1"), NULL, &tree, &err), ACG_ERR_PROTOCOL);
    assert_string_equal(err.message, "byte 0xc1 is no msgpack value");
    assert_null(tree);
}

static struct pkr_tree *nested(unsigned depth, enum acg_status *status)
{
    char bytes[64];
    struct pkr_tree *tree = NULL;

    memset(bytes, '\x91', sizeof bytes);
    bytes[depth] = '\x01';
    *status = pkr_value_decode(acgp_span_of(bytes, depth + 1), NULL, &tree, NULL);
    return tree;
}

static void the_deepest_value_is_32_arrays(void **st)
{
    (void)st;
    enum acg_status status = ACG_OK;
    struct pkr_tree *tree = nested(32, &status), *copy = NULL;

    assert_int_equal(status, ACG_OK);
    assert_int_equal(pkr_tree_copy(pkr_tree_root(tree), &copy, NULL), ACG_OK);
    assert_true(pkr_value_equal(pkr_tree_root(tree), pkr_tree_root(copy)));
    pkr_tree_free(tree);
    pkr_tree_free(copy);
    assert_null(nested(33, &status));
    assert_int_equal(status, ACG_ERR_LIMIT);
}

static void a_tree_built_too_deep_is_not_sent(void **st)
{
    (void)st;
    struct pkr_value v[40];
    struct pkr_tree *copy = NULL;
    struct acgp_buf out;

    v[0] = pkr_nil();
    for (size_t i = 1; i < 40; i++)
        v[i] = pkr_array(&v[i - 1], 1);
    acgp_buf_init(&out, 4096);
    assert_int_equal(pkr_value_encode(&v[32], &out, NULL), ACG_OK);
    out.len = 0;
    assert_int_equal(pkr_value_encode(&v[33], &out, NULL), ACG_ERR_LIMIT);
    assert_int_equal(pkr_tree_copy(&v[33], &copy, NULL), ACG_ERR_LIMIT);
    assert_int_equal(out.len, 0);
    acgp_buf_done(&out);
}

static void a_full_buffer_is_left_as_it_was(void **st)
{
    (void)st;
    struct pkr_value text = pkr_text("longer than the room");
    struct acgp_buf out;

    acgp_buf_init(&out, 10);
    assert_true(acgp_buf_text(&out, "head"));
    assert_int_equal(pkr_value_encode(&text, &out, NULL), ACG_ERR_LIMIT);
    assert_string_equal(out.data, "head");
    assert_true(acgp_buf_text(&out, "tail"));
    acgp_buf_done(&out);
}

static void arrays_of_the_largest_size_decode_and_larger_ones_do_not(void **st)
{
    (void)st;
    struct acgp_buf bytes;
    struct pkr_tree *tree = NULL;

    acgp_buf_init(&bytes, 1 << 20);
    assert_true(acgp_buf_span(&bytes, hex("dc ffff")));
    for (unsigned i = 0; i < 65535; i++)
        assert_true(acgp_buf_byte(&bytes, 0xc0));
    assert_int_equal(pkr_value_decode(acgp_buf_view(&bytes), NULL, &tree, NULL), ACG_OK);
    assert_int_equal(pkr_value_count(pkr_tree_root(tree)), 65535);
    pkr_tree_free(tree);
    tree = NULL;
    assert_int_equal(pkr_value_decode(hex("dd 00010000"), NULL, &tree, NULL), ACG_ERR_LIMIT);
    assert_int_equal(pkr_value_decode(hex("df 7fffffff"), NULL, &tree, NULL), ACG_ERR_LIMIT);
    assert_int_equal(pkr_value_decode(hex("df ffffffff"), NULL, &tree, NULL), ACG_ERR_LIMIT);
    assert_null(tree);
    acgp_buf_done(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_integer_form_is_read),
        cmocka_unit_test(numbers_that_do_not_fit_are_refused),
        cmocka_unit_test(signed_numbers_are_written_in_signed_forms),
        cmocka_unit_test(unsigned_numbers_are_written_in_unsigned_forms),
        cmocka_unit_test(a_reply_is_written_as_packer_reads_it),
        cmocka_unit_test(text_and_bytes_use_the_new_forms),
        cmocka_unit_test(members_are_found_by_string_or_byte_string_key),
        cmocka_unit_test(items_and_kinds_are_told_apart),
        cmocka_unit_test(a_copy_stands_alone),
        cmocka_unit_test(equality_looks_at_content_not_at_form),
        cmocka_unit_test(what_follows_a_value_is_left_alone),
        cmocka_unit_test(a_value_cut_short_is_refused),
        cmocka_unit_test(the_deepest_value_is_32_arrays),
        cmocka_unit_test(a_tree_built_too_deep_is_not_sent),
        cmocka_unit_test(a_full_buffer_is_left_as_it_was),
        cmocka_unit_test(arrays_of_the_largest_size_decode_and_larger_ones_do_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
