/* SPDX-License-Identifier: MPL-2.0 */
#include "publish/publish.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arm/error_doc.h"
#include "base/alloc.h"
#include "base/error.h"
#include "publish/machine.h"

int64_t acgp_machine_elapsed(const struct acgp_publish *m, int64_t now_ms)
{
    return now_ms - m->begun_ms;
}

int64_t acgp_machine_unix_s(const struct acgp_publish *m, int64_t now_ms)
{
    return m->begun_unix_s + (now_ms - m->begun_ms) / 1000;
}

/* splitmix64: for jitter and request ids, not for secrets */
uint64_t acgp_machine_random(struct acgp_publish *m)
{
    uint64_t z = m->random_state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* A version 4 UUID (RFC 9562). */
static void make_request_id(struct acgp_publish *m)
{
    uint64_t a = acgp_machine_random(m), b = acgp_machine_random(m);

    snprintf(m->request_id, sizeof m->request_id, "%08x-%04x-4%03x-%04x-%012" PRIx64, (unsigned)(a >> 32),
             (unsigned)(a >> 16) & 0xffffu, (unsigned)a & 0xfffu, 0x8000u | ((unsigned)(b >> 48) & 0x3fffu),
             b & UINT64_C(0xffffffffffff));
}

static bool put_in_flight(const struct acgp_publish *m)
{
    for (size_t i = 0; i < m->call_count; i++)
        if ((m->calls[i]->kind == ACGP_CALL_PUT || m->calls[i]->kind == ACGP_CALL_DELETE) &&
            m->calls[i]->attempt != 0)
            return true;
    return false;
}

void acgp_machine_end(struct acgp_publish *m, int64_t now_ms, const struct acg_error *err)
{
    if (m->ended)
        return;
    m->ended = true;
    m->ended_ms = now_ms;
    m->error = *err;
    m->put_in_doubt = m->put_in_doubt || put_in_flight(m);
    acgp_calls_drop_all(m);
    acgp_result_build(m, now_ms);
}

void acgp_machine_nomem(struct acgp_publish *m, int64_t now_ms)
{
    struct acg_error err;

    acgp_fail_nomem(&err);
    acgp_machine_end(m, now_ms, &err);
}

static void say(struct acgp_publish *m, int64_t now_ms, enum acg_event_kind kind, bool heartbeat, char *text)
{
    m->said_ms = now_ms;
    if (!acgp_events_text(&m->events, kind, acgp_machine_elapsed(m, now_ms), heartbeat, text))
        acgp_machine_nomem(m, now_ms);
}

void acgp_machine_step(struct acgp_publish *m, int64_t now_ms, enum acgp_step step, const char *text)
{
    m->step = step;
    say(m, now_ms, ACG_EVENT_STEP, false, acgp_strdup(text));
}

bool acgp_machine_again(struct acgp_publish *m, int64_t now_ms, int64_t wait_ms, int64_t *out_at_ms)
{
    struct acgp_retry_facts facts = {.attempt = m->puts,
                                     .outcome = ACGP_OUTCOME_SERVER,
                                     .wait_ms = wait_ms,
                                     .now_ms = now_ms,
                                     .deadline_ms = m->deadline_ms,
                                     .random = acgp_machine_random(m)};
    struct acgp_retry_decision d = acgp_retry_decide(&facts);

    if (d.again)
        *out_at_ms = d.at_ms;
    return d.again;
}

void acgp_machine_notice(struct acgp_publish *m, int64_t now_ms, char *text)
{
    say(m, now_ms, ACG_EVENT_NOTICE, false, text);
}

enum acg_status acgp_machine_new(struct acgp_publish_spec *spec, const struct acgp_publish_config *config,
                                 struct acgp_publish **out, struct acg_error *err)
{
    struct acgp_publish *m = acgp_alloc(1, sizeof *m);

    if (m == NULL) {
        acgp_publish_spec_free(spec);
        return acgp_fail_nomem(err);
    }
    m->spec = spec;
    m->random_state = config->seed;
    m->begun_ms = m->said_ms = config->now_ms;
    m->begun_unix_s = config->now_unix_s;
    m->deadline_ms = config->now_ms + spec->timeout_ms;
    m->put_at_ms = m->poll_at_ms = m->read_at_ms = ACGP_NEVER;
    m->read_ms = -1;
    make_request_id(m);
    m->endpoint = acgp_strdup(config->endpoint);
    if (m->endpoint == NULL || acg_findings_new(&m->findings, err) != ACG_OK) {
        acgp_publish_free(m);
        return acgp_fail_nomem(err);
    }
    *out = m;
    return ACG_OK;
}

enum acg_status acgp_publish_new(struct acgp_publish_spec *spec, const struct acgp_publish_config *config,
                                 struct acgp_publish **out, struct acg_error *err)
{
    enum acg_status status = acgp_machine_new(spec, config, out, err);

    if (status == ACG_OK)
        acgp_checks_begin(*out, config->now_ms);
    return status;
}

void acgp_publish_free(struct acgp_publish *m)
{
    if (m == NULL)
        return;
    for (size_t i = 0; i < m->call_count; i++)
        m->calls[i]->attempt = 0;
    while (m->call_count != 0)
        acgp_calls_remove(m, m->calls[m->call_count - 1]);
    acgp_free(m->calls);
    acgp_events_done(&m->events);
    acg_findings_free(m->findings);
    acgp_differences_done(&m->differences);
    acgp_progress_free(m);
    acgp_version_doc_done(&m->doc);
    acgp_lro_done(&m->lro);
    acgp_coverage_done(&m->coverage);
    acgp_snapshots_free(m);
    acgp_free(m->result_regions);
    acgp_free(m->result_disks);
    acgp_free(m->places);
    acgp_free(m->sets);
    acgp_free(m->published);
    acgp_free(m->endpoint);
    acgp_publish_spec_free(m->spec);
    acgp_free(m);
}

static const char *whereabouts(const struct acgp_publish *m)
{
    bool in_doubt = m->put_in_doubt || put_in_flight(m);

    if (m->accepted)
        return "Azure goes on with it";
    if (m->removing)
        return in_doubt ? "the version may be deleted yet" : "nothing was deleted";
    return in_doubt ? "the write was under way: it may have reached Azure" : "nothing was written";
}

static void time_out(struct acgp_publish *m, int64_t now_ms)
{
    struct acg_error err;
    char *line = m->accepted && !m->removing ? acgp_progress_line(m) : NULL;
    bool told = line != NULL && line[0] != '\0'; /* nothing is read yet */

    acgp_fail(&err, ACG_ERR_TIMEOUT, "%s after %" PRId64 " s%s%s; %s; look at %s%s",
              m->accepted ? "still running" : "out of time", m->spec->timeout_ms / 1000, told ? ": " : "",
              told ? line : "", whereabouts(m), m->spec->version_id,
              m->removing ? "" : " with $expand=ReplicationStatus");
    acgp_free(line);
    acgp_machine_end(m, now_ms, &err);
}

static const char *step_name(enum acgp_step step)
{
    static const char *const names[] = {
        [ACGP_STEP_CHECKS] = "checking",         [ACGP_STEP_PUT] = "sending the version",
        [ACGP_STEP_OPERATION] = "creating",      [ACGP_STEP_FAILED] = "reading what failed",
        [ACGP_STEP_REPLICATION] = "replicating", [ACGP_STEP_PROOF] = "reading back",
        [ACGP_STEP_RECOGNISE] = "reading",       [ACGP_STEP_DELETE] = "deleting",
    };

    return names[step];
}

static void heartbeat(struct acgp_publish *m, int64_t now_ms)
{
    char *line = acgp_progress_line(m);
    int64_t minutes = acgp_machine_elapsed(m, now_ms) / 60000;

    say(m, now_ms, ACG_EVENT_NOTICE, true,
        line ? acgp_printf("%s for %" PRId64 " min%s%s", step_name(m->step), minutes, line[0] ? ": " : "",
                           line)
             : NULL);
    acgp_free(line);
}

static void start_what_is_due(struct acgp_publish *m, int64_t now_ms)
{
    if (now_ms >= m->put_at_ms)
        acgp_put_send(m, now_ms);
    if (!m->ended && now_ms >= m->poll_at_ms) {
        m->poll_at_ms = ACGP_NEVER;
        acgp_calls_begin(m, now_ms, ACGP_CALL_POLL, 0, acgp_strdup(m->lro.url), NULL);
    }
    if (!m->ended && now_ms >= m->read_at_ms && m->removing)
        acgp_removal_look(m, now_ms);
    else if (!m->ended && now_ms >= m->read_at_ms)
        acgp_progress_read(m, now_ms);
}

static void turn(struct acgp_publish *m, int64_t now_ms)
{
    if (now_ms >= m->deadline_ms)
        time_out(m, now_ms);
    if (!m->ended)
        start_what_is_due(m, now_ms);
    if (!m->ended && now_ms - m->said_ms >= ACGP_HEARTBEAT_MS)
        heartbeat(m, now_ms);
}

static int64_t next_turn(const struct acgp_publish *m)
{
    int64_t at = m->deadline_ms;
    const int64_t planned[] = {m->put_at_ms, m->poll_at_ms, m->read_at_ms, m->said_ms + ACGP_HEARTBEAT_MS};

    for (size_t i = 0; i < sizeof planned / sizeof planned[0]; i++)
        if (planned[i] < at)
            at = planned[i];
    acgp_calls_due(m, &at);
    return at;
}

bool acgp_publish_next(struct acgp_publish *m, int64_t now_ms, struct acgp_action *out)
{
    acgp_calls_sweep(m);
    if (!m->ended)
        turn(m, now_ms);
    if (acgp_calls_abandon(m, out))
        return true;
    if (m->ended) {
        *out = (struct acgp_action){.kind = ACGP_ACT_DONE};
        return true;
    }
    if (acgp_calls_send(m, now_ms, out))
        return true;
    *out = (struct acgp_action){.kind = ACGP_ACT_WAIT, .until_ms = next_turn(m)};
    return true;
}

static void dispatch(struct acgp_publish *m, int64_t now_ms, const struct acgp_call *call,
                     const struct acgp_answer *answer)
{
    switch (call->kind) {
    case ACGP_CALL_VERSION:
    case ACGP_CALL_SOURCE:
    case ACGP_CALL_SET:
    case ACGP_CALL_IMAGE:
    case ACGP_CALL_SNAPSHOT:
        acgp_checks_on_answer(m, now_ms, call, answer);
        break;
    case ACGP_CALL_PUT:
        acgp_put_on_answer(m, now_ms, answer);
        break;
    case ACGP_CALL_SETTLE:
        acgp_put_on_settled(m, now_ms, answer);
        break;
    case ACGP_CALL_LOOK:
        acgp_removal_on_look(m, now_ms, answer);
        break;
    case ACGP_CALL_DELETE:
        acgp_removal_on_delete(m, now_ms, answer);
        break;
    case ACGP_CALL_POLL:
        if (m->removing)
            acgp_removal_on_poll(m, now_ms, answer);
        else
            acgp_operation_on_poll(m, now_ms, answer);
        break;
    case ACGP_CALL_READ:
        if (m->step == ACGP_STEP_OPERATION)
            acgp_operation_on_read(m, now_ms, answer);
        else if (m->step == ACGP_STEP_FAILED)
            acgp_operation_on_autopsy(m, now_ms, answer);
        else if (m->step == ACGP_STEP_PROOF)
            acgp_proof_on_read(m, now_ms, answer);
        else
            acgp_replication_on_read(m, now_ms, answer);
        break;
    }
}

static const char *call_name(enum acgp_call_kind kind)
{
    static const char *const names[] = {
        [ACGP_CALL_VERSION] = "reading the version",         [ACGP_CALL_SOURCE] = "reading the source",
        [ACGP_CALL_SET] = "reading a disk encryption set",   [ACGP_CALL_IMAGE] = "reading the managed image",
        [ACGP_CALL_SNAPSHOT] = "reading a snapshot",         [ACGP_CALL_PUT] = "sending the version",
        [ACGP_CALL_SETTLE] = "looking for the version",      [ACGP_CALL_POLL] = "reading the operation",
        [ACGP_CALL_READ] = "reading the replication status", [ACGP_CALL_LOOK] = "reading the version",
        [ACGP_CALL_DELETE] = "deleting the version",
    };

    return names[kind];
}

/* Another attempt is due: a wait that people would wonder about is worth a line. */
static void explain_wait(struct acgp_publish *m, int64_t now_ms, const struct acgp_call *call,
                         const struct acgp_answer *answer)
{
    int64_t wait = call->exchange.at_ms - now_ms;
    struct acg_error why;

    acgp_answer_error(answer, call_name(call->kind), &why);
    if (why.status == ACG_ERR_NOMEM)
        acgp_machine_nomem(m, now_ms);
    else if (acgp_answer_status(answer) != 401)
        acgp_machine_notice(m, now_ms,
                            acgp_printf("%s; again in %" PRId64 " s (attempt %u)", why.message,
                                        (wait + 999) / 1000, call->exchange.attempts + 1));
}

static void on_outcome(struct acgp_publish *m, int64_t now_ms, uint32_t attempt,
                       const struct acgp_answer *answer)
{
    struct acgp_call *call = acgp_calls_find(m, attempt);
    struct acgp_call copy;
    struct acgp_moment moment = {.now_ms = now_ms, .now_unix_s = acgp_machine_unix_s(m, now_ms)};
    enum acgp_verdict verdict = ACGP_VERDICT_FINAL;

    if (call == NULL)
        return;
    moment.random = acgp_machine_random(m);
    call->attempt = 0;
    if (answer->response != NULL)
        verdict = acgp_exchange_on_response(&call->exchange, &moment, answer->response);
    else
        verdict = acgp_exchange_on_failure(&call->exchange, &moment, answer->failure);
    if (verdict == ACGP_VERDICT_AGAIN) {
        explain_wait(m, now_ms, call, answer);
        return;
    }
    copy = *call;
    acgp_calls_remove(m, call);
    dispatch(m, now_ms, &copy, answer);
}

void acgp_publish_on_response(struct acgp_publish *m, int64_t now_ms, uint32_t request,
                              const struct acgp_response *response)
{
    struct acgp_answer answer = {.response = response};

    on_outcome(m, now_ms, request, &answer);
}

void acgp_publish_on_failure(struct acgp_publish *m, int64_t now_ms, uint32_t request,
                             const struct acgp_failure *failure)
{
    struct acgp_answer answer = {.failure = failure};

    if (failure->error.status == ACG_ERR_NOMEM && acgp_calls_find(m, request) != NULL) {
        acgp_calls_find(m, request)->attempt = 0;
        acgp_machine_nomem(m, now_ms);
        return;
    }
    on_outcome(m, now_ms, request, &answer);
}

void acgp_publish_cancel(struct acgp_publish *m, int64_t now_ms)
{
    struct acg_error err;

    acgp_fail(&err, ACG_ERR_CANCELLED, "stopped watching as asked; %s: %s", whereabouts(m),
              m->spec->version_id);
    acgp_machine_end(m, now_ms, &err);
}

/* Findings of the checks are told together, when the round is over: warnings before the write, not hours
 * later. */
static const struct acg_event *pull_finding(struct acgp_publish *m)
{
    const struct acg_finding *finding = acg_findings_at(m->findings, m->events.findings_seen);
    struct acg_event event = {
        .kind = ACG_EVENT_FINDING, .elapsed_ms = acgp_machine_elapsed(m, m->found_ms), .finding = finding};

    if (finding == NULL || (m->step == ACGP_STEP_CHECKS && !m->ended))
        return NULL;
    m->events.findings_seen++;
    event.text = finding->message;
    return acgp_events_lend(&m->events, &event);
}

static const struct acg_event *pull_done(struct acgp_publish *m)
{
    struct acg_event event = {.kind = ACG_EVENT_DONE,
                              .elapsed_ms = acgp_machine_elapsed(m, m->ended_ms),
                              .text = m->error.message,
                              .error = &m->error,
                              .result = &m->result};

    if (!m->ended || m->events.done_seen)
        return NULL;
    m->events.done_seen = true;
    return acgp_events_lend(&m->events, &event);
}

bool acgp_publish_next_event(struct acgp_publish *m, const struct acg_event **out)
{
    const struct acg_event *event = acgp_events_pull(&m->events);

    if (event == NULL)
        event = pull_finding(m);
    if (event == NULL)
        event = pull_done(m);
    if (event == NULL)
        return false;
    *out = event;
    return true;
}

const char *acgp_publish_version(const struct acgp_publish *m)
{
    return m->spec->version_id;
}
