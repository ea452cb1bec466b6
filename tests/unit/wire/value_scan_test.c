/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/span.h"
#include "testlib/hex.h"
#include "wire/value.h"

/* One byte of every kind of lead, with what it announces. */
static const char *const values[] = {
    "05",
    "ff",
    "c0",
    "c2",
    "c3",
    "cc 01",
    "cd 0001",
    "ce 00000001",
    "cf 0000000000000001",
    "d0 01",
    "d1 0001",
    "d2 00000001",
    "d3 0000000000000001",
    "ca 00000000",
    "cb 0000000000000000",
    "a0",
    "a3'abc'",
    "d9 03'abc'",
    "da 0003'abc'",
    "db 00000003'abc'",
    "c4 00",
    "c4 03'abc'",
    "c5 0003'abc'",
    "c6 00000003'abc'",
    "c7 03 01'abc'",
    "c7 00 01",
    "c8 0003 01'abc'",
    "c9 00000003 01'abc'",
    "d4 01 00",
    "d5 01 0000",
    "d6 01 00000000",
    "d7 01 0000000000000000",
    "d8 01 00000000000000000000000000000000",
    "90",
    "92 01 02",
    "dc 0002 01 02",
    "dd 00000002 01 02",
    "80",
    "81 a1'k' 01",
    "de 0001 a1'k' 01",
    "df 00000001 a1'k' 01",
    "93 90 81 90 80 91 c0",
};

static void a_value_ends_at_its_last_byte_however_it_is_cut(void **st)
{
    (void)st;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct acg_span in = hex(values[i]);

        for (size_t cut = 1; cut <= in.len; cut++) {
            struct pkr_scan scan;
            size_t at = 0, used = 0;

            pkr_scan_init(&scan);
            while (at < in.len) {
                size_t n = in.len - at < cut ? in.len - at : cut;
                assert_false(scan.done);
                assert_int_equal(pkr_scan_feed(&scan, acgp_span_of(in.data + at, n), &used, NULL), ACG_OK);
                assert_int_equal(used, n);
                at += n;
            }
            assert_true(scan.done);
            assert_int_equal(scan.bytes, in.len);
            assert_int_equal(pkr_scan_feed(&scan, acgp_span("\xc0"), &used, NULL), ACG_OK);
            assert_int_equal(used, 0);
        }
    }
}

static void every_form_scans_as_it_decodes(void **st)
{
    (void)st;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct pkr_tree *tree = NULL;
        size_t used = 0;

        assert_int_equal(pkr_value_decode(hex(values[i]), &used, &tree, NULL), ACG_OK);
        assert_int_equal(used, hex(values[i]).len);
        pkr_tree_free(tree);
    }
}

static enum acg_status scan_all(const char *text, const char **out_message)
{
    static struct acg_error err;
    struct pkr_scan scan;
    size_t used = 0;
    enum acg_status status = ACG_OK;

    pkr_scan_init(&scan);
    status = pkr_scan_feed(&scan, hex(text), &used, &err);
    *out_message = err.message;
    return status;
}

static void claims_beyond_the_caps_are_refused_at_the_claim(void **st)
{
    (void)st;
    const char *message = NULL;

    assert_int_equal(scan_all("db 00400000", &message), ACG_ERR_LIMIT);
    assert_string_equal(message, "msgpack value longer than 4194304 bytes");
    assert_int_equal(scan_all("c6 ffffffff", &message), ACG_ERR_LIMIT);
    assert_int_equal(scan_all("c9 ffffffff", &message), ACG_ERR_LIMIT);
    assert_int_equal(scan_all("db 003ffffb", &message), ACG_OK);
    assert_int_equal(scan_all("dd 00010000", &message), ACG_ERR_LIMIT);
    assert_string_equal(message, "msgpack value of more than 65536 parts");
    assert_int_equal(scan_all("df 00008000", &message), ACG_ERR_LIMIT);
    assert_int_equal(scan_all("de 7fff", &message), ACG_OK);
    assert_int_equal(scan_all("92 dc fff0 dc 0010", &message), ACG_ERR_LIMIT);
}

static void nesting_beyond_32_is_refused(void **st)
{
    (void)st;
    const char *message = NULL;

    assert_int_equal(
        scan_all("91919191919191919191919191919191 91919191919191919191919191919191 01", &message), ACG_OK);
    assert_int_equal(
        scan_all("91919191919191919191919191919191 91919191919191919191919191919191 90", &message),
        ACG_ERR_LIMIT);
    assert_string_equal(message, "msgpack value nested deeper than 32");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_ends_at_its_last_byte_however_it_is_cut),
        cmocka_unit_test(every_form_scans_as_it_decodes),
        cmocka_unit_test(claims_beyond_the_caps_are_refused_at_the_claim),
        cmocka_unit_test(nesting_beyond_32_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
