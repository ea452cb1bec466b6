/* SPDX-License-Identifier: MPL-2.0 */
/* Azure works on the version. The operation is polled at first, since a small one ends within a second; then
 * the version tells more: its regions, and that it is finished. The operation is asked again for its verdict,
 * when the version cannot be read, and now and then, should the version never say that it failed. Where there
 * is no poll URL to be called the version is all there is. */
#include "arm/operation_doc.h"
#include "base/alloc.h"
#include "base/error.h"
#include "publish/machine.h"

void acgp_operation_begin(struct acgp_publish *m, int64_t now_ms, const struct acgp_response *response)
{
    struct acg_error err;
    int64_t wait = 0;

    acgp_machine_step(m, now_ms, ACGP_STEP_OPERATION,
                      "Azure creates the version and copies it to its regions");
    if (m->work.ended)
        return;
    m->answered_ms = now_ms;
    m->failure = (struct acg_error){.status = ACG_OK};
    acgp_lro_done(&m->lro);
    acgp_cadence_begin(&m->cadence, m->pace, m->place_count, acgp_work_random(&m->work), now_ms);
    if (response == NULL)
        wait = acgp_cadence_next_ms(&m->cadence, now_ms, 0) - now_ms; /* it was read a moment ago */
    else if (acgp_lro_begin(&m->lro, m->work.endpoint, response, acgp_work_unix_s(&m->work, now_ms), &err) !=
             ACG_OK)
        acgp_work_end(&m->work, now_ms, &err);
    else
        wait = m->lro.wait_ms;
    if (m->work.ended)
        return;
    if (m->lro.way == ACGP_LRO_RESOURCE)
        m->read_at_ms = now_ms + wait;
    else
        m->poll_at_ms = now_ms + wait;
    if (m->lro.foreign)
        acgp_work_notice(
            &m->work, now_ms,
            acgp_strdup("the operation's poll URL is on a host that is not the resource manager's "
                        "and is not called; the version is polled instead"));
}

/* The operation still runs: who is asked next? */
static void plan_next(struct acgp_publish *m, int64_t now_ms, const struct acgp_response *response)
{
    int64_t wait = acgp_retry_wait_ms(response, acgp_work_unix_s(&m->work, now_ms));
    int64_t at = acgp_cadence_next_ms(&m->cadence, now_ms, wait);
    bool poll = m->unread ? m->lro.polls % ACGP_UNREAD_POLLS != 0 : m->lro.polls < ACGP_FIRST_POLLS;

    if (poll)
        m->poll_at_ms = at;
    else if (!acgp_calls_any(&m->work, ACGP_CALL_READ))
        m->read_at_ms = at;
}

static void fail(struct acgp_publish *m, int64_t now_ms)
{
    acgp_calls_drop(&m->work, ACGP_CALL_READ);
    m->step = ACGP_STEP_FAILED;
    acgp_progress_read(m, now_ms);
}

static void judge_poll(struct acgp_publish *m, int64_t now_ms, const struct acgp_response *response)
{
    enum acgp_lro_state state = ACGP_LRO_RUNNING;
    struct acg_error err;

    if (acgp_lro_on_response(&m->lro, response, acgp_work_unix_s(&m->work, now_ms), &state, &m->failure,
                             &err) != ACG_OK) {
        acgp_work_end(&m->work, now_ms, &err);
        return;
    }
    m->answered_ms = now_ms;
    if (state == ACGP_LRO_RUNNING) {
        plan_next(m, now_ms, response);
    } else if (state == ACGP_LRO_SUCCEEDED) {
        acgp_replication_begin(m, now_ms);
    } else if (state == ACGP_LRO_FAILED) {
        fail(m, now_ms);
    } else {
        m->read_at_ms = now_ms;
        acgp_work_notice(
            &m->work, now_ms,
            acgp_printf("the operation's poll URL does not tell its state any more (HTTP %d); the "
                        "version is polled instead",
                        response->status));
    }
}

void acgp_operation_on_poll(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    int status = acgp_answer_status(answer);

    if (status != 0 && status != 401 && acgp_outcome_of_status(status) == ACGP_OUTCOME_FINAL) {
        judge_poll(m, now_ms, answer->response);
        return;
    }
    acgp_progress_silent(m, now_ms, answer, "reading the operation");
    m->poll_at_ms = now_ms + acgp_lro_interval_ms(m->lro.polls + 1, 0);
}

/* The version's own word, where no operation can be asked. */
static void judge_version(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    enum acgp_operation_state state = acgp_operation_word(m->doc.provisioning_state);

    if (state == ACGP_OPERATION_FAILED || state == ACGP_OPERATION_CANCELED) {
        acgp_regions_judge(m, now_ms, answer);
    } else if (state == ACGP_OPERATION_RUNNING) {
        acgp_progress_plan(m, now_ms, answer);
    } else {
        m->reads = 0;
        acgp_machine_step(m, now_ms, ACGP_STEP_REPLICATION, "waiting until every region is replicated");
        if (!m->work.ended)
            acgp_regions_judge(m, now_ms, answer);
    }
}

/* A reading while there is an operation to be asked: for its verdict at once, and as soon as the service lets
 * us where it sent the reading away. */
static void judge_beside(struct acgp_publish *m, int64_t now_ms, enum acgp_reading reading,
                         const struct acgp_answer *answer)
{
    bool running = acgp_operation_word(m->doc.provisioning_state) == ACGP_OPERATION_RUNNING;
    bool away = acgp_answer_status(answer) == 429 || acgp_answer_status(answer) == 503;

    m->unread = reading != ACGP_READ_OK;
    acgp_progress_plan(m, now_ms, answer);
    if (!m->unread && running && m->reads % ACGP_VERDICT_READS != 0)
        return;
    if (!acgp_calls_any(&m->work, ACGP_CALL_POLL))
        m->poll_at_ms = away ? m->read_at_ms : now_ms;
    if (m->unread)
        m->read_at_ms = ACGP_NEVER; /* the operation decides */
}

void acgp_operation_on_read(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    bool alone = m->lro.way == ACGP_LRO_RESOURCE;
    enum acgp_reading reading = acgp_progress_take(m, now_ms, answer);

    if (!m->work.ended && reading == ACGP_READ_OK)
        acgp_regions_home(m, now_ms);
    if (m->work.ended)
        return;
    if (!alone) {
        judge_beside(m, now_ms, reading, answer);
        return;
    }
    if (reading == ACGP_READ_OK) {
        judge_version(m, now_ms, answer);
        return;
    }
    if (reading == ACGP_READ_MISSING)
        acgp_progress_missing(m, now_ms);
    else
        acgp_progress_silent(m, now_ms, answer, "reading the version");
    acgp_progress_plan(m, now_ms, answer);
}

/* Whether anything can be done about it, only a finished reading tells. Where none can be had it ends as it
 * failed. */
static bool wait_for_the_regions(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer,
                                 enum acgp_reading reading)
{
    static const char what[] = "reading what failed";
    bool running = acgp_operation_word(m->doc.provisioning_state) == ACGP_OPERATION_RUNNING;
    struct acg_error err;

    if (reading == ACGP_READ_OK && !running)
        return false;
    if (reading == ACGP_READ_MISSING)
        acgp_progress_missing(m, now_ms);
    else if (reading == ACGP_READ_FAILED && acgp_progress_hopeless(m, now_ms, answer, what, &err))
        acgp_failure_end(m, now_ms, err.status == ACG_ERR_NOMEM ? &err : &m->failure);
    else if (reading == ACGP_READ_FAILED)
        acgp_progress_silent(m, now_ms, answer, what);
    acgp_progress_plan(m, now_ms, answer);
    return true;
}

void acgp_operation_on_autopsy(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    enum acgp_reading reading = acgp_progress_take(m, now_ms, answer);

    if (m->work.ended)
        return;
    if (!acgp_regions_forgive(m)) { /* what it cannot tell is left out */
        acgp_progress_explain(m, &m->failure);
        acgp_failure_end(m, now_ms, &m->failure);
    } else if (!wait_for_the_regions(m, now_ms, answer, reading)) {
        m->step = ACGP_STEP_REPLICATION;
        acgp_regions_judge(m, now_ms, answer);
    }
}
