/* SPDX-License-Identifier: MPL-2.0 */
/* More requests than the transport takes at a time wait, the longest first. */
#include "rig.h"

#include <stdio.h>

#define SOURCE "/images/web-"

/* Each asks for its version and its source, which the test holds back: together some more than there is room
 * for. */
enum { PUBLISHES = ACGP_TRANSFERS_MAX / 2 + 2, MORE = 2 * PUBLISHES - ACGP_TRANSFERS_MAX };

struct crowd {
    struct rig r;
    struct acg_publish *all[PUBLISHES];
};

static void begin(struct crowd *c)
{
    rig_begin(&c->r);
    c->r.held = SOURCE;
    for (int i = 0; i < PUBLISHES; i++) {
        char version[16], image[16]; /* few of a subscription, which has its limits */
        (void)snprintf(version, sizeof version, "1.0.%d", i);
        (void)snprintf(image, sizeof image, "web-%d", i);
        c->all[i] = rig_submit_from(&c->r, 1 + (unsigned)i / 4, image, version);
    }
    rig_token(&c->r, "first", 3599);
}

static void end(struct crowd *c)
{
    for (int i = 0; i < PUBLISHES; i++)
        acg_publish_free(c->all[i]);
    assert_int_equal(rig_in_flight(&c->r), 0);
    assert_int_equal(c->r.pub->sent, 0);
    assert_null(c->r.pub->queue);
    rig_end(&c->r);
}

static size_t waiting(const struct crowd *c)
{
    size_t n = 0;

    for (const struct acgp_attempt *a = c->r.pub->queue; a != NULL; a = a->waiting_next)
        n += a->publish != NULL; /* what several share waits too, and is nobody's */
    return n;
}

/* The first in the queue, from one on, that is a publish's own; NULL: none. */
static const struct acgp_attempt *own(const struct acgp_attempt *a)
{
    while (a != NULL && a->publish == NULL)
        a = a->waiting_next;
    return a;
}

static void what_ends_makes_room_for_what_waits_longest(void **st)
{
    struct crowd c;

    (void)st;
    begin(&c);
    size_t before = waiting(&c);
    assert_int_equal(rig_in_flight(&c.r), ACGP_TRANSFERS_MAX);
    assert_true(before >= MORE); /* and what they share, behind them */
    const struct acgp_attempt *longest = c.r.pub->queue, *second = longest->waiting_next;
    before -= longest->publish != NULL;
    rig_expect(&c.r, "GET", "/versions/");
    rig_reply(&c.r, 404, RIG_NOT_FOUND);
    assert_int_equal(rig_in_flight(&c.r), ACGP_TRANSFERS_MAX);
    assert_int_equal(waiting(&c), before);
    assert_non_null(longest->transfer);
    assert_ptr_equal(c.r.pub->queue, second);
    end(&c);
}

static void who_leaves_gives_room_and_takes_none(void **st)
{
    struct crowd c;
    struct acg_publish *queued = NULL;

    (void)st;
    begin(&c);
    queued = own(c.r.pub->queue)->publish;
    size_t before = waiting(&c);
    acg_publish_cancel(queued);
    rig_turn(&c.r);
    assert_null(queued->attempts);
    assert_true(waiting(&c) < before);
    for (const struct acgp_attempt *a = c.r.pub->queue; a != NULL; a = a->waiting_next)
        assert_ptr_not_equal(a->publish, queued);
    assert_int_equal(c.r.pub->sent, rig_in_flight(&c.r));
    end(&c);
}

static void whose_time_is_over_is_told_so(void **st)
{
    struct crowd c;
    const struct acg_event *e = NULL;
    size_t told = 0;

    (void)st;
    begin(&c);
    rig_advance(&c.r, ACGP_GET_ATTEMPT_MS);
    rig_expect(&c.r, "GET", "/versions/");
    rig_fail(&c.r, ACGP_FAILURE_LOST, ACG_ERR_TRANSPORT);
    while (acg_publisher_next_event(c.r.pub, &e))
        told += strstr(e->text, "no room came in time") != NULL;
    assert_true(told > 0);
    assert_int_equal(waiting(&c), 0);
    end(&c);
}

static void a_handle_that_goes_between_turns_leaves_the_count_right(void **st)
{
    struct crowd c;

    (void)st;
    begin(&c);
    size_t before = waiting(&c);
    for (int i = 0; i < 8; i++) {
        acg_publish_free(c.all[i]);
        c.all[i] = NULL;
    }
    assert_true(c.r.pub->sent < ACGP_TRANSFERS_MAX);
    rig_turn(&c.r);
    assert_int_equal(c.r.pub->sent, rig_in_flight(&c.r));
    assert_true(waiting(&c) < before);
    end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_ends_makes_room_for_what_waits_longest),
        cmocka_unit_test(who_leaves_gives_room_and_takes_none),
        cmocka_unit_test(whose_time_is_over_is_told_so),
        cmocka_unit_test(a_handle_that_goes_between_turns_leaves_the_count_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
