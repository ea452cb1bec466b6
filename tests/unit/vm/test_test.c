/* SPDX-License-Identifier: MPL-2.0 */
/* A VM from a version: made in a group of its own, read back, deleted again, whatever comes in between. */
#include "testlib/talk.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/secret.h"
#include "base/span.h"
#include "vm/test.h"

#define SUB        "/subscriptions/00000000-0000-0000-0000-000000000001"
#define ID         SUB "/resourceGroups/images/providers/Microsoft.Compute/galleries/Golden/images/web/versions/1.4.0"
#define VERSION    "/versions/1.4.0?$expand=ReplicationStatus"
#define DEFINITION "/images/web?api-version="
#define SET_OS     "/diskEncryptionSets/westus-os"
#define SET_DATA   "/DISKENCRYPTIONSETS/WESTUS-DATA"
#define GROUP      "/resourceGroups/acg-vm-test-"
#define GROUP_ONLY "?api-version=2022-09-01"
#define NETWORK    "/virtualNetworks/acgtest?"
#define INTERFACE  "/networkInterfaces/acgtest?"
#define VM         "/virtualMachines/acgtest?"
#define OPERATION  "https://management.azure.com/op/1?api-version=2022-03-03&s=signature"
#define PASSWORD   "Aa1-not-to-be-seen"

#define GENERALISED "{\"properties\": {\"osType\": \"Linux\", \"osState\": \"Generalized\"}}"
#define SPECIALISED "{\"properties\": {\"osType\": \"Windows\", \"osState\": \"Specialized\"}}"
#define MADE        "{\"properties\": {\"provisioningState\": \"Succeeded\"}}"
#define VM_MADE                                                                                              \
    "{\"properties\": {\"provisioningState\": \"Succeeded\", \"storageProfile\": {\"osDisk\": "              \
    "{\"managedDisk\": {"                                                                                    \
    "\"id\": \"" SUB                                                                                         \
    "/resourceGroups/x/providers/Microsoft.Compute/disks/os\"}}, \"dataDisks\": [{\"lun\": 0, "              \
    "\"managedDisk\": {\"id\": \"" SUB "/resourceGroups/x/providers/Microsoft.Compute/disks/d0\"}}]}}}"

static struct talk begin_as(bool create, const char *subscription, const char *region)
{
    struct acgp_work_config config = *talk_config();
    struct acgp_secret password;
    struct acgp_vm_test what = {.wish = {.version_id = ID, .region = region, .subscription = subscription},
                                .create = create,
                                .password = &password};
    struct acgp_work *w = NULL;

    config.timeout_ms = ACGP_VM_TEST_TIMEOUT_MS;
    acgp_secret_init(&password);
    assert_true(acgp_secret_set(&password, acgp_span(PASSWORD)));
    assert_int_equal(acgp_vm_test_new(&what, &config, &w, NULL), ACG_OK);
    assert_true(acgp_secret_empty(&password));
    return talk_begin_work(w);
}

static void answer_look(struct talk *t, const char *definition)
{
    talk_expect(t, "GET", VERSION);
    talk_reply(t, 200, "succeeded.json");
    talk_expect(t, "GET", DEFINITION);
    talk_reply_text(t, 200, definition);
}

static void answer_sets(struct talk *t)
{
    talk_expect(t, "GET", SET_OS);
    talk_reply(t, 200, "set.json");
    talk_expect(t, "GET", SET_DATA);
    talk_reply_edited(t, 200, "set.json", "/properties/encryptionType",
                      "\"EncryptionAtRestWithPlatformAndCustomerKeys\"", NULL);
}

/* The run's id is in the group's name; requests are the only way to learn it. */
static void run_of(const struct talk *t, char out[40])
{
    const char *at = strstr(t->current.message->url, GROUP);

    assert_non_null(at);
    memcpy(out, at + strlen(GROUP), 36);
    out[36] = '\0';
}

static char run[40];

static void answer_group(struct talk *t, const char *state, const char *tag)
{
    char text[256];

    snprintf(text, sizeof text,
             "{\"tags\": {\"ACG-Run\": \"%s\"}, \"properties\": {\"provisioningState\": \"%s\"}}", tag,
             state);
    talk_reply_text(t, 200, text);
}

static struct talk until_group(const char *definition)
{
    struct talk t = begin_as(true, NULL, "westus");

    answer_look(&t, definition);
    answer_sets(&t);
    talk_expect(&t, "GET", GROUP);
    run_of(&t, run);
    talk_reply(&t, 404, "error-not-found.json");
    talk_expect(&t, "PUT", GROUP_ONLY);
    return t;
}

static struct talk until_network(const char *definition)
{
    struct talk t = until_group(definition);

    talk_reply_text(&t, 201, MADE);
    talk_expect(&t, "PUT", NETWORK);
    return t;
}

static void answer_made(struct talk *t, const char *url)
{
    talk_expect(t, "PUT", url);
    talk_header(t, "Azure-AsyncOperation", OPERATION);
    talk_reply_text(t, 201, "{\"properties\": {\"provisioningState\": \"Creating\"}}");
    talk_expect(t, "GET", "/op/1");
    talk_reply_text(t, 200, "{\"status\": \"Succeeded\"}");
    talk_expect(t, "GET", url);
    talk_reply_text(t, 200, MADE);
}

static struct talk until_vm(const char *definition)
{
    struct talk t = until_network(definition);

    answer_made(&t, NETWORK);
    answer_made(&t, INTERFACE);
    talk_expect(&t, "PUT", VM);
    return t;
}

static struct talk until_read(const char *definition)
{
    struct talk t = until_vm(definition);

    answer_made(&t, VM);
    talk_expect(&t, "GET", VM);
    return t;
}

static void answer_disk(struct talk *t, const char *url, const char *type, const char *set)
{
    char text[512];

    talk_expect(t, "GET", url);
    snprintf(text, sizeof text,
             "{\"properties\": {\"encryption\": {\"type\": \"%s\", \"diskEncryptionSetId\": \"%s\"}}}", type,
             set);
    talk_reply_text(t, 200, text);
}

#define ASKED_OS   SUB "/resourceGroups/IMAGES/providers/Microsoft.Compute/diskEncryptionSets/westus-os"
#define ASKED_DATA SUB "/resourceGroups/IMAGES/providers/Microsoft.Compute/diskEncryptionSets/westus-data"
#define DOUBLE     "EncryptionAtRestWithPlatformAndCustomerKeys"
#define SINGLE     "EncryptionAtRestWithCustomerKey"

/* The group is recognised, deleted, and seen to be gone. */
static void is_deleted(struct talk *t)
{
    talk_expect(t, "GET", GROUP);
    answer_group(t, "Succeeded", run);
    talk_expect(t, "DELETE", GROUP);
    assert_null(strstr(t->current.message->url, "/providers/"));
    talk_reply_text(t, 202, "");
    talk_pass_ms(t, 60000);
    talk_expect(t, "GET", GROUP);
    answer_group(t, "Deleting", run);
    talk_pass_ms(t, 60000);
    talk_expect(t, "GET", GROUP);
    talk_reply(t, 404, "error-not-found.json");
}

static void reports(const struct talk *t, const char *part)
{
    assert_non_null(t->report);
    if (strstr(t->report, part) == NULL)
        print_error("%s\n", t->report);
    assert_non_null(strstr(t->report, part));
}

static void nobody_saw_the_password(struct talk *t)
{
    talk_not_told(t, "not-to-be-seen");
    assert_null(t->report != NULL ? strstr(t->report, "not-to-be-seen") : NULL);
    assert_null(strstr(t->error.message, "not-to-be-seen"));
}

/* ---- the whole way ---- */

static void a_generalised_version_is_tested_and_nothing_is_left(void **st)
{
    struct talk t = until_read(GENERALISED);

    (void)st;
    talk_reply_text(&t, 200, VM_MADE);
    answer_disk(&t, "/disks/os?", SINGLE, ASKED_OS);
    answer_disk(&t, "/disks/d0?", DOUBLE, ASKED_DATA);
    is_deleted(&t);
    talk_ends(&t, ACG_OK);
    assert_int_equal(t.puts, 4);
    talk_told(&t, "every disk is encrypted as the version says");
    reports(&t, "\"created\":true");
    reports(&t, "\"deleted\":true,\"left\":null");
    reports(&t, "\"same\":true");
    nobody_saw_the_password(&t);
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
    struct talk t = until_vm(GENERALISED);
    json_t *body = body_of(&t), *storage = at(body, "properties", "storageProfile");
    json_t *disk = json_array_get(json_object_get(storage, "dataDisks"), 0);

    (void)st;
    assert_string_equal(json_string_value(at(body, "tags", "acg-run")), run);
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
    struct talk t = until_vm(SPECIALISED);
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
    struct talk t = until_network(GENERALISED);

    (void)st;
    answer_made(&t, NETWORK);
    talk_expect(&t, "PUT", INTERFACE);
    assert_null(strstr(t.last_put, "publicIPAddress"));
    assert_non_null(strstr(t.last_put, "/virtualNetworks/acgtest/subnets/vms"));
    talk_free(&t);
}

static void without_yes_nothing_is_written(void **st)
{
    struct talk t = begin_as(false, NULL, "West US");

    (void)st;
    answer_look(&t, GENERALISED);
    answer_sets(&t);
    talk_ends(&t, ACG_OK);
    assert_int_equal(t.puts, 0);
    assert_int_equal(t.gets, 4);
    talk_told(&t, "nothing was made");
    reports(&t, "\"created\":false");
    reports(&t, "/virtualMachines/acgtest\"]");
    talk_free(&t);
}

/* ---- what is found ---- */

static void finds(const char *vm, const char *type, const char *set, const char *told)
{
    struct talk t = until_read(GENERALISED);

    talk_reply_text(&t, 200, vm);
    answer_disk(&t, "/disks/os?", SINGLE, ASKED_OS);
    if (type != NULL)
        answer_disk(&t, "/disks/d0?", type, set);
    is_deleted(&t);
    talk_ends(&t, ACG_ERR_MISMATCH);
    assert_int_equal(acg_status_exit_code(t.error.status), 7);
    talk_told(&t, told);
    reports(&t, "\"left\":null");
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
    struct talk t = until_read(GENERALISED);

    (void)st;
    talk_reply_text(&t, 200, VM_MADE);
    talk_expect(&t, "GET", "/disks/os?");
    talk_reply(&t, 403, "error-forbidden.json");
    is_deleted(&t);
    talk_ends(&t, ACG_ERR_AUTH);
    talk_free(&t);
}

/* ---- before anything is made ---- */

static void a_region_that_the_version_is_not_in_is_refused(void **st)
{
    struct talk t = begin_as(true, NULL, "northeurope");

    (void)st;
    answer_look(&t, GENERALISED);
    talk_ends(&t, ACG_ERR_PREFLIGHT);
    talk_told(
        &t,
        "finding error R34 region: northeurope is not among the regions of the version (West US, East US 2)");
    assert_int_equal(t.puts, 0);
    talk_free(&t);
}

static void another_subscription_is_refused(void **st)
{
    struct talk t = begin_as(true, "00000000-0000-0000-0000-000000000002", "westus");

    (void)st;
    answer_look(&t, GENERALISED);
    talk_ends(&t, ACG_ERR_PREFLIGHT);
    talk_told(
        &t,
        "finding error R33 subscription_id: a disk encryption set can be used in its own subscription only");
    talk_free(&t);
}

static void a_set_that_is_gone_is_refused(void **st)
{
    struct talk t = begin_as(true, NULL, "westus");

    (void)st;
    answer_look(&t, GENERALISED);
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
    struct talk t = begin_as(true, NULL, "westus");

    (void)st;
    answer_look(&t, GENERALISED);
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
    struct talk t = begin_as(true, NULL, "westus");

    (void)st;
    answer_look(&t, GENERALISED);
    answer_sets(&t);
    talk_expect(&t, "GET", GROUP);
    run_of(&t, run);
    answer_group(&t, "Succeeded", "somebody");
    talk_ends(&t, ACG_ERR_CONFLICT);
    talk_told(&t, "exists and is left as it is");
    assert_int_equal(t.puts, 0);
    talk_free(&t);
}

static void a_group_made_by_others_at_the_same_moment_is_left_alone(void **st)
{
    struct talk t = until_group(GENERALISED);

    (void)st;
    talk_reply_text(&t, 200, MADE);
    talk_ends(&t, ACG_ERR_CONFLICT);
    talk_told(&t, "somebody made the resource group");
    talk_free(&t);
}

/* ---- lost answers ---- */

static void a_lost_answer_to_the_group_is_settled_by_reading(void **st)
{
    struct talk t = until_group(GENERALISED);

    (void)st;
    talk_lose_reply(&t);
    talk_expect(&t, "GET", GROUP);
    answer_group(&t, "Succeeded", run);
    talk_expect(&t, "PUT", NETWORK);
    assert_int_equal(t.puts, 2);
    talk_free(&t);
}

static void a_lost_group_of_somebody_else_is_left_alone(void **st)
{
    struct talk t = until_group(GENERALISED);

    (void)st;
    talk_lose_reply(&t);
    talk_expect(&t, "GET", GROUP);
    answer_group(&t, "Succeeded", "another-run");
    talk_ends(&t, ACG_ERR_CONFLICT);
    talk_told(&t, "somebody else's");
    talk_free(&t);
}

static void a_write_that_did_not_arrive_is_sent_again(void **st)
{
    struct talk t = until_vm(GENERALISED);

    (void)st;
    talk_lose_reply(&t);
    talk_expect(&t, "GET", VM);
    talk_reply(&t, 404, "error-not-found.json");
    talk_expect_silence(&t);
    talk_pass_ms(&t, 60000);
    talk_expect(&t, "PUT", VM);
    assert_non_null(strstr(t.last_put, PASSWORD));
    assert_int_equal(t.puts, 5);
    nobody_saw_the_password(&t);
    talk_free(&t);
}

static void a_write_that_did_arrive_is_not_sent_again(void **st)
{
    struct talk t = until_vm(GENERALISED);

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
    struct talk t = until_network(GENERALISED);

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
    struct talk t = until_network(GENERALISED);

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

/* ---- failures in each step ---- */

static void refused_as(struct talk t, enum acg_status status, const char *told)
{
    is_deleted(&t);
    talk_ends(&t, status);
    talk_told(&t, told);
    talk_not_told(&t, "left in Azure");
    nobody_saw_the_password(&t);
    talk_free(&t);
}

static void what_azure_refuses_is_said_after_all_is_deleted(void **st)
{
    struct talk t = until_network(GENERALISED);

    (void)st;
    talk_reply(&t, 403, "error-policy.json");
    refused_as(t, ACG_ERR_SERVICE, "making the virtual network");
    t = until_network(GENERALISED);
    answer_made(&t, NETWORK);
    talk_expect(&t, "PUT", INTERFACE);
    talk_reply(&t, 400, "error-invalid.json");
    refused_as(t, ACG_ERR_SERVICE, "making the network interface");
    t = until_vm(GENERALISED);
    talk_reply(&t, 400, "error-invalid.json");
    refused_as(t, ACG_ERR_SERVICE, "making the virtual machine");
}

static void a_refused_group_leaves_nothing(void **st)
{
    struct talk t = until_group(GENERALISED);

    (void)st;
    talk_reply(&t, 403, "error-forbidden.json");
    talk_ends(&t, ACG_ERR_AUTH);
    talk_not_told(&t, "left in Azure");
    talk_free(&t);
}

static void a_vm_that_fails_is_said_after_all_is_deleted(void **st)
{
    struct talk t = until_vm(GENERALISED);

    (void)st;
    talk_header(&t, "Azure-AsyncOperation", OPERATION);
    talk_reply_text(&t, 201, "{}");
    talk_expect(&t, "GET", "/op/1");
    talk_reply_text(
        &t, 200,
        "{\"status\": \"Failed\", \"error\": {\"code\": \"SkuNotAvailable\", \"message\": \"none left\"}}");
    is_deleted(&t);
    talk_ends(&t, ACG_ERR_SERVICE);
    assert_string_equal(t.error.arm_code, "SkuNotAvailable");
    talk_free(&t);
    t = until_vm(GENERALISED);
    talk_reply_text(&t, 201, "{}");
    talk_expect(&t, "GET", VM);
    talk_reply_text(&t, 200, "{\"properties\": {\"provisioningState\": \"Failed\"}}");
    is_deleted(&t);
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_told(&t, "making the virtual machine: it is Failed in Azure");
    talk_free(&t);
}

static void time_that_runs_out_leads_to_the_deletion(void **st)
{
    struct talk t = until_vm(GENERALISED);

    (void)st;
    talk_reply_text(&t, 201, "{}");
    for (int i = 0; i < 200 && strstr(t.told, "deleting the resource group") == NULL; i++) {
        talk_expect(&t, "GET", VM);
        talk_reply_text(&t, 200, "{\"properties\": {\"provisioningState\": \"Creating\"}}");
        talk_pass_ms(&t, 30000);
    }
    is_deleted(&t);
    talk_ends(&t, ACG_ERR_TIMEOUT);
    talk_told(&t, "the test was not over after 1800 s");
    talk_free(&t);
}

/* ---- cancelling in each step ---- */

static void cancelled(struct talk t)
{
    talk_cancel(&t);
    is_deleted(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    talk_not_told(&t, "left in Azure");
    talk_free(&t);
}

static void cancelling_deletes_what_was_made(void **st)
{
    struct talk t = until_read(GENERALISED);

    (void)st;
    cancelled(until_network(GENERALISED));
    cancelled(until_vm(GENERALISED));
    talk_reply_text(&t, 200, VM_MADE);
    cancelled(t);
}

static void cancelling_before_anything_is_made_ends_at_once(void **st)
{
    struct talk t = begin_as(true, NULL, "westus");

    (void)st;
    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    talk_free(&t);
    t = begin_as(true, NULL, "westus");
    answer_look(&t, GENERALISED);
    answer_sets(&t);
    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    talk_not_told(&t, "left in Azure");
    talk_free(&t);
}

/* The group's own PUT is on its way: it may still come to be. */
static void cancelling_while_the_group_is_made_looks_for_it_a_while(void **st)
{
    struct talk t = until_group(GENERALISED);

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
    cancelled(until_group(GENERALISED));
}

static void the_first_cancel_while_deleting_changes_nothing(void **st)
{
    struct talk t = until_vm(GENERALISED);

    (void)st;
    talk_reply(&t, 400, "error-invalid.json");
    talk_cancel(&t);
    talk_told(&t, "the deletion goes on; stop again to leave it");
    is_deleted(&t);
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_free(&t);
}

static void the_second_cancel_leaves_and_says_what(void **st)
{
    struct talk t = until_vm(GENERALISED);
    char command[256];

    (void)st;
    talk_cancel(&t);
    talk_expect(&t, "GET", GROUP);
    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    snprintf(
        command, sizeof command,
        "az group delete --subscription 00000000-0000-0000-0000-000000000001 --name acg-vm-test-%s --yes",
        run);
    talk_told(&t, command);
    reports(&t, "\"deleted\":false,\"left\":\"/subscriptions/");
    talk_free(&t);
}

/* ---- deleting ---- */

static struct talk until_clean(void)
{
    struct talk t = until_vm(GENERALISED);

    talk_reply(&t, 400, "error-invalid.json");
    talk_expect(&t, "GET", GROUP);
    return t;
}

static void a_group_whose_tag_changed_is_not_deleted(void **st)
{
    struct talk t = until_clean();

    (void)st;
    answer_group(&t, "Succeeded", "another");
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
    answer_group(&t, "Succeeded", run);
    talk_expect(&t, "DELETE", GROUP);
    talk_lose_reply(&t);
    talk_expect_silence(&t);
    talk_pass_ms(&t, 60000);
    is_deleted(&t); /* it had not arrived: recognised anew, and deleted */
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_free(&t);
}

static void a_busy_group_is_deleted_later(void **st)
{
    struct talk t = until_clean();

    (void)st;
    answer_group(&t, "Succeeded", run);
    talk_expect(&t, "DELETE", GROUP);
    talk_header(&t, "Retry-After", "7");
    talk_reply(&t, 409, "error-busy.json");
    talk_pass_ms(&t, 6999);
    talk_expect_silence(&t);
    talk_pass_ms(&t, 1);
    is_deleted(&t);
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_free(&t);
}

static void a_deletion_that_is_refused_says_what_is_left(void **st)
{
    struct talk t = until_clean();

    (void)st;
    answer_group(&t, "Succeeded", run);
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
    struct talk t = until_read(GENERALISED);

    (void)st;
    talk_reply_text(&t, 200, VM_MADE);
    answer_disk(&t, "/disks/os?", SINGLE, ASKED_OS);
    answer_disk(&t, "/disks/d0?", DOUBLE, ASKED_DATA);
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
    answer_group(&t, "Succeeded", run);
    talk_expect(&t, "DELETE", GROUP);
    talk_reply_text(&t, 202, "");
    for (int i = 0; i < 200 && !t.over; i++) {
        if (t.open_count > 0) {
            talk_expect(&t, "GET", GROUP);
            answer_group(&t, "Deleting", run);
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

    return cmocka_run_group_tests_name("a VM from a version", tests, NULL, NULL);
}
