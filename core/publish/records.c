/* SPDX-License-Identifier: MPL-2.0 */
/* What a publish writes into its journal, and what it reads there. Before each write in Azure stands a record
 * of it on the disk: a run that was cut off is known again, and what it was about to do. */
#include "base/alloc.h"
#include "base/error.h"
#include "publish/machine.h"

enum { BUSY_AGAIN_MS = 5000 };

static struct acgp_publish *machine_of(struct acgp_work *w)
{
    return (struct acgp_publish *)w; /* its first member */
}

void acgp_records_recall(struct acgp_publish *m, int64_t now_ms)
{
    m->recall_at_ms = ACGP_NEVER;
    acgp_work_recall(&m->work, now_ms, m->key);
}

/* Another process of this machine is at it: two would write the same. When it has ended its version is there.
 */
static void wait_for_the_other(struct acgp_publish *m, int64_t now_ms)
{
    if (!m->told_other)
        acgp_work_notice(&m->work, now_ms,
                         acgp_strdup("another process of this machine runs the same publish: waiting for its "
                                     "end, then this one goes on from there"));
    m->told_other = true;
    m->recall_at_ms = now_ms + BUSY_AGAIN_MS;
}

void acgp_records_on_recalled(struct acgp_work *w, int64_t now_ms, const struct acgp_recollection *r,
                              bool busy, const struct acg_error *failure)
{
    struct acgp_publish *m = machine_of(w);

    if (failure != NULL) {
        acgp_work_end(w, now_ms, failure);
    } else if (busy) {
        wait_for_the_other(m, now_ms);
    } else {
        m->unfinished = r->known && r->unfinished;
        m->created_before = r->created;
        acgp_checks_decide(m, now_ms);
    }
}

void acgp_records_begin(struct acgp_publish *m, int64_t now_ms)
{
    if (m->recorded || m->key[0] == '\0')
        return;
    m->recorded = true;
    acgp_work_record(&m->work, now_ms,
                     &(struct acgp_record){.kind = ACGP_RECORD_BEGIN,
                                           .version_id = m->spec->version_id,
                                           .memo = m->spec->memo});
}

void acgp_records_send(struct acgp_publish *m, int64_t now_ms, const char *what,
                       void (*then)(struct acgp_publish *m, int64_t now_ms))
{
    m->then = then;
    if (m->key[0] == '\0') { /* a deletion by itself keeps no journal */
        m->then = NULL;
        then(m, now_ms);
        return;
    }
    acgp_records_begin(m, now_ms);
    acgp_work_record(
        &m->work, now_ms,
        &(struct acgp_record){.kind = ACGP_RECORD_SENDING, .version_id = m->spec->version_id, .note = what});
}

void acgp_records_accepted(struct acgp_publish *m, int64_t now_ms)
{
    acgp_work_record(&m->work, now_ms,
                     &(struct acgp_record){.kind = ACGP_RECORD_ACCEPTED, .version_id = m->spec->version_id});
}

void acgp_records_on_recorded(struct acgp_work *w, int64_t now_ms, const struct acgp_record *record,
                              const struct acg_error *failure)
{
    struct acgp_publish *m = machine_of(w);
    void (*then)(struct acgp_publish *, int64_t) = m->then;

    if (failure != NULL && record->kind == ACGP_RECORD_ACCEPTED) {
        acgp_work_notice(w, now_ms, acgp_printf("%s; Azure goes on with the version", failure->message));
    } else if (failure != NULL) {
        acgp_work_end(w, now_ms, failure);
    } else if (record->kind == ACGP_RECORD_SENDING && then != NULL) {
        m->then = NULL;
        then(m, now_ms);
    }
}

/* Is nothing left to do, here or in Azure? */
static bool is_final(const struct acgp_publish *m)
{
    bool at_work = m->accepted || m->put_in_doubt;

    switch (m->work.error.status) {
    case ACG_OK:
        return m->spec->wait == ACG_WAIT_ALL;
    case ACG_ERR_SERVICE:
    case ACG_ERR_MISMATCH:
    case ACG_ERR_CONFLICT:
    case ACG_ERR_PARTIAL:
        return true;
    default:
        return !at_work;
    }
}

void acgp_records_end(struct acgp_publish *m, int64_t now_ms)
{
    if (m->recorded)
        acgp_work_record(&m->work, now_ms,
                         &(struct acgp_record){.kind = ACGP_RECORD_ENDED,
                                               .version_id = m->spec->version_id,
                                               .status = acg_status_name(m->work.error.status),
                                               .final = is_final(m)});
}
