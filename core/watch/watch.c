/* SPDX-License-Identifier: MPL-2.0 */
#include "watch/watch.h"

#include <inttypes.h>
#include <stdio.h>

#include "arm/requests.h"
#include "base/alloc.h"
#include "base/error.h"
#include "http/retry.h"
#include "watch/machine.h"

enum {
    CALL_READ = 1,
    MISSING_MAX = 5,     /* readings in a row: one can be behind a write */
    SILENCE_MS = 1800000 /* an outage of ARM this long ends the watch */
};

/* A machine lives in its base, which is its first member. */
static struct acgp_watch_machine *machine_of(struct acgp_work *w)
{
    return (struct acgp_watch_machine *)w;
}

static void read_version(struct acgp_watch_machine *m, int64_t now_ms)
{
    m->read_at_ms = ACGP_NEVER;
    acgp_work_get(&m->work, now_ms, CALL_READ, 0, acgp_replication_url(m->work.endpoint, m->version_id));
}

static void plan(struct acgp_watch_machine *m, int64_t now_ms, const struct acgp_answer *answer)
{
    int64_t wait =
        answer->response ? acgp_retry_wait_ms(answer->response, acgp_work_unix_s(&m->work, now_ms)) : 0;

    m->read_at_ms = acgp_cadence_next_ms(&m->cadence, now_ms, wait);
}

/* What is waited for is not there yet: how far it is, and what is missing. */
static void end_running(struct acgp_watch_machine *m, int64_t now_ms, const char *when)
{
    struct acg_error err;
    char *line = acgp_watch_line(m, true);

    if (line == NULL) {
        acgp_work_nomem(&m->work, now_ms);
        return;
    }
    acgp_fail(&err, ACG_ERR_TIMEOUT, "still running%s, until %s: %s", when, acgp_watch_goal(&m->wish), line);
    acgp_free(line);
    acgp_error_text(err.request_id, sizeof err.request_id, m->request_id);
    acgp_work_end(&m->work, now_ms, &err);
}

static void judge(struct acgp_watch_machine *m, int64_t now_ms, const struct acgp_answer *answer)
{
    struct acg_error err = {.status = ACG_OK};

    switch (acgp_watch_judge(m)) {
    case ACGP_WATCH_DONE:
        acgp_error_text(err.message, sizeof err.message, acgp_watch_goal(&m->wish));
        break;
    case ACGP_WATCH_FAILED:
        acgp_watch_explain(m, &err);
        break;
    default:
        if (m->wish.once)
            end_running(m, now_ms, "");
        else
            plan(m, now_ms, answer);
        return;
    }
    acgp_error_text(err.request_id, sizeof err.request_id, m->request_id);
    acgp_work_end(&m->work, now_ms, &err);
}

static void on_missing(struct acgp_watch_machine *m, int64_t now_ms, const struct acgp_answer *answer)
{
    struct acg_error err, found;

    if (++m->missing < MISSING_MAX && !m->wish.once) {
        plan(m, now_ms, answer);
        return;
    }
    acgp_answer_error(answer, "reading the version", &found);
    acgp_fail_field(&err, ACG_ERR_SERVICE, "gallery_image_version", "%s: %s",
                    m->reads == 0 ? "there is no such version" : "the version has vanished", m->version_id);
    err.http_status = 404;
    acgp_error_text(err.arm_code, sizeof err.arm_code, found.arm_code);
    acgp_error_text(err.request_id, sizeof err.request_id, found.request_id);
    acgp_work_end(&m->work, now_ms, &err);
}

static bool hopeless(const struct acgp_answer *answer, const struct acg_error *err)
{
    return (err->status != ACG_ERR_TEMPORARY && err->status != ACG_ERR_TRANSPORT &&
            err->status != ACG_ERR_PROTOCOL) ||
           (answer->failure != NULL && answer->failure->kind == ACGP_FAILURE_TRUST);
}

/* A reading that told nothing. */
static void on_silence(struct acgp_watch_machine *m, int64_t now_ms, const struct acgp_answer *answer,
                       const struct acg_error *err)
{
    if (m->wish.once || hopeless(answer, err) || now_ms - m->answered_ms >= SILENCE_MS) {
        acgp_work_end(&m->work, now_ms, err);
        return;
    }
    acgp_work_notice(&m->work, now_ms, acgp_printf("%s; reading again", err->message));
    plan(m, now_ms, answer);
}

static void on_answer(struct acgp_work *w, int64_t now_ms, const struct acgp_call *call,
                      const struct acgp_answer *answer)
{
    struct acgp_watch_machine *m = machine_of(w);
    struct acgp_version_doc doc = {0};
    struct acg_error err;
    enum acg_status status = ACG_OK;

    (void)call;
    if (acgp_answer_status(answer) == 404) {
        on_missing(m, now_ms, answer);
        return;
    }
    if (acgp_answer_status(answer) != 200) {
        acgp_answer_error(answer, "reading the version", &err);
        on_silence(m, now_ms, answer, &err);
        return;
    }
    status = acgp_version_doc_decode(acgp_buf_view(&answer->response->body), &doc, &err);
    if (status != ACG_OK) {
        acgp_version_doc_done(&doc);
        acgp_fail_context(&err, "reading the version");
        on_silence(m, now_ms, answer, &err);
        return;
    }
    m->missing = 0;
    m->answered_ms = now_ms;
    m->read_unix_s = acgp_work_unix_s(w, now_ms);
    acgp_error_text(m->request_id, sizeof m->request_id,
                    acgp_response_header(answer->response, "x-ms-request-id"));
    acgp_watch_take(m, now_ms, &doc);
    if (!w->ended)
        judge(m, now_ms, answer);
}

static const char *call_name(int call_kind)
{
    (void)call_kind;
    return "reading the version";
}

static void on_deadline(struct acgp_work *w, int64_t now_ms)
{
    struct acgp_watch_machine *m = machine_of(w);
    char when[48];
    struct acg_error err;

    snprintf(when, sizeof when, " after %" PRId64 " s", acgp_work_elapsed(w, now_ms) / 1000);
    if (m->reads != 0) {
        end_running(m, now_ms, when);
        return;
    }
    acgp_fail(&err, ACG_ERR_TIMEOUT, "out of time%s; the version was not read: %s", when, m->version_id);
    acgp_work_end(w, now_ms, &err);
}

static void on_cancel(struct acgp_work *w, int64_t now_ms)
{
    struct acg_error err;

    acgp_fail(&err, ACG_ERR_CANCELLED, "stopped watching as asked; nothing was written: %s",
              machine_of(w)->version_id);
    acgp_work_end(w, now_ms, &err);
}

static void turn(struct acgp_work *w, int64_t now_ms)
{
    struct acgp_watch_machine *m = machine_of(w);

    if (now_ms >= m->read_at_ms)
        read_version(m, now_ms);
}

static int64_t due_ms(const struct acgp_work *w)
{
    return ((const struct acgp_watch_machine *)w)->read_at_ms;
}

static char *heartbeat(struct acgp_work *w, int64_t minutes)
{
    const struct acgp_watch_machine *m = machine_of(w);
    char *line = m->reads != 0 ? acgp_watch_line(m, false) : acgp_strdup("the version was not read yet");
    char *text = line ? acgp_printf("watching for %" PRId64 " min: %s", minutes, line) : NULL;

    acgp_free(line);
    return text;
}

static void on_end(struct acgp_work *w, int64_t now_ms)
{
    acgp_watch_conclude(machine_of(w), now_ms);
}

static void done(struct acgp_work *w)
{
    struct acgp_watch_machine *m = machine_of(w);

    acgp_report_free(m->report);
    acgp_free(m->regions);
    acgp_free(m->places);
    acgp_free(m->pace);
    acgp_version_doc_done(&m->doc);
    acgp_free(m->version_id);
}

static const struct acgp_work_kind watch_kind = {
    .call_name = call_name,
    .on_answer = on_answer,
    .on_deadline = on_deadline,
    .on_cancel = on_cancel,
    .turn = turn,
    .due_ms = due_ms,
    .heartbeat = heartbeat,
    .on_end = on_end,
    .done = done,
};

static void begin(struct acgp_watch_machine *m, int64_t now_ms)
{
    char text[64] = "reading the version";

    if (!m->wish.once)
        snprintf(text, sizeof text, "waiting until %s", acgp_watch_goal(&m->wish));
    acgp_work_step(&m->work, now_ms, text);
}

enum acg_status acgp_watch_new(const struct acgp_watch_wish *wish, const struct acgp_work_config *config,
                               struct acgp_work **out, struct acg_error *err)
{
    struct acgp_watch_machine *m = acgp_alloc(1, sizeof *m);

    if (m == NULL)
        return acgp_fail_nomem(err);
    m->wish = *wish;
    m->read_at_ms = ACGP_NEVER;
    m->answered_ms = config->now_ms;
    m->version_id = acgp_strdup(wish->version_id);
    m->wish.version_id = m->version_id;
    if (acgp_work_init(&m->work, &watch_kind, config, err) != ACG_OK || m->version_id == NULL) {
        acgp_work_free(&m->work);
        return acgp_fail_nomem(err);
    }
    acgp_cadence_begin(&m->cadence, NULL, 0, acgp_work_random(&m->work), config->now_ms);
    m->work.result.version_id = m->version_id;
    begin(m, config->now_ms);
    if (!m->work.ended)
        read_version(m, config->now_ms);
    *out = &m->work;
    return ACG_OK;
}
