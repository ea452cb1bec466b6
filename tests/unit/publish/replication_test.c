/* SPDX-License-Identifier: MPL-2.0 */
/* After the operation: until every region is Completed. */
#include "testlib/talk.h"

#define VERSION "/versions/1.4.0?api-version="
#define EXPAND  "/versions/1.4.0?$expand=ReplicationStatus"
#define SUMMARY "/properties/replicationStatus/summary"

static struct talk operation_done(void **st, const char *options)
{
    struct talk t = talk_begin(st, options);

    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 404, "error-not-found.json");
    if (strncmp(options, "image", 5) == 0) {
        talk_expect(&t, "GET", "/images/web-build");
        talk_reply(&t, 200, "image.json");
    }
    talk_expect(&t, "PUT", VERSION);
    talk_accept(&t);
    talk_expect(&t, "GET", "/capsOperations/op-1");
    talk_reply(&t, 200, "operation-succeeded.json");
    talk_expect(&t, "GET", EXPAND);
    return t;
}

static void success_means_that_every_region_is_completed(void **st)
{
    struct talk t = operation_done(st, "image-cmk");

    talk_reply_edited(&t, 200, "succeeded.json", SUMMARY "/1/state", "\"Replicating\"", SUMMARY "/1/progress",
                      "99", NULL);
    talk_told(&t, "region eastus2: Replicating 99 %");
    talk_pass_ms(&t, 1000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    talk_ends(&t, ACG_OK);
    talk_free(&t);
}

static void a_region_without_a_status_is_waited_for(void **st)
{
    struct talk t = operation_done(st, "image-cmk");

    talk_reply_edited(&t, 200, "succeeded.json", SUMMARY "/1", "-", NULL);
    talk_pass_ms(&t, 1000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply_edited(&t, 200, "succeeded.json", "/properties/replicationStatus", "-", NULL);
    talk_pass_ms(&t, 2000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    talk_ends(&t, ACG_OK);
    talk_free(&t);
}

static void one_failed_region_fails_the_publish_by_name(void **st)
{
    struct talk t = operation_done(st, "image-cmk");

    talk_reply_edited(&t, 200, "region-failed.json", "/properties/provisioningState", "\"Succeeded\"", NULL);
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_told(
        &t, "region eastus2 failed: Replication failed in this region due to 'Storage allocation failure'.");
    assert_string_equal(t.state, "failed");
    assert_false(t.proved);
    talk_free(&t);
}

static void a_version_that_says_failed_fails_the_publish(void **st)
{
    struct talk t = operation_done(st, "image-cmk");

    talk_reply_edited(&t, 200, "succeeded.json", "/properties/provisioningState", "\"Failed\"", NULL);
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_told(&t, "the version is Failed in Azure");
    talk_free(&t);
}

static void a_replication_that_failed_nowhere_is_still_a_failure(void **st)
{
    struct talk t = operation_done(st, "image-cmk");

    talk_reply_edited(&t, 200, "succeeded.json", "/properties/replicationStatus/aggregatedState",
                      "\"Failed\"", NULL);
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_told(&t, "names no region");
    talk_free(&t);
}

static void a_version_that_still_updates_is_waited_for(void **st)
{
    struct talk t = operation_done(st, "image-cmk");

    talk_reply_edited(&t, 200, "succeeded.json", "/properties/provisioningState", "\"Updating\"", NULL);
    talk_pass_ms(&t, 1000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    talk_ends(&t, ACG_OK);
    talk_free(&t);
}

static void retry_after_sets_the_pace_of_reads(void **st)
{
    struct talk t = operation_done(st, "image-cmk");

    talk_header(&t, "Retry-After", "25");
    talk_reply(&t, 200, "replicating.json");
    talk_pass_ms(&t, 24999);
    talk_expect_silence(&t);
    talk_pass_ms(&t, 2001);
    talk_expect(&t, "GET", EXPAND);
    talk_free(&t);
}

static void progress_out_of_range_is_kept_within(void **st)
{
    struct talk t = operation_done(st, "image-cmk");

    talk_reply_edited(&t, 200, "replicating.json", SUMMARY "/1/progress", "400", NULL);
    talk_told(&t, "region eastus2: Replicating 100 %");
    talk_pass_ms(&t, 1000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply_edited(&t, 200, "replicating.json", SUMMARY "/1/progress", "-3", NULL);
    talk_told(&t, "region eastus2: Replicating 0 %");
    talk_free(&t);
}

static void an_unknown_word_of_a_region_is_shown(void **st)
{
    struct talk t = operation_done(st, "image-cmk");

    talk_reply_edited(&t, 200, "replicating.json", SUMMARY "/1/state", "\"Copying\"", NULL);
    talk_told(&t, "region eastus2: Copying 40 %");
    talk_free(&t);
}

static void a_region_that_did_not_move_is_not_told_again(void **st)
{
    struct talk t = operation_done(st, "image-cmk");

    for (int i = 0; i < 5; i++) {
        talk_expect(&t, "GET", EXPAND);
        talk_reply(&t, 200, "replicating.json");
        talk_pass_ms(&t, 30000);
    }
    assert_null(strstr(strstr(t.told, "region eastus2") + 1, "region eastus2"));
    talk_free(&t);
}

static void an_answer_that_is_no_version_is_read_again(void **st)
{
    struct talk t = operation_done(st, "image-cmk");

    talk_reply_text(&t, 200, "[]");
    talk_told(&t, "the answer is not a version");
    talk_pass_ms(&t, 1000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    talk_ends(&t, ACG_OK);
    talk_free(&t);
}

static void an_edge_zone_is_told_by_its_own_name(void **st)
{
    struct talk t = operation_done(st, "edge-zone");

    talk_reply_edited(&t, 200, "replicating.json", SUMMARY "/1/region", "\"MicrosoftLosAngeles1\"", NULL);
    talk_told(&t, "region microsoftlosangeles1@westus: Replicating 40 %");
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(success_means_that_every_region_is_completed),
        cmocka_unit_test(a_region_without_a_status_is_waited_for),
        cmocka_unit_test(one_failed_region_fails_the_publish_by_name),
        cmocka_unit_test(a_version_that_says_failed_fails_the_publish),
        cmocka_unit_test(a_replication_that_failed_nowhere_is_still_a_failure),
        cmocka_unit_test(a_version_that_still_updates_is_waited_for),
        cmocka_unit_test(retry_after_sets_the_pace_of_reads),
        cmocka_unit_test(progress_out_of_range_is_kept_within),
        cmocka_unit_test(an_unknown_word_of_a_region_is_shown),
        cmocka_unit_test(a_region_that_did_not_move_is_not_told_again),
        cmocka_unit_test(an_answer_that_is_no_version_is_read_again),
        cmocka_unit_test(an_edge_zone_is_told_by_its_own_name),
    };

    return cmocka_run_group_tests_name("replication", tests, NULL, NULL);
}
