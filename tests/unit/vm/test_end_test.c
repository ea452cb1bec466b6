/* SPDX-License-Identifier: MPL-2.0 */
/* Whatever comes in between, what the test made is deleted, or what is left is said. */
#include "rig.h"

#include <stdio.h>

/* ---- failures in each step ---- */

static void refused_as(struct talk t, enum acg_status status, const char *told)
{
    vm_is_deleted(&t);
    talk_ends(&t, status);
    talk_told(&t, told);
    talk_not_told(&t, "left in Azure");
    vm_nobody_saw_the_password(&t);
    talk_free(&t);
}

static void what_azure_refuses_is_said_after_all_is_deleted(void **st)
{
    struct talk t = vm_until_network(GENERALISED);

    (void)st;
    talk_reply(&t, 403, "error-policy.json");
    refused_as(t, ACG_ERR_SERVICE, "making the virtual network");
    t = vm_until_network(GENERALISED);
    vm_answer_made(&t, NETWORK);
    talk_expect(&t, "PUT", INTERFACE);
    talk_reply(&t, 400, "error-invalid.json");
    refused_as(t, ACG_ERR_SERVICE, "making the network interface");
    t = vm_until_vm(GENERALISED);
    talk_reply(&t, 400, "error-invalid.json");
    refused_as(t, ACG_ERR_SERVICE, "making the virtual machine");
}

static void a_refused_group_leaves_nothing(void **st)
{
    struct talk t = vm_until_group(GENERALISED);

    (void)st;
    talk_reply(&t, 403, "error-forbidden.json");
    talk_ends(&t, ACG_ERR_AUTH);
    talk_not_told(&t, "left in Azure");
    talk_free(&t);
}

static void a_vm_that_fails_is_said_after_all_is_deleted(void **st)
{
    struct talk t = vm_until_vm(GENERALISED);

    (void)st;
    talk_header(&t, "Azure-AsyncOperation", OPERATION);
    talk_reply_text(&t, 201, "{}");
    talk_expect(&t, "GET", "/op/1");
    talk_reply_text(
        &t, 200,
        "{\"status\": \"Failed\", \"error\": {\"code\": \"SkuNotAvailable\", \"message\": \"none left\"}}");
    vm_is_deleted(&t);
    talk_ends(&t, ACG_ERR_SERVICE);
    assert_string_equal(t.error.arm_code, "SkuNotAvailable");
    talk_free(&t);
    t = vm_until_vm(GENERALISED);
    talk_reply_text(&t, 201, "{}");
    talk_expect(&t, "GET", VM);
    talk_reply_text(&t, 200, "{\"properties\": {\"provisioningState\": \"Failed\"}}");
    vm_is_deleted(&t);
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_told(&t, "making the virtual machine: it is Failed in Azure");
    talk_free(&t);
}

static void time_that_runs_out_leads_to_the_deletion(void **st)
{
    struct talk t = vm_until_vm(GENERALISED);

    (void)st;
    talk_reply_text(&t, 201, "{}");
    for (int i = 0; i < 200 && strstr(t.told, "deleting the resource group") == NULL; i++) {
        talk_expect(&t, "GET", VM);
        talk_reply_text(&t, 200, "{\"properties\": {\"provisioningState\": \"Creating\"}}");
        talk_pass_ms(&t, 30000);
    }
    vm_is_deleted(&t);
    talk_ends(&t, ACG_ERR_TIMEOUT);
    talk_told(&t, "the test was not over after 1800 s");
    talk_free(&t);
}

/* ---- cancelling in each step ---- */

static void cancelled(struct talk t)
{
    talk_cancel(&t);
    vm_is_deleted(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    talk_not_told(&t, "left in Azure");
    talk_free(&t);
}

static void cancelling_deletes_what_was_made(void **st)
{
    struct talk t = vm_until_read(GENERALISED);

    (void)st;
    cancelled(vm_until_network(GENERALISED));
    cancelled(vm_until_vm(GENERALISED));
    talk_reply_text(&t, 200, VM_MADE);
    cancelled(t);
}

static void cancelling_before_anything_is_made_ends_at_once(void **st)
{
    struct talk t = vm_begin(true, NULL, "westus");

    (void)st;
    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    talk_free(&t);
    t = vm_begin(true, NULL, "westus");
    vm_answer_look(&t, GENERALISED);
    vm_answer_sets(&t);
    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    talk_not_told(&t, "left in Azure");
    talk_free(&t);
}

/* The group's own PUT is on its way: it may still come to be. */
static void cancelling_while_the_group_is_made_looks_for_it_a_while(void **st)
{
    struct talk t = vm_until_group(GENERALISED);

    (void)st;
    talk_cancel(&t);
    for (int i = 0; i < 3; i++) {
        talk_expect(&t, "GET", GROUP);
        assert_false(t.done_event);
        talk_reply(&t, 404, "error-not-found.json");
        talk_pass_ms(&t, 60000);
    }
    talk_ends(&t, ACG_ERR_CANCELLED);
    talk_not_told(&t, "left in Azure");
    talk_free(&t);
    cancelled(vm_until_group(GENERALISED));
}

static void the_first_cancel_while_deleting_changes_nothing(void **st)
{
    struct talk t = vm_until_vm(GENERALISED);

    (void)st;
    talk_reply(&t, 400, "error-invalid.json");
    talk_cancel(&t);
    talk_told(&t, "the deletion goes on; stop again to leave it");
    vm_is_deleted(&t);
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_free(&t);
}

static void the_second_cancel_leaves_and_says_what(void **st)
{
    struct talk t = vm_until_vm(GENERALISED);
    char command[256];

    (void)st;
    talk_cancel(&t);
    talk_expect(&t, "GET", GROUP);
    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    snprintf(
        command, sizeof command,
        "az group delete --subscription 00000000-0000-0000-0000-000000000001 --name acg-vm-test-%s --yes",
        vm_run);
    talk_told(&t, command);
    vm_reports(&t, "\"deleted\":false,\"left\":\"/subscriptions/");
    talk_free(&t);
}

/* ---- deleting ---- */

static struct talk until_clean(void)
{
    struct talk t = vm_until_vm(GENERALISED);

    talk_reply(&t, 400, "error-invalid.json");
    talk_expect(&t, "GET", GROUP);
    return t;
}

static void a_group_whose_tag_changed_is_not_deleted(void **st)
{
    struct talk t = until_clean();

    (void)st;
    vm_answer_group(&t, "Succeeded", "another");
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_told(&t, "does not carry the tag acg-run=");
    talk_told(&t, "left in Azure: /subscriptions/");
    talk_free(&t);
    t = until_clean();
    talk_reply_text(&t, 200, MADE); /* no tags at all */
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_told(&t, "left in Azure: /subscriptions/");
    talk_free(&t);
}

static void a_lost_answer_to_the_deletion_is_settled_by_reading(void **st)
{
    struct talk t = until_clean();

    (void)st;
    vm_answer_group(&t, "Succeeded", vm_run);
    talk_expect(&t, "DELETE", GROUP);
    talk_lose_reply(&t);
    talk_expect_silence(&t);
    talk_pass_ms(&t, 60000);
    vm_is_deleted(&t); /* it had not arrived: recognised anew, and deleted */
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_free(&t);
}

static void a_busy_group_is_deleted_later(void **st)
{
    struct talk t = until_clean();

    (void)st;
    vm_answer_group(&t, "Succeeded", vm_run);
    talk_expect(&t, "DELETE", GROUP);
    talk_header(&t, "Retry-After", "7");
    talk_reply(&t, 409, "error-busy.json");
    talk_pass_ms(&t, 6999);
    talk_expect_silence(&t);
    talk_pass_ms(&t, 1);
    vm_is_deleted(&t);
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_free(&t);
}

static void a_deletion_that_is_refused_says_what_is_left(void **st)
{
    struct talk t = until_clean();

    (void)st;
    vm_answer_group(&t, "Succeeded", vm_run);
    talk_expect(&t, "DELETE", GROUP);
    talk_reply(&t, 403, "error-forbidden.json");
    talk_ends(&t, ACG_ERR_SERVICE); /* the test's own outcome comes first */
    talk_told(&t, "making the virtual machine");
    talk_told(&t, "; deleting the resource group: ");
    talk_told(&t, "left in Azure");
    talk_free(&t);
}

static void a_good_test_whose_group_stays_is_a_failure(void **st)
{
    struct talk t = vm_until_read(GENERALISED);

    (void)st;
    talk_reply_text(&t, 200, VM_MADE);
    vm_answer_disk(&t, "/disks/os?", SINGLE, ASKED_OS);
    vm_answer_disk(&t, "/disks/d0?", DOUBLE, ASKED_DATA);
    talk_expect(&t, "GET", GROUP);
    talk_reply(&t, 403, "error-forbidden.json");
    talk_ends(&t, ACG_ERR_AUTH);
    talk_told(&t, "left in Azure");
    talk_free(&t);
}

static void a_deletion_has_its_own_time(void **st)
{
    struct talk t = until_clean();

    (void)st;
    vm_answer_group(&t, "Succeeded", vm_run);
    talk_expect(&t, "DELETE", GROUP);
    talk_reply_text(&t, 202, "");
    for (int i = 0; i < 200 && !t.over; i++) {
        if (t.open_count > 0) {
            talk_expect(&t, "GET", GROUP);
            vm_answer_group(&t, "Deleting", vm_run);
        }
        talk_pass_ms(&t, 30000);
    }
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_told(&t, "the deletion was not over after 1800 s");
    talk_told(&t, "left in Azure");
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_azure_refuses_is_said_after_all_is_deleted),
        cmocka_unit_test(a_refused_group_leaves_nothing),
        cmocka_unit_test(a_vm_that_fails_is_said_after_all_is_deleted),
        cmocka_unit_test(time_that_runs_out_leads_to_the_deletion),
        cmocka_unit_test(cancelling_deletes_what_was_made),
        cmocka_unit_test(cancelling_before_anything_is_made_ends_at_once),
        cmocka_unit_test(cancelling_while_the_group_is_made_looks_for_it_a_while),
        cmocka_unit_test(the_first_cancel_while_deleting_changes_nothing),
        cmocka_unit_test(the_second_cancel_leaves_and_says_what),
        cmocka_unit_test(a_group_whose_tag_changed_is_not_deleted),
        cmocka_unit_test(a_lost_answer_to_the_deletion_is_settled_by_reading),
        cmocka_unit_test(a_busy_group_is_deleted_later),
        cmocka_unit_test(a_deletion_that_is_refused_says_what_is_left),
        cmocka_unit_test(a_good_test_whose_group_stays_is_a_failure),
        cmocka_unit_test(a_deletion_has_its_own_time),
    };

    return cmocka_run_group_tests_name("the end of a VM test", tests, NULL, NULL);
}
