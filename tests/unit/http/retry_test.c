/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/span.h"
#include "http/retry.h"

enum { NOW_UNIX_S = 784111777 }; /* Sun, 06 Nov 1994 08:49:37 GMT */

static struct acgp_retry_facts facts(unsigned attempt, enum acgp_outcome outcome, int64_t wait_ms)
{
    return (struct acgp_retry_facts){.attempt = attempt,
                                     .outcome = outcome,
                                     .wait_ms = wait_ms,
                                     .now_ms = 5000,
                                     .deadline_ms = 1000000,
                                     .random = UINT64_MAX};
}

static void only_these_statuses_are_tried_again(void **st)
{
    (void)st;
    for (int status = 100; status < 600; status++) {
        bool again = status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
                     status == 504;
        assert_int_equal(acgp_outcome_of_status(status) != ACGP_OUTCOME_FINAL, again);
    }
}

static void only_broken_connections_are_tried_again(void **st)
{
    (void)st;
    assert_int_equal(acgp_outcome_of_failure(ACGP_FAILURE_NOT_SENT), ACGP_OUTCOME_TRANSIENT);
    assert_int_equal(acgp_outcome_of_failure(ACGP_FAILURE_LOST), ACGP_OUTCOME_TRANSIENT);
    assert_int_equal(acgp_outcome_of_failure(ACGP_FAILURE_TOO_LARGE), ACGP_OUTCOME_FINAL);
    assert_int_equal(acgp_outcome_of_failure(ACGP_FAILURE_TRUST), ACGP_OUTCOME_FINAL);
    assert_int_equal(acgp_outcome_of_failure(ACGP_FAILURE_LOGIN), ACGP_OUTCOME_FINAL);
}

static void our_own_wait_doubles_and_jitters_fully(void **st)
{
    static const int64_t most[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000};

    (void)st;
    for (unsigned i = 0; i < sizeof most / sizeof most[0]; i++) {
        struct acgp_retry_facts f = facts(i + 1, ACGP_OUTCOME_SERVER, 0);
        f.random = 0;
        assert_int_equal(acgp_retry_decide(&f).at_ms, 5000);
        f.random = (uint64_t)most[i];
        assert_int_equal(acgp_retry_decide(&f).at_ms, 5000 + most[i]);
        f.random = (uint64_t)most[i] + 1;
        assert_int_equal(acgp_retry_decide(&f).at_ms, 5000);
    }
}

static void what_was_just_made_gets_two_more_chances(void **st)
{
    static const int64_t waits[] = {5000, 15000};

    (void)st;
    for (unsigned i = 0; i < 2; i++) {
        struct acgp_retry_facts f = facts(i + 1, ACGP_OUTCOME_NOT_YET, 0);
        assert_true(acgp_retry_decide(&f).again);
        assert_int_equal(acgp_retry_decide(&f).at_ms, 5000 + waits[i]);
        f.wait_ms = 1000; /* the service's own wait still wins */
        assert_int_equal(acgp_retry_decide(&f).at_ms, 6000);
    }
    struct acgp_retry_facts last = facts(3, ACGP_OUTCOME_NOT_YET, 0);
    assert_false(acgp_retry_decide(&last).again);
    assert_int_equal(acgp_retry_decide(&last).stop, ACGP_RETRY_EXHAUSTED);
}

static void the_services_wait_wins(void **st)
{
    struct acgp_retry_facts f = facts(1, ACGP_OUTCOME_THROTTLED, 90000);

    (void)st;
    assert_true(acgp_retry_decide(&f).again);
    assert_int_equal(acgp_retry_decide(&f).at_ms, 95000);
}

static void attempts_end(void **st)
{
    struct acgp_retry_facts f = facts(ACGP_RETRY_ATTEMPTS - 1, ACGP_OUTCOME_TRANSIENT, 1);

    (void)st;
    assert_true(acgp_retry_decide(&f).again);
    f.attempt++;
    assert_false(acgp_retry_decide(&f).again);
    assert_int_equal(acgp_retry_decide(&f).stop, ACGP_RETRY_EXHAUSTED);
    f.outcome = ACGP_OUTCOME_THROTTLED;
    assert_true(acgp_retry_decide(&f).again);
    f.attempt = ACGP_RETRY_THROTTLED_ATTEMPTS;
    assert_false(acgp_retry_decide(&f).again);
    f = facts(1, ACGP_OUTCOME_FINAL, 0);
    assert_int_equal(acgp_retry_decide(&f).stop, ACGP_RETRY_FINAL);
}

static void a_wait_past_the_deadline_is_not_begun(void **st)
{
    struct acgp_retry_facts f = facts(1, ACGP_OUTCOME_THROTTLED, 995000);

    (void)st;
    assert_false(acgp_retry_decide(&f).again);
    assert_int_equal(acgp_retry_decide(&f).stop, ACGP_RETRY_TOO_LATE);
    f.wait_ms = 994999;
    assert_true(acgp_retry_decide(&f).again);
}

static int64_t wait_of(const char *name, const char *value)
{
    struct acgp_response r;
    int64_t wait = 0;

    acgp_response_init(&r);
    assert_true(acgp_response_header_add(&r, acgp_span(name), acgp_span(value)));
    wait = acgp_retry_wait_ms(&r, NOW_UNIX_S);
    acgp_response_done(&r);
    return wait;
}

static void waits_are_read_in_every_form(void **st)
{
    (void)st;
    assert_int_equal(wait_of("Retry-After", "17"), 17000);
    assert_int_equal(wait_of("Retry-After", "Sun, 06 Nov 1994 08:50:07 GMT"), 30000);
    assert_int_equal(wait_of("x-ms-retry-after-ms", "300"), 300);
    assert_int_equal(wait_of("Retry-After-Ms", "250"), 250);
}

static void bad_waits_count_as_none(void **st)
{
    static const char *const bad[] = {
        "0", "-1", "0.5", "5s", "", "soon", "Sun, 06 Nov 1994 08:49:37 GMT", "Sat, 05 Nov 1994 08:49:37 GMT"};

    (void)st;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(wait_of("Retry-After", bad[i]), 0);
    assert_int_equal(wait_of("x-ms-retry-after-ms", "1.5"), 0);
}

static void absurd_waits_do_not_overflow(void **st)
{
    (void)st;
    assert_true(wait_of("Retry-After", "18446744073709551615") > INT64_C(30) * 24 * 3600 * 1000);
    assert_int_equal(wait_of("Retry-After", "18446744073709551616"), 0);
    assert_true(wait_of("Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT") > INT64_C(30) * 24 * 3600 * 1000);
}

static void milliseconds_win_over_seconds(void **st)
{
    struct acgp_response r;

    (void)st;
    acgp_response_init(&r);
    assert_true(acgp_response_header_add(&r, acgp_span("Retry-After"), acgp_span("60")));
    assert_true(acgp_response_header_add(&r, acgp_span("x-ms-retry-after-ms"), acgp_span("700")));
    assert_int_equal(acgp_retry_wait_ms(&r, NOW_UNIX_S), 700);
    acgp_response_done(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_these_statuses_are_tried_again),
        cmocka_unit_test(only_broken_connections_are_tried_again),
        cmocka_unit_test(our_own_wait_doubles_and_jitters_fully),
        cmocka_unit_test(what_was_just_made_gets_two_more_chances),
        cmocka_unit_test(the_services_wait_wins),
        cmocka_unit_test(attempts_end),
        cmocka_unit_test(a_wait_past_the_deadline_is_not_begun),
        cmocka_unit_test(waits_are_read_in_every_form),
        cmocka_unit_test(bad_waits_count_as_none),
        cmocka_unit_test(absurd_waits_do_not_overflow),
        cmocka_unit_test(milliseconds_win_over_seconds),
    };

    return cmocka_run_group_tests_name("retry", tests, NULL, NULL);
}
