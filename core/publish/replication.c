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

/* A reading of a version that Azure is done with, or says it is failing. */
void acgp_replication_judge(struct acgp_publish *m, int64_t now_ms)
{
    acgp_regions_judge(m, now_ms);
}

void acgp_replication_on_read(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    enum acgp_reading reading = acgp_progress_take(m, now_ms, answer);
    int64_t wait = 0;

    if (m->work.ended)
        return;
    if (reading == ACGP_READ_OK) {
        acgp_replication_judge(m, now_ms);
        wait = acgp_retry_wait_ms(answer->response, acgp_work_unix_s(&m->work, now_ms));
        if (m->step == ACGP_STEP_REPLICATION && wait != 0)
            m->read_at_ms = now_ms + wait;
        return;
    }
    if (reading == ACGP_READ_MISSING)
        acgp_progress_missing(m, now_ms);
    else
        acgp_progress_silent(m, now_ms, answer, "reading the replication status");
    acgp_progress_plan(m, now_ms, answer);
}
