/* SPDX-License-Identifier: MPL-2.0 */
/* While Azure works on the version. */
#include "testlib/talk.h"

#include <stdio.h>

#define VERSION "/versions/1.4.0?api-version="
#define EXPAND  "/versions/1.4.0?$expand=ReplicationStatus"
#define POLL    "/capsOperations/op-1?api-version=2022-03-03&t=1&c=2&s=3&h=4"

static struct talk at_answer(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");

    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 404, "error-not-found.json");
    talk_expect(&t, "GET", "/images/web-build");
    talk_reply(&t, 200, "image.json");
    talk_expect(&t, "PUT", VERSION);
    return t;
}

static struct talk at_operation(void **st)
{
    struct talk t = at_answer(st);

    talk_accept(&t);
    talk_expect(&t, "GET", POLL);
    return t;
}

static void published(struct talk *t)
{
    talk_expect(t, "GET", EXPAND);
    talk_reply(t, 200, "succeeded.json");
    talk_ends(t, ACG_OK);
}

static void the_operation_is_polled_twice_and_then_the_version_is_read(void **st)
{
    struct talk t = at_operation(st);

    talk_reply(&t, 200, "operation-running.json");
    talk_expect_silence(&t);
    talk_pass_ms(&t, 1000);
    talk_expect(&t, "GET", POLL);
    talk_reply(&t, 200, "operation-running.json");
    talk_expect_silence(&t);
    for (int i = 0; i < 8; i++) {
        talk_pass_ms(&t, 28000);
        talk_expect(&t, "GET", EXPAND);
        talk_reply(&t, 200, "replicating.json");
        talk_expect_silence(&t);
    }
    talk_free(&t);
}

static struct talk at_reading(void **st)
{
    struct talk t = at_operation(st);

    talk_reply(&t, 200, "operation-running.json");
    talk_pass_ms(&t, 1000);
    talk_expect(&t, "GET", POLL);
    talk_reply(&t, 200, "operation-running.json");
    talk_pass_ms(&t, 1000);
    talk_expect(&t, "GET", EXPAND);
    return t;
}

static void a_version_that_is_not_creating_any_more_asks_for_the_verdict(void **st)
{
    struct talk t = at_reading(st);

    talk_reply(&t, 200, "succeeded.json");
    talk_expect(&t, "GET", POLL);
    talk_reply(&t, 200, "operation-running.json"); /* the operation has the last word */
    talk_expect_silence(&t);
    talk_pass_ms(&t, 2000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    talk_expect(&t, "GET", POLL);
    talk_reply(&t, 200, "operation-succeeded.json");
    published(&t);
    talk_free(&t);
}

static void a_version_that_failed_asks_for_the_operations_own_error(void **st)
{
    struct talk t = at_reading(st);

    talk_reply_edited(&t, 200, "region-failed.json", "/properties/provisioningState", "\"Failed\"", NULL);
    talk_expect(&t, "GET", POLL);
    talk_reply(&t, 200, "operation-failed.json");
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "region-failed.json");
    talk_ends(&t, ACG_ERR_SERVICE);
    assert_string_equal(t.error.arm_code, "GalleryReplicationFailed");
    talk_free(&t);
}

static void a_version_that_cannot_be_read_leaves_the_operation_as_the_clock(void **st)
{
    struct talk t = at_reading(st);
    unsigned reads = 1, polls = 0;

    for (int i = 0; i < 12; i++) {
        if (strstr(t.open[0].message->url, "$expand") != NULL) {
            talk_expect(&t, "GET", EXPAND);
            talk_reply(&t, 403, "error-forbidden.json");
            reads++;
        }
        talk_expect(&t, "GET", POLL);
        talk_reply(&t, 200, "operation-running.json");
        talk_expect_silence(&t);
        talk_pass_ms(&t, 30000);
        polls++;
    }
    assert_true(polls == 12 && reads <= 5);
    talk_free(&t);
}

static void a_version_that_says_creating_for_ever_does_not_hide_a_failed_operation(void **st)
{
    struct talk t = at_reading(st);

    for (int i = 0; i < 10; i++) {
        talk_expect(&t, "GET", EXPAND);
        talk_reply(&t, 200, "replicating.json");
        talk_pass_ms(&t, 30000);
    }
    talk_expect(&t, "GET", POLL);
    talk_reply(&t, 200, "operation-failed.json");
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "region-failed.json");
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_free(&t);
}

static void retry_after_sets_the_pace_of_polls(void **st)
{
    struct talk t = at_operation(st);

    talk_header(&t, "Retry-After", "40");
    talk_reply(&t, 200, "operation-running.json");
    talk_pass_ms(&t, 39999);
    talk_expect_silence(&t);
    talk_pass_ms(&t, 2001);
    talk_expect(&t, "GET", POLL);
    talk_free(&t);
}

static void retry_after_sets_the_pace_of_readings_too(void **st)
{
    struct talk t = at_reading(st);

    talk_header(&t, "Retry-After", "40");
    talk_reply(&t, 200, "replicating.json");
    talk_pass_ms(&t, 39999);
    talk_expect_silence(&t);
    talk_pass_ms(&t, 2001);
    talk_expect(&t, "GET", EXPAND);
    talk_free(&t);
}

static void a_bad_retry_after_is_no_busy_loop(void **st)
{
    static const char *const bad[] = {"0", "-1", "0.5", "soon", "Sun, 06 Nov 1994 08:49:37 GMT"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct talk t = at_operation(st);
        talk_header(&t, "Retry-After", bad[i]);
        talk_reply(&t, 200, "operation-running.json");
        talk_pass_ms(&t, 900);
        talk_expect_silence(&t);
        talk_pass_ms(&t, 100);
        talk_expect(&t, "GET", POLL);
        talk_free(&t);
    }
}

static void any_word_that_is_not_final_is_still_running(void **st)
{
    static const char *const words[] = {"Accepted", "Running", "updating", "SomethingNew"};
    struct talk t = at_operation(st);
    char body[64];

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        snprintf(body, sizeof body, "{\"status\": \"%s\"}", words[i]);
        talk_expect(&t, "GET", POLL);
        talk_reply_text(&t, 200, body);
        talk_expect_silence(&t);
        talk_pass_ms(&t, 10000);
        if (i + 1 < 2)
            continue;
        talk_expect(&t, "GET", EXPAND);
        talk_reply(&t, 200, "succeeded.json");
    }
    talk_expect(&t, "GET", POLL);
    talk_reply_text(&t, 200, "{\"status\": \"succeeded\"}");
    published(&t);
    talk_free(&t);
}

static void progress_per_region_is_read_at_a_modest_rhythm(void **st)
{
    struct talk t = at_operation(st);
    unsigned reads = 0, polls = 0;

    for (int s = 0; s < 120; s++) {
        for (size_t i = 0; i < t.open_count; i++) {
            if (strstr(t.open[i].message->url, "$expand") != NULL) {
                talk_expect(&t, "GET", EXPAND);
                talk_reply(&t, 200, reads++ ? "replicating-70.json" : "replicating.json");
            } else {
                talk_expect(&t, "GET", POLL);
                talk_reply(&t, 200, "operation-running.json");
                polls++;
            }
        }
        talk_pass_ms(&t, 1000);
    }
    talk_told(&t, "region eastus2: Replicating 40 %");
    talk_told(&t, "region eastus2: Replicating 70 %");
    talk_told(&t, "region westus: Completed 100 %");
    assert_true(reads >= 4 && reads + polls <= 17);
    talk_free(&t);
}

/* One region copies per cent after per cent, the operation ends with it. */
static void costs_at_most(void **st, int seconds, unsigned most)
{
    struct talk t = at_operation(st);
    unsigned requests = 0;
    char percent[12];

    for (int s = 0; !t.over; s++) {
        bool over = s >= seconds;
        assert_true(s <= seconds + 30);
        while (t.open_count != 0) {
            bool read = strstr(t.open[0].message->url, "$expand") != NULL;
            requests++;
            talk_expect(&t, "GET", read ? EXPAND : POLL);
            snprintf(percent, sizeof percent, "%d", over ? 100 : s * 100 / seconds);
            if (read && !over)
                talk_reply_edited(&t, 200, "replicating.json",
                                  "/properties/replicationStatus/summary/1/progress", percent, NULL);
            else
                talk_reply(&t, 200,
                           read   ? "succeeded.json"
                           : over ? "operation-succeeded.json"
                                  : "operation-running.json");
        }
        if (!t.over)
            talk_pass_ms(&t, 1000);
    }
    talk_ends(&t, ACG_OK);
    if (requests > most)
        fail_msg("%u requests for %d s", requests, seconds);
    talk_free(&t);
}

static void ten_minutes_cost_at_most_40_requests_and_six_hours_150(void **st)
{
    costs_at_most(st, 600, 40);
    costs_at_most(st, 6 * 3600 - 100, 150); /* its own deadline is six hours */
    costs_at_most(st, 1, 4);
}

static void a_read_under_way_is_abandoned_when_the_operation_ends(void **st)
{
    struct talk t = at_reading(st);

    talk_reply(&t, 200, "succeeded.json");
    talk_expect(&t, "GET", POLL);
    talk_pass_ms(&t, 3000);
    talk_expect(&t, "GET", EXPAND); /* the poll takes its time */
    talk_expect(&t, "GET", POLL);
    talk_reply(&t, 200, "operation-succeeded.json");
    assert_int_equal(t.open_count, 1);
    published(&t);
    talk_free(&t);
}

static void a_poll_url_elsewhere_is_not_called(void **st)
{
    static const char *const elsewhere[] = {
        "https://management.azure.com.evil.example/op",
        "https://evil.example/capsOperations/op-1",
        "http://management.azure.com/op",
        "https://management.azure.com:8443/op",
        "https://user@management.azure.com/op",
        "//evil.example/op",
    };

    for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++) {
        struct talk t = at_answer(st);
        talk_header(&t, "Azure-AsyncOperation", elsewhere[i]);
        talk_reply(&t, 201, "creating.json");
        talk_told(&t, "is not called; the version is polled instead");
        talk_not_told(&t, "evil.example");
        assert_int_equal(t.open_count, 1);
        talk_expect(&t, "GET", EXPAND);
        talk_reply(&t, 200, "replicating.json");
        talk_pass_ms(&t, 1000);
        published(&t);
        talk_free(&t);
    }
}

static void a_poll_url_below_the_endpoint_is_called(void **st)
{
    struct talk t = at_answer(st);

    talk_header(&t, "Azure-AsyncOperation", "https://westus.management.azure.com/capsOperations/op-9?s=1");
    talk_reply(&t, 201, "creating.json");
    talk_expect(&t, "GET", "https://westus.management.azure.com/capsOperations/op-9?s=1");
    talk_free(&t);
}

static void a_relative_poll_url_is_taken_below_the_endpoint(void **st)
{
    struct talk t = at_answer(st);

    talk_header(&t, "Azure-AsyncOperation", "/capsOperations/op-9?s=1");
    talk_reply(&t, 201, "creating.json");
    talk_expect(&t, "GET", "https://management.azure.com/capsOperations/op-9?s=1");
    talk_free(&t);
}

static void without_a_poll_url_the_version_tells(void **st)
{
    struct talk t = at_answer(st);

    talk_reply(&t, 201, "creating.json");
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 404, "error-not-found.json"); /* a GET can be behind a write */
    talk_pass_ms(&t, 1000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "replicating.json");
    talk_pass_ms(&t, 2000);
    published(&t);
    talk_free(&t);
}

static void a_version_that_stays_away_has_vanished(void **st)
{
    struct talk t = at_answer(st);

    talk_reply(&t, 201, "creating.json");
    for (int i = 0; i < 10; i++) {
        talk_expect(&t, "GET", EXPAND);
        talk_reply(&t, 404, "error-not-found.json");
        talk_pass_ms(&t, 30000);
    }
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_told(&t, "the version has vanished");
    talk_free(&t);
}

static void location_is_polled_where_it_is_all_there_is(void **st)
{
    struct talk t = at_answer(st);

    talk_header(&t, "Location", "https://management.azure.com/capsOperations/op-1?monitor=true");
    talk_reply(&t, 202, "creating.json");
    talk_expect(&t, "GET", "monitor=true");
    talk_reply_text(&t, 202, "");
    talk_pass_ms(&t, 1000);
    talk_expect(&t, "GET", "monitor=true");
    talk_reply_text(&t, 200, "");
    published(&t);
    talk_free(&t);
}

static void a_lost_poll_url_falls_back_to_the_version(void **st)
{
    static const int statuses[] = {404, 410, 403, 400};

    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        struct talk t = at_operation(st);
        talk_reply(&t, statuses[i], "error-not-found.json");
        talk_told(&t, "the version is polled instead");
        talk_expect(&t, "GET", EXPAND);
        talk_reply(&t, 200, "replicating.json");
        talk_pass_ms(&t, 1000);
        published(&t);
        talk_free(&t);
    }
}

static void an_answer_without_a_status_falls_back_too(void **st)
{
    struct talk t = at_operation(st);

    talk_reply_text(&t, 200, "<html></html>");
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    talk_ends(&t, ACG_OK);
    talk_free(&t);
}

static void a_failed_operation_tells_its_code_and_the_region(void **st)
{
    struct talk t = at_operation(st);

    talk_reply(&t, 200, "operation-failed.json");
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "region-failed.json");
    talk_ends(&t, ACG_ERR_SERVICE);
    assert_string_equal(t.error.arm_code, "GalleryReplicationFailed");
    talk_told(
        &t, "region eastus2 failed: Replication failed in this region due to 'Storage allocation failure'.");
    talk_told(&t, "Replication failed in at least one region.");
    assert_string_equal(t.state, "failed");
    talk_free(&t);
}

static void a_failed_operation_is_told_even_when_the_regions_cannot_be_read(void **st)
{
    struct talk t = at_operation(st);

    talk_reply(&t, 200, "operation-failed.json");
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 403, "error-forbidden.json");
    talk_ends(&t, ACG_ERR_SERVICE);
    assert_string_equal(t.error.arm_code, "GalleryReplicationFailed");
    talk_free(&t);
}

static void a_canceled_operation_fails_in_either_spelling(void **st)
{
    static const char *const bodies[] = {"{\"status\": \"Canceled\"}", "{\"status\": \"cancelled\"}"};

    for (size_t i = 0; i < 2; i++) {
        struct talk t = at_operation(st);
        talk_reply_text(&t, 200, bodies[i]);
        talk_expect(&t, "GET", EXPAND);
        talk_reply(&t, 200, "creating.json");
        talk_ends(&t, ACG_ERR_SERVICE);
        talk_told(&t, "without an error text");
        talk_free(&t);
    }
}

static void an_outage_of_minutes_does_not_end_the_watch(void **st)
{
    struct talk t = at_operation(st);

    for (int i = 0; i < 12; i++) { /* more than one request is ever tried */
        talk_expect(&t, "GET", POLL);
        talk_reply(&t, 503, "error-busy.json");
        talk_pass_ms(&t, 31000);
    }
    talk_told(&t, "Azure goes on, and so does the watch");
    talk_expect(&t, "GET", POLL);
    talk_reply(&t, 200, "operation-succeeded.json");
    published(&t);
    talk_free(&t);
}

static void an_outage_of_half_an_hour_does(void **st)
{
    struct talk t = at_operation(st);

    for (int i = 0; i < 200 && !t.over; i++) {
        talk_expect(&t, "GET", POLL);
        talk_lose_reply(&t);
        talk_pass_ms(&t, 31000);
    }
    talk_ends(&t, ACG_ERR_TRANSPORT);
    assert_string_equal(t.state, "running");
    assert_true(t.now_ms >= 1800000);
    talk_free(&t);
}

static void a_token_that_expires_while_polling_is_renewed(void **st)
{
    struct talk t = at_operation(st);

    talk_reply(&t, 401, "error-forbidden.json");
    talk_expect(&t, "GET", POLL);
    assert_true(t.current.fresh_token);
    talk_reply(&t, 200, "operation-succeeded.json");
    published(&t);
    talk_free(&t);
}

static void a_login_that_is_gone_ends_the_watch(void **st)
{
    struct talk t = at_operation(st);

    talk_reply(&t, 401, "error-forbidden.json");
    talk_expect(&t, "GET", POLL);
    talk_reply(&t, 401, "error-forbidden.json");
    talk_ends(&t, ACG_ERR_AUTH);
    assert_string_equal(t.state, "running");
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_operation_is_polled_twice_and_then_the_version_is_read),
        cmocka_unit_test(a_version_that_is_not_creating_any_more_asks_for_the_verdict),
        cmocka_unit_test(a_version_that_failed_asks_for_the_operations_own_error),
        cmocka_unit_test(a_version_that_cannot_be_read_leaves_the_operation_as_the_clock),
        cmocka_unit_test(a_version_that_says_creating_for_ever_does_not_hide_a_failed_operation),
        cmocka_unit_test(retry_after_sets_the_pace_of_polls),
        cmocka_unit_test(retry_after_sets_the_pace_of_readings_too),
        cmocka_unit_test(ten_minutes_cost_at_most_40_requests_and_six_hours_150),
        cmocka_unit_test(a_bad_retry_after_is_no_busy_loop),
        cmocka_unit_test(any_word_that_is_not_final_is_still_running),
        cmocka_unit_test(progress_per_region_is_read_at_a_modest_rhythm),
        cmocka_unit_test(a_read_under_way_is_abandoned_when_the_operation_ends),
        cmocka_unit_test(a_poll_url_elsewhere_is_not_called),
        cmocka_unit_test(a_poll_url_below_the_endpoint_is_called),
        cmocka_unit_test(a_relative_poll_url_is_taken_below_the_endpoint),
        cmocka_unit_test(without_a_poll_url_the_version_tells),
        cmocka_unit_test(a_version_that_stays_away_has_vanished),
        cmocka_unit_test(location_is_polled_where_it_is_all_there_is),
        cmocka_unit_test(a_lost_poll_url_falls_back_to_the_version),
        cmocka_unit_test(an_answer_without_a_status_falls_back_too),
        cmocka_unit_test(a_failed_operation_tells_its_code_and_the_region),
        cmocka_unit_test(a_failed_operation_is_told_even_when_the_regions_cannot_be_read),
        cmocka_unit_test(a_canceled_operation_fails_in_either_spelling),
        cmocka_unit_test(an_outage_of_minutes_does_not_end_the_watch),
        cmocka_unit_test(an_outage_of_half_an_hour_does),
        cmocka_unit_test(a_token_that_expires_while_polling_is_renewed),
        cmocka_unit_test(a_login_that_is_gone_ends_the_watch),
    };

    return cmocka_run_group_tests_name("operation", tests, NULL, NULL);
}
