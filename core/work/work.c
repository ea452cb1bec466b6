/* SPDX-License-Identifier: MPL-2.0 */
#include "work/work.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arm/error_doc.h"
#include "base/alloc.h"
#include "base/error.h"

int64_t acgp_work_elapsed(const struct acgp_work *w, int64_t now_ms)
{
    return now_ms - w->begun_ms;
}

int64_t acgp_work_unix_s(const struct acgp_work *w, int64_t now_ms)
{
    return w->begun_unix_s + (now_ms - w->begun_ms) / 1000;
}

uint64_t acgp_work_random(struct acgp_work *w)
{
    uint64_t z = w->random_state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void acgp_work_uuid(struct acgp_work *w, char out[40])
{
    uint64_t a = acgp_work_random(w), b = acgp_work_random(w);

    snprintf(out, 40, "%08x-%04x-4%03x-%04x-%012" PRIx64, (unsigned)(a >> 32), (unsigned)(a >> 16) & 0xffffu,
             (unsigned)a & 0xfffu, 0x8000u | ((unsigned)(b >> 48) & 0x3fffu), b & UINT64_C(0xffffffffffff));
}

enum acg_status acgp_work_init(struct acgp_work *w, const struct acgp_work_kind *kind,
                               const struct acgp_work_config *config, struct acg_error *err)
{
    w->kind = kind;
    w->side_by_side = ACGP_SIDE_BY_SIDE;
    w->random_state = config->seed;
    w->begun_ms = w->said_ms = config->now_ms;
    w->begun_unix_s = config->now_unix_s;
    w->deadline_ms = config->now_ms + config->timeout_ms;
    w->result = (struct acg_result){.version_id = "",
                                    .state = "",
                                    .location = "",
                                    .encryption_type = "",
                                    .provisioning_state = "",
                                    .published_date = ""};
    acgp_work_uuid(w, w->request_id);
    w->endpoint = acgp_strdup(config->endpoint);
    if (w->endpoint == NULL)
        return acgp_fail_nomem(err);
    return acg_findings_new(&w->findings, err);
}

void acgp_work_free(struct acgp_work *w)
{
    if (w == NULL)
        return;
    for (size_t i = 0; i < w->call_count; i++)
        w->calls[i]->attempt = 0;
    while (w->call_count != 0)
        acgp_calls_remove(w, w->calls[w->call_count - 1]);
    w->kind->done(w);
    acgp_free(w->calls);
    acgp_free(w->turn_names);
    acgp_recording_done(&w->recording);
    acgp_events_done(&w->events);
    acg_findings_free(w->findings);
    acgp_free(w->endpoint);
    acgp_free(w);
}

void acgp_work_end(struct acgp_work *w, int64_t now_ms, const struct acg_error *err)
{
    if (w->ended)
        return;
    w->ended = true;
    w->ended_ms = now_ms;
    w->error = *err;
    w->write_in_flight = acgp_calls_write_in_flight(w);
    acgp_calls_drop_all(w);
    if (w->kind->on_end != NULL)
        w->kind->on_end(w, now_ms);
}

void acgp_work_nomem(struct acgp_work *w, int64_t now_ms)
{
    struct acg_error err;

    acgp_fail_nomem(&err);
    acgp_work_end(w, now_ms, &err);
}

static void say(struct acgp_work *w, int64_t now_ms, enum acg_event_kind kind, bool heartbeat, char *text)
{
    w->said_ms = now_ms;
    if (!acgp_events_text(&w->events, kind, acgp_work_elapsed(w, now_ms), heartbeat, text))
        acgp_work_nomem(w, now_ms);
}

void acgp_work_step(struct acgp_work *w, int64_t now_ms, const char *text)
{
    say(w, now_ms, ACG_EVENT_STEP, false, acgp_strdup(text));
}

void acgp_work_notice(struct acgp_work *w, int64_t now_ms, char *text)
{
    say(w, now_ms, ACG_EVENT_NOTICE, false, text);
}

void acgp_work_find(struct acgp_work *w, int64_t now_ms, enum acg_severity severity, const char *rule,
                    const char *field, char *message, const char *fix)
{
    struct acg_error err;

    w->found_ms = now_ms;
    if (message == NULL)
        acgp_work_nomem(w, now_ms);
    else if (acg_findings_add(w->findings, severity, rule, field, message, fix, &err) != ACG_OK)
        acgp_work_end(w, now_ms, &err);
    acgp_free(message);
}

static void turn(struct acgp_work *w, int64_t now_ms)
{
    if (now_ms >= w->deadline_ms)
        w->kind->on_deadline(w, now_ms);
    if (!w->ended && w->kind->turn != NULL)
        w->kind->turn(w, now_ms);
    if (!w->ended && now_ms - w->said_ms >= ACGP_HEARTBEAT_MS)
        say(w, now_ms, ACG_EVENT_NOTICE, true, w->kind->heartbeat(w, acgp_work_elapsed(w, now_ms) / 60000));
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t next_turn(const struct acgp_work *w)
{
    int64_t at = earlier(w->deadline_ms, w->said_ms + ACGP_HEARTBEAT_MS);

    if (w->kind->due_ms != NULL)
        at = earlier(at, w->kind->due_ms(w));
    acgp_calls_due(w, &at);
    return at;
}

bool acgp_work_next(struct acgp_work *w, int64_t now_ms, struct acgp_action *out)
{
    acgp_calls_sweep(w);
    if (!w->ended)
        turn(w, now_ms);
    if (acgp_calls_abandon(w, out) || acgp_recording_next(w, out))
        return true;
    if (w->ended) {
        *out = (struct acgp_action){.kind = ACGP_ACT_DONE};
        return true;
    }
    if (w->turn == ACGP_TURN_WANTED) {
        w->turn = ACGP_TURN_ASKED;
        *out = (struct acgp_action){
            .kind = ACGP_ACT_TURN, .names = w->turn_names, .name_count = w->turn_name_count};
        return true;
    }
    if (acgp_calls_send(w, now_ms, out))
        return true;
    *out = (struct acgp_action){.kind = ACGP_ACT_WAIT, .until_ms = next_turn(w)};
    return true;
}

bool acgp_work_turn(struct acgp_work *w, int64_t now_ms, const char **names, size_t count)
{
    if (w->turn != ACGP_TURN_NONE || names == NULL) {
        acgp_free(names);
        if (names == NULL)
            acgp_work_nomem(w, now_ms);
        return w->turn == ACGP_TURN_HELD && !w->ended;
    }
    w->turn = ACGP_TURN_WANTED;
    w->turn_names = names;
    w->turn_name_count = count;
    w->turn_asked_ms = now_ms;
    return false;
}

void acgp_work_on_turn(struct acgp_work *w, int64_t now_ms)
{
    if (w->turn != ACGP_TURN_ASKED || w->ended)
        return;
    w->turn = ACGP_TURN_HELD;
    w->kind->on_turn(w, now_ms, now_ms - w->turn_asked_ms);
}

void acgp_work_hold(struct acgp_work *w, uint32_t request, bool held)
{
    struct acgp_call *call = acgp_calls_find(w, request);

    if (call != NULL)
        call->held = held;
}

/* Another attempt is due: a wait that people would wonder about is worth a line. */
static void explain_wait(struct acgp_work *w, int64_t now_ms, const struct acgp_call *call,
                         const struct acgp_answer *answer)
{
    int64_t wait = call->exchange.at_ms - now_ms;
    struct acg_error why;

    acgp_answer_error(answer, w->kind->call_name(call->kind), &why);
    if (why.status == ACG_ERR_NOMEM)
        acgp_work_nomem(w, now_ms);
    else if (acgp_answer_status(answer) != 401)
        acgp_work_notice(w, now_ms,
                         call->exchange.asked
                             ? acgp_printf("%s; again in %" PRId64 " s", why.message, (wait + 999) / 1000)
                             : acgp_printf("%s; again in %" PRId64 " s (attempt %u)", why.message,
                                           (wait + 999) / 1000, call->exchange.attempts + 1));
}

static void on_outcome(struct acgp_work *w, int64_t now_ms, uint32_t attempt,
                       const struct acgp_answer *answer)
{
    struct acgp_call *call = acgp_calls_find(w, attempt);
    struct acgp_call ended = {0};
    struct acgp_moment moment = {.now_ms = now_ms, .now_unix_s = acgp_work_unix_s(w, now_ms)};
    enum acgp_verdict verdict = ACGP_VERDICT_FINAL;

    if (call == NULL)
        return;
    moment.random = acgp_work_random(w);
    call->attempt = 0;
    if (answer->response != NULL && acgp_error_source_busy(answer->response))
        verdict = acgp_exchange_on_busy(&call->exchange, &moment);
    else if (answer->response != NULL)
        verdict = acgp_exchange_on_response(&call->exchange, &moment, answer->response);
    else
        verdict = acgp_exchange_on_failure(&call->exchange, &moment, answer->failure);
    if (verdict == ACGP_VERDICT_AGAIN) {
        explain_wait(w, now_ms, call, answer);
        return;
    }
    ended.kind = call->kind;
    ended.index = call->index;
    acgp_calls_remove(w, call);
    w->kind->on_answer(w, now_ms, &ended, answer);
}

void acgp_work_on_response(struct acgp_work *w, int64_t now_ms, uint32_t request,
                           const struct acgp_response *response)
{
    struct acgp_answer answer = {.response = response};

    on_outcome(w, now_ms, request, &answer);
}

void acgp_work_on_document(struct acgp_work *w, int64_t now_ms, uint32_t request, json_t *root,
                           int64_t asked_ms)
{
    static const struct acgp_response found = {.status = 200};
    const struct acgp_answer answer = {.response = &found, .root = root, .asked_ms = asked_ms};
    struct acgp_call *call = acgp_calls_find(w, request);
    struct acgp_call ended = {0};

    if (call == NULL)
        return;
    ended.kind = call->kind;
    ended.index = call->index;
    call->attempt = 0;
    acgp_calls_remove(w, call);
    w->kind->on_answer(w, now_ms, &ended, &answer);
}

void acgp_work_on_failure(struct acgp_work *w, int64_t now_ms, uint32_t request,
                          const struct acgp_failure *failure)
{
    struct acgp_answer answer = {.failure = failure};
    struct acgp_call *call = acgp_calls_find(w, request);

    if (failure->error.status == ACG_ERR_NOMEM && call != NULL) {
        call->abandoned = call->gone = true; /* nobody is to be told */
        if (failure->kind == ACGP_FAILURE_NOT_SENT || failure->kind == ACGP_FAILURE_LOGIN ||
            failure->kind == ACGP_FAILURE_HELD)
            call->attempt = 0; /* else the end counts a write as in flight: Azure may have taken it */
        acgp_work_nomem(w, now_ms);
        return;
    }
    on_outcome(w, now_ms, request, &answer);
}

void acgp_work_cancel(struct acgp_work *w, int64_t now_ms)
{
    if (!w->ended)
        w->kind->on_cancel(w, now_ms);
}

/* Findings are told together, when the round is over: warnings before a write, not hours later. */
static const struct acg_event *pull_finding(struct acgp_work *w)
{
    const struct acg_finding *finding = acg_findings_at(w->findings, w->events.findings_seen);
    struct acg_event event = {
        .kind = ACG_EVENT_FINDING, .elapsed_ms = acgp_work_elapsed(w, w->found_ms), .finding = finding};

    if (finding == NULL || (w->findings_held && !w->ended))
        return NULL;
    w->events.findings_seen++;
    event.text = finding->message;
    return acgp_events_lend(&w->events, &event);
}

static const struct acg_event *pull_done(struct acgp_work *w)
{
    struct acg_event event = {.kind = ACG_EVENT_DONE,
                              .elapsed_ms = acgp_work_elapsed(w, w->ended_ms),
                              .text = w->error.message,
                              .error = &w->error,
                              .result = &w->result,
                              .report = w->report};

    if (!w->ended || w->events.done_seen || w->recording.count != 0) /* who sees the end may exit */
        return NULL;
    w->events.done_seen = true;
    return acgp_events_lend(&w->events, &event);
}

bool acgp_work_next_event(struct acgp_work *w, const struct acg_event **out)
{
    const struct acg_event *event = acgp_events_pull(&w->events);

    if (event == NULL)
        event = pull_finding(w);
    if (event == NULL)
        event = pull_done(w);
    if (event == NULL)
        return false;
    *out = event;
    return true;
}
