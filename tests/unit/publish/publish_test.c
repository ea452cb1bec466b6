/* SPDX-License-Identifier: MPL-2.0 */
/* The whole conversation: its requests, how it is stopped, what it says while nothing moves. */
#include "testlib/talk.h"

#include "base/alloc.h"

#define VERSION "/galleries/Golden/images/web/versions/1.4.0?api-version=2023-07-03"
#define EXPAND  "/galleries/Golden/images/web/versions/1.4.0?$expand=ReplicationStatus&api-version=2023-07-03"
#define IMAGE   "/images/web-build?api-version=2022-11-01"
#define POLL    "/capsOperations/op-1"

static void to_put(struct talk *t)
{
    talk_expect(t, "GET", VERSION);
    talk_reply(t, 404, "error-not-found.json");
    talk_expect(t, "GET", IMAGE);
    talk_reply(t, 200, "image.json");
    talk_expect(t, "PUT", VERSION);
}

static void to_operation(struct talk *t)
{
    to_put(t);
    talk_accept(t);
    talk_expect(t, "GET", POLL);
}

static void an_operation_that_ends_at_once_takes_one_put_and_four_gets(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");

    to_operation(&t);
    talk_reply(&t, 200, "operation-succeeded.json");
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    talk_ends(&t, ACG_OK);
    assert_int_equal(t.now_ms, 0); /* nothing of it waited */
    assert_int_equal(t.puts, 1);
    assert_int_equal(t.gets, 4);
    assert_string_equal(t.state, "succeeded");
    assert_true(t.proved && t.created);
    assert_int_equal(t.regions, 2);
    talk_free(&t);
}

static void version_and_source_are_read_side_by_side(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");

    talk_expect(&t, "GET", VERSION);
    talk_expect(&t, "GET", IMAGE);
    assert_int_equal(t.open_count, 2);
    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    talk_free(&t);
}

static void every_request_of_a_publish_carries_one_client_request_id(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");
    char id[40];

    talk_expect(&t, "GET", VERSION);
    memcpy(id, t.current.message->client_request_id, sizeof id);
    to_put(&t);
    assert_string_equal(t.current.message->client_request_id, id);
    assert_int_equal(strlen(id), 36);
    talk_accept(&t);
    talk_expect(&t, "GET", POLL);
    assert_string_equal(t.current.message->client_request_id, id);
    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    talk_free(&t);
}

static void accepted_only_ends_with_the_answer_to_the_put(void **st)
{
    struct talk t = talk_begin_with(st, "image-cmk", "wait_accepted", "true");

    to_put(&t);
    talk_accept(&t);
    talk_ends(&t, ACG_OK);
    assert_string_equal(t.state, "accepted");
    assert_false(t.proved);
    assert_true(t.created);
    talk_free(&t);
}

static void cancel_before_the_put_says_that_nothing_was_written(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");

    talk_expect(&t, "GET", VERSION);
    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    talk_told(&t, "nothing was written");
    assert_string_equal(t.state, "not started");
    assert_int_equal(t.puts, 0);
    talk_free(&t);
}

static void cancel_during_the_put_says_that_it_may_have_arrived(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");

    to_put(&t);
    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    talk_told(&t, "it may have reached Azure");
    assert_string_equal(t.state, "running");
    talk_free(&t);
}

static void cancel_while_azure_works_deletes_nothing(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");

    to_operation(&t);
    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    talk_told(&t, "Azure goes on with it");
    talk_told(&t, "/versions/1.4.0");
    assert_string_equal(t.state, "running");
    assert_int_equal(t.puts, 1);
    talk_free(&t);
}

static void cancel_while_regions_replicate_ends_at_once(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");

    to_operation(&t);
    talk_reply(&t, 200, "operation-succeeded.json");
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "replicating.json");
    talk_expect_silence(&t);
    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    talk_free(&t);
}

static void cancel_during_the_proof_proves_nothing(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");

    to_operation(&t);
    talk_reply(&t, 200, "operation-succeeded.json");
    talk_expect(&t, "GET", EXPAND);
    talk_reply_edited(&t, 200, "succeeded.json", "/location", "\"eastus2\"", NULL);
    talk_pass_ms(&t, 5000);
    talk_expect(&t, "GET", EXPAND);
    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    assert_false(t.proved);
    talk_free(&t);
}

static void cancel_after_the_end_changes_nothing(void **st)
{
    struct talk t = talk_begin_with(st, "image-cmk", "wait_accepted", "true");

    to_put(&t);
    talk_accept(&t);
    talk_cancel(&t);
    talk_ends(&t, ACG_OK);
    talk_free(&t);
}

static void an_answer_to_an_abandoned_attempt_is_ignored(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");
    struct acgp_response late;
    uint32_t number = 0;

    to_put(&t);
    number = t.current.number;
    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    acgp_response_init(&late);
    late.status = 201;
    acgp_work_on_response(t.m, t.now_ms, number, &late);
    acgp_work_on_response(t.m, t.now_ms, 4711, &late);
    acgp_response_done(&late);
    talk_ends(&t, ACG_ERR_CANCELLED);
    assert_string_equal(t.state, "running");
    talk_free(&t);
}

static void the_deadline_ends_the_watch_and_says_where_to_look(void **st)
{
    struct talk t = talk_begin_with(st, "image-cmk", "timeout_ms", "600000");

    to_operation(&t);
    talk_reply(&t, 200, "operation-succeeded.json");
    for (int i = 0; i < 40 && !t.over; i++) {
        if (t.open_count != 0) {
            talk_expect(&t, "GET", EXPAND);
            talk_reply(&t, 200, "replicating.json");
        }
        talk_pass_ms(&t, 30000);
    }
    talk_ends(&t, ACG_ERR_TIMEOUT);
    assert_int_equal(t.error.status, ACG_ERR_TIMEOUT);
    talk_told(&t, "still running after 600 s");
    talk_told(&t, "eastus2 Replicating 40 %");
    talk_told(&t, "/versions/1.4.0");
    assert_string_equal(t.state, "running");
    talk_free(&t);
}

static void the_deadline_also_ends_a_request_that_is_never_answered(void **st)
{
    struct talk t = talk_begin_with(st, "image-cmk", "timeout_ms", "90000");

    talk_expect(&t, "GET", VERSION);
    assert_int_equal(t.current.until_ms, 60000);
    talk_pass_ms(&t, 90000);
    talk_ends(&t, ACG_ERR_TIMEOUT);
    talk_told(&t, "nothing was written");
    talk_free(&t);
}

static void an_attempt_never_outlasts_the_publish(void **st)
{
    struct talk t = talk_begin_with(st, "image-cmk", "timeout_ms", "20000");

    talk_expect(&t, "GET", VERSION);
    assert_int_equal(t.current.until_ms, 20000);
    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    talk_free(&t);
}

static size_t count(const char *text, const char *part)
{
    size_t n = 0;

    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        n++;
    return n;
}

static void silence_is_broken_at_least_once_a_minute(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");

    to_operation(&t);
    for (int i = 0; i < 10; i++) {
        talk_pass_ms(&t, 60000); /* the poll is under way all the time */
        assert_true(count(t.told, "notice creating for") >= (size_t)i + 1);
    }
    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    talk_free(&t);
}

static void heartbeats_that_nobody_reads_are_one(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");
    struct acgp_action act;

    to_operation(&t);
    for (int i = 0; i < 600; i++) {
        t.now_ms += 30000;
        while (acgp_work_next(t.m, t.now_ms, &act) && act.kind == ACGP_ACT_SEND)
            continue;
    }
    talk_listen(&t);
    assert_int_equal(count(t.told, "notice creating for"), 1);
    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    talk_free(&t);
}

static void a_machine_can_be_freed_at_any_time(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");

    talk_free(&t);
    t = talk_begin(st, "image-cmk");
    to_put(&t);
    talk_free(&t);
    t = talk_begin(st, "image-cmk");
    to_operation(&t);
    talk_free(&t);
    acgp_work_free(NULL);
}

static void the_version_is_known_from_the_start(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");

    assert_non_null(strstr(t.m->result.version_id, "/versions/1.4.0"));
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_operation_that_ends_at_once_takes_one_put_and_four_gets),
        cmocka_unit_test(version_and_source_are_read_side_by_side),
        cmocka_unit_test(every_request_of_a_publish_carries_one_client_request_id),
        cmocka_unit_test(accepted_only_ends_with_the_answer_to_the_put),
        cmocka_unit_test(cancel_before_the_put_says_that_nothing_was_written),
        cmocka_unit_test(cancel_during_the_put_says_that_it_may_have_arrived),
        cmocka_unit_test(cancel_while_azure_works_deletes_nothing),
        cmocka_unit_test(cancel_while_regions_replicate_ends_at_once),
        cmocka_unit_test(cancel_during_the_proof_proves_nothing),
        cmocka_unit_test(cancel_after_the_end_changes_nothing),
        cmocka_unit_test(an_answer_to_an_abandoned_attempt_is_ignored),
        cmocka_unit_test(the_deadline_ends_the_watch_and_says_where_to_look),
        cmocka_unit_test(the_deadline_also_ends_a_request_that_is_never_answered),
        cmocka_unit_test(an_attempt_never_outlasts_the_publish),
        cmocka_unit_test(silence_is_broken_at_least_once_a_minute),
        cmocka_unit_test(heartbeats_that_nobody_reads_are_one),
        cmocka_unit_test(a_machine_can_be_freed_at_any_time),
        cmocka_unit_test(the_version_is_known_from_the_start),
    };

    return cmocka_run_group_tests_name("publish", tests, NULL, NULL);
}
