/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/span.h"
#include "governor/told.h"

static struct acgp_response with(const char *name, const char *value)
{
    struct acgp_response r;

    acgp_response_init(&r);
    assert_true(acgp_response_header_add(&r, acgp_span(name), acgp_span(value)));
    return r;
}

static size_t policies(const char *value, struct acgp_told out[ACGP_TOLD_MAX])
{
    struct acgp_response r = with("x-ms-ratelimit-remaining-resource", value);
    size_t count = acgp_told_policies(&r, out);

    acgp_response_done(&r);
    return count;
}

static void counters_come_with_and_without_a_namespace(void **st)
{
    struct acgp_told t[ACGP_TOLD_MAX];

    (void)st;
    assert_int_equal(policies("Microsoft.Compute/GetOperationStatus3Min;1199,"
                              "Microsoft.Compute/GetOperationStatus30Min;4195",
                              t),
                     2);
    assert_string_equal(t[0].name, "GetOperationStatus3Min");
    assert_int_equal(t[0].left, 1199);
    assert_string_equal(t[1].name, "GetOperationStatus30Min");
    assert_int_equal(t[1].left, 4195);
    assert_int_equal(policies(" HighCostGet30Min ; 7 ", t), 1);
    assert_string_equal(t[0].name, "HighCostGet30Min");
    assert_int_equal(t[0].left, 7);
}

static void what_has_another_form_is_passed_over(void **st)
{
    static const char *const odd[] = {"",      ";",   ",",          "a",      "a;",
                                      "a;-1",  "a;x", ";5",         "M/;5",   "a;1;2",
                                      "a;1.5", "a=1", ";;;;,,,,;;", "a;0x10", "a;99999999999999999999"};
    struct acgp_told t[ACGP_TOLD_MAX];
    char name[400];

    (void)st;
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        assert_int_equal(policies(odd[i], t), 0);
    assert_int_equal(policies("bad,Good3Min;5,worse;", t), 1);
    assert_string_equal(t[0].name, "Good3Min");
    memset(name, 'n', sizeof name);
    memcpy(name + 300, ";5", 3);
    assert_int_equal(policies(name, t), 0);
    assert_int_equal(policies("a;1,b;2,c;3,d;4,e;5,f;6", t), ACGP_TOLD_MAX);
    assert_int_equal(policies("a;9999999999", t), 1); /* a number that no sum of ours can stand is cut */
    assert_int_equal(t[0].left, 1000000000);
}

static int64_t left(const char *name, const char *value, enum acgp_operation_kind kind)
{
    struct acgp_response r = with(name, value);
    int64_t n = acgp_told_left(&r, kind);

    acgp_response_done(&r);
    return n;
}

static void arm_tells_each_kind_in_several_headers(void **st)
{
    struct acgp_response r = with("x-ms-ratelimit-remaining-subscription-reads", "249");

    (void)st;
    assert_int_equal(left("x-ms-ratelimit-remaining-subscription-reads", "11999", ACGP_OPERATION_READ),
                     11999);
    assert_int_equal(left("x-ms-ratelimit-remaining-subscription-writes", "199", ACGP_OPERATION_WRITE), 199);
    assert_int_equal(left("x-ms-ratelimit-remaining-subscription-deletes", "9", ACGP_OPERATION_DELETE), 9);
    assert_int_equal(left("x-ms-ratelimit-remaining-tenant-reads", "3", ACGP_OPERATION_READ), 3);
    assert_int_equal(left("x-ms-ratelimit-remaining-subscription-reads", "7", ACGP_OPERATION_WRITE), -1);
    assert_int_equal(left("x-ms-ratelimit-remaining-subscription-reads", "many", ACGP_OPERATION_READ), -1);
    assert_true(acgp_response_header_add(&r, acgp_span("x-ms-ratelimit-remaining-subscription-global-reads"),
                                         acgp_span("12")));
    assert_int_equal(acgp_told_left(&r, ACGP_OPERATION_READ), 12); /* the tightest counts */
    acgp_response_done(&r);
}

static void a_counter_s_name_ends_with_its_window(void **st)
{
    (void)st;
    assert_int_equal(acgp_told_window_ms("GetOperationStatus3Min"), 180000);
    assert_int_equal(acgp_told_window_ms("GetOperationStatus30Min"), 1800000);
    assert_int_equal(acgp_told_window_ms("Writes1Hour"), 3600000);
    assert_int_equal(acgp_told_window_ms("Min"), 0);
    assert_int_equal(acgp_told_window_ms("xMin"), 0);
    assert_int_equal(acgp_told_window_ms("x0Min"), 0);
    assert_int_equal(acgp_told_window_ms("x99999999999999999999Min"), 0);
    assert_int_equal(acgp_told_window_ms(""), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_come_with_and_without_a_namespace),
        cmocka_unit_test(what_has_another_form_is_passed_over),
        cmocka_unit_test(arm_tells_each_kind_in_several_headers),
        cmocka_unit_test(a_counter_s_name_ends_with_its_window),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
