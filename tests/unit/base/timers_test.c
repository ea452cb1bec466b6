/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/timers.h"

static void timers_fire_in_the_order_of_their_time(void **st)
{
    (void)st;
    struct acgp_timers t;
    struct acgp_timer timers[50] = {{0}};
    int64_t last = -1, due = 0;

    acgp_timers_init(&t);
    for (size_t i = 0; i < 50; i++)
        assert_true(acgp_timers_set(&t, &timers[i], (int64_t)((i * 37) % 50)));
    assert_true(acgp_timers_next(&t, &due));
    assert_int_equal(due, 0);
    assert_null(acgp_timers_pop(&t, -1));
    for (size_t i = 0; i < 50; i++) {
        struct acgp_timer *timer = acgp_timers_pop(&t, 1000);
        assert_non_null(timer);
        assert_true(timer->due_ms > last);
        last = timer->due_ms;
    }
    assert_false(acgp_timers_next(&t, &due));
    acgp_timers_done(&t);
}

static void a_timer_can_be_moved_and_taken_out(void **st)
{
    (void)st;
    struct acgp_timers t;
    struct acgp_timer a = {0}, b = {0}, c = {0};

    acgp_timers_init(&t);
    assert_true(acgp_timers_set(&t, &a, 10));
    assert_true(acgp_timers_set(&t, &b, 20));
    assert_true(acgp_timers_set(&t, &c, 30));
    assert_true(acgp_timers_set(&t, &a, 40));
    acgp_timers_cancel(&t, &b);
    acgp_timers_cancel(&t, &b);
    assert_ptr_equal(acgp_timers_pop(&t, 100), &c);
    assert_ptr_equal(acgp_timers_pop(&t, 100), &a);
    assert_null(acgp_timers_pop(&t, 100));
    acgp_timers_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_fire_in_the_order_of_their_time),
        cmocka_unit_test(a_timer_can_be_moved_and_taken_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
