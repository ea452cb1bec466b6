/* SPDX-License-Identifier: MPL-2.0 */
/* The one write, and what becomes of a lost one. */
#include "testlib/talk.h"

#define VERSION "/versions/1.4.0?api-version="
#define EXPAND  "/versions/1.4.0?$expand=ReplicationStatus"

static struct talk at_put(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");

    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 404, "error-not-found.json");
    talk_expect(&t, "GET", "/images/web-build");
    talk_reply(&t, 200, "image.json");
    talk_expect(&t, "PUT", VERSION);
    return t;
}

static void lost_put_reply_is_settled_by_get(void **st)
{
    struct talk t = at_put(st);

    talk_lose_reply(&t);
    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 200, "creating.json");
    talk_told(&t, "the version is there: the write had arrived");
    talk_pass_ms(&t, 15000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    talk_ends(&t, ACG_OK);
    assert_int_equal(t.puts, 1);
    assert_true(t.proved && t.created);
    talk_free(&t);
}

static void a_put_that_did_not_arrive_is_sent_again(void **st)
{
    struct talk t = at_put(st);

    talk_lose_reply(&t);
    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 404, "error-not-found.json");
    talk_pass_ms(&t, 30000);
    talk_expect(&t, "PUT", VERSION);
    talk_accept(&t);
    talk_expect(&t, "GET", "/capsOperations/op-1");
    assert_int_equal(t.puts, 2);
    talk_free(&t);
}

static void a_server_error_on_the_put_is_settled_by_get_too(void **st)
{
    static const int statuses[] = {408, 500, 502, 503, 504};

    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        struct talk t = at_put(st);
        talk_reply(&t, statuses[i], "error-busy.json");
        assert_int_equal(t.puts, 1);
        talk_expect(&t, "GET", VERSION);
        talk_free(&t);
    }
}

static void a_server_error_that_names_a_wait_is_settled_after_it(void **st)
{
    struct talk t = at_put(st);

    talk_header(&t, "Retry-After", "9");
    talk_reply(&t, 503, "error-busy.json");
    talk_pass_ms(&t, 8999);
    talk_expect_silence(&t);
    talk_pass_ms(&t, 1);
    talk_expect(&t, "GET", VERSION);
    talk_free(&t);
}

static void a_version_with_other_content_is_a_conflict(void **st)
{
    struct talk t = at_put(st);

    talk_lose_reply(&t);
    talk_expect(&t, "GET", VERSION);
    talk_reply_edited(&t, 200, "creating.json", "/properties/storageProfile/source/id",
                      "\"/subscriptions/x/resourceGroups/y/providers/Microsoft.Compute/images/theirs\"",
                      NULL);
    talk_ends(&t, ACG_ERR_CONFLICT);
    talk_told(&t, "another writer made the version at the same time (Creating): source: asked");
    assert_int_equal(t.puts, 1);
    assert_false(t.created);
    talk_free(&t);
}

static void a_version_with_another_tag_is_not_ours(void **st)
{
    struct talk t = at_put(st);

    talk_lose_reply(&t);
    talk_expect(&t, "GET", VERSION);
    talk_reply_edited(&t, 200, "creating.json", "/tags/commit", "\"other\"", NULL);
    talk_ends(&t, ACG_ERR_CONFLICT);
    talk_free(&t);
}

static void a_200_where_201_was_due_is_another_writer(void **st)
{
    struct talk t = at_put(st);

    talk_reply(&t, 200, "creating.json");
    talk_ends(&t, ACG_ERR_CONFLICT);
    talk_told(&t, "another writer created the version between the check and the write");
    assert_int_equal(t.puts, 1);
    talk_free(&t);
}

static void a_200_after_our_own_lost_put_goes_on(void **st)
{
    struct talk t = at_put(st);

    talk_lose_reply(&t);
    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 404, "error-not-found.json"); /* a GET can be behind a write */
    talk_pass_ms(&t, 30000);
    talk_expect(&t, "PUT", VERSION);
    talk_reply(&t, 200, "creating.json");
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    talk_ends(&t, ACG_OK);
    talk_free(&t);
}

static void a_409_after_our_own_lost_put_is_settled_too(void **st)
{
    struct talk t = at_put(st);

    talk_lose_reply(&t);
    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 404, "error-not-found.json"); /* behind the write, which is at work */
    talk_pass_ms(&t, 30000);
    talk_expect(&t, "PUT", VERSION);
    talk_reply_text(&t, 409, "{\"error\": {\"code\": \"Conflict\", \"message\": \"in progress\"}}");
    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 200, "creating.json");
    talk_pass_ms(&t, 1000);
    talk_expect(&t, "GET", EXPAND);
    talk_free(&t);
}

static void a_put_that_was_never_sent_is_simply_repeated(void **st)
{
    struct talk t = at_put(st);

    talk_fail(&t, ACGP_FAILURE_NOT_SENT, ACG_ERR_TRANSPORT);
    talk_pass_ms(&t, 1001);
    talk_expect(&t, "PUT", VERSION);
    assert_int_equal(t.open_count, 1);
    talk_free(&t);
}

static void a_throttled_put_is_repeated_after_the_wait(void **st)
{
    struct talk t = at_put(st);

    talk_header(&t, "Retry-After", "30");
    talk_reply(&t, 429, "error-throttled.json");
    talk_pass_ms(&t, 29999);
    talk_expect_silence(&t);
    talk_pass_ms(&t, 1);
    talk_expect(&t, "PUT", VERSION);
    talk_accept(&t);
    talk_expect(&t, "GET", "/capsOperations/op-1");
    talk_free(&t);
}

static void a_throttled_put_is_repeated_as_long_as_azure_asks(void **st)
{
    struct talk t = at_put(st);

    for (int i = 0; i < 100; i++) {
        talk_expect(&t, "PUT", VERSION);
        talk_header(&t, "Retry-After", "30");
        talk_reply(&t, 429, "error-throttled.json");
        talk_pass_ms(&t, 30000);
    }
    talk_expect(&t, "PUT", VERSION);
    talk_accept(&t);
    talk_told(&t, "again in 30 s");
    talk_free(&t);
}

/* The turn comes so late that the version is looked at again. */
static struct talk after_the_turn(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");

    t.turn_by_hand = true;
    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 404, "error-not-found.json");
    talk_expect(&t, "GET", "/images/web-build");
    talk_reply(&t, 200, "image.json");
    talk_pass_ms(&t, 3600000);
    assert_true(t.turn_asked);
    assert_int_equal(t.puts, 0);
    acgp_work_on_turn(t.m, t.now_ms);
    talk_expect(&t, "GET", VERSION);
    return t;
}

static void a_version_that_is_still_absent_after_the_wait_for_the_source_is_written(void **st)
{
    struct talk t = after_the_turn(st);

    talk_reply(&t, 404, "error-not-found.json");
    talk_expect(&t, "PUT", VERSION);
    talk_accept(&t);
    assert_int_equal(t.puts, 1);
    talk_free(&t);
}

static void a_version_that_came_during_the_wait_for_the_source_is_not_overwritten(void **st)
{
    struct talk t = after_the_turn(st);

    talk_reply_edited(&t, 200, "creating.json", "/tags/commit", "\"other\"", NULL);
    talk_ends(&t, ACG_ERR_CONFLICT);
    assert_int_equal(t.puts, 0);
    talk_free(&t);
}

static void a_publish_that_ends_in_line_has_written_nothing(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");

    t.turn_by_hand = true;
    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 404, "error-not-found.json");
    talk_expect(&t, "GET", "/images/web-build");
    talk_reply(&t, 200, "image.json");
    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    assert_non_null(strstr(t.error.message, "nothing was written"));
    acgp_work_on_turn(t.m, t.now_ms); /* too late, and harmless */
    assert_int_equal(t.puts, 0);
    talk_free(&t);
}

static void a_put_that_never_succeeds_ends_with_its_own_error(void **st)
{
    struct talk t = at_put(st);

    for (int i = 0; i < 8; i++) {
        talk_expect(&t, "PUT", VERSION);
        talk_reply(&t, 500, "error-busy.json");
        talk_expect(&t, "GET", VERSION);
        talk_reply(&t, 404, "error-not-found.json");
        talk_pass_ms(&t, 31000);
    }
    talk_ends(&t, ACG_ERR_TEMPORARY);
    assert_int_equal(t.error.http_status, 500);
    assert_int_equal(t.puts, 8);
    talk_free(&t);
}

static void a_policy_is_named(void **st)
{
    struct talk t = at_put(st);

    talk_reply(&t, 403, "error-policy.json");
    talk_ends(&t, ACG_ERR_SERVICE);
    assert_string_equal(t.error.arm_code, "RequestDisallowedByPolicy");
    talk_told(&t, "policy 'Images need two keys' / 'two-keys'");
    assert_string_equal(t.state, "not started");
    talk_free(&t);
}

static void a_missing_permission_is_a_matter_of_login(void **st)
{
    struct talk t = at_put(st);

    talk_reply(&t, 403, "error-forbidden.json");
    talk_ends(&t, ACG_ERR_AUTH);
    talk_free(&t);
}

static void a_refusal_carries_code_message_and_request_id(void **st)
{
    struct talk t = at_put(st);

    talk_reply(&t, 400, "error-invalid.json");
    talk_ends(&t, ACG_ERR_SERVICE);
    assert_int_equal(t.error.http_status, 400);
    assert_string_equal(t.error.arm_code, "InvalidParameter");
    assert_string_equal(t.error.request_id, "11111111-2222-3333-4444-555555555555");
    talk_told(&t, "must contain the location of image version 'West US'.");
    talk_free(&t);
}

static void a_conflict_on_the_put_is_one(void **st)
{
    struct talk t = at_put(st);

    talk_reply_text(
        &t, 409, "{\"error\": {\"code\": \"Conflict\", \"message\": \"Another operation is in progress.\"}}");
    talk_ends(&t, ACG_ERR_CONFLICT);
    talk_free(&t);
}

static void a_409_of_another_kind_is_the_services(void **st)
{
    struct talk t = at_put(st);

    talk_reply_text(
        &t, 409, "{\"error\": {\"code\": \"MissingSubscriptionRegistration\", \"message\": \"register\"}}");
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_free(&t);
}

static void an_expired_token_on_the_put_is_renewed_once(void **st)
{
    struct talk t = at_put(st);

    talk_reply(&t, 401, "error-forbidden.json");
    talk_expect(&t, "PUT", VERSION);
    assert_true(t.current.fresh_token);
    talk_accept(&t);
    talk_expect(&t, "GET", "/capsOperations/op-1");
    talk_free(&t);
}

static void a_fate_that_cannot_be_read_is_said_to_be_unknown(void **st)
{
    struct talk t = at_put(st);

    talk_lose_reply(&t);
    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 403, "error-forbidden.json");
    talk_ends(&t, ACG_ERR_AUTH);
    talk_told(&t, "whether the write arrived is not known");
    assert_string_equal(t.state, "running");
    talk_free(&t);
}

/* The answer found no memory: that says nothing of the write. */
static void a_write_whose_answer_finds_no_memory_may_have_arrived(void **st)
{
    struct talk t = at_put(st);

    talk_fail(&t, ACGP_FAILURE_LOST, ACG_ERR_NOMEM);
    talk_ends(&t, ACG_ERR_NOMEM);
    assert_string_equal(t.state, "running");
    talk_free(&t);
}

static void a_write_that_finds_no_memory_before_it_is_sent_did_not_start(void **st)
{
    struct talk t = at_put(st);

    talk_fail(&t, ACGP_FAILURE_NOT_SENT, ACG_ERR_NOMEM);
    talk_ends(&t, ACG_ERR_NOMEM);
    assert_string_equal(t.state, "not started");
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lost_put_reply_is_settled_by_get),
        cmocka_unit_test(a_put_that_did_not_arrive_is_sent_again),
        cmocka_unit_test(a_server_error_on_the_put_is_settled_by_get_too),
        cmocka_unit_test(a_server_error_that_names_a_wait_is_settled_after_it),
        cmocka_unit_test(a_version_with_other_content_is_a_conflict),
        cmocka_unit_test(a_version_with_another_tag_is_not_ours),
        cmocka_unit_test(a_200_where_201_was_due_is_another_writer),
        cmocka_unit_test(a_200_after_our_own_lost_put_goes_on),
        cmocka_unit_test(a_409_after_our_own_lost_put_is_settled_too),
        cmocka_unit_test(a_put_that_was_never_sent_is_simply_repeated),
        cmocka_unit_test(a_throttled_put_is_repeated_after_the_wait),
        cmocka_unit_test(a_throttled_put_is_repeated_as_long_as_azure_asks),
        cmocka_unit_test(a_version_that_is_still_absent_after_the_wait_for_the_source_is_written),
        cmocka_unit_test(a_version_that_came_during_the_wait_for_the_source_is_not_overwritten),
        cmocka_unit_test(a_publish_that_ends_in_line_has_written_nothing),
        cmocka_unit_test(a_put_that_never_succeeds_ends_with_its_own_error),
        cmocka_unit_test(a_policy_is_named),
        cmocka_unit_test(a_missing_permission_is_a_matter_of_login),
        cmocka_unit_test(a_refusal_carries_code_message_and_request_id),
        cmocka_unit_test(a_conflict_on_the_put_is_one),
        cmocka_unit_test(a_409_of_another_kind_is_the_services),
        cmocka_unit_test(an_expired_token_on_the_put_is_renewed_once),
        cmocka_unit_test(a_fate_that_cannot_be_read_is_said_to_be_unknown),
        cmocka_unit_test(a_write_whose_answer_finds_no_memory_may_have_arrived),
        cmocka_unit_test(a_write_that_finds_no_memory_before_it_is_sent_did_not_start),
    };

    return cmocka_run_group_tests_name("put", tests, NULL, NULL);
}
