/* SPDX-License-Identifier: MPL-2.0 */
/* Reads that publishes of one publisher share. */
#include "rig.h"

#include "testlib/healthy.h"

#define PROVIDER "/providers/Microsoft.Compute?"
#define REGIONS  "/locations?"
#define UNREGISTERED                                                                                         \
    "{\"registrationState\":\"NotRegistered\",\"resourceTypes\":[{\"resourceType\":\"galleries/images/"      \
    "versions\",\"locations\":[\"West US\"],\"apiVersions\":[\"2023-07-03\"]}]}"

/* Two publishes wait for what the test holds back. */
struct pair {
    struct rig r;
    struct acg_publish *a, *b;
};

static void begin(struct pair *p, const char *held)
{
    rig_begin(&p->r);
    p->r.held = held;
    p->a = rig_submit(&p->r, "1.0.0");
    p->b = rig_submit_from(&p->r, 1, "web-build-2", "2.0.0");
    rig_token(&p->r, "first", 3599);
}

static void end(struct pair *p)
{
    acg_publish_free(p->a);
    acg_publish_free(p->b);
    assert_int_equal(rig_in_flight(&p->r), 0);
    rig_end(&p->r);
}

/* What is held back, as a healthy world answers it. */
static void reply_well(struct rig *r, const char *url_part)
{
    const char *urls[] = {
        "https://management.azure.com/subscriptions/00000000-0000-0000-0000-000000000001" REGIONS,
        "https://management.azure.com/subscriptions/"
        "00000000-0000-0000-0000-000000000001" PROVIDER};
    int status = 0;
    const char *text = healthy_text(urls[strcmp(url_part, PROVIDER) == 0], &status);

    rig_expect(r, "GET", url_part);
    rig_reply(r, status, text);
}

/* Does the publish of this version come as far as its write? */
static void writes(struct rig *r, const char *version)
{
    rig_expect(r, "GET", version);
    rig_reply(r, 404, RIG_NOT_FOUND);
    rig_expect(r, "PUT", version);
}

static void what_no_publish_changes_is_asked_for_once(void **st)
{
    struct pair p;

    (void)st;
    begin(&p, REGIONS);
    assert_int_equal(rig_in_flight_of(&p.r, REGIONS), 1);
    reply_well(&p.r, REGIONS);
    assert_int_equal(rig_in_flight_of(&p.r, REGIONS), 0);
    writes(&p.r, "/1.0.0?");
    writes(&p.r, "/2.0.0?");
    end(&p);
}

static void versions_and_sources_are_asked_for_by_each(void **st)
{
    struct pair p;

    (void)st;
    begin(&p, "/images/web-build");
    assert_int_equal(rig_in_flight_of(&p.r, "/images/web-build"), 2);
    assert_int_equal(rig_in_flight_of(&p.r, "/versions/"), 2);
    end(&p);
}

static void who_leaves_does_not_stop_what_others_wait_for(void **st)
{
    struct pair p;

    (void)st;
    begin(&p, REGIONS);
    acg_publish_cancel(p.a); /* it asked first */
    rig_turn(&p.r);
    assert_int_equal(rig_in_flight_of(&p.r, REGIONS), 1);
    reply_well(&p.r, REGIONS);
    writes(&p.r, "/2.0.0?");
    end(&p);
}

static void a_handle_that_goes_leaves_too(void **st)
{
    struct pair p;

    (void)st;
    begin(&p, REGIONS);
    acg_publish_free(p.b);
    p.b = NULL;
    assert_int_equal(rig_in_flight_of(&p.r, REGIONS), 1);
    reply_well(&p.r, REGIONS);
    writes(&p.r, "/1.0.0?");
    end(&p);
}

static void the_last_who_leaves_stops_it(void **st)
{
    struct pair p;

    (void)st;
    begin(&p, REGIONS);
    acg_publish_cancel(p.b);
    acg_publish_cancel(p.a);
    rig_turn(&p.r);
    assert_int_equal(rig_in_flight(&p.r), 0);
    end(&p);
}

static void leaving_before_the_token_is_there_sends_nothing(void **st)
{
    struct rig r;
    struct acg_publish *a = NULL;

    (void)st;
    rig_begin(&r);
    r.held = REGIONS;
    a = rig_submit(&r, "1.0.0");
    rig_turn(&r);
    acg_publish_cancel(a);
    rig_turn(&r);
    rig_token(&r, "first", 3599);
    assert_int_equal(rig_in_flight(&r), 0);
    acg_publish_free(a);
    rig_end(&r);
}

static void a_failure_is_of_who_asked_first_alone(void **st)
{
    struct pair p;

    (void)st;
    begin(&p, REGIONS);
    rig_expect(&p.r, "GET", REGIONS);
    rig_reply(&p.r, 403, "{\"error\":{\"code\":\"AuthorizationFailed\",\"message\":\"no\"}}");
    assert_int_equal(rig_in_flight_of(&p.r, REGIONS), 1); /* the other asks itself */
    reply_well(&p.r, REGIONS);
    assert_int_equal(rig_in_flight_of(&p.r, REGIONS), 0);
    writes(&p.r, "/1.0.0?"); /* could not be checked: that stops nothing */
    writes(&p.r, "/2.0.0?");
    rig_listen(&p.r);
    char *told = strstr(p.r.told, "could not be checked");
    assert_non_null(told);
    assert_null(strstr(told + 1, "could not be checked"));
    end(&p);
}

static void a_request_that_is_lost_is_not_kept(void **st)
{
    struct rig r;
    struct acg_publish *a = NULL, *b = NULL;

    (void)st;
    rig_begin(&r);
    r.held = REGIONS;
    a = rig_submit(&r, "1.0.0");
    rig_token(&r, "first", 3599);
    rig_expect(&r, "GET", REGIONS);
    rig_fail(&r, ACGP_FAILURE_LOST, ACG_ERR_TRANSPORT);
    b = rig_submit_from(&r, 1, "web-build-2", "2.0.0");
    rig_turn(&r);
    assert_int_equal(rig_in_flight_of(&r, REGIONS), 1);
    rig_expect(&r, "GET", REGIONS);
    rig_reply(&r, 200, "no JSON at all");
    writes(&r, "/2.0.0?");
    acg_publish_free(a);
    acg_publish_free(b);
    rig_end(&r);
}

static void a_refused_token_is_renewed_for_both(void **st)
{
    struct pair p;

    (void)st;
    begin(&p, REGIONS);
    rig_expect(&p.r, "GET", REGIONS);
    rig_reply(&p.r, 401, "{}");
    rig_token(&p.r, "second", 3599);
    assert_int_equal(rig_in_flight_of(&p.r, REGIONS), 2);
    reply_well(&p.r, REGIONS);
    reply_well(&p.r, REGIONS);
    writes(&p.r, "/1.0.0?");
    writes(&p.r, "/2.0.0?");
    end(&p);
}

static void a_minute_later_it_is_asked_for_again(void **st)
{
    struct rig r;
    struct acg_publish *one[3] = {NULL};

    (void)st;
    rig_begin(&r);
    r.held = REGIONS;
    one[0] = rig_submit(&r, "1.0.0");
    rig_token(&r, "first", 3599);
    reply_well(&r, REGIONS);
    rig_advance(&r, ACGP_SHARED_MS - 1);
    one[1] = rig_submit_from(&r, 1, "web-build-2", "2.0.0");
    rig_turn(&r);
    assert_int_equal(rig_in_flight_of(&r, REGIONS), 0);
    writes(&r, "/2.0.0?");
    rig_advance(&r, 1);
    one[2] = rig_submit(&r, "3.0.0");
    rig_turn(&r);
    assert_int_equal(rig_in_flight_of(&r, REGIONS), 1);
    for (size_t i = 0; i < 3; i++)
        acg_publish_free(one[i]);
    rig_end(&r);
}

/* The first is refused on its own answer, the second on none that is older than itself. */
static void refused_only_on_an_answer_of_its_own(const char *second, bool then_writes)
{
    struct rig r;
    struct acg_publish *a = NULL, *b = NULL;

    rig_begin(&r);
    r.held = PROVIDER;
    a = rig_submit(&r, "1.0.0");
    rig_token(&r, "first", 3599);
    rig_expect(&r, "GET", PROVIDER);
    rig_reply(&r, 200, UNREGISTERED);
    rig_expect(&r, "GET", "/1.0.0?");
    rig_reply(&r, 404, RIG_NOT_FOUND);
    rig_listen(&r);
    assert_int_equal(r.outcome.status, ACG_ERR_PREFLIGHT);
    assert_int_equal(rig_in_flight(&r), 0);
    rig_advance(&r, 1000);
    r.over = false;
    b = rig_submit_from(&r, 1, "web-build-2", "2.0.0");
    rig_turn(&r);
    assert_int_equal(rig_in_flight_of(&r, PROVIDER), 0); /* known already */
    rig_expect(&r, "GET", "/2.0.0?");
    rig_reply(&r, 404, RIG_NOT_FOUND);
    rig_listen(&r);
    assert_false(r.over);
    if (second != NULL) {
        rig_expect(&r, "GET", PROVIDER);
        rig_reply(&r, 200, second);
    } else {
        reply_well(&r, PROVIDER);
    }
    rig_listen(&r);
    assert_int_equal(r.over, !then_writes);
    assert_int_equal(rig_in_flight_of(&r, "/2.0.0?"), then_writes);
    acg_publish_free(a);
    acg_publish_free(b);
    rig_end(&r);
}

static void an_error_never_rests_on_an_older_answer(void **st)
{
    (void)st;
    refused_only_on_an_answer_of_its_own(NULL, true);
    refused_only_on_an_answer_of_its_own(UNREGISTERED, false);
}

static void a_plan_shares_with_publishes(void **st)
{
    struct rig r;
    struct acg_publish *a = NULL, *plan = NULL;
    struct acg_publish_options o =
        rig_options("/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/images/providers/"
                    "Microsoft.Compute/galleries/Golden/images/web/versions/2.0.0");

    (void)st;
    rig_begin(&r);
    r.held = REGIONS;
    a = rig_submit(&r, "1.0.0");
    assert_int_equal(acg_publisher_plan(r.pub, &o, &plan, &r.err), ACG_OK);
    rig_token(&r, "first", 3599);
    assert_int_equal(rig_in_flight_of(&r, REGIONS), 1);
    reply_well(&r, REGIONS);
    rig_expect(&r, "GET", "/2.0.0?");
    rig_reply(&r, 404, RIG_NOT_FOUND);
    rig_listen(&r);
    assert_true(r.over);
    assert_int_equal(r.outcome.status, ACG_OK);
    writes(&r, "/1.0.0?");
    acg_publish_free(plan);
    acg_publish_free(a);
    rig_end(&r);
}

static void what_is_kept_was_cut_down(void **st)
{
    struct rig r;
    struct acg_publish *a = NULL;
    const json_t *types = NULL;

    (void)st;
    rig_begin(&r);
    r.held = PROVIDER;
    a = rig_submit(&r, "1.0.0");
    rig_token(&r, "first", 3599);
    rig_expect(&r, "GET", PROVIDER);
    rig_reply(&r, 200,
              "{\"registrationState\":\"Registered\",\"resourceTypes\":[{\"resourceType\":\"disks\"},"
              "{\"resourceType\":\"galleries/images/versions\"},{\"resourceType\":\"images\"}]}");
    for (size_t i = 0; i < r.pub->shared.count && types == NULL; i++)
        types = json_object_get(r.pub->shared.items[i].root, "resourceTypes");
    assert_int_equal(json_array_size(types), 1);
    writes(&r, "/1.0.0?");
    acg_publish_free(a);
    rig_end(&r);
}

static void a_publisher_may_go_while_several_wait(void **st)
{
    struct pair p;

    (void)st;
    begin(&p, REGIONS);
    rig_end(&p.r);
    acg_publish_free(p.a);
    acg_publish_free(p.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_no_publish_changes_is_asked_for_once),
        cmocka_unit_test(versions_and_sources_are_asked_for_by_each),
        cmocka_unit_test(who_leaves_does_not_stop_what_others_wait_for),
        cmocka_unit_test(a_handle_that_goes_leaves_too),
        cmocka_unit_test(the_last_who_leaves_stops_it),
        cmocka_unit_test(leaving_before_the_token_is_there_sends_nothing),
        cmocka_unit_test(a_failure_is_of_who_asked_first_alone),
        cmocka_unit_test(a_request_that_is_lost_is_not_kept),
        cmocka_unit_test(a_refused_token_is_renewed_for_both),
        cmocka_unit_test(a_minute_later_it_is_asked_for_again),
        cmocka_unit_test(an_error_never_rests_on_an_older_answer),
        cmocka_unit_test(a_plan_shares_with_publishes),
        cmocka_unit_test(what_is_kept_was_cut_down),
        cmocka_unit_test(a_publisher_may_go_while_several_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
