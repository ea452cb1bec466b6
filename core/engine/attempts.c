/* SPDX-License-Identifier: MPL-2.0 */
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "engine/gate.h"
#include "engine/publisher.h"
#include "http/url.h"

static void add_waiting(struct acg_publisher *pub, struct acgp_attempt *a)
{
    a->waiting = true;
    a->waiting_prev = NULL;
    a->waiting_next = pub->waiting;
    if (pub->waiting != NULL)
        pub->waiting->waiting_prev = a;
    pub->waiting = a;
}

static void remove_waiting(struct acg_publisher *pub, struct acgp_attempt *a)
{
    if (!a->waiting)
        return;
    if (a->waiting_prev != NULL)
        a->waiting_prev->waiting_next = a->waiting_next;
    else
        pub->waiting = a->waiting_next;
    if (a->waiting_next != NULL)
        a->waiting_next->waiting_prev = a->waiting_prev;
    a->waiting = false;
}

/* Out of every list; the transfer is the caller's business. */
static void forget(struct acgp_attempt *a)
{
    struct acgp_attempt **at = &a->publish->attempts;

    while (*at != a)
        at = &(*at)->next;
    *at = a->next;
    remove_waiting(a->publish->pub, a);
    acgp_gate_leave(a);
    acgp_free(a);
}

static void stop(struct acgp_attempt *a)
{
    struct acgp_transport *transport = a->publish->pub->transport;

    if (a->transfer != NULL)
        transport->calls->stop(transport, a->transfer);
    forget(a);
}

static void fail(struct acgp_attempt *a, int64_t now_ms, const struct acgp_failure *failure)
{
    struct acg_publish *publish = a->publish;
    uint32_t request = a->request;
    struct acgp_ended ended = {a, NULL, failure};

    acgp_trace_add(publish, now_ms, a, a->message, &ended);
    acgp_gate_answered(a, now_ms, NULL);
    forget(a);
    acgp_work_on_failure(publish->machine, now_ms, request, failure);
    acgp_make_due(publish);
}

static void send(struct acgp_attempt *a, int64_t now_ms, const struct acgp_token_view *token)
{
    struct acgp_transport *transport = a->publish->pub->transport;
    struct acgp_send what = {
        .message = a->message, .bearer = token->value, .timeout_ms = a->until_ms - now_ms, .owner = a};
    struct acgp_failure failure = {.kind = ACGP_FAILURE_NOT_SENT};

    remove_waiting(a->publish->pub, a);
    a->token_number = token->number;
    a->begun_ms = now_ms;
    if (transport->calls->start(transport, now_ms, &what, &a->transfer, &failure.error) != ACG_OK)
        fail(a, now_ms, &failure);
}

/* What to do with an attempt that is not on its way yet. */
static void advance(struct acgp_attempt *a, int64_t now_ms)
{
    struct acg_publisher *pub = a->publish->pub;
    struct acgp_token_view token;
    struct acgp_failure failure = {.kind = ACGP_FAILURE_LOGIN};

    switch (acgp_token_cache_ask(pub->tokens, now_ms, a->refused, &token, &failure.error)) {
    case ACGP_TOKEN_READY:
        send(a, now_ms, &token);
        return;
    case ACGP_TOKEN_FAILED:
        fail(a, now_ms, &failure);
        return;
    case ACGP_TOKEN_PENDING:
        break;
    }
    if (now_ms >= a->until_ms) {
        failure.kind = ACGP_FAILURE_NOT_SENT;
        acgp_fail(&failure.error, ACG_ERR_TRANSPORT, "no token came in time");
        fail(a, now_ms, &failure);
    } else if (!a->waiting) {
        add_waiting(pub, a);
    }
}

static void refuse_action(struct acg_publish *publish, int64_t now_ms, const struct acgp_action *action,
                          const struct acgp_failure *failure)
{
    acgp_work_on_failure(publish->machine, now_ms, action->request, failure);
    acgp_make_due(publish);
}

void acgp_attempt_begin(struct acg_publish *publish, int64_t now_ms, const struct acgp_action *action)
{
    struct acgp_attempt *a = NULL;
    struct acgp_failure failure = {.kind = ACGP_FAILURE_LOGIN};

    /* The machine asks before it follows an address that an answer named; this is the lock on the door. */
    if (!acgp_url_trusted(acgp_span(action->message->url), acgp_span(publish->pub->endpoint))) {
        acgp_fail(&failure.error, ACG_ERR_PROTOCOL,
                  "the token is for the resource manager alone; it is not sent to another host");
        refuse_action(publish, now_ms, action, &failure);
        return;
    }
    a = acgp_alloc(1, sizeof *a);
    if (a == NULL) {
        failure.kind = ACGP_FAILURE_NOT_SENT;
        acgp_fail_nomem(&failure.error);
        refuse_action(publish, now_ms, action, &failure);
        return;
    }
    *a = (struct acgp_attempt){.next = publish->attempts,
                               .publish = publish,
                               .request = action->request,
                               .message = action->message,
                               .refused = action->fresh_token ? publish->refused : 0,
                               .begun_ms = now_ms,
                               .until_ms = action->until_ms,
                               .prompt = action->prompt};
    publish->attempts = a;
    if (acgp_gate_enter(a, now_ms) != ACG_OK) {
        failure.kind = ACGP_FAILURE_NOT_SENT;
        acgp_fail_nomem(&failure.error);
        fail(a, now_ms, &failure);
    }
}

void acgp_leaving_step(struct acg_publisher *pub, int64_t now_ms)
{
    struct acgp_failure failure = {.kind = ACGP_FAILURE_HELD};
    struct acgp_attempt *a = NULL;

    acgp_fail(&failure.error, ACG_ERR_TEMPORARY, "Azure's limits left no room for it in time");
    while ((a = acgp_gate_next(pub, now_ms)) != NULL) {
        a->begun_ms = now_ms;
        if (now_ms >= a->until_ms)
            fail(a, now_ms, &failure);
        else
            advance(a, now_ms);
    }
}

void acgp_attempt_abandon(struct acg_publish *publish, uint32_t request)
{
    for (struct acgp_attempt *a = publish->attempts; a != NULL; a = a->next) {
        if (a->request == request) {
            stop(a);
            return;
        }
    }
}

void acgp_attempts_abandon_all(struct acg_publish *publish)
{
    while (publish->attempts != NULL)
        stop(publish->attempts);
}

/* Tell each publish that waits for the token, once. */
static void trace_token(struct acg_publisher *pub, int64_t now_ms, const struct acgp_ended *ended)
{
    struct acgp_attempt *a = &pub->token_attempt;

    for (struct acgp_attempt *w = pub->waiting; w != NULL; w = w->waiting_next) {
        if (w->publish->token_traced == a->request)
            continue;
        w->publish->token_traced = a->request;
        acgp_trace_add(w->publish, now_ms, a, a->message, ended);
    }
}

static void token_ended(struct acg_publisher *pub, int64_t now_ms, const struct acgp_ended *ended)
{
    struct acgp_attempt *a = &pub->token_attempt;
    int64_t now_unix_s = pub->loop.clock.now_unix_s(pub->loop.clock.context);

    trace_token(pub, now_ms, ended);
    a->transfer = NULL;
    if (ended->response != NULL)
        acgp_token_cache_on_response(pub->tokens, now_ms, now_unix_s, a->request, ended->response);
    else
        acgp_token_cache_on_failure(pub->tokens, now_ms, a->request, ended->failure);
}

void acgp_attempt_ended(struct acg_publisher *pub, int64_t now_ms, const struct acgp_ended *ended)
{
    struct acgp_attempt *a = ended->owner;
    struct acg_publish *publish = a->publish;
    uint32_t request = a->request;

    if (publish == NULL) {
        token_ended(pub, now_ms, ended);
        return;
    }
    if (ended->failure != NULL) {
        fail(a, now_ms, ended->failure);
        return;
    }
    if (ended->response->status == 401)
        publish->refused = a->token_number;
    acgp_trace_add(publish, now_ms, a, a->message, ended);
    acgp_gate_answered(a, now_ms, ended->response);
    forget(a);
    acgp_work_on_response(publish->machine, now_ms, request, ended->response);
    acgp_make_due(publish);
}

static void send_token_request(struct acg_publisher *pub, int64_t now_ms,
                               const struct acgp_token_action *action)
{
    struct acgp_transport *transport = pub->transport;
    struct acgp_attempt *a = &pub->token_attempt;
    struct acgp_send what = {.message = action->message,
                             .form = action->form,
                             .timeout_ms = action->until_ms - now_ms,
                             .owner = a};
    struct acgp_failure failure = {.kind = ACGP_FAILURE_NOT_SENT};

    *a = (struct acgp_attempt){.request = action->attempt, .message = action->message, .begun_ms = now_ms};
    if (transport->calls->start(transport, now_ms, &what, &a->transfer, &failure.error) == ACG_OK)
        return;
    acgp_token_cache_on_failure(pub->tokens, now_ms, action->attempt, &failure);
    acgp_waiting_step(pub, now_ms); /* nothing else will tell those who wait */
}

enum acg_status acgp_tokens_step(struct acg_publisher *pub, int64_t now_ms, struct acg_error *err)
{
    struct acgp_token_action action;

    while (acgp_token_cache_next(pub->tokens, now_ms, &action)) {
        if (action.kind == ACGP_TOKEN_WAIT)
            return acgp_timers_set(&pub->loop.timers, &pub->token_timer, action.until_ms)
                       ? ACG_OK
                       : acgp_fail_nomem(err);
        send_token_request(pub, now_ms, &action);
    }
    return ACG_OK;
}

void acgp_waiting_step(struct acg_publisher *pub, int64_t now_ms)
{
    struct acgp_attempt *next = NULL;

    for (struct acgp_attempt *a = pub->waiting; a != NULL; a = next) {
        next = a->waiting_next;
        advance(a, now_ms);
    }
}
