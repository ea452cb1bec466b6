/* SPDX-License-Identifier: MPL-2.0 */
/* The operation has ended well; the version is published when every region says Completed. */
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

void acgp_replication_on_read(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    enum acgp_reading reading = acgp_progress_take(m, now_ms, answer);

    if (m->work.ended)
        return;
    if (reading == ACGP_READ_OK) {
        acgp_regions_judge(m, now_ms, answer);
        return;
    }
    if (reading == ACGP_READ_MISSING)
        acgp_progress_missing(m, now_ms);
    else
        acgp_progress_silent(m, now_ms, answer, "reading the replication status");
    acgp_progress_plan(m, now_ms, answer);
}
