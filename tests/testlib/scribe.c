/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/scribe.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/error.h"

static struct scribe *scribe_of(struct acgp_work *w)
{
    return (struct scribe *)w;
}

static const char *call_name(int call_kind)
{
    (void)call_kind;
    return "writing";
}

static void end(struct acgp_work *w, int64_t now_ms, enum acg_status status, const char *text)
{
    struct acg_error err = {.status = ACG_OK};

    if (status != ACG_OK)
        acgp_fail(&err, status, "%s", text);
    acgp_work_end(w, now_ms, &err);
}

static void on_answer(struct acgp_work *w, int64_t now_ms, const struct acgp_call *call,
                      const struct acgp_answer *answer)
{
    (void)call;
    if (acgp_answer_status(answer) == 201)
        acgp_work_record(w, now_ms, &(struct acgp_record){.kind = ACGP_RECORD_ACCEPTED});
    else
        end(w, now_ms, ACG_ERR_SERVICE, "refused");
}

static void on_deadline(struct acgp_work *w, int64_t now_ms)
{
    end(w, now_ms, ACG_ERR_TIMEOUT, "too late");
}

static void on_cancel(struct acgp_work *w, int64_t now_ms)
{
    end(w, now_ms, ACG_ERR_CANCELLED, "cancelled");
}

static void turn(struct acgp_work *w, int64_t now_ms)
{
    if (!scribe_of(w)->asked)
        acgp_work_recall(w, now_ms, SCRIBE_KEY);
    scribe_of(w)->asked = true;
}

static void on_recalled(struct acgp_work *w, int64_t now_ms, const struct acgp_recollection *r, bool busy,
                        const struct acg_error *failure)
{
    struct scribe *s = scribe_of(w);
    struct acgp_record begin = {.kind = ACGP_RECORD_BEGIN, .version_id = SCRIBE_VERSION, .memo = s->memo};

    s->busy = busy;
    s->failed = failure != NULL;
    s->known = r->known;
    s->unfinished = r->unfinished;
    s->sent = r->sent;
    s->created = r->created;
    if (failure != NULL)
        acgp_work_end(w, now_ms, failure);
    else if (busy)
        end(w, now_ms, ACG_ERR_CONFLICT, "another run is under way");
    else
        acgp_work_record(w, now_ms, &begin);
}

static void on_recorded(struct acgp_work *w, int64_t now_ms, const struct acgp_record *record,
                        const struct acg_error *failure)
{
    struct acgp_record sending = {.kind = ACGP_RECORD_SENDING, .note = "create"};

    scribe_of(w)->recorded += failure == NULL;
    if (failure != NULL)
        acgp_work_end(w, now_ms, failure);
    else if (record->kind == ACGP_RECORD_BEGIN)
        acgp_work_record(w, now_ms, &sending);
    else if (record->kind == ACGP_RECORD_SENDING)
        acgp_work_write(w, now_ms, 0, 0, acgp_printf("%s%s", w->endpoint, SCRIBE_VERSION),
                        (struct acgp_write){.method = ACGP_PUT, .body = acgp_strdup("{}")});
    else if (record->kind == ACGP_RECORD_ACCEPTED)
        end(w, now_ms, ACG_OK, "");
}

static char *heartbeat(struct acgp_work *w, int64_t minutes)
{
    (void)w, (void)minutes;
    return acgp_strdup("at work");
}

static void on_end(struct acgp_work *w, int64_t now_ms)
{
    enum acg_status status = w->error.status;
    struct acgp_record ended = {.kind = ACGP_RECORD_ENDED,
                                .status = acg_status_name(status),
                                .final = status != ACG_ERR_TIMEOUT && status != ACG_ERR_CANCELLED};

    if (!scribe_of(w)->busy && scribe_of(w)->asked)
        acgp_work_record(w, now_ms, &ended);
}

static void done(struct acgp_work *w)
{
    (void)w;
}

static const struct acgp_work_kind scribe_kind = {
    .call_name = call_name,
    .on_answer = on_answer,
    .on_deadline = on_deadline,
    .on_cancel = on_cancel,
    .turn = turn,
    .heartbeat = heartbeat,
    .on_end = on_end,
    .done = done,
    .on_recalled = on_recalled,
    .on_recorded = on_recorded,
};

enum acg_status scribe_new(const struct acgp_work_config *config, const char *memo, struct scribe **out,
                           struct acg_error *err)
{
    struct scribe *s = acgp_alloc(1, sizeof *s);
    enum acg_status status = ACG_OK;

    if (s == NULL)
        return acgp_fail_nomem(err);
    (void)snprintf(s->memo, sizeof s->memo, "%s", memo);
    status = acgp_work_init(&s->base, &scribe_kind, config, err);
    if (status == ACG_OK)
        *out = s;
    else
        acgp_work_free(&s->base);
    return status;
}

bool no_journal(struct acgp_work *w, int64_t now_ms, const struct acgp_action *act)
{
    struct acgp_recollection nothing = {.known = false};

    if (act->kind == ACGP_ACT_RECALL)
        acgp_work_on_recalled(w, now_ms, &nothing, false, NULL);
    else if (act->kind == ACGP_ACT_RECORD)
        acgp_work_on_recorded(w, now_ms, NULL);
    else
        return false;
    return true;
}
