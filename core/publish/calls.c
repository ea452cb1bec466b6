/* SPDX-License-Identifier: MPL-2.0 */
#include <string.h>

#include "arm/error_doc.h"
#include "base/alloc.h"
#include "base/error.h"
#include "publish/machine.h"

enum { CALLS_MAX = 4096 }; /* a set per disk of every region would still be fewer */

static void call_free(struct acgp_call *call)
{
    if (call != NULL)
        acgp_exchange_done(&call->exchange);
    acgp_free(call);
}

static bool add(struct acgp_publish *m, struct acgp_call *call)
{
    void *calls = m->calls;

    if (!acgp_grow(&calls, &m->call_capacity, m->call_count + 1, CALLS_MAX, sizeof call))
        return false;
    m->calls = calls;
    m->calls[m->call_count++] = call;
    return true;
}

void acgp_calls_begin(struct acgp_publish *m, int64_t now_ms, enum acgp_call_kind kind, size_t index,
                      char *url, char *body)
{
    bool put = kind == ACGP_CALL_PUT, write = put || kind == ACGP_CALL_DELETE;
    struct acgp_request request = {.method = put     ? ACGP_PUT
                                             : write ? ACGP_DELETE
                                                     : ACGP_GET,
                                   .url = url,
                                   .body = body,
                                   .content_type = put ? "application/json" : NULL};
    struct acgp_call *call = url ? acgp_alloc(1, sizeof *call) : NULL;

    memcpy(request.client_request_id, m->request_id, sizeof request.client_request_id);
    if (call == NULL) {
        acgp_request_done(&request);
        acgp_machine_nomem(m, now_ms);
        return;
    }
    call->kind = kind;
    call->index = index;
    acgp_exchange_init(&call->exchange, &request, now_ms, write ? ACGP_PUT_ATTEMPT_MS : ACGP_GET_ATTEMPT_MS,
                       m->deadline_ms);
    call->exchange.ask_before_again = put;
    call->exchange.once = kind == ACGP_CALL_DELETE;
    if (!add(m, call)) {
        call_free(call);
        acgp_machine_nomem(m, now_ms);
    }
}

bool acgp_calls_any(const struct acgp_publish *m, enum acgp_call_kind kind)
{
    for (size_t i = 0; i < m->call_count; i++)
        if (m->calls[i]->kind == kind && !m->calls[i]->abandoned)
            return true;
    return false;
}

void acgp_calls_remove(struct acgp_publish *m, struct acgp_call *call)
{
    size_t kept = 0;

    for (size_t i = 0; i < m->call_count; i++)
        if (m->calls[i] != call)
            m->calls[kept++] = m->calls[i];
    m->call_count = kept;
    call_free(call);
}

static void drop(struct acgp_publish *m, bool all, enum acgp_call_kind kind)
{
    for (size_t i = m->call_count; i-- > 0;) {
        struct acgp_call *call = m->calls[i];
        if ((!all && call->kind != kind) || call->abandoned)
            continue;
        if (call->attempt != 0)
            call->abandoned = true;
        else
            acgp_calls_remove(m, call);
    }
}

void acgp_calls_drop(struct acgp_publish *m, enum acgp_call_kind kind)
{
    drop(m, false, kind);
}

void acgp_calls_drop_all(struct acgp_publish *m)
{
    drop(m, true, ACGP_CALL_VERSION);
}

struct acgp_call *acgp_calls_find(struct acgp_publish *m, uint32_t attempt)
{
    for (size_t i = 0; attempt != 0 && i < m->call_count; i++)
        if (m->calls[i]->attempt == attempt && !m->calls[i]->abandoned)
            return m->calls[i];
    return NULL;
}

void acgp_calls_sweep(struct acgp_publish *m)
{
    for (size_t i = m->call_count; i-- > 0;)
        if (m->calls[i]->gone)
            acgp_calls_remove(m, m->calls[i]);
}

bool acgp_calls_abandon(struct acgp_publish *m, struct acgp_action *out)
{
    for (size_t i = 0; i < m->call_count; i++) {
        struct acgp_call *call = m->calls[i];
        if (!call->abandoned || call->gone)
            continue;
        call->gone = true;
        *out = (struct acgp_action){.kind = ACGP_ACT_ABANDON, .request = call->attempt};
        return true;
    }
    return false;
}

static bool place_free(const struct acgp_publish *m)
{
    size_t in_flight = 0;

    for (size_t i = 0; i < m->call_count; i++)
        in_flight += m->calls[i]->attempt != 0;
    return in_flight < ACGP_SIDE_BY_SIDE;
}

bool acgp_calls_send(struct acgp_publish *m, int64_t now_ms, struct acgp_action *out)
{
    bool may = place_free(m);

    for (size_t i = 0; may && i < m->call_count; i++) {
        struct acgp_call *call = m->calls[i];
        if (call->abandoned || call->exchange.state != ACGP_EXCHANGE_DUE || call->exchange.at_ms > now_ms)
            continue;
        call->attempt = ++m->attempts;
        *out = (struct acgp_action){
            .kind = ACGP_ACT_SEND, .request = call->attempt, .message = &call->exchange.request};
        out->until_ms = acgp_exchange_send(&call->exchange, now_ms, &out->fresh_token);
        return true;
    }
    return false;
}

void acgp_calls_due(const struct acgp_publish *m, int64_t *at_ms)
{
    bool may = place_free(m); /* else the turn comes with an answer, not with time */

    for (size_t i = 0; may && i < m->call_count; i++) {
        const struct acgp_exchange *x = &m->calls[i]->exchange;
        if (!m->calls[i]->abandoned && x->state == ACGP_EXCHANGE_DUE && x->at_ms < *at_ms)
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
