/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/alloc.h"
#include "packer/result_text.h"

static void expect_duration(int64_t ms, const char *text)
{
    struct acgp_buf out;
    acgp_buf_init(&out, 100);
    assert_true(pkr_duration_text(&out, ms));
    assert_string_equal(out.data, text);
    acgp_buf_done(&out);
}

static void durations_are_short(void **st)
{
    (void)st;
    expect_duration(0, "0 s");
    expect_duration(59999, "59 s");
    expect_duration(200000, "3 min 20 s");
    expect_duration(7500000, "2 h 5 min");
}

static void expect_region(const struct acg_result_region *region, const char *text)
{
    struct acgp_buf out;
    acgp_buf_init(&out, 1000);
    assert_true(pkr_region_text(&out, region));
    assert_string_equal(out.data, text);
    acgp_buf_done(&out);
}

static void a_region_names_each_disks_set(void **st)
{
    struct acg_result_disk disks[] = {{.os = true,
                                       .secure_vm_disk_encryption_set_id = "/a/cvm",
                                       .confidential_vm_encryption_type = "EncryptedWithCmk"},
                                      {.lun = 2, .disk_encryption_set_id = "/a/b/data2"},
                                      {.lun = 3}};
    struct acg_result_region region = {
        .name = "westus", .state = "Completed", .replicas = 1, .disks = disks, .disk_count = 3};
    (void)st;
    expect_region(
        &region,
        "westus: Completed, 1 replica; OS disk: cvm (EncryptedWithCmk); LUN 2: data2; LUN 3: platform key");
    struct acg_result_region zone = {
        .name = "westus", .edge_zone = "losangeles", .storage_account_type = "Standard_LRS"};
    expect_region(&zone, "westus (edge zone losangeles), Standard_LRS");
    struct acg_result_region named = {.name = "losangeles@westus", .edge_zone = "losangeles"};
    expect_region(&named, "losangeles@westus");
}

static void expect_failure(const struct acg_error *error, const char *state, bool cancelled, const char *text)
{
    struct acg_result result = {.state = state};
    char *got = pkr_failure_text(error, state == NULL ? NULL : &result,
                                 "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/galleries/"
                                 "Golden/images/web/versions/1.0.0",
                                 cancelled);
    assert_non_null(got);
    assert_string_equal(got, text);
    acgp_free(got);
}

static void expect_success(const struct acg_result *result, const char *text)
{
    struct acgp_buf out;
    acgp_buf_init(&out, 1000);
    assert_true(pkr_success_text(&out, result));
    assert_string_equal(out.data, text);
    acgp_buf_done(&out);
}

static void a_success_says_what_is_proved(void **st)
{
    struct acg_result_region regions[] = {{.name = "eastus2", .state = "Completed"},
                                          {.name = "westus", .state = "Replicating"}};
    struct acg_result result = {
        .state = "accepted", .location = "westus", .regions = regions, .region_count = 2};
    (void)st;
    expect_success(&result, "Accepted by Azure, which goes on replicating; nothing is proved yet. Took 0 s");
    regions[1].state = "Completed";
    expect_success(
        &result,
        "Published to the home region; Azure goes on with the others, and they are not proved yet. Took 0 s");
    result.proved = true;
    result.state = "succeeded";
    expect_success(
        &result,
        "Published: replicated to every region, read back and found to be what was asked for, in 0 s");
    result.state = "succeeded in part";
    expect_success(
        &result, "Published in part: what is there was read back and found to be what was asked for, in 0 s");
}

#define SEE                                                                                                  \
    "Nothing was deleted; the same build goes on, and this tells how far Azure is: az sig image-version "    \
    "show --subscription s -g rg "                                                                           \
    "-r Golden -i web -e 1.0.0 --expand ReplicationStatus"

static void a_failure_says_how_to_go_on(void **st)
{
    struct acg_error error = {.status = ACG_ERR_TIMEOUT, .message = "time is up"};
    struct acg_error full = {.status = ACG_ERR_SERVICE,
                             .http_status = 409,
                             .arm_code = "Unheard",
                             .request_id = "r-1",
                             .field = "location",
                             .message = "no"};
    struct acg_error bare = {.status = ACG_ERR_NOMEM};
    (void)st;
    expect_failure(&error, "running", false, "time is up. " SEE);
    expect_failure(&error, "running", true, "cancelled: time is up. " SEE);
    expect_failure(&error, NULL, true, "cancelled: time is up. " SEE);
    expect_failure(&error, "not started", true,
                   "cancelled: time is up. Nothing was written to Azure: run the build again");
    expect_failure(&full, "failed", false, "location: no (HTTP 409, Unheard, request id r-1)");
    expect_failure(&full, "not started", false, "location: no (HTTP 409, Unheard, request id r-1)");
    expect_failure(&bare, NULL, false, acg_status_name(ACG_ERR_NOMEM));
}

static void azures_own_words_come_before_cause_and_next_step(void **st)
{
    struct acg_error error = {.status = ACG_ERR_AUTH,
                              .http_status = 403,
                              .arm_code = "AuthorizationFailed",
                              .message = "the client lacks an action"};
    struct acg_error running = {.status = ACG_ERR_TIMEOUT,
                                .message =
                                    "time is up; the last answer was: Too many requests on source 's'. "
                                    "Please reduce the number of requests on the source"};
    (void)st;
    expect_failure(
        &error, "not started", false,
        "the client lacks an action (HTTP 403, AuthorizationFailed). Cause: the login's role lacks the "
        "action that the message names, on the scope that it names. Next step: assign a role with that "
        "action there; a new assignment takes some minutes to count");
    expect_failure(
        &running, "running", false,
        "time is up; the last answer was: Too many requests on source 's'. Please reduce the number of "
        "requests on the source. Cause: several versions are published from one source at the same time. "
        "Next step: publish them one after the other (packer build -parallel-builds=1). " SEE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_short),
        cmocka_unit_test(a_region_names_each_disks_set),
        cmocka_unit_test(a_success_says_what_is_proved),
        cmocka_unit_test(a_failure_says_how_to_go_on),
        cmocka_unit_test(azures_own_words_come_before_cause_and_next_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
