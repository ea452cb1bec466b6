/* SPDX-License-Identifier: MPL-2.0 */
/* The round of GETs before the write. */
#include "testlib/talk.h"

#define VERSION "/versions/1.4.0?api-version="
#define IMAGE   "/images/web-build?"
#define SET(n)  "/diskEncryptionSets/" n "?api-version=2023-10-02"

static void version_is_free(struct talk *t)
{
    talk_expect(t, "GET", VERSION);
    talk_reply(t, 404, "error-not-found.json");
}

static void an_existing_version_is_a_conflict_and_stays_as_it_is(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");

    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 200, "succeeded.json");
    talk_expect(&t, "GET", IMAGE);
    talk_reply(&t, 200, "image.json");
    talk_ends(&t, ACG_ERR_CONFLICT);
    talk_told(&t, "the version exists (Succeeded, published 2026-11-01");
    assert_int_equal(t.puts, 0);
    assert_string_equal(t.state, "not started");
    talk_free(&t);
}

static void a_version_that_may_not_be_read_is_a_matter_of_permission(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");

    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 403, "error-forbidden.json");
    talk_expect(&t, "GET", IMAGE);
    talk_reply(&t, 200, "image.json");
    talk_ends(&t, ACG_ERR_AUTH);
    assert_int_equal(t.error.http_status, 403);
    assert_string_equal(t.error.arm_code, "AuthorizationFailed");
    assert_string_equal(t.error.request_id, "11111111-2222-3333-4444-555555555555");
    assert_int_equal(t.puts, 0);
    talk_free(&t);
}

static void a_lun_that_the_request_does_not_name_is_refused_by_number(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");

    version_is_free(&t);
    talk_expect(&t, "GET", IMAGE);
    talk_reply_edited(&t, 200, "image.json", "/properties/storageProfile/dataDisks/1", "{\"lun\": 7}", NULL);
    talk_ends(&t, ACG_ERR_PREFLIGHT);
    talk_told(&t, "7");
    talk_told(&t, "finding error");
    assert_int_equal(t.puts, 0);
    talk_free(&t);
}

static void a_named_lun_that_the_source_lacks_is_refused(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");

    version_is_free(&t);
    talk_expect(&t, "GET", IMAGE);
    talk_reply_edited(&t, 200, "image.json", "/properties/storageProfile/dataDisks", "[]", NULL);
    talk_ends(&t, ACG_ERR_PREFLIGHT);
    talk_told(&t, "R6");
    assert_int_equal(t.puts, 0);
    talk_free(&t);
}

static void a_region_wide_set_is_spread_and_that_is_said(void **st)
{
    struct talk t = talk_begin(st, "region-wide");

    version_is_free(&t);
    talk_expect(&t, "GET", IMAGE);
    talk_reply_edited(&t, 200, "image.json", "/properties/storageProfile/dataDisks",
                      "[{\"lun\": 0}, {\"lun\": 1}, {\"lun\": 7}]", NULL);
    talk_told(&t, "notice westus: the region-wide disk encryption set covers the OS disk, LUN 0\n");
    talk_told(&t, "notice eastus2: the region-wide disk encryption set covers the OS disk, LUN 0, LUN 1\n");
    talk_expect(&t, "PUT", VERSION);
    talk_free(&t);
}

static void a_missing_source_is_a_finding(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");

    version_is_free(&t);
    talk_expect(&t, "GET", IMAGE);
    talk_reply(&t, 404, "error-not-found.json");
    talk_ends(&t, ACG_ERR_PREFLIGHT);
    talk_told(&t, "error R22 managed_image: the source does not exist");
    talk_free(&t);
}

static void a_source_in_another_region_is_a_finding(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");

    version_is_free(&t);
    talk_expect(&t, "GET", IMAGE);
    talk_reply_edited(&t, 200, "image.json", "/location", "\"North Europe\"", NULL);
    talk_ends(&t, ACG_ERR_PREFLIGHT);
    talk_told(&t, "R22 managed_image: the source is in northeurope");
    talk_free(&t);
}

static void a_source_that_may_not_be_read_is_never_a_pass(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");

    version_is_free(&t);
    talk_expect(&t, "GET", IMAGE);
    talk_reply(&t, 403, "error-forbidden.json");
    talk_ends(&t, ACG_ERR_AUTH);
    assert_int_equal(t.puts, 0);
    talk_free(&t);
}

static void an_answer_that_is_no_source_is_never_a_pass(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");

    version_is_free(&t);
    talk_expect(&t, "GET", IMAGE);
    talk_reply_text(&t, 200, "<html>proxy</html>");
    talk_ends(&t, ACG_ERR_PROTOCOL);
    assert_int_equal(t.puts, 0);
    talk_free(&t);
}

/* Nor anything else beside the version and the source's LUNs. */
static void without_declared_encryption_no_set_has_to_be_read(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");

    talk_expect(&t, "GET", VERSION);
    assert_int_equal(t.open_count, 2);
    talk_free(&t);
}

static void what_a_publish_can_do_without_is_asked_once_and_stops_nothing(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");

    talk_by_hand(&t, SET("westus-os"));
    talk_by_hand(&t, "/galleries/Golden?");
    version_is_free(&t);
    talk_expect(&t, "GET", IMAGE);
    talk_reply(&t, 200, "image.json");
    talk_expect(&t, "GET", SET("westus-os"));
    talk_reply(&t, 503, "error-busy.json");
    talk_expect(&t, "GET", "/galleries/Golden?");
    talk_reply(&t, 403, "error-forbidden.json");
    talk_expect(&t, "PUT", VERSION);
    talk_told(
        &t,
        "finding unknown R3 target_region[0].os_disk.disk_encryption_set_id: westus: could not be checked");
    talk_told(&t, "finding unknown R16 gallery_name: could not be checked (R16, R36): no permission to read "
                  "the gallery");
    talk_free(&t);
}

static void what_it_can_do_without_stops_it_when_it_breaks_a_rule(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");

    talk_by_hand(&t, "/vaults/westus-kv?");
    version_is_free(&t);
    talk_expect(&t, "GET", IMAGE);
    talk_reply(&t, 200, "image.json");
    talk_expect(&t, "GET", "/vaults/westus-kv?");
    talk_reply_text(&t, 200, "{\"location\": \"eastus\", \"properties\": {\"enablePurgeProtection\": true}}");
    talk_ends(&t, ACG_ERR_PREFLIGHT);
    talk_told(&t, "finding error R32 target_region[0].os_disk.disk_encryption_set_id: the key vault ");
    assert_int_equal(t.puts, 0);
    talk_free(&t);
}

static void a_login_that_is_refused_for_them_ends_it(void **st)
{
    struct talk t = talk_begin(st, "image-cmk");

    talk_by_hand(&t, "/locations?");
    version_is_free(&t);
    talk_expect(&t, "GET", IMAGE);
    talk_reply(&t, 200, "image.json");
    talk_expect(&t, "GET", "/locations?");
    talk_fail(&t, ACGP_FAILURE_LOGIN, ACG_ERR_AUTH);
    talk_ends(&t, ACG_ERR_AUTH);
    talk_free(&t);
}

static void declared(struct talk *t)
{
    version_is_free(t);
    talk_expect(t, "GET", IMAGE);
    talk_reply(t, 200, "image.json");
    talk_expect(t, "GET", SET("westus-os"));
    talk_reply(t, 200, "set.json");
    talk_expect(t, "GET", SET("westus-data"));
    talk_reply(t, 200, "set.json");
    assert_int_equal(t->open_count, 1); /* eastus2-all is named twice and read once */
    talk_expect(t, "GET", SET("eastus2-all"));
}

static void sets_of_the_declared_type_in_their_regions_pass(void **st)
{
    struct talk t = talk_begin_with(st, "image-cmk", "encryption_type", "\"customer_key\"");

    declared(&t);
    talk_reply_edited(&t, 200, "set.json", "/location", "\"eastus2\"", NULL);
    talk_expect(&t, "PUT", VERSION);
    talk_free(&t);
}

static void a_declared_double_that_is_not_is_refused_set_by_set(void **st)
{
    struct talk t = talk_begin_with(st, "image-cmk", "encryption_type", "\"double\"");

    declared(&t);
    talk_reply_edited(&t, 200, "set.json", "/location", "\"eastus2\"", NULL);
    talk_ends(&t, ACG_ERR_PREFLIGHT);
    talk_told(&t, "3 findings, nothing was written");
    talk_told(&t,
              "declared is EncryptionAtRestWithPlatformAndCustomerKeys, the disk encryption set is of type "
              "EncryptionAtRestWithCustomerKey");
    assert_int_equal(t.puts, 0);
    talk_free(&t);
}

static void a_set_without_a_type_is_a_single_one(void **st)
{
    struct talk t = talk_begin_with(st, "image-cmk", "encryption_type", "\"double\"");

    declared(&t);
    talk_reply_edited(&t, 200, "set.json", "/location", "\"eastus2\"", "/properties/encryptionType", "-",
                      NULL);
    talk_ends(&t, ACG_ERR_PREFLIGHT);
    talk_told(&t, "3 findings");
    talk_free(&t);
}

static void a_set_of_another_region_is_refused_with_both_regions(void **st)
{
    struct talk t = talk_begin_with(st, "image-cmk", "encryption_type", "\"customer_key\"");

    declared(&t);
    talk_reply(&t, 200, "set.json");
    talk_ends(&t, ACG_ERR_PREFLIGHT);
    talk_told(&t, "R3 target_region[1].os_disk.disk_encryption_set_id: eastus2: the disk encryption set is "
                  "in westus and cannot be used in eastus2");
    assert_int_equal(t.puts, 0);
    talk_free(&t);
}

static void a_set_that_does_not_exist_is_refused(void **st)
{
    struct talk t = talk_begin_with(st, "image-cmk", "encryption_type", "\"customer_key\"");

    declared(&t);
    talk_reply(&t, 404, "error-not-found.json");
    talk_ends(&t, ACG_ERR_PREFLIGHT);
    talk_told(&t, "R2 target_region[1].os_disk.disk_encryption_set_id: eastus2: the disk encryption set does "
                  "not exist");
    talk_free(&t);
}

static void a_set_that_is_not_ready_is_refused(void **st)
{
    struct talk t = talk_begin_with(st, "image-cmk", "encryption_type", "\"customer_key\"");

    declared(&t);
    talk_reply_edited(&t, 200, "set.json", "/location", "\"eastus2\"", "/properties/provisioningState",
                      "\"Failed\"", NULL);
    talk_ends(&t, ACG_ERR_PREFLIGHT);
    talk_told(&t, "in state Failed");
    talk_free(&t);
}

static void a_set_that_may_not_be_read_is_unknown_and_no_pass(void **st)
{
    struct talk t = talk_begin_with(st, "image-cmk", "encryption_type", "\"customer_key\"");

    declared(&t);
    talk_not_told(&t, "finding");
    talk_reply(&t, 403, "error-forbidden.json");
    talk_expect(&t, "PUT", VERSION);
    talk_told(&t, "unknown R3 target_region[1].os_disk.disk_encryption_set_id: eastus2: could not be "
                  "checked"); /* before the write, not at the end */
    assert_false(t.over);
    talk_free(&t);
}

static void all_findings_of_the_round_are_reported_together(void **st)
{
    struct talk t = talk_begin_with(st, "image-cmk", "encryption_type", "\"double\"");

    version_is_free(&t);
    talk_expect(&t, "GET", IMAGE);
    talk_reply_edited(&t, 200, "image.json", "/properties/storageProfile/dataDisks/1", "{\"lun\": 7}", NULL);
    talk_expect(&t, "GET", SET("westus-os"));
    talk_reply(&t, 404, "error-not-found.json");
    talk_expect(&t, "GET", SET("westus-data"));
    talk_reply_edited(&t, 200, "set.json", "/location", "\"eastus\"", NULL);
    talk_expect(&t, "GET", SET("eastus2-all"));
    talk_reply_edited(&t, 200, "set.json", "/location", "\"eastus2\"", NULL);
    talk_ends(&t, ACG_ERR_PREFLIGHT);
    talk_told(&t, "R2 target_region[0]");
    talk_told(&t, "R3 target_region[0]");
    talk_told(&t, "error encryption_type target_region[0]");
    talk_told(&t, "error encryption_type target_region[1]");
    talk_told(&t, "LUN 7");
    assert_int_equal(t.puts, 0);
    talk_free(&t);
}

static void a_confidential_set_must_be_of_the_confidential_type(void **st)
{
    struct talk t = talk_begin_with(st, "confidential", "encryption_type", "\"EncryptedWithCmk\"");

    version_is_free(&t);
    talk_expect(&t, "GET", SET("westus-cvm"));
    talk_reply(&t, 200, "set.json");
    talk_expect(&t, "GET", SET("eastus2-cvm"));
    talk_reply_edited(&t, 200, "set.json", "/location", "\"eastus2\"", "/properties/encryptionType",
                      "\"ConfidentialVmEncryptedWithCustomerKey\"", NULL);
    talk_ends(&t, ACG_ERR_PREFLIGHT);
    talk_told(&t, "1 finding,");
    talk_told(&t,
              "secure_vm_disk_encryption_set_id needs a set of type ConfidentialVmEncryptedWithCustomerKey");
    talk_free(&t);
}

static void without_a_location_the_source_tells_it_and_is_the_only_target(void **st)
{
    struct talk t = talk_begin(st, "source-region");

    version_is_free(&t);
    talk_expect(&t, "GET", IMAGE);
    talk_reply_edited(&t, 200, "image.json", "/location", "\"West Europe\"", NULL);
    talk_expect(&t, "PUT", VERSION);
    assert_non_null(strstr(t.last_put, "\"location\":\"westeurope\""));
    assert_non_null(strstr(t.last_put, "\"targetRegions\":[{\"name\":\"westeurope\"}]"));
    talk_free(&t);
}

static void a_home_region_read_from_the_source_must_be_a_target(void **st)
{
    struct talk t = talk_begin_with(st, "source-region", "target_regions", "[{\"name\": \"eastus2\"}]");

    version_is_free(&t);
    talk_expect(&t, "GET", IMAGE);
    talk_reply(&t, 200, "image.json");
    talk_ends(&t, ACG_ERR_PREFLIGHT);
    talk_told(&t, "R9 location: the source is in westus");
    talk_free(&t);
}

static void an_unencrypted_image_with_a_location_needs_no_source_read(void **st)
{
    struct talk t = talk_begin(st, "vm-plain");

    version_is_free(&t);
    talk_expect(&t, "PUT", VERSION);
    assert_int_equal(t.gets, 1);
    talk_free(&t);
}

static void throttling_is_obeyed_and_said(void **st)
{
    struct talk t = talk_begin(st, "vm-plain");

    talk_expect(&t, "GET", VERSION);
    talk_header(&t, "Retry-After", "17");
    talk_reply(&t, 429, "error-throttled.json");
    talk_told(&t, "HTTP 429 TooManyRequests");
    talk_told(&t, "again in 17 s");
    talk_pass_ms(&t, 16999);
    talk_expect_silence(&t);
    talk_pass_ms(&t, 1);
    version_is_free(&t);
    talk_expect(&t, "PUT", VERSION);
    talk_free(&t);
}

static void a_server_error_without_a_wait_is_tried_again_soon(void **st)
{
    struct talk t = talk_begin(st, "vm-plain");

    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 503, "error-busy.json");
    talk_pass_ms(&t, 1001);
    version_is_free(&t);
    talk_expect(&t, "PUT", VERSION);
    talk_free(&t);
}

static void an_outage_ends_as_temporary_with_the_last_real_error(void **st)
{
    struct talk t = talk_begin(st, "vm-plain");

    for (int i = 0; i < 8; i++) {
        talk_expect(&t, "GET", VERSION);
        talk_reply(&t, 503, "error-busy.json");
        talk_pass_ms(&t, 31000);
    }
    talk_ends(&t, ACG_ERR_TEMPORARY);
    assert_string_equal(t.error.arm_code, "ServerTimeout");
    assert_int_equal(t.gets, 8);
    talk_free(&t);
}

static void a_wait_that_outlasts_the_deadline_fails_now(void **st)
{
    struct talk t = talk_begin_with(st, "vm-plain", "timeout_ms", "60000");

    talk_expect(&t, "GET", VERSION);
    talk_header(&t, "Retry-After", "3600");
    talk_reply(&t, 429, "error-throttled.json");
    talk_ends(&t, ACG_ERR_TEMPORARY);
    assert_int_equal(t.now_ms, 0);
    assert_int_equal(t.error.http_status, 429);
    talk_free(&t);
}

static void a_refused_token_buys_one_fresh_one(void **st)
{
    struct talk t = talk_begin(st, "vm-plain");

    talk_expect(&t, "GET", VERSION);
    assert_false(t.current.fresh_token);
    talk_reply(&t, 401, "error-forbidden.json");
    talk_expect(&t, "GET", VERSION);
    assert_true(t.current.fresh_token);
    talk_reply(&t, 401, "error-forbidden.json");
    talk_ends(&t, ACG_ERR_AUTH);
    assert_int_equal(t.gets, 2);
    assert_int_equal(t.error.http_status, 401);
    talk_free(&t);
}

static void a_failed_login_ends_the_publish(void **st)
{
    struct talk t = talk_begin(st, "vm-plain");

    talk_expect(&t, "GET", VERSION);
    talk_fail(&t, ACGP_FAILURE_LOGIN, ACG_ERR_AUTH);
    talk_ends(&t, ACG_ERR_AUTH);
    talk_free(&t);
}

static void a_refused_certificate_is_not_tried_again(void **st)
{
    struct talk t = talk_begin(st, "vm-plain");

    talk_expect(&t, "GET", VERSION);
    talk_fail(&t, ACGP_FAILURE_TRUST, ACG_ERR_TRANSPORT);
    talk_ends(&t, ACG_ERR_TRANSPORT);
    assert_int_equal(t.gets, 1);
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_existing_version_is_a_conflict_and_stays_as_it_is),
        cmocka_unit_test(a_version_that_may_not_be_read_is_a_matter_of_permission),
        cmocka_unit_test(a_lun_that_the_request_does_not_name_is_refused_by_number),
        cmocka_unit_test(a_named_lun_that_the_source_lacks_is_refused),
        cmocka_unit_test(a_region_wide_set_is_spread_and_that_is_said),
        cmocka_unit_test(a_missing_source_is_a_finding),
        cmocka_unit_test(a_source_in_another_region_is_a_finding),
        cmocka_unit_test(a_source_that_may_not_be_read_is_never_a_pass),
        cmocka_unit_test(an_answer_that_is_no_source_is_never_a_pass),
        cmocka_unit_test(without_declared_encryption_no_set_has_to_be_read),
        cmocka_unit_test(what_a_publish_can_do_without_is_asked_once_and_stops_nothing),
        cmocka_unit_test(what_it_can_do_without_stops_it_when_it_breaks_a_rule),
        cmocka_unit_test(a_login_that_is_refused_for_them_ends_it),
        cmocka_unit_test(sets_of_the_declared_type_in_their_regions_pass),
        cmocka_unit_test(a_declared_double_that_is_not_is_refused_set_by_set),
        cmocka_unit_test(a_set_without_a_type_is_a_single_one),
        cmocka_unit_test(a_set_of_another_region_is_refused_with_both_regions),
        cmocka_unit_test(a_set_that_does_not_exist_is_refused),
        cmocka_unit_test(a_set_that_is_not_ready_is_refused),
        cmocka_unit_test(a_set_that_may_not_be_read_is_unknown_and_no_pass),
        cmocka_unit_test(all_findings_of_the_round_are_reported_together),
        cmocka_unit_test(a_confidential_set_must_be_of_the_confidential_type),
        cmocka_unit_test(without_a_location_the_source_tells_it_and_is_the_only_target),
        cmocka_unit_test(a_home_region_read_from_the_source_must_be_a_target),
        cmocka_unit_test(an_unencrypted_image_with_a_location_needs_no_source_read),
        cmocka_unit_test(throttling_is_obeyed_and_said),
        cmocka_unit_test(a_server_error_without_a_wait_is_tried_again_soon),
        cmocka_unit_test(an_outage_ends_as_temporary_with_the_last_real_error),
        cmocka_unit_test(a_wait_that_outlasts_the_deadline_fails_now),
        cmocka_unit_test(a_refused_token_buys_one_fresh_one),
        cmocka_unit_test(a_failed_login_ends_the_publish),
        cmocka_unit_test(a_refused_certificate_is_not_tried_again),
    };

    return cmocka_run_group_tests_name("checks", tests, NULL, NULL);
}
