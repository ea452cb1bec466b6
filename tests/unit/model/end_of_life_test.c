/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include <stdio.h>

#include "base/span.h"
#include "model/end_of_life.h"

enum { NOW = 1700000000 }; /* 2023-11-14T22:13:20Z */

static void reads(const char *text, const char *expected)
{
    struct acgp_end_of_life date;

    assert_true(acgp_end_of_life_parse(acgp_span(text), NOW, &date));
    assert_string_equal(date.text, expected);
}

static int64_t unix_of(const char *text)
{
    struct acgp_end_of_life date;

    assert_true(acgp_end_of_life_parse(acgp_span(text), NOW, &date));
    return date.unix_s;
}

static void a_bare_date_gets_the_time_that_the_azure_cli_sends(void **st)
{
    (void)st;
    reads("2027-01-31", "2027-01-31T12:59:59Z");
    assert_true(unix_of("1970-01-01") == 46799);
}

static void a_time_becomes_utc(void **st)
{
    (void)st;
    reads("2027-01-31T08:00:00Z", "2027-01-31T08:00:00Z");
    reads("2027-01-31t08:00:00z", "2027-01-31T08:00:00Z");
    reads("2027-01-31T08:00:00+02:00", "2027-01-31T06:00:00Z");
    reads("2027-01-01T00:30:00+01:00", "2026-12-31T23:30:00Z");
    reads("2027-12-31T23:30:00-01:30", "2028-01-01T01:00:00Z");
    reads("2027-01-31T08:00:00-00:00", "2027-01-31T08:00:00Z");
}

static void a_fraction_is_kept_as_far_as_azure_counts(void **st)
{
    (void)st;
    reads("2024-12-01T12:59:59.000Z", "2024-12-01T12:59:59Z");
    reads("2027-01-31T08:00:00.250Z", "2027-01-31T08:00:00.25Z");
    reads("2027-01-31T08:00:00.1234567+00:00", "2027-01-31T08:00:00.1234567Z");
}

static void days_count_from_now(void **st)
{
    (void)st;
    reads("+1d", "2023-11-15T22:13:20Z");
    reads("+180d", "2024-05-12T22:13:20Z");
    reads("+36500D", "2123-10-21T22:13:20Z");
}

static void the_calendar_knows_leap_years(void **st)
{
    (void)st;
    reads("2024-02-29", "2024-02-29T12:59:59Z");
    reads("2000-02-29", "2000-02-29T12:59:59Z");
    reads("2024-02-29T23:59:59-00:01", "2024-03-01T00:00:59Z");
    reads("2100-02-28T23:59:59-00:01", "2100-03-01T00:00:59Z");
    assert_true(unix_of("2000-03-01T00:00:00Z") == 951868800);
    assert_true(unix_of("2023-11-14T22:13:20Z") == NOW);
    assert_true(unix_of("1969-12-31T23:59:59Z") == -1);
    reads("1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z");
    reads("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z");
    reads("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z");
}

static void every_day_of_a_century_comes_back_as_it_went_in(void **st)
{
    struct acgp_end_of_life date;
    struct acgp_end_of_life again;
    int64_t first = unix_of("1900-01-01T00:00:00Z");

    (void)st;
    for (int64_t day = 1; day <= 36500; day++) {
        char text[16];

        snprintf(text, sizeof text, "+%dd", (int)day);
        assert_true(acgp_end_of_life_parse(acgp_span(text), first, &date));
        assert_true(acgp_end_of_life_parse(acgp_span(date.text), 0, &again));
        assert_true(again.unix_s == first + day * 86400);
    }
}

static void what_is_no_date_is_refused(void **st)
{
    static const char *const bad[] = {
        "",
        "tomorrow",
        "2027",
        "2027-1-31",
        "27-01-31",
        "2027-13-01",
        "2027-00-01",
        "2027-01-32",
        "2027-01-00",
        "2023-02-29",
        "2100-02-29",
        "0000-01-01",
        "2027-01-31 ",
        "2027/01/31",
        "2027-01-31T",
        "2027-01-31T08:00",
        "2027-01-31T08:00:00",
        "2027-01-31 08:00:00Z",
        "2027-01-31T24:00:00Z",
        "2027-01-31T08:60:00Z",
        "2027-01-31T08:00:60Z",
        "2027-01-31T08:00:00.Z",
        "2027-01-31T08:00:00.12345678Z",
        "2027-01-31T08:00:00+2:00",
        "2027-01-31T08:00:00+02",
        "2027-01-31T08:00:00+24:00",
        "2027-01-31T08:00:00Zx",
        "9999-12-31T23:59:59-00:01",
        "0001-01-01T00:00:00+00:01",
        "+d",
        "+0d",
        "+36501d",
        "+-1d",
        "+1",
        "+1w",
        "+99999999999999999999d",
        "180d",
        "-1d",
    };
    struct acgp_end_of_life date = {.unix_s = 5};

    (void)st;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(acgp_end_of_life_parse(acgp_span(bad[i]), NOW, &date));
    assert_true(date.unix_s == 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bare_date_gets_the_time_that_the_azure_cli_sends),
        cmocka_unit_test(a_time_becomes_utc),
        cmocka_unit_test(a_fraction_is_kept_as_far_as_azure_counts),
        cmocka_unit_test(days_count_from_now),
        cmocka_unit_test(the_calendar_knows_leap_years),
        cmocka_unit_test(every_day_of_a_century_comes_back_as_it_went_in),
        cmocka_unit_test(what_is_no_date_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
