/* SPDX-License-Identifier: MPL-2.0 */
#include "rig.h"

#include <stdio.h>

#define THROTTLED "{\"error\":{\"code\":\"OperationNotAllowed\",\"message\":\"too many requests\"}}"
#define OTHER_IMAGE                                                                                          \
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/images/providers/"                   \
    "Microsoft.Compute/images/another"

static bool said(struct rig *r, const char *text)
{
    rig_listen(r);
    return strstr(r->told, text) != NULL;
}

/* A publish of another source than rig_submit's. */
static struct acg_publish *submit_other(struct rig *r, const char *version)
{
    char id[256];
    struct acg_publish_options o;
    struct acg_publish *publish = NULL;

    snprintf(id, sizeof id,
             "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/images/providers/"
             "Microsoft.Compute/galleries/Golden/images/web/versions/%s",
             version);
    o = rig_options(id);
    o.source.managed_image = OTHER_IMAGE;
    assert_int_equal(acg_publisher_submit(r->pub, &o, &publish, &r->err), ACG_OK);
    return publish;
}

static void checked(struct rig *r, const char *version)
{
    rig_expect(r, "GET", version);
    rig_reply(r, 404, RIG_NOT_FOUND);
}

/* One publish's write was refused with a time to wait. */
static struct acg_publish *throttled_write(struct rig *r, const char *seconds)
{
    struct acg_publish *first = NULL;

    rig_begin(r);
    first = rig_submit(r, "1.4.0");
    rig_token(r, "first", 3599);
    checked(r, "/versions/1.4.0");
    rig_expect(r, "PUT", "/versions/1.4.0");
    rig_header(r, "Retry-After", seconds);
    rig_header(r, "x-ms-failure-cause", "service");
    rig_reply(r, 429, THROTTLED);
    return first;
}

static void a_wait_that_one_write_is_asked_for_holds_the_others_back(void **st)
{
    struct rig r;
    struct acg_publish *first = throttled_write(&r, "40"), *second = submit_other(&r, "1.5.0");

    (void)st;
    checked(&r, "/versions/1.5.0");
    rig_turn(&r);
    assert_int_equal(rig_in_flight(&r), 0); /* it waits, and holds no transfer */
    rig_pass_ms(&r, 6000);
    assert_true(said(&r, "s: Azure asked to wait, too many requests were sent to subscription 00000000-"));
    rig_pass_ms(&r, 33000);
    assert_int_equal(rig_in_flight(&r), 0);
    rig_pass_ms(&r, 7000); /* 40 s and the jitter */
    assert_int_equal(rig_in_flight(&r), 2);
    acg_publish_free(first);
    acg_publish_free(second);
    rig_end(&r);
}

static void the_time_of_an_attempt_counts_from_when_it_leaves(void **st)
{
    struct rig r;
    struct acg_publish *first = throttled_write(&r, "600"), *second = submit_other(&r, "1.5.0");

    (void)st;
    checked(&r, "/versions/1.5.0");
    for (int i = 0; i < 61; i++)
        rig_pass_ms(&r, 10000);
    rig_expect(&r, "PUT", "/versions/1.5.0"); /* rig refuses a transfer without time */
    assert_false(r.over);
    acg_publish_free(first);
    acg_publish_free(second);
    rig_end(&r);
}

static void a_write_that_never_left_is_not_told_as_under_way(void **st)
{
    struct rig r;
    struct acg_publish *first = throttled_write(&r, "600"), *second = submit_other(&r, "1.5.0");

    (void)st;
    checked(&r, "/versions/1.5.0");
    acg_publish_cancel(second);
    rig_turn(&r);
    rig_listen(&r);
    assert_true(r.over);
    assert_int_equal(r.outcome.status, ACG_ERR_CANCELLED);
    assert_non_null(strstr(r.outcome.message, "nothing was written"));
    acg_publish_free(first);
    acg_publish_free(second);
    rig_end(&r);
}

static void a_limit_that_others_use_up_is_waited_for_before_azure_refuses(void **st)
{
    struct rig r;
    struct acg_publish *first = NULL, *second = NULL;

    (void)st;
    rig_begin(&r);
    first = rig_submit(&r, "1.4.0");
    second = submit_other(&r, "1.5.0");
    rig_token(&r, "first", 3599);
    checked(&r, "/versions/1.4.0");
    rig_expect(&r, "PUT", "/versions/1.4.0");
    rig_header(&r, "x-ms-ratelimit-remaining-resource",
               "Microsoft.Compute/CreateUpdateGalleryImageVersion3Min;2,"
               "Microsoft.Compute/CreateUpdateGalleryImageVersion30Min;900");
    rig_header(&r, "Azure-AsyncOperation", "https://management.azure.com/op?api-version=1");
    rig_reply(&r, 201, "{\"properties\":{\"provisioningState\":\"Creating\"}}");
    checked(&r, "/versions/1.5.0");
    rig_pass_ms(&r, 5500);
    assert_true(
        said(&r, "s or longer: the limit CreateUpdateGalleryImageVersion3Min of subscription 00000000-"));
    rig_pass_ms(&r, 10000);
    rig_expect(&r, "PUT", "/versions/1.5.0");
    acg_publish_free(first);
    acg_publish_free(second);
    rig_end(&r);
}

static struct acg_publish *deletion(struct rig *r, const char *version)
{
    static char id[256];
    struct acg_delete_options o = ACG_DELETE_OPTIONS_INIT;
    struct acg_publish *publish = NULL;

    snprintf(id, sizeof id,
             "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/images/providers/"
             "Microsoft.Compute/galleries/Golden/images/web/versions/%s",
             version);
    o.gallery_image_version_id = id;
    o.published_date = "2026-11-01T10:00:00Z";
    assert_int_equal(acg_publisher_delete(r->pub, &o, &publish, &r->err), ACG_OK);
    return publish;
}

static void recognised(struct rig *r, const char *version)
{
    rig_expect(r, "GET", version);
    rig_reply(r, 200,
              "{\"properties\":{\"provisioningState\":\"Succeeded\",\"publishingProfile\":{"
              "\"publishedDate\":\"2026-11-01T10:00:00Z\"}}}");
}

static void what_builds_on_a_reading_is_not_sent_long_after_it(void **st)
{
    struct rig r;
    struct acg_publish *first = NULL, *second = NULL;

    (void)st;
    rig_begin(&r);
    first = deletion(&r, "1.4.0");
    rig_token(&r, "first", 36000);
    recognised(&r, "/versions/1.4.0");
    rig_expect(&r, "DELETE", "/versions/1.4.0");
    rig_header(&r, "Retry-After", "600");
    rig_reply(&r, 429, THROTTLED);
    second = deletion(&r, "1.5.0");
    recognised(&r, "/versions/1.5.0");
    for (int i = 0; i < 65; i++)
        rig_pass_ms(&r, 10000);
    recognised(&r, "/versions/1.5.0"); /* it may be another one by now */
    rig_expect(&r, "DELETE", "/versions/1.5.0");
    acg_publish_free(first);
    acg_publish_free(second);
    rig_end(&r);
}

/* Two publishes of one source: the first has written, the second has its checks behind it. */
static void two_of_one_source(struct rig *r, struct acg_publish *out[2])
{
    rig_begin(r);
    out[0] = rig_submit(r, "1.4.0");
    rig_token(r, "first", 3599);
    checked(r, "/versions/1.4.0");
    rig_expect(r, "PUT", "/versions/1.4.0");
    out[1] = rig_submit(r, "1.5.0");
    checked(r, "/versions/1.5.0");
    assert_int_equal(rig_in_flight(r), 1);
    assert_true(said(r, "waiting for another publish from the same source to end"));
}

static void who_waited_looks_again_and_writes(struct rig *r)
{
    rig_expect(r, "GET", "/versions/1.5.0");
    rig_reply(r, 404, RIG_NOT_FOUND);
    rig_expect(r, "PUT", "/versions/1.5.0");
}

static void done_with(struct rig *r, struct acg_publish *publishes[2])
{
    acg_publish_free(publishes[0]);
    acg_publish_free(publishes[1]);
    rig_end(r);
}

static void publishes_from_one_source_write_one_after_the_other(void **st)
{
    struct rig r;
    struct acg_publish *both[2];

    (void)st;
    two_of_one_source(&r, both);
    rig_expect(&r, "PUT", "/versions/1.4.0");
    rig_header(&r, "Azure-AsyncOperation", "https://management.azure.com/op?api-version=1");
    rig_reply(&r, 201, "{\"properties\":{\"provisioningState\":\"Creating\"}}");
    rig_expect(&r, "GET", "/op?");
    rig_pass_ms(&r, 20000);
    rig_reply(&r, 200, RIG_OPERATION_DONE);
    rig_expect(&r, "GET", "/versions/1.4.0");
    rig_reply(&r, 200, RIG_IMAGE_VERSION);
    rig_listen(&r);
    assert_true(r.over);
    who_waited_looks_again_and_writes(&r);
    done_with(&r, both);
}

static void a_publish_that_fails_gives_its_turn_to_the_next(void **st)
{
    struct rig r;
    struct acg_publish *both[2];

    (void)st;
    two_of_one_source(&r, both);
    rig_pass_ms(&r, 15000);
    rig_expect(&r, "PUT", "/versions/1.4.0");
    rig_reply(&r, 403, "{\"error\":{\"code\":\"AuthorizationFailed\",\"message\":\"no\"}}");
    who_waited_looks_again_and_writes(&r);
    done_with(&r, both);
}

static void a_publish_that_is_let_go_of_gives_its_turn_to_the_next(void **st)
{
    struct rig r;
    struct acg_publish *both[2];

    (void)st;
    two_of_one_source(&r, both);
    acg_publish_free(both[0]);
    both[0] = NULL;
    rig_expect(&r, "PUT", "/versions/1.5.0"); /* no wait, no second look */
    rig_reply(&r, 403, "{\"error\":{\"code\":\"AuthorizationFailed\",\"message\":\"no\"}}");
    both[0] = rig_submit(&r, "1.6.0");
    checked(&r, "/versions/1.6.0");
    rig_expect(&r, "PUT", "/versions/1.6.0");
    done_with(&r, both);
}

static void who_is_cancelled_in_line_is_passed_over(void **st)
{
    struct rig r;
    struct acg_publish *both[2], *third = NULL;

    (void)st;
    two_of_one_source(&r, both);
    third = rig_submit(&r, "1.6.0");
    checked(&r, "/versions/1.6.0");
    acg_publish_cancel(both[1]);
    rig_turn(&r);
    rig_listen(&r);
    assert_non_null(strstr(r.outcome.message, "nothing was written"));
    acg_publish_cancel(both[0]);
    rig_turn(&r);
    rig_expect(&r, "PUT", "/versions/1.6.0");
    acg_publish_free(third);
    done_with(&r, both);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wait_that_one_write_is_asked_for_holds_the_others_back),
        cmocka_unit_test(the_time_of_an_attempt_counts_from_when_it_leaves),
        cmocka_unit_test(a_write_that_never_left_is_not_told_as_under_way),
        cmocka_unit_test(a_limit_that_others_use_up_is_waited_for_before_azure_refuses),
        cmocka_unit_test(what_builds_on_a_reading_is_not_sent_long_after_it),
        cmocka_unit_test(publishes_from_one_source_write_one_after_the_other),
        cmocka_unit_test(a_publish_that_fails_gives_its_turn_to_the_next),
        cmocka_unit_test(a_publish_that_is_let_go_of_gives_its_turn_to_the_next),
        cmocka_unit_test(who_is_cancelled_in_line_is_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
