/* SPDX-License-Identifier: MPL-2.0 */
/* A VM from a version: made in a group of its own, read back, deleted again. */
#include "rig.h"

#include <jansson.h>

/* ---- the whole way ---- */

static void a_generalised_version_is_tested_and_nothing_is_left(void **st)
{
    struct talk t = vm_until_read(GENERALISED);

    (void)st;
    talk_reply_text(&t, 200, VM_MADE);
    vm_answer_disk(&t, "/disks/os?", SINGLE, ASKED_OS);
    vm_answer_disk(&t, "/disks/d0?", DOUBLE, ASKED_DATA);
    vm_is_deleted(&t);
    talk_ends(&t, ACG_OK);
    assert_int_equal(t.puts, 4);
    talk_told(&t, "every disk is encrypted as the version says");
    vm_reports(&t, "\"created\":true");
    vm_reports(&t, "\"deleted\":true,\"left\":null");
    vm_reports(&t, "\"same\":true");
    vm_nobody_saw_the_password(&t);
    talk_free(&t);
}

static json_t *body_of(const struct talk *t)
{
    json_t *root = json_loads(t->last_put, 0, NULL);

    assert_non_null(root);
    return root;
}

static json_t *at(json_t *root, const char *one, const char *two)
{
    return json_object_get(json_object_get(root, one), two);
}

static void the_vm_names_each_disks_set_and_a_login(void **st)
{
    struct talk t = vm_until_vm(GENERALISED);
    json_t *body = body_of(&t), *storage = at(body, "properties", "storageProfile");
    json_t *disk = json_array_get(json_object_get(storage, "dataDisks"), 0);

    (void)st;
    assert_string_equal(json_string_value(at(body, "tags", "acg-run")), vm_run);
    assert_string_equal(json_string_value(at(storage, "imageReference", "id")), ID);
    assert_non_null(
        strstr(json_string_value(json_object_get(
                   at(json_object_get(storage, "osDisk"), "managedDisk", "diskEncryptionSet"), "id")),
               "westus-os"));
    assert_non_null(
        strstr(json_string_value(json_object_get(at(disk, "managedDisk", "diskEncryptionSet"), "id")),
               "WESTUS-DATA"));
    assert_int_equal(json_integer_value(json_object_get(disk, "lun")), 0);
    assert_string_equal(
        json_string_value(json_object_get(at(body, "properties", "osProfile"), "adminPassword")), PASSWORD);
    assert_true(t.current.message->secret);
    json_decref(body);
    talk_free(&t);
}

/* R38 */
static void a_specialised_version_gets_no_login(void **st)
{
    struct talk t = vm_until_vm(SPECIALISED);
    json_t *body = body_of(&t);

    (void)st;
    assert_non_null(at(body, "properties", "storageProfile"));
    assert_null(at(body, "properties", "osProfile"));
    assert_null(strstr(t.last_put, "password"));
    json_decref(body);
    talk_free(&t);
}

static void the_network_has_no_public_address(void **st)
{
    struct talk t = vm_until_network(GENERALISED);

    (void)st;
    vm_answer_made(&t, NETWORK);
    talk_expect(&t, "PUT", INTERFACE);
    assert_null(strstr(t.last_put, "publicIPAddress"));
    assert_non_null(strstr(t.last_put, "/virtualNetworks/acgtest/subnets/vms"));
    talk_free(&t);
}

static void without_yes_nothing_is_written(void **st)
{
    struct talk t = vm_begin(false, NULL, "West US");

    (void)st;
    vm_answer_look(&t, GENERALISED);
    vm_answer_sets(&t);
    talk_ends(&t, ACG_OK);
    assert_int_equal(t.puts, 0);
    assert_int_equal(t.gets, 4);
    talk_told(&t, "nothing was made");
    vm_reports(&t, "\"created\":false");
    vm_reports(&t, "/virtualMachines/acgtest\"]");
    talk_free(&t);
}

/* ---- what is found ---- */

static void finds(const char *vm, const char *type, const char *set, const char *told)
{
    struct talk t = vm_until_read(GENERALISED);

    talk_reply_text(&t, 200, vm);
    vm_answer_disk(&t, "/disks/os?", SINGLE, ASKED_OS);
    if (type != NULL)
        vm_answer_disk(&t, "/disks/d0?", type, set);
    vm_is_deleted(&t);
    talk_ends(&t, ACG_ERR_MISMATCH);
    assert_int_equal(acg_status_exit_code(t.error.status), 7);
    talk_told(&t, told);
    vm_reports(&t, "\"left\":null");
    talk_free(&t);
}

static void a_disk_that_is_encrypted_otherwise_is_a_finding(void **st)
{
    (void)st;
    finds(VM_MADE, DOUBLE, ASKED_OS, "finding error proof: LUN 0, disk encryption set: asked /subscriptions");
    finds(VM_MADE, SINGLE, ASKED_DATA,
          "LUN 0, encryption type: asked EncryptionAtRestWithPlatformAndCustomerKeys, found "
          "EncryptionAtRestWithCustomerKey");
    finds(VM_MADE, "EncryptionAtRestWithPlatformKey", "", "LUN 0, disk encryption set: asked /subscriptions");
    finds("{\"properties\": {\"storageProfile\": {\"osDisk\": {\"managedDisk\": {\"id\": \"" SUB
          "/resourceGroups/x/providers/Microsoft.Compute/disks/os\"}}}}}",
          NULL, NULL, "LUN 0, managed disk: asked one, found none");
}

static void a_disk_that_cannot_be_read_ends_the_test_and_all_is_deleted(void **st)
{
    struct talk t = vm_until_read(GENERALISED);

    (void)st;
    talk_reply_text(&t, 200, VM_MADE);
    talk_expect(&t, "GET", "/disks/os?");
    talk_reply(&t, 403, "error-forbidden.json");
    vm_is_deleted(&t);
    talk_ends(&t, ACG_ERR_AUTH);
    talk_free(&t);
}

/* ---- before anything is made ---- */

static void a_region_that_the_version_is_not_in_is_refused(void **st)
{
    struct talk t = vm_begin(true, NULL, "northeurope");

    (void)st;
    vm_answer_look(&t, GENERALISED);
    talk_ends(&t, ACG_ERR_PREFLIGHT);
    talk_told(
        &t,
        "finding error R34 region: northeurope is not among the regions of the version (West US, East US 2)");
    assert_int_equal(t.puts, 0);
    talk_free(&t);
}

static void another_subscription_is_refused(void **st)
{
    struct talk t = vm_begin(true, "00000000-0000-0000-0000-000000000002", "westus");

    (void)st;
    vm_answer_look(&t, GENERALISED);
    talk_ends(&t, ACG_ERR_PREFLIGHT);
    talk_told(
        &t,
        "finding error R33 subscription_id: a disk encryption set can be used in its own subscription only");
    talk_free(&t);
}

static void a_set_that_is_gone_is_refused(void **st)
{
    struct talk t = vm_begin(true, NULL, "westus");

    (void)st;
    vm_answer_look(&t, GENERALISED);
    talk_expect(&t, "GET", SET_OS);
    talk_reply(&t, 404, "error-not-found.json");
    talk_expect(&t, "GET", SET_DATA);
    talk_reply(&t, 200, "set.json");
    talk_ends(&t, ACG_ERR_PREFLIGHT);
    talk_told(&t, "finding error R2");
    assert_int_equal(t.puts, 0);
    talk_free(&t);
}

static void a_set_that_may_not_be_read_leaves_its_type_unknown(void **st)
{
    struct talk t = vm_begin(true, NULL, "westus");

    (void)st;
    vm_answer_look(&t, GENERALISED);
    talk_expect(&t, "GET", SET_OS);
    talk_reply(&t, 403, "error-forbidden.json");
    talk_expect(&t, "GET", SET_DATA);
    talk_reply(&t, 200, "set.json");
    talk_told(&t, "finding warning R2");
    talk_expect(&t, "GET", GROUP);
    talk_free(&t);
}

static void a_group_that_exists_is_left_alone(void **st)
{
    struct talk t = vm_begin(true, NULL, "westus");

    (void)st;
    vm_answer_look(&t, GENERALISED);
    vm_answer_sets(&t);
    talk_expect(&t, "GET", GROUP);
    vm_run_of(&t, vm_run);
    vm_answer_group(&t, "Succeeded", "somebody");
    talk_ends(&t, ACG_ERR_CONFLICT);
    talk_told(&t, "exists and is left as it is");
    assert_int_equal(t.puts, 0);
    talk_free(&t);
}

static void a_group_made_by_others_at_the_same_moment_is_left_alone(void **st)
{
    struct talk t = vm_until_group(GENERALISED);

    (void)st;
    talk_reply_text(&t, 200, MADE);
    talk_ends(&t, ACG_ERR_CONFLICT);
    talk_told(&t, "somebody made the resource group");
    talk_free(&t);
}

/* ---- lost answers ---- */

static void a_lost_answer_to_the_group_is_settled_by_reading(void **st)
{
    struct talk t = vm_until_group(GENERALISED);

    (void)st;
    talk_lose_reply(&t);
    talk_expect(&t, "GET", GROUP);
    vm_answer_group(&t, "Succeeded", vm_run);
    talk_expect(&t, "PUT", NETWORK);
    assert_int_equal(t.puts, 2);
    talk_free(&t);
}

static void a_lost_group_of_somebody_else_is_left_alone(void **st)
{
    struct talk t = vm_until_group(GENERALISED);

    (void)st;
    talk_lose_reply(&t);
    talk_expect(&t, "GET", GROUP);
    vm_answer_group(&t, "Succeeded", "another-run");
    talk_ends(&t, ACG_ERR_CONFLICT);
    talk_told(&t, "somebody else's");
    talk_free(&t);
}

static void a_write_that_did_not_arrive_is_sent_again(void **st)
{
    struct talk t = vm_until_vm(GENERALISED);

    (void)st;
    talk_lose_reply(&t);
    talk_expect(&t, "GET", VM);
    talk_reply(&t, 404, "error-not-found.json");
    talk_expect_silence(&t);
    talk_pass_ms(&t, 60000);
    talk_expect(&t, "PUT", VM);
    assert_non_null(strstr(t.last_put, PASSWORD));
    assert_int_equal(t.puts, 5);
    vm_nobody_saw_the_password(&t);
    talk_free(&t);
}

static void a_write_that_did_arrive_is_not_sent_again(void **st)
{
    struct talk t = vm_until_vm(GENERALISED);

    (void)st;
    talk_lose_reply(&t);
    talk_expect(&t, "GET", VM);
    talk_reply_text(&t, 200, "{\"properties\": {\"provisioningState\": \"Creating\"}}");
    talk_pass_ms(&t, 60000);
    talk_expect(&t, "GET", VM);
    talk_reply_text(&t, 200, MADE);
    talk_expect(&t, "GET", VM); /* now for its disks */
    assert_int_equal(t.puts, 4);
    talk_free(&t);
}

static void what_azure_took_is_looked_for_again(void **st)
{
    struct talk t = vm_until_network(GENERALISED);

    (void)st;
    talk_reply_text(&t, 201, "{}");
    talk_expect(&t, "GET", NETWORK);
    talk_reply(&t, 404, "error-not-found.json");
    talk_pass_ms(&t, 60000);
    talk_expect(&t, "GET", NETWORK);
    talk_reply_text(&t, 200, MADE);
    talk_expect(&t, "PUT", INTERFACE);
    talk_free(&t);
}

static void a_poll_url_that_does_not_answer_is_no_end(void **st)
{
    struct talk t = vm_until_network(GENERALISED);

    (void)st;
    talk_header(&t, "Azure-AsyncOperation", OPERATION);
    talk_reply_text(&t, 201, "{}");
    talk_expect(&t, "GET", "/op/1");
    talk_reply(&t, 404, "error-not-found.json");
    talk_expect(&t, "GET", NETWORK);
    talk_reply_text(&t, 200, MADE);
    talk_expect(&t, "PUT", INTERFACE);
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_generalised_version_is_tested_and_nothing_is_left),
        cmocka_unit_test(the_vm_names_each_disks_set_and_a_login),
        cmocka_unit_test(a_specialised_version_gets_no_login),
        cmocka_unit_test(the_network_has_no_public_address),
        cmocka_unit_test(without_yes_nothing_is_written),
        cmocka_unit_test(a_disk_that_is_encrypted_otherwise_is_a_finding),
        cmocka_unit_test(a_disk_that_cannot_be_read_ends_the_test_and_all_is_deleted),
        cmocka_unit_test(a_region_that_the_version_is_not_in_is_refused),
        cmocka_unit_test(another_subscription_is_refused),
        cmocka_unit_test(a_set_that_is_gone_is_refused),
        cmocka_unit_test(a_set_that_may_not_be_read_leaves_its_type_unknown),
        cmocka_unit_test(a_group_that_exists_is_left_alone),
        cmocka_unit_test(a_group_made_by_others_at_the_same_moment_is_left_alone),
        cmocka_unit_test(a_lost_answer_to_the_group_is_settled_by_reading),
        cmocka_unit_test(a_lost_group_of_somebody_else_is_left_alone),
        cmocka_unit_test(a_write_that_did_not_arrive_is_sent_again),
        cmocka_unit_test(a_write_that_did_arrive_is_not_sent_again),
        cmocka_unit_test(what_azure_took_is_looked_for_again),
        cmocka_unit_test(a_poll_url_that_does_not_answer_is_no_end),
    };

    return cmocka_run_group_tests_name("a VM from a version", tests, NULL, NULL);
}
