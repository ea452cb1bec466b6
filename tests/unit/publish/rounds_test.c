/* SPDX-License-Identifier: MPL-2.0 */
/* Which regions stand in the version next. The first of each list is the home region. */
#include "testlib/test.h"

#include "publish/rounds.h"

enum { MAX = 8 };

struct story {
    struct acgp_fate fates[MAX];
    size_t count;
    struct acgp_round_policy policy;
    int64_t now_ms, at_ms;
    unsigned writes;
    bool busy;
};

static struct story begin(size_t count, struct acgp_round_policy policy)
{
    struct story s = {.count = count, .policy = policy};

    s.fates[0].home = true;
    acgp_rounds_begin(s.fates, count, &s.policy);
    return s;
}

static enum acgp_round next(struct story *s)
{
    enum acgp_round r = acgp_rounds_next(s->fates, s->count, &s->policy, s->busy, s->now_ms, 42, &s->at_ms);

    s->writes += r == ACGP_ROUND_WRITE;
    return r;
}

/* What Azure says of a place that is in the version. */
static void completes(struct story *s, size_t i)
{
    assert_true(s->fates[i].in);
    s->fates[i].phase = ACGP_PHASE_COMPLETED;
}

static void fails(struct story *s, size_t i)
{
    assert_true(s->fates[i].in);
    s->fates[i].phase = ACGP_PHASE_FAILED;
    s->fates[i].failures++;
}

static void without_waves_all_go_at_once(void **st)
{
    struct story s = begin(3, (struct acgp_round_policy){0});

    (void)st;
    for (size_t i = 0; i < 3; i++) {
        assert_true(s.fates[i].in);
        assert_int_equal(next(&s), ACGP_ROUND_WATCH);
        completes(&s, i);
    }
    assert_int_equal(next(&s), ACGP_ROUND_PROVE);
    assert_false(acgp_rounds_partial(s.fates, 3));
}

static void the_home_region_leads_and_waves_follow(void **st)
{
    struct story s = begin(6, (struct acgp_round_policy){.wave_size = 2});

    (void)st;
    assert_true(s.fates[0].in && !s.fates[1].in && !s.fates[5].in);
    completes(&s, 0);
    assert_int_equal(next(&s), ACGP_ROUND_WRITE);
    assert_true(s.fates[1].in && s.fates[2].in && !s.fates[3].in);
    completes(&s, 1);
    assert_int_equal(next(&s), ACGP_ROUND_WATCH);
    completes(&s, 2);
    assert_int_equal(next(&s), ACGP_ROUND_WRITE);
    completes(&s, 3);
    completes(&s, 4);
    assert_int_equal(next(&s), ACGP_ROUND_WRITE);
    completes(&s, 5);
    assert_int_equal(next(&s), ACGP_ROUND_PROVE);
    assert_int_equal(s.writes, 3);
}

static void nothing_is_written_while_azure_is_at_work(void **st)
{
    struct story s = begin(3, (struct acgp_round_policy){.repair = true, .attempts = 1});

    (void)st;
    completes(&s, 0);
    completes(&s, 1);
    fails(&s, 2);
    s.busy = true;
    assert_int_equal(next(&s), ACGP_ROUND_WATCH);
    assert_true(s.fates[2].in);
    s.busy = false;
    assert_int_equal(next(&s), ACGP_ROUND_WRITE);
    assert_false(s.fates[2].in);
}

static void one_required_failure_ends_it(void **st)
{
    struct story s = begin(3, (struct acgp_round_policy){0});

    (void)st;
    fails(&s, 1);
    assert_int_equal(next(&s), ACGP_ROUND_FAIL);
}

static void a_failed_region_is_taken_out_and_put_in_again(void **st)
{
    struct story s = begin(3, (struct acgp_round_policy){.repair = true, .attempts = 2});

    (void)st;
    completes(&s, 0);
    fails(&s, 1);
    assert_int_equal(next(&s), ACGP_ROUND_WATCH); /* the third is at work: one write at a time */
    completes(&s, 2);
    assert_int_equal(next(&s), ACGP_ROUND_WRITE);
    assert_true(s.fates[0].in && !s.fates[1].in && s.fates[2].in);
    assert_int_equal(next(&s), ACGP_ROUND_SLEEP);
    assert_in_range(s.at_ms, 30000, 45000);
    s.now_ms = s.at_ms - 1;
    assert_int_equal(next(&s), ACGP_ROUND_SLEEP);
    s.now_ms++;
    assert_int_equal(next(&s), ACGP_ROUND_WRITE);
    assert_true(s.fates[1].in);
    completes(&s, 1);
    assert_int_equal(next(&s), ACGP_ROUND_PROVE);
}

static void no_repair_comes_after_the_deadline(void **st)
{
    struct story s =
        begin(2, (struct acgp_round_policy){.repair = true, .attempts = 2, .quorum = 1, .until_ms = 30000});

    (void)st;
    completes(&s, 0);
    fails(&s, 1);
    assert_int_equal(next(&s), ACGP_ROUND_WRITE);
    assert_int_equal(s.fates[1].phase, ACGP_PHASE_GIVEN_UP);
    assert_int_equal(next(&s), ACGP_ROUND_PROVE);
    s = begin(2, (struct acgp_round_policy){.repair = true, .attempts = 2, .until_ms = 30000});
    fails(&s, 1);
    assert_int_equal(next(&s), ACGP_ROUND_FAIL);
}

static void repairs_are_counted_and_rest_longer_each_time(void **st)
{
    struct story s = begin(2, (struct acgp_round_policy){.repair = true, .attempts = 2});
    int64_t rest[2] = {0};

    (void)st;
    completes(&s, 0);
    for (size_t i = 0; i < 2; i++) {
        fails(&s, 1);
        assert_int_equal(next(&s), ACGP_ROUND_WRITE);
        assert_int_equal(next(&s), ACGP_ROUND_SLEEP);
        rest[i] = s.at_ms - s.now_ms;
        s.now_ms = s.at_ms;
        assert_int_equal(next(&s), ACGP_ROUND_WRITE);
    }
    assert_true(rest[1] > rest[0]);
    fails(&s, 1);
    assert_int_equal(next(&s), ACGP_ROUND_FAIL);
}

static void the_home_region_is_sent_again_but_never_taken_out(void **st)
{
    struct story s = begin(2, (struct acgp_round_policy){.repair = true, .attempts = 1});

    (void)st;
    fails(&s, 0);
    fails(&s, 1);
    assert_int_equal(next(&s), ACGP_ROUND_WRITE); /* the other one leaves */
    assert_true(s.fates[0].in && !s.fates[1].in);
    assert_int_equal(next(&s), ACGP_ROUND_SLEEP);
    s.now_ms = INT64_C(100) * 1000;
    assert_int_equal(next(&s), ACGP_ROUND_WRITE);
    assert_true(s.fates[0].in && s.fates[1].in);
    completes(&s, 1);
    fails(&s, 0);
    assert_int_equal(next(&s), ACGP_ROUND_FAIL);
}

static void optional_regions_may_fail(void **st)
{
    struct story s = begin(3, (struct acgp_round_policy){0});

    (void)st;
    s.fates[2].optional = true;
    completes(&s, 0);
    completes(&s, 1);
    fails(&s, 2);
    assert_int_equal(next(&s), ACGP_ROUND_WRITE); /* without it, so that the version is whole again */
    assert_false(s.fates[2].in);
    assert_int_equal(next(&s), ACGP_ROUND_PROVE);
    assert_true(acgp_rounds_partial(s.fates, 3));
}

static void a_quorum_is_enough_but_never_without_the_home_region(void **st)
{
    struct story s = begin(4, (struct acgp_round_policy){.quorum = 2});

    (void)st;
    completes(&s, 0);
    completes(&s, 1);
    fails(&s, 2);
    fails(&s, 3);
    assert_int_equal(next(&s), ACGP_ROUND_WRITE);
    assert_int_equal(next(&s), ACGP_ROUND_PROVE);
    s = begin(4, (struct acgp_round_policy){.quorum = 2});
    fails(&s, 0);
    assert_int_equal(next(&s), ACGP_ROUND_FAIL);
    s = begin(4, (struct acgp_round_policy){.quorum = 3});
    fails(&s, 1);
    assert_int_equal(next(&s), ACGP_ROUND_WATCH);
    fails(&s, 2);
    assert_int_equal(next(&s), ACGP_ROUND_FAIL);
}

static void a_wave_takes_along_what_is_due(void **st)
{
    struct story s = begin(4, (struct acgp_round_policy){.repair = true, .attempts = 3, .wave_size = 1});

    (void)st;
    completes(&s, 0);
    assert_int_equal(next(&s), ACGP_ROUND_WRITE);
    fails(&s, 1);
    assert_int_equal(next(&s), ACGP_ROUND_WRITE); /* one leaves, the next wave comes: one write */
    assert_true(!s.fates[1].in && s.fates[2].in);
    completes(&s, 2);
    s.now_ms = INT64_C(100) * 1000;
    assert_int_equal(next(&s), ACGP_ROUND_WRITE);
    assert_true(s.fates[1].in && s.fates[3].in);
    completes(&s, 1);
    completes(&s, 3);
    assert_int_equal(next(&s), ACGP_ROUND_PROVE);
}

/* Whatever fails when: it ends, the home region is always in, and what is Completed is never taken out. */
static void every_fate_ends(void **st)
{
    (void)st;
    for (unsigned seed = 0; seed < 2000; seed++) {
        struct acgp_round_policy p = {
            .repair = seed % 2, .attempts = 1 + seed % 3, .wave_size = seed % 4, .quorum = seed % 5};
        struct story s = begin(2 + seed % 6, p);
        uint64_t random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
        enum acgp_round r = ACGP_ROUND_WATCH;
        bool completed[MAX] = {false};
        unsigned turns = 0;
        for (; r != ACGP_ROUND_PROVE && r != ACGP_ROUND_FAIL; turns++) {
            assert_true(turns < 200);
            r = next(&s);
            if (r == ACGP_ROUND_SLEEP)
                s.now_ms = s.at_ms;
            assert_true(s.fates[0].in);
            for (size_t i = 0; i < s.count; i++) {
                assert_true(s.fates[i].in || !completed[i] || i == 0);
                if (s.fates[i].phase != ACGP_PHASE_SENT || r == ACGP_ROUND_FAIL)
                    continue;
                random ^= random << 13, random ^= random >> 7, random ^= random << 17;
                if (random % 3 == 0)
                    fails(&s, i);
                else
                    completes(&s, i);
                completed[i] = completed[i] || s.fates[i].phase == ACGP_PHASE_COMPLETED;
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_waves_all_go_at_once),
        cmocka_unit_test(the_home_region_leads_and_waves_follow),
        cmocka_unit_test(nothing_is_written_while_azure_is_at_work),
        cmocka_unit_test(one_required_failure_ends_it),
        cmocka_unit_test(a_failed_region_is_taken_out_and_put_in_again),
        cmocka_unit_test(no_repair_comes_after_the_deadline),
        cmocka_unit_test(repairs_are_counted_and_rest_longer_each_time),
        cmocka_unit_test(the_home_region_is_sent_again_but_never_taken_out),
        cmocka_unit_test(optional_regions_may_fail),
        cmocka_unit_test(a_quorum_is_enough_but_never_without_the_home_region),
        cmocka_unit_test(a_wave_takes_along_what_is_due),
        cmocka_unit_test(every_fate_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
