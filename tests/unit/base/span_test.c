/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/span.h"

static void cutting_yields_each_part_and_then_stops(void **st)
{
    (void)st;
    struct acg_span rest = acgp_span("westus=2=");

    assert_true(acgp_span_equal(acgp_span_cut(&rest, '='), acgp_span("westus")));
    assert_true(acgp_span_equal(acgp_span_cut(&rest, '='), acgp_span("2")));
    assert_non_null(rest.data);
    assert_int_equal(acgp_span_cut(&rest, '=').len, 0);
    assert_null(rest.data);
}

static void case_is_folded_for_ascii_only(void **st)
{
    (void)st;
    assert_true(acgp_equal_nocase("MyRG", "myrg"));
    assert_false(acgp_equal_nocase("MyRG", "myrg1"));
    assert_false(acgp_equal_nocase("\xc3\x89", "\xc3\xa9"));
    assert_true(acgp_equal_nocase(NULL, NULL));
    assert_false(acgp_equal_nocase(NULL, ""));
    assert_true(acgp_span_starts_nocase(acgp_span("/Subscriptions/x"), acgp_span("/subscriptions/")));
    assert_false(acgp_span_starts_nocase(acgp_span("/s"), acgp_span("/subscriptions/")));
}

static void numbers_are_digits_only_and_in_range(void **st)
{
    (void)st;
    uint64_t u = 5;
    int64_t i = 5;

    assert_true(acgp_span_to_u64(acgp_span("18446744073709551615"), &u));
    assert_true(u == UINT64_MAX);
    assert_false(acgp_span_to_u64(acgp_span("18446744073709551616"), &u));
    assert_false(acgp_span_to_u64(acgp_span(""), &u));
    assert_false(acgp_span_to_u64(acgp_span("+1"), &u));
    assert_false(acgp_span_to_u64(acgp_span("1 "), &u));
    assert_true(acgp_span_to_i64(acgp_span("-12"), &i));
    assert_int_equal(i, -12);
    assert_false(acgp_span_to_i64(acgp_span("9223372036854775808"), &i));
    assert_int_equal(i, -12);
}

static void trimming_takes_white_space_at_both_ends(void **st)
{
    (void)st;
    assert_true(acgp_span_equal(acgp_span_trim(acgp_span(" \t a b\r\n")), acgp_span("a b")));
    assert_int_equal(acgp_span_trim(acgp_span("  ")).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cutting_yields_each_part_and_then_stops),
        cmocka_unit_test(case_is_folded_for_ascii_only),
        cmocka_unit_test(numbers_are_digits_only_and_in_range),
        cmocka_unit_test(trimming_takes_white_space_at_both_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
