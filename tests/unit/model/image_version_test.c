/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/span.h"
#include "model/image_version.h"

static void three_numbers_are_read(void **st)
{
    struct acgp_image_version v;

    (void)st;
    assert_true(acgp_image_version_parse(acgp_span("1.20.300"), &v));
    assert_int_equal(v.major, 1);
    assert_int_equal(v.minor, 20);
    assert_int_equal(v.patch, 300);
    assert_true(acgp_image_version_parse(acgp_span("0.0.0"), &v));
    assert_true(acgp_image_version_parse(acgp_span("2147483647.0.0"), &v));
    assert_int_equal(v.major, INT32_MAX);
}

static void everything_else_is_refused(void **st)
{
    static const char *const bad[] = {"",        "1",      "1.0",    "1.0.0.0", "1..0",   ".1.0",
                                      "1.0.",    "a.b.c",  "latest", "1.0.0 ",  " 1.0.0", "+1.0.0",
                                      "-1.0.0",  "01.0.0", "1.00.0", "1.0.01",  "1.0.x",  "2147483648.0.0",
                                      "1.0.0-a", "v1.0.0", "1.0.0.", "1,0,0",   "1.0.1e3"};
    struct acgp_image_version v = {7, 7, 7};

    (void)st;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(acgp_image_version_parse(acgp_span(bad[i]), &v));
    assert_int_equal(v.major, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_numbers_are_read),
        cmocka_unit_test(everything_else_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
