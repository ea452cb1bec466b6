/* SPDX-License-Identifier: MPL-2.0 */
/* A mishap at every request of a run: a lost answer or a server error is settled within the run, a process
 * that dies is followed by a second run. The end is the same: each thing made once, one version of each key,
 * one role assignment. */
#include "unit/setup/world.h"

enum { REQUESTS_MAX = 200 };

static void every_request(bool policy, enum world_mishap mishap)
{
    bool kills = mishap == WORLD_KILLED_BEFORE || mishap == WORLD_KILLED_AFTER;
    struct acg_des_create_options o = world_options();
    unsigned n = 1;

    o.access = policy ? "policy" : "rbac";
    for (; n < REQUESTS_MAX; n++) {
        struct world w = {.policy = policy, .unknown = 2, .creating = 2, .mishap_at = n, .mishap = mishap};
        world_drive(&w, world_machine(&o));
        bool reached = w.requests >= n;
        if (kills && reached) {
            assert_true(w.killed);
            world_again(&w);
            world_drive(&w, world_machine(&o));
        }
        if (w.error.status != ACG_OK)
            print_error("request %u: %s\n", n, w.told);
        assert_int_equal(w.error.status, ACG_OK);
        world_complete(&w);
        world_free(&w);
        if (!reached)
            break;
    }
    assert_true(n > 30 && n < REQUESTS_MAX);
    print_message("%u requests, each met once\n", n - 1);
}

static void a_lost_request(void **st)
{
    (void)st;
    every_request(false, WORLD_LOST_BEFORE);
    every_request(true, WORLD_LOST_BEFORE);
}

static void a_lost_answer(void **st)
{
    (void)st;
    every_request(false, WORLD_LOST_AFTER);
    every_request(true, WORLD_LOST_AFTER);
}

static void a_server_error(void **st)
{
    (void)st;
    every_request(false, WORLD_BUSY);
    every_request(true, WORLD_BUSY_AFTER);
    every_request(false, WORLD_BUSY_AFTER);
}

static void a_process_that_dies(void **st)
{
    (void)st;
    every_request(false, WORLD_KILLED_BEFORE);
    every_request(true, WORLD_KILLED_BEFORE);
    every_request(false, WORLD_KILLED_AFTER);
    every_request(true, WORLD_KILLED_AFTER);
}

/* ARM never makes a second version of a key; it is not even asked to. */
static void a_key_whose_answer_was_lost_is_not_sent_again(void **st)
{
    (void)st;
    for (unsigned n = 1; n < REQUESTS_MAX; n++) {
        struct world w = {.mishap_at = n, .mishap = WORLD_LOST_AFTER};
        world_run(&w, ACG_OK);
        for (size_t i = 0; i < WORLD_REGIONS; i++)
            assert_int_equal(w.regions[i].sent[WORLD_KEY], 1);
        bool reached = w.requests >= n;
        world_free(&w);
        if (!reached)
            return;
    }
    fail_msg("the run has no end");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_request),
        cmocka_unit_test(a_lost_answer),
        cmocka_unit_test(a_server_error),
        cmocka_unit_test(a_process_that_dies),
        cmocka_unit_test(a_key_whose_answer_was_lost_is_not_sent_again),
    };

    return cmocka_run_group_tests_name("set-up: create, interrupted", tests, NULL, NULL);
}
