/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include <stdio.h>

#include "base/span.h"
#include "governor/governor.h"

#define COMPUTE "https://management.azure.com/subscriptions/s1/resourceGroups/g/providers/Microsoft.Compute/"
#define VERSION COMPUTE "galleries/G/images/I/versions/1.0.0"
#define UNKNOWN COMPUTE "things/t"

enum { UNIX_S = 1790000000, TICKETS = 2000 };

struct house {
    struct acgp_governor *g;
    struct acgp_ticket tickets[TICKETS];
    size_t count;
};

static struct house *begin(void)
{
    static struct house h;

    h = (struct house){.count = 0};
    assert_int_equal(acgp_governor_new(7, &h.g), ACG_OK);
    return &h;
}

static struct acgp_ticket *enter(struct house *h, struct acgp_client *who, enum acgp_method method,
                                 const char *url, int64_t now)
{
    struct acgp_ticket *t = &h->tickets[h->count++];

    assert_true(h->count <= TICKETS);
    assert_int_equal(acgp_governor_enter(h->g, now, who, method, url, t), ACG_OK);
    return t;
}

static void answer(struct house *h, struct acgp_ticket *t, int64_t now, int status, const char *name,
                   const char *value, const char *name2, const char *value2)
{
    struct acgp_response r;

    acgp_response_init(&r);
    r.status = status;
    assert_true(acgp_response_header_add(&r, acgp_span(name), acgp_span(value)));
    if (name2 != NULL)
        assert_true(acgp_response_header_add(&r, acgp_span(name2), acgp_span(value2)));
    acgp_governor_answered(h->g, now, UNIX_S, t, &r);
    acgp_response_done(&r);
}

static size_t let_go(struct house *h, int64_t now)
{
    size_t n = 0;

    while (acgp_governor_next(h->g, now) != NULL)
        n++;
    return n;
}

static void end(struct house *h)
{
    for (size_t i = 0; i < h->count; i++)
        acgp_governor_leave(h->g, &h->tickets[i]);
    acgp_governor_free(h->g);
}

static void clients_take_turns_however_much_each_asks_for(void **st)
{
    struct acgp_client greedy = {NULL}, modest = {NULL}, third = {NULL};
    struct house *h = begin();
    struct acgp_ticket *order[6], *t = NULL;

    (void)st;
    for (int i = 0; i < 4; i++)
        order[i == 0 ? 0 : i + 2] = enter(h, &greedy, ACGP_GET, VERSION, 0);
    order[1] = enter(h, &modest, ACGP_GET, VERSION, 0);
    order[2] = enter(h, &third, ACGP_GET, VERSION, 0);
    for (size_t i = 0; i < 6; i++) {
        t = acgp_governor_next(h->g, 0);
        assert_ptr_equal(t, order[i]);
    }
    assert_null(acgp_governor_next(h->g, 0));
    end(h);
}

static void a_first_write_does_not_wait_for_the_reads_of_others(void **st)
{
    struct acgp_client many = {NULL}, one = {NULL};
    struct house *h = begin();
    struct acgp_ticket *write = NULL, *t = NULL;
    bool gone = false;

    (void)st;
    for (int i = 0; i < 1000; i++)
        enter(h, &many, ACGP_GET, VERSION, 0);
    let_go(h, 0);
    write = enter(h, &one, ACGP_PUT, VERSION, 0);
    while ((t = acgp_governor_next(h->g, 0)) != NULL)
        gone = gone || t == write;
    assert_true(gone);
    end(h);
}

static void nobody_is_starved_by_who_always_has_more(void **st)
{
    struct acgp_client many = {NULL}, one = {NULL};
    struct house *h = begin();
    struct acgp_ticket *mine = NULL, *t = NULL;
    int before = 0;

    (void)st;
    for (int i = 0; i < 600; i++)
        enter(h, &many, ACGP_GET, VERSION, 0);
    let_go(h, 0);
    mine = enter(h, &one, ACGP_GET, VERSION, 0);
    for (int64_t now = 0; now < 100000; now += 10)
        while ((t = acgp_governor_next(h->g, now)) != NULL) {
            if (t == mine) {
                assert_in_range(before, 0, 2);
                end(h);
                return;
            }
            before++;
        }
    fail_msg("starved");
}

static void retry_after_stops_the_line_for_everybody(void **st)
{
    struct acgp_client a = {NULL}, b = {NULL};
    struct house *h = begin();
    struct acgp_ticket *first = enter(h, &a, ACGP_PUT, VERSION, 0);
    int64_t due = 0;

    (void)st;
    assert_int_equal(let_go(h, 0), 1);
    answer(h, first, 100, 429, "retry-after", "17", "x-ms-failure-cause", "service");
    enter(h, &b, ACGP_PUT, VERSION, 200);
    enter(h, &b, ACGP_GET, VERSION, 200); /* another operation goes on */
    assert_int_equal(let_go(h, 200), 1);
    assert_int_equal(let_go(h, 17099), 0);
    assert_true(acgp_governor_due(h->g, 200, &due));
    assert_in_range(due, 17100, 17100 + 17000 / 8);
    assert_int_equal(let_go(h, due), 1);
    end(h);
}

static void arm_s_own_refusal_stops_its_kind(void **st)
{
    struct acgp_client a = {NULL};
    struct house *h = begin();
    struct acgp_ticket *first = enter(h, &a, ACGP_GET, VERSION, 0);

    (void)st;
    assert_int_equal(let_go(h, 0), 1);
    answer(h, first, 0, 429, "retry-after", "10", "x-ms-failure-cause", "gateway");
    enter(h, &a, ACGP_GET, COMPUTE "galleries/G", 0);
    enter(h, &a, ACGP_GET, VERSION, 0);
    enter(h, &a, ACGP_PUT, VERSION, 0);
    assert_int_equal(let_go(h, 9999), 1); /* the write */
    assert_int_equal(let_go(h, 12000), 2);
    end(h);
}

static void refusals_without_a_time_wait_longer_and_longer(void **st)
{
    struct acgp_client a = {NULL};
    struct house *h = begin();
    int64_t now = 0, waited = 0, due = 0;

    (void)st;
    for (int i = 0; i < 8; i++) {
        struct acgp_ticket *t = enter(h, &a, ACGP_PUT, VERSION, now);
        assert_true(acgp_governor_due(h->g, now, &due));
        assert_true(i == 0 || due - now >= waited);
        waited = due - now;
        assert_in_range(waited, 0, 36000);
        now = due;
        assert_ptr_equal(acgp_governor_next(h->g, now), t);
        answer(h, t, now, 429, "retry-after", "soon", NULL, NULL);
        waited = i < 5 ? waited : 0;
    }
    end(h);
}

static void an_operation_without_known_limits_feels_its_way(void **st)
{
    struct acgp_client a = {NULL};
    struct house *h = begin();
    struct acgp_ticket *t = NULL;
    int64_t due = 0;

    (void)st;
    for (int i = 0; i < 100; i++)
        enter(h, &a, ACGP_PUT, UNKNOWN, 0);
    t = acgp_governor_next(h->g, 0);
    assert_int_equal(let_go(h, 0), ACGP_UNKNOWN_AT_ONCE - 1);
    assert_false(acgp_governor_due(h->g, 0, &due));
    answer(h, t, 10, 200, "x-ms-ratelimit-remaining-resource", "M/PutThing3Min;39,M/PutThing30Min;199", NULL,
           NULL);
    assert_in_range(let_go(h, 10), 20, 32); /* 40 in all, 8 are gone, and the last ones are spread */
    end(h);
}

static void regions_have_polls_of_their_own(void **st)
{
    struct acgp_client a = {NULL};
    struct house *h = begin();
    struct acgp_ticket *t = enter(h, &a, ACGP_GET,
                                  "https://management.azure.com/subscriptions/s1/providers/Microsoft.Compute/"
                                  "locations/westus/capsOperations/1",
                                  0);

    (void)st;
    assert_int_equal(let_go(h, 0), 1);
    answer(h, t, 0, 429, "retry-after", "60", "x-ms-failure-cause", "service");
    enter(h, &a, ACGP_GET,
          "https://management.azure.com/subscriptions/s1/providers/Microsoft.Compute/locations/eastus/"
          "capsOperations/2",
          0);
    assert_int_equal(let_go(h, 0), 1);
    end(h);
}

static void who_leaves_is_not_waited_for(void **st)
{
    struct acgp_client a = {NULL}, b = {NULL};
    struct house *h = begin();
    struct acgp_ticket *a1 = enter(h, &a, ACGP_GET, VERSION, 0), *a2 = enter(h, &a, ACGP_GET, VERSION, 0),
                       *a3 = enter(h, &a, ACGP_GET, VERSION, 0), *b1 = enter(h, &b, ACGP_GET, VERSION, 0);

    (void)st;
    acgp_governor_leave(h->g, a2);
    acgp_governor_leave(h->g, a1);
    acgp_governor_leave(h->g, a1);
    assert_ptr_equal(acgp_governor_next(h->g, 0), b1);
    assert_ptr_equal(acgp_governor_next(h->g, 0), a3);
    assert_null(acgp_governor_next(h->g, 0));
    assert_null(a.heads);
    assert_null(b.heads);
    end(h);
}

static void a_thousand_writes_stay_below_every_limit(void **st)
{
    static struct acgp_client who[1000];
    struct house *h = begin();
    int64_t now = 0, due = 0;
    size_t gone = 0, in_3_min = 0, window = 0;

    (void)st;
    for (size_t i = 0; i < 1000; i++) {
        who[i] = (struct acgp_client){NULL};
        enter(h, &who[i], ACGP_PUT, VERSION, 0);
    }
    while (gone < 1000) {
        size_t n = let_go(h, now);
        if ((size_t)(now / 180000) != window)
            in_3_min = 0;
        window = (size_t)(now / 180000);
        gone += n;
        in_3_min += n;
        assert_in_range(in_3_min, 0, 375);
        if (gone < 1000) {
            assert_true(acgp_governor_due(h->g, now, &due));
            assert_true(due > now);
            now = due;
        }
    }
    assert_in_range(now, 2 * 180000, 3 * 180000);
    end(h);
}

static void what_a_request_waits_for_can_be_said(void **st)
{
    struct acgp_client a = {NULL};
    struct house *h = begin();
    struct acgp_ticket *t = NULL;
    struct acgp_wait wait;

    (void)st;
    t = enter(h, &a, ACGP_PUT, VERSION, 0);
    assert_int_equal(let_go(h, 0), 1);
    answer(h, t, 0, 201, "x-ms-ratelimit-remaining-resource",
           "Microsoft.Compute/CreateUpdateGalleryImageVersion3Min;0", NULL, NULL);
    t = enter(h, &a, ACGP_PUT, VERSION, 0);
    assert_int_equal(let_go(h, 0), 0);
    acgp_governor_explain(h->g, 0, t, &wait);
    assert_int_equal(wait.why, ACGP_WAIT_POLICY);
    assert_string_equal(wait.policy, "CreateUpdateGalleryImageVersion3Min");
    assert_string_equal(wait.subscription, "s1");
    assert_int_equal(wait.kind, ACGP_OPERATION_WRITE);
    assert_in_range(wait.ready_ms, 1, 180000);
    end(h);
}

static void memory_is_bounded_and_old_lines_give_way(void **st)
{
    struct acgp_client a = {NULL};
    struct house *h = begin();
    char url[200];

    (void)st;
    for (int i = 0; i < 5 * ACGP_LINES_MAX; i++) {
        struct acgp_ticket t = {NULL};
        snprintf(url, sizeof url, "https://management.azure.com/subscriptions/s%d/providers/N.S/t%d/n", i / 3,
                 i);
        assert_int_equal(acgp_governor_enter(h->g, i, &a, ACGP_GET, url, &t), ACG_OK);
        assert_ptr_equal(acgp_governor_next(h->g, i), &t);
        acgp_governor_answered(h->g, i, UNIX_S, &t, NULL);
    }
    for (int i = 0; i < ACGP_LINES_MAX + 100; i++) { /* none of these is idle */
        snprintf(url, sizeof url, "https://management.azure.com/subscriptions/s/providers/N.S/u%d/n", i);
        enter(h, &a, ACGP_GET, url, 0);
    }
    assert_true(let_go(h, 100000) > 0);
    end(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clients_take_turns_however_much_each_asks_for),
        cmocka_unit_test(a_first_write_does_not_wait_for_the_reads_of_others),
        cmocka_unit_test(nobody_is_starved_by_who_always_has_more),
        cmocka_unit_test(retry_after_stops_the_line_for_everybody),
        cmocka_unit_test(arm_s_own_refusal_stops_its_kind),
        cmocka_unit_test(refusals_without_a_time_wait_longer_and_longer),
        cmocka_unit_test(an_operation_without_known_limits_feels_its_way),
        cmocka_unit_test(regions_have_polls_of_their_own),
        cmocka_unit_test(who_leaves_is_not_waited_for),
        cmocka_unit_test(a_thousand_writes_stay_below_every_limit),
        cmocka_unit_test(what_a_request_waits_for_can_be_said),
        cmocka_unit_test(memory_is_bounded_and_old_lines_give_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
