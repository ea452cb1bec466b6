/* SPDX-License-Identifier: MPL-2.0 */
/* Deleting a version: only the one that is meant, and until it is gone. */
#include "testlib/talk.h"

#define ID                                                                                                   \
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/images/providers/Microsoft.Compute/" \
    "galleries/Golden/images/web/versions/1.4.0"
#define VERSION   "/versions/1.4.0?api-version="
#define PUBLISHED "2026-11-01T10:00:00.1234567+00:00"
#define OPERATION "https://management.azure.com/op/1?api-version=2022-03-03&s=secret"

static struct talk begin(void **st)
{
    struct talk t = talk_begin_removal(st, ID, PUBLISHED);

    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 200, "succeeded.json");
    talk_expect(&t, "DELETE", VERSION);
    return t;
}

static void answer_gone(struct talk *t)
{
    talk_expect(t, "GET", VERSION);
    talk_reply(t, 404, "error-not-found.json");
}

static void is_gone(struct talk *t)
{
    for (int i = 0; i < 3; i++) {
        if (i > 0)
            talk_pass_ms(t, 60000);
        answer_gone(t);
    }
    talk_ends(t, ACG_OK);
    assert_string_equal(t->state, "deleted");
    assert_false(t->proved);
}

static void a_deletion_is_over_when_the_version_is_not_found_any_more(void **st)
{
    struct talk t = begin(st);

    talk_header(&t, "Azure-AsyncOperation", OPERATION);
    talk_reply_text(&t, 202, "");
    talk_expect(&t, "GET", "/op/1");
    talk_reply_text(&t, 200, "{\"status\": \"InProgress\"}");
    talk_pass_ms(&t, 60000);
    talk_expect(&t, "GET", "/op/1");
    talk_reply_text(&t, 200, "{\"status\": \"Succeeded\"}");
    is_gone(&t);
    talk_told(&t, "step deleting the version");
    talk_not_told(&t, "secret");
    talk_free(&t);
}

static void a_version_that_still_shows_is_read_again(void **st)
{
    struct talk t = begin(st);

    talk_reply_text(&t, 204, "");
    talk_expect(&t, "GET", VERSION);
    talk_reply_edited(&t, 200, "succeeded.json", "/properties/provisioningState", "\"Deleting\"", NULL);
    talk_expect_silence(&t);
    talk_pass_ms(&t, 60000);
    is_gone(&t);
    talk_free(&t);
}

static void a_version_with_another_date_is_left_alone(void **st)
{
    struct talk t = talk_begin_removal(st, ID, "2026-11-02T00:00:00+00:00");

    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 200, "succeeded.json");
    talk_ends(&t, ACG_ERR_CONFLICT);
    talk_told(&t, "left as it is");
    assert_string_equal(t.state, "not deleted");
    assert_int_equal(t.gets, 1); /* nothing but that reading was sent */
    talk_free(&t);
}

static void a_version_without_a_date_is_left_alone(void **st)
{
    struct talk t = talk_begin_removal(st, ID, PUBLISHED);

    talk_expect(&t, "GET", VERSION);
    talk_reply_edited(&t, 200, "succeeded.json", "/properties/publishingProfile/publishedDate", "-", NULL);
    talk_ends(&t, ACG_ERR_CONFLICT);
    talk_free(&t);
}

static void a_version_that_is_gone_already_is_no_failure(void **st)
{
    struct talk t = talk_begin_removal(st, ID, PUBLISHED);

    for (int i = 0; i < 3; i++) {
        talk_pass_ms(&t, 60000);
        answer_gone(&t);
    }
    talk_ends(&t, ACG_OK);
    talk_told(&t, "gone already");
    talk_free(&t);
}

static void one_reading_that_does_not_find_it_proves_nothing(void **st)
{
    struct talk t = talk_begin_removal(st, ID, PUBLISHED);

    answer_gone(&t);
    talk_pass_ms(&t, 60000);
    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 200, "succeeded.json");
    talk_expect(&t, "DELETE", VERSION);
    talk_free(&t);
}

static void a_busy_version_is_deleted_later(void **st)
{
    struct talk t = begin(st);

    talk_header(&t, "Retry-After", "7");
    talk_reply(&t, 409, "error-busy.json");
    talk_pass_ms(&t, 6999);
    talk_expect_silence(&t);
    talk_pass_ms(&t, 1);
    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 200, "succeeded.json");
    talk_expect(&t, "DELETE", VERSION);
    talk_reply_text(&t, 204, "");
    is_gone(&t);
    talk_free(&t);
}

static void a_lost_answer_is_no_end(void **st)
{
    struct talk t = begin(st);

    talk_lose_reply(&t);
    talk_pass_ms(&t, 60000);
    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 200, "succeeded.json");
    talk_expect(&t, "DELETE", VERSION);
    talk_reply(&t, 404, "error-not-found.json");
    is_gone(&t);
    talk_free(&t);
}

static void a_deletion_that_runs_although_its_answer_was_lost_is_not_sent_again(void **st)
{
    struct talk t = begin(st);

    talk_lose_reply(&t);
    talk_pass_ms(&t, 60000);
    talk_expect(&t, "GET", VERSION);
    talk_reply_edited(&t, 200, "succeeded.json", "/properties/provisioningState", "\"Deleting\"", NULL);
    talk_expect_silence(&t);
    talk_pass_ms(&t, 60000);
    is_gone(&t);
    talk_free(&t);
}

static void a_document_of_something_else_is_not_taken_for_another_version(void **st)
{
    struct talk t = begin(st);

    talk_reply_text(&t, 204, "");
    talk_expect(&t, "GET", VERSION);
    talk_reply_text(&t, 200, "{}");
    talk_expect_silence(&t);
    talk_told(&t, "is not a version");
    talk_pass_ms(&t, 60000);
    is_gone(&t);
    talk_free(&t);
}

static void a_version_is_recognised_anew_before_it_is_deleted_again(void **st)
{
    struct talk t = begin(st);

    talk_lose_reply(&t);
    talk_pass_ms(&t, 60000);
    talk_expect(&t, "GET", VERSION);
    talk_reply_edited(&t, 200, "succeeded.json", "/properties/publishingProfile/publishedDate",
                      "\"2026-11-09T00:00:00+00:00\"", NULL);
    talk_ends(&t, ACG_OK);
    talk_told(&t, "another version has been made");
    assert_int_equal(t.gets, 3); /* two readings and one DELETE */
    talk_free(&t);
}

static void a_throttled_deletion_waits_and_reads_again(void **st)
{
    struct talk t = begin(st);

    talk_header(&t, "Retry-After", "60");
    talk_reply(&t, 429, "error-throttled.json");
    talk_pass_ms(&t, 59999);
    talk_expect_silence(&t);
    talk_pass_ms(&t, 1);
    talk_expect(&t, "GET", VERSION);
    talk_free(&t);
}

static void an_answer_that_is_no_version_is_read_again(void **st)
{
    struct talk t = begin(st);

    talk_reply_text(&t, 204, "");
    talk_expect(&t, "GET", VERSION);
    talk_reply_text(&t, 200, "<html>a proxy</html>");
    talk_pass_ms(&t, 60000);
    is_gone(&t);
    talk_free(&t);
}

static void cancelling_while_the_request_is_on_its_way_says_so(void **st)
{
    struct talk t = begin(st);

    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    assert_string_equal(t.state, "running");
    talk_told(&t, "the version may be deleted yet");
    talk_free(&t);
}

static void a_refused_deletion_says_why(void **st)
{
    struct talk t = begin(st);

    talk_reply(&t, 403, "error-forbidden.json");
    talk_ends(&t, ACG_ERR_AUTH);
    assert_string_equal(t.error.arm_code, "AuthorizationFailed");
    assert_string_equal(t.state, "not deleted");
    talk_free(&t);
}

static void a_failed_deletion_says_why(void **st)
{
    struct talk t = begin(st);

    talk_header(&t, "Azure-AsyncOperation", OPERATION);
    talk_reply_text(&t, 202, "");
    talk_expect(&t, "GET", "/op/1");
    talk_reply_text(
        &t, 200, "{\"status\": \"Failed\", \"error\": {\"code\": \"ScopeLocked\", \"message\": \"a lock\"}}");
    talk_ends(&t, ACG_ERR_SERVICE);
    assert_string_equal(t.error.arm_code, "ScopeLocked");
    assert_string_equal(t.state, "not deleted");
    talk_free(&t);
}

static void a_version_made_anew_under_the_name_is_another_one(void **st)
{
    struct talk t = begin(st);

    talk_reply_text(&t, 204, "");
    talk_expect(&t, "GET", VERSION);
    talk_reply_edited(&t, 200, "succeeded.json", "/properties/publishingProfile/publishedDate",
                      "\"2026-11-09T00:00:00+00:00\"", NULL);
    talk_ends(&t, ACG_OK);
    talk_told(&t, "another version has been made");
    talk_free(&t);
}

static void cancelling_says_that_azure_goes_on(void **st)
{
    struct talk t = begin(st);

    talk_header(&t, "Azure-AsyncOperation", OPERATION);
    talk_reply_text(&t, 202, "");
    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    assert_string_equal(t.state, "running");
    talk_told(&t, "Azure goes on with it");
    talk_free(&t);
}

static void time_runs_out(void **st)
{
    struct talk t = begin(st);

    talk_reply_text(&t, 204, "");
    for (int i = 0; i < 200 && !t.over; i++) {
        if (t.open_count > 0) {
            talk_expect(&t, "GET", VERSION);
            talk_reply(&t, 200, "succeeded.json");
        }
        talk_pass_ms(&t, 30000);
    }
    talk_ends(&t, ACG_ERR_TIMEOUT);
    talk_not_told(&t, "ReplicationStatus");
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deletion_is_over_when_the_version_is_not_found_any_more),
        cmocka_unit_test(a_version_that_still_shows_is_read_again),
        cmocka_unit_test(a_version_with_another_date_is_left_alone),
        cmocka_unit_test(a_version_without_a_date_is_left_alone),
        cmocka_unit_test(a_version_that_is_gone_already_is_no_failure),
        cmocka_unit_test(one_reading_that_does_not_find_it_proves_nothing),
        cmocka_unit_test(a_busy_version_is_deleted_later),
        cmocka_unit_test(a_lost_answer_is_no_end),
        cmocka_unit_test(a_deletion_that_runs_although_its_answer_was_lost_is_not_sent_again),
        cmocka_unit_test(a_document_of_something_else_is_not_taken_for_another_version),
        cmocka_unit_test(a_version_is_recognised_anew_before_it_is_deleted_again),
        cmocka_unit_test(a_throttled_deletion_waits_and_reads_again),
        cmocka_unit_test(an_answer_that_is_no_version_is_read_again),
        cmocka_unit_test(cancelling_while_the_request_is_on_its_way_says_so),
        cmocka_unit_test(a_refused_deletion_says_why),
        cmocka_unit_test(a_failed_deletion_says_why),
        cmocka_unit_test(a_version_made_anew_under_the_name_is_another_one),
        cmocka_unit_test(cancelling_says_that_azure_goes_on),
        cmocka_unit_test(time_runs_out),
    };

    return cmocka_run_group_tests_name("deleting a version", tests, NULL, NULL);
}
