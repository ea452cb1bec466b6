/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/talk.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include <acg/report.h>

#include "base/span.h"
#include "plan/validate.h"
#include "publish/machine.h"
#include "testlib/healthy.h"
#include "testlib/options_json.h"
#include "testlib/scribe.h"

#define ENDPOINT "https://management.azure.com"

enum { PATH_LENGTH_MAX = 512, TURNS_MAX = 10000 };

static void path_of(char *out, const char *folder, const char *name, const char *tail)
{
    int n = snprintf(out, PATH_LENGTH_MAX, "%s/%s%s%s", ACG_TESTS, folder, name, tail);

    assert_true(n > 0 && n < PATH_LENGTH_MAX);
}

json_t *talk_load(const char *file)
{
    char path[PATH_LENGTH_MAX];
    json_error_t why;
    json_t *root = NULL;

    path_of(path, "unit/publish/data/", file, "");
    root = json_load_file(path, 0, &why);
    if (root == NULL)
        fail_msg("%s: line %d: %s", path, why.line, why.text);
    return root;
}

static void note(struct talk *t, const struct acg_event *e)
{
    static const char *const kinds[] = {
        [ACG_EVENT_STEP] = "step",       [ACG_EVENT_REGION] = "region",   [ACG_EVENT_NOTICE] = "notice",
        [ACG_EVENT_FINDING] = "finding", [ACG_EVENT_REQUEST] = "request", [ACG_EVENT_DONE] = "done"};
    const char *rule = e->finding ? e->finding->rule : "", *field = e->finding ? e->finding->field : "";
    static const char *const severities[] = {" error ", " warning ", " unknown "};
    const char *severity = e->finding != NULL ? severities[e->finding->severity] : "";
    size_t had = t->told ? strlen(t->told) : 0, more = strlen(e->text) + strlen(rule) + strlen(field) + 80;
    char *told = realloc(t->told, had + more);

    assert_non_null(told);
    snprintf(told + had, more, "%s%s%s%s%s%s %s\n", kinds[e->kind], severity, rule, field[0] ? " " : "",
             field, e->finding ? ":" : "", e->text);
    t->told = told;
}

void talk_listen(struct talk *t)
{
    const struct acg_event *e = NULL;
    uint64_t number = 0;

    while (t->m != NULL && acgp_work_next_event(t->m, &e)) {
        assert_false(t->done_event); /* nothing may follow the final event */
        assert_true(e->number > number);
        number = e->number;
        note(t, e);
        assert_true(e->kind != ACG_EVENT_REGION || (e->region && e->state && e->details));
        if (e->kind != ACG_EVENT_DONE)
            continue;
        t->done_event = true;
        t->error = *e->error;
        snprintf(t->state, sizeof t->state, "%s", e->result->state);
        t->proved = e->result->proved;
        t->created = e->result->created;
        t->regions = e->result->region_count;
        if (e->report != NULL) {
            t->report = strdup(acg_report_json(e->report));
            t->report_text = strdup(acg_report_text(e->report));
        }
    }
}

static void close_request(struct talk *t, uint32_t number)
{
    size_t kept = 0;

    for (size_t i = 0; i < t->open_count; i++)
        if (t->open[i].number != number)
            t->open[kept++] = t->open[i];
    assert_int_equal(kept + 1, t->open_count);
    t->open_count = kept;
}

static void open_request(struct talk *t, const struct acgp_action *act)
{
    assert_true(t->open_count < TALK_OPEN_MAX);
    assert_true(act->until_ms > t->now_ms);
    assert_string_not_equal(act->message->client_request_id, "");
    t->open[t->open_count++] =
        (struct talk_request){act->request, act->message, act->fresh_token, act->until_ms};
    if (act->message->method == ACGP_PUT) {
        t->puts++;
        free(t->last_put);
        t->last_put = strdup(act->message->body);
    } else {
        t->gets++;
    }
}

void talk_by_hand(struct talk *t, const char *url_part)
{
    size_t i = 0;

    while (t->by_hand[i] != NULL)
        i++;
    assert_true(i < sizeof t->by_hand / sizeof t->by_hand[0]);
    t->by_hand[i] = url_part;
}

/* What a publish reads and could go on without: the world is healthy, unless the test wants to tell. */
static bool answer_healthy(struct talk *t, const struct acgp_action *act)
{
    const struct acgp_call *call = acgp_calls_find(t->m, act->request);
    struct acgp_response r;
    int status = 0;
    json_t *body = NULL;
    char *text = NULL;

    if (t->preflight == NULL || call->kind < ACGP_PREFLIGHT_CALLS ||
        t->preflight->facts.items[call->index]->needed)
        return false;
    for (size_t i = 0; i < sizeof t->by_hand / sizeof t->by_hand[0] && t->by_hand[i] != NULL; i++)
        if (strstr(act->message->url, t->by_hand[i]) != NULL)
            return false;
    body = healthy_answer(act->message->url, &status);
    if (body == NULL)
        fail_msg("nobody knows %s", act->message->url);
    text = json_dumps(body, 0);
    assert_non_null(text);
    acgp_response_init(&r);
    r.status = status;
    assert_true(acgp_buf_text(&r.body, text));
    acgp_work_on_response(t->m, t->now_ms, act->request, &r);
    acgp_response_done(&r);
    free(text);
    json_decref(body);
    return true;
}

static bool contains_nocase(const char *text, const char *part)
{
    for (; *text != '\0'; text++)
        if (acgp_span_starts_nocase(acgp_span(text), acgp_span(part)))
            return true;
    return false;
}

/* A read for the report: it has no say in what is tested, so it is answered here. @return false: not one. */
static bool answer_set(struct talk *t, const struct acgp_action *act)
{
    struct acgp_response r;
    json_t *set = NULL;
    char *text = NULL;

    if (!t->answers_sets || acgp_calls_find(t->m, act->request)->kind != ACGP_CALL_FACT ||
        !contains_nocase(act->message->url, "/diskEncryptionSets/"))
        return false;
    set = talk_load("set.json");
    text = json_dumps(set, 0);
    assert_non_null(text);
    acgp_response_init(&r);
    r.status = 200;
    assert_true(acgp_buf_text(&r.body, text));
    acgp_work_on_response(t->m, t->now_ms, act->request, &r);
    acgp_response_done(&r);
    free(text);
    json_decref(set);
    return true;
}

/* Turn until there is nothing to do now. @return when to turn again. */
static int64_t turn(struct talk *t)
{
    struct acgp_action act = {0};

    for (int i = 0; i < TURNS_MAX; i++) {
        if (!acgp_work_next(t->m, t->now_ms, &act))
            return INT64_MAX;
        if (act.kind == ACGP_ACT_SEND) {
            assert_false(t->over);
            if (!answer_healthy(t, &act) && !answer_set(t, &act))
                open_request(t, &act);
        } else if (act.kind == ACGP_ACT_ABANDON) {
            close_request(t, act.request);
        } else if (act.kind == ACGP_ACT_TURN) {
            assert_true(act.name_count != 0);
            t->turn_asked = true;
            if (!t->turn_by_hand)
                acgp_work_on_turn(t->m, t->now_ms);
        } else if (no_journal(t->m, t->now_ms, &act)) {
            continue;
        } else if (act.kind == ACGP_ACT_WAIT) {
            assert_true(act.until_ms > t->now_ms); /* else the engine would spin */
            return act.until_ms;
        } else {
            t->over = true;
            return INT64_MAX;
        }
    }
    fail_msg("the machine does not come to rest");
    return 0;
}

static const struct acgp_work_config config = {
    .endpoint = ENDPOINT, .seed = 7, .now_ms = 0, .now_unix_s = TALK_NOW_UNIX_S};

const struct acgp_work_config *talk_config(void)
{
    return &config;
}

struct talk talk_begin_work(struct acgp_work *w)
{
    return (struct talk){.m = w};
}

struct talk talk_begin_removal(void **state, const char *version_id, const char *published_date)
{
    struct acgp_removal removal = {version_id, published_date, 1800000};
    struct talk t = {.now_ms = 0};

    (void)state;
    assert_int_equal(acgp_removal_new(&removal, &config, &t.m, NULL), ACG_OK);
    return t;
}

static struct talk begin(struct acgp_publish_spec *spec)
{
    struct talk t = {.now_ms = 0, .answers_sets = true};

    assert_int_equal(acgp_publish_new(spec, &config, &t.m, NULL), ACG_OK);
    t.preflight = &((const struct acgp_publish *)t.m)->preflight;
    return t;
}

struct talk talk_begin(void **state, const char *options)
{
    char path[PATH_LENGTH_MAX];

    (void)state;
    path_of(path, "golden/", options, "/options.json");
    return begin(options_json_spec(path, TALK_NOW_UNIX_S));
}

static void edit_option(json_t *root, const char *option, const char *value)
{
    json_t *json = json_loads(value, JSON_DECODE_ANY, NULL);

    assert_non_null(json);
    if (json_is_null(json))
        json_object_del(root, option);
    else
        json_object_set(root, option, json);
    json_decref(json);
}

static struct acgp_publish_spec *spec_of(json_t *root)
{
    char edited[] = "/tmp/acg-talk-XXXXXX";
    int fd = mkstemp(edited);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    struct acgp_publish_spec *spec = NULL;

    assert_non_null(f);
    assert_int_equal(json_dumpf(root, f, 0), 0);
    fclose(f);
    json_decref(root);
    spec = options_json_spec(edited, TALK_NOW_UNIX_S);
    remove(edited);
    return spec;
}

static json_t *options_of(const char *options)
{
    char path[PATH_LENGTH_MAX];
    json_t *root = NULL;

    path_of(path, "golden/", options, "/options.json");
    root = json_load_file(path, 0, NULL);
    assert_non_null(root);
    return root;
}

struct acgp_publish_spec *talk_spec(const char *options, const char *option, const char *value)
{
    json_t *root = options_of(options);

    edit_option(root, option, value);
    return spec_of(root);
}

struct talk talk_begin_with(void **state, const char *options, const char *option, const char *value)
{
    (void)state;
    return begin(talk_spec(options, option, value));
}

struct talk talk_begin_edited(void **state, const char *options, ...)
{
    json_t *root = options_of(options);
    const char *option = NULL;
    va_list edits;

    (void)state;
    va_start(edits, options);
    while ((option = va_arg(edits, const char *)) != NULL)
        edit_option(root, option, va_arg(edits, const char *));
    va_end(edits);
    return begin(spec_of(root));
}

static void list_open(const struct talk *t)
{
    for (size_t i = 0; i < t->open_count; i++)
        print_error("open: %s %s\n", acgp_method_name(t->open[i].message->method), t->open[i].message->url);
    print_error("told:\n%s", t->told ? t->told : "");
}

void talk_expect(struct talk *t, const char *method, const char *url_part)
{
    turn(t);
    talk_listen(t);
    for (size_t i = 0; i < t->open_count; i++) {
        const struct acgp_request *r = t->open[i].message;
        if (strcmp(acgp_method_name(r->method), method) == 0 && strstr(r->url, url_part) != NULL) {
            t->current = t->open[i];
            return;
        }
    }
    list_open(t);
    fail_msg("no open %s of %s", method, url_part);
}

void talk_expect_silence(struct talk *t)
{
    turn(t);
    if (t->open_count != 0)
        list_open(t);
    assert_int_equal(t->open_count, 0);
}

void talk_header(struct talk *t, const char *name, const char *value)
{
    assert_true(t->header_count < TALK_HEADERS_MAX);
    t->header_names[t->header_count] = name;
    t->header_values[t->header_count++] = value;
}

static void add_header(struct acgp_response *r, const char *name, const char *value)
{
    assert_true(acgp_response_header_add(r, (struct acg_span){name, strlen(name)},
                                         (struct acg_span){value, strlen(value)}));
}

void talk_reply_text(struct talk *t, int status, const char *text)
{
    struct acgp_response r;
    uint32_t number = t->current.number;

    assert_int_not_equal(number, 0); /* expect a request first */
    acgp_response_init(&r);
    r.status = status;
    add_header(&r, "Content-Type", "application/json; charset=utf-8");
    add_header(&r, "x-ms-request-id", "11111111-2222-3333-4444-555555555555");
    for (size_t i = 0; i < t->header_count; i++)
        add_header(&r, t->header_names[i], t->header_values[i]);
    t->header_count = 0;
    assert_true(acgp_buf_text(&r.body, text));
    t->current = (struct talk_request){0};
    close_request(t, number);
    acgp_work_on_response(t->m, t->now_ms, number, &r);
    acgp_response_done(&r);
    turn(t);
    talk_listen(t);
}

/* Walk a pointer of the form /a/b/0 to its parent; *last is its last part. */
static json_t *walk(json_t *root, const char *pointer, char *last, size_t size)
{
    json_t *at = root;
    const char *rest = pointer + 1;

    for (;;) {
        const char *slash = strchr(rest, '/');
        size_t n = slash ? (size_t)(slash - rest) : strlen(rest);
        assert_true(n < size);
        memcpy(last, rest, n);
        last[n] = '\0';
        if (slash == NULL)
            return at;
        at = json_is_array(at) ? json_array_get(at, strtoul(last, NULL, 10)) : json_object_get(at, last);
        if (at == NULL)
            fail_msg("no %s in the document", pointer);
        rest = slash + 1;
    }
}

static void edit(json_t *root, const char *pointer, const char *value)
{
    char last[64];
    json_t *parent = walk(root, pointer, last, sizeof last);
    json_t *json = strcmp(value, "-") == 0 ? NULL : json_loads(value, JSON_DECODE_ANY, NULL);
    size_t index = strtoul(last, NULL, 10);

    if (json == NULL && json_is_array(parent))
        assert_int_equal(json_array_remove(parent, index), 0);
    else if (json == NULL)
        assert_int_equal(json_object_del(parent, last), 0);
    else if (json_is_array(parent) && index >= json_array_size(parent))
        assert_int_equal(json_array_append_new(parent, json), 0);
    else if (json_is_array(parent))
        assert_int_equal(json_array_set_new(parent, index, json), 0);
    else
        assert_int_equal(json_object_set_new(parent, last, json), 0);
}

static void reply_json(struct talk *t, int status, json_t *root)
{
    char *text = json_dumps(root, 0);

    json_decref(root);
    assert_non_null(text);
    talk_reply_text(t, status, text);
    free(text);
}

void talk_reply(struct talk *t, int status, const char *file)
{
    reply_json(t, status, talk_load(file));
}

void talk_reply_edited(struct talk *t, int status, const char *file, ...)
{
    json_t *root = talk_load(file);
    va_list args;

    va_start(args, file);
    for (const char *pointer = va_arg(args, const char *); pointer != NULL;
         pointer = va_arg(args, const char *))
        edit(root, pointer, va_arg(args, const char *));
    va_end(args);
    reply_json(t, status, root);
}

void talk_accept(struct talk *t)
{
    talk_header(t, "Azure-AsyncOperation",
                ENDPOINT "/subscriptions/s/providers/Microsoft.Compute/locations/westus/capsOperations/op-1"
                         "?api-version=2022-03-03&t=1&c=2&s=3&h=4");
    talk_reply(t, 201, "creating.json");
}

void talk_fail(struct talk *t, enum acgp_failure_kind kind, enum acg_status status)
{
    struct acgp_failure f = {.kind = kind, .error = {.status = status, .message = "the connection broke"}};
    uint32_t number = t->current.number;

    assert_int_not_equal(number, 0);
    t->current = (struct talk_request){0};
    close_request(t, number);
    acgp_work_on_failure(t->m, t->now_ms, number, &f);
    turn(t);
    talk_listen(t);
}

void talk_lose_reply(struct talk *t)
{
    talk_fail(t, ACGP_FAILURE_LOST, ACG_ERR_TRANSPORT);
}

void talk_pass_ms(struct talk *t, int64_t ms)
{
    int64_t end = t->now_ms + ms;

    for (;;) {
        int64_t next = turn(t);
        if (next > end)
            break;
        t->now_ms = next;
    }
    t->now_ms = end;
    turn(t);
    talk_listen(t);
}

void talk_cancel(struct talk *t)
{
    acgp_work_cancel(t->m, t->now_ms);
}

void talk_told(struct talk *t, const char *text)
{
    talk_listen(t);
    if ((t->told == NULL || strstr(t->told, text) == NULL) && strstr(t->error.message, text) == NULL) {
        list_open(t);
        fail_msg("nobody said: %s", text);
    }
}

void talk_not_told(struct talk *t, const char *text)
{
    talk_listen(t);
    if (t->told != NULL && strstr(t->told, text) != NULL) {
        list_open(t);
        fail_msg("somebody said: %s", text);
    }
}

void talk_ends(struct talk *t, enum acg_status status)
{
    struct acgp_action act = {0};

    turn(t);
    talk_listen(t);
    if (!t->over || !t->done_event || t->error.status != status)
        list_open(t);
    assert_true(t->over);
    assert_true(t->done_event);
    assert_string_equal(acg_status_name(t->error.status), acg_status_name(status));
    assert_int_equal(t->open_count, 0);
    assert_true(acgp_work_next(t->m, t->now_ms, &act)); /* DONE again, and nothing new to say */
    assert_int_equal(act.kind, ACGP_ACT_DONE);
    talk_listen(t);
}

void talk_free(struct talk *t)
{
    acgp_work_free(t->m);
    free(t->last_put);
    free(t->told);
    free(t->report);
    free(t->report_text);
    *t = (struct talk){0};
}
