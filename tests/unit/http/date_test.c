/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/span.h"
#include "http/date.h"

static bool parse(const char *text, int64_t *out)
{
    return acgp_date_parse_http(acgp_span(text), out);
}

static void the_three_forms_of_http_mean_the_same_moment(void **st)
{
    static const char *const forms[] = {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                                        "Sun Nov  6 08:49:37 1994", " Sun, 06 Nov 1994 08:49:37 GMT "};

    (void)st;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        int64_t at = 0;
        assert_true(parse(forms[i], &at));
        assert_int_equal(at, 784111777);
    }
}

static void known_moments_are_met(void **st)
{
    int64_t at = 0;

    (void)st;
    assert_true(parse("Thu, 01 Jan 1970 00:00:00 GMT", &at));
    assert_int_equal(at, 0);
    assert_true(parse("Tue, 29 Feb 2028 23:59:59 GMT", &at));
    assert_int_equal(at, 1835481599);
    assert_true(parse("Sun Nov 16 08:49:37 2042", &at));
    assert_int_equal(at, 2299740577);
}

static void what_is_no_date_is_refused(void **st)
{
    static const char *const bad[] = {"",
                                      "soon",
                                      "12",
                                      "Sun, 06 Nov 1994",
                                      "Sun, 06 Nov 1994 08:49:37",
                                      "Sun, 06 Nov 1994 08:49:37 CET",
                                      "Sun, 06 Nov 1994 08:49:37 GMT+1",
                                      "Sun, 31 Feb 1994 08:49:37 GMT",
                                      "Sun, 06 Foo 1994 08:49:37 GMT",
                                      "Sun, 06 Nov 1994 24:49:37 GMT",
                                      "Sun, 29 Feb 1900 08:49:37 GMT",
                                      "Sun, 00 Nov 1994 08:49:37 GMT",
                                      "Sun Nov 06 08:49:37",
                                      "Sun Nov"};
    int64_t at = 42;

    (void)st;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(parse(bad[i], &at));
    assert_int_equal(at, 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_three_forms_of_http_mean_the_same_moment),
        cmocka_unit_test(known_moments_are_met),
        cmocka_unit_test(what_is_no_date_is_refused),
    };

    return cmocka_run_group_tests_name("date", tests, NULL, NULL);
}
