/* SPDX-License-Identifier: MPL-2.0 */
/* The machine of a plan: how it ends, what it asks, what its report holds. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "preflight/judge.h"
#include "preflight/plan.h"
#include "testlib/options_json.h"

static void a_healthy_world_has_no_findings(void **st)
{
    static const char *const cases[] = {"snapshots-double", "vm-plain",      "edge-zone",
                                        "confidential",     "source-region", "region-wide"};

    (void)st;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world w = {.options = cases[i]};
        if (strcmp(cases[i], "region-wide") == 0)
            world_edit(&w, "/images/web-build?", "properties.storageProfile.dataDisks",
                       "[{\"lun\": 0}, {\"lun\": 1}, {\"lun\": 7}]");
        world_plan(&w);
        world_finds(&w, "");
        assert_int_equal(w.error.status, ACG_OK);
        assert_int_equal(w.gets, w.urls); /* each resource once */
        assert_non_null(strstr(w.text, "Nothing was found that speaks against this publish"));
        world_done(&w);
    }
}

static void the_report_has_every_disk_of_every_region(void **st)
{
    struct world w = {.options = "confidential"};
    json_t *root = NULL;

    (void)st;
    world_plan(&w);
    root = json_loads(w.json, 0, NULL);
    assert_non_null(root);
    assert_int_equal(json_array_size(json_object_get(root, "regions")), 2);
    const json_t *region = json_array_get(json_object_get(root, "regions"), 1);
    const json_t *disk = json_array_get(json_object_get(region, "disks"), 0);
    assert_string_equal(json_string_value(json_object_get(region, "name")), "eastus2");
    assert_string_equal(json_string_value(json_object_get(disk, "disk")), "os");
    assert_non_null(
        strstr(json_string_value(json_object_get(disk, "secure_vm_disk_encryption_set_id")), "eastus2-cvm"));
    assert_string_equal(json_string_value(json_object_get(disk, "encryption_type")),
                        "ConfidentialVmEncryptedWithCustomerKey");
    assert_string_equal(json_string_value(json_object_get(disk, "state")), "Succeeded");
    assert_non_null(strstr(w.text, "eastus2-kv/eastus2-cvm"));
    json_decref(root);
    world_done(&w);
}

static void findings_stand_in_the_report_with_rule_and_azures_words(void **st)
{
    struct world w = {.options = "confidential"};

    (void)st;
    world_status(&w, "/diskEncryptionSets/eastus2-cvm?", 404);
    world_plan(&w);
    assert_int_equal(w.error.status, ACG_ERR_PREFLIGHT);
    assert_non_null(strstr(w.json, "\"errors\":1,\"warnings\":0,\"unknown\":0"));
    assert_non_null(strstr(w.json, acg_rule_text("R2")));
    assert_non_null(strstr(w.text, "Azure: The disk encryption set <id> was not found"));
    assert_non_null(strstr(w.text, "absent"));
    world_done(&w);
}

static void without_an_answer_a_plan_says_so(void **st)
{
    struct world w = {.options = "confidential"};

    (void)st;
    world_status(&w, "/locations?", -1);
    world_plan(&w);
    world_finds(&w, "unknown R29");
    assert_int_equal(w.error.status, ACG_ERR_TRANSPORT);
    world_done(&w);
    w = (struct world){.options = "confidential"};
    world_status(&w, "/locations?", 503);
    world_status(&w, "/diskEncryptionSets/eastus2-cvm?", 404);
    world_plan(&w);
    assert_int_equal(w.error.status, ACG_ERR_PREFLIGHT); /* what was found is certain all the same */
    world_done(&w);
}

static void a_login_that_is_refused_ends_it_with_that(void **st)
{
    struct world w = {.options = "confidential"};

    (void)st;
    world_status(&w, "/subscriptions/", 401);
    world_plan(&w);
    assert_int_equal(w.error.status, ACG_ERR_AUTH);
    world_done(&w);
}

static void the_region_of_a_source_that_tells_it_is_counted_too(void **st)
{
    struct world w = {.options = "source-region"};

    (void)st;
    world_edit(&w, "/locations/westus/usages?", "value.0.currentValue", "10000");
    world_plan(&w);
    world_finds(&w, "error quota");
    world_done(&w);
}

static void answers_that_make_no_sense_are_never_a_pass(void **st)
{
    struct world w = {.options = "confidential"};

    (void)st;
    world_edit(&w, "/diskEncryptionSets/eastus2-cvm?", "properties", "[]");
    world_plan(&w);
    world_finds(&w, "unknown R3");
    assert_int_equal(w.error.status, ACG_ERR_PROTOCOL);
    world_done(&w);
}

/* @param cancel else the deadline passes. @return how a plan ended that nobody answers */
static enum acg_status unanswered(bool cancel, bool *out_report)
{
    struct acgp_work_config config = {
        .endpoint = "https://management.azure.com", .seed = 1, .now_unix_s = WORLD_NOW_UNIX_S};
    struct acgp_work *m = NULL;
    struct acgp_action act = {0};
    const struct acg_event *e = NULL;
    enum acg_status status = ACG_OK;
    int64_t now_ms = 0;
    int sent = 0, abandoned = 0;

    const struct acgp_plan_input input = {
        .spec = options_json_spec(ACG_TESTS "/golden/confidential/options.json", WORLD_NOW_UNIX_S)};
    assert_int_equal(acgp_plan_new(&input, &config, &m, NULL), ACG_OK);
    for (int i = 0; i < 1000 && act.kind != ACGP_ACT_DONE; i++) {
        assert_true(acgp_work_next(m, now_ms, &act));
        sent += act.kind == ACGP_ACT_SEND;
        abandoned += act.kind == ACGP_ACT_ABANDON;
        if (act.kind == ACGP_ACT_WAIT && cancel)
            acgp_work_cancel(m, now_ms);
        else if (act.kind == ACGP_ACT_WAIT)
            now_ms = act.until_ms;
    }
    assert_true(sent > 5 && sent == abandoned);
    while (acgp_work_next_event(m, &e))
        if (e->kind == ACG_EVENT_DONE) {
            status = e->error->status;
            *out_report = e->report != NULL;
        }
    assert_true(cancel || now_ms == ACGP_PLAN_TIMEOUT_MS);
    acgp_work_free(m);
    return status;
}

static void a_plan_that_is_stopped_or_out_of_time_has_no_report(void **st)
{
    bool report = true;

    (void)st;
    assert_int_equal(unanswered(true, &report), ACG_ERR_CANCELLED);
    assert_false(report);
    report = true;
    assert_int_equal(unanswered(false, &report), ACG_ERR_TIMEOUT);
    assert_false(report);
}

static void every_rule_of_the_table_is_explained(void **st)
{
    (void)st;
    for (size_t i = 0; i < acgp_preflight_rule_count; i++)
        if (strcmp(acgp_preflight_rules[i].id, "unread") != 0)
            assert_non_null(acg_rule_text(acgp_preflight_rules[i].id));
    for (int n = 1; n <= 39; n++) {
        char id[8];
        (void)snprintf(id, sizeof id, "R%d", n);
        assert_non_null(acg_rule_text(id));
        assert_non_null(acg_rule_service_message(id));
    }
    assert_null(acg_rule_text("R40"));
    assert_null(acg_rule_text(NULL));
    assert_null(acg_rule_service_message(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_healthy_world_has_no_findings),
        cmocka_unit_test(the_report_has_every_disk_of_every_region),
        cmocka_unit_test(findings_stand_in_the_report_with_rule_and_azures_words),
        cmocka_unit_test(without_an_answer_a_plan_says_so),
        cmocka_unit_test(a_login_that_is_refused_ends_it_with_that),
        cmocka_unit_test(the_region_of_a_source_that_tells_it_is_counted_too),
        cmocka_unit_test(answers_that_make_no_sense_are_never_a_pass),
        cmocka_unit_test(a_plan_that_is_stopped_or_out_of_time_has_no_report),
        cmocka_unit_test(every_rule_of_the_table_is_explained),
    };
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
