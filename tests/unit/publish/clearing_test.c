/* SPDX-License-Identifier: MPL-2.0 */
/* Deletions that are part of a publish: what they leave alone, and how the publish ends then. */
#include "testlib/talk.h"

#include <stdio.h>
#include <string.h>

#define VERSION   "/versions/1.4.0?api-version="
#define EXPAND    "/versions/1.4.0?$expand=ReplicationStatus"
#define POLL      "/capsOperations/op-1"
#define LIST      "/images/web/versions?api-version="
#define STATE     "/properties/provisioningState"
#define PUBLISHED "/properties/publishingProfile/publishedDate"
#define KEY       "/tags/acg-operation-key"
#define AUTO                                                                                                 \
    "\"/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/images/providers/"                 \
    "Microsoft.Compute/galleries/Golden/images/web/versions/auto\""

static void source_is_there(struct talk *t)
{
    talk_expect(t, "GET", "/images/web-build");
    talk_reply(t, 200, "image.json");
}

static void reading(struct talk *t, const char *file)
{
    talk_expect(t, "GET", VERSION);
    talk_reply(t, 200, file);
}

static void gone(struct talk *t)
{
    for (int i = 0; i < 3; i++) {
        talk_expect(t, "GET", VERSION);
        talk_reply(t, 404, "error-not-found.json");
        talk_pass_ms(t, i < 2 ? 10000 : 0);
    }
}

static void delete_taken(struct talk *t)
{
    talk_expect(t, "DELETE", VERSION);
    talk_header(t, "Azure-AsyncOperation", "https://management.azure.com/capsOperations/op-1");
    talk_reply_text(t, 202, "");
}

/* A failed version of others is being replaced, and is read before its deletion. */
static struct talk replacing(void **st, const char *option, const char *value)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "on_existing", "\"replace\"", option, value, NULL);

    reading(&t, "region-failed.json");
    source_is_there(&t);
    reading(&t, "region-failed.json");
    return t;
}

/* The version of this publish has failed, and is read before its deletion. */
static struct talk failed(void **st, const char *option, const char *value)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "on_failure", "\"delete\"", option, value, NULL);

    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 404, "error-not-found.json");
    source_is_there(&t);
    talk_expect(&t, "PUT", VERSION);
    talk_accept(&t);
    talk_expect(&t, "GET", POLL);
    talk_reply(&t, 200, "operation-failed.json");
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "region-failed.json");
    talk_expect(&t, "GET", VERSION);
    return t;
}

static void a_version_that_came_after_the_deletion_is_not_written(void **st)
{
    struct talk t = replacing(st, "wave_size", "1");

    talk_expect(&t, "DELETE", VERSION);
    talk_reply_text(&t, 204, "");
    talk_expect(&t, "GET", VERSION);
    talk_reply_edited(&t, 200, "creating.json", PUBLISHED, "\"2026-11-02T10:00:00+00:00\"", NULL);
    talk_ends(&t, ACG_ERR_CONFLICT);
    talk_told(&t, "another version has been made under its name");
    talk_told(&t, "was deleted");
    assert_int_equal(t.puts, 0);
    talk_free(&t);
}

static void a_version_that_cannot_be_told_apart_is_not_deleted(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "on_existing", "\"replace\"", NULL);

    talk_expect(&t, "GET", VERSION);
    talk_reply_edited(&t, 200, "region-failed.json", PUBLISHED, "-", NULL);
    source_is_there(&t);
    talk_ends(&t, ACG_ERR_CONFLICT);
    talk_told(&t, "does not tell when it was published");
    assert_string_equal(t.state, "not started");
    talk_free(&t);
}

static void a_deletion_is_no_part_of_accept_timeout(void **st)
{
    struct talk t = replacing(st, "accept_timeout_ms", "20000");

    delete_taken(&t);
    talk_expect(&t, "GET", POLL);
    talk_pass_ms(&t, 30000);
    talk_expect(&t, "GET", POLL);
    talk_reply(&t, 200, "operation-succeeded.json");
    gone(&t);
    talk_expect(&t, "PUT", VERSION);
    talk_accept(&t);
    talk_expect(&t, "GET", POLL);
    assert_false(t.over);
    talk_free(&t);
}

static void before_the_deletion_accept_timeout_holds(void **st)
{
    struct talk t =
        talk_begin_edited(st, "image-cmk", "on_existing", "\"replace\"", "accept_timeout_ms", "20000", NULL);

    reading(&t, "region-failed.json");
    source_is_there(&t);
    talk_expect(&t, "GET", VERSION);
    talk_pass_ms(&t, 20000);
    talk_ends(&t, ACG_ERR_TIMEOUT);
    talk_told(&t, "accept_timeout");
    talk_told(&t, "nothing was deleted");
    assert_string_equal(t.state, "not started");
    talk_free(&t);
}

static void a_replacement_that_is_refused_says_that_the_old_one_is_gone(void **st)
{
    struct talk t = replacing(st, "wave_size", "1");

    talk_expect(&t, "DELETE", VERSION);
    talk_reply_text(&t, 204, "");
    gone(&t);
    talk_expect(&t, "PUT", VERSION);
    talk_reply(&t, 403, "error-policy.json");
    talk_ends(&t, t.error.status);
    assert_int_not_equal(t.error.status, ACG_OK);
    talk_told(&t, "the version that was there was deleted, and the new one is not made");
    talk_free(&t);
    t = replacing(st, "wave_size", "1");
    talk_expect(&t, "DELETE", VERSION);
    talk_reply_text(&t, 204, "");
    talk_expect(&t, "GET", VERSION);
    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    talk_told(&t, "the version that was there may be deleted yet");
    talk_free(&t);
}

static void what_failed_is_told_whatever_comes_of_the_deletion(void **st)
{
    struct talk t = failed(st, "wave_size", "5");

    talk_reply(&t, 403, "error-forbidden.json");
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_told(&t, "could not be deleted");
    talk_told(&t, "region eastus2 failed");
    talk_free(&t);
    t = failed(st, "timeout_ms", "60000");
    talk_reply(&t, 200, "region-failed.json");
    delete_taken(&t);
    talk_expect(&t, "GET", POLL);
    talk_pass_ms(&t, 60000);
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_told(&t, "the deletion of the version has not ended");
    talk_told(&t, "region eastus2 failed");
    talk_not_told(&t, "is left as it is");
    assert_string_equal(t.state, "failed");
    talk_free(&t);
}

/* The lost write did not make it: the tag is of another publish. */
static void a_version_of_others_is_not_deleted(void **st)
{
    struct talk t = talk_begin_edited(st, "image-cmk", "on_failure", "\"delete\"", NULL);

    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 404, "error-not-found.json");
    source_is_there(&t);
    talk_expect(&t, "PUT", VERSION);
    talk_lose_reply(&t);
    talk_expect(&t, "GET", VERSION);
    talk_reply_edited(&t, 200, "creating.json", KEY, "\"of-them\"", NULL);
    talk_pass_ms(&t, 60000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply_edited(&t, 200, "region-failed.json", KEY, "\"of-them\"", NULL);
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_told(&t, "region eastus2 failed");
    talk_told(&t, "the version is not deleted");
    talk_free(&t);
}

static struct talk begin_auto(void **st, const char *policy, const char *list)
{
    struct talk t =
        talk_begin_edited(st, "image-cmk", "gallery_image_version_id", AUTO, "on_existing", policy, NULL);

    talk_expect(&t, "GET", LIST);
    talk_reply_text(&t, 200, list);
    return t;
}

static void a_name_that_others_took_meanwhile_is_theirs(void **st)
{
    static const char *const policies[] = {"\"replace\"", "\"update\"", "\"reuse\"", "\"fail\""};

    for (size_t i = 0; i < 4; i++) {
        struct talk t = begin_auto(st, policies[i], "{\"value\":[{\"name\":\"1.3.9\"}]}");
        talk_pass_ms(&t, 6000);
        source_is_there(&t);
        talk_expect(&t, "GET", "/versions/1.3.10?api-version=");
        talk_reply_edited(&t, 200, "region-failed.json", KEY, "\"of-them\"", NULL);
        talk_ends(&t, ACG_ERR_CONFLICT);
        talk_told(&t, "run again: it takes the next name");
        assert_int_equal(t.puts, 0);
        talk_free(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_version_that_came_after_the_deletion_is_not_written),
        cmocka_unit_test(a_version_that_cannot_be_told_apart_is_not_deleted),
        cmocka_unit_test(a_deletion_is_no_part_of_accept_timeout),
        cmocka_unit_test(before_the_deletion_accept_timeout_holds),
        cmocka_unit_test(a_replacement_that_is_refused_says_that_the_old_one_is_gone),
        cmocka_unit_test(what_failed_is_told_whatever_comes_of_the_deletion),
        cmocka_unit_test(a_version_of_others_is_not_deleted),
        cmocka_unit_test(a_name_that_others_took_meanwhile_is_theirs),
    };

    return cmocka_run_group_tests_name("clearing", tests, NULL, NULL);
}
