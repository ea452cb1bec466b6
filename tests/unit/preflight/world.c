/* SPDX-License-Identifier: MPL-2.0 */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "plan/validate.h"
#include "preflight/plan.h"
#include "testlib/healthy.h"
#include "testlib/options_json.h"

#define ENDPOINT "https://management.azure.com"

enum { TURNS_MAX = 4000, URLS_MAX = 512, URL_MAX = 512 };

struct play {
    struct world *w;
    struct acgp_work *m;
    int64_t now_ms;
    char urls[URLS_MAX][URL_MAX];
    bool done;
};

static void add_edit(struct world *w, struct world_edit edit)
{
    assert_true(w->edit_count < WORLD_EDITS_MAX);
    w->edits[w->edit_count++] = edit;
}

void world_edit(struct world *w, const char *url, const char *place, const char *value)
{
    add_edit(w, (struct world_edit){.url = url, .place = place, .value = value});
}

void world_status(struct world *w, const char *url, int status)
{
    add_edit(w, (struct world_edit){.url = url, .status = status});
}

/* Step into a member or an element, made as an object where it is not there. */
static json_t *step(json_t *at, const char *name)
{
    json_t *next =
        json_is_array(at) ? json_array_get(at, strtoul(name, NULL, 10)) : json_object_get(at, name);

    if (next == NULL) {
        next = json_object();
        assert_int_equal(json_object_set_new(at, name, next), 0);
    }
    return next;
}

static void change(json_t *root, const char *place, const char *value)
{
    char name[64];
    json_t *at = root;
    bool removes = strcmp(value, "-") == 0;

    for (;;) {
        size_t n = strcspn(place, ".");
        assert_true(n < sizeof name);
        memcpy(name, place, n);
        name[n] = '\0';
        if (place[n] == '\0')
            break;
        at = step(at, name);
        place += n + 1;
    }
    json_t *json = removes ? NULL : json_loads(value, JSON_DECODE_ANY, NULL);
    assert_true(removes || json != NULL);
    if (removes)
        assert_int_equal(json_object_del(at, name), 0);
    else if (json_is_array(at))
        assert_int_equal(json_array_set_new(at, strtoul(name, NULL, 10), json), 0);
    else
        assert_int_equal(json_object_set_new(at, name, json), 0);
}

static void respond(struct play *p, uint32_t request, int status, const json_t *body)
{
    char *text = json_dumps(body, 0);
    struct acgp_response r;

    assert_non_null(text);
    acgp_response_init(&r);
    r.status = status;
    assert_true(acgp_buf_text(&r.body, text));
    acgp_work_on_response(p->m, p->now_ms, request, &r);
    acgp_response_done(&r);
    free(text);
}

/* @return the status of an edit that replaces the answer; 0: none does */
static int replaced(const struct world *w, const char *url)
{
    for (size_t i = 0; i < w->edit_count; i++)
        if (w->edits[i].place == NULL && strstr(url, w->edits[i].url) != NULL)
            return w->edits[i].status;
    return 0;
}

static void answer(struct play *p, uint32_t request, const char *url)
{
    static const struct acgp_failure lost = {.kind = ACGP_FAILURE_TRUST,
                                             .error = {.status = ACG_ERR_TRANSPORT}};
    int status = 0, other = replaced(p->w, url);
    json_t *body = healthy_answer(url, &status);

    if (body == NULL)
        fail_msg("nobody knows %s", url);
    for (size_t i = 0; i < p->w->edit_count; i++)
        if (p->w->edits[i].place != NULL && strstr(url, p->w->edits[i].url) != NULL) {
            status = 200;
            change(body, p->w->edits[i].place, p->w->edits[i].value);
        }
    if (other > 0) {
        json_decref(body);
        body = json_pack("{s:{s:s, s:s}}", "error", "code", "Said", "message", "so");
        status = other;
    }
    if (other < 0)
        acgp_work_on_failure(p->m, p->now_ms, request, &lost);
    else
        respond(p, request, status, body);
    json_decref(body);
}

static void count(struct play *p, const char *url)
{
    size_t i = 0;

    while (i < p->w->urls && strcmp(p->urls[i], url) != 0)
        i++;
    assert_true(i < URLS_MAX);
    if (i == p->w->urls) {
        size_t used = strlen(p->w->asked);
        (void)snprintf(p->urls[p->w->urls++], URL_MAX, "%s", url);
        (void)snprintf(p->w->asked + used, sizeof p->w->asked - used, "%s\n", url);
    }
    p->w->gets++;
}

static void note(struct world *w, const struct acg_finding *f)
{
    static const char *const words[] = {"error", "warning", "unknown"};
    char rule[128];
    size_t used = strlen(w->found);

    (void)snprintf(w->found + used, sizeof w->found - used, "%s %s %s: %s; %s\n", words[f->severity], f->rule,
                   f->field, f->message, f->fix);
    assert_non_null(acg_rule_text(f->rule)); /* every rule that is found is explained */
    assert_non_null(acg_rule_service_message(f->rule));
    (void)snprintf(rule, sizeof rule, "%s %s", words[f->severity], f->rule);
    if (strstr(w->rules, rule) != NULL)
        return;
    used = strlen(w->rules);
    (void)snprintf(w->rules + used, sizeof w->rules - used, "%s%s", used ? ", " : "", rule);
}

static void listen(struct play *p)
{
    const struct acg_event *e = NULL;

    while (acgp_work_next_event(p->m, &e)) {
        assert_false(p->done);
        if (e->kind == ACG_EVENT_FINDING)
            note(p->w, e->finding);
        if (e->kind != ACG_EVENT_DONE)
            continue;
        p->done = true;
        p->w->error = *e->error;
        if (e->report == NULL)
            continue;
        assert_string_equal(acg_report_kind(e->report), "plan");
        p->w->json = strdup(acg_report_json(e->report));
        p->w->text = strdup(acg_report_text(e->report));
    }
}

/* The machine of these options, however faulty they are. */
static struct acgp_work *machine_of(const struct world *w)
{
    struct acgp_work_config config = {.endpoint = ENDPOINT, .seed = 5, .now_unix_s = WORLD_NOW_UNIX_S};
    struct acgp_plan_input input = {.spec = NULL};
    struct acg_findings *findings = NULL;
    struct acgp_work *m = NULL;
    char path[512];

    (void)snprintf(path, sizeof path, "%s/golden/%s/options.json", ACG_TESTS, w->options);
    struct options_json *json = options_json_read(path);
    struct acg_publish_options o = *options_json_view(json);
    if (w->change != NULL)
        w->change(&o);
    assert_int_equal(acg_findings_new(&findings, NULL), ACG_OK);
    assert_int_equal(acgp_validate_draft(&o, WORLD_NOW_UNIX_S, findings, &input.spec, &input.faults, NULL),
                     ACG_OK);
    input.findings = findings;
    assert_int_equal(acgp_plan_new(&input, &config, &m, NULL), ACG_OK);
    acg_findings_free(findings);
    options_json_free(json);
    return m;
}

void world_plan(struct world *w)
{
    struct play *p = calloc(1, sizeof *p);
    struct acgp_action act = {0};

    assert_non_null(p);
    p->w = w;
    p->m = machine_of(w);
    for (int i = 0; i < TURNS_MAX && act.kind != ACGP_ACT_DONE; i++) {
        assert_true(acgp_work_next(p->m, p->now_ms, &act));
        if (act.kind == ACGP_ACT_WAIT)
            p->now_ms = act.until_ms;
        if (act.kind != ACGP_ACT_SEND)
            continue;
        assert_int_equal(act.message->method, ACGP_GET);
        count(p, act.message->url);
        answer(p, act.request, act.message->url);
    }
    listen(p);
    assert_true(p->done);
    acgp_work_free(p->m);
    free(p);
}

void world_finds(const struct world *w, const char *rules)
{
    if (strcmp(w->rules, rules) != 0)
        print_error("found:\n%s", w->found);
    assert_string_equal(w->rules, rules);
}

void world_done(struct world *w)
{
    free(w->json);
    free(w->text);
    w->json = w->text = NULL;
}
