/* SPDX-License-Identifier: MPL-2.0 */
/* Events as the caller pulls them. */
#include "rig.h"

static void publishes_take_turns(void **st)
{
    (void)st;
    struct rig r;
    struct acg_publish *a = NULL, *b = NULL, *last = NULL;
    const struct acg_event *e = NULL;
    int changes = 0, events = 0;

    rig_begin(&r);
    a = rig_submit(&r, "1.0.0");
    b = rig_submit(&r, "2.0.0");
    rig_token(&r, "first", 3599);
    rig_publish_well(&r, "/versions/1.0.0");
    rig_publish_well(&r, "/versions/2.0.0");
    for (; acg_publisher_next_event(r.pub, &e); events++) {
        changes += e->publish != last;
        last = e->publish;
    }
    assert_true(events >= 6);
    assert_int_equal(changes, events); /* both told as much, one after the other */
    acg_publish_free(a);
    acg_publish_free(b);
    rig_end(&r);
}

static void the_final_event_is_the_last_and_numbers_rise(void **st)
{
    (void)st;
    struct acg_publisher_options o = ACG_PUBLISHER_OPTIONS_INIT;
    struct rig r;
    struct acg_publish *publish = NULL;
    const struct acg_event *e = NULL;
    uint64_t number = 0;
    bool done = false;
    int requests = 0;

    o.trace_requests = true;
    rig_begin_with(&r, &o);
    publish = rig_submit(&r, "1.4.0");
    rig_token(&r, "first", 3599);
    rig_publish_well(&r, "/versions/1.4.0");
    while (acg_publisher_next_event(r.pub, &e)) {
        assert_false(done);
        assert_true(e->number > number);
        assert_ptr_equal(e->publish, publish);
        assert_non_null(e->text);
        assert_null(strstr(e->text, "api-version")); /* a query may carry a signature */
        assert_null(strstr(e->text, "first"));
        number = e->number;
        done = e->kind == ACG_EVENT_DONE;
        requests += e->kind == ACG_EVENT_REQUEST;
    }
    assert_true(done);
    assert_int_equal(requests, 12); /* token, version, 7 around it, write, operation, read-back */
    acg_publish_free(publish);
    rig_end(&r);
}

static void a_token_that_two_requests_wait_for_is_told_once(void **st)
{
    (void)st;
    struct acg_publisher_options o = ACG_PUBLISHER_OPTIONS_INIT;
    struct acg_target_region region = {.name = "westus",
                                       .encryption = {.disk_encryption_set_id = "westus-all"}};
    struct acg_publish_options p =
        rig_options("/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/images/providers/"
                    "Microsoft.Compute/galleries/Golden/images/web/versions/1.4.0");
    struct rig r;
    struct acg_publish *publish = NULL;
    const struct acg_event *e = NULL;
    int tokens = 0;

    o.trace_requests = true;
    p.target_regions = &region;
    p.target_region_count = 1;
    rig_begin_with(&r, &o);
    assert_int_equal(acg_publisher_submit(r.pub, &p, &publish, &r.err), ACG_OK);
    rig_token(&r, "first", 3599);
    assert_int_equal(rig_in_flight(&r), 1); /* the version; the rig has answered the rest */
    while (acg_publisher_next_event(r.pub, &e))
        tokens += strstr(e->text, "/token") != NULL;
    assert_int_equal(tokens, 1);
    acg_publish_free(publish);
    rig_end(&r);
}

static void requests_are_told_only_to_who_wants_them(void **st)
{
    (void)st;
    struct rig r;
    struct acg_publish *publish = NULL;
    const struct acg_event *e = NULL;

    rig_begin(&r);
    publish = rig_submit(&r, "1.4.0");
    rig_token(&r, "first", 3599);
    rig_publish_well(&r, "/versions/1.4.0");
    while (acg_publisher_next_event(r.pub, &e))
        assert_int_not_equal(e->kind, ACG_EVENT_REQUEST);
    acg_publish_free(publish);
    rig_end(&r);
}

static void a_caller_who_never_pulls_gets_the_newest_requests_and_a_gap(void **st)
{
    (void)st;
    struct acg_publisher_options o = ACG_PUBLISHER_OPTIONS_INIT;
    struct rig r;
    struct acg_publish *publish = NULL;
    const struct acg_event *e = NULL;
    uint64_t number = 0, gaps = 0;
    int requests = 0;

    o.trace_requests = true;
    rig_begin_with(&r, &o);
    publish = rig_submit(&r, "1.4.0");
    rig_token(&r, "first", 86400);
    rig_expect(&r, "GET", "/versions/1.4.0");
    rig_reply(&r, 404, RIG_NOT_FOUND);
    rig_expect(&r, "PUT", "/versions/1.4.0");
    rig_reply(&r, 201, "{\"properties\":{\"provisioningState\":\"Creating\"}}");
    for (int i = 0; i < 100; i++) {
        rig_expect(&r, "GET", "/versions/1.4.0");
        rig_reply(&r, 200, "{\"properties\":{\"provisioningState\":\"Creating\"}}");
        rig_pass_ms(&r, 200000);
    }
    while (acg_publisher_next_event(r.pub, &e)) {
        assert_true(e->number > number);
        gaps += e->number - number - 1;
        number = e->number;
        requests += e->kind == ACG_EVENT_REQUEST;
    }
    assert_int_equal(requests, ACGP_TRACES_MAX);
    assert_true(gaps >= 110 - ACGP_TRACES_MAX); /* heartbeats that were replaced are gaps too */
    acg_publish_free(publish);
    rig_end(&r);
}

static void the_last_event_can_be_read_after_its_handle_is_gone(void **st)
{
    (void)st;
    struct rig r;
    struct acg_publish *publish = NULL;
    const struct acg_event *e = NULL;

    rig_begin(&r);
    publish = rig_submit(&r, "1.4.0");
    rig_token(&r, "first", 3599);
    rig_publish_well(&r, "/versions/1.4.0");
    while (acg_publisher_next_event(r.pub, &e) && e->kind != ACG_EVENT_DONE)
        ;
    assert_int_equal(e->kind, ACG_EVENT_DONE);
    acg_publish_free(publish);
    assert_int_equal(e->error->status, ACG_OK);
    assert_true(e->result->proved);
    assert_string_equal(e->result->regions[0].name, "westus");
    assert_false(acg_publisher_next_event(r.pub, &e));
    rig_end(&r);
}

static void no_event_is_seen_after_the_handle_is_gone(void **st)
{
    (void)st;
    struct rig r;
    const struct acg_event *e = NULL;

    rig_begin(&r);
    acg_publish_free(rig_submit(&r, "1.4.0"));
    rig_turn(&r);
    assert_false(acg_publisher_next_event(r.pub, &e));
    assert_int_equal(rig_in_flight(&r), 0);
    rig_end(&r);
}

static void no_event_is_visible_before_submit_returns_and_the_first_poll(void **st)
{
    (void)st;
    struct rig r;
    struct acg_publish *publish = NULL;
    const struct acg_event *e = NULL;

    rig_begin(&r);
    publish = rig_submit(&r, "1.4.0");
    assert_false(acg_publisher_next_event(r.pub, &e));
    rig_turn(&r);
    assert_true(acg_publisher_next_event(r.pub, &e));
    assert_int_equal(e->kind, ACG_EVENT_STEP);
    acg_publish_free(publish);
    rig_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(publishes_take_turns),
        cmocka_unit_test(the_final_event_is_the_last_and_numbers_rise),
        cmocka_unit_test(a_token_that_two_requests_wait_for_is_told_once),
        cmocka_unit_test(requests_are_told_only_to_who_wants_them),
        cmocka_unit_test(a_caller_who_never_pulls_gets_the_newest_requests_and_a_gap),
        cmocka_unit_test(the_last_event_can_be_read_after_its_handle_is_gone),
        cmocka_unit_test(no_event_is_seen_after_the_handle_is_gone),
        cmocka_unit_test(no_event_is_visible_before_submit_returns_and_the_first_poll),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
