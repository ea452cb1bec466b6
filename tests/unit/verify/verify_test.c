/* SPDX-License-Identifier: MPL-2.0 */
/* An existing version, read back and compared with a declaration. */
#include "testlib/talk.h"

#include "base/alloc.h"
#include "verify/verify.h"

#define ID                                                                                                   \
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/images/providers/Microsoft.Compute/" \
    "galleries/Golden/images/web/versions/1.4.0"
#define EXPAND  "/versions/1.4.0?$expand=ReplicationStatus"
#define SETS    "?api-version=2023-10-02"
#define PROFILE "/properties/publishingProfile"
#define STATUS  "/properties/replicationStatus"
#define WESTUS  PROFILE "/targetRegions/0"
#define EASTUS2 PROFILE "/targetRegions/1"
#define OTHER   "\"/subscriptions/s/resourceGroups/r/providers/Microsoft.Compute/diskEncryptionSets/other\""

/* @param spec given; NULL: nothing is declared */
static struct talk begin(struct acgp_publish_spec *spec)
{
    struct acgp_work_config config = *talk_config();
    struct acgp_work *w = NULL;

    config.timeout_ms = 300000;
    assert_int_equal(acgp_verify_new(ID, spec, &config, &w, NULL), ACG_OK);
    return talk_begin_work(w);
}

static struct talk begin_declared(void)
{
    return begin(talk_spec("image-cmk", "wait", "null"));
}

/* Each set as its own region's. */
static void answer_sets(struct talk *t, const char *pointer, const char *value)
{
    while (t->open_count != 0) {
        bool east = false;
        talk_expect(t, "GET", SETS);
        east = strstr(t->current.message->url, "eastus2") != NULL;
        talk_reply_edited(t, 200, "set.json", "/location", east ? "\"eastus2\"" : "\"West US\"", pointer,
                          value, NULL);
    }
}

static void reports(const struct talk *t, const char *part)
{
    assert_non_null(t->report);
    if (strstr(t->report, part) == NULL)
        print_error("%s\n", t->report);
    assert_non_null(strstr(t->report, part));
}

static void a_version_as_declared_takes_one_read_and_one_of_each_set(void **st)
{
    struct talk t = begin_declared();

    (void)st;
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    assert_int_equal(t.open_count, 3);
    answer_sets(&t, NULL, NULL);
    talk_ends(&t, ACG_OK);
    assert_int_equal(t.gets, 4);
    assert_int_equal(t.puts, 0);
    talk_told(&t, "verified: every region is replicated, and the version is what is declared");
    reports(&t, "\"compared\":true");
    reports(&t, "\"findings\":[]");
    reports(&t, "\"key_url\":\"https://v.vault.azure.net/keys/k/1\"");
    reports(&t, "\"replication_state\":\"Completed\"");
    talk_free(&t);
}

static void nothing_declared_is_nothing_compared(void **st)
{
    struct talk t = begin(NULL);

    (void)st;
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    answer_sets(&t, NULL, NULL);
    talk_ends(&t, ACG_OK);
    talk_told(&t, "nothing was declared to compare with");
    reports(&t, "\"compared\":false");
    talk_free(&t);
}

/* One field read back otherwise, three times over ten seconds. */
static void differs(const char *pointer, const char *value, const char *told)
{
    struct talk t = begin_declared();

    for (int i = 0; i < 3; i++) {
        talk_expect(&t, "GET", EXPAND);
        talk_reply_edited(&t, 200, "succeeded.json", pointer, value, NULL);
        if (i < 2)
            talk_pass_ms(&t, 5000);
    }
    answer_sets(&t, NULL, NULL);
    talk_ends(&t, ACG_ERR_MISMATCH);
    assert_int_equal(t.now_ms, 10000);
    assert_int_equal(acg_status_exit_code(t.error.status), 7);
    talk_told(&t, "finding error proof: ");
    talk_told(&t, told);
    talk_free(&t);
}

static void each_field_that_differs_is_a_finding(void **st)
{
    (void)st;
    differs("/location", "\"eastus2\"", "location: asked westus, found eastus2");
    differs(WESTUS "/regionalReplicaCount", "1", "westus, replicas: asked 2, found 1");
    differs(WESTUS "/storageAccountType", "\"Standard_LRS\"",
            "westus, storage account type: asked 'Standard_ZRS', found 'Standard_LRS'");
    differs(EASTUS2 "/excludeFromLatest", "-", "eastus2, exclude from latest: asked 'true', found 'false'");
    differs(PROFILE "/excludeFromLatest", "false", "exclude from latest: asked true, found false");
    differs(PROFILE "/endOfLifeDate", "-", "end of life date: asked 2028-01-31T00:00:00Z, found none");
}

static void each_disk_that_differs_is_a_finding(void **st)
{
    (void)st;
    differs(WESTUS "/encryption", "-", "westus, OS disk: asked '/subscriptions");
    differs(WESTUS "/encryption/osDiskImage/diskEncryptionSetId", OTHER,
            "diskEncryptionSets/westus-os', found '/subscriptions/s/resourceGroups/r");
    differs(EASTUS2 "/encryption/dataDiskImages", "[]", "eastus2, LUN 0: asked '/subscriptions");
    differs(EASTUS2 "/encryption/osDiskImage/securityProfile",
            "{\"confidentialVMEncryptionType\": \"EncryptedWithPmk\"}",
            "eastus2, confidential VM encryption type: asked none, found 'EncryptedWithPmk'");
    differs(EASTUS2 "/encryption/osDiskImage/securityProfile", "{\"secureVMDiskEncryptionSetId\": " OTHER "}",
            "eastus2, secure VM disk encryption set: asked none, found");
    differs("/properties/storageProfile/dataDiskImages", "[]",
            "LUN 0: asked, but the version has no such data disk");
    differs("/properties/storageProfile/dataDiskImages/1", "{\"lun\": 4}",
            "westus, LUN 4: nobody named this disk");
}

static void regions_missing_or_extra_are_findings(void **st)
{
    (void)st;
    differs(EASTUS2, "-", "eastus2: asked, but the version is not published there");
    differs(PROFILE "/targetExtendedLocations",
            "[{\"name\": \"West US\", \"extendedLocation\": {\"name\": \"losangeles\"}}]",
            "losangeles@West US: not asked for");
}

static void a_reading_behind_a_write_is_no_difference(void **st)
{
    struct talk t = begin_declared();

    (void)st;
    talk_expect(&t, "GET", EXPAND);
    talk_reply_edited(&t, 200, "succeeded.json", WESTUS "/regionalReplicaCount", "1", NULL);
    talk_told(&t, "reading it again");
    talk_pass_ms(&t, 5000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    answer_sets(&t, NULL, NULL);
    talk_ends(&t, ACG_OK);
    talk_free(&t);
}

static void a_declaration_without_regions_is_one_for_the_home_region(void **st)
{
    struct talk t = begin(talk_spec("source-region", "wait", "null"));

    (void)st;
    for (int i = 0; i < 3; i++) {
        talk_expect(&t, "GET", EXPAND);
        talk_reply(&t, 200, "succeeded.json");
        talk_pass_ms(&t, 5000);
    }
    answer_sets(&t, NULL, NULL);
    talk_ends(&t, ACG_ERR_MISMATCH);
    talk_told(&t, "East US 2: not asked for");
    talk_not_told(&t, "West US: not asked for");
    talk_free(&t);
}

/* ---- what the sets say ---- */

static void the_declared_type_is_compared_with_each_sets_own(void **st)
{
    struct talk t = begin(talk_spec("image-cmk", "encryption_type", "\"double\""));

    (void)st;
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    answer_sets(&t, NULL, NULL);
    talk_ends(&t, ACG_ERR_MISMATCH);
    talk_told(&t, "3 differences: ");
    talk_free(&t);
}

static void each_set_of_another_type_is_named(void **st)
{
    struct talk t = begin(talk_spec("image-cmk", "encryption_type", "\"customer_key\""));

    (void)st;
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    answer_sets(&t, "/properties/encryptionType", "\"EncryptionAtRestWithPlatformAndCustomerKeys\"");
    talk_ends(&t, ACG_ERR_MISMATCH);
    talk_told(&t,
              "finding error encryption_type encryption_type: eastus2: encryption type: declared "
              "EncryptionAtRestWithCustomerKey, found EncryptionAtRestWithPlatformAndCustomerKeys of disk "
              "encryption set /subscriptions");
    talk_free(&t);
}

static void one_set_answers_otherwise(int status, const char *file, const char *pointer, const char *value,
                                      enum acg_status ends, const char *told)
{
    struct talk t = begin_declared();

    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    talk_expect(&t, "GET", "/diskEncryptionSets/westus-os");
    talk_reply_edited(&t, status, file, pointer, value, NULL);
    answer_sets(&t, NULL, NULL);
    talk_ends(&t, ends);
    talk_told(&t, told);
    talk_free(&t);
}

static void a_set_that_is_gone_is_a_failure(void **st)
{
    (void)st;
    one_set_answers_otherwise(
        404, "error-not-found.json", NULL, NULL, ACG_ERR_MISMATCH,
        "finding error R2 disk_encryption_set_id: westus: the disk encryption set does not "
        "exist: VMs can no longer be made");
}

static void a_set_of_another_region_is_a_failure(void **st)
{
    (void)st;
    one_set_answers_otherwise(
        200, "set.json", "/location", "\"North Europe\"", ACG_ERR_MISMATCH,
        "finding error R3 disk_encryption_set_id: westus: the disk encryption set is in North "
        "Europe");
}

static void a_set_that_may_not_be_read_is_unknown(void **st)
{
    (void)st;
    one_set_answers_otherwise(
        403, "error-forbidden.json", NULL, NULL, ACG_OK,
        "finding warning R2 disk_encryption_set_id: westus: could not be checked: no permission");
}

static void a_set_that_is_no_set_is_unknown(void **st)
{
    (void)st;
    one_set_answers_otherwise(200, "set.json", "/properties", "7", ACG_OK,
                              "westus: could not be checked: could not be read");
}

static void a_set_in_a_bad_state_is_a_warning(void **st)
{
    (void)st;
    one_set_answers_otherwise(
        200, "set.json", "/properties/provisioningState", "\"Failed\"", ACG_OK,
        "finding warning R2 disk_encryption_set_id: westus: the disk encryption set is in state "
        "Failed");
    one_set_answers_otherwise(
        200, "set.json", "/properties/autoKeyRotationError",
        "{\"code\": \"KeyVaultAccessForbidden\", \"message\": \"m\"}", ACG_OK,
        "finding warning rotation disk_encryption_set_id: westus: the key of the disk encryption "
        "set is not rotated any more (KeyVaultAccessForbidden)");
}

static void a_secure_vm_set_must_be_one(void **st)
{
    struct talk t = begin(NULL);

    (void)st;
    talk_expect(&t, "GET", EXPAND);
    talk_reply_edited(
        &t, 200, "succeeded.json", WESTUS "/encryption/osDiskImage/securityProfile",
        "{\"confidentialVMEncryptionType\": \"EncryptedWithCmk\", \"secureVMDiskEncryptionSetId\": " OTHER
        "}",
        NULL);
    answer_sets(&t, NULL, NULL);
    talk_ends(&t, ACG_ERR_MISMATCH);
    talk_told(&t, "the secure VM disk encryption set is not of type ConfidentialVmEncryptedWithCustomerKey");
    talk_free(&t);
}

static void without_a_declaration_half_encryption_is_a_warning(void **st)
{
    struct talk t = begin(NULL);

    (void)st;
    talk_expect(&t, "GET", EXPAND);
    talk_reply_edited(&t, 200, "succeeded.json", "/properties/storageProfile/dataDiskImages/1",
                      "{\"lun\": 4}", NULL);
    answer_sets(&t, NULL, NULL);
    talk_ends(&t, ACG_OK);
    talk_told(
        &t,
        "finding warning half-encrypted disk_encryption_set_id: 1 disk of the version is on platform keys");
    reports(&t, "\"disk\":4,\"encryption_type\":\"EncryptionAtRestWithPlatformKey\"");
    talk_free(&t);
}

/* ---- states ---- */

static void state_is(const char *pointer, const char *value, enum acg_status ends, const char *told)
{
    struct talk t = begin_declared();

    talk_expect(&t, "GET", EXPAND);
    talk_reply_edited(&t, 200, "succeeded.json", pointer, value, NULL);
    answer_sets(&t, NULL, NULL);
    talk_ends(&t, ends);
    talk_told(&t, told);
    reports(&t, ends == ACG_ERR_TIMEOUT ? "\"compared\":false" : "\"compared\":true");
    talk_free(&t);
}

static void what_is_still_running_is_no_failure_and_not_compared(void **st)
{
    (void)st;
    state_is(STATUS "/summary/1", "{\"region\": \"eastus2\", \"state\": \"Replicating\", \"progress\": 40}",
             ACG_ERR_TIMEOUT, "still running: the version is Succeeded, eastus2 is Replicating 40 %");
    state_is("/properties/provisioningState", "\"Updating\"", ACG_ERR_TIMEOUT,
             "still running: the version is Updating");
    state_is(STATUS, "{\"aggregatedState\": \"InProgress\"}", ACG_ERR_TIMEOUT,
             "its replication is InProgress");
    assert_int_equal(acg_status_exit_code(ACG_ERR_TIMEOUT), 10);
}

static void a_status_that_names_no_region_may_still_be_complete(void **st)
{
    (void)st;
    state_is(STATUS, "{\"aggregatedState\": \"Completed\"}", ACG_OK, "verified");
}

static void what_failed_is_a_failure(void **st)
{
    (void)st;
    state_is(STATUS "/summary/1",
             "{\"region\": \"eastus2\", \"state\": \"Failed\", \"details\": \"no room\", \"progress\": 40}",
             ACG_ERR_MISMATCH,
             "finding error replication target_region: eastus2: replication is Failed: no room");
    state_is("/properties/provisioningState", "\"Failed\"", ACG_ERR_MISMATCH,
             "finding error replication gallery_image_version: the version is Failed in Azure");
    state_is(STATUS, "{\"aggregatedState\": \"Failed\"}", ACG_ERR_MISMATCH,
             "the replication is Failed in Azure, which names no region");
}

static void a_version_that_is_not_there_is_said_to_be_so(void **st)
{
    struct talk t = begin_declared();

    (void)st;
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 404, "error-not-found.json");
    talk_ends(&t, ACG_ERR_SERVICE);
    assert_int_equal(t.error.http_status, 404);
    talk_told(&t, "there is no such version: " ID);
    assert_null(t.report);
    talk_free(&t);
}

static void what_keeps_it_from_reading_is_said(void **st)
{
    struct talk t = begin_declared();

    (void)st;
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 403, "error-forbidden.json");
    talk_ends(&t, ACG_ERR_AUTH);
    talk_free(&t);
    t = begin_declared();
    talk_expect(&t, "GET", EXPAND);
    talk_reply_text(&t, 200, "<html>a proxy</html>");
    talk_ends(&t, ACG_ERR_PROTOCOL);
    talk_told(&t, "reading the version");
    talk_free(&t);
}

/* ---- the end ---- */

static void cancelling_ends_it_anywhere(void **st)
{
    struct talk t = begin_declared();

    (void)st;
    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    talk_free(&t);
    t = begin_declared();
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    talk_free(&t);
}

static void time_that_runs_out_before_the_version_is_read_ends_it(void **st)
{
    struct talk t = begin_declared();

    (void)st;
    talk_pass_ms(&t, 300000);
    talk_ends(&t, ACG_ERR_TIMEOUT);
    talk_told(&t, "the version was not read to the end");
    talk_free(&t);
}

static void sets_that_do_not_answer_in_time_are_unknown(void **st)
{
    struct talk t = begin_declared();

    (void)st;
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    talk_pass_ms(&t, 300000);
    talk_ends(&t, ACG_OK);
    talk_told(&t, "westus: could not be checked: not read");
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_version_as_declared_takes_one_read_and_one_of_each_set),
        cmocka_unit_test(nothing_declared_is_nothing_compared),
        cmocka_unit_test(each_field_that_differs_is_a_finding),
        cmocka_unit_test(each_disk_that_differs_is_a_finding),
        cmocka_unit_test(regions_missing_or_extra_are_findings),
        cmocka_unit_test(a_reading_behind_a_write_is_no_difference),
        cmocka_unit_test(a_declaration_without_regions_is_one_for_the_home_region),
        cmocka_unit_test(the_declared_type_is_compared_with_each_sets_own),
        cmocka_unit_test(each_set_of_another_type_is_named),
        cmocka_unit_test(a_set_that_is_gone_is_a_failure),
        cmocka_unit_test(a_set_of_another_region_is_a_failure),
        cmocka_unit_test(a_set_that_may_not_be_read_is_unknown),
        cmocka_unit_test(a_set_that_is_no_set_is_unknown),
        cmocka_unit_test(a_set_in_a_bad_state_is_a_warning),
        cmocka_unit_test(a_secure_vm_set_must_be_one),
        cmocka_unit_test(without_a_declaration_half_encryption_is_a_warning),
        cmocka_unit_test(what_is_still_running_is_no_failure_and_not_compared),
        cmocka_unit_test(a_status_that_names_no_region_may_still_be_complete),
        cmocka_unit_test(what_failed_is_a_failure),
        cmocka_unit_test(a_version_that_is_not_there_is_said_to_be_so),
        cmocka_unit_test(what_keeps_it_from_reading_is_said),
        cmocka_unit_test(cancelling_ends_it_anywhere),
        cmocka_unit_test(time_that_runs_out_before_the_version_is_read_ends_it),
        cmocka_unit_test(sets_that_do_not_answer_in_time_are_unknown),
    };

    return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
