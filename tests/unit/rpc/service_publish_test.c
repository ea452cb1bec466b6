/* SPDX-License-Identifier: MPL-2.0 */
/* Publishes and who follows them. */
#include "testlib/test.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "report/report.h"
#include "rpc/service_calls.h"
#include "rpc/service_log.h"
#include "rpc/service_registry.h"
#include "service_rig.h"

#define STARTED ACG__V1__EVENT__KIND_STARTED
#define STEP    ACG__V1__EVENT__KIND_STEP
#define REGION  ACG__V1__EVENT__KIND_REGION
#define FINDING ACG__V1__EVENT__KIND_FINDING
#define DONE    ACG__V1__EVENT__KIND_DONE

static void a_publish_is_followed_to_its_final_event(void **st)
{
    struct rig rig;

    (void)st;
    rig_begin(&rig, true);
    int32_t call = rig_publish(&rig, good_config);
    const Acg__V1__Publish *started = rig_event(&rig, call, 0, STARTED)->started;
    assert_string_equal(started->publish_id, "0000000000abcdef-1");
    assert_string_equal(started->version_id, RIG_VERSION);
    assert_string_equal(started->state, "running");
    rig_step(&rig, 0, 1, "checking");
    rig_region(&rig, 0, 2, "westus", 50);
    rig_region(&rig, 0, 3, "westus", 100);
    assert_false(h2_answer(rig.h, call)->closed);
    rig_done(&rig, 0, 4, ACG_OK);
    assert_int_equal(rig_count(&rig, call), 5);
    assert_string_equal(rig_event(&rig, call, 1, STEP)->text, "checking");
    assert_int_equal(rig_event(&rig, call, 2, REGION)->region->percent, 50);
    assert_int_equal(rig_event(&rig, call, 3, REGION)->region->percent, 100);
    const Acg__V1__Event *done = rig_event(&rig, call, 4, DONE);
    assert_int_equal(done->number, 4);
    assert_string_equal(done->done->error->status, "");
    assert_string_equal(done->done->result->regions[0]->disks[1]->disk, "3");
    h2_expect_status(rig.h, call, RPC_OK);
    assert_int_equal(rpc_services_running(rig.services), 0);
    rig_end(&rig);
}

static void faults_of_a_configuration_come_at_once_and_nothing_is_asked(void **st)
{
    struct rig rig;

    (void)st;
    rig_begin(&rig, true);
    int32_t call = rig_publish(&rig, bad_config);
    assert_string_equal(rig_event(&rig, call, 0, FINDING)->finding->field, "colour");
    assert_string_equal(rig_event(&rig, call, 1, FINDING)->finding->field, "gallery_image_version");
    assert_string_equal(rig_event(&rig, call, 2, DONE)->done->result->state, "not started");
    assert_int_equal(rig_count(&rig, call), 3);
    h2_expect_status(rig.h, call, RPC_INVALID_ARGUMENT);
    assert_int_equal(rig.handle_count, 0);
    rig_end(&rig);
}

static void each_end_has_its_code_and_its_detail(void **st)
{
    static const struct {
        enum acg_status status;
        enum rpc_code code;
    } ends[] = {{ACG_ERR_AUTH, RPC_PERMISSION_DENIED},   {ACG_ERR_PREFLIGHT, RPC_FAILED_PRECONDITION},
                {ACG_ERR_CONFLICT, RPC_ALREADY_EXISTS},  {ACG_ERR_SERVICE, RPC_UNKNOWN},
                {ACG_ERR_MISMATCH, RPC_DATA_LOSS},       {ACG_ERR_TIMEOUT, RPC_DEADLINE_EXCEEDED},
                {ACG_ERR_TEMPORARY, RPC_UNAVAILABLE},    {ACG_ERR_CANCELLED, RPC_CANCELLED},
                {ACG_ERR_NOMEM, RPC_RESOURCE_EXHAUSTED}, {ACG_ERR_PROTOCOL, RPC_INTERNAL},
                {ACG_ERR_INTERNAL, RPC_INTERNAL}};
    struct rig rig;

    (void)st;
    rig_begin(&rig, true);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        int32_t call = rig_publish(&rig, good_config);
        rig_done(&rig, i, 1, ends[i].status);
        const Acg__V1__Done *done = rig_event(&rig, call, 1, DONE)->done;
        assert_string_equal(done->error->status, acg_status_name(ends[i].status));
        assert_string_equal(done->error->message, "m?");
        h2_expect_status(rig.h, call, ends[i].code);
        assert_true(h2_answer(rig.h, call)->details[0] != '\0');
    }
    rig_end(&rig);
}

static void a_publish_outlives_its_call(void **st)
{
    struct rig rig;

    (void)st;
    rig_begin(&rig, true);
    int32_t call = rig_publish(&rig, good_config);
    rig_step(&rig, 0, 1, "one");
    assert_int_equal(nghttp2_submit_rst_stream(rig.h->client, 0, call, NGHTTP2_CANCEL), 0);
    rig_run(&rig);
    assert_int_equal(rpc_services_running(rig.services), 1);
    assert_int_equal(rig.cancels, 0);
    rig_step(&rig, 0, 2, "two");
    int32_t watch = rig_watch(&rig, "0000000000abcdef-1", 1);
    assert_int_equal(rig_event(&rig, watch, 0, STARTED)->started->last_event, 2);
    assert_string_equal(rig_event(&rig, watch, 1, STEP)->text, "two");
    rig_done(&rig, 0, 3, ACG_OK);
    rig_event(&rig, watch, 2, DONE);
    h2_expect_status(rig.h, watch, RPC_OK);
    int32_t late = rig_watch(&rig, "0000000000abcdef-1", 0);
    assert_int_equal(rig_count(&rig, late), 4);
    h2_expect_status(rig.h, late, RPC_OK);
    rig_end(&rig);
}

static void a_slow_reader_misses_progress_alone(void **st)
{
    static char line[4000];
    struct rig rig;
    uint64_t number = 0, before = 0;

    (void)st;
    memset(line, 'x', sizeof line - 1);
    rig_begin(&rig, false);
    int32_t call = rig_publish(&rig, good_config);
    for (int i = 0; i < 60; i++) { /* beyond the client's window and RPC_READER_HIGH */
        rig_step(&rig, 0, ++number, line);
        for (int j = 0; j < 50; j++)
            rig_region(&rig, 0, ++number, j % 2 == 0 ? "westus" : "eastus2", j);
    }
    rig_done(&rig, 0, ++number, ACG_OK);
    assert_true(rpc_conn_memory(rig.h->conn) < 4 * RPC_READER_HIGH);
    for (int i = 0; i < 40 && !h2_answer(rig.h, call)->closed; i++) {
        assert_int_equal(nghttp2_submit_window_update(rig.h->client, 0, call, 65536), 0);
        assert_int_equal(nghttp2_submit_window_update(rig.h->client, 0, 0, 65536), 0);
        rig_run(&rig);
    }
    size_t count = rig_count(&rig, call), steps = 0;
    for (size_t i = 1; i < count; i++) {
        const Acg__V1__PublishResponse *m = (const Acg__V1__PublishResponse *)rig_message(
            &rig, call, i, &acg__v1__publish_response__descriptor);
        assert_true(m->event->number > before);
        before = m->event->number;
        steps += m->event->kind_case == STEP;
    }
    assert_int_equal(steps, 60);
    assert_true(count < 60 * 51);
    assert_int_equal(rig_event(&rig, call, count - 1, DONE)->number, number);
    h2_expect_status(rig.h, call, RPC_OK);
    rig_end(&rig);
}

static void what_cannot_be_submitted_ends_and_is_not_listed(void **st)
{
    Acg__V1__ListRequest all = ACG__V1__LIST_REQUEST__INIT;
    struct rig rig;

    (void)st;
    rig_begin(&rig, true);
    rig.refuse_start = true;
    int32_t call = rig_publish(&rig, good_config);
    assert_string_equal(rig_event(&rig, call, 0, DONE)->done->error->message, "too many");
    h2_expect_status(rig.h, call, RPC_RESOURCE_EXHAUSTED);
    int32_t list = rig_call(&rig, PUBLISHER "List", &all.base);
    assert_int_equal(
        ((const Acg__V1__ListResponse *)rig_message(&rig, list, 0, &acg__v1__list_response__descriptor))
            ->n_publishes,
        0);
    rig_end(&rig);
}

static void a_server_that_stops_leaves_what_runs_and_takes_nothing_new(void **st)
{
    struct rig rig;

    (void)st;
    rig_begin(&rig, true);
    int32_t call = rig_publish(&rig, good_config);
    rpc_services_drain(rig.services);
    rig_run(&rig);
    assert_int_equal(rig.cancels, 0);
    assert_int_equal(rig.leaves, 1);
    int32_t late = rig_publish(&rig, good_config);
    h2_expect_status(rig.h, late, RPC_UNAVAILABLE);
    rig_done(&rig, 0, 1, ACG_ERR_CANCELLED);
    assert_string_equal(rig_event(&rig, call, 1, DONE)->done->result->state, "running");
    h2_expect_status(rig.h, call, RPC_UNAVAILABLE);
    rig_end(&rig);
}

static void a_connection_that_goes_takes_its_readers_along(void **st)
{
    struct rig rig;

    (void)st;
    rig_begin(&rig, true);
    rig_publish(&rig, good_config);
    rig_watch(&rig, "0000000000abcdef-1", 0);
    rpc_conn_eof(rig.h->conn);
    rig_run(&rig);
    rig_step(&rig, 0, 1, "nobody reads this");
    assert_int_equal(rpc_services_running(rig.services), 1);
    rig_end(&rig);
}

/* ---- after a restart ---- */

static enum acg_status pick_up(struct rig *rig, const char *id, const char *config, const char **out_field)
{
    static struct acg_error err;
    char memo[1024];

    err = (struct acg_error){.status = ACG_OK};
    (void)snprintf(memo, sizeof memo, "{\"publish_id\":\"%s\",\"configuration\":%s}", id, config);
    enum acg_status status = rig_pick_up(rig, memo, &err);
    *out_field = err.field;
    return status;
}

static void a_publish_of_a_server_before_goes_on_under_its_id(void **st)
{
    static const char id[] = "0123456789abcdef-9";
    const char *field = NULL;
    struct rig rig;

    (void)st;
    rig_begin(&rig, true);
    assert_int_equal(pick_up(&rig, id, good_config, &field), ACG_OK);
    int32_t early = rig_watch(&rig, id, 0); /* the call comes before the host was asked */
    assert_int_equal(rig.handle_count, 1);
    rig_step(&rig, 0, 1, "checking");
    rig_done(&rig, 0, 2, ACG_OK);
    const Acg__V1__Publish *started = rig_event(&rig, early, 0, ACG__V1__EVENT__KIND_STARTED)->started;
    assert_string_equal(started->publish_id, id);
    assert_int_equal(started->start_time_unix_s, 77);
    assert_true(rig_event(&rig, early, 2, ACG__V1__EVENT__KIND_DONE)->number == 2);
    rig_end(&rig);
}

static void what_is_no_memo_of_a_server_is_refused(void **st)
{
    static const char *const ids[] = {"",
                                      "0123456789abcdef",
                                      "0123456789abcdef-",
                                      "0123456789abcdeg-1",
                                      "0123456789abcdef-1x",
                                      "0123456789abcdef-11111111111111111111111111"};
    static const char *const memos[] = {"",
                                        "{",
                                        "[]",
                                        "{}",
                                        "{\"publish_id\":\"0123456789abcdef-1\"}",
                                        "{\"publish_id\":1,\"configuration\":{}}",
                                        "{\"publish_id\":\"0123456789abcdef-1\",\"configuration\":[]}"};
    const char *field = NULL;
    struct acg_error err;
    struct rig rig;

    (void)st;
    rig_begin(&rig, true);
    for (size_t i = 0; i < sizeof memos / sizeof memos[0]; i++) {
        err = (struct acg_error){.status = ACG_OK};
        assert_int_equal(rig_pick_up(&rig, memos[i], &err), ACG_ERR_ARGUMENT);
        assert_string_equal(err.field, "memo");
        assert_string_not_equal(err.message, "");
    }
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        assert_int_equal(pick_up(&rig, ids[i], good_config, &field), ACG_ERR_ARGUMENT);
    assert_int_equal(pick_up(&rig, "0123456789abcdef-1", bad_config, &field), ACG_ERR_ARGUMENT);
    assert_int_equal(pick_up(&rig, "0123456789abcdef-1", "{\"tenant_id\": \"x\"}", &field), ACG_ERR_ARGUMENT);
    assert_string_equal(field, "tenant_id");
    assert_int_equal(rpc_services_running(rig.services), 0);
    assert_int_equal(pick_up(&rig, "0123456789abcdef-1", good_config, &field), ACG_OK);
    assert_int_equal(pick_up(&rig, "0123456789abcdef-1", good_config, &field), ACG_ERR_ARGUMENT);
    assert_int_equal(rpc_services_running(rig.services), 1);
    rig_end(&rig);
}

/* ---- caps ---- */

static void running_and_kept_publishes_are_capped(void **st)
{
    static const struct rpc_work work = {.name = "publish"};
    struct acg_error err = {.status = ACG_OK};
    struct rpc_publish *p = NULL;
    struct rpc_registry reg;

    (void)st;
    rpc_registry_init(&reg, 1);
    for (size_t i = 0; i < RPC_RUNNING_MAX; i++)
        assert_int_equal(rpc_registry_add(&reg, &work, NULL, true, 0, &p, &err), ACG_OK);
    assert_int_equal(rpc_registry_add(&reg, &work, NULL, true, 0, &p, &err), ACG_ERR_LIMIT);
    err.status = ACG_ERR_CANCELLED;
    while (reg.running > 0) {
        for (p = reg.first; p->ended; p = p->next)
            ;
        rpc_publish_end(&reg, p, NULL, &err, 0);
        rpc_registry_sweep(&reg);
    }
    assert_int_equal(reg.ended, RPC_KEPT_MAX);
    assert_null(rpc_registry_find(&reg, "0000000000000001-1"));
    assert_non_null(rpc_registry_find(&reg, "0000000000000001-4096"));
    rpc_registry_done(&reg);
}

static char *byte(void)
{
    char *bytes = acgp_alloc(1, 1);

    assert_non_null(bytes);
    return bytes;
}

static void a_log_keeps_findings_and_the_end_and_merges_the_rest(void **st)
{
    struct rpc_log log;
    uint64_t number = 0;

    (void)st;
    rpc_log_init(&log);
    assert_int_equal(rpc_log_add(&log, ++number, RPC_LOG_FINDING, NULL, byte(), 1), ACG_OK);
    for (size_t i = 0; i < 3 * RPC_LOG_LINES_MAX; i++) {
        assert_int_equal(rpc_log_add(&log, ++number, RPC_LOG_LINE, NULL, byte(), 1), ACG_OK);
        assert_int_equal(rpc_log_add(&log, ++number, RPC_LOG_REGION, i % 2 == 0 ? "a" : "b", byte(), 1),
                         ACG_OK);
    }
    assert_int_equal(rpc_log_add(&log, ++number, RPC_LOG_DONE, NULL, byte(), 1), ACG_OK);
    assert_int_equal(log.lines, RPC_LOG_LINES_MAX);
    assert_int_equal(log.regions, 2);
    assert_int_equal(rpc_log_after(&log, 0)->kind, RPC_LOG_FINDING);
    assert_int_equal(rpc_log_after(&log, number - 1)->kind, RPC_LOG_DONE);
    assert_null(rpc_log_after(&log, number));
    assert_int_equal(rpc_log_last(&log), number);
    rpc_log_done(&log);
}

/* The final event with a report whose text has so many bytes. @return what a client got of it. */
static const Acg__V1__Report *reported(struct rig *rig, size_t size)
{
    struct acg_result result = {.version_id = "", .state = ""};
    struct acg_error error = {.status = ACG_OK};
    struct acgp_page page = {0};
    struct acg_report *report = NULL;
    char *line = malloc(size + 1);

    assert_non_null(line);
    memset(line, 'x', size);
    line[size] = '\0';
    rig_begin(rig, true);
    int32_t call = rig_publish(rig, good_config);
    acgp_page_heading(&page, line);
    assert_int_equal(acgp_report_new("plan", json_pack("{s:i}", "n", 1), &page, &report, NULL), ACG_OK);
    rig_tell(rig, 0,
             &(struct acg_event){.kind = ACG_EVENT_DONE,
                                 .number = 1,
                                 .text = "over",
                                 .error = &error,
                                 .result = &result,
                                 .report = report});
    h2_expect_status(rig->h, call, RPC_OK);
    acgp_report_free(report);
    acgp_page_done(&page);
    free(line);
    return rig_event(rig, call, 1, DONE)->done->report;
}

static void the_final_event_carries_a_report(void **st)
{
    struct rig rig;
    const Acg__V1__Report *report = reported(&rig, 3);

    (void)st;
    assert_string_equal(report->kind, "plan");
    assert_string_equal(report->json, "{\"n\":1}");
    assert_string_equal(report->text, "xxx\n");
    assert_string_equal(report->markdown, "## xxx\n");
    rig_end(&rig);
}

static void forms_that_no_message_holds_give_way_to_the_final_event(void **st)
{
    struct rig rig;
    const Acg__V1__Report *report = reported(&rig, RPC_MESSAGE_MAX / 2);

    (void)st;
    assert_string_equal(report->markdown, "");
    assert_int_equal(strlen(report->text), RPC_MESSAGE_MAX / 2 + 1);
    rig_end(&rig);
    report = reported(&rig, RPC_MESSAGE_MAX);
    assert_string_equal(report->markdown, "");
    assert_string_equal(report->text, "");
    assert_string_equal(report->json, "{\"n\":1}");
    rig_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_final_event_carries_a_report),
        cmocka_unit_test(forms_that_no_message_holds_give_way_to_the_final_event),
        cmocka_unit_test(a_publish_is_followed_to_its_final_event),
        cmocka_unit_test(faults_of_a_configuration_come_at_once_and_nothing_is_asked),
        cmocka_unit_test(each_end_has_its_code_and_its_detail),
        cmocka_unit_test(a_publish_outlives_its_call),
        cmocka_unit_test(a_slow_reader_misses_progress_alone),
        cmocka_unit_test(what_cannot_be_submitted_ends_and_is_not_listed),
        cmocka_unit_test(a_server_that_stops_leaves_what_runs_and_takes_nothing_new),
        cmocka_unit_test(a_connection_that_goes_takes_its_readers_along),
        cmocka_unit_test(a_publish_of_a_server_before_goes_on_under_its_id),
        cmocka_unit_test(what_is_no_memo_of_a_server_is_refused),
        cmocka_unit_test(running_and_kept_publishes_are_capped),
        cmocka_unit_test(a_log_keeps_findings_and_the_end_and_merges_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
