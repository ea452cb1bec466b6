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

static void enqueue(struct acg_publisher *pub, struct acgp_attempt *a)
{
    a->queued = true;
    a->waiting_next = NULL;
    a->waiting_prev = pub->queue_end;
    if (pub->queue_end != NULL)
        pub->queue_end->waiting_next = a;
    else
        pub->queue = a;
    pub->queue_end = a;
}

static void dequeue(struct acg_publisher *pub, struct acgp_attempt *a)
{
    if (!a->queued)
        return;
    if (a->waiting_prev != NULL)
        a->waiting_prev->waiting_next = a->waiting_next;
    else
        pub->queue = a->waiting_next;
    if (a->waiting_next != NULL)
        a->waiting_next->waiting_prev = a->waiting_prev;
    else
        pub->queue_end = a->waiting_prev;
    a->queued = false;
}

/* It waits for nothing any more. */
static void unlist(struct acgp_attempt *a)
{
    remove_waiting(a->pub, a);
    dequeue(a->pub, a);
}

/* The transfer is the caller's business. */
void acgp_attempt_forget(struct acgp_attempt *a)
{
    struct acgp_attempt **at = &a->publish->attempts;

    while (*at != a)
        at = &(*at)->next;
    *at = a->next;
    acgp_flight_leave(a);
    unlist(a);
    acgp_gate_leave(a);
    acgp_free(a);
}

void acgp_attempt_stop(struct acgp_attempt *a)
{
    struct acgp_transport *transport = a->pub->transport;

    if (a->transfer != NULL) {
        transport->calls->stop(transport, a->transfer);
        a->pub->sent--;
    }
    a->transfer = NULL;
    unlist(a);
    acgp_gate_leave(a);
}

static void stop(struct acgp_attempt *a)
{
    acgp_attempt_stop(a);
    acgp_attempt_forget(a);
}

static void fail(struct acgp_attempt *a, int64_t now_ms, const struct acgp_failure *failure)
{
    struct acg_publish *publish = a->publish;
    uint32_t request = a->request;
    struct acgp_ended ended = {a, NULL, failure};

    if (a->carries != NULL) {
        unlist(a);
        acgp_gate_answered(a, now_ms, NULL);
        acgp_gate_leave(a);
        acgp_flight_ended(a->carries, now_ms, &ended);
        return;
    }
    acgp_trace_add(publish, now_ms, a, a->message, &ended);
    acgp_gate_answered(a, now_ms, NULL);
    acgp_attempt_forget(a);
    acgp_work_on_failure(publish->machine, now_ms, request, failure);
    acgp_make_due(publish);
}

static void send(struct acgp_attempt *a, int64_t now_ms, const struct acgp_token_view *token)
{
    struct acgp_transport *transport = a->pub->transport;
    struct acgp_send what = {
        .message = a->message, .bearer = token->value, .timeout_ms = a->until_ms - now_ms, .owner = a};
    struct acgp_failure failure = {.kind = ACGP_FAILURE_NOT_SENT};

    unlist(a);
    acgp_login_tell(a->carries != NULL ? a->carries->followers->publish : a->publish, now_ms);
    a->token_number = token->number;
    a->begun_ms = now_ms;
    if (transport->calls->start(transport, now_ms, &what, &a->transfer, &failure.error) == ACG_OK)
        a->pub->sent++;
    else
        fail(a, now_ms, &failure);
}

/* What to do with an attempt that is not on its way yet. */
void acgp_attempt_advance(struct acgp_attempt *a, int64_t now_ms)
{
    struct acg_publisher *pub = a->pub;
    struct acgp_token_view token;
    struct acgp_failure failure = {.kind = ACGP_FAILURE_LOGIN};

    if (pub->sent >= ACGP_TRANSFERS_MAX) {
        unlist(a);
        enqueue(pub, a);
        return;
    }
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
    *a = (struct acgp_attempt){.pub = publish->pub,
                               .next = publish->attempts,
                               .publish = publish,
                               .request = action->request,
                               .message = action->message,
                               .refused = action->fresh_token ? publish->refused : 0,
                               .begun_ms = now_ms,
                               .until_ms = action->until_ms,
                               .prompt = action->prompt};
    publish->attempts = a;
    /* one with a token of its own is for this publish alone */
    if ((action->share == NULL || action->fresh_token || !acgp_flight_join(a, now_ms, action->share)) &&
        acgp_gate_enter(a, now_ms) != ACG_OK) {
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
            acgp_attempt_advance(a, now_ms);
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

void acgp_attempt_ended(struct acg_publisher *pub, int64_t now_ms, const struct acgp_ended *ended)
{
    struct acgp_attempt *a = ended->owner;
    struct acg_publish *publish = a->publish;
    uint32_t request = a->request;

    if (a->transfer != NULL && a != &pub->token_attempt)
        pub->sent--;
    a->transfer = NULL;
    if (a->carries != NULL) {
        acgp_gate_answered(a, now_ms, ended->response);
        acgp_gate_leave(a);
        acgp_flight_ended(a->carries, now_ms, ended);
        return;
    }
    if (publish == NULL) {
        acgp_token_ended(pub, now_ms, ended);
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
    acgp_attempt_forget(a);
    acgp_work_on_response(publish->machine, now_ms, request, ended->response);
    acgp_make_due(publish);
}

void acgp_waiting_step(struct acg_publisher *pub, int64_t now_ms)
{
    struct acgp_attempt *next = NULL;

    for (struct acgp_attempt *a = pub->waiting; a != NULL; a = next) {
        next = a->waiting_next;
        acgp_attempt_advance(a, now_ms);
    }
}

/* Whose time is over while it waits is told so when its turn comes, which is when another's time is over. */
void acgp_queue_step(struct acg_publisher *pub, int64_t now_ms)
{
    struct acgp_failure failure = {.kind = ACGP_FAILURE_NOT_SENT};
    struct acgp_attempt *a = NULL;

    acgp_fail(&failure.error, ACG_ERR_TRANSPORT, "no room came in time: %d requests are on their way",
              ACGP_TRANSFERS_MAX);
    while ((a = pub->queue) != NULL && pub->sent < ACGP_TRANSFERS_MAX) {
        dequeue(pub, a);
        if (now_ms >= a->until_ms)
            fail(a, now_ms, &failure);
        else
            acgp_attempt_advance(a, now_ms);
    }
}
