/* SPDX-License-Identifier: MPL-2.0 */
#include <string.h>

#include "arm/error_doc.h"
#include "base/alloc.h"
#include "base/error.h"
#include "work/work.h"

enum { CALLS_MAX = 4096 }; /* a set per disk of every region would still be fewer */

static void call_free(struct acgp_call *call)
{
    if (call != NULL)
        acgp_exchange_done(&call->exchange);
    acgp_free(call);
}

static bool add(struct acgp_work *w, struct acgp_call *call)
{
    void *calls = w->calls;

    if (!acgp_grow(&calls, &w->call_capacity, w->call_count + 1, CALLS_MAX, sizeof call))
        return false;
    w->calls = calls;
    w->calls[w->call_count++] = call;
    return true;
}

void acgp_work_write(struct acgp_work *w, int64_t now_ms, int call_kind, size_t index, char *url,
                     struct acgp_write write)
{
    bool read = write.method == ACGP_GET;
    struct acgp_request request = {.method = write.method,
                                   .url = url,
                                   .body = write.body,
                                   .secret = write.secret,
                                   .content_type = write.body != NULL ? "application/json" : NULL};
    struct acgp_call *call = url != NULL ? acgp_alloc(1, sizeof *call) : NULL;

    memcpy(request.client_request_id, w->request_id, sizeof request.client_request_id);
    if (call == NULL) {
        acgp_request_done(&request);
        acgp_work_nomem(w, now_ms);
        return;
    }
    call->kind = call_kind;
    call->index = index;
    acgp_exchange_init(&call->exchange, &request, now_ms,
                       write.attempt_ms != 0 ? write.attempt_ms
                       : read                ? ACGP_GET_ATTEMPT_MS
                                             : ACGP_PUT_ATTEMPT_MS,
                       w->deadline_ms);
    call->exchange.ask_before_again = write.ask_before_again;
    call->exchange.once = write.once;
    call->share = write.share;
    call->exchange.prompt = write.attempt_ms != 0;
    if (!add(w, call)) {
        call_free(call);
        acgp_work_nomem(w, now_ms);
    }
}

void acgp_work_get(struct acgp_work *w, int64_t now_ms, int call_kind, size_t index, char *url)
{
    acgp_work_write(w, now_ms, call_kind, index, url, (struct acgp_write){.method = ACGP_GET});
}

bool acgp_calls_any(const struct acgp_work *w, int call_kind)
{
    for (size_t i = 0; i < w->call_count; i++)
        if (w->calls[i]->kind == call_kind && !w->calls[i]->abandoned)
            return true;
    return false;
}

void acgp_calls_remove(struct acgp_work *w, struct acgp_call *call)
{
    size_t kept = 0;

    for (size_t i = 0; i < w->call_count; i++)
        if (w->calls[i] != call)
            w->calls[kept++] = w->calls[i];
    w->call_count = kept;
    call_free(call);
}

static void drop(struct acgp_work *w, bool all, int call_kind)
{
    for (size_t i = w->call_count; i-- > 0;) {
        struct acgp_call *call = w->calls[i];
        if ((!all && call->kind != call_kind) || call->abandoned)
            continue;
        if (call->attempt != 0)
            call->abandoned = true;
        else
            acgp_calls_remove(w, call);
    }
}

void acgp_calls_drop(struct acgp_work *w, int call_kind)
{
    drop(w, false, call_kind);
}

void acgp_calls_drop_all(struct acgp_work *w)
{
    drop(w, true, 0);
}

bool acgp_calls_write_in_flight(const struct acgp_work *w)
{
    for (size_t i = 0; i < w->call_count; i++)
        if (w->calls[i]->exchange.request.method != ACGP_GET && w->calls[i]->attempt != 0 &&
            !w->calls[i]->held)
            return true;
    return false;
}

struct acgp_call *acgp_calls_find(struct acgp_work *w, uint32_t attempt)
{
    for (size_t i = 0; attempt != 0 && i < w->call_count; i++)
        if (w->calls[i]->attempt == attempt && !w->calls[i]->abandoned)
            return w->calls[i];
    return NULL;
}

void acgp_calls_sweep(struct acgp_work *w)
{
    for (size_t i = w->call_count; i-- > 0;)
        if (w->calls[i]->gone)
            acgp_calls_remove(w, w->calls[i]);
}

bool acgp_calls_abandon(struct acgp_work *w, struct acgp_action *out)
{
    for (size_t i = 0; i < w->call_count; i++) {
        struct acgp_call *call = w->calls[i];
        if (!call->abandoned || call->gone)
            continue;
        call->gone = true;
        *out = (struct acgp_action){.kind = ACGP_ACT_ABANDON, .request = call->attempt};
        return true;
    }
    return false;
}

static bool place_free(const struct acgp_work *w)
{
    size_t in_flight = 0;

    for (size_t i = 0; i < w->call_count; i++)
        in_flight += w->calls[i]->attempt != 0;
    return in_flight < w->side_by_side;
}

bool acgp_calls_send(struct acgp_work *w, int64_t now_ms, struct acgp_action *out)
{
    bool may = place_free(w);

    for (size_t i = 0; may && i < w->call_count; i++) {
        struct acgp_call *call = w->calls[i];
        if (call->abandoned || call->exchange.state != ACGP_EXCHANGE_DUE || call->exchange.at_ms > now_ms)
            continue;
        call->attempt = ++w->attempts;
        call->held = false;
        *out = (struct acgp_action){.kind = ACGP_ACT_SEND,
                                    .request = call->attempt,
                                    .message = &call->exchange.request,
                                    .share = call->share.wanted ? &call->share : NULL,
                                    .prompt = call->exchange.prompt};
        out->until_ms = acgp_exchange_send(&call->exchange, now_ms, &out->fresh_token);
        return true;
    }
    return false;
}

void acgp_calls_due(const struct acgp_work *w, int64_t *at_ms)
{
    bool may = place_free(w); /* else the turn comes with an answer, not with time */

    for (size_t i = 0; may && i < w->call_count; i++) {
        const struct acgp_exchange *x = &w->calls[i]->exchange;
        if (!w->calls[i]->abandoned && x->state == ACGP_EXCHANGE_DUE && x->at_ms < *at_ms)
            *at_ms = x->at_ms;
    }
}

int acgp_answer_status(const struct acgp_answer *answer)
{
    return answer->response ? answer->response->status : 0;
}

void acgp_answer_error(const struct acgp_answer *answer, const char *what, struct acg_error *err)
{
    if (answer->response != NULL) {
        acgp_error_from_response(answer->response, what, err);
        return;
    }
    *err = answer->failure->error;
    if (err->status == ACG_OK)
        err->status = ACG_ERR_TRANSPORT;
    if (answer->failure->kind != ACGP_FAILURE_LOGIN) /* a login has nothing to do with what was to be read */
        acgp_fail_context(err, "%s", what);
}
