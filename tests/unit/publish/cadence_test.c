/* SPDX-License-Identifier: MPL-2.0 */
/* Replications of several shapes on a clock of our own: how often each is read, and how late its end is seen.
 */
#include "testlib/test.h"

#include "publish/cadence.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

enum { PLACES = 3, PARTS = 1000000, RUNS = 60 };

/** Percent of a place after so many millionths of the replication's time. */
typedef int shape(int64_t parts);

static int linear(int64_t x)
{
    return (int)(x * 100 / PARTS);
}

static int s_curve(int64_t x)
{
    int64_t k = x / 1000; /* 3x² - 2x³ */
    return (int)(k * k * (3000 - 2 * k) / 10000000);
}

static int zero_for_a_third(int64_t x)
{
    return x < PARTS / 3 ? 0 : linear((x - PARTS / 3) * 3 / 2);
}

static int zero_for_two_thirds(int64_t x)
{
    return x < 2 * (PARTS / 3) ? 0 : linear((x - 2 * (PARTS / 3)) * 3);
}

static int steps_of_10(int64_t x)
{
    return linear(x) / 10 * 10;
}

static int steps_of_25(int64_t x)
{
    return linear(x) / 25 * 25;
}

static int faster_and_faster(int64_t x)
{
    int64_t k = x / 1000;
    return (int)(k * k * k / 10000000);
}

static int falls_back(int64_t x)
{
    return x < PARTS / 2        ? linear(x * 7 / 5)
           : x < PARTS * 6 / 10 ? 30
                                : 30 + linear((x - PARTS * 6 / 10) * 7 / 4);
}

static int never_told(int64_t x)
{
    (void)x;
    return 0;
}

/** What one replication cost. */
struct cost {
    unsigned reads;
    int64_t lag_ms;
};

struct run {
    shape *percent;
    int64_t takes_ms, stall_ms; /* it stands at 99 for the last stall_ms of its time */
    bool quick_neighbours;      /* other places are finished long before */
    uint64_t seed;
};

static int percent_at(const struct run *r, int64_t now_ms)
{
    int64_t moves_ms = r->takes_ms - r->stall_ms;
    int percent = now_ms < moves_ms ? r->percent(now_ms * PARTS / moves_ms) : 99;

    return percent > 99 ? 99 : percent;
}

static void read_places(struct acgp_cadence *c, const struct run *r, int64_t now_ms)
{
    int percent = percent_at(r, now_ms), quick = percent * 8 > 100 ? 100 : percent * 8;

    acgp_cadence_sample(c, 0, percent, false, now_ms);
    for (size_t i = 1; i < PLACES; i++)
        acgp_cadence_sample(c, i, r->quick_neighbours ? quick : percent, r->quick_neighbours && quick == 100,
                            now_ms);
}

static struct cost replicate(const struct run *r)
{
    struct acgp_cadence_place places[PLACES];
    struct acgp_cadence c;
    struct cost cost = {1, 0};
    int64_t now = 0;

    acgp_cadence_begin(&c, places, PLACES, r->seed, 0);
    for (; now < r->takes_ms; cost.reads++) {
        int64_t next = 0;
        read_places(&c, r, now);
        next = acgp_cadence_next_ms(&c, now, 0);
        assert_true(next > now);
        now = next;
    }
    cost.lag_ms = now - r->takes_ms;
    return cost;
}

/* The worst of many replications that take from six sevenths of this time to all of it. */
static struct cost worst(shape *percent, int64_t takes_ms, int64_t stall_ms, bool quick_neighbours)
{
    struct cost most = {0, 0};

    for (int i = 0; i < RUNS; i++) {
        struct run r = {percent, takes_ms - takes_ms / 7 * i / RUNS, stall_ms, quick_neighbours, (uint64_t)i};
        struct cost cost = replicate(&r);
        most.reads = cost.reads > most.reads ? cost.reads : most.reads;
        most.lag_ms = cost.lag_ms > most.lag_ms ? cost.lag_ms : most.lag_ms;
    }
    return most;
}

static void within(const char *name, struct cost cost, unsigned reads, int64_t lag_ms)
{
    if (cost.reads > reads || cost.lag_ms > lag_ms)
        fail_msg("%s: %u reads, %d ms late; allowed: %u, %d", name, cost.reads, (int)cost.lag_ms, reads,
                 (int)lag_ms);
}

static const struct {
    const char *name;
    shape *percent;
    int64_t stall_ms;
    bool quick_neighbours;
} telling[] = {
    {"linear", linear, 0, false},
    {"s-curve", s_curve, 0, false},
    {"zero for a third", zero_for_a_third, 0, false},
    {"zero for two thirds", zero_for_two_thirds, 0, false},
    {"steps of 10", steps_of_10, 0, false},
    {"steps of 25", steps_of_25, 0, false},
    {"faster and faster", faster_and_faster, 0, false},
    {"falls back", falls_back, 0, false},
    {"stands at 99 for five minutes", linear, 5 * MINUTE, false},
    {"one region is much slower", linear, 0, true},
};

static void every_shape(int64_t takes_ms, unsigned reads, int64_t lag_ms)
{
    for (size_t i = 0; i < sizeof telling / sizeof telling[0]; i++)
        if (telling[i].stall_ms < takes_ms / 2 + takes_ms / 4)
            within(telling[i].name,
                   worst(telling[i].percent, takes_ms, telling[i].stall_ms, telling[i].quick_neighbours),
                   reads, lag_ms);
}

static void ten_minutes_cost_forty_reads_and_are_seen_within_thirty_seconds(void **st)
{
    (void)st;
    every_shape(10 * MINUTE, 40, 30 * SECOND);
    within("never told", worst(never_told, 10 * MINUTE, 0, false), 40, 30 * SECOND);
}

static void six_hours_cost_150_reads_and_are_seen_within_thirty_seconds(void **st)
{
    (void)st;
    every_shape(6 * HOUR, 150, 30 * SECOND);
}

static void what_lies_between_is_seen_within_thirty_seconds_too(void **st)
{
    (void)st;
    every_shape(20 * MINUTE, 60, 30 * SECOND);
    every_shape(HOUR, 90, 30 * SECOND);
    every_shape(3 * HOUR, 130, 30 * SECOND);
}

static void short_publishes_are_seen_soon(void **st)
{
    (void)st;
    every_shape(MINUTE, 17, 15 * SECOND);
    every_shape(10 * SECOND, 10, 4 * SECOND);
    within("a second", worst(never_told, SECOND, 0, false), 3, SECOND);
    within("never told", worst(never_told, 10 * SECOND, 0, false), 8, 7 * SECOND);
    within("never told", worst(never_told, MINUTE, 0, false), 12, 28 * SECOND);
}

static void without_any_percent_a_twentieth_of_the_time_is_the_price(void **st)
{
    (void)st;
    within("never told", worst(never_told, HOUR, 0, false), 75, HOUR / 18);
    within("never told", worst(never_told, 6 * HOUR, 0, false), 110, 6 * HOUR / 18);
}

static int already_at_60(int64_t x)
{
    return 60 + linear(x) * 2 / 5;
}

static void a_version_that_is_found_half_way_is_watched_as_well(void **st)
{
    (void)st;
    within("from 60 on", worst(already_at_60, 10 * MINUTE, 0, false), 40, 30 * SECOND);
    within("from 60 on", worst(already_at_60, 6 * HOUR, 0, false), 150, 30 * SECOND);
}

/* Nothing that is reported makes us ask more often than that. */
static void the_allowance_holds_for_any_report(void **st)
{
    (void)st;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct acgp_cadence_place places[2];
        struct acgp_cadence c;
        uint64_t random = seed;
        unsigned early = 0, reads = 0;
        acgp_cadence_begin(&c, places, 2, seed, 0);
        for (int64_t now = 0; now < 6 * HOUR; reads++) {
            early += now <= 10 * MINUTE;
            for (size_t i = 0; i < 2; i++) {
                random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
                acgp_cadence_sample(&c, i, (int)((random >> 33) % 101), (random >> 60) == 0, now);
            }
            now = acgp_cadence_next_ms(&c, now, 0);
        }
        assert_true(early <= 40 && reads <= 150);
    }
}

static void the_first_readings_come_quickly(void **st)
{
    struct acgp_cadence c;
    int64_t now = 0, first[4];

    (void)st;
    acgp_cadence_begin(&c, NULL, 0, 7, 0);
    for (size_t i = 0; i < 4; i++)
        first[i] = now = acgp_cadence_next_ms(&c, now, 0);
    assert_in_range(first[0], 900, 1000);
    assert_in_range(first[1], 1800, 2000);
    assert_in_range(first[2], 2700, 3400);
    assert_in_range(first[3], 4500, 5700);
}

static void retry_after_is_the_least_wait(void **st)
{
    static const int64_t asked[] = {1, 1500, 29000, 60000, 3600000};

    (void)st;
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++)
        for (uint64_t seed = 0; seed < 50; seed++) {
            struct acgp_cadence_place place;
            struct acgp_cadence c;
            int64_t next = 0;
            acgp_cadence_begin(&c, &place, 1, seed, 0);
            acgp_cadence_sample(&c, 0, 99, false, 20000);
            next = acgp_cadence_next_ms(&c, 20000, asked[i]);
            assert_true(next >= 20000 + asked[i]);
            assert_true(next <= 20000 + (asked[i] > 30000 ? asked[i] + 2000 : 31000));
        }
}

static void publishes_that_begin_together_do_not_read_in_step(void **st)
{
    enum { MANY = 100 };
    int64_t least = INT64_MAX, most = 0;

    (void)st;
    for (uint64_t seed = 0; seed < MANY; seed++) {
        struct acgp_cadence c;
        int64_t now = 0;
        acgp_cadence_begin(&c, NULL, 0, seed, 0);
        for (int i = 0; i < 12; i++)
            now = acgp_cadence_next_ms(&c, now, 0);
        least = now < least ? now : least;
        most = now > most ? now : most;
    }
    assert_true(most - least > 3 * SECOND);
}

/* A poll beside the readings tells nothing about the regions: what moved did so after the reading before. */
static void a_request_between_two_readings_hides_no_movement(void **st)
{
    struct acgp_cadence_place place;
    struct acgp_cadence c;

    (void)st;
    acgp_cadence_begin(&c, &place, 1, 1, 0);
    acgp_cadence_sample(&c, 0, 10, false, 10000);
    (void)acgp_cadence_next_ms(&c, 10000, 0);
    (void)acgp_cadence_next_ms(&c, 19000, 0);
    acgp_cadence_sample(&c, 0, 20, false, 20000);
    assert_int_equal(place.since_ms, 10000);
}

static void a_version_whose_regions_are_all_finished_is_read_soon(void **st)
{
    struct acgp_cadence_place place;
    struct acgp_cadence c;

    (void)st;
    acgp_cadence_begin(&c, &place, 1, 1, 0);
    acgp_cadence_sample(&c, 0, 100, true, 3 * HOUR);
    assert_true(acgp_cadence_next_ms(&c, 3 * HOUR, 0) <= 3 * HOUR + 28 * SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_minutes_cost_forty_reads_and_are_seen_within_thirty_seconds),
        cmocka_unit_test(six_hours_cost_150_reads_and_are_seen_within_thirty_seconds),
        cmocka_unit_test(what_lies_between_is_seen_within_thirty_seconds_too),
        cmocka_unit_test(short_publishes_are_seen_soon),
        cmocka_unit_test(without_any_percent_a_twentieth_of_the_time_is_the_price),
        cmocka_unit_test(a_version_that_is_found_half_way_is_watched_as_well),
        cmocka_unit_test(the_allowance_holds_for_any_report),
        cmocka_unit_test(the_first_readings_come_quickly),
        cmocka_unit_test(retry_after_is_the_least_wait),
        cmocka_unit_test(publishes_that_begin_together_do_not_read_in_step),
        cmocka_unit_test(a_request_between_two_readings_hides_no_movement),
        cmocka_unit_test(a_version_whose_regions_are_all_finished_is_read_soon),
    };

    return cmocka_run_group_tests_name("cadence", tests, NULL, NULL);
}
