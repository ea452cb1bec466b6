/* SPDX-License-Identifier: MPL-2.0 */
#include "work/recording.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/span.h"
#include "work/work.h"

enum { RECORDS_MAX = 64 }; /* each is answered at once: a machine has a few waiting */

/* The texts of a record that is ours. */
static void record_free(struct acgp_record *r)
{
    if (r == NULL)
        return;
    acgp_free((void *)(uintptr_t)r->version_id);
    acgp_free((void *)(uintptr_t)r->status);
    acgp_free((void *)(uintptr_t)r->note);
    acgp_free((void *)(uintptr_t)r->memo);
    acgp_free(r);
}

static bool copy_text(const char **text)
{
    const char *given = *text;

    *text = acgp_strdup(given);
    return given == NULL || *text != NULL;
}

static struct acgp_record *copy(const struct acgp_record *given)
{
    struct acgp_record *r = acgp_alloc(1, sizeof *r);
    bool ok = r != NULL;

    if (ok) {
        *r = *given;
        ok = copy_text(&r->version_id); /* each copies or clears its text: all four, then look */
        ok = copy_text(&r->status) && ok;
        ok = copy_text(&r->note) && ok;
        ok = copy_text(&r->memo) && ok;
    }
    if (ok)
        return r;
    record_free(r);
    return NULL;
}

void acgp_recording_done(struct acgp_recording *r)
{
    for (size_t i = 0; i < r->count; i++)
        record_free(r->records[i]);
    acgp_free(r->records);
    *r = (struct acgp_recording){.recall = false};
}

void acgp_work_recall(struct acgp_work *w, int64_t now_ms, const char *key)
{
    (void)now_ms;
    if (w->ended)
        return;
    (void)snprintf(w->recording.key, sizeof w->recording.key, "%s", key);
    w->recording.recall = true;
}

void acgp_work_record(struct acgp_work *w, int64_t now_ms, const struct acgp_record *record)
{
    struct acgp_recording *q = &w->recording;
    void *records = q->records;
    struct acgp_record *r = copy(record);

    if (r == NULL ||
        !acgp_grow(&records, &q->capacity, q->count + 1, RECORDS_MAX, sizeof(struct acgp_record *))) {
        record_free(r);
        acgp_work_nomem(w, now_ms);
        return;
    }
    q->records = records;
    if (r->key[0] == '\0')
        memcpy(r->key, q->key, sizeof r->key);
    if (r->run[0] == '\0')
        memcpy(r->run, w->request_id, sizeof r->run);
    if (r->unix_s == 0)
        r->unix_s = acgp_work_unix_s(w, now_ms);
    q->records[q->count++] = r;
}

bool acgp_recording_next(const struct acgp_work *w, struct acgp_action *out)
{
    const struct acgp_recording *q = &w->recording;

    if (q->recall && !w->ended)
        *out = (struct acgp_action){.kind = ACGP_ACT_RECALL, .key = q->key};
    else if (q->count != 0)
        *out = (struct acgp_action){.kind = ACGP_ACT_RECORD, .record = q->records[0]};
    else
        return false;
    return true;
}

void acgp_work_on_recalled(struct acgp_work *w, int64_t now_ms, const struct acgp_recollection *r, bool busy,
                           const struct acg_error *failure)
{
    if (!w->recording.recall || w->ended)
        return;
    w->recording.recall = false;
    if (w->kind->on_recalled != NULL)
        w->kind->on_recalled(w, now_ms, r, busy, failure);
    else if (failure != NULL)
        acgp_work_end(w, now_ms, failure);
}

/* The work is over, and its outcome stands; but who looks at the journal later will miss a line. */
static void lament(struct acgp_work *w, int64_t now_ms, const struct acg_error *failure)
{
    if (!acgp_equal(w->error.message, failure->message)) /* else that is what ended it */
        acgp_work_notice(w, now_ms, acgp_printf("the end is not in the journal: %s", failure->message));
}

void acgp_work_on_recorded(struct acgp_work *w, int64_t now_ms, const struct acg_error *failure)
{
    struct acgp_recording *q = &w->recording;
    struct acgp_record *r = q->count != 0 ? q->records[0] : NULL;

    if (r == NULL)
        return;
    q->count--;
    memmove(q->records, q->records + 1, q->count * sizeof(struct acgp_record *));
    if (w->ended && failure != NULL)
        lament(w, now_ms, failure);
    else if (!w->ended && w->kind->on_recorded != NULL)
        w->kind->on_recorded(w, now_ms, r, failure);
    else if (!w->ended && failure != NULL)
        acgp_work_end(w, now_ms, failure);
    record_free(r);
}
