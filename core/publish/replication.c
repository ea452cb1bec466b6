/* SPDX-License-Identifier: MPL-2.0 */
/* The operation has ended well; the version is published when every region says Completed. */
#include "arm/operation_doc.h"
#include "base/error.h"
#include "base/span.h"
#include "publish/machine.h"

void acgp_replication_begin(struct acgp_publish *m, int64_t now_ms)
{
    acgp_calls_drop(&m->work, ACGP_CALL_READ);
    m->poll_at_ms = ACGP_NEVER;
    m->reads = 0;
    acgp_machine_step(m, now_ms, ACGP_STEP_REPLICATION, "waiting until every region is replicated");
    if (!m->work.ended)
        acgp_progress_read(m, now_ms);
}

/* A place that the version does not even list is for the proof to name, not for waiting. An edge zone has no
 * recorded entry in the status: it counts when it has one. */
bool acgp_replication_done(const struct acgp_watch *w)
{
    if (!w->listed || (w->place->zone != NULL && w->state == NULL))
        return true;
    return acgp_equal_nocase(w->state, "Completed");
}

static bool all_replicated(const struct acgp_publish *m)
{
    for (size_t i = 0; i < m->place_count; i++)
        if (!acgp_replication_done(&m->watches[i]))
            return false;
    return true;
}

/* @return true: the machine has ended */
static bool judge_failure(struct acgp_publish *m, int64_t now_ms)
{
    enum acgp_operation_state state = acgp_operation_word(m->doc.provisioning_state);
    bool failed = state == ACGP_OPERATION_FAILED || state == ACGP_OPERATION_CANCELED;
    struct acg_error err;

    acgp_fail(&err, ACG_ERR_SERVICE, "the version is %s in Azure",
              m->doc.provisioning_state ? m->doc.provisioning_state : "in an unknown state");
    if (acgp_progress_explain(m, &err) == 0 && !failed) {
        if (!acgp_equal_nocase(m->doc.aggregated_state, "Failed"))
            return false;
        acgp_fail(&err, ACG_ERR_SERVICE, "the replication is Failed in Azure, which names no region");
    }
    acgp_error_text(err.request_id, sizeof err.request_id, m->doc_request_id);
    acgp_work_end(&m->work, now_ms, &err);
    return true;
}

void acgp_replication_judge(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    enum acgp_operation_state state = acgp_operation_word(m->doc.provisioning_state);

    if (judge_failure(m, now_ms))
        return;
    if (state != ACGP_OPERATION_RUNNING && all_replicated(m))
        acgp_proof_judge(m, now_ms);
    else
        acgp_progress_plan(m, now_ms, answer);
}

void acgp_replication_on_read(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    enum acgp_reading reading = acgp_progress_take(m, now_ms, answer);

    if (m->work.ended)
        return;
    if (reading == ACGP_READ_OK) {
        acgp_replication_judge(m, now_ms, answer);
        return;
    }
    if (reading == ACGP_READ_MISSING)
        acgp_progress_missing(m, now_ms);
    else
        acgp_progress_silent(m, now_ms, answer, "reading the replication status");
    acgp_progress_plan(m, now_ms, answer);
}
