/* SPDX-License-Identifier: MPL-2.0 */
/* The compact form means the same as blocks, and says its faults in its own words. */
#include "testlib/test.h"

#include <string.h>

#include "base/alloc.h"
#include "base/span.h"
#include "given.h"

static void assert_same_body(const char *blocks, const char *compact)
{
    char *a = given_join(given_names, blocks), *b = given_join(given_names, compact);
    struct pkr_config *ca = given_strict(a), *cb = given_strict(b);
    char *ba = given_body(ca), *bb = given_body(cb);

    assert_string_equal(ba, bb);
    acgp_free(ba);
    acgp_free(bb);
    pkr_config_free(ca);
    pkr_config_free(cb);
    free(a);
    free(b);
}

static void both_forms_give_the_same_request(void **st)
{
    (void)st;
    assert_same_body(
        "\"location\":\"westus\",\"os_snapshot\":\"os\",\"data_snapshot\":[{\"lun\":0,\"id\":\"d0\"},"
        "{\"lun\":10,\"id\":\"d10\"}],\"target_region\":[{\"name\":\"westus\",\"replicas\":2,"
        "\"storage_account_type\":\"standard_lrs\",\"os_disk\":{\"disk_encryption_set_id\":\"west-os\"},"
        "\"data_disk\":[{\"lun\":0,\"disk_encryption_set_id\":\"west-0\"},{\"lun\":10,"
        "\"disk_encryption_set_id\":\"west-10\"}]},{\"name\":\"eastus2\",\"disk_encryption_set_id\":"
        "\"east-all\",\"data_disk\":[{\"lun\":0,\"disk_encryption_set_id\":\"east-0\"}]}]",
        "\"location\":\"westus\",\"os_snapshot\":\"os\",\"data_snapshots\":{\"10\":\"d10\",\"0\":\"d0\"},"
        "\"target_regions\":[\"westus=2=standard_lrs\",\"eastus2\"],\"disk_encryption_sets\":{"
        "\"westus/os\":\"west-os\",\"West US/0\":\"west-0\",\"westus/10\":\"west-10\","
        "\"East US 2\":\"east-all\",\"eastus2/0\":\"east-0\"}");
}

static void sets_without_regions_belong_to_the_home_region(void **st)
{
    (void)st;
    assert_same_body(
        "\"location\":\"westus\",\"managed_image\":\"i\",\"target_region\":[{\"name\":\"westus\","
        "\"os_disk\":{\"disk_encryption_set_id\":\"west-os\"}}]",
        "\"location\":\"westus\",\"managed_image\":\"i\",\"disk_encryption_sets\":{\"westus/"
        "os\":\"west-os\"}");
}

static void assert_fault(const char *fields, const char *says)
{
    char *joined = given_join(given_names, fields);
    struct pkr_config *c = given_strict(joined);
    char *faults = given_faults(c, PKR_PHASE_VALIDATE);

    if (strstr(faults, says) == NULL)
        fail_msg("%s\nlacks %s", faults, says);
    assert_non_null(strstr(faults, "1 fault:"));
    acgp_free(faults);
    pkr_config_free(c);
    free(joined);
}

static void faults_are_said_in_the_words_of_the_form(void **st)
{
    (void)st;
    assert_fault("\"location\":\"westus\",\"target_regions\":[\"westus\",\"west us=2\"]",
                 "* target_regions[1]: ");
    assert_fault("\"target_regions\":[\"westus=0\"]", "* target_regions[0]: 0 replicas are out of range");
    assert_fault("\"target_regions\":[\"westus\",\"eastus2\"],\"disk_encryption_sets\":{\"westus/os\":\"a\"}",
                 "* disk_encryption_sets[\"eastus2/os\"]: a disk is encrypted in every target region");
    assert_fault("\"target_regions\":[\"westus\"],\"disk_encryption_sets\":{\"westus/os\":\"\"}",
                 "* disk_encryption_sets[\"westus/os\"]: the disk encryption set is empty");
    assert_fault(
        "\"target_regions\":[\"westus\"],\"disk_encryption_sets\":{\"westus/64\":\"a\",\"westus/os\":\"b\"}",
        "* disk_encryption_sets[\"westus/64\"]: LUN 64 is out of range");
    assert_fault("\"os_snapshot\":\"os\",\"location\":\"westus\",\"data_snapshots\":{\"0\":\"os\"}",
                 "* data_snapshots[\"0\"]: ");
    assert_fault("\"disk_encryption_sets\":{\"westus/os\":\"a\"}",
                 "* disk_encryption_sets[\"westus/os\"]: names the region westus, which is not among");
    assert_fault("\"target_regions\":[\"westus\"],\"disk_encryption_sets\":{\"westus/00\":\"a\"}",
                 "* disk_encryption_sets[\"westus/00\"]: is not of the form");
}

static void the_forms_do_not_mix(void **st)
{
    (void)st;
    assert_fault("\"target_regions\":[\"westus\"],\"target_region\":[{\"name\":\"westus\"}]",
                 "* target_regions: stands beside target_region");
    assert_fault(
        "\"location\":\"westus\",\"os_snapshot\":\"os\",\"data_snapshot\":[{\"lun\":0,\"id\":\"d\"}],"
        "\"target_regions\":[\"westus\"]",
        "* target_regions: stands beside data_snapshot");
    assert_fault("\"location\":\"westus\",\"edge_zone\":[{\"region\":\"westus\",\"name\":\"zone\"}],"
                 "\"disk_encryption_sets\":{\"westus\":\"a\"}",
                 "* disk_encryption_sets: stands beside edge_zone");
}

static void a_vhd_is_counted_among_vhds(void **st)
{
    (void)st;
    char *joined = given_join(given_names, "\"location\":\"westus\",\"os_snapshot\":\"os\",\"data_snapshot\":"
                                           "[{\"lun\":0,\"id\":\"d\"}],\"data_vhd\":[{\"lun\":1,\"uri\":"
                                           "\"https://a.blob.core.windows.net/v/d.vhd\"}]");
    struct pkr_config *c = given_strict(joined);
    char *faults = given_faults(c, PKR_PHASE_PUBLISH);

    assert_non_null(strstr(faults, "* data_vhd[0].storage_account: "));
    acgp_free(faults);
    pkr_config_free(c);
    free(joined);
}

static void findings_of_a_running_publish_are_said_in_the_same_words(void **st)
{
    (void)st;
    const struct acg_finding finding = {.rule = "R6",
                                        .field = "target_region[1].data_disk[0].lun",
                                        .message = "disk_encryption_sets lack LUN 3",
                                        .fix = "name it"};
    char *joined =
        given_join(given_names, "\"location\":\"westus\",\"managed_image\":\"i\",\"target_regions\":"
                                "[\"westus\",\"eastus2\"],\"disk_encryption_sets\":{\"westus/7\":\"a\","
                                "\"eastus2/7\":\"b\",\"westus/os\":\"c\",\"eastus2/os\":\"d\"}");
    struct pkr_config *c = given_strict(joined);
    struct acg_findings *list = NULL;

    given_is_sound(c, PKR_PHASE_PUBLISH);
    assert_int_equal(acg_findings_new(&list, NULL), ACG_OK);
    assert_int_equal(pkr_config_translate(c, &finding, list, NULL), ACG_OK);
    assert_string_equal(acg_findings_at(list, 0)->field, "disk_encryption_sets[\"eastus2/7\"]");
    char *field = pkr_config_field(c, "target_region[0].name");
    assert_string_equal(field, "target_regions[0]");
    acgp_free(field);
    acg_findings_free(list);
    pkr_config_free(c);
    free(joined);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_forms_give_the_same_request),
        cmocka_unit_test(sets_without_regions_belong_to_the_home_region),
        cmocka_unit_test(faults_are_said_in_the_words_of_the_form),
        cmocka_unit_test(the_forms_do_not_mix),
        cmocka_unit_test(a_vhd_is_counted_among_vhds),
        cmocka_unit_test(findings_of_a_running_publish_are_said_in_the_same_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
