/* SPDX-License-Identifier: MPL-2.0 */
/* Versions, sources, disk encryption sets and operations as ARM answers them. */
#include "testlib/test.h"

#include <stdio.h>

#include "arm/des_doc.h"
#include "arm/operation_doc.h"
#include "arm/source_doc.h"
#include "arm/version_doc.h"
#include "base/span.h"

static void a_version_is_read_with_all_that_counts(void **st)
{
    struct acgp_version_doc doc = {0};
    const struct acgp_doc_place *region = NULL;
    const char *text =
        "{\"id\": \"/v\", \"location\": \"westus\", \"tags\": {\"Owner\": \"me\"}, \"properties\": {"
        "\"publishingProfile\": {\"targetRegions\": [{\"name\": \"West US\", \"regionalReplicaCount\": 2,"
        " \"storageAccountType\": \"Standard_LRS\", \"encryption\": {\"osDiskImage\": "
        "{\"diskEncryptionSetId\": \"/o\","
        " \"securityProfile\": {\"confidentialVMEncryptionType\": \"EncryptedWithCmk\","
        " \"secureVMDiskEncryptionSetId\": \"/s\"}}, \"dataDiskImages\": [{\"lun\": 3, "
        "\"diskEncryptionSetId\": "
        "\"/d\"}]}}],"
        " \"targetExtendedLocations\": [{\"name\": \"West US\", \"extendedLocation\": {\"name\": \"la\", "
        "\"type\": "
        "\"EdgeZone\"}, \"extendedLocationReplicaCount\": 1}], \"replicaCount\": 1, \"excludeFromLatest\": "
        "false},"
        " \"storageProfile\": {\"source\": {\"id\": \"/i\"}, \"osDiskImage\": {\"source\": {}}, "
        "\"dataDiskImages\":"
        " [{\"lun\": 3, \"sizeInGB\": 4}]}, \"provisioningState\": \"Succeeded\", \"replicationStatus\":"
        " {\"aggregatedState\": \"Completed\", \"summary\": [{\"region\": \"westus\", \"state\": "
        "\"Completed\","
        " \"progress\": 100}]}}}";

    (void)st;
    assert_int_equal(acgp_version_doc_decode(acgp_span(text), &doc, NULL), ACG_OK);
    region = acgp_doc_places(&doc.regions);
    assert_int_equal(doc.regions.count, 1);
    assert_string_equal(region->name, "West US");
    assert_int_equal(region->replicas.value, 2);
    assert_string_equal(region->encryption.os_set_id, "/o");
    assert_string_equal(region->encryption.cvm_type, "EncryptedWithCmk");
    assert_string_equal(region->encryption.secure_vm_set_id, "/s");
    assert_int_equal(acgp_doc_data_sets(&region->encryption.data)->lun.value, 3);
    assert_string_equal(acgp_doc_data_sets(&region->encryption.data)->set_id, "/d");
    assert_string_equal(acgp_doc_places(&doc.zones)->zone, "la");
    assert_true(doc.os_disk);
    assert_int_equal(acgp_doc_data_disks(&doc.data_disks)->lun.value, 3);
    assert_string_equal(doc.source_id, "/i");
    assert_string_equal(doc.provisioning_state, "Succeeded");
    assert_int_equal(acgp_doc_replication(&doc.replication)->percent.value, 100);
    assert_string_equal(acgp_version_doc_tag(&doc, "owner"), "me");
    assert_null(acgp_version_doc_tag(&doc, "commit"));
    acgp_version_doc_done(&doc);
    acgp_version_doc_done(&doc);
}

static void a_version_may_leave_everything_out_but_its_state(void **st)
{
    struct acgp_version_doc doc = {0};
    const char *bare = "{\"properties\": {\"provisioningState\": \"Creating\"}}";

    (void)st;
    assert_int_equal(acgp_version_doc_decode(acgp_span(bare), &doc, NULL), ACG_OK);
    assert_string_equal(doc.provisioning_state, "Creating");
    assert_int_equal(doc.regions.count, 0);
    assert_false(doc.os_disk);
    acgp_version_doc_done(&doc);
}

static void a_document_of_something_else_is_no_version(void **st)
{
    static const char *const others[] = {"{}", "{\"properties\": {}}", "{\"error\": {\"code\": \"X\"}}",
                                         "{\"properties\": {\"provisioningState\": null}}"};

    (void)st;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct acgp_version_doc doc = {0};
        struct acg_error err = {0};
        assert_int_equal(acgp_version_doc_decode(acgp_span(others[i]), &doc, &err), ACG_ERR_PROTOCOL);
        assert_string_equal(err.message, "the answer is not a version");
        acgp_version_doc_done(&doc);
    }
}

static void what_is_no_version_says_where(void **st)
{
    struct acgp_version_doc doc = {0};
    struct acg_error err = {0};
    const char *text = "{\"properties\": {\"publishingProfile\": {\"targetRegions\": [{\"name\": 7}]}}}";

    (void)st;
    assert_int_equal(acgp_version_doc_decode(acgp_span(text), &doc, &err), ACG_ERR_PROTOCOL);
    assert_string_equal(err.message, "properties.publishingProfile.targetRegions[0].name: not a text");
    acgp_version_doc_done(&doc);
}

static enum acg_status source(const char *text, enum acgp_resource_kind kind, struct acgp_source_doc *doc)
{
    *doc = (struct acgp_source_doc){0};
    return acgp_source_doc_decode(acgp_span(text), kind, doc, NULL);
}

static void a_source_tells_its_region_and_its_luns(void **st)
{
    struct acgp_source_doc doc;

    (void)st;
    assert_int_equal(
        source("{\"location\": \"West US 2\", \"properties\": {\"storageProfile\": {\"dataDisks\": "
               "[{\"lun\": 9}, {\"lun\": 0}]}}}",
               ACGP_RESOURCE_MANAGED_IMAGE, &doc),
        ACG_OK);
    assert_string_equal(doc.location, "westus2");
    assert_int_equal(doc.lun_count, 2);
    assert_int_equal(doc.luns[0], 9);
    assert_int_equal(source("{\"properties\": {\"storageProfile\": {\"dataDiskImages\": [{\"lun\": 4}]}}}",
                            ACGP_RESOURCE_IMAGE_VERSION, &doc),
                     ACG_OK);
    assert_string_equal(doc.location, "");
    assert_int_equal(doc.luns[0], 4);
}

static void a_snapshot_has_no_luns(void **st)
{
    struct acgp_source_doc doc;

    (void)st;
    assert_int_equal(source("{\"location\": \"westus\", \"properties\": {\"osType\": \"Linux\"}}",
                            ACGP_RESOURCE_SNAPSHOT, &doc),
                     ACG_OK);
    assert_int_equal(doc.lun_count, 0);
}

static void a_lun_that_is_none_is_refused(void **st)
{
    static const char *const luns[] = {"{}", "{\"lun\": -1}", "{\"lun\": 2147483648}", "{\"lun\": \"0\"}"};
    struct acgp_source_doc doc;
    char text[160];

    (void)st;
    for (size_t i = 0; i < sizeof luns / sizeof luns[0]; i++) {
        snprintf(text, sizeof text, "{\"properties\": {\"storageProfile\": {\"dataDisks\": [%s]}}}", luns[i]);
        assert_int_equal(source(text, ACGP_RESOURCE_VIRTUAL_MACHINE, &doc), ACG_ERR_PROTOCOL);
        assert_int_equal(doc.lun_count, 0);
    }
}

static void a_set_tells_region_type_and_state(void **st)
{
    struct acgp_des_doc doc = {0};

    (void)st;
    assert_int_equal(
        acgp_des_doc_decode(acgp_span("{\"location\": \"eastus\", \"properties\": {\"encryptionType\": "
                                      "\"T\", \"provisioningState\": \"Succeeded\"}}"),
                            &doc, NULL),
        ACG_OK);
    assert_string_equal(doc.location, "eastus");
    assert_string_equal(doc.encryption_type, "T");
    assert_string_equal(doc.provisioning_state, "Succeeded");
    acgp_des_doc_done(&doc);
}

static void only_final_words_end_an_operation(void **st)
{
    (void)st;
    assert_int_equal(acgp_operation_word("succeeded"), ACGP_OPERATION_SUCCEEDED);
    assert_int_equal(acgp_operation_word("FAILED"), ACGP_OPERATION_FAILED);
    assert_int_equal(acgp_operation_word("Canceled"), ACGP_OPERATION_CANCELED);
    assert_int_equal(acgp_operation_word("Cancelled"), ACGP_OPERATION_CANCELED);
    assert_int_equal(acgp_operation_word("Deleting"), ACGP_OPERATION_RUNNING);
    assert_int_equal(acgp_operation_word(""), ACGP_OPERATION_RUNNING);
    assert_int_equal(acgp_operation_word(NULL), ACGP_OPERATION_UNSAID);
}

static void a_failed_operation_brings_its_error(void **st)
{
    enum acgp_operation_state state = ACGP_OPERATION_RUNNING;
    struct acg_error failure = {0};

    (void)st;
    assert_int_equal(
        acgp_operation_doc_decode(
            acgp_span("{\"status\": \"Failed\", \"error\": {\"code\": \"C\", \"message\": \"m\"}}"), &state,
            &failure, NULL),
        ACG_OK);
    assert_int_equal(state, ACGP_OPERATION_FAILED);
    assert_string_equal(failure.arm_code, "C");
    assert_string_equal(failure.message, "m");
    assert_int_equal(acgp_operation_doc_decode(acgp_span("[1]"), &state, &failure, NULL), ACG_OK);
    assert_int_equal(state, ACGP_OPERATION_UNSAID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_version_is_read_with_all_that_counts),
        cmocka_unit_test(a_version_may_leave_everything_out_but_its_state),
        cmocka_unit_test(a_document_of_something_else_is_no_version),
        cmocka_unit_test(what_is_no_version_says_where),
        cmocka_unit_test(a_source_tells_its_region_and_its_luns),
        cmocka_unit_test(a_snapshot_has_no_luns),
        cmocka_unit_test(a_lun_that_is_none_is_refused),
        cmocka_unit_test(a_set_tells_region_type_and_state),
        cmocka_unit_test(only_final_words_end_an_operation),
        cmocka_unit_test(a_failed_operation_brings_its_error),
    };

    return cmocka_run_group_tests_name("docs", tests, NULL, NULL);
}
