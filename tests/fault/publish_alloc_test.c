/* SPDX-License-Identifier: MPL-2.0 */
/* Each allocation of a whole publish fails once, ours and jansson's alike: the publish ends with one final
 * event that says "out of memory", and nothing leaks. */
#include "testlib/test.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/span.h"
#include "preflight/plan.h"
#include "publish/publish.h"
#include "testlib/healthy.h"
#include "testlib/options_json.h"
#include "testlib/scribe.h"

enum { ROUNDS_MAX = 60000, TURNS_MAX = 800, NOW_UNIX_S = 1790000000 };
enum { LAST_RECORD = 3 }; /* allocations: itself, version and status */

enum { LATE = 256 };

struct answer {
    const char *method, *url_part; /* the first row that fits and has uses left answers */
    int status;
    const char *file;
    int uses; /* LATE + n: not before the write, as what is read for the report */
};

struct round {
    struct acgp_work *m;
    bool written; /* a PUT was sent */
    struct answer rows[16];
    int64_t now_ms;
    unsigned done_events;
    enum acg_status status;
};

/* jansson's lexer (2.14) ignores that its token buffer could not grow, and then reads past its end: the sizes
 * of that buffer are let through. */
static void *fail_or_alloc(size_t size)
{
    bool token_buffer = size >= 32 && (size & (size - 1)) == 0;

    return token_buffer ? calloc(1, size) : acgp_alloc(1, size);
}

static void release(void *p)
{
    acgp_free(p);
}

static char *load(const char *file)
{
    char path[512];
    FILE *f = NULL;
    char *text = calloc(1, 65536);

    snprintf(path, sizeof path, "%s/unit/publish/data/%s", ACG_TESTS, file);
    f = fopen(path, "r");
    assert_non_null(f);
    assert_non_null(text);
    assert_true(fread(text, 1, 65535, f) > 0);
    fclose(f);
    return text;
}

/* @return false: an allocation of the answer itself failed, which the engine reports as a failure */
static bool fill(struct acgp_response *r, const struct answer *row, const char *text)
{
    const char *poll = "https://management.azure.com/capsOperations/op-1";

    r->status = row->status;
    return acgp_buf_text(&r->body, text) &&
           acgp_response_header_add(r, acgp_span("x-ms-request-id"), acgp_span("req")) &&
           (row->status != 201 ||
            acgp_response_header_add(r, acgp_span("azure-asyncoperation"), acgp_span(poll)));
}

static void give_text(struct round *r, const struct acgp_action *act, const struct answer *row,
                      const char *text)
{
    struct acgp_response response;
    struct acgp_failure failure = {.kind = ACGP_FAILURE_LOST, .error = {.status = ACG_ERR_TRANSPORT}};

    acgp_response_init(&response);
    if (text == NULL) {
        acgp_work_on_failure(r->m, r->now_ms, act->request, &failure);
    } else if (fill(&response, row, text)) {
        acgp_work_on_response(r->m, r->now_ms, act->request, &response);
    } else {
        failure.error.status = ACG_ERR_NOMEM;
        acgp_work_on_failure(r->m, r->now_ms, act->request, &failure);
    }
    acgp_response_done(&response);
}

static void give(struct round *r, const struct acgp_action *act, const struct answer *row)
{
    char *text = row->file ? load(row->file) : NULL;

    give_text(r, act, row, text);
    free(text);
}

/* What a publish reads beside what these conversations are about. */
static bool give_healthy(struct round *r, const struct acgp_action *act)
{
    struct answer row = {.method = "GET"};
    const char *text = healthy_text(act->message->url, &row.status);

    if (text == NULL)
        return false;
    give_text(r, act, &row, text);
    return true;
}

static void answer(struct round *r, const struct acgp_action *act)
{
    const struct acgp_request *q = act->message;

    for (size_t i = 0; i < sizeof r->rows / sizeof r->rows[0] && r->rows[i].method; i++) {
        struct answer *row = &r->rows[i];
        if (row->uses % LATE == 0 || (row->uses > LATE && !r->written) ||
            strcmp(acgp_method_name(q->method), row->method) != 0 || strstr(q->url, row->url_part) == NULL)
            continue;
        row->uses--;
        r->written = r->written || q->method == ACGP_PUT;
        give(r, act, row);
        return;
    }
    if (q->method != ACGP_GET || !give_healthy(r, act))
        fail_msg("no answer for %s %s", acgp_method_name(q->method), q->url);
}

static void listen(struct round *r)
{
    const struct acg_event *e = NULL;

    while (acgp_work_next_event(r->m, &e)) {
        assert_int_equal(r->done_events, 0);
        assert_non_null(e->text);
        if (e->kind != ACG_EVENT_DONE)
            continue;
        r->done_events++;
        r->status = e->error->status;
        assert_non_null(e->result);
        assert_non_null(e->result->version_id);
        assert_true(!e->result->proved || r->status == ACG_OK || r->status == ACG_ERR_PARTIAL);
    }
}

static void converse(struct round *r)
{
    struct acgp_action act = {0};

    for (int i = 0; i < TURNS_MAX; i++) {
        assert_true(acgp_work_next(r->m, r->now_ms, &act));
        if (act.kind == ACGP_ACT_SEND)
            answer(r, &act);
        else if (act.kind == ACGP_ACT_TURN)
            acgp_work_on_turn(r->m, r->now_ms);
        else if (act.kind == ACGP_ACT_WAIT)
            r->now_ms = act.until_ms;
        else if (!no_journal(r->m, r->now_ms, &act) && act.kind == ACGP_ACT_DONE)
            break;
        if (i % 3 == 0)
            listen(r);
    }
    assert_int_equal(act.kind, ACGP_ACT_DONE);
    listen(r);
    assert_int_equal(r->done_events, 1);
}

/* @return how it ended with allocation number n failing */
static enum acg_status run(bool plan, const char *path, const struct answer *rows, size_t count, uint64_t n)
{
    struct acgp_work_config config = {
        .endpoint = "https://management.azure.com", .seed = 1, .now_unix_s = NOW_UNIX_S};
    struct round r = {.m = NULL};
    struct acgp_publish_spec *spec = NULL;
    struct acg_findings *before = NULL; /* of a plan's options */
    struct acg_error err = {0};

    acgp_alloc_fail_at(0);
    spec = options_json_spec(path, NOW_UNIX_S);
    assert_int_equal(acg_findings_new(&before, NULL), ACG_OK);
    assert_int_equal(acg_findings_add(before, ACG_SEVERITY_ERROR, "R19", "end_of_life_date", "in the past",
                                      "another", NULL),
                     ACG_OK);
    assert_true(count < sizeof r.rows / sizeof r.rows[0]);
    if (count > 0)
        memcpy(r.rows, rows, count * sizeof rows[0]);
    struct acgp_plan_input input = {.spec = spec, .faults = plan ? 1 : 0, .findings = before};
    acgp_alloc_fail_at(n);
    r.status =
        plan ? acgp_plan_new(&input, &config, &r.m, &err) : acgp_publish_new(spec, &config, &r.m, &err);
    if (r.status == ACG_OK)
        converse(&r);
    else
        assert_int_equal(err.status, ACG_ERR_NOMEM);
    acgp_work_free(r.m);
    acg_findings_free(before);
    return r.status;
}

/* Fail 1, 2, 3 ... until the conversation no longer reaches the failing one. */
static void every_failure_of_path(bool plan, const char *path, const struct answer *rows, size_t count,
                                  enum acg_status end)
{
    uint64_t n = 1;
    size_t nomem = 0;

    assert_int_equal(run(plan, path, rows, count, 0), end);
    for (; n < ROUNDS_MAX; n++) {
        enum acg_status status = run(plan, path, rows, count, n);
        bool reached = acgp_alloc_count() >= n;
        nomem += status == ACG_ERR_NOMEM;
        if (!reached) {
            assert_int_equal(status, end);
            break;
        }
    }
    acgp_alloc_fail_at(0);
    assert_true(n > 50 && n < ROUNDS_MAX);
    print_message("%zu of %zu failures ended the publish\n", nomem, (size_t)n - 1);
    /* None is swallowed. A run that began to write makes its journal's last record behind its end, which
     * stands then: without memory for it the journal says less, and the next run looks for itself. */
    size_t behind = n - 1 - nomem;
    assert_true(behind == 0 || (!plan && behind == LAST_RECORD));
}

static void every_failure_is_clean(bool plan, const char *options, const struct answer *rows, size_t count,
                                   enum acg_status end)
{
    char path[512];

    snprintf(path, sizeof path, "%s/golden/%s/options.json", ACG_TESTS, options);
    every_failure_of_path(plan, path, rows, count, end);
}

/* The case image-cmk with other options. @param edits JSON object: they are put over the case's own. */
static void every_failure_with(const char *edits, const struct answer *rows, size_t count,
                               enum acg_status end)
{
    char path[512], edited[] = "/tmp/acg-alloc-XXXXXX";
    int fd = mkstemp(edited);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    json_t *root = NULL, *more = json_loads(edits, 0, NULL);

    acgp_alloc_fail_at(0);
    snprintf(path, sizeof path, "%s/golden/image-cmk/options.json", ACG_TESTS);
    root = json_load_file(path, 0, NULL);
    assert_non_null(f);
    assert_non_null(root);
    assert_non_null(more);
    assert_int_equal(json_object_update(root, more), 0);
    assert_int_equal(json_dumpf(root, f, 0), 0);
    fclose(f);
    json_decref(root);
    json_decref(more);
    every_failure_of_path(false, edited, rows, count, end);
    remove(edited);
}

#define V      "/versions/1.4.0?api-version"
#define EXPAND "/versions/1.4.0?$expand"

static void a_publish_that_succeeds(void **st)
{
    static const struct answer rows[] = {
        {"GET", V, 404, "error-not-found.json", 1},
        {"GET", "/images/web-build", 503, "error-busy.json", 1},
        {"GET", "/images/web-build", 200, "image.json", 1},
        {"PUT", V, 201, "creating.json", 1},
        {"GET", "op-1", 200, "operation-running.json", 2},
        {"GET", "op-1", 200, "operation-succeeded.json", 1},
        {"GET", EXPAND, 200, "replicating.json", 1},
        {"GET", EXPAND, 200, "replicating-70.json", 1},
        {"GET", EXPAND, 200, "succeeded.json", 9},
        {"GET", "westus-os", 200, "set.json", LATE + 1},
        {"GET", "WESTUS-DATA", 403, "error-forbidden.json", LATE + 1},
        {"GET", "eastus2-all", 404, "error-not-found.json", LATE + 1},
    };

    (void)st;
    every_failure_is_clean(false, "image-cmk", rows, sizeof rows / sizeof rows[0], ACG_OK);
}

static void a_publish_whose_put_is_lost_and_whose_region_fails(void **st)
{
    static const struct answer rows[] = {
        {"GET", V, 404, "error-not-found.json", 1},
        {"GET", "/images/web-build", 200, "image.json", 1},
        {"PUT", V, 0, NULL, 1},
        {"GET", V, 404, "error-not-found.json", 1},
        {"PUT", V, 500, "error-busy.json", 1},
        {"GET", V, 200, "creating.json", 1},
        {"GET", EXPAND, 200, "replicating.json", 1},
        {"GET", EXPAND, 200, "region-failed.json", 9},
    };

    (void)st;
    every_failure_is_clean(false, "image-cmk", rows, sizeof rows / sizeof rows[0], ACG_ERR_SERVICE);
}

static void a_publish_that_the_checks_stop(void **st)
{
    static const struct answer rows[] = {
        {"GET", V, 404, "error-not-found.json", 1},
        {"GET", "westus-double", 200, "set.json", 1},
        {"GET", "eastus2-double", 404, "error-not-found.json", 1},
    };

    (void)st;
    every_failure_is_clean(false, "snapshots-double", rows, sizeof rows / sizeof rows[0], ACG_ERR_PREFLIGHT);
}

static void a_publish_that_is_not_what_was_asked(void **st)
{
    static const struct answer rows[] = {
        {"GET", V, 404, "error-not-found.json", 1}, {"GET", "/images/web-build", 200, "image.json", 1},
        {"PUT", V, 201, "creating.json", 1},        {"GET", "op-1", 200, "operation-succeeded.json", 1},
        {"GET", EXPAND, 200, "succeeded.json", 9},
    };

    (void)st;
    every_failure_with("{\"exclude_from_latest\":false,\"replica_count\":3}", rows,
                       sizeof rows / sizeof rows[0], ACG_ERR_MISMATCH);
}

static void a_publish_that_is_repaired(void **st)
{
    static const struct answer rows[] = {
        {"GET", V, 404, "error-not-found.json", 1},
        {"GET", "/images/web-build", 200, "image.json", 1},
        {"PUT", V, 201, "creating.json", 2},
        {"PUT", V, 0, NULL, 1},
        {"PUT", V, 201, "creating.json", 1},
        {"GET", "op-1", 200, "operation-failed.json", 1},
        {"GET", "op-1", 200, "operation-succeeded.json", 2},
        {"GET", EXPAND, 200, "region-failed.json", 2},
        {"GET", EXPAND, 200, "home-only.json", 3},
        {"GET", EXPAND, 200, "succeeded.json", 9},
        {"GET", "WESTUS-DATA", 200, "set.json", LATE + 1},
    };

    (void)st;
    every_failure_with("{\"on_failure\":\"repair\"}", rows, sizeof rows / sizeof rows[0], ACG_OK);
}

static void a_publish_in_waves(void **st)
{
    static const struct answer rows[] = {
        {"GET", V, 404, "error-not-found.json", 1},
        {"GET", "/images/web-build", 200, "image.json", 1},
        {"PUT", V, 201, "creating.json", 2},
        {"GET", "op-1", 200, "operation-succeeded.json", 2},
        {"GET", EXPAND, 200, "home-only.json", 2},
        {"GET", EXPAND, 200, "succeeded.json", 9},
        {"GET", "WESTUS-DATA", 200, "set.json", LATE + 1},
    };

    (void)st;
    every_failure_with("{\"wave_size\":1}", rows, sizeof rows / sizeof rows[0], ACG_OK);
}

static void a_publish_without_an_optional_region(void **st)
{
    static const struct answer rows[] = {
        {"GET", V, 404, "error-not-found.json", 1},
        {"GET", "/images/web-build", 200, "image.json", 1},
        {"PUT", V, 201, "creating.json", 2},
        {"GET", "op-1", 200, "operation-failed.json", 1},
        {"GET", "op-1", 200, "operation-succeeded.json", 1},
        {"GET", EXPAND, 200, "region-failed.json", 2},
        {"GET", EXPAND, 200, "home-only.json", 9},
        {"GET", "WESTUS-DATA", 200, "set.json", LATE + 1},
    };

    (void)st;
    every_failure_with("{\"optional_regions\":[\"eastus2\"]}", rows, sizeof rows / sizeof rows[0],
                       ACG_ERR_PARTIAL);
}

/* Another writer is at work, and then takes out what was added. */
static void an_update_beside_others(void **st)
{
    static const struct answer rows[] = {
        {"GET", V, 200, "home-only.json", 1},
        {"GET", "/images/web-build", 200, "image.json", 1},
        {"PUT", V, 409, "error-busy.json", 1},
        {"PUT", V, 201, "creating.json", 2},
        {"GET", "op-1", 200, "operation-succeeded.json", 2},
        {"GET", EXPAND, 200, "home-only.json", 3},
        {"GET", EXPAND, 200, "succeeded.json", 1},
        {"GET", EXPAND, 200, "home-only.json", 4},
        {"GET", EXPAND, 200, "succeeded.json", 9},
        {"GET", "WESTUS-DATA", 200, "set.json", LATE + 1},
    };

    (void)st;
    every_failure_with("{\"on_existing\":\"update\"}", rows, sizeof rows / sizeof rows[0], ACG_OK);
}

static void a_publish_that_replaces(void **st)
{
    static const struct answer rows[] = {
        {"GET", V, 200, "region-failed.json", 2},  {"GET", "/images/web-build", 200, "image.json", 1},
        {"DELETE", V, 409, "error-busy.json", 1},  {"GET", V, 200, "region-failed.json", 1},
        {"DELETE", V, 202, "versions.json", 1},    {"GET", V, 404, "error-not-found.json", 3},
        {"PUT", V, 201, "creating.json", 1},       {"GET", "op-1", 200, "operation-succeeded.json", 1},
        {"GET", EXPAND, 200, "succeeded.json", 9}, {"GET", "WESTUS-DATA", 200, "set.json", LATE + 1},
    };

    (void)st;
    every_failure_with("{\"on_existing\":\"replace\"}", rows, sizeof rows / sizeof rows[0], ACG_OK);
}

static void a_publish_that_deletes_what_failed(void **st)
{
    static const struct answer rows[] = {
        {"GET", V, 404, "error-not-found.json", 1},    {"GET", "/images/web-build", 200, "image.json", 1},
        {"PUT", V, 201, "creating.json", 1},           {"GET", "op-1", 200, "operation-failed.json", 1},
        {"GET", EXPAND, 200, "region-failed.json", 1}, {"GET", V, 200, "region-failed.json", 1},
        {"DELETE", V, 202, "versions.json", 1},        {"GET", V, 404, "error-not-found.json", 3},
    };

    (void)st;
    every_failure_with("{\"on_failure\":\"delete\"}", rows, sizeof rows / sizeof rows[0], ACG_ERR_SERVICE);
}

/* What cannot be read does not hide what failed. */
static void a_failed_publish_that_cannot_be_read(void **st)
{
    static const struct answer rows[] = {
        {"GET", V, 404, "error-not-found.json", 1},
        {"GET", "/images/web-build", 200, "image.json", 1},
        {"PUT", V, 201, "creating.json", 1},
        {"GET", "op-1", 200, "operation-failed.json", 1},
        {"GET", EXPAND, 403, "error-forbidden.json", 1},
    };
    static const struct answer deleting[] = {
        {"GET", V, 404, "error-not-found.json", 1},    {"GET", "/images/web-build", 200, "image.json", 1},
        {"PUT", V, 201, "creating.json", 1},           {"GET", "op-1", 200, "operation-failed.json", 1},
        {"GET", EXPAND, 200, "region-failed.json", 1}, {"GET", V, 403, "error-forbidden.json", 1},
    };

    (void)st;
    every_failure_with("{\"on_failure\":\"repair\"}", rows, sizeof rows / sizeof rows[0], ACG_ERR_SERVICE);
    every_failure_with("{\"on_failure\":\"delete\"}", deleting, sizeof deleting / sizeof deleting[0],
                       ACG_ERR_SERVICE);
}

static void a_publish_whose_name_is_chosen(void **st)
{
    static const struct answer rows[] = {
        {"GET", "/images/web/versions?api-version", 200, "versions.json", 1},
        {"GET", "/images/web-build", 200, "image.json", 1},
        {"PUT", "/versions/1.4.1?api-version", 201, "creating.json", 1},
        {"GET", "op-1", 200, "operation-succeeded.json", 1},
        {"GET", "/versions/1.4.1?$expand", 200, "succeeded.json", 9},
        {"GET", "WESTUS-DATA", 200, "set.json", LATE + 1},
    };

    (void)st;
    every_failure_with(
        "{\"gallery_image_version_id\":\"/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/"
        "images/providers/Microsoft.Compute/galleries/Golden/images/web/versions/auto\"}",
        rows, sizeof rows / sizeof rows[0], ACG_OK);
}

/* Findings of every weight, a purchase plan, and the report about them. */
static void a_plan_that_finds_much(void **st)
{
    static const struct answer rows[] = {
        {"GET", "/images/web-build", 200, "image.json", 1},
        {"GET", "/galleries/Golden/images/web?", 200, "definition-planned.json", 1},
        {"GET", "/diskEncryptionSets/westus-os", 404, "error-not-found.json", 1},
        {"GET", "/diskEncryptionSets/westus-data", 403, "error-forbidden.json", 1},
        {"GET", V, 200, "succeeded.json", 1},
    };

    (void)st;
    every_failure_is_clean(true, "image-cmk", rows, sizeof rows / sizeof rows[0], ACG_ERR_ARGUMENT);
}

static void a_plan_with_snapshots(void **st)
{
    (void)st;
    every_failure_is_clean(true, "snapshots-double", NULL, 0, ACG_ERR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_publish_that_succeeds),
        cmocka_unit_test(a_publish_whose_put_is_lost_and_whose_region_fails),
        cmocka_unit_test(a_publish_that_the_checks_stop),
        cmocka_unit_test(a_publish_that_is_not_what_was_asked),
        cmocka_unit_test(a_publish_that_is_repaired),
        cmocka_unit_test(a_publish_in_waves),
        cmocka_unit_test(a_publish_without_an_optional_region),
        cmocka_unit_test(an_update_beside_others),
        cmocka_unit_test(a_publish_that_replaces),
        cmocka_unit_test(a_publish_that_deletes_what_failed),
        cmocka_unit_test(a_failed_publish_that_cannot_be_read),
        cmocka_unit_test(a_publish_whose_name_is_chosen),
        cmocka_unit_test(a_plan_that_finds_much),
        cmocka_unit_test(a_plan_with_snapshots),
    };

    json_set_alloc_funcs(fail_or_alloc,
                         release); /* the test process owns jansson's hooks; the library never sets them */
    return cmocka_run_group_tests_name("publish, each allocation failing", tests, NULL, NULL);
}
