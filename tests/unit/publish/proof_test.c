/* SPDX-License-Identifier: MPL-2.0 */
/* The version that is there against the one that was asked for. */
#include "testlib/talk.h"

#define VERSION "/versions/1.4.0?api-version="
#define EXPAND  "/versions/1.4.0?$expand=ReplicationStatus"
#define PROFILE "/properties/publishingProfile"
#define WESTUS  PROFILE "/targetRegions/0"
#define EASTUS2 PROFILE "/targetRegions/1"
#define OTHER   "\"/subscriptions/s/resourceGroups/r/providers/Microsoft.Compute/diskEncryptionSets/other\""

static struct talk before_proof(void **st, const char *options)
{
    struct talk t = talk_begin(st, options);

    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 404, "error-not-found.json");
    if (strncmp(options, "image", 5) == 0) {
        talk_expect(&t, "GET", "/images/web-build");
        talk_reply(&t, 200, "image.json");
    }
    talk_expect(&t, "PUT", VERSION);
    talk_accept(&t);
    talk_expect(&t, "GET", "/capsOperations/op-1");
    talk_reply(&t, 200, "operation-succeeded.json");
    talk_expect(&t, "GET", EXPAND);
    return t;
}

/* One field read back otherwise, three times over ten seconds. */
static void differs(void **st, const char *pointer, const char *value, const char *told)
{
    struct talk t = before_proof(st, "image-cmk");

    for (int i = 0; i < 3; i++) {
        talk_expect(&t, "GET", EXPAND);
        talk_reply_edited(&t, 200, "succeeded.json", pointer, value, NULL);
        if (i < 2)
            talk_pass_ms(&t, 5000);
    }
    talk_ends(&t, ACG_ERR_MISMATCH);
    assert_int_equal(t.now_ms, 10000);
    assert_int_equal(acg_status_exit_code(t.error.status), 7);
    talk_told(&t, told);
    assert_false(t.proved);
    talk_free(&t);
}

static void each_field_that_differs_is_told_with_asked_and_found(void **st)
{
    differs(st, "/location", "\"eastus2\"", "location: asked westus, found eastus2");
    differs(st, WESTUS "/regionalReplicaCount", "1", "westus, replicas: asked 2, found 1");
    differs(st, EASTUS2 "/regionalReplicaCount", "9", "eastus2, replicas: asked 1, found 9");
    differs(st, WESTUS "/storageAccountType", "\"Standard_LRS\"",
            "westus, storage account type: asked 'Standard_ZRS', found 'Standard_LRS'");
    differs(st, EASTUS2 "/excludeFromLatest", "-",
            "eastus2, exclude from latest: asked 'true', found 'false'");
    differs(st, PROFILE "/excludeFromLatest", "false", "exclude from latest: asked true, found false");
    differs(st, PROFILE "/endOfLifeDate", "-", "end of life date: asked 2028-01-31T00:00:00Z, found none");
    differs(st, PROFILE "/endOfLifeDate", "\"2028-02-01T00:00:00+00:00\"",
            "end of life date: asked 2028-01-31T00:00:00Z, found 2028-02-01T00:00:00+00:00");
}

static void each_disk_that_differs_is_told_with_region_and_lun(void **st)
{
    differs(st, WESTUS "/encryption", "-", "westus, OS disk: asked '/subscriptions");
    differs(st, WESTUS "/encryption/osDiskImage/diskEncryptionSetId", OTHER,
            "diskEncryptionSets/westus-os', found '/subscriptions/s/resourceGroups/r");
    differs(st, EASTUS2 "/encryption/dataDiskImages", "[]", "eastus2, LUN 0: asked '/subscriptions");
    differs(st, EASTUS2 "/encryption/dataDiskImages/0/diskEncryptionSetId", "\"\"",
            "eastus2-all', found none");
    differs(st, EASTUS2 "/encryption/dataDiskImages/1", "{\"lun\": 5, \"diskEncryptionSetId\": " OTHER "}",
            "eastus2, LUN 5: asked none, found");
    differs(st, EASTUS2 "/encryption/osDiskImage/securityProfile",
            "{\"confidentialVMEncryptionType\": \"EncryptedWithPmk\"}",
            "eastus2, confidential VM encryption type: asked none, found 'EncryptedWithPmk'");
    differs(st, EASTUS2 "/encryption/osDiskImage/securityProfile",
            "{\"secureVMDiskEncryptionSetId\": " OTHER "}",
            "eastus2, secure VM disk encryption set: asked none, found");
}

static void a_disk_that_nobody_named_is_a_difference_in_every_region(void **st)
{
    struct talk t = before_proof(st, "image-cmk");

    for (int i = 0; i < 3; i++) {
        talk_expect(&t, "GET", EXPAND);
        talk_reply_edited(&t, 200, "succeeded.json", "/properties/storageProfile/dataDiskImages/1",
                          "{\"lun\": 4}", NULL);
        talk_pass_ms(&t, 5000);
    }
    talk_ends(&t, ACG_ERR_MISMATCH);
    talk_told(&t, "westus, LUN 4: nobody named this disk");
    talk_told(&t, "(2 differences in all)");
    talk_told(&t, "finding error proof: eastus2, LUN 4: nobody named this disk");
    talk_free(&t);
}

static void a_disk_that_the_version_lacks_is_a_difference(void **st)
{
    differs(st, "/properties/storageProfile/dataDiskImages", "[]",
            "LUN 0: asked, but the version has no such data disk");
}

static void regions_missing_or_extra_are_differences(void **st)
{
    differs(st, EASTUS2, "-", "eastus2: asked, but the version is not published there");
    differs(st, PROFILE "/targetRegions/2", "{\"name\": \"North Europe\"}",
            "North Europe: not asked for, but the version is published there");
    differs(st, PROFILE "/targetExtendedLocations",
            "[{\"name\": \"West US\", \"extendedLocation\": {\"name\": \"losangeles\"}}]",
            "losangeles@West US: not asked for");
}

static void a_difference_that_passes_is_none(void **st)
{
    struct talk t = before_proof(st, "image-cmk");

    talk_reply_edited(&t, 200, "succeeded.json", EASTUS2 "/encryption/dataDiskImages", "[]", NULL);
    talk_told(&t, "step the version read back is not what was asked: reading it again");
    talk_pass_ms(&t, 4999);
    talk_expect_silence(&t);
    talk_pass_ms(&t, 1);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    talk_ends(&t, ACG_OK);
    assert_true(t.proved);
    talk_free(&t);
}

static void differences_that_take_turns_count_in_the_end(void **st)
{
    struct talk t = before_proof(st, "image-cmk");

    for (int i = 0; i < 12; i++) {
        talk_expect(&t, "GET", EXPAND);
        talk_reply_edited(&t, 200, "succeeded.json", WESTUS "/regionalReplicaCount", i % 2 ? "7" : "8", NULL);
        talk_pass_ms(&t, 5000);
    }
    talk_ends(&t, ACG_ERR_MISMATCH);
    talk_told(&t, "westus, replicas: asked 2, found 7");
    talk_free(&t);
}

static void what_the_service_fills_in_or_spells_otherwise_is_no_difference(void **st)
{
    struct talk t = before_proof(st, "image-cmk");

    talk_reply_edited(&t, 200, "succeeded.json", "/location", "\"West US\"", WESTUS "/name", "\"WESTUS\"",
                      WESTUS "/storageAccountType", "\"standard_zrs\"", EASTUS2 "/regionalReplicaCount", "-",
                      EASTUS2 "/storageAccountType", "\"Premium_LRS\"", PROFILE "/replicationMode",
                      "\"Full\"", PROFILE "/endOfLifeDate", "\"2028-01-31T02:00:00.0000000+02:00\"",
                      "/properties/publishingProfile/publishedDate", "-", NULL);
    talk_ends(&t, ACG_OK);
    talk_free(&t);
}

static void a_missing_version_during_the_proof_is_read_again(void **st)
{
    struct talk t = before_proof(st, "image-cmk");

    talk_reply_edited(&t, 200, "succeeded.json", "/location", "\"eastus2\"", NULL);
    talk_pass_ms(&t, 5000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 404, "error-not-found.json");
    talk_pass_ms(&t, 5000);
    talk_expect(&t, "GET", EXPAND);
    talk_reply(&t, 200, "succeeded.json");
    talk_ends(&t, ACG_OK);
    talk_free(&t);
}

static void an_unencrypted_version_proves_that_nothing_is_encrypted(void **st)
{
    struct talk t = before_proof(st, "vm-plain");

    for (int i = 0; i < 3; i++) {
        talk_expect(&t, "GET", EXPAND);
        talk_reply_edited(
            &t, 200, "succeeded.json", PROFILE "/targetRegions",
            "[{\"name\": \"West Europe\", \"regionalReplicaCount\": 3, \"storageAccountType\": "
            "\"Standard_LRS\", \"encryption\": {\"osDiskImage\": {\"diskEncryptionSetId\": " OTHER "}}}]",
            "/location", "\"westeurope\"", "/properties/replicationStatus/summary",
            "[{\"region\": \"westeurope\", \"state\": \"Completed\"}]", NULL);
        talk_pass_ms(&t, 5000);
    }
    talk_ends(&t, ACG_ERR_MISMATCH);
    talk_told(&t, "westeurope, OS disk: asked none, found");
    talk_free(&t);
}

/* ---- the report of a proof ---- */

static struct talk at_the_report(void **st)
{
    struct talk t = before_proof(st, "image-cmk");

    t.answers_sets = false;
    talk_reply(&t, 200, "succeeded.json");
    assert_int_equal(t.open_count, 3); /* each distinct set once */
    return t;
}

static void answer_sets(struct talk *t, int status, const char *file)
{
    while (t->open_count != 0) {
        talk_expect(t, "GET", "?api-version=2023-10-02");
        talk_reply(t, status, file);
    }
}

static void reports(struct talk *t, const char *part)
{
    assert_non_null(t->report);
    if (strstr(t->report, part) == NULL)
        print_error("%s\n", t->report);
    assert_non_null(strstr(t->report, part));
}

static void a_proof_reports_the_key_of_every_disk(void **st)
{
    struct talk t = at_the_report(st);

    answer_sets(&t, 200, "set.json");
    talk_ends(&t, ACG_OK);
    assert_true(t.proved);
    reports(&t, "\"disk\":0,\"encryption_type\":\"EncryptionAtRestWithCustomerKey\"");
    reports(&t, "\"key_url\":\"https://v.vault.azure.net/keys/k/1\"");
    reports(&t, "\"key_version\":\"1\"");
    reports(&t, "\"vault_url\":\"https://v.vault.azure.net\"");
    reports(&t, "\"compared\":true");
    talk_free(&t);
}

static void a_set_that_cannot_be_read_is_unknown_and_no_failure(void **st)
{
    static const struct {
        int status;
        const char *file, *told;
    } rows[] = {{403, "error-forbidden.json", "no permission"},
                {404, "error-not-found.json", "not found"},
                {400, "error-invalid.json", "could not be read"}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct talk t = at_the_report(st);
        answer_sets(&t, rows[i].status, rows[i].file);
        talk_ends(&t, ACG_OK);
        assert_true(t.proved);
        reports(&t, rows[i].told);
        reports(&t, "\"encryption_type\":null");
        talk_free(&t);
    }
}

static void sets_that_do_not_answer_hold_a_proof_up_for_a_minute(void **st)
{
    struct talk t = at_the_report(st);

    talk_pass_ms(&t, 59999);
    assert_false(t.done_event);
    talk_pass_ms(&t, 1);
    talk_ends(&t, ACG_OK);
    assert_true(t.proved);
    reports(&t, "\"reading\":\"not read\"");
    talk_free(&t);
}

static void stopping_at_the_report_does_not_take_the_proof_back(void **st)
{
    struct talk t = at_the_report(st);

    talk_cancel(&t);
    talk_ends(&t, ACG_OK);
    assert_true(t.proved);
    assert_string_equal(t.state, "succeeded");
    talk_free(&t);
}

static void a_proof_that_failed_is_reported_with_what_was_found(void **st)
{
    struct talk t = before_proof(st, "image-cmk");

    for (int i = 0; i < 3; i++) {
        talk_expect(&t, "GET", EXPAND);
        talk_reply_edited(&t, 200, "succeeded.json", EASTUS2 "/encryption/osDiskImage/diskEncryptionSetId",
                          OTHER, NULL);
        talk_pass_ms(&t, 5000);
    }
    talk_ends(&t, ACG_ERR_MISMATCH);
    reports(&t, "\"verdict\":\"eastus2, OS disk: asked '/subscriptions");
    reports(&t, "diskEncryptionSets/other\"");
    talk_free(&t);
}

static void a_publish_that_never_came_to_its_proof_has_no_report(void **st)
{
    struct talk t = before_proof(st, "image-cmk");

    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    assert_null(t.report);
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_field_that_differs_is_told_with_asked_and_found),
        cmocka_unit_test(each_disk_that_differs_is_told_with_region_and_lun),
        cmocka_unit_test(a_disk_that_nobody_named_is_a_difference_in_every_region),
        cmocka_unit_test(a_disk_that_the_version_lacks_is_a_difference),
        cmocka_unit_test(regions_missing_or_extra_are_differences),
        cmocka_unit_test(a_difference_that_passes_is_none),
        cmocka_unit_test(differences_that_take_turns_count_in_the_end),
        cmocka_unit_test(what_the_service_fills_in_or_spells_otherwise_is_no_difference),
        cmocka_unit_test(a_missing_version_during_the_proof_is_read_again),
        cmocka_unit_test(an_unencrypted_version_proves_that_nothing_is_encrypted),
        cmocka_unit_test(a_proof_reports_the_key_of_every_disk),
        cmocka_unit_test(a_set_that_cannot_be_read_is_unknown_and_no_failure),
        cmocka_unit_test(sets_that_do_not_answer_hold_a_proof_up_for_a_minute),
        cmocka_unit_test(stopping_at_the_report_does_not_take_the_proof_back),
        cmocka_unit_test(a_proof_that_failed_is_reported_with_what_was_found),
        cmocka_unit_test(a_publish_that_never_came_to_its_proof_has_no_report),
    };

    return cmocka_run_group_tests_name("proof", tests, NULL, NULL);
}
