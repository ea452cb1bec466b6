/* SPDX-License-Identifier: MPL-2.0 */
/* A version of that name is there: joined, taken, added to, replaced or refused. */
#include "testlib/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#define VERSION "/versions/1.4.0?api-version="
#define EXPAND  "/versions/1.4.0?$expand=ReplicationStatus"
#define POLL    "/capsOperations/op-1"
#define STATE   "/properties/provisioningState"
#define SUMMARY "/properties/replicationStatus/summary"
#define REGIONS "/properties/publishingProfile/targetRegions"
#define EASTUS2 REGIONS "/1"
#define KEY     "/tags/acg-operation-key"

/* The operation key of this request as a JSON text: it stands in the first write. */
static void key_of(void **st, const char *options, char out[80])
{
    struct talk t = talk_begin(st, options);
    const char *at = NULL;

    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 404, "error-not-found.json");
    talk_expect(&t, "GET", "/images/web-build");
    talk_reply(&t, 200, "image.json");
    talk_expect(&t, "PUT", VERSION);
    at = strstr(t.last_put, "\"acg-operation-key\":");
    assert_non_null(at);
    snprintf(out, 67, "%s", at + strlen("\"acg-operation-key\":"));
    assert_int_equal(strlen(out), 66);
    talk_free(&t);
}

static void source_is_there(struct talk *t)
{
    talk_expect(t, "GET", "/images/web-build");
    talk_reply(t, 200, "image.json");
}

static void a_running_version_with_our_key_is_joined(void **st)
{
    struct talk t;
    char key[80];

    key_of(st, "image-cmk", key);
    t = talk_begin(st, "image-cmk");
    talk_expect(&t, "GET", VERSION);
    talk_reply_edited(&t, 200, "creating.json", KEY, key, NULL);
    source_is_there(&t);
    talk_told(&t, "an earlier run of this publish began it, and this one goes on");
    talk_expect(&t, "GET", EXPAND);
    talk_reply_edited(&t, 200, "replicating.json", KEY, key, NULL);
    talk_pass_ms(&t, 30000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply_edited(&t, 200, "succeeded.json", KEY, key, NULL);
    talk_ends(&t, ACG_OK);
    assert_true(t.proved);
    assert_false(t.created);
    assert_int_equal(t.puts, 0);
    talk_free(&t);
}

static void refused(void **st, const char *policy, const char *file, const char *pointer, const char *value,
                    const char *told)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "on_existing", policy, NULL);

    talk_expect(&t, "GET", VERSION);
    talk_reply_edited(&t, 200, file, pointer, value, NULL);
    source_is_there(&t);
    talk_ends(&t, ACG_ERR_CONFLICT);
    talk_told(&t, told);
    assert_int_equal(t.puts, 0);
    assert_string_equal(t.state, "not started");
    talk_free(&t);
}

static void a_refusal_shows_what_differs(void **st)
{
    char key[80];

    key_of(st, "image-cmk", key);
    refused(st, "\"fail\"", "succeeded.json", "/tags/x", "\"y\"",
            "another publish made it; on_existing reuse takes it");
    refused(st, "\"fail\"", "succeeded.json", KEY, key,
            "its source may have been rebuilt under its old name");
    refused(st, "\"fail\"", "succeeded.json", STATE, "\"Deleting\"", "it is being deleted");
    refused(st, "\"reuse\"", "succeeded.json", EASTUS2 "/encryption/osDiskImage/diskEncryptionSetId",
            "\"/other\"", "eastus2, OS disk: asked");
    refused(st, "\"reuse\"", "succeeded.json", EASTUS2, "-",
            "eastus2: asked, but the version is not published there");
    refused(st, "\"update\"", "succeeded.json", REGIONS "/0/storageAccountType", "\"Premium_LRS\"",
            "/versions/1.4.0");
    refused(st, "\"update\"", "succeeded.json", "/properties/storageProfile/source/id", "\"/other\"",
            "source: asked");
    refused(st, "\"replace\"", "creating.json", "/tags/x", "\"y\"", "another writer is at work on it");
}

static void a_version_that_came_while_the_checks_took_their_time_is_seen(void **st)
{
    for (int update = 0; update < 2; update++) {
        struct talk t =
            talk_begin_edited(st, "image-cmk", "on_existing", update ? "\"update\"" : "\"fail\"", NULL);
        talk_expect(&t, "GET", VERSION);
        talk_reply(&t, 404, "error-not-found.json");
        talk_pass_ms(&t, 5001);
        source_is_there(&t);
        talk_expect(&t, "GET", VERSION);
        talk_reply_edited(&t, 200, "succeeded.json", EASTUS2, "-", SUMMARY "/1", "-", NULL);
        if (update) {
            talk_expect(&t, "GET", EXPAND);
        } else {
            talk_ends(&t, ACG_ERR_CONFLICT);
            talk_told(&t, "eastus2: asked, but the version is not published there");
        }
        assert_int_equal(t.puts, 0);
        talk_free(&t);
    }
}

static void reuse_takes_what_is_the_same_and_says_so(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "on_existing", "\"reuse\"", NULL);

    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 200, "succeeded.json");
    source_is_there(&t);
    talk_told(&t, "although it is not known which publish made it");
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    talk_ends(&t, ACG_OK);
    assert_true(t.proved);
    assert_int_equal(t.puts, 0);
    talk_free(&t);
}

static void update_adds_what_is_missing_and_keeps_the_rest(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "on_existing", "\"update\"", NULL);
    const char *theirs = "[{\"region\":\"westus\",\"state\":\"Completed\",\"progress\":100},"
                         "{\"region\":\"northeurope\",\"state\":\"Completed\",\"progress\":100}]";

    talk_expect(&t, "GET", VERSION);
    talk_reply_edited(&t, 200, "succeeded.json", EASTUS2 "/name", "\"North Europe\"", KEY, "\"of-them\"",
                      NULL);
    source_is_there(&t);
    talk_told(&t, "what is missing is added, regions of others stay");
    for (int i = 0; i < 2; i++) { /* how far it is; and once more right before the write */
        talk_expect(&t, "GET", EXPAND);
        talk_reply_edited(&t, 200, "succeeded.json", EASTUS2 "/name", "\"North Europe\"", KEY, "\"of-them\"",
                          SUMMARY, theirs, NULL);
    }
    talk_expect(&t, "PUT", VERSION);
    assert_non_null(strstr(t.last_put, "North Europe"));
    assert_non_null(strstr(t.last_put, "\"name\":\"eastus2\""));
    assert_non_null(strstr(t.last_put, "\"acg-operation-key\":\"of-them\""));
    talk_accept(&t);
    talk_expect(&t, "GET", POLL);
    talk_reply(&t, 200, "operation-succeeded.json");
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    talk_pass_ms(&t, 29000); /* others may have built on an older reading: it is looked at once more */
    talk_expect_silence(&t);
    talk_pass_ms(&t, 1000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    talk_ends(&t, ACG_OK);
    assert_int_equal(t.puts, 1);
    talk_free(&t);
}

static void update_writes_values_that_differ(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "on_existing", "\"update\"", NULL);

    talk_expect(&t, "GET", VERSION);
    talk_reply_edited(&t, 200, "succeeded.json", REGIONS "/0/regionalReplicaCount", "1", NULL);
    source_is_there(&t);
    for (int i = 0; i < 2; i++) {
        talk_expect(&t, "GET", EXPAND);
        talk_reply_edited(&t, 200, "succeeded.json", REGIONS "/0/regionalReplicaCount", "1", NULL);
    }
    talk_expect(&t, "PUT", VERSION);
    assert_non_null(strstr(t.last_put, "\"regionalReplicaCount\":2"));
    talk_free(&t);
}

/* replica_count holds for every region that says nothing itself, whatever it had. */
static void update_writes_a_count_for_all_regions(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "on_existing", "\"update\"", NULL);

    talk_expect(&t, "GET", VERSION);
    talk_reply_edited(&t, 200, "succeeded.json", EASTUS2 "/regionalReplicaCount", "4", NULL);
    source_is_there(&t);
    for (int i = 0; i < 2; i++) {
        talk_expect(&t, "GET", EXPAND);
        talk_reply_edited(&t, 200, "succeeded.json", EASTUS2 "/regionalReplicaCount", "4", NULL);
    }
    talk_expect(&t, "PUT", VERSION);
    assert_null(strstr(t.last_put, "\"regionalReplicaCount\":4"));
    assert_non_null(strstr(t.last_put, "\"name\":\"eastus2\",\"regionalReplicaCount\":1"));
    talk_free(&t);
}

static void an_update_that_others_overwrote_is_written_again(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "on_existing", "\"update\"", NULL);

    talk_expect(&t, "GET", VERSION);
    talk_reply_edited(&t, 200, "succeeded.json", EASTUS2, "-", SUMMARY "/1", "-", NULL);
    source_is_there(&t);
    for (int i = 0; i < 2; i++) {
        talk_expect(&t, "GET", EXPAND);
        talk_reply_edited(&t, 200, "succeeded.json", EASTUS2, "-", SUMMARY "/1", "-", NULL);
    }
    talk_expect(&t, "PUT", VERSION);
    talk_accept(&t);
    talk_expect(&t, "GET", POLL);
    talk_reply(&t, 200, "operation-succeeded.json");
    for (int i = 0; i < 4; i++) {
        talk_expect(&t, "GET", EXPAND);
        talk_reply_edited(&t, 200, "succeeded.json", EASTUS2 "/name", "\"North Europe\"", SUMMARY "/1/region",
                          "\"northeurope\"", NULL);
        if (i < 2)
            talk_pass_ms(&t, 5000);
    }
    talk_told(&t, "another writer has taken out eastus2: putting it in again");
    talk_expect(&t, "PUT", VERSION);
    assert_non_null(strstr(t.last_put, "North Europe"));
    assert_non_null(strstr(t.last_put, "eastus2-all"));
    talk_free(&t);
}

static void replace_deletes_only_after_the_checks(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "on_existing", "\"replace\"", NULL);

    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 200, "region-failed.json");
    talk_expect(&t, "GET", "/images/web-build");
    assert_int_equal(t.open_count, 1); /* nothing is deleted while a check is open */
    talk_reply(&t, 200, "image.json");
    talk_told(&t, "replacing the version that was published 2026-11-01");
    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 200, "region-failed.json");
    talk_expect(&t, "DELETE", VERSION);
    talk_reply_text(&t, 204, "");
    for (int i = 0; i < 3; i++) {
        talk_expect(&t, "GET", VERSION);
        talk_reply(&t, 404, "error-not-found.json");
        talk_pass_ms(&t, 10000);
    }
    talk_expect(&t, "PUT", VERSION);
    assert_null(strstr(t.last_put, "\"storageProfile\":{}"));
    talk_accept(&t);
    talk_expect(&t, "GET", POLL);
    talk_reply(&t, 200, "operation-succeeded.json");
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    talk_ends(&t, ACG_OK);
    assert_true(t.created && t.proved);
    talk_free(&t);
}

static void replace_leaves_the_old_version_when_a_check_fails(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "on_existing", "\"replace\"", "encryption_type",
                                      "\"double\"", NULL);

    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 200, "succeeded.json");
    source_is_there(&t);
    while (t.open_count != 0) { /* sets of customer keys alone */
        talk_expect(&t, "GET", "/diskEncryptionSets/");
        talk_reply(&t, 200, "set.json");
    }
    talk_ends(&t, ACG_ERR_PREFLIGHT);
    talk_told(&t, "nothing was written");
    talk_free(&t);
}

static void our_failed_version_ends_as_it_failed(void **st)
{
    struct talk t;
    char key[80];

    key_of(st, "image-cmk", key);
    t = talk_begin(st, "image-cmk");
    talk_expect(&t, "GET", VERSION);
    talk_reply_edited(&t, 200, "region-failed.json", KEY, key, NULL);
    source_is_there(&t);
    talk_expect(&t, "GET", EXPAND);
    talk_reply_edited(&t, 200, "region-failed.json", KEY, key, NULL);
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_told(&t, "region eastus2 failed");
    talk_free(&t);
}

static void our_failed_version_is_repaired_when_told_so(void **st)
{
    struct talk t;
    char key[80];

    key_of(st, "image-cmk", key);
    t = talk_begin_edited(st, "image-cmk", "on_failure", "\"repair\"", NULL);
    talk_expect(&t, "GET", VERSION);
    talk_reply_edited(&t, 200, "region-failed.json", KEY, key, NULL);
    source_is_there(&t);
    for (int i = 0; i < 2; i++) {
        talk_expect(&t, "GET", EXPAND);
        talk_reply_edited(&t, 200, "region-failed.json", KEY, key, NULL);
    }
    talk_expect(&t, "PUT", VERSION);
    assert_null(strstr(t.last_put, "eastus2-all"));
    talk_free(&t);
}

static void an_interrupted_wave_is_gone_on_with(void **st)
{
    struct talk t;
    char key[80];

    key_of(st, "image-cmk", key);
    t = talk_begin_edited(st, "image-cmk", "wave_size", "1", NULL);
    talk_expect(&t, "GET", VERSION);
    talk_reply_edited(&t, 200, "creating.json", KEY, key, EASTUS2, "-", NULL);
    source_is_there(&t);
    for (int i = 0; i < 2; i++) {
        talk_expect(&t, "GET", EXPAND);
        talk_reply_edited(&t, 200, "succeeded.json", KEY, key, EASTUS2, "-", SUMMARY "/1", "-", NULL);
    }
    talk_expect(&t, "PUT", VERSION);
    assert_non_null(strstr(t.last_put, "eastus2-all"));
    talk_free(&t);
}

#define LIST "/images/web/versions?api-version="
#define AUTO                                                                                                 \
    "\"/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/images/providers/"                 \
    "Microsoft.Compute/"                                                                                     \
    "galleries/Golden/images/web/versions/auto\""

static struct talk begin_auto(void **st, const char *policy)
{
    return talk_begin_edited(st, "image-cmk", "gallery_image_version_id", AUTO, "on_existing", policy, NULL);
}

static void a_list_that_is_none_names_no_version(void **st)
{
    struct talk t = begin_auto(st, "\"fail\"");

    talk_expect(&t, "GET", LIST);
    talk_reply_text(&t, 200, "{}");
    source_is_there(&t);
    talk_ends(&t, ACG_ERR_PROTOCOL);
    talk_told(&t, "is not the versions of the image definition");
    assert_int_equal(t.puts, 0);
    talk_free(&t);
}

static void an_automatic_name_follows_the_highest_of_all_pages(void **st)
{
    struct talk t = begin_auto(st, "\"fail\"");

    talk_expect(&t, "GET", LIST);
    talk_reply_text(&t, 200,
                    "{\"value\":[{\"name\":\"1.9.0\"},{\"id\":\"no\"}],"
                    "\"nextLink\":\"https://management.azure.com/page2?$skiptoken=2\"}");
    source_is_there(&t);
    talk_expect(&t, "GET", "/page2?$skiptoken=2");
    talk_reply_text(&t, 200, "{\"value\":[{\"name\":\"1.10.0\"}]}");
    talk_told(&t, "auto: the version is 1.10.1");
    talk_expect(&t, "PUT", "/versions/1.10.1?api-version=");
    talk_reply(&t, 200, "creating.json");
    talk_ends(&t, ACG_ERR_CONFLICT);
    talk_told(&t, "run again: it takes the next name");
    talk_free(&t);
}

static void a_list_that_goes_on_elsewhere_is_not_followed(void **st)
{
    struct talk t = begin_auto(st, "\"fail\"");

    talk_expect(&t, "GET", LIST);
    talk_reply_text(&t, 200, "{\"value\":[],\"nextLink\":\"https://evil.example/page2\"}");
    source_is_there(&t);
    talk_ends(&t, ACG_ERR_PROTOCOL);
    talk_told(&t, "not the resource manager's");
    assert_int_equal(t.puts, 0);
    talk_free(&t);
}

static void auto_key(void **st, char out[80])
{
    struct talk t = begin_auto(st, "\"fail\"");
    const char *at = NULL;

    talk_expect(&t, "GET", LIST);
    talk_reply_text(&t, 200, "{\"value\":[]}");
    source_is_there(&t);
    talk_expect(&t, "PUT", "/versions/0.0.1?api-version=");
    at = strstr(t.last_put, "\"acg-operation-key\":");
    assert_non_null(at);
    snprintf(out, 67, "%s", at + strlen("\"acg-operation-key\":"));
    talk_free(&t);
}

/* The list shows the version of this publish in a state; what follows? */
static void automatic_with(void **st, const char *policy, const char *state, const char *expected,
                           const char *url)
{
    struct talk t;
    char key[80];
    json_t *root = NULL, *value = NULL;
    char *text = NULL;

    auto_key(st, key);
    root = talk_load("succeeded.json");
    assert_non_null(root);
    key[strlen(key) - 1] = '\0';
    json_object_set_new(json_object_get(root, "tags"), "acg-operation-key", json_string(key + 1));
    json_object_set_new(json_object_get(root, "properties"), "provisioningState", json_string(state));
    value = json_pack("{s:[o]}", "value", root);
    text = json_dumps(value, 0);
    t = begin_auto(st, policy);
    talk_expect(&t, "GET", LIST);
    talk_reply_text(&t, 200, text);
    source_is_there(&t);
    talk_expect(&t, expected, url);
    talk_free(&t);
    free(text);
    json_decref(value);
}

static void an_automatic_name_is_found_again(void **st)
{
    automatic_with(st, "\"fail\"", "Creating", "GET", EXPAND);
    automatic_with(st, "\"fail\"", "Succeeded", "PUT",
                   "/versions/1.4.1?api-version="); /* rebuilt since, perhaps */
    automatic_with(st, "\"reuse\"", "Succeeded", "GET", EXPAND);
    automatic_with(st, "\"fail\"", "Failed", "PUT", "/versions/1.4.1?api-version=");
    automatic_with(st, "\"replace\"", "Succeeded", "PUT", "/versions/1.4.1?api-version=");
}

/* What was found out about the version that is left behind says nothing of the new one. */
static void a_name_that_is_chosen_anew_is_written_once(void **st)
{
    json_t *root = talk_load("region-failed.json"), *value = NULL, *regions = NULL;
    struct talk t;
    char key[80], *text = NULL;

    auto_key(st, key);
    key[strlen(key) - 1] = '\0';
    json_object_set_new(json_object_get(root, "tags"), "acg-operation-key", json_string(key + 1));
    regions = json_object_get(json_object_get(json_object_get(root, "properties"), "publishingProfile"),
                              "targetRegions");
    json_object_set_new(json_array_get(regions, 0), "regionalReplicaCount", json_integer(1));
    value = json_pack("{s:[o]}", "value", root);
    text = json_dumps(value, 0);
    t = begin_auto(st, "\"update\"");
    talk_expect(&t, "GET", LIST);
    talk_reply_text(&t, 200, text);
    source_is_there(&t);
    talk_expect(&t, "PUT", "/versions/1.4.1?api-version=");
    talk_accept(&t);
    talk_expect(&t, "GET", POLL);
    talk_reply(&t, 200, "operation-succeeded.json");
    for (int i = 0; i < 2; i++) {
        talk_expect(&t, "GET", "/versions/1.4.1?$expand=ReplicationStatus");
        talk_reply(&t, 200, "succeeded.json");
        talk_pass_ms(&t, i == 0 ? 30000 : 0);
    }
    talk_ends(&t, ACG_OK);
    assert_int_equal(t.puts, 1);
    talk_free(&t);
    free(text);
    json_decref(value);
}

static void the_key_tells_publishes_apart(void **st)
{
    char a[80], b[80];

    key_of(st, "image-cmk", a);
    key_of(st, "image-cmk", b);
    assert_string_equal(a, b);
    key_of(st, "source-region", b);
    assert_string_not_equal(a, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_running_version_with_our_key_is_joined),
        cmocka_unit_test(a_refusal_shows_what_differs),
        cmocka_unit_test(a_version_that_came_while_the_checks_took_their_time_is_seen),
        cmocka_unit_test(reuse_takes_what_is_the_same_and_says_so),
        cmocka_unit_test(update_adds_what_is_missing_and_keeps_the_rest),
        cmocka_unit_test(update_writes_values_that_differ),
        cmocka_unit_test(update_writes_a_count_for_all_regions),
        cmocka_unit_test(an_update_that_others_overwrote_is_written_again),
        cmocka_unit_test(replace_deletes_only_after_the_checks),
        cmocka_unit_test(replace_leaves_the_old_version_when_a_check_fails),
        cmocka_unit_test(our_failed_version_ends_as_it_failed),
        cmocka_unit_test(our_failed_version_is_repaired_when_told_so),
        cmocka_unit_test(an_interrupted_wave_is_gone_on_with),
        cmocka_unit_test(a_list_that_is_none_names_no_version),
        cmocka_unit_test(an_automatic_name_follows_the_highest_of_all_pages),
        cmocka_unit_test(a_list_that_goes_on_elsewhere_is_not_followed),
        cmocka_unit_test(an_automatic_name_is_found_again),
        cmocka_unit_test(a_name_that_is_chosen_anew_is_written_once),
        cmocka_unit_test(the_key_tells_publishes_apart),
    };

    return cmocka_run_group_tests_name("existing", tests, NULL, NULL);
}
