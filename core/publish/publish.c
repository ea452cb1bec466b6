/* SPDX-License-Identifier: MPL-2.0 */
#include "publish/publish.h"

#include <inttypes.h>

#include "base/alloc.h"
#include "base/error.h"
#include "publish/machine.h"

void acgp_machine_step(struct acgp_publish *m, int64_t now_ms, enum acgp_step step, const char *text)
{
    m->step = step;
    m->work.findings_held = step == ACGP_STEP_CHECKS;
    acgp_work_step(&m->work, now_ms, text);
}

int64_t acgp_machine_wait_ms(const struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    if (answer == NULL || answer->response == NULL)
        return 0;
    return acgp_retry_wait_ms(answer->response, acgp_work_unix_s(&m->work, now_ms));
}

bool acgp_machine_again(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer,
                        int64_t *out_at_ms)
{
    bool throttled = answer != NULL && acgp_answer_status(answer) == 429;
    struct acgp_retry_facts facts = {.attempt = m->puts,
                                     .outcome = throttled ? ACGP_OUTCOME_THROTTLED : ACGP_OUTCOME_SERVER,
                                     .wait_ms = acgp_machine_wait_ms(m, now_ms, answer),
                                     .now_ms = now_ms,
                                     .deadline_ms = m->work.deadline_ms,
                                     .random = acgp_work_random(&m->work)};
    struct acgp_retry_decision d = acgp_retry_decide(&facts);

    if (d.again)
        *out_at_ms = d.at_ms;
    return d.again;
}

/* A machine lives in its base, which is its first member. */
static struct acgp_publish *machine_of(struct acgp_work *w)
{
    return (struct acgp_publish *)w;
}

static const char *whereabouts(const struct acgp_publish *m)
{
    bool in_doubt = m->put_in_doubt || acgp_calls_write_in_flight(&m->work);

    if (m->clearing == ACGP_CLEAR_OLD && (m->accepted || in_doubt))
        return "the version that was there may be deleted yet, and the new one is not made";
    if (m->told_busy && !m->removing)
        return "another write is at work on the version, and the next one of this publish waits for its end";
    if (m->accepted && !m->removing && acgp_regions_to_come(m))
        return "Azure goes on with what was written; regions are missing yet, and the same command adds them";
    if (m->accepted)
        return "Azure goes on with it";
    if (m->removing)
        return in_doubt ? "the version may be deleted yet" : "nothing was deleted";
    return in_doubt ? "the write was under way: it may have reached Azure" : "nothing was written";
}

static const char *step_name(enum acgp_step step)
{
    static const char *const names[] = {
        [ACGP_STEP_CHECKS] = "checking",
        [ACGP_STEP_PUT] = "sending the version",
        [ACGP_STEP_OPERATION] = "creating",
        [ACGP_STEP_FAILED] = "reading what failed",
        [ACGP_STEP_REPLICATION] = "replicating",
        [ACGP_STEP_PROOF] = "reading back",
        [ACGP_STEP_REPORT] = "reading the disk encryption sets",
        [ACGP_STEP_REREAD] = "reading before the next write",
        [ACGP_STEP_RECOGNISE] = "reading",
        [ACGP_STEP_DELETE] = "deleting",
    };

    return names[step];
}

/* What the time ran out over; NULL: Azure's own work. */
static const char *under_way(const struct acgp_publish *m)
{
    if (m->accepted)
        return NULL;
    for (size_t i = 0; i < m->work.call_count; i++)
        if (!m->work.calls[i]->abandoned)
            return m->work.kind->call_name(m->work.calls[i]->kind);
    return step_name(m->step);
}

/* A budget is used up. @param budget its field. */
static void end_of_time(struct acgp_publish *m, int64_t now_ms, const char *budget)
{
    char *line = m->accepted && !m->removing ? acgp_progress_line(m) : NULL;
    bool told = line != NULL && line[0] != '\0'; /* nothing is read yet */
    const char *open = under_way(m);
    struct acg_error err;

    acgp_fail(&err, ACG_ERR_TIMEOUT, "%s after %" PRId64 " s (%s)%s%s%s%s; %s; look at %s%s",
              m->accepted ? "still running" : "out of time", acgp_work_elapsed(&m->work, now_ms) / 1000,
              budget, open ? " while " : "", open ? open : "", told ? ": " : "", told ? line : "",
              whereabouts(m), m->spec->version_id, m->removing ? "" : " with $expand=ReplicationStatus");
    acgp_free(line);
    if (m->clearing == ACGP_CLEAR_FAILED)
        acgp_clearing_over(m, now_ms, &err);
    else
        acgp_work_end(&m->work, now_ms, &err);
}

/* Is the first write still to be accepted? That of an update has a version before it. */
static bool unwritten(const struct acgp_publish *m)
{
    bool update = m->spec->on_existing == ACG_ON_EXISTING_UPDATE && m->written_ms < 0;

    return !m->accepted || (update && (m->must_write || acgp_regions_to_come(m)));
}

/* When the next budget of its own is used up; ACGP_NEVER: none is left. Once the version that is replaced may
 * be deleted, the new one is to be made, whatever that takes. */
static int64_t budget_ms(const struct acgp_publish *m)
{
    const struct acgp_publish_spec *s = m->spec;
    bool deleting = m->removing && (m->clearing != ACGP_CLEAR_OLD || m->puts != 0);

    if (deleting || m->step == ACGP_STEP_REPORT)
        return ACGP_NEVER;
    if (s->accept_timeout_ms != 0 && !m->replaced && unwritten(m))
        return m->work.begun_ms + s->accept_timeout_ms;
    return s->home_timeout_ms != 0 && m->accepted && !m->home_done ? m->work.begun_ms + s->home_timeout_ms
                                                                   : ACGP_NEVER;
}

static void on_deadline(struct acgp_work *w, int64_t now_ms)
{
    struct acgp_publish *m = machine_of(w);

    if (m->step == ACGP_STEP_REPORT)
        acgp_proof_conclude(m, now_ms);
    else
        end_of_time(m, now_ms, "timeout");
}

static char *heartbeat(struct acgp_work *w, int64_t minutes)
{
    const struct acgp_publish *m = machine_of(w);
    char *line = acgp_progress_line(m);
    char *text = line ? acgp_printf("%s for %" PRId64 " min%s%s", step_name(m->step), minutes,
                                    line[0] ? ": " : "", line)
                      : NULL;

    acgp_free(line);
    return text;
}

static void turn(struct acgp_work *w, int64_t now_ms)
{
    struct acgp_publish *m = machine_of(w);

    if (now_ms >= m->put_at_ms)
        acgp_put_send(m, now_ms);
    if (!m->work.ended && now_ms >= m->poll_at_ms) {
        m->poll_at_ms = ACGP_NEVER;
        acgp_work_get(&m->work, now_ms, ACGP_CALL_POLL, 0, acgp_strdup(m->lro.url));
    }
    if (!m->work.ended && now_ms >= m->read_at_ms && m->removing)
        acgp_removal_look(m, now_ms);
    else if (!m->work.ended && now_ms >= m->read_at_ms)
        acgp_progress_read(m, now_ms);
    if (!m->work.ended && now_ms >= m->recall_at_ms)
        acgp_records_recall(m, now_ms);
    if (!m->work.ended && now_ms >= m->round_at_ms) {
        m->round_at_ms = ACGP_NEVER;
        acgp_regions_judge(m, now_ms, NULL);
    }
    if (!m->work.ended && now_ms >= m->report_until_ms)
        acgp_proof_conclude(m, now_ms);
    if (!m->work.ended && now_ms >= budget_ms(m))
        end_of_time(m, now_ms, unwritten(m) ? "accept_timeout" : "home_timeout");
}

static int64_t due_ms(const struct acgp_work *w)
{
    const struct acgp_publish *m = (const struct acgp_publish *)w;
    int64_t at = m->put_at_ms < m->poll_at_ms ? m->put_at_ms : m->poll_at_ms;

    at = m->report_until_ms < at ? m->report_until_ms : at;
    at = m->round_at_ms < at ? m->round_at_ms : at;
    at = m->recall_at_ms < at ? m->recall_at_ms : at;
    at = budget_ms(m) < at ? budget_ms(m) : at;
    return m->read_at_ms < at ? m->read_at_ms : at;
}

static void on_reading(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    if (m->step == ACGP_STEP_OPERATION)
        acgp_operation_on_read(m, now_ms, answer);
    else if (m->step == ACGP_STEP_FAILED)
        acgp_operation_on_autopsy(m, now_ms, answer);
    else if (m->step == ACGP_STEP_REREAD)
        acgp_rewrite_on_read(m, now_ms, answer);
    else if (m->step == ACGP_STEP_PROOF)
        acgp_proof_on_read(m, now_ms, answer);
    else
        acgp_replication_on_read(m, now_ms, answer);
}

static void on_answer(struct acgp_work *w, int64_t now_ms, const struct acgp_call *call,
                      const struct acgp_answer *answer)
{
    struct acgp_publish *m = machine_of(w);

    if (call->kind >= ACGP_PREFLIGHT_CALLS) {
        acgp_checks_on_answer(m, now_ms, call, answer);
        return;
    }
    switch ((enum acgp_call_kind)call->kind) {
    case ACGP_CALL_PUT:
        if (m->rewriting)
            acgp_rewrite_on_answer(m, now_ms, answer);
        else
            acgp_put_on_answer(m, now_ms, answer);
        break;
    case ACGP_CALL_AGAIN:
        acgp_put_on_look(m, now_ms, answer);
        break;
    case ACGP_CALL_SETTLE:
        acgp_put_on_settled(m, now_ms, answer);
        break;
    case ACGP_CALL_FACT:
        acgp_proof_on_fact(m, now_ms, call, answer);
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
        on_reading(m, now_ms, answer);
        break;
    }
}

static const char *call_name(int call_kind)
{
    static const char *const names[] = {
        [ACGP_CALL_PUT] = "sending the version",
        [ACGP_CALL_SETTLE] = "looking for the version",
        [ACGP_CALL_AGAIN] = "reading the version",
        [ACGP_CALL_POLL] = "reading the operation",
        [ACGP_CALL_READ] = "reading the replication status",
        [ACGP_CALL_LOOK] = "reading the version",
        [ACGP_CALL_DELETE] = "deleting the version",
        [ACGP_CALL_FACT] = "reading a disk encryption set",
    };

    return call_kind >= ACGP_PREFLIGHT_CALLS ? acgp_preflight_call_name(call_kind) : names[call_kind];
}

static void on_cancel(struct acgp_work *w, int64_t now_ms)
{
    struct acgp_publish *m = machine_of(w);
    struct acg_error err;

    if (m->step == ACGP_STEP_REPORT) {
        acgp_proof_conclude(m, now_ms);
        return;
    }
    acgp_fail(&err, ACG_ERR_CANCELLED, "stopped watching as asked; %s: %s", whereabouts(m),
              m->spec->version_id);
    acgp_work_end(&m->work, now_ms, &err);
}

static void on_end(struct acgp_work *w, int64_t now_ms)
{
    struct acgp_publish *m = machine_of(w);

    m->put_in_doubt = m->put_in_doubt || w->write_in_flight;
    if (m->replaced && !m->accepted && w->error.status != ACG_OK)
        acgp_fail_context(&w->error, "the version that was there was deleted%s",
                          m->put_in_doubt ? "" : ", and the new one is not made");
    acgp_result_build(m, now_ms);
    acgp_records_end(m, now_ms);
}

static void done(struct acgp_work *w)
{
    struct acgp_publish *m = machine_of(w);

    acgp_report_free(m->report);
    acgp_set_facts_done(&m->facts);
    acgp_differences_done(&m->differences);
    acgp_progress_free(m);
    acgp_version_doc_done(&m->doc);
    acgp_lro_done(&m->lro);
    acgp_coverage_done(&m->coverage);
    acgp_preflight_done(&m->preflight);
    acgp_free(m->result_regions);
    acgp_free(m->result_disks);
    acgp_free(m->places);
    acgp_free(m->fates);
    acgp_free(m->left_out);
    acgp_free(m->published);
    acgp_publish_spec_free(m->spec);
}

static const struct acgp_work_kind publish_kind = {
    .call_name = call_name,
    .on_answer = on_answer,
    .on_deadline = on_deadline,
    .on_cancel = on_cancel,
    .turn = turn,
    .due_ms = due_ms,
    .heartbeat = heartbeat,
    .on_end = on_end,
    .on_turn = acgp_turn_on_taken,
    .on_recalled = acgp_records_on_recalled,
    .on_recorded = acgp_records_on_recorded,
    .done = done,
};

enum acg_status acgp_machine_new(struct acgp_publish_spec *spec, const struct acgp_work_config *config,
                                 struct acgp_publish **out, struct acg_error *err)
{
    struct acgp_publish *m = acgp_alloc(1, sizeof *m);
    struct acgp_work_config own = *config;

    if (m == NULL) {
        acgp_publish_spec_free(spec);
        return acgp_fail_nomem(err);
    }
    own.timeout_ms = spec->timeout_ms;
    m->spec = spec;
    m->put_at_ms = m->poll_at_ms = m->read_at_ms = m->report_until_ms = m->round_at_ms = ACGP_NEVER;
    m->recall_at_ms = ACGP_NEVER;
    m->written_ms = -1;
    if (acgp_work_init(&m->work, &publish_kind, &own, err) != ACG_OK) {
        acgp_work_free(&m->work);
        return acgp_fail_nomem(err);
    }
    m->work.result.version_id = spec->version_id;
    *out = m;
    return ACG_OK;
}

enum acg_status acgp_publish_new(struct acgp_publish_spec *spec, const struct acgp_work_config *config,
                                 struct acgp_work **out, struct acg_error *err)
{
    struct acgp_publish *m = NULL;
    enum acg_status status = acgp_machine_new(spec, config, &m, err);

    if (status != ACG_OK)
        return status;
    acgp_checks_begin(m, config->now_ms);
    *out = &m->work;
    return ACG_OK;
}
