/* SPDX-License-Identifier: MPL-2.0 */
/* An existing version, watched without a declaration. */
#include "testlib/talk.h"

#include <stdio.h>

#include "watch/watch.h"

#define ID                                                                                                   \
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/images/providers/Microsoft.Compute/" \
    "galleries/Golden/images/web/versions/1.4.0"
#define EXPAND  "/versions/1.4.0?$expand=ReplicationStatus"
#define STATE   "/properties/provisioningState"
#define STATUS  "/properties/replicationStatus"
#define WESTUS  STATUS "/summary/0"
#define EASTUS2 STATUS "/summary/1"

static struct talk begin(enum acg_wait wait, bool once)
{
    struct acgp_watch_wish wish = {.version_id = ID, .wait = wait, .once = once};
    struct acgp_work_config config = *talk_config();
    struct acgp_work *w = NULL;

    config.timeout_ms = 3600000;
    assert_int_equal(acgp_watch_new(&wish, &config, &w, NULL), ACG_OK);
    return talk_begin_work(w);
}

static void every_region_is_waited_for(void **st)
{
    struct talk t = begin(ACG_WAIT_ALL, false);

    (void)st;
    talk_told(&t, "step waiting until every region is replicated");
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "replicating.json");
    talk_told(&t, "region westus: Completed 100 %");
    talk_told(&t, "region eastus2: Replicating 40 %");
    talk_pass_ms(&t, 1000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "replicating-70.json");
    talk_told(&t, "region eastus2: Replicating 70 %");
    talk_pass_ms(&t, 28000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    talk_ends(&t, ACG_OK);
    talk_told(&t, "done every region is replicated");
    assert_string_equal(t.state, "succeeded");
    assert_int_equal(t.regions, 2);
    assert_int_equal(t.gets, 3);
    assert_int_equal(t.puts, 0);
    assert_non_null(strstr(t.report, "\"replication_state\":\"Completed\""));
    assert_non_null(strstr(t.report_text, "eastus2  LUN 0"));
    talk_free(&t);
}

static void a_region_that_did_not_move_is_told_once(void **st)
{
    struct talk t = begin(ACG_WAIT_ALL, false);

    (void)st;
    for (int i = 0; i < 4; i++) {
        talk_expect(&t, "GET", EXPAND);
        talk_reply(&t, 200, "replicating.json");
        talk_pass_ms(&t, 28000);
    }
    assert_null(strstr(strstr(t.told, "region eastus2") + 1, "region eastus2"));
    talk_told(
        &t, "notice watching for 1 min: westus Completed, eastus2 Replicating 40 %, the version is Creating");
    talk_free(&t);
}

static void a_version_that_is_complete_but_still_updates_is_waited_for(void **st)
{
    struct talk t = begin(ACG_WAIT_ALL, false);

    (void)st;
    talk_expect(&t, "GET", EXPAND);
    talk_reply_edited(&t, 200, "succeeded.json", STATE, "\"Updating\"", NULL);
    talk_pass_ms(&t, 1000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    talk_ends(&t, ACG_OK);
    talk_free(&t);
}

static void the_home_region_is_enough_where_it_is_asked_for(void **st)
{
    struct talk t = begin(ACG_WAIT_HOME, false);

    (void)st;
    talk_expect(&t, "GET", EXPAND);
    talk_reply_edited(&t, 200, "replicating.json", WESTUS "/state", "\"Replicating\"", WESTUS "/progress",
                      "80", NULL);
    talk_pass_ms(&t, 1000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "replicating.json");
    talk_ends(&t, ACG_OK);
    talk_told(&t, "done the home region is replicated");
    talk_free(&t);
}

static void another_region_that_failed_does_not_undo_the_home_region(void **st)
{
    struct talk t = begin(ACG_WAIT_HOME, false);

    (void)st;
    talk_expect(&t, "GET", EXPAND);
    talk_reply_edited(&t, 200, "region-failed.json", STATE, "\"Failed\"", NULL);
    talk_ends(&t, ACG_OK);
    talk_told(&t, "region eastus2: Failed");
    talk_free(&t);
}

static void a_home_region_that_failed_is_a_failure(void **st)
{
    struct talk t = begin(ACG_WAIT_HOME, false);

    (void)st;
    talk_expect(&t, "GET", EXPAND);
    talk_reply_edited(&t, 200, "succeeded.json", WESTUS "/state", "\"Failed\"", WESTUS "/details",
                      "\"no room\"", NULL);
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_told(&t, "region westus failed: no room");
    talk_free(&t);
}

static void accepted_is_that_the_version_is_there(void **st)
{
    struct talk t = begin(ACG_WAIT_ACCEPTED, false);

    (void)st;
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 404, "error-not-found.json");
    talk_pass_ms(&t, 1000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "creating.json");
    talk_ends(&t, ACG_OK);
    assert_string_equal(t.state, "accepted");
    talk_free(&t);
}

static void a_failed_region_ends_it_in_its_own_words(void **st)
{
    struct talk t = begin(ACG_WAIT_ALL, false);

    (void)st;
    talk_expect(&t, "GET", EXPAND);
    talk_reply_edited(&t, 200, "region-failed.json", STATE, "\"Failed\"", NULL);
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_told(
        &t, "region eastus2 failed: Replication failed in this region due to 'Storage allocation failure'.");
    talk_told(&t, "the version is Failed in Azure");
    assert_string_equal(t.state, "failed");
    talk_free(&t);
}

static void a_failed_region_of_a_version_that_is_being_mended_is_waited_for(void **st)
{
    struct talk t = begin(ACG_WAIT_ALL, false);

    (void)st;
    talk_expect(&t, "GET", EXPAND);
    talk_reply_edited(&t, 200, "region-failed.json", STATE, "\"Updating\"", NULL);
    talk_pass_ms(&t, 1000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    talk_ends(&t, ACG_OK);
    talk_free(&t);
}

static void other_failures_are_named(void **st)
{
    static const struct {
        const char *pointer, *value, *told;
    } rows[] = {
        {STATE, "\"Failed\"", "the version is Failed in Azure"},
        {STATE, "\"Deleting\"", "the version is being deleted: " ID},
        {STATUS "/aggregatedState", "\"Failed\"",
         "the replication is Failed in Azure, which names no region"},
    };

    (void)st;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct talk t = begin(ACG_WAIT_ALL, false);
        talk_expect(&t, "GET", EXPAND);
        talk_reply_edited(&t, 200, "succeeded.json", rows[i].pointer, rows[i].value, NULL);
        talk_ends(&t, ACG_ERR_SERVICE);
        talk_told(&t, rows[i].told);
        talk_free(&t);
    }
}

static void the_deadline_names_what_is_missing(void **st)
{
    struct talk t = begin(ACG_WAIT_ALL, false);

    (void)st;
    for (int s = 0; s < 3700 && !t.over; s++) {
        while (t.open_count != 0) {
            talk_expect(&t, "GET", EXPAND);
            talk_reply(&t, 200, "replicating.json");
        }
        talk_pass_ms(&t, 1000);
    }
    talk_ends(&t, ACG_ERR_TIMEOUT);
    talk_told(&t,
              "still running after 3600 s, until every region is replicated: eastus2 Replicating 40 %, the "
              "version is Creating");
    assert_int_equal(acg_status_exit_code(t.error.status), 10);
    assert_string_equal(t.state, "running");
    assert_true(t.gets <= 90);
    talk_free(&t);
}

static void no_such_version_is_told_after_several_readings(void **st)
{
    struct talk t = begin(ACG_WAIT_ALL, false);

    (void)st;
    for (int i = 0; i < 5; i++) {
        talk_expect(&t, "GET", EXPAND);
        talk_reply(&t, 404, "error-not-found.json");
        talk_pass_ms(&t, 28000);
    }
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_told(&t, "there is no such version: " ID);
    assert_int_equal(t.error.http_status, 404);
    assert_string_equal(t.state, "not started");
    talk_free(&t);
}

static void a_version_that_goes_away_has_vanished(void **st)
{
    struct talk t = begin(ACG_WAIT_ALL, false);

    (void)st;
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "replicating.json");
    for (int i = 0; i < 5; i++) {
        talk_pass_ms(&t, 28000);
        talk_expect(&t, "GET", EXPAND);
        talk_reply(&t, 404, "error-not-found.json");
    }
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_told(&t, "the version has vanished: " ID);
    talk_free(&t);
}

static void one_reading_says_how_far_it_is(void **st)
{
    static const struct {
        const char *file;
        enum acg_status status;
        const char *told;
    } rows[] = {
        {"succeeded.json", ACG_OK, "every region is replicated"},
        {"replicating.json", ACG_ERR_TIMEOUT,
         "still running, until every region is replicated: eastus2 Replicating 40 %"},
    };

    (void)st;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct talk t = begin(ACG_WAIT_ALL, true);
        talk_told(&t, "step reading the version");
        talk_expect(&t, "GET", EXPAND);
        talk_reply(&t, 200, rows[i].file);
        talk_ends(&t, rows[i].status);
        talk_told(&t, rows[i].told);
        assert_int_equal(t.gets, 1);
        assert_non_null(strstr(t.report, "\"regions\":[{\"name\":\"westus\""));
        talk_free(&t);
    }
}

static void one_reading_does_not_wait_for_a_version_that_is_not_there(void **st)
{
    struct talk t = begin(ACG_WAIT_ALL, true);

    (void)st;
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 404, "error-not-found.json");
    talk_ends(&t, ACG_ERR_SERVICE);
    assert_int_equal(t.error.http_status, 404);
    assert_null(t.report);
    talk_free(&t);
}

static void a_region_that_is_added_meanwhile_is_watched_too(void **st)
{
    struct talk t = begin(ACG_WAIT_ALL, false);

    (void)st;
    talk_expect(&t, "GET", EXPAND);
    talk_reply_edited(&t, 200, "succeeded.json", STATE, "\"Updating\"",
                      "/properties/publishingProfile/targetRegions/1", "-", EASTUS2, "-", NULL);
    talk_not_told(&t, "region eastus2");
    talk_pass_ms(&t, 1000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "replicating.json");
    talk_told(&t, "region eastus2: Replicating 40 %");
    talk_pass_ms(&t, 28000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    talk_ends(&t, ACG_OK);
    talk_free(&t);
}

static void an_outage_of_minutes_does_not_end_the_watch(void **st)
{
    struct talk t = begin(ACG_WAIT_ALL, false);

    (void)st;
    for (int i = 0; i < 12; i++) { /* more than one request is ever tried */
        talk_expect(&t, "GET", EXPAND);
        talk_reply(&t, 503, "error-busy.json");
        talk_pass_ms(&t, 31000);
    }
    talk_told(&t, "; reading again");
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    talk_ends(&t, ACG_OK);
    talk_free(&t);
}

static void what_may_not_be_read_ends_at_once(void **st)
{
    struct talk t = begin(ACG_WAIT_ALL, false);

    (void)st;
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 403, "error-forbidden.json");
    talk_ends(&t, ACG_ERR_AUTH);
    talk_free(&t);
}

static void retry_after_is_kept(void **st)
{
    struct talk t = begin(ACG_WAIT_ALL, false);

    (void)st;
    talk_expect(&t, "GET", EXPAND);
    talk_header(&t, "Retry-After", "40");
    talk_reply(&t, 200, "replicating.json");
    talk_pass_ms(&t, 39999);
    talk_expect_silence(&t);
    talk_pass_ms(&t, 2001);
    talk_expect(&t, "GET", EXPAND);
    talk_free(&t);
}

static void a_cancelled_watch_says_that_nothing_was_written(void **st)
{
    struct talk t = begin(ACG_WAIT_ALL, false);

    (void)st;
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "replicating.json");
    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    talk_told(&t, "nothing was written");
    assert_string_equal(t.state, "running");
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_region_is_waited_for),
        cmocka_unit_test(a_region_that_did_not_move_is_told_once),
        cmocka_unit_test(a_version_that_is_complete_but_still_updates_is_waited_for),
        cmocka_unit_test(the_home_region_is_enough_where_it_is_asked_for),
        cmocka_unit_test(another_region_that_failed_does_not_undo_the_home_region),
        cmocka_unit_test(a_home_region_that_failed_is_a_failure),
        cmocka_unit_test(accepted_is_that_the_version_is_there),
        cmocka_unit_test(a_failed_region_ends_it_in_its_own_words),
        cmocka_unit_test(a_failed_region_of_a_version_that_is_being_mended_is_waited_for),
        cmocka_unit_test(other_failures_are_named),
        cmocka_unit_test(the_deadline_names_what_is_missing),
        cmocka_unit_test(no_such_version_is_told_after_several_readings),
        cmocka_unit_test(a_version_that_goes_away_has_vanished),
        cmocka_unit_test(one_reading_says_how_far_it_is),
        cmocka_unit_test(one_reading_does_not_wait_for_a_version_that_is_not_there),
        cmocka_unit_test(a_region_that_is_added_meanwhile_is_watched_too),
        cmocka_unit_test(an_outage_of_minutes_does_not_end_the_watch),
        cmocka_unit_test(what_may_not_be_read_ends_at_once),
        cmocka_unit_test(retry_after_is_kept),
        cmocka_unit_test(a_cancelled_watch_says_that_nothing_was_written),
    };

    return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
