/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "governor/budget.h"

enum { WINDOW = 180000, LIMIT = 375, SENT_MAX = 20000 };

/* Send as fast as it lets us until the end. @return how many; when each went is noted. */
static size_t send_until(struct acgp_window *w, int64_t from, int64_t to, int64_t *at)
{
    size_t n = 0;

    for (int64_t now = from; now < to;) {
        int64_t ready = acgp_window_ready_ms(w, now);
        assert_true(ready >= now);
        if (ready > now) {
            now = ready;
            continue;
        }
        assert_true(n < SENT_MAX);
        at[n++] = now;
        acgp_window_take(w, now);
    }
    return n;
}

static void no_span_of_a_window_sees_more_than_the_limit(void **st)
{
    static int64_t at[SENT_MAX];
    struct acgp_window w;
    size_t n = 0, most = 0;

    (void)st;
    acgp_window_init(&w, WINDOW, LIMIT);
    n = send_until(&w, 1234567, 1234567 + 10 * WINDOW, at);
    for (size_t i = 0, j = 0; i < n; i++) {
        while (at[i] - at[j] > WINDOW)
            j++;
        most = i - j + 1 > most ? i - j + 1 : most;
    }
    assert_in_range(most, LIMIT * 9 / 10, LIMIT);
    assert_in_range(n, LIMIT * 9, LIMIT * 10); /* and it is used */
}

static void an_answer_that_tells_of_others_slows_us_down(void **st)
{
    struct acgp_window w;
    int64_t ready = 0;

    (void)st;
    acgp_window_init(&w, WINDOW, LIMIT);
    acgp_window_take(&w, 1000);
    acgp_window_over(&w);
    acgp_window_told(&w, 1100, 9); /* somebody else has used it up */
    ready = acgp_window_ready_ms(&w, 1100);
    assert_in_range(ready - 1100, WINDOW / 20, WINDOW / 10);
    assert_int_equal(acgp_window_ready_ms(&w, 1100 + WINDOW), 1100 + WINDOW); /* told too long ago */
}

static void what_is_under_way_may_not_be_told_yet(void **st)
{
    struct acgp_window w;

    (void)st;
    acgp_window_init(&w, WINDOW, LIMIT);
    for (int i = 0; i < 31; i++)
        acgp_window_take(&w, 0);
    acgp_window_over(&w); /* the last one that was sent may have come first */
    acgp_window_told(&w, 10, 374);
    assert_int_equal(w.told_left, 344);
    for (int i = 0; i < 30; i++)
        acgp_window_over(&w);
    acgp_window_told(&w, 20, 344);
    assert_int_equal(w.told_left, 344);
}

static void an_unknown_limit_is_learned(void **st)
{
    struct acgp_window w;

    (void)st;
    acgp_window_init(&w, WINDOW, 0);
    assert_int_equal(acgp_window_ready_ms(&w, 5), 5);
    acgp_window_told(&w, 10, 39);
    assert_int_equal(w.limit, 40);
}

static void a_bucket_fills_up_with_time(void **st)
{
    struct acgp_bucket b;
    int n = 0;

    (void)st;
    acgp_bucket_init(&b, 0, 200, 10);
    for (; acgp_bucket_ready_ms(&b, 0) == 0; n++)
        acgp_bucket_take(&b, 0);
    assert_in_range(n, 190, 200);
    assert_in_range(acgp_bucket_ready_ms(&b, 0), 1, 200);
    for (n = 0; acgp_bucket_ready_ms(&b, 5000) == 5000; n++)
        acgp_bucket_take(&b, 5000);
    assert_in_range(n, 49, 51);
    assert_int_equal(acgp_bucket_ready_ms(&b, INT64_MAX / 4), INT64_MAX / 4); /* no overflow */
}

static void a_bucket_of_the_older_scheme_holds_what_an_hour_may(void **st)
{
    struct acgp_bucket b;
    int n = 0;

    (void)st;
    acgp_bucket_init(&b, 0, 200, 10);
    acgp_bucket_told(&b, 0, 1199);
    for (; acgp_bucket_ready_ms(&b, 0) == 0; n++)
        acgp_bucket_take(&b, 0);
    assert_in_range(n, 1150, 1199);
    acgp_bucket_told(&b, 0, 0);
    assert_true(acgp_bucket_ready_ms(&b, 0) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_span_of_a_window_sees_more_than_the_limit),
        cmocka_unit_test(an_answer_that_tells_of_others_slows_us_down),
        cmocka_unit_test(what_is_under_way_may_not_be_told_yet),
        cmocka_unit_test(an_unknown_limit_is_learned),
        cmocka_unit_test(a_bucket_fills_up_with_time),
        cmocka_unit_test(a_bucket_of_the_older_scheme_holds_what_an_hour_may),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
