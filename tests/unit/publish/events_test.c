/* SPDX-License-Identifier: MPL-2.0 */
/* The queue of events. */
#include "testlib/test.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "work/events.h"

static void notice(struct acgp_events *q, int i)
{
    assert_true(acgp_events_text(q, ACG_EVENT_NOTICE, i, false, acgp_printf("notice %d", i)));
}

static void region(struct acgp_events *q, const char *name, int percent)
{
    assert_true(acgp_events_region(q, 0, name, "Replicating", "", percent, acgp_printf("%d", percent)));
}

static void events_come_in_order_and_are_numbered_from_one(void **st)
{
    struct acgp_events q = {0};

    (void)st;
    notice(&q, 1);
    notice(&q, 2);
    for (uint64_t i = 1; i <= 2; i++) {
        const struct acg_event *e = acgp_events_pull(&q);
        assert_int_equal(e->number, i);
        assert_int_equal(e->elapsed_ms, i);
    }
    assert_null(acgp_events_pull(&q));
    acgp_events_done(&q);
}

static void progress_of_one_region_is_merged_and_leaves_a_gap(void **st)
{
    struct acgp_events q = {0};
    const struct acg_event *e = NULL;

    (void)st;
    region(&q, "westus", 10);
    region(&q, "eastus2", 5);
    region(&q, "westus", 20);
    e = acgp_events_pull(&q);
    assert_string_equal(e->region, "eastus2");
    assert_int_equal(e->number, 2);
    e = acgp_events_pull(&q);
    assert_string_equal(e->region, "westus");
    assert_int_equal(e->percent, 20);
    assert_int_equal(e->number, 3);
    assert_null(acgp_events_pull(&q));
    acgp_events_done(&q);
}

static void the_queue_stays_within_its_cap_and_keeps_steps(void **st)
{
    struct acgp_events q = {0};
    size_t steps = 0, total = 0;

    (void)st;
    assert_true(acgp_events_text(&q, ACG_EVENT_STEP, 0, false, acgp_strdup("step")));
    for (int i = 0; i < 2 * ACGP_EVENTS_MAX; i++)
        notice(&q, i);
    assert_true(acgp_events_text(&q, ACG_EVENT_STEP, 0, false, acgp_strdup("step")));
    assert_int_equal(q.count, ACGP_EVENTS_MAX);
    for (const struct acg_event *e = acgp_events_pull(&q); e != NULL; e = acgp_events_pull(&q)) {
        steps += e->kind == ACG_EVENT_STEP;
        total++;
    }
    assert_int_equal(steps, 2);
    assert_int_equal(total, ACGP_EVENTS_MAX);
    acgp_events_done(&q);
}

static void where_only_progress_waits_the_oldest_gives_way(void **st)
{
    struct acgp_events q = {0};
    char name[32];

    (void)st;
    for (int i = 0; i <= ACGP_EVENTS_MAX; i++) {
        snprintf(name, sizeof name, "region%d", i);
        region(&q, name, 1);
    }
    assert_int_equal(q.count, ACGP_EVENTS_MAX);
    assert_string_equal(acgp_events_pull(&q)->region, "region1");
    acgp_events_done(&q);
}

static void an_unread_heartbeat_is_replaced(void **st)
{
    struct acgp_events q = {0};

    (void)st;
    assert_true(acgp_events_text(&q, ACG_EVENT_NOTICE, 1, true, acgp_strdup("one")));
    notice(&q, 2);
    assert_true(acgp_events_text(&q, ACG_EVENT_NOTICE, 3, true, acgp_strdup("three")));
    assert_string_equal(acgp_events_pull(&q)->text, "notice 2");
    assert_string_equal(acgp_events_pull(&q)->text, "three");
    assert_null(acgp_events_pull(&q));
    acgp_events_done(&q);
}

static void a_text_that_could_not_be_made_is_out_of_memory(void **st)
{
    struct acgp_events q = {0};

    (void)st;
    assert_false(acgp_events_text(&q, ACG_EVENT_NOTICE, 0, false, NULL));
    assert_false(acgp_events_region(&q, 0, "westus", "Completed", "", 100, NULL));
    assert_null(acgp_events_pull(&q));
    acgp_events_done(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_come_in_order_and_are_numbered_from_one),
        cmocka_unit_test(progress_of_one_region_is_merged_and_leaves_a_gap),
        cmocka_unit_test(the_queue_stays_within_its_cap_and_keeps_steps),
        cmocka_unit_test(where_only_progress_waits_the_oldest_gives_way),
        cmocka_unit_test(an_unread_heartbeat_is_replaced),
        cmocka_unit_test(a_text_that_could_not_be_made_is_out_of_memory),
    };

    return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
