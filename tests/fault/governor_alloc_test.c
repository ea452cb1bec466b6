/* SPDX-License-Identifier: MPL-2.0 */
/* Each allocation of the governor and of the turns fails once: the caller is told, or the counter is done
 * without. */
#include "testlib/test.h"

#include "base/alloc.h"
#include "base/span.h"
#include "governor/governor.h"
#include "governor/turns.h"

enum { ROUNDS_MAX = 200 };

static enum acg_status one_request(void)
{
    static const char url[] = "https://h/subscriptions/s/providers/N.S/things/t";
    struct acgp_governor *g = NULL;
    struct acgp_client client = {NULL};
    struct acgp_ticket ticket = {NULL};
    struct acgp_response r;
    enum acg_status status = acgp_governor_new(7, &g);

    if (status != ACG_OK)
        return status;
    status = acgp_governor_enter(g, 0, &client, ACGP_PUT, url, &ticket);
    if (status == ACG_OK) {
        assert_ptr_equal(acgp_governor_next(g, 0), &ticket);
        acgp_response_init(&r);
        r.status = 200;
        (void)acgp_response_header_add(&r, acgp_span("x-ms-ratelimit-remaining-resource"),
                                       acgp_span("A3Min;1,A30Min;2,B3Min;3,C3Min;4"));
        acgp_governor_answered(g, 0, 0, &ticket, &r);
        acgp_response_done(&r);
    }
    acgp_governor_free(g);
    return status;
}

static enum acg_status two_turns(void)
{
    const char *names[] = {"a", "b"};
    struct acgp_turns turns = {NULL};
    struct acgp_claim one = {.prev = NULL}, two = {.prev = NULL};
    enum acg_status status = acgp_turns_claim(&turns, &one, names, 2), second = ACG_OK;

    second = acgp_turns_claim(&turns, &two, names, 2);
    acgp_turns_release(&turns, &one);
    while (acgp_turns_next(&turns) != NULL)
        continue;
    assert_true(second != ACG_OK || two.held);
    acgp_turns_release(&turns, &two);
    assert_null(turns.things);
    return status != ACG_OK ? status : second;
}

static void every_failure_is_clean(enum acg_status (*run)(void), uint64_t least)
{
    uint64_t n = 1;

    for (; n < ROUNDS_MAX; n++) {
        enum acg_status status = ACG_OK;
        acgp_alloc_fail_at(n);
        status = run();
        if (acgp_alloc_count() < n) {
            assert_int_equal(status, ACG_OK);
            break;
        }
        assert_true(status == ACG_OK || status == ACG_ERR_NOMEM);
    }
    acgp_alloc_fail_at(0);
    assert_true(n > least && n < ROUNDS_MAX);
}

static void a_request_in_line(void **st)
{
    (void)st;
    every_failure_is_clean(one_request, 8);
}

static void turns_of_two(void **st)
{
    (void)st;
    every_failure_is_clean(two_turns, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_in_line),
        cmocka_unit_test(turns_of_two),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
