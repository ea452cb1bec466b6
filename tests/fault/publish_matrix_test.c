/* SPDX-License-Identifier: MPL-2.0 */
/* The fault matrix on the test's own clock: every distinct request of six publishes, times everything that
 * can become of it, once and for ever. Whatever happens: it ends in time, with the version as it was asked
 * for or with one error that says what was tried; nothing is written while a write is at work, no region is
 * taken out, no encryption changes, and nothing is asked of another host. */
#include "testlib/talk.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "http/url.h"
#include "publish/machine.h"
#include "testlib/scribe.h"
#include "testlib/small_azure.h"

#define ENDPOINT "https://management.azure.com"
#define FOREIGN  "https://management.azure.com.example.net/subscriptions/s/providers/x/op-1"

enum { EXCHANGES_MAX = 128, KEY_MAX = 320, TURNS_MAX = 200000, HALF = 2 };

/* ---- stories ---- */

#define REGION(name)                                                                                         \
    "{\"name\":\"" name "\",\"os_disk_encryption_set_id\":\"" name                                           \
    "-os\",\"data_disks\":[{\"lun\":0,\"disk_encryption_set_id\":\"" name "-data\"}]}"
#define THREE "[" REGION("westus") "," REGION("eastus2") "," REGION("westeurope") "]"

struct pair {
    const char *option, *value;
};

struct story {
    const char *name;
    struct pair before[4]; /* a publish that was there already; none: nothing was */
    struct pair options[8];
    const char *failing; /* this region fails so often */
    unsigned fails;
    const char *regions; /* of the version in the end; NULL: it is gone */
    enum acg_status end;
};

static const struct story stories[] = {
    {.name = "waves",
     .options = {{"target_regions", THREE}, {"wave_size", "1"}},
     .regions = "eastus2 westeurope westus"},
    {.name = "a name of its own",
     .options = {{"gallery_image_version_id",
                  "\"/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/images/providers/"
                  "Microsoft.Compute/galleries/Golden/images/web/versions/auto\""},
                 {"target_regions", THREE}},
     .before = {{"target_regions", "[" REGION("westus") "]"}},
     .regions = "eastus2 westeurope westus"},
    {.name = "repair",
     .options = {{"target_regions", THREE}, {"on_failure", "\"repair\""}},
     .failing = "eastus2",
     .fails = 1,
     .regions = "eastus2 westeurope westus"},
    {.name = "update",
     .options = {{"target_regions", THREE}, {"on_existing", "\"update\""}},
     .before = {{"target_regions", "[" REGION("westus") "," REGION("centralus") "]"}},
     .regions = "centralus eastus2 westeurope westus"},
    {.name = "replace",
     .options = {{"target_regions", THREE}, {"on_existing", "\"replace\""}},
     .before = {{"target_regions", "[" REGION("westus") "," REGION("centralus") "]"},
                {"tags", "{\"commit\":\"older\"}"}},
     .regions = "eastus2 westeurope westus"},
    {.name = "delete what failed",
     .options = {{"target_regions", THREE}, {"on_failure", "\"delete\""}},
     .failing = "westus",
     .fails = 9,
     .end = ACG_ERR_SERVICE},
};

/* ---- faults ---- */

enum what { ANSWER, BODY, FAILURE, ASYNC };

struct fault {
    const char *name;
    enum what what;
    int status;
    const char *text; /* of the answer; NULL for BODY: half of the right one */
    const char *header, *value;
    enum acgp_failure_kind kind;
    bool acts;   /* the request was carried out */
    bool passes; /* struck by it once, a publish ends as if nothing had been */
    bool stalls; /* it takes as long as an attempt may */
};

#define BUSY "{\"error\":{\"code\":\"Conflict\",\"message\":\"another operation is in progress\"}}"
static const struct fault faults[] = {
    {.name = "refused", .what = FAILURE, .kind = ACGP_FAILURE_NOT_SENT, .passes = true},
    {.name = "reset in the header, not carried out",
     .what = FAILURE,
     .kind = ACGP_FAILURE_LOST,
     .passes = true},
    {.name = "reset in the body", .what = FAILURE, .kind = ACGP_FAILURE_LOST, .acts = true, .passes = true},
    {.name = "stalled", .what = FAILURE, .kind = ACGP_FAILURE_LOST, .stalls = true, .passes = true},
    {.name = "stalled, carried out",
     .what = FAILURE,
     .kind = ACGP_FAILURE_LOST,
     .acts = true,
     .stalls = true,
     .passes = true},
    {.name = "64 MiB", .what = FAILURE, .kind = ACGP_FAILURE_TOO_LARGE, .acts = true},
    {.name = "certificate", .what = FAILURE, .kind = ACGP_FAILURE_TRUST},
    {.name = "login", .what = FAILURE, .kind = ACGP_FAILURE_LOGIN},
    {.name = "truncated", .what = BODY, .acts = true},
    {.name = "no document", .what = BODY, .text = "{}", .acts = true},
    {.name = "a list", .what = BODY, .text = "[]", .acts = true},
    {.name = "a number", .what = BODY, .text = "17", .acts = true},
    {.name = "other names", .what = BODY, .text = "{\"result\":[{}],\"value\":{\"id\":7}}", .acts = true},
    {.name = "a page", .what = BODY, .text = "<html>Sign in</html>", .acts = true},
    {.name = "nothing", .what = BODY, .text = "", .acts = true},
    {.name = "async URL at another host", .what = ASYNC, .acts = true, .passes = true},
    {.name = "302", .what = ANSWER, .status = 302, .text = "", .header = "Location", .value = FOREIGN},
    {.name = "307", .what = ANSWER, .status = 307, .text = "", .header = "Location", .value = FOREIGN},
    {.name = "401",
     .what = ANSWER,
     .status = 401,
     .text = "{\"error\":{\"code\":\"ExpiredAuthenticationToken\",\"message\":\"expired\"}}",
     .passes = true},
    {.name = "408", .what = ANSWER, .status = 408, .text = "", .passes = true},
    {.name = "408, carried out", .what = ANSWER, .status = 408, .text = "", .acts = true, .passes = true},
    {.name = "409", .what = ANSWER, .status = 409, .text = BUSY},
    {.name = "429", .what = ANSWER, .status = 429, .text = "", .passes = true},
    {.name = "429, Retry-After",
     .what = ANSWER,
     .status = 429,
     .text = "",
     .header = "Retry-After",
     .value = "41",
     .passes = true},
    {.name = "500",
     .what = ANSWER,
     .status = 500,
     .text = "{\"error\":{\"code\":\"InternalServerError\",\"message\":\"sorry\"}}",
     .passes = true},
    {.name = "500, carried out", .what = ANSWER, .status = 500, .text = "", .acts = true, .passes = true},
    {.name = "502", .what = ANSWER, .status = 502, .text = "<html>bad gateway</html>", .passes = true},
    {.name = "503, empty", .what = ANSWER, .status = 503, .text = "", .passes = true},
    {.name = "503, carried out",
     .what = ANSWER,
     .status = 503,
     .text = "",
     .header = "Retry-After",
     .value = "41",
     .acts = true,
     .passes = true},
    {.name = "504", .what = ANSWER, .status = 504, .text = "", .passes = true},
    {.name = "504, carried out", .what = ANSWER, .status = 504, .text = "", .acts = true, .passes = true},
};
enum { FAULTS = sizeof faults / sizeof faults[0] };

/* ---- one publish ---- */

/* A request as the matrix tells it apart from others: what it is, in which step, after how many writes. */
struct exchange {
    char key[KEY_MAX];
    enum acgp_method method;
};

struct run {
    const struct story *story;
    const struct fault *fault; /* NULL: none */
    const char *struck;        /* the key that it strikes */
    bool always;
    unsigned strikes;
    int64_t begun_ms; /* the clock of Azure, when the clock of the machine is 0 */
    struct small_azure azure;
    struct exchange exchanges[EXCHANGES_MAX];
    size_t exchange_count;
    struct talk t;
};

static bool is_async(const struct fault *f)
{
    return f->what == ASYNC;
}

static const char *note(struct run *r, const struct acgp_action *act)
{
    struct exchange *x = &r->exchanges[r->exchange_count];
    const struct acgp_publish *m = (const struct acgp_publish *)r->t.m;
    const char *path = strstr(act->message->url, "/subscriptions/");
    const struct acgp_call *call = acgp_calls_find(r->t.m, act->request);

    assert_true(r->exchange_count < EXCHANGES_MAX - 1);
    if (m->step == ACGP_STEP_CHECKS) /* all of a kind are struck alike */
        path = "";
    (void)snprintf(x->key, sizeof x->key, "%s, step %d after %u writes: %s %.*s",
                   r->t.m->kind->call_name(call->kind), (int)m->step, r->azure.writes,
                   acgp_method_name(act->message->method), (int)strcspn(path, "?"), path);
    x->method = act->message->method;
    for (size_t i = 0; i < r->exchange_count; i++)
        if (strcmp(r->exchanges[i].key, x->key) == 0)
            return r->exchanges[i].key;
    r->exchange_count++;
    return x->key;
}

static void put_header(struct acgp_response *response, const char *name, const char *value)
{
    for (size_t i = 0; i < response->header_count; i++)
        if (acgp_equal_nocase(response->headers[i].name, name)) {
            acgp_free(response->headers[i].value);
            response->headers[i].value = acgp_strdup(value);
            return;
        }
    assert_true(acgp_response_header_add(response, acgp_span(name), acgp_span(value)));
}

static void put_body(struct acgp_response *response, const char *text)
{
    acgp_buf_clear(&response->body);
    assert_true(acgp_buf_text(&response->body, text));
}

static void fail_attempt(struct run *r, const struct acgp_action *act)
{
    struct acgp_failure failure = {.kind = r->fault->kind};

    (void)acgp_fail(&failure.error,
                    failure.kind == ACGP_FAILURE_LOGIN       ? ACG_ERR_AUTH
                    : failure.kind == ACGP_FAILURE_TOO_LARGE ? ACG_ERR_PROTOCOL
                    : failure.kind == ACGP_FAILURE_TRUST     ? ACG_ERR_ARGUMENT
                                                             : ACG_ERR_TRANSPORT,
                    "the %s broke", failure.kind == ACGP_FAILURE_LOGIN ? "login" : "connection");
    if (r->fault->stalls)
        r->t.now_ms = act->until_ms;
    acgp_work_on_failure(r->t.m, r->t.now_ms, act->request, &failure);
}

static void spoil(const struct fault *f, struct acgp_response *response)
{
    if (f->what == ASYNC)
        put_header(response, "Azure-AsyncOperation", FOREIGN);
    else if (f->what == BODY && f->text == NULL)
        response->body.len /= HALF;
    else
        put_body(response, f->text);
    if (f->what == ANSWER)
        response->status = f->status;
    if (f->header != NULL)
        put_header(response, f->header, f->value);
}

static void send(struct run *r, const struct acgp_action *act)
{
    const char *key = note(r, act);
    bool struck = r->fault != NULL && strcmp(key, r->struck) == 0 && (r->always || r->strikes == 0);
    struct acgp_response response;

    assert_true(acgp_url_trusted(acgp_span(act->message->url), acgp_span(ENDPOINT)));
    assert_true(act->until_ms > r->t.now_ms);
    r->strikes += struck;
    acgp_response_init(&response);
    if (!struck || r->fault->acts)
        small_azure_answer(&r->azure, r->begun_ms + r->t.now_ms, act->message, &response);
    if (struck && r->fault->what == FAILURE) {
        fail_attempt(r, act);
    } else {
        if (struck)
            spoil(r->fault, &response);
        acgp_work_on_response(r->t.m, r->t.now_ms, act->request, &response);
    }
    acgp_response_done(&response);
}

static void begin(struct run *r, void **st, const struct pair *pairs)
{
    const char *p[16] = {NULL};

    for (size_t i = 0; pairs[i].option != NULL; i++) {
        p[2 * i] = pairs[i].option;
        p[2 * i + 1] = pairs[i].value;
    }
    r->t =
        talk_begin_edited(st, "image-cmk", p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8], p[9], NULL);
}

/* Until the machine is done. */
static void go(struct run *r)
{
    struct acgp_action act = {0};

    for (int i = 0; i < TURNS_MAX; i++) {
        assert_true(acgp_work_next(r->t.m, r->t.now_ms, &act));
        talk_listen(&r->t);
        if (act.kind == ACGP_ACT_SEND) {
            send(r, &act);
        } else if (act.kind == ACGP_ACT_TURN) {
            acgp_work_on_turn(r->t.m, r->t.now_ms);
        } else if (no_journal(r->t.m, r->t.now_ms, &act)) {
            continue;
        } else if (act.kind == ACGP_ACT_WAIT) {
            assert_true(act.until_ms > r->t.now_ms);
            r->t.now_ms = act.until_ms;
        } else if (act.kind == ACGP_ACT_DONE) {
            return;
        }
    }
    fail_msg("the machine does not come to an end");
}

static void prepare(struct run *r, void **st)
{
    if (r->story->before[0].option == NULL)
        return;
    begin(r, st, r->story->before);
    go(r);
    assert_int_equal(r->t.error.status, ACG_OK);
    r->begun_ms = r->t.now_ms + 1000;
    r->exchange_count = 0;
    r->azure.writes = 0;
    talk_free(&r->t);
}

static void play(struct run *r, void **st)
{
    const struct fault *fault = r->fault;

    r->fault = NULL;
    prepare(r, st);
    r->fault = fault;
    if (r->story->failing != NULL)
        small_azure_fail(&r->azure, r->story->failing, r->story->fails);
    begin(r, st, r->story->options);
    go(r);
}

static void end(struct run *r)
{
    talk_free(&r->t);
    small_azure_done(&r->azure);
}

/* ---- what must hold ---- */

static const char *as_asked(struct run *r)
{
    if (r->story->regions == NULL)
        return r->azure.version == NULL ? NULL : "the version is there";
    return small_azure_holds(&r->azure, r->begun_ms + r->t.now_ms, r->story->regions);
}

/* Does the error say what came of the request? */
static bool says(const struct fault *f, const char *message)
{
    char status[16];

    (void)snprintf(status, sizeof status, "HTTP %d", f->status);
    switch (f->what) {
    case FAILURE:
        return strstr(message, "broke") != NULL;
    case ANSWER:
        return strstr(message, status) != NULL ||
               (f->status == 409 && strstr(message, "another write is at work") != NULL);
    default:
        return strstr(message, "not JSON") != NULL || strstr(message, "is not ") != NULL ||
               strstr(message, ": not ") != NULL;
    }
}

/* What outweighs it: that Azure's operation failed, which is known already; and a wait that Azure asks for is
 * no failure, but lasts until the deadline: notices tell of it meanwhile. */
static bool outweighed(const struct run *r, const struct acg_error *e)
{
    return strcmp(e->arm_code, "GalleryReplicationFailed") == 0 ||
           (e->status == ACG_ERR_TIMEOUT && r->fault->status == 429 && strstr(r->t.told, "HTTP 429") != NULL);
}

/* @return what is wrong; NULL: nothing. */
static const char *judge(struct run *r, const struct exchange *x)
{
    const struct acg_error *e = &r->t.error;
    bool planned = e->status == r->story->end;
    const char *wrong = NULL;

    if (!r->t.done_event)
        return "no final event";
    if (r->azure.trouble[0] != '\0')
        return r->azure.trouble;
    if (r->t.now_ms > r->t.m->deadline_ms)
        return "it outlasts its deadline";
    wrong = planned ? as_asked(r) : NULL;
    if (wrong != NULL && (e->status == ACG_OK || (r->fault->passes && !r->always)))
        return wrong;
    if (!planned && r->fault->passes && !r->always && (!is_async(r->fault) || x->method != ACGP_GET))
        return "one strike is too many";
    if (e->status == ACG_OK)
        return NULL;
    if (e->status == ACG_ERR_NOMEM || e->status == ACG_ERR_INTERNAL || e->status == ACG_ERR_STATE)
        return "an error of ours";
    return !planned && !says(r->fault, e->message) && !outweighed(r, e)
               ? "it does not say what came of the request"
               : NULL;
}

static unsigned cells, wrongs;

static void cell(void **st, const struct story *story, const struct exchange *x, const struct fault *fault,
                 bool always)
{
    struct run *r = calloc(1, sizeof *r);
    const char *wrong = NULL;

    assert_non_null(r);
    *r = (struct run){.story = story, .fault = fault, .struck = x->key, .always = always};
    play(r, st);
    cells++;
    wrong = r->strikes == 0 ? "it was not struck" : judge(r, x);
    wrongs += wrong != NULL;
    if (wrong != NULL || getenv("MATRIX_SHOW") != NULL)
        print_error("%s%s, %s, %s %s:\n   %s\n   ends %s after %lld s: %s\n", wrong ? "WRONG: " : "",
                    story->name, x->key, fault->name, always ? "always" : "once", wrong ? wrong : "",
                    acg_status_name(r->t.error.status), (long long)(r->t.now_ms / 1000), r->t.error.message);
    end(r);
    free(r);
}

/* A URL of an operation is in answers to writes alone. */
static bool applies(const struct fault *f, const struct exchange *x)
{
    return !is_async(f) || x->method != ACGP_GET;
}

static void matrix_of(void **st, const struct story *story)
{
    struct run *r = calloc(1, sizeof *r);

    assert_non_null(r);
    cells = wrongs = 0;
    *r = (struct run){.story = story};
    play(r, st);
    if (r->t.error.status != story->end)
        fail_msg("%s: %s\n%s", story->name, r->t.error.message, r->t.told);
    if (as_asked(r) != NULL)
        fail_msg("%s: %s", story->name, as_asked(r));
    for (size_t i = 0; i < r->exchange_count; i++)
        for (size_t k = 0; k < FAULTS; k++)
            for (int always = 0; always <= 1; always++)
                if (applies(&faults[k], &r->exchanges[i]))
                    cell(st, story, &r->exchanges[i], &faults[k], always);
    print_message("%s: %zu requests, %u cells, %u wrong\n", story->name, r->exchange_count, cells, wrongs);
    end(r);
    free(r);
    assert_int_equal(wrongs, 0);
}

static void a_publish_in_waves(void **st)
{
    matrix_of(st, &stories[0]);
}

static void a_publish_that_finds_its_name(void **st)
{
    matrix_of(st, &stories[1]);
}

static void a_publish_that_repairs_a_region(void **st)
{
    matrix_of(st, &stories[2]);
}

static void a_publish_that_updates_a_version_of_others(void **st)
{
    matrix_of(st, &stories[3]);
}

static void a_publish_that_replaces_a_version(void **st)
{
    matrix_of(st, &stories[4]);
}

static void a_publish_that_deletes_what_failed(void **st)
{
    matrix_of(st, &stories[5]);
}

/* One of them by its name, or all. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_publish_in_waves),
        cmocka_unit_test(a_publish_that_finds_its_name),
        cmocka_unit_test(a_publish_that_repairs_a_region),
        cmocka_unit_test(a_publish_that_updates_a_version_of_others),
        cmocka_unit_test(a_publish_that_replaces_a_version),
        cmocka_unit_test(a_publish_that_deletes_what_failed),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
