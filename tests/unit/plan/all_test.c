/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "given.h"

static void good_options_have_no_finding(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    expect_good(&g);
    given_disks(&g);
    expect_good(&g);
    given_plain(&g);
    expect_good(&g);
    given_zone(&g);
    expect_good(&g);
}

static void ten_faults_are_ten_findings_at_once(void **st)
{
    struct given g;

    (void)st;
    given_disks(&g);
    g.o.gallery_name = "My-Gallery";                                                   /* names */
    g.o.gallery_image_version = "1.0";                                                 /* R20 */
    g.o.location = "North Europe";                                                     /* R9 */
    g.o.source.os_snapshot = COMPUTE "images/i";                                       /* R24 */
    g.regions[0].replicas = number(0);                                                 /* R18 */
    g.regions[0].encryption.os_disk_encryption_set_id = COMPUTE "diskEncryptionSet/w"; /* R4 */
    g.regions[1].encryption.data_disk_count = 0;                                       /* R5 */
    g.regions[1].storage_account_type = "Standard";                                    /* config */
    g.o.end_of_life_date = "tomorrow";                                                 /* R19 */
    g.tags[0] = (struct acg_tag){"a/b", "v"};                                          /* tags */
    g.o.tags = g.tags;
    g.o.tag_count = 1;
    expect_count(&g, 10);
    expect_among(&g, "names", "gallery_name");
    expect_among(&g, "R20", "gallery_image_version");
    expect_among(&g, "R9", "location");
    expect_among(&g, "R24", "os_snapshot");
    expect_among(&g, "R18", "target_region[0].replicas");
    expect_among(&g, "R4", "target_region[0].os_disk.disk_encryption_set_id");
    expect_among(&g, "R5", "target_region[1].data_disk");
    expect_among(&g, "config", "target_region[1].storage_account_type");
    expect_among(&g, "R19", "end_of_life_date");
    expect_among(&g, "tags", "tags");
}

static void the_error_counts_the_faults_and_repeats_the_first(void **st)
{
    struct given g;
    struct said s;

    (void)st;
    given_image(&g);
    g.o.gallery_name = NULL;
    g.o.replication_mode = "x";
    said_about(&s, &g);
    assert_int_equal(s.status, ACG_ERR_ARGUMENT);
    assert_string_equal(s.error.field, "gallery_name");
    assert_non_null(strstr(s.error.message, "2 faults, the first: the name is missing (config); fix: "));
    said_done(&s);
}

static void earlier_findings_of_others_do_not_count(void **st)
{
    struct given g;
    struct acg_findings *findings = NULL;
    struct acgp_publish_spec *spec = NULL;

    (void)st;
    given_image(&g);
    assert_int_equal(acg_findings_new(&findings, NULL), ACG_OK);
    assert_int_equal(acg_findings_add(findings, ACG_SEVERITY_ERROR, "config", "x", "m", "f", NULL), ACG_OK);
    assert_int_equal(acgp_validate(&g.o, GIVEN_NOW, findings, &spec, NULL), ACG_OK);
    assert_non_null(spec);
    acgp_publish_spec_free(spec);
    assert_int_equal(acgp_validate(&g.o, GIVEN_NOW, findings, NULL, NULL), ACG_OK);
    acg_findings_free(findings);
}

static void options_of_another_age_are_refused(void **st)
{
    struct given g;
    struct said s;

    (void)st;
    given_image(&g);
    g.o.version = ACG_PUBLISH_OPTIONS_VERSION + 1;
    said_about(&s, &g);
    assert_int_equal(s.status, ACG_ERR_ARGUMENT);
    assert_string_equal(s.error.field, "version");
    said_done(&s);
    g.o.version = 0;
    said_about(&s, &g);
    assert_int_equal(s.status, ACG_ERR_ARGUMENT);
    said_done(&s);
}

static void a_list_that_is_not_there_is_refused(void **st)
{
    struct given g;
    struct said s;

    (void)st;
    given_image(&g);
    g.o.target_regions = NULL;
    said_about(&s, &g);
    assert_int_equal(s.status, ACG_ERR_ARGUMENT);
    assert_string_equal(s.error.field, "target_region");
    said_done(&s);
    given_image(&g);
    g.regions[1].encryption.data_disk_count = 5000;
    said_about(&s, &g);
    assert_int_equal(s.status, ACG_ERR_LIMIT);
    said_done(&s);
}

static void more_findings_than_a_list_holds_are_a_limit(void **st)
{
    static struct acg_target_region regions[1500];
    struct given g;
    struct said s;

    (void)st;
    given_image(&g);
    g.o.target_regions = regions; /* none has a name */
    g.o.target_region_count = 1500;
    said_about(&s, &g);
    assert_int_equal(s.status, ACG_ERR_LIMIT);
    assert_null(s.spec);
    assert_int_equal(acg_findings_count(s.findings), 1000);
    said_done(&s);
}

static void empty_options_name_what_is_needed(void **st)
{
    struct given g = {.o = ACG_PUBLISH_OPTIONS_INIT};

    (void)st;
    expect_count(&g, 6); /* five names and a source */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_options_have_no_finding),
        cmocka_unit_test(ten_faults_are_ten_findings_at_once),
        cmocka_unit_test(the_error_counts_the_faults_and_repeats_the_first),
        cmocka_unit_test(earlier_findings_of_others_do_not_count),
        cmocka_unit_test(options_of_another_age_are_refused),
        cmocka_unit_test(a_list_that_is_not_there_is_refused),
        cmocka_unit_test(more_findings_than_a_list_holds_are_a_limit),
        cmocka_unit_test(empty_options_name_what_is_needed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
