/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "engine/loop.h"

static struct acgp_loop loop;

static int set_up(void **st)
{
    (void)st;
    return acgp_loop_init(&loop, &acgp_system_clock, NULL) == ACG_OK ? 0 : -1;
}

static int tear_down(void **st)
{
    (void)st;
    acgp_loop_done(&loop);
    return 0;
}

static struct acgp_heard wait_ms(struct acg_poll_fd *fds, size_t count, int64_t ms)
{
    struct acgp_heard heard = {0};

    assert_int_equal(acgp_loop_wait(&loop, -1, fds, count, ms, &heard, NULL), ACG_OK);
    return heard;
}

static void *wake(void *context)
{
    acgp_loop_wakeup(context);
    return NULL;
}

static void another_thread_ends_the_wait(void **st)
{
    (void)st;
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, wake, &loop), 0);
    assert_true(wait_ms(NULL, 0, -1).wakeup);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_false(wait_ms(NULL, 0, 0).wakeup);
}

static void a_wakeup_before_the_wait_is_not_lost_and_counts_once(void **st)
{
    (void)st;

    acgp_loop_wakeup(&loop);
    acgp_loop_wakeup(&loop);
    assert_true(wait_ms(NULL, 0, -1).wakeup);
    assert_false(wait_ms(NULL, 0, 0).wakeup);
}

static void on_signal(int number)
{
    (void)number;
    acgp_loop_wakeup(&loop);
}

static void a_signal_handler_may_wake_the_loop(void **st)
{
    (void)st;
    struct sigaction action = {.sa_handler = on_signal}, old;

    assert_int_equal(sigaction(SIGUSR1, &action, &old), 0);
    assert_int_equal(raise(SIGUSR1), 0);
    assert_true(wait_ms(NULL, 0, -1).wakeup);
    assert_int_equal(sigaction(SIGUSR1, &old, NULL), 0);
}

static void a_descriptor_of_the_host_ends_the_wait(void **st)
{
    (void)st;
    int ends[2];
    struct acg_poll_fd fds[2] = {{.fd = -1, .events = POLLIN, .revents = 7}, {.events = POLLIN}};

    assert_int_equal(pipe(ends), 0);
    fds[1].fd = ends[0];
    assert_false(wait_ms(fds, 2, 0).host);
    assert_int_equal(fds[0].revents, 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_true(wait_ms(fds, 2, -1).host);
    assert_int_equal(fds[1].revents, POLLIN);
    assert_int_equal(fds[0].revents, 0);
    close(ends[0]);
    close(ends[1]);
}

static void the_wait_ends_when_its_time_is_over(void **st)
{
    (void)st;
    int64_t begun = acgp_system_clock.now_ms(NULL);
    struct acgp_heard heard = wait_ms(NULL, 0, 20);

    assert_false(heard.wakeup || heard.host || heard.transport);
    assert_true(acgp_system_clock.now_ms(NULL) - begun >= 19);
}

static void too_many_descriptors_are_refused(void **st)
{
    (void)st;
    struct acgp_heard heard;
    static struct acg_poll_fd fds[5000];

    assert_int_equal(acgp_loop_wait(&loop, -1, fds, 5000, 0, &heard, NULL), ACG_ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(another_thread_ends_the_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wakeup_before_the_wait_is_not_lost_and_counts_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_signal_handler_may_wake_the_loop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_descriptor_of_the_host_ends_the_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_wait_ends_when_its_time_is_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_many_descriptors_are_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
