/* SPDX-License-Identifier: MPL-2.0 */
/* Writing a version more than once: repairs, waves, what may be missing. */
#include "testlib/talk.h"

#include <string.h>

#define VERSION "/versions/1.4.0?api-version="
#define EXPAND  "/versions/1.4.0?$expand=ReplicationStatus"
#define POLL    "/capsOperations/op-1"
#define SUMMARY "/properties/replicationStatus/summary"
#define REGIONS "/properties/publishingProfile/targetRegions"
#define EASTUS2 REGIONS "/1"

static void to_put(struct talk *t)
{
    talk_expect(t, "GET", VERSION);
    talk_reply(t, 404, "error-not-found.json");
    talk_expect(t, "GET", "/images/web-build");
    talk_reply(t, 200, "image.json");
    talk_expect(t, "PUT", VERSION);
    talk_accept(t);
}

static void operation(struct talk *t, const char *file)
{
    talk_expect(t, "GET", POLL);
    talk_reply(t, 200, file);
}

/* The operation of the PUT that was just sent fails, and its region as well. */
static void eastus2_fails(struct talk *t)
{
    operation(t, "operation-failed.json");
    talk_expect(t, "GET", EXPAND);
    talk_reply(t, 200, "region-failed.json");
}

static void without_eastus2(struct talk *t)
{
    talk_expect(t, "GET", EXPAND);
    talk_reply_edited(t, 200, "succeeded.json", EASTUS2, "-", SUMMARY "/1", "-", NULL);
}

static bool put_names(const struct talk *t, const char *text)
{
    return strstr(t->last_put, text) != NULL;
}

/* Read, merged, written: an update keeps what it does not speak of. */
static void is_an_update(const struct talk *t)
{
    assert_true(put_names(t, "\"storageProfile\":{}"));
    assert_true(put_names(t, "westus-os"));
    assert_true(put_names(t, "acg-operation-key"));
}

static void a_failed_region_is_taken_out_and_put_in_again(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "on_failure", "\"repair\"", NULL);

    to_put(&t);
    eastus2_fails(&t);
    talk_expect(&t, "GET", EXPAND); /* read at once before the write */
    talk_reply(&t, 200, "region-failed.json");
    talk_expect(&t, "PUT", VERSION);
    is_an_update(&t);
    assert_false(put_names(&t, "eastus2-all"));
    talk_told(&t, "writing the version again, without eastus2");
    talk_accept(&t);
    operation(&t, "operation-succeeded.json");
    without_eastus2(&t);
    talk_told(&t, "eastus2 failed and is sent again in");
    talk_pass_ms(&t, 29000);
    talk_expect_silence(&t);
    talk_pass_ms(&t, 16000);
    without_eastus2(&t);
    talk_expect(&t, "PUT", VERSION);
    is_an_update(&t);
    assert_true(put_names(&t, "eastus2-all"));
    talk_told(&t, "writing the version again: with eastus2");
    talk_accept(&t);
    operation(&t, "operation-succeeded.json");
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    talk_ends(&t, ACG_OK);
    assert_int_equal(t.puts, 3);
    assert_true(t.proved && t.created);
    talk_free(&t);
}

/* What a rewrite builds on is as old as its last wait: it is read again. */
static void a_rewrite_that_was_not_let_through_reads_the_version_again(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "on_failure", "\"repair\"", NULL);

    to_put(&t);
    eastus2_fails(&t);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "region-failed.json");
    talk_expect(&t, "PUT", VERSION);
    talk_header(&t, "Retry-After", "90");
    talk_reply(&t, 429, "error-throttled.json");
    talk_pass_ms(&t, 89999);
    talk_expect_silence(&t);
    talk_pass_ms(&t, 1);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "region-failed.json");
    talk_expect(&t, "PUT", VERSION);
    talk_fail(&t, ACGP_FAILURE_NOT_SENT, ACG_ERR_TRANSPORT);
    talk_pass_ms(&t, 31000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "region-failed.json");
    talk_expect(&t, "PUT", VERSION);
    talk_fail(&t, ACGP_FAILURE_HELD, ACG_ERR_TEMPORARY);
    talk_pass_ms(&t, 14999);
    talk_expect_silence(&t);
    talk_pass_ms(&t, 15001);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "region-failed.json");
    talk_expect(&t, "PUT", VERSION);
    is_an_update(&t);
    talk_told(&t, "; again in 90 s");
    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    talk_free(&t);
}

static void repairs_end_with_the_region_s_own_words(void **st)
{
    struct talk t =
        talk_begin_edited(st, "image-cmk", "on_failure", "\"repair\"", "repair_attempts", "1", NULL);

    to_put(&t);
    eastus2_fails(&t);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "region-failed.json");
    talk_expect(&t, "PUT", VERSION);
    talk_accept(&t);
    operation(&t, "operation-succeeded.json");
    without_eastus2(&t);
    talk_pass_ms(&t, 45000);
    without_eastus2(&t);
    talk_expect(&t, "PUT", VERSION);
    talk_accept(&t);
    eastus2_fails(&t);
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_told(&t,
              "region eastus2 failed: Replication failed in this region due to 'Storage allocation failure'");
    assert_string_equal(t.state, "failed");
    talk_free(&t);
}

static void a_reading_behind_the_failure_is_waited_for(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "on_failure", "\"repair\"", NULL);

    to_put(&t);
    operation(&t, "operation-failed.json");
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "replicating.json");
    talk_pass_ms(&t, 1000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 503, "error-busy.json");
    talk_pass_ms(&t, 60000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "region-failed.json");
    talk_expect(&t, "GET", EXPAND);
    talk_free(&t);
}

static void an_optional_region_may_be_missing_in_the_end(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "optional_regions", "[\"East US 2\"]", NULL);

    to_put(&t);
    eastus2_fails(&t);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "region-failed.json");
    talk_expect(&t, "PUT", VERSION);
    assert_false(put_names(&t, "eastus2-all"));
    talk_accept(&t);
    operation(&t, "operation-succeeded.json");
    without_eastus2(&t);
    talk_ends(&t, ACG_ERR_PARTIAL);
    talk_told(&t, "published without eastus2");
    assert_string_equal(t.state, "succeeded in part");
    assert_true(t.proved);
    talk_free(&t);
}

static void waves_put_the_home_region_first(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "wave_size", "1", NULL);

    to_put(&t);
    assert_false(put_names(&t, "eastus2-all"));
    operation(&t, "operation-succeeded.json");
    without_eastus2(&t);
    without_eastus2(&t);
    talk_expect(&t, "PUT", VERSION);
    is_an_update(&t);
    assert_true(put_names(&t, "eastus2-all"));
    talk_accept(&t);
    operation(&t, "operation-succeeded.json");
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    talk_ends(&t, ACG_OK);
    talk_free(&t);
}

static void regions_of_others_are_written_again_with_their_encryption(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "wave_size", "1", NULL);

    to_put(&t);
    operation(&t, "operation-succeeded.json");
    without_eastus2(&t);
    talk_expect(&t, "GET", EXPAND);
    talk_reply_edited(&t, 200, "succeeded.json", EASTUS2 "/name", "\"North Europe\"",
                      EASTUS2 "/encryption/osDiskImage/diskEncryptionSetId", "\"/theirs\"",
                      SUMMARY "/1/region", "\"northeurope\"", "/tags/owner", "\"them\"", NULL);
    talk_expect(&t, "PUT", VERSION);
    assert_true(put_names(&t, "North Europe") && put_names(&t, "/theirs") &&
                put_names(&t, "\"owner\":\"them\""));
    assert_true(put_names(&t, "eastus2-all"));
    talk_free(&t);
}

static void to_second_wave(struct talk *t)
{
    to_put(t);
    operation(t, "operation-succeeded.json");
    without_eastus2(t);
    without_eastus2(t);
    talk_expect(t, "PUT", VERSION);
}

static void a_write_that_was_throttled_is_made_from_a_new_reading(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "on_failure", "\"repair\"", NULL);

    to_put(&t);
    eastus2_fails(&t);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "region-failed.json");
    talk_expect(&t, "PUT", VERSION);
    talk_header(&t, "Retry-After", "60");
    talk_reply(&t, 429, "error-throttled.json");
    talk_told(&t, "again in 60 s");
    talk_pass_ms(&t, 59000);
    talk_expect_silence(&t);
    talk_pass_ms(&t, 1000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "region-failed.json");
    talk_expect(&t, "PUT", VERSION);
    assert_int_equal(t.puts, 3);
    talk_free(&t);
}

static void another_write_that_never_ends_is_what_the_error_names(void **st)
{
    struct talk t =
        talk_begin_edited(st, "image-cmk", "on_failure", "\"repair\"", "timeout_ms", "60000", NULL);

    to_put(&t);
    eastus2_fails(&t);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "region-failed.json");
    talk_expect(&t, "PUT", VERSION);
    talk_reply(&t, 409, "error-busy.json");
    talk_pass_ms(&t, 60000);
    talk_ends(&t, ACG_ERR_TIMEOUT);
    talk_told(&t, "another write is at work on the version");
    talk_not_told(&t, "Azure goes on with it");
    talk_free(&t);
}

static void a_busy_version_is_waited_for(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "wave_size", "1", NULL);

    to_second_wave(&t);
    talk_reply(&t, 409, "error-busy.json");
    talk_told(&t, "another write is at work on the version");
    talk_pass_ms(&t, 30000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply_edited(&t, 200, "succeeded.json", "/properties/provisioningState", "\"Updating\"", EASTUS2,
                      "-", NULL);
    talk_pass_ms(&t, 14000);
    talk_expect_silence(&t);
    talk_pass_ms(&t, 16000);
    without_eastus2(&t);
    talk_expect(&t, "PUT", VERSION);
    assert_int_equal(t.puts, 3);
    talk_free(&t);
}

static void a_rewrite_whose_answer_is_lost_is_settled_by_reading(void **st)
{
    for (int there = 0; there < 2; there++) {
        struct talk t = talk_begin_edited(st, "image-cmk", "wave_size", "1", NULL);
        to_second_wave(&t);
        talk_lose_reply(&t);
        talk_pass_ms(&t, 60000);
        talk_expect(&t, "GET", EXPAND);
        if (there) {
            talk_reply(&t, 200, "replicating.json");
            talk_told(&t, "the write had arrived");
            talk_pass_ms(&t, 30000);
            talk_expect(&t, "GET", EXPAND);
            talk_reply(&t, 200, "succeeded.json");
            talk_ends(&t, ACG_OK);
            assert_int_equal(t.puts, 2);
        } else {
            talk_reply_edited(&t, 200, "succeeded.json", EASTUS2, "-", SUMMARY "/1", "-", NULL);
            talk_expect(&t, "PUT", VERSION);
            assert_int_equal(t.puts, 3);
        }
        talk_free(&t);
    }
}

static void a_failed_version_is_deleted_when_told_so(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "on_failure", "\"delete\"", NULL);

    to_put(&t);
    eastus2_fails(&t);
    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 200, "region-failed.json");
    talk_expect(&t, "DELETE", VERSION);
    talk_reply_text(&t, 204, "");
    for (int i = 0; i < 3; i++) {
        talk_expect(&t, "GET", VERSION);
        talk_reply(&t, 404, "error-not-found.json");
        talk_pass_ms(&t, 10000);
    }
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_told(&t, "the version was deleted, as on_failure says");
    talk_told(&t, "region eastus2 failed");
    talk_free(&t);
}

static void another_version_under_the_name_is_not_deleted(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "on_failure", "\"delete\"", NULL);

    to_put(&t);
    eastus2_fails(&t);
    talk_expect(&t, "GET", VERSION);
    talk_reply_edited(&t, 200, "succeeded.json", "/properties/publishingProfile/publishedDate",
                      "\"2026-11-02T10:00:00+00:00\"", NULL);
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_told(&t, "could not be deleted");
    talk_free(&t);
}

static void budgets_end_the_watch(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "accept_timeout_ms", "5000", NULL);

    talk_expect(&t, "GET", VERSION);
    talk_pass_ms(&t, 5000);
    talk_ends(&t, ACG_ERR_TIMEOUT);
    talk_told(&t, "accept_timeout");
    talk_free(&t);
    t = talk_begin_edited(st, "image-cmk", "home_timeout_ms", "5000", NULL);
    to_put(&t);
    talk_expect(&t, "GET", POLL);
    talk_pass_ms(&t, 5000);
    talk_ends(&t, ACG_ERR_TIMEOUT);
    talk_told(&t, "home_timeout");
    talk_free(&t);
}

static void the_home_region_can_be_enough_to_wait_for(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "wait", "\"home\"", "home_timeout_ms", "60000", NULL);

    to_put(&t);
    operation(&t, "operation-running.json");
    talk_pass_ms(&t, 1000);
    operation(&t, "operation-running.json");
    talk_pass_ms(&t, 5000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply_edited(&t, 200, "replicating.json", SUMMARY "/0/state", "\"Completed\"", NULL);
    talk_ends(&t, ACG_OK);
    talk_told(&t, "Azure goes on with the others");
    assert_false(t.proved);
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_region_is_taken_out_and_put_in_again),
        cmocka_unit_test(a_rewrite_that_was_not_let_through_reads_the_version_again),
        cmocka_unit_test(repairs_end_with_the_region_s_own_words),
        cmocka_unit_test(a_reading_behind_the_failure_is_waited_for),
        cmocka_unit_test(an_optional_region_may_be_missing_in_the_end),
        cmocka_unit_test(waves_put_the_home_region_first),
        cmocka_unit_test(regions_of_others_are_written_again_with_their_encryption),
        cmocka_unit_test(a_write_that_was_throttled_is_made_from_a_new_reading),
        cmocka_unit_test(another_write_that_never_ends_is_what_the_error_names),
        cmocka_unit_test(a_busy_version_is_waited_for),
        cmocka_unit_test(a_rewrite_whose_answer_is_lost_is_settled_by_reading),
        cmocka_unit_test(a_failed_version_is_deleted_when_told_so),
        cmocka_unit_test(another_version_under_the_name_is_not_deleted),
        cmocka_unit_test(budgets_end_the_watch),
        cmocka_unit_test(the_home_region_can_be_enough_to_wait_for),
    };

    return cmocka_run_group_tests_name("repair", tests, NULL, NULL);
}
