/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include <acg/acg.h>

static const char version_id[] = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/images/"
                                 "providers/Microsoft.Compute/galleries/"
                                 "Golden/images/web/versions/1.4.0";

struct look {
    enum acg_status status;
    struct acg_error err;
    struct acg_findings *findings;
    struct acg_preview *preview;
};

static struct look look_at(const char *endpoint, const struct acg_publish_options *o)
{
    struct look l = {.status = ACG_OK};

    assert_int_equal(acg_findings_new(&l.findings, NULL), ACG_OK);
    l.status = acg_preview_new(endpoint, o, l.findings, &l.preview, &l.err);
    return l;
}

static void done(struct look *l)
{
    acg_preview_free(l->preview);
    acg_findings_free(l->findings);
}

static struct acg_publish_options plain(struct acg_target_region *region)
{
    struct acg_publish_options o = ACG_PUBLISH_OPTIONS_INIT;

    *region = (struct acg_target_region){.name = "West US"};
    o.gallery_image_version_id = version_id;
    o.location = "westus";
    o.source.managed_image = "web-build";
    o.target_regions = region;
    o.target_region_count = 1;
    return o;
}

static bool has_note(const struct acg_preview *p, const char *part)
{
    const char *note = NULL;

    for (size_t i = 0; (note = acg_preview_note(p, i)) != NULL; i++)
        if (strstr(note, part) != NULL)
            return true;
    return false;
}

static void a_preview_shows_the_write_and_sends_nothing(void **st)
{
    (void)st;
    struct acg_target_region region;
    struct acg_publish_options o = plain(&region);
    struct look l = look_at("https://localhost:1/", &o);

    assert_int_equal(l.status, ACG_OK);
    assert_string_equal(acg_preview_method(l.preview), "PUT");
    assert_string_equal(
        acg_preview_url(l.preview),
        "https://localhost:1/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/images/"
        "providers/Microsoft.Compute/galleries/Golden/images/web/versions/1.4.0?api-version=2023-07-03");
    assert_non_null(strstr(acg_preview_body(l.preview), "\"location\""));
    assert_true(has_note(l.preview, "exists already"));
    assert_false(has_note(l.preview, "disk encryption set"));
    assert_null(acg_preview_note(l.preview, 100));
    done(&l);
}

static void a_preview_says_what_only_azure_can_tell_about_keys(void **st)
{
    (void)st;
    struct acg_target_region region;
    struct acg_publish_options o = plain(&region);
    struct look l;

    region.encryption.disk_encryption_set_id = "westus-all";
    l = look_at(NULL, &o);
    assert_int_equal(l.status, ACG_OK);
    assert_non_null(strstr(acg_preview_url(l.preview), "https://management.azure.com/"));
    assert_non_null(strstr(acg_preview_body(l.preview), "diskEncryptionSets/westus-all"));
    assert_true(has_note(l.preview, "which data disks"));
    assert_true(has_note(l.preview, "spread over"));
    assert_true(has_note(l.preview, "disk encryption set"));
    done(&l);
}

static void a_preview_without_location_is_refused_by_field(void **st)
{
    (void)st;
    struct acg_target_region region;
    struct acg_publish_options o = plain(&region);
    struct look l;

    o.location = NULL;
    l = look_at(NULL, &o);
    assert_int_equal(l.status, ACG_ERR_ARGUMENT);
    assert_string_equal(l.err.field, "location");
    assert_int_equal(acg_findings_errors(l.findings), 1);
    assert_string_equal(acg_findings_at(l.findings, 0)->field, "location");
    assert_null(l.preview);
    done(&l);
}

static void a_preview_without_source_is_refused_by_field(void **st)
{
    (void)st;
    struct acg_target_region region;
    struct acg_publish_options o = plain(&region);
    struct look l;

    o.source = (struct acg_source){.known_later = true};
    l = look_at(NULL, &o);
    assert_int_equal(l.status, ACG_ERR_ARGUMENT);
    assert_string_equal(l.err.field, "source");
    assert_null(l.preview);
    done(&l);
}

static void all_faults_of_a_preview_come_at_once(void **st)
{
    (void)st;
    struct acg_target_region region;
    struct acg_publish_options o = plain(&region);
    struct look l;

    o.location = NULL;
    o.gallery_image_version_id = "1.4";
    o.replication_mode = "Sideways";
    l = look_at(NULL, &o);
    assert_int_equal(l.status, ACG_ERR_ARGUMENT);
    assert_true(acg_findings_errors(l.findings) >= 3);
    done(&l);
}

static void an_endpoint_that_is_none_is_refused(void **st)
{
    (void)st;
    struct acg_target_region region;
    struct acg_publish_options o = plain(&region);
    struct look l = look_at("ftp://x", &o);

    assert_int_equal(l.status, ACG_ERR_ARGUMENT);
    assert_string_equal(l.err.field, "resource_manager_endpoint");
    assert_null(l.preview);
    done(&l);
    acg_preview_free(NULL);
}

static void a_check_reports_all_faults_without_network(void **st)
{
    (void)st;
    struct acg_target_region region;
    struct acg_publish_options o = plain(&region);
    struct acg_findings *findings = NULL;
    struct acg_error err;

    assert_int_equal(acg_findings_new(&findings, NULL), ACG_OK);
    assert_int_equal(acg_publish_check(&o, findings, &err), ACG_OK);
    o.gallery_image_version_id = "nothing";
    assert_int_equal(acg_publish_check(&o, findings, &err), ACG_ERR_ARGUMENT);
    assert_true(acg_findings_errors(findings) > 0);
    acg_findings_free(findings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_preview_shows_the_write_and_sends_nothing),
        cmocka_unit_test(a_preview_says_what_only_azure_can_tell_about_keys),
        cmocka_unit_test(a_preview_without_location_is_refused_by_field),
        cmocka_unit_test(a_preview_without_source_is_refused_by_field),
        cmocka_unit_test(all_faults_of_a_preview_come_at_once),
        cmocka_unit_test(an_endpoint_that_is_none_is_refused),
        cmocka_unit_test(a_check_reports_all_faults_without_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
