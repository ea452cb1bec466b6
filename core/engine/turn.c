/* SPDX-License-Identifier: MPL-2.0 */
#include "base/error.h"
#include "engine/gate.h"
#include "engine/publisher.h"

void acgp_make_due(struct acg_publish *publish)
{
    struct acg_publisher *pub = publish->pub;

    if (publish->due)
        return;
    publish->due = true;
    publish->due_next = NULL;
    if (pub->due_end != NULL)
        pub->due_end->due_next = publish;
    else
        pub->due = publish;
    pub->due_end = publish;
}

static struct acg_publish *take_due(struct acg_publisher *pub)
{
    struct acg_publish *publish = pub->due;

    if (publish == NULL)
        return NULL;
    pub->due = publish->due_next;
    if (pub->due == NULL)
        pub->due_end = NULL;
    publish->due = false;
    return publish;
}

/* Ask the machine until it waits. */
static enum acg_status drive(struct acg_publish *publish, int64_t now_ms, struct acg_error *err)
{
    struct acg_publisher *pub = publish->pub;
    struct acgp_action action;

    acgp_timers_cancel(&pub->loop.timers, &publish->timer);
    while (!publish->done && acgp_work_next(publish->machine, now_ms, &action)) {
        if (action.kind == ACGP_ACT_SEND) {
            acgp_attempt_begin(publish, now_ms, &action);
        } else if (action.kind == ACGP_ACT_ABANDON) {
            acgp_attempt_abandon(publish, action.request);
        } else if (action.kind == ACGP_ACT_TURN) {
            if (acgp_gate_turn(publish, now_ms, &action) != ACG_OK)
                acgp_work_nomem(publish->machine, now_ms);
        } else if (action.kind == ACGP_ACT_RECALL) {
            acgp_publish_recall(publish, now_ms, action.key);
        } else if (action.kind == ACGP_ACT_RECORD) {
            acgp_publish_record(publish, now_ms, action.record);
        } else if (action.kind == ACGP_ACT_DONE) {
            publish->done = true;
            acgp_attempts_abandon_all(publish);
            acgp_gate_turn_over(publish);
            acgp_journal_release(publish->journal);
            publish->journal = NULL;
        } else if (acgp_timers_set(&pub->loop.timers, &publish->timer, action.until_ms)) {
            break;
        } else {
            acgp_make_due(publish); /* without a timer nothing would wake it */
            return acgp_fail_nomem(err);
        }
    }
    return ACG_OK;
}

static enum acg_status drive_due(struct acg_publisher *pub, int64_t now_ms, struct acg_error *err)
{
    struct acg_publish *publish = NULL;

    while ((publish = take_due(pub)) != NULL) {
        enum acg_status status = drive(publish, now_ms, err);
        acgp_feed_refill(publish);
        if (status != ACG_OK)
            return status;
    }
    return ACG_OK;
}

static void pop_timers(struct acg_publisher *pub, int64_t now_ms)
{
    struct acgp_timer *timer = NULL;

    while ((timer = acgp_timers_pop(&pub->loop.timers, now_ms)) != NULL)
        if (timer->owner != NULL) /* the token cache has no owner: it is asked on every turn */
            acgp_make_due(timer->owner);
}

static enum acg_status step(struct acg_publisher *pub, int64_t now_ms, struct acg_error *err)
{
    enum acg_status status = drive_due(pub, now_ms, err);

    if (status != ACG_OK)
        return status;
    acgp_gate_turns_step(pub, now_ms);
    acgp_leaving_step(pub, now_ms);
    acgp_gate_tell(pub, now_ms);
    acgp_queue_step(pub, now_ms);
    acgp_waiting_step(pub, now_ms);
    return acgp_tokens_step(pub, now_ms, err); /* last: the steps before may have asked for a token */
}

enum acg_status acgp_turn(struct acg_publisher *pub, int64_t now_ms, struct acg_error *err)
{
    struct acgp_ended ended;
    enum acg_status status = pub->transport->calls->turn(pub->transport, now_ms, err);

    pub->turn_ms = now_ms;
    while (pub->transport->calls->next_outcome(pub->transport, &ended))
        acgp_attempt_ended(pub, now_ms, &ended);
    acgp_shared_expire(&pub->shared, now_ms);
    pop_timers(pub, now_ms);
    do {
        enum acg_status stepped = step(pub, now_ms, status == ACG_OK ? err : NULL);
        status = status != ACG_OK ? status : stepped;
    } while (status == ACG_OK && pub->due != NULL);
    return status;
}

static void earlier(bool set, int64_t candidate_ms, bool *any, int64_t *due_ms)
{
    if (set && (!*any || candidate_ms < *due_ms)) {
        *due_ms = candidate_ms;
        *any = true;
    }
}

bool acgp_turn_due(const struct acg_publisher *pub, int64_t *out_due_ms)
{
    int64_t timer = 0, transport = 0, gate = 0;
    bool timer_set = acgp_timers_next(&pub->loop.timers, &timer);
    bool transport_set = pub->transport->calls->due_ms(pub->transport, &transport);
    bool gate_set = acgp_gate_due(pub, &gate), any = false;

    earlier(timer_set, timer, &any, out_due_ms);
    earlier(transport_set, transport, &any, out_due_ms);
    earlier(gate_set, gate, &any, out_due_ms);
    for (const struct acgp_attempt *a = pub->waiting; a != NULL; a = a->waiting_next)
        earlier(true, a->until_ms, &any, out_due_ms);
    return any;
}
