/* SPDX-License-Identifier: MPL-2.0 */
/* A version is written more than once, and its readings are behind, its writers are several, its time ends.
 */
#include "testlib/talk.h"

#include <stdio.h>
#include <string.h>

#define VERSION "/versions/1.4.0?api-version="
#define EXPAND  "/versions/1.4.0?$expand=ReplicationStatus"
#define POLL    "/capsOperations/op-1"
#define STATE   "/properties/provisioningState"
#define SUMMARY "/properties/replicationStatus/summary"
#define REGIONS "/properties/publishingProfile/targetRegions"
#define EASTUS2 REGIONS "/1"
#define OS_SET  "/encryption/osDiskImage/diskEncryptionSetId"

static void to_put(struct talk *t)
{
    talk_expect(t, "GET", VERSION);
    talk_reply(t, 404, "error-not-found.json");
    talk_expect(t, "GET", "/images/web-build");
    talk_reply(t, 200, "image.json");
    talk_expect(t, "PUT", VERSION);
}

static void operation(struct talk *t, const char *file)
{
    talk_expect(t, "GET", POLL);
    talk_reply(t, 200, file);
}

static void reading(struct talk *t, const char *file)
{
    talk_expect(t, "GET", EXPAND);
    talk_reply(t, 200, file);
}

static void without_eastus2(struct talk *t, const char *state)
{
    talk_expect(t, "GET", EXPAND);
    talk_reply_edited(t, 200, "succeeded.json", EASTUS2, "-", SUMMARY "/1", "-", STATE, state, NULL);
}

/* Another writer made it North Europe. */
static void taken_out(struct talk *t)
{
    talk_expect(t, "GET", EXPAND);
    talk_reply_edited(t, 200, "succeeded.json", EASTUS2 "/name", "\"North Europe\"", SUMMARY "/1/region",
                      "\"northeurope\"", NULL);
}

static void is_there_without_eastus2(struct talk *t)
{
    talk_expect(t, "GET", VERSION);
    talk_reply_edited(t, 200, "succeeded.json", EASTUS2, "-", SUMMARY "/1", "-", NULL);
    talk_expect(t, "GET", "/images/web-build");
    talk_reply(t, 200, "image.json");
}

/* The version was there without eastus2, and this publish has added it. */
static struct talk updated(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "on_existing", "\"update\"", NULL);

    is_there_without_eastus2(&t);
    without_eastus2(&t, "\"Succeeded\"");
    without_eastus2(&t, "\"Succeeded\"");
    talk_expect(&t, "PUT", VERSION);
    talk_accept(&t);
    operation(&t, "operation-succeeded.json");
    return t;
}

/* eastus2 failed and is taken out; the write of that is open. */
static void to_write_without_eastus2(struct talk *t)
{
    to_put(t);
    talk_accept(t);
    operation(t, "operation-failed.json");
    reading(t, "region-failed.json");
    reading(t, "region-failed.json");
    talk_expect(t, "PUT", VERSION);
}

static void the_home_region_is_enough_only_when_all_are_sent(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "on_existing", "\"update\"", "wait", "\"home\"", NULL);

    is_there_without_eastus2(&t);
    without_eastus2(&t, "\"Succeeded\"");
    without_eastus2(&t, "\"Succeeded\"");
    talk_expect(&t, "PUT", VERSION);
    assert_non_null(strstr(t.last_put, "eastus2-all"));
    talk_free(&t);
    t = talk_begin_edited(st, "image-cmk", "wave_size", "1", "wait", "\"home\"", NULL);
    to_put(&t);
    talk_accept(&t);
    operation(&t, "operation-succeeded.json");
    without_eastus2(&t, "\"Succeeded\"");
    without_eastus2(&t, "\"Succeeded\"");
    talk_expect(&t, "PUT", VERSION);
    talk_accept(&t);
    operation(&t, "operation-succeeded.json");
    talk_expect(&t, "GET", EXPAND);
    talk_reply_edited(&t, 200, "replicating.json", STATE, "\"Succeeded\"", NULL);
    talk_ends(&t, ACG_OK);
    talk_told(&t, "Azure goes on with the others");
    talk_free(&t);
}

static void a_region_that_failed_is_not_gone_on_with(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "wait", "\"home\"", NULL);

    to_put(&t);
    talk_accept(&t);
    operation(&t, "operation-succeeded.json");
    talk_expect(&t, "GET", EXPAND);
    talk_reply_edited(&t, 200, "region-failed.json", STATE, "\"Succeeded\"", NULL);
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_told(&t, "region eastus2 failed");
    talk_free(&t);
}

static void what_is_accepted_already_is_not_waited_for(void **st)
{
    struct talk t =
        talk_begin_edited(st, "image-cmk", "on_existing", "\"reuse\"", "wait", "\"accepted\"", NULL);

    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 200, "replicating.json");
    talk_expect(&t, "GET", "/images/web-build");
    talk_reply(&t, 200, "image.json");
    reading(&t, "replicating.json");
    talk_ends(&t, ACG_OK);
    assert_string_equal(t.state, "accepted");
    assert_false(t.proved);
    talk_free(&t);
    t = talk_begin_edited(st, "image-cmk", "on_existing", "\"update\"", "wait", "\"accepted\"", NULL);
    is_there_without_eastus2(&t);
    without_eastus2(&t, "\"Succeeded\"");
    without_eastus2(&t, "\"Succeeded\"");
    talk_expect(&t, "PUT", VERSION);
    talk_accept(&t);
    talk_ends(&t, ACG_OK);
    talk_free(&t);
}

/* That it was Completed before it was taken out says nothing. */
static void a_region_that_was_put_back_is_waited_for(void **st)
{
    struct talk t = updated(st);

    for (int i = 0; i < 3; i++) {
        talk_expect(&t, "GET", EXPAND);
        if (i == 0)
            talk_reply(&t, 200, "succeeded.json");
        else
            talk_reply_edited(&t, 200, "succeeded.json", EASTUS2, "-", SUMMARY "/1", "-", NULL);
        talk_pass_ms(&t, i == 0 ? 30000 : 5000);
    }
    without_eastus2(&t, "\"Succeeded\""); /* the third that shows it */
    talk_told(&t, "another writer has taken out eastus2: putting it in again");
    without_eastus2(&t, "\"Succeeded\"");
    talk_expect(&t, "PUT", VERSION);
    talk_accept(&t);
    operation(&t, "operation-succeeded.json");
    for (int i = 0; i < 3; i++) { /* listed, and no word of its replication yet */
        talk_expect(&t, "GET", EXPAND);
        talk_reply_edited(&t, 200, "succeeded.json", SUMMARY "/1", "-", NULL);
        talk_pass_ms(&t, 60000);
    }
    talk_expect(&t, "GET", EXPAND);
    assert_false(t.over);
    talk_free(&t);
}

static void a_reading_behind_the_write_that_puts_back_is_made_again(void **st)
{
    struct talk t = updated(st);

    for (int i = 0; i < 4; i++) {
        taken_out(&t);
        if (i < 2)
            talk_pass_ms(&t, 5000);
    }
    talk_expect(&t, "PUT", VERSION);
    talk_accept(&t);
    operation(&t, "operation-succeeded.json");
    taken_out(&t);
    talk_expect_silence(&t); /* seen once since the write */
    talk_pass_ms(&t, 5000);
    reading(&t, "succeeded.json");
    talk_pass_ms(&t, 30000);
    reading(&t, "succeeded.json");
    talk_ends(&t, ACG_OK);
    assert_int_equal(t.puts, 2);
    assert_true(t.proved);
    talk_free(&t);
}

static void a_version_that_is_written_is_not_proved(void **st)
{
    static const char *const states[] = {"\"Updating\"", "\"Deleting\""};

    for (size_t i = 0; i < 2; i++) {
        struct talk t = updated(st);
        reading(&t, "succeeded.json");
        talk_pass_ms(&t, 30000);
        talk_expect(&t, "GET", EXPAND);
        talk_reply_edited(&t, 200, "succeeded.json", STATE, states[i], NULL);
        assert_false(t.over);
        talk_pass_ms(&t, 60000);
        reading(&t, "succeeded.json");
        talk_ends(&t, ACG_OK);
        talk_free(&t);
    }
}

static void a_failed_write_is_no_success_in_part(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "optional_regions", "[\"East US 2\"]", NULL);

    to_write_without_eastus2(&t);
    talk_accept(&t);
    operation(&t, "operation-failed.json");
    without_eastus2(&t, "\"Failed\"");
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_free(&t);
}

/* The operation ended well; a reading can be behind it, but not for good. */
static void a_version_that_stays_failed_is_not_proved(void **st)
{
    for (int stays = 0; stays < 2; stays++) {
        struct talk t = talk_begin_edited(st, "image-cmk", "optional_regions", "[\"East US 2\"]", NULL);
        to_write_without_eastus2(&t);
        talk_accept(&t);
        operation(&t, "operation-succeeded.json");
        for (int i = 0; i < 3; i++) {
            without_eastus2(&t, stays || i == 0 ? "\"Failed\"" : "\"Succeeded\"");
            if (t.over)
                break;
            talk_pass_ms(&t, 5000);
        }
        talk_ends(&t, stays ? ACG_ERR_MISMATCH : ACG_ERR_PARTIAL);
        talk_told(&t, stays ? "the version is Failed" : "published without eastus2");
        talk_free(&t);
    }
}

static void what_the_failed_write_left_out_is_to_blame(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "on_failure", "\"repair\"", "wave_size", "1", NULL);

    to_put(&t);
    talk_accept(&t);
    operation(&t, "operation-succeeded.json");
    without_eastus2(&t, "\"Succeeded\"");
    without_eastus2(&t, "\"Succeeded\"");
    talk_expect(&t, "PUT", VERSION);
    talk_accept(&t);
    operation(&t, "operation-failed.json");
    without_eastus2(&t, "\"Failed\"");
    talk_not_told(&t, "westus failed");
    without_eastus2(&t, "\"Failed\"");
    talk_expect(&t, "PUT", VERSION);
    assert_non_null(strstr(t.last_put, "\"storageProfile\":{}"));
    assert_null(strstr(t.last_put, "eastus2-all"));
    talk_free(&t);
}

/* What fails while Azure is at work may still end well: the operation tells. */
static void the_operation_s_end_counts(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");

    to_put(&t);
    talk_accept(&t);
    operation(&t, "operation-running.json");
    talk_pass_ms(&t, 1000);
    operation(&t, "operation-running.json");
    talk_pass_ms(&t, 5000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply_edited(&t, 200, "replicating.json", SUMMARY "/1/state", "\"Failed\"", NULL);
    talk_pass_ms(&t, 60000);
    reading(&t, "succeeded.json");
    operation(&t, "operation-succeeded.json");
    reading(&t, "succeeded.json");
    talk_ends(&t, ACG_OK);
    assert_int_equal(t.puts, 1);
    talk_free(&t);
}

static void a_repair_that_time_does_not_allow_is_not_waited_for(void **st)
{
    struct talk t =
        talk_begin_edited(st, "image-cmk", "on_failure", "\"repair\"", "timeout_ms", "20000", NULL);

    to_put(&t);
    talk_accept(&t);
    operation(&t, "operation-failed.json");
    reading(&t, "region-failed.json");
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_told(&t, "no time is left for another repair");
    talk_told(&t, "region eastus2 failed: Replication failed in this region");
    assert_int_equal(t.puts, 1);
    talk_free(&t);
}

static void a_quorum_that_is_met_does_not_wait_for_such_a_repair(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "on_failure", "\"repair\"", "quorum", "1",
                                      "timeout_ms", "20000", NULL);

    to_write_without_eastus2(&t);
    talk_accept(&t);
    operation(&t, "operation-succeeded.json");
    without_eastus2(&t, "\"Succeeded\"");
    talk_ends(&t, ACG_ERR_PARTIAL);
    talk_told(&t, "published without eastus2");
    talk_free(&t);
}

static void who_stops_a_repair_is_told_what_is_missing(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "on_failure", "\"repair\"", NULL);

    to_write_without_eastus2(&t);
    talk_accept(&t);
    operation(&t, "operation-succeeded.json");
    without_eastus2(&t, "\"Succeeded\"");
    talk_told(&t, "eastus2 failed and is sent again in");
    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    talk_told(&t, "regions are missing yet");
    talk_free(&t);
}

static void a_lost_repair_of_the_home_region_is_sent_again(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "on_failure", "\"repair\"", NULL);

    to_put(&t);
    talk_accept(&t);
    operation(&t, "operation-failed.json");
    for (int i = 0; i < 3; i++) {
        talk_expect(&t, "GET", EXPAND);
        talk_reply_edited(&t, 200, "region-failed.json", SUMMARY "/0/state", "\"Failed\"", SUMMARY "/1/state",
                          "\"Completed\"", NULL);
        talk_pass_ms(&t, i == 0 ? 45000 : 0);
        if (i == 0)
            continue;
        talk_expect(&t, "PUT", VERSION);
        talk_lose_reply(&t);
        talk_pass_ms(&t, 60000);
    }
    talk_not_told(&t, "the write had arrived");
    assert_int_equal(t.puts, 3);
    talk_free(&t);
}

/* A place that was made anew by another writer, or a version that was: our encryption is not put over it. */
static void what_others_made_otherwise_is_not_written_over(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "wave_size", "1", NULL);

    to_put(&t);
    talk_accept(&t);
    operation(&t, "operation-succeeded.json");
    without_eastus2(&t, "\"Succeeded\"");
    talk_expect(&t, "GET", EXPAND);
    talk_reply_edited(&t, 200, "succeeded.json", EASTUS2 OS_SET, "\"/theirs\"", NULL);
    talk_ends(&t, ACG_ERR_CONFLICT);
    talk_told(&t, "eastus2, OS disk: asked");
    assert_int_equal(t.puts, 1);
    talk_free(&t);
}

/* The list of places is replaced as a whole: what a reading does not show would be gone. */
static void a_reading_without_places_is_not_built_on(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "wave_size", "1", NULL);

    to_put(&t);
    talk_accept(&t);
    operation(&t, "operation-succeeded.json");
    without_eastus2(&t, "\"Succeeded\"");
    talk_expect(&t, "GET", EXPAND);
    talk_reply_edited(&t, 200, "succeeded.json", REGIONS, "-", NULL);
    talk_ends(&t, ACG_ERR_CONFLICT);
    talk_told(&t, "westus: asked, but the version is not published there");
    assert_int_equal(t.puts, 1);
    talk_free(&t);
}

static void accept_timeout_holds_for_the_write_of_an_update(void **st)
{
    struct talk t =
        talk_begin_edited(st, "image-cmk", "on_existing", "\"update\"", "accept_timeout_ms", "60000", NULL);

    is_there_without_eastus2(&t);
    for (int i = 0; i < 3; i++) { /* another write is at work */
        without_eastus2(&t, "\"Updating\"");
        talk_pass_ms(&t, 20000 - t.now_ms % 20000);
    }
    talk_ends(&t, ACG_ERR_TIMEOUT);
    talk_told(&t, "accept_timeout");
    assert_int_equal(t.puts, 0);
    talk_free(&t);
}

static void what_failed_is_told_when_the_version_cannot_be_read(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "on_failure", "\"repair\"", NULL);

    to_put(&t);
    talk_accept(&t);
    operation(&t, "operation-failed.json");
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 403, "error-forbidden.json");
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_home_region_is_enough_only_when_all_are_sent),
        cmocka_unit_test(a_region_that_failed_is_not_gone_on_with),
        cmocka_unit_test(what_is_accepted_already_is_not_waited_for),
        cmocka_unit_test(a_region_that_was_put_back_is_waited_for),
        cmocka_unit_test(a_reading_behind_the_write_that_puts_back_is_made_again),
        cmocka_unit_test(a_version_that_is_written_is_not_proved),
        cmocka_unit_test(a_failed_write_is_no_success_in_part),
        cmocka_unit_test(a_version_that_stays_failed_is_not_proved),
        cmocka_unit_test(what_the_failed_write_left_out_is_to_blame),
        cmocka_unit_test(the_operation_s_end_counts),
        cmocka_unit_test(a_repair_that_time_does_not_allow_is_not_waited_for),
        cmocka_unit_test(a_quorum_that_is_met_does_not_wait_for_such_a_repair),
        cmocka_unit_test(who_stops_a_repair_is_told_what_is_missing),
        cmocka_unit_test(a_lost_repair_of_the_home_region_is_sent_again),
        cmocka_unit_test(what_others_made_otherwise_is_not_written_over),
        cmocka_unit_test(a_reading_without_places_is_not_built_on),
        cmocka_unit_test(accept_timeout_holds_for_the_write_of_an_update),
        cmocka_unit_test(what_failed_is_told_when_the_version_cannot_be_read),
    };

    return cmocka_run_group_tests_name("rewrite", tests, NULL, NULL);
}
