/* SPDX-License-Identifier: MPL-2.0 */
/* The short calls of acg.v1. */
#include "testlib/test.h"

#include <stdio.h>

#include "service_rig.h"

static char *lend(const char *text)
{
    return (char *)(uintptr_t)text;
}

static int32_t plan(struct rig *rig, const char *config)
{
    Acg__V1__PlanRequest request = ACG__V1__PLAN_REQUEST__INIT;

    request.configuration_json = lend(config);
    return rig_call(rig, PUBLISHER "Plan", &request.base);
}

static void plan_shows_the_request_or_the_findings(void **st)
{
    struct rig rig;

    (void)st;
    rig_begin(&rig, true);
    int32_t good = plan(&rig, good_config), bad = plan(&rig, bad_config);
    const Acg__V1__PlanResponse *a =
        (const Acg__V1__PlanResponse *)rig_message(&rig, good, 0, &acg__v1__plan_response__descriptor);
    const Acg__V1__PlanResponse *b =
        (const Acg__V1__PlanResponse *)rig_message(&rig, bad, 0, &acg__v1__plan_response__descriptor);
    assert_string_equal(a->request->method, "PUT");
    assert_non_null(strstr(a->request->url, RIG_VERSION));
    assert_int_equal(a->n_findings, 0);
    assert_null(b->request);
    assert_int_equal(b->n_findings, 2);
    h2_expect_status(rig.h, good, RPC_OK);
    h2_expect_status(rig.h, bad, RPC_OK);
    rig_end(&rig);
}

static int32_t explain(struct rig *rig, const char *config)
{
    Acg__V1__ExplainRequest request = ACG__V1__EXPLAIN_REQUEST__INIT;

    request.configuration_json = lend(config);
    return rig_call(rig, PUBLISHER "Explain", &request.base);
}

static void explain_has_a_report_or_the_findings(void **st)
{
    struct rig rig;

    (void)st;
    rig_begin(&rig, true);
    int32_t good = explain(&rig, good_config), bad = explain(&rig, bad_config);
    const Acg__V1__ExplainResponse *a =
        (const Acg__V1__ExplainResponse *)rig_message(&rig, good, 0, &acg__v1__explain_response__descriptor);
    const Acg__V1__ExplainResponse *b =
        (const Acg__V1__ExplainResponse *)rig_message(&rig, bad, 0, &acg__v1__explain_response__descriptor);
    assert_string_equal(a->report->kind, "explain");
    assert_non_null(strstr(a->report->json, "\"az\":\"az sig image-version create "));
    assert_non_null(strstr(a->report->text, "New-AzGalleryImageVersion"));
    assert_non_null(strstr(a->report->markdown, "```http\nPUT "));
    assert_int_equal(a->n_findings, 0);
    assert_null(b->report);
    assert_int_equal(b->n_findings, 2);
    h2_expect_status(rig.h, good, RPC_OK);
    h2_expect_status(rig.h, bad, RPC_OK);
    rig_end(&rig);
}

static void an_operation_is_followed_like_a_publish(void **st)
{
    Acg__V1__RegisterProviderRequest request = ACG__V1__REGISTER_PROVIDER_REQUEST__INIT;
    struct rig rig;

    (void)st;
    rig_begin(&rig, true);
    request.subscription_id = lend("00000000-0000-0000-0000-000000000000");
    int32_t call = rig_call(&rig, PUBLISHER "RegisterProvider", &request.base);
    const Acg__V1__Event *started = rig_event(&rig, call, 0, ACG__V1__EVENT__KIND_STARTED);
    assert_string_equal(started->started->operation, "register");
    assert_int_equal(strncmp(started->text, "register 0000000000abcdef-1", 27), 0);
    rig_done(&rig, 0, 1, ACG_OK);
    assert_string_equal(rig_event(&rig, call, 1, ACG__V1__EVENT__KIND_DONE)->done->error->status, "");
    h2_expect_status(rig.h, call, RPC_OK);
    rig_end(&rig);
}

static void a_request_with_faults_begins_nothing(void **st)
{
    Acg__V1__VmTestRequest request = ACG__V1__VM_TEST_REQUEST__INIT;
    struct rig rig;

    (void)st;
    rig_begin(&rig, true);
    request.timeout = lend("never");
    request.yes = true;
    int32_t call = rig_call(&rig, PUBLISHER "VmTest", &request.base);
    const char *const fields[] = {"gallery_image_version_id", "region", "timeout"};
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(rig_event(&rig, call, i, ACG__V1__EVENT__KIND_FINDING)->finding->field,
                            fields[i]);
    assert_string_equal(rig_event(&rig, call, 3, ACG__V1__EVENT__KIND_DONE)->done->result->state,
                        "not started");
    h2_expect_status(rig.h, call, RPC_INVALID_ARGUMENT);
    assert_int_equal(rig.handle_count, 0);
    rig_end(&rig);
}

static void what_is_the_servers_own_is_refused(void **st)
{
    static const char *const fields[] = {
        "tenant_id", "client_id", "client_secret", "authority_host", "resource_manager_endpoint",
        "audience",  "ca_file",   "journal"};
    struct rig rig;
    char config[200];

    (void)st;
    rig_begin(&rig, true);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        (void)snprintf(config, sizeof config, "{\"location\": \"westus\", \"%s\": null}", fields[i]);
        int32_t call = plan(&rig, config);
        assert_int_equal(rig_count(&rig, call), 0);
        h2_expect_status(rig.h, call, RPC_INVALID_ARGUMENT);
        assert_int_equal(strncmp(h2_answer(rig.h, call)->message, fields[i], strlen(fields[i])), 0);
    }
    rig_end(&rig);
}

static void what_is_no_request_is_refused(void **st)
{
    struct rig rig;

    (void)st;
    rig_begin(&rig, true);
    h2_expect_status(rig.h, plan(&rig, ""), RPC_INVALID_ARGUMENT);
    h2_expect_status(rig.h, plan(&rig, "{"), RPC_INVALID_ARGUMENT);
    int32_t call = h2_call(rig.h, PUBLISHER "Get", NULL);
    h2_message(rig.h, call, 0, "\x0a\x01\xff", 3, true);
    rig_run(&rig);
    h2_expect_status(rig.h, call, RPC_INVALID_ARGUMENT);
    rig_end(&rig);
}

static const Acg__V1__Publish *get(struct rig *rig, const char *id)
{
    Acg__V1__GetRequest request = ACG__V1__GET_REQUEST__INIT;

    request.publish_id = lend(id);
    int32_t call = rig_call(rig, PUBLISHER "Get", &request.base);
    const Acg__V1__GetResponse *got =
        (const Acg__V1__GetResponse *)rig_message(rig, call, 0, &acg__v1__get_response__descriptor);
    if (got == NULL)
        h2_expect_status(rig->h, call, RPC_NOT_FOUND);
    return got != NULL ? got->publish : NULL;
}

static void get_tells_the_outcome(void **st)
{
    struct rig rig;

    (void)st;
    rig_begin(&rig, true);
    rig_publish(&rig, good_config);
    const Acg__V1__Publish *p = get(&rig, "0000000000abcdef-1");
    assert_false(p->ended);
    assert_null(p->done);
    rig_done(&rig, 0, 7, ACG_ERR_SERVICE);
    p = get(&rig, "0000000000abcdef-1");
    assert_true(p->ended);
    assert_int_equal(p->last_event, 7);
    assert_int_equal(p->start_time_unix_s, 1);
    assert_int_equal(p->end_time_unix_s, 3);
    assert_string_equal(p->done->error->status, "service");
    assert_null(get(&rig, "0000000000abcdef-2"));
    rig_end(&rig);
}

static const Acg__V1__ListResponse *list(struct rig *rig, int32_t size, const char *token)
{
    Acg__V1__ListRequest request = ACG__V1__LIST_REQUEST__INIT;

    request.page_size = size;
    request.page_token = lend(token);
    int32_t call = rig_call(rig, PUBLISHER "List", &request.base);
    return (const Acg__V1__ListResponse *)rig_message(rig, call, 0, &acg__v1__list_response__descriptor);
}

static void list_goes_through_all_pages(void **st)
{
    struct rig rig;
    size_t seen = 0;
    const char *token = "";

    (void)st;
    rig_begin(&rig, true);
    for (int i = 0; i < 7; i++)
        rig_publish(&rig, good_config);
    do {
        const Acg__V1__ListResponse *page = list(&rig, 3, token);
        assert_non_null(page);
        seen += page->n_publishes;
        token = page->next_page_token;
    } while (token[0] != '\0');
    assert_int_equal(seen, 7);
    assert_int_equal(list(&rig, 0, "")->n_publishes, 7);
    assert_int_equal(list(&rig, 2000000000, "")->n_publishes, 7);
    assert_null(list(&rig, -1, ""));
    assert_null(list(&rig, 0, "seven"));
    rig_end(&rig);
}

static void cancel_is_asked_once_and_only_of_what_runs(void **st)
{
    Acg__V1__CancelRequest request = ACG__V1__CANCEL_REQUEST__INIT;
    Acg__V1__PostProcessorCancelRequest other = ACG__V1__POST_PROCESSOR_CANCEL_REQUEST__INIT;
    struct rig rig;

    (void)st;
    rig_begin(&rig, true);
    rig_publish(&rig, good_config);
    request.publish_id = other.publish_id = lend("0000000000abcdef-1");
    h2_expect_status(rig.h, rig_call(&rig, PUBLISHER "Cancel", &request.base), RPC_OK);
    h2_expect_status(rig.h, rig_call(&rig, POST_PROCESSOR "Cancel", &other.base), RPC_OK);
    assert_int_equal(rig.cancels, 2); /* asking again does no harm */
    rig_done(&rig, 0, 1, ACG_ERR_CANCELLED);
    h2_expect_status(rig.h, rig_call(&rig, PUBLISHER "Cancel", &request.base), RPC_OK);
    assert_int_equal(rig.cancels, 2);
    rig_end(&rig);
}

static void the_fields_are_those_of_the_table(void **st)
{
    Acg__V1__ConfigSpecRequest request = ACG__V1__CONFIG_SPEC_REQUEST__INIT;
    struct rig rig;
    size_t own = 0, deep = 0, three = 0;

    (void)st;
    rig_begin(&rig, true);
    int32_t call = rig_call(&rig, POST_PROCESSOR "ConfigSpec", &request.base);
    const Acg__V1__ConfigSpecResponse *spec = (const Acg__V1__ConfigSpecResponse *)rig_message(
        &rig, call, 0, &acg__v1__config_spec_response__descriptor);
    for (size_t i = 0; i < spec->n_fields; i++) {
        own += spec->fields[i]->server_only ? 1u : 0u;
        deep += strcmp(spec->fields[i]->block, "target_region.os_disk") == 0 ? 1u : 0u;
        if (strcmp(spec->fields[i]->name, "oidc_request_url") == 0)
            three = spec->fields[i]->n_variables;
    }
    assert_int_equal(own, 21);
    assert_int_equal(three, 3);
    assert_int_equal(deep, 3);
    rig_end(&rig);
}

/* ---- artifacts ---- */

#define IMAGE                                                                                                \
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Compute/"     \
    "images/m"

static int32_t post_process(struct rig *rig, const char *config, Acg__V1__Artifact *artifact)
{
    Acg__V1__PostProcessRequest request = ACG__V1__POST_PROCESS_REQUEST__INIT;

    request.configuration_json = lend(config);
    request.artifact = artifact;
    return rig_call(rig, POST_PROCESSOR "PostProcess", &request.base);
}

static const char sourceless[] =
    "{\"resource_group\": \"rg\", \"gallery_name\": \"g\", \"gallery_image_definition\": \"i\", "
    "\"gallery_image_version\": \"1.0.0\", \"location\": \"westus\"}";

static void an_artifact_brings_the_source(void **st)
{
    Acg__V1__Artifact artifact = ACG__V1__ARTIFACT__INIT;
    Acg__V1__Artifact__StateEntry image = ACG__V1__ARTIFACT__STATE_ENTRY__INIT, *state[] = {&image};
    struct rig rig;

    (void)st;
    rig_begin(&rig, true);
    artifact.builder_id = lend("any");
    artifact.id = lend(IMAGE);
    rig_event(&rig, post_process(&rig, sourceless, &artifact), 0, ACG__V1__EVENT__KIND_STARTED);
    artifact.builder_id = lend("Azure.ResourceManagement.VMImage");
    artifact.id = lend("x");
    image.key = lend("ManagedImageId");
    image.value = lend(IMAGE);
    artifact.state = state;
    artifact.n_state = 1;
    rig_event(&rig, post_process(&rig, sourceless, &artifact), 0, ACG__V1__EVENT__KIND_STARTED);
    assert_int_equal(rig.handle_count, 2);
    rig_end(&rig);
}

static void an_artifact_without_a_source_is_refused(void **st)
{
    Acg__V1__Artifact artifact = ACG__V1__ARTIFACT__INIT;
    char *files[] = {lend("disk.vhd")};
    struct rig rig;

    (void)st;
    rig_begin(&rig, true);
    artifact.files = files;
    artifact.n_files = 1;
    int32_t call = post_process(&rig, sourceless, &artifact);
    h2_expect_status(rig.h, call, RPC_INVALID_ARGUMENT);
    assert_non_null(strstr(h2_answer(rig.h, call)->message, "1 file"));
    h2_expect_status(rig.h, post_process(&rig, sourceless, NULL), RPC_INVALID_ARGUMENT);
    rig_event(&rig, post_process(&rig, good_config, NULL), 0, ACG__V1__EVENT__KIND_STARTED);
    rig_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan_shows_the_request_or_the_findings),
        cmocka_unit_test(explain_has_a_report_or_the_findings),
        cmocka_unit_test(an_operation_is_followed_like_a_publish),
        cmocka_unit_test(a_request_with_faults_begins_nothing),
        cmocka_unit_test(what_is_the_servers_own_is_refused),
        cmocka_unit_test(what_is_no_request_is_refused),
        cmocka_unit_test(get_tells_the_outcome),
        cmocka_unit_test(list_goes_through_all_pages),
        cmocka_unit_test(cancel_is_asked_once_and_only_of_what_runs),
        cmocka_unit_test(the_fields_are_those_of_the_table),
        cmocka_unit_test(an_artifact_brings_the_source),
        cmocka_unit_test(an_artifact_without_a_source_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
