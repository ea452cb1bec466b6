/* SPDX-License-Identifier: MPL-2.0 */
/* The operations beside a publish: their options are judged before anything is sent, and they run like a
 * publish. */
#include "rig.h"

#include <acg/report.h>
#include <acg/verify.h>
#include <acg/vm.h>
#include <acg/watch.h>

#define ID                                                                                                   \
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/g/providers/Microsoft.Compute/"      \
    "galleries/gal/images/img/versions/1.0.0"

static void names(const struct acg_error *err, enum acg_status status, const char *field)
{
    assert_int_equal(status, ACG_ERR_ARGUMENT);
    assert_int_equal(err->status, ACG_ERR_ARGUMENT);
    assert_string_equal(err->field, field);
}

static void verify_is_refused(const struct acg_verify_options *o, const char *field)
{
    struct rig r;
    struct acg_publish *out = NULL;
    struct acg_error err = {.status = ACG_OK};

    rig_begin(&r);
    names(&err, acg_publisher_verify(r.pub, o, &out, &err), field);
    assert_null(out);
    rig_turn(&r);
    assert_int_equal(rig_in_flight(&r), 0);
    rig_end(&r);
}

static void verify_wants_a_version_and_a_sound_declaration(void **st)
{
    struct acg_verify_options o = ACG_VERIFY_OPTIONS_INIT;
    struct acg_publish_options declared = ACG_PUBLISH_OPTIONS_INIT;

    (void)st;
    verify_is_refused(&o, "gallery_image_version_id");
    o.gallery_image_version_id = "/subscriptions/s";
    verify_is_refused(&o, "gallery_image_version_id");
    o.gallery_image_version_id = ID;
    o.timeout_ms = -1;
    verify_is_refused(&o, "timeout_ms");
    o.timeout_ms = 0;
    o.version = ACG_VERIFY_OPTIONS_VERSION + 1;
    verify_is_refused(&o, "version");
    o.version = 0;
    verify_is_refused(&o, "version");
    o.version = ACG_VERIFY_OPTIONS_VERSION;
    o.declaration = &declared;
    declared.version = ACG_PUBLISH_OPTIONS_VERSION + 1;
    verify_is_refused(&o, "version");
    declared.version = ACG_PUBLISH_OPTIONS_VERSION;
    declared.replica_count = (struct acg_optional_int){true, 0};
    verify_is_refused(&o, "replica_count");
}

static void watch_is_refused(const struct acg_watch_options *o, const char *field)
{
    struct rig r;
    struct acg_publish *out = NULL;
    struct acg_error err = {.status = ACG_OK};

    rig_begin(&r);
    names(&err, acg_publisher_watch(r.pub, o, &out, &err), field);
    assert_null(out);
    rig_turn(&r);
    assert_int_equal(rig_in_flight(&r), 0);
    rig_end(&r);
}

static void watch_wants_a_version_and_something_to_wait_for(void **st)
{
    struct acg_watch_options o = ACG_WATCH_OPTIONS_INIT;
    struct acg_publish_options declared = ACG_PUBLISH_OPTIONS_INIT;

    (void)st;
    watch_is_refused(&o, "gallery_image_version_id");
    o.declaration = &declared;
    watch_is_refused(&o, "subscription_id"); /* the first of the names that are missing */
    o.declaration = NULL;
    o.gallery_image_version_id = "/subscriptions/s";
    watch_is_refused(&o, "gallery_image_version_id");
    o.gallery_image_version_id = ID;
    o.timeout_ms = -1;
    watch_is_refused(&o, "timeout_ms");
    o.timeout_ms = 0;
    o.wait = (enum acg_wait)3;
    watch_is_refused(&o, "wait");
    o.wait = ACG_WAIT_HOME;
    o.version = ACG_WATCH_OPTIONS_VERSION + 1;
    watch_is_refused(&o, "version");
    o.version = 0;
    watch_is_refused(&o, "version");
}

static void a_watched_version_may_be_named_by_a_declaration(void **st)
{
    struct rig r;
    struct acg_watch_options o = ACG_WATCH_OPTIONS_INIT;
    struct acg_publish_options declared = ACG_PUBLISH_OPTIONS_INIT;
    struct acg_publish *out = NULL;

    (void)st;
    rig_begin(&r);
    declared.location = "westus";
    declared.gallery_image_version_id = ID;
    o.declaration = &declared;
    o.once = true;
    assert_int_equal(acg_publisher_watch(r.pub, &o, &out, NULL), ACG_OK);
    assert_string_equal(acg_publish_version_id(out), ID);
    rig_turn(&r);
    rig_token(&r, "token", 3600);
    rig_expect(&r, "GET", ID "?$expand=ReplicationStatus");
    rig_reply(&r, 404, RIG_NOT_FOUND);
    rig_listen(&r);
    assert_true(r.over);
    assert_int_equal(r.outcome.status, ACG_ERR_SERVICE);
    acg_publish_free(out);
    rig_end(&r);
}

static void args_are_refused(const struct acg_vm_args_options *o, const char *field)
{
    struct rig r;
    struct acg_publish *out = NULL;
    struct acg_error err = {.status = ACG_OK};
    struct acg_vm_test_options same = {.version = o->version == 0 ? 0 : ACG_VM_TEST_OPTIONS_VERSION,
                                       .gallery_image_version_id = o->gallery_image_version_id,
                                       .region = o->region,
                                       .subscription_id = o->subscription_id,
                                       .timeout_ms = o->timeout_ms,
                                       .create = true};

    rig_begin(&r);
    names(&err, acg_publisher_vm_args(r.pub, o, &out, &err), field);
    names(&err, acg_publisher_vm_test(r.pub, &same, &out, &err), field);
    assert_null(out);
    rig_turn(&r);
    assert_int_equal(rig_in_flight(&r), 0);
    rig_end(&r);
}

static void a_vm_wants_a_version_and_a_region(void **st)
{
    struct acg_vm_args_options o = ACG_VM_ARGS_OPTIONS_INIT;

    (void)st;
    args_are_refused(&o, "gallery_image_version_id");
    o.gallery_image_version_id = ID;
    args_are_refused(&o, "region");
    o.region = "west/us";
    args_are_refused(&o, "region");
    o.region = "westus";
    o.subscription_id = "a/../b";
    args_are_refused(&o, "subscription_id");
    o.subscription_id = "";
    args_are_refused(&o, "subscription_id");
    o.subscription_id = "00000000-0000-0000-0000-000000000000";
    o.timeout_ms = -1;
    args_are_refused(&o, "timeout_ms");
    o.timeout_ms = 0;
    o.version = 0;
    args_are_refused(&o, "version");
}

static void a_declaration_takes_the_version_that_is_named_beside_it(void **st)
{
    struct rig r;
    struct acg_verify_options o = ACG_VERIFY_OPTIONS_INIT;
    struct acg_publish_options declared = ACG_PUBLISH_OPTIONS_INIT;
    struct acg_publish *out = NULL;

    (void)st;
    rig_begin(&r);
    declared.location = "westus";
    o.gallery_image_version_id = ID;
    o.declaration = &declared;
    assert_int_equal(acg_publisher_verify(r.pub, &o, &out, NULL), ACG_OK);
    assert_string_equal(acg_publish_version_id(out), ID);
    rig_turn(&r);
    rig_token(&r, "token", 3600);
    rig_expect(&r, "GET", ID "?$expand=ReplicationStatus");
    rig_reply(&r, 404, RIG_NOT_FOUND);
    rig_listen(&r);
    assert_true(r.over);
    assert_int_equal(r.outcome.status, ACG_ERR_SERVICE);
    acg_publish_free(out);
    rig_end(&r);
}

static void a_test_that_is_cancelled_at_once_makes_nothing(void **st)
{
    struct rig r;
    struct acg_vm_test_options o = ACG_VM_TEST_OPTIONS_INIT;
    struct acg_publish *out = NULL;

    (void)st;
    rig_begin(&r);
    o.gallery_image_version_id = ID;
    o.region = "westus";
    assert_int_equal(acg_publisher_vm_test(r.pub, &o, &out, NULL), ACG_OK);
    rig_turn(&r);
    rig_token(&r, "token", 3600);
    rig_expect(&r, "GET", ID "?$expand=ReplicationStatus");
    acg_publish_cancel(out);
    rig_turn(&r);
    rig_listen(&r);
    assert_int_equal(r.outcome.status, ACG_ERR_CANCELLED);
    acg_publish_free(out);
    rig_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verify_wants_a_version_and_a_sound_declaration),
        cmocka_unit_test(watch_wants_a_version_and_something_to_wait_for),
        cmocka_unit_test(a_watched_version_may_be_named_by_a_declaration),
        cmocka_unit_test(a_vm_wants_a_version_and_a_region),
        cmocka_unit_test(a_declaration_takes_the_version_that_is_named_beside_it),
        cmocka_unit_test(a_test_that_is_cancelled_at_once_makes_nothing),
    };

    return cmocka_run_group_tests_name("operations beside a publish", tests, NULL, NULL);
}
