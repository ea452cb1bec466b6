/* SPDX-License-Identifier: MPL-2.0 */
#include "rig.h"

#include <acg/report.h>

#include <poll.h>
#include <unistd.h>

static void one_publish_goes_from_submit_to_its_final_event(void **st)
{
    (void)st;
    struct rig r;
    struct acg_publish *publish = NULL;

    rig_begin(&r);
    publish = rig_submit(&r, "1.4.0");
    assert_int_equal(rig_in_flight(&r), 0); /* submit sends nothing */
    rig_token(&r, "first", 3599);
    rig_publish_well(&r, "/versions/1.4.0");
    rig_listen(&r);
    assert_true(r.over);
    assert_int_equal(r.outcome.status, ACG_OK);
    assert_int_equal(rig_in_flight(&r), 0);
    acg_publish_free(publish);
    rig_end(&r);
}

static void requests_carry_the_token_and_the_token_request_the_secret(void **st)
{
    (void)st;
    struct rig r;
    struct acg_publish *publish = NULL;

    rig_begin(&r);
    publish = rig_submit(&r, "1.4.0");
    rig_expect(&r, "POST",
               "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/oauth2/v2.0/token");
    assert_string_equal(rig_bearer(&r), "");
    assert_non_null(strstr(rig_body(&r), "scope=https%3A%2F%2Fmanagement.azure.com%2F.default"));
    assert_non_null(strstr(rig_body(&r), "client_secret=the-secret"));
    rig_reply(&r, 200, RIG_TOKEN);
    rig_expect(&r, "GET", "https://management.azure.com/subscriptions/");
    assert_string_equal(rig_bearer(&r), "first");
    acg_publish_free(publish);
    rig_end(&r);
}

static void an_answer_cannot_lead_the_token_to_another_host(void **st)
{
    (void)st;
    struct rig r;
    struct acg_publish *publish = NULL;

    rig_begin(&r);
    publish = rig_submit(&r, "1.4.0");
    rig_token(&r, "first", 3599);
    rig_expect(&r, "GET", "/versions/1.4.0");
    rig_reply(&r, 404, RIG_NOT_FOUND);
    rig_expect(&r, "PUT", "/versions/1.4.0");
    rig_header(&r, "Azure-AsyncOperation", "https://management.azure.com.evil.example/op?api-version=1");
    rig_reply(&r, 201, "{\"properties\":{\"provisioningState\":\"Creating\"}}");
    rig_pass_ms(&r, 60000);
    rig_expect(&r, "GET", "https://management.azure.com/subscriptions/"); /* the version is read instead */
    acg_publish_free(publish);
    rig_end(&r);
}

static void one_plan_writes_nothing_and_ends_with_its_report(void **st)
{
    (void)st;
    struct rig r;
    struct acg_publish *plan = NULL;
    const struct acg_event *e = NULL;
    struct acg_publish_options o =
        rig_options("/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/images/providers/"
                    "Microsoft.Compute/galleries/Golden/images/web/versions/1.4.0");
    bool told = false;

    rig_begin(&r);
    assert_int_equal(acg_publisher_plan(r.pub, &o, &plan, &r.err), ACG_OK);
    rig_token(&r, "first", 3599);
    rig_expect(&r, "GET", "/versions/1.4.0");
    rig_reply(&r, 404, RIG_NOT_FOUND);
    while (acg_publisher_next_event(r.pub, &e))
        if (e->kind == ACG_EVENT_DONE) {
            told = true;
            assert_int_equal(e->error->status, ACG_OK);
            assert_string_equal(acg_report_kind(e->report), "plan");
            assert_non_null(strstr(acg_report_json(e->report), "\"errors\":0"));
            assert_non_null(strstr(acg_report_markdown(e->report), "westus"));
        }
    assert_true(told);
    assert_int_equal(rig_in_flight(&r), 0);
    acg_publish_free(plan);
    rig_end(&r);
}

static void a_plan_of_options_with_faults_begins_and_one_without_a_source_does_not(void **st)
{
    (void)st;
    struct rig r;
    struct acg_publish *plan = NULL;
    const struct acg_event *e = NULL;
    struct acg_publish_options o = rig_options("nonsense");
    enum acg_status told = ACG_OK;

    rig_begin(&r);
    assert_int_equal(acg_publisher_plan(r.pub, &o, &plan, &r.err), ACG_OK);
    rig_token(&r, "first", 3599); /* the source is named by its id: it can be read */
    rig_turn(&r);
    while (acg_publisher_next_event(r.pub, &e))
        if (e->kind == ACG_EVENT_FINDING)
            assert_string_equal(e->finding->rule, "names");
        else if (e->kind == ACG_EVENT_DONE)
            told = e->error->status;
    assert_int_equal(told, ACG_ERR_ARGUMENT);
    assert_int_equal(rig_in_flight(&r), 0);
    acg_publish_free(plan);
    plan = NULL;
    o = rig_options("/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/images/providers/"
                    "Microsoft.Compute/galleries/Golden/images/web/versions/1.4.0");
    o.source = (struct acg_source){.known_later = true};
    assert_int_equal(acg_publisher_plan(r.pub, &o, &plan, &r.err), ACG_ERR_ARGUMENT);
    assert_string_equal(r.err.field, "source");
    assert_null(plan);
    rig_end(&r);
}

static void two_publishes_share_the_token_and_end_each_for_itself(void **st)
{
    (void)st;
    struct rig r;
    struct acg_publish *a = NULL, *b = NULL;

    rig_begin(&r);
    a = rig_submit(&r, "1.0.0");
    b = rig_submit(&r, "2.0.0");
    rig_turn(&r);
    assert_int_equal(rig_in_flight(&r), 1); /* one token request for both */
    rig_token(&r, "shared", 3599);
    assert_int_equal(rig_in_flight(&r), 2);
    rig_publish_well(&r, "/versions/2.0.0");
    rig_listen(&r);
    assert_true(r.over);
    assert_int_equal(r.outcome.status, ACG_OK);
    r.over = false;
    rig_expect(&r, "GET", "/versions/1.0.0");
    rig_reply(&r, 200, RIG_IMAGE_VERSION);
    rig_listen(&r);
    assert_true(r.over);
    assert_int_equal(r.outcome.status, ACG_ERR_CONFLICT);
    acg_publish_free(a);
    acg_publish_free(b);
    rig_end(&r);
}

static void cancel_stops_the_request_and_ends_with_cancelled(void **st)
{
    (void)st;
    struct rig r;
    struct acg_publish *publish = NULL;

    rig_begin(&r);
    publish = rig_submit(&r, "1.4.0");
    rig_token(&r, "first", 3599);
    assert_int_equal(rig_in_flight(&r), 1);
    acg_publish_cancel(publish);
    acg_publish_cancel(publish);
    rig_turn(&r);
    assert_int_equal(rig_in_flight(&r), 0);
    rig_listen(&r);
    assert_true(r.over);
    assert_int_equal(r.outcome.status, ACG_ERR_CANCELLED);
    acg_publish_cancel(publish); /* after the end: nothing happens */
    rig_turn(&r);
    acg_publish_free(publish);
    rig_end(&r);
}

static void cancel_before_the_token_is_there_sends_nothing_to_azure(void **st)
{
    (void)st;
    struct rig r;
    struct acg_publish *publish = NULL;

    rig_begin(&r);
    publish = rig_submit(&r, "1.4.0");
    rig_turn(&r);
    acg_publish_cancel(publish);
    rig_token(&r, "first", 3599);
    assert_int_equal(rig_in_flight(&r), 0);
    rig_listen(&r);
    assert_int_equal(r.outcome.status, ACG_ERR_CANCELLED);
    acg_publish_free(publish);
    rig_end(&r);
}

static void a_handle_may_go_while_its_publish_runs(void **st)
{
    (void)st;
    struct rig r;
    struct acg_publish *gone = NULL, *stays = NULL;

    rig_begin(&r);
    gone = rig_submit(&r, "1.0.0");
    stays = rig_submit(&r, "2.0.0");
    rig_token(&r, "first", 3599);
    assert_int_equal(rig_in_flight(&r), 2);
    acg_publish_free(gone);
    assert_int_equal(rig_in_flight(&r), 1);
    rig_publish_well(&r, "/versions/2.0.0");
    rig_listen(&r);
    assert_null(strstr(r.told, "1.0.0"));
    assert_int_equal(r.outcome.status, ACG_OK);
    acg_publish_free(stays);
    rig_end(&r);
}

static void a_publisher_may_go_while_publishes_run(void **st)
{
    (void)st;
    struct rig r;
    struct acg_publish *running = NULL, *waiting = NULL;

    rig_begin(&r);
    running = rig_submit(&r, "1.0.0");
    rig_token(&r, "first", 3599);
    assert_int_equal(rig_in_flight(&r), 1);
    waiting = rig_submit(&r, "2.0.0");
    rig_end(&r);
    acg_publish_cancel(running); /* handles that outlive it are inert */
    assert_non_null(strstr(acg_publish_version_id(waiting), "2.0.0"));
    acg_publish_free(running);
    acg_publish_free(waiting);
    acg_publish_free(NULL);
    acg_publisher_free(NULL);
}

static void a_lost_put_is_settled_by_a_get(void **st)
{
    (void)st;
    struct rig r;
    struct acg_publish *publish = NULL;

    rig_begin(&r);
    publish = rig_submit(&r, "1.4.0");
    rig_token(&r, "first", 3599);
    rig_expect(&r, "GET", "/versions/1.4.0");
    rig_reply(&r, 404, RIG_NOT_FOUND);
    rig_expect(&r, "PUT", "/versions/1.4.0");
    rig_fail(&r, ACGP_FAILURE_LOST, ACG_ERR_TRANSPORT);
    rig_pass_ms(&r, 60000);
    rig_expect(&r, "GET", "/versions/1.4.0");
    acg_publish_free(publish);
    rig_end(&r);
}

static void without_memory_for_a_transfer_the_publish_ends_and_says_so(void **st)
{
    (void)st;
    struct rig r;
    struct acg_publish *publish = NULL;

    rig_begin(&r);
    publish = rig_submit(&r, "1.4.0");
    rig_fail_start(&r, 1); /* the token goes out, the first GET does not */
    rig_token(&r, "first", 3599);
    assert_int_equal(rig_in_flight(&r), 0);
    rig_listen(&r);
    assert_true(r.over);
    assert_int_equal(r.outcome.status, ACG_ERR_NOMEM);
    acg_publish_free(publish);
    rig_end(&r);
}

static void wait_for(struct rig *r, struct acg_poll_fd *fds, size_t count)
{
    assert_int_equal(acg_publisher_poll(r->pub, fds, count, -1, &r->err), ACG_OK);
}

static void a_descriptor_of_the_host_and_a_wakeup_end_the_wait(void **st)
{
    (void)st;
    struct rig r;
    int ends[2];
    struct acg_poll_fd fd = {.events = POLLIN};

    rig_begin(&r);
    assert_int_equal(pipe(ends), 0);
    fd.fd = ends[0];
    acg_publisher_wakeup(r.pub);
    wait_for(&r, &fd, 1);
    assert_int_equal(fd.revents, 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    wait_for(&r, &fd, 1);
    assert_int_equal(fd.revents, POLLIN);
    close(ends[0]);
    close(ends[1]);
    rig_end(&r);
}

static void an_event_that_is_there_ends_the_wait_but_hides_no_descriptor(void **st)
{
    (void)st;
    struct rig r;
    int ends[2];
    struct acg_poll_fd fd = {.events = POLLIN};
    struct acg_publish *publish = NULL;

    rig_begin(&r);
    publish = rig_submit(&r, "1.4.0");
    assert_int_equal(pipe(ends), 0);
    fd.fd = ends[0];
    assert_int_equal(write(ends[1], "x", 1), 1);
    wait_for(&r, &fd, 1); /* the first step was told */
    assert_int_equal(fd.revents, POLLIN);
    wait_for(&r, NULL, 0);
    close(ends[0]);
    close(ends[1]);
    acg_publish_free(publish);
    rig_end(&r);
}

static void a_publish_that_waits_lets_the_loop_sleep_until_then(void **st)
{
    (void)st;
    struct rig r;
    struct acg_publish *publish = NULL;
    int64_t due_ms = 0;

    rig_begin(&r);
    assert_false(acgp_turn_due(r.pub, &due_ms));
    publish = rig_submit(&r, "1.4.0");
    rig_token(&r, "first", 3599);
    rig_expect(&r, "GET", "/versions/1.4.0");
    rig_header(&r, "Retry-After", "7");
    rig_reply(&r, 503, "");
    assert_true(acgp_turn_due(r.pub, &due_ms));
    assert_int_equal(due_ms, rig_now_ms(&r) + 7000);
    acg_publish_free(publish);
    rig_end(&r);
}

static void bad_options_are_refused_with_their_field(void **st)
{
    (void)st;
    struct rig r;
    struct acg_publish *publish = NULL;
    struct acg_publish_options o = rig_options("/subscriptions/not-an-id");

    rig_begin(&r);
    assert_int_equal(acg_publisher_submit(r.pub, &o, &publish, &r.err), ACG_ERR_ARGUMENT);
    assert_string_equal(r.err.field, "gallery_image_version_id");
    assert_null(publish);
    rig_end(&r);
}

static void a_source_that_is_known_later_cannot_be_submitted(void **st)
{
    (void)st;
    struct rig r;
    struct acg_publish *publish = NULL;
    struct acg_publish_options o =
        rig_options("/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/images/providers/"
                    "Microsoft.Compute/galleries/Golden/images/web/versions/1.0.0");

    rig_begin(&r);
    o.source = (struct acg_source){.known_later = true};
    assert_int_equal(acg_publisher_submit(r.pub, &o, &publish, &r.err), ACG_ERR_ARGUMENT);
    assert_string_equal(r.err.field, "source");
    assert_null(publish);
    rig_end(&r);
}

static void refuses(const struct acg_publisher_options *o, struct acg_credential *credential,
                    const char *field)
{
    struct acg_publisher *pub = NULL;
    struct acg_error err = {0};

    assert_int_equal(acg_publisher_new(o, credential, &pub, &err), ACG_ERR_ARGUMENT);
    assert_string_equal(err.field, field);
    assert_null(pub);
}

static void bad_options_of_a_publisher_are_refused_with_their_field(void **st)
{
    (void)st;
    struct acg_client_secret_options login = ACG_CLIENT_SECRET_OPTIONS_INIT;
    struct acg_publisher_options o = ACG_PUBLISHER_OPTIONS_INIT;
    struct acg_credential *c = NULL;

    login.tenant_id = login.client_id = login.client_secret = "x";
    assert_int_equal(acg_credential_client_secret_new(&login, &c, NULL), ACG_OK);
    refuses(&o, NULL, "credential");
    o.version = 9;
    refuses(&o, c, "version");
    acg_publisher_options_init(&o, ACG_PUBLISHER_OPTIONS_VERSION);
    o.resource_manager_endpoint = "http://management.azure.com";
    refuses(&o, c, "resource_manager_endpoint");
    acg_publisher_options_init(&o, ACG_PUBLISHER_OPTIONS_VERSION);
    o.ca_file = "/no/such/file.pem";
    refuses(&o, c, "ca_file");
    acg_publisher_options_init(&o, ACG_PUBLISHER_OPTIONS_VERSION);
    o.user_agent = "packer\r\nX-Evil: 1";
    refuses(&o, c, "user_agent");
    acg_publisher_options_init(&o, ACG_PUBLISHER_OPTIONS_VERSION);
    o.audience = "";
    refuses(&o, c, "audience");
    acg_credential_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_publish_goes_from_submit_to_its_final_event),
        cmocka_unit_test(requests_carry_the_token_and_the_token_request_the_secret),
        cmocka_unit_test(an_answer_cannot_lead_the_token_to_another_host),
        cmocka_unit_test(one_plan_writes_nothing_and_ends_with_its_report),
        cmocka_unit_test(a_plan_of_options_with_faults_begins_and_one_without_a_source_does_not),
        cmocka_unit_test(two_publishes_share_the_token_and_end_each_for_itself),
        cmocka_unit_test(cancel_stops_the_request_and_ends_with_cancelled),
        cmocka_unit_test(cancel_before_the_token_is_there_sends_nothing_to_azure),
        cmocka_unit_test(a_handle_may_go_while_its_publish_runs),
        cmocka_unit_test(a_publisher_may_go_while_publishes_run),
        cmocka_unit_test(a_lost_put_is_settled_by_a_get),
        cmocka_unit_test(without_memory_for_a_transfer_the_publish_ends_and_says_so),
        cmocka_unit_test(a_descriptor_of_the_host_and_a_wakeup_end_the_wait),
        cmocka_unit_test(an_event_that_is_there_ends_the_wait_but_hides_no_descriptor),
        cmocka_unit_test(a_publish_that_waits_lets_the_loop_sleep_until_then),
        cmocka_unit_test(bad_options_are_refused_with_their_field),
        cmocka_unit_test(a_source_that_is_known_later_cannot_be_submitted),
        cmocka_unit_test(bad_options_of_a_publisher_are_refused_with_their_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
