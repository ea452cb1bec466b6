/* SPDX-License-Identifier: MPL-2.0 */
#include "engine/gate.h"

#include "base/alloc.h"
#include "governor/governor.h"

enum {
    TELL_AFTER_MS = 5000,  /* a shorter wait is nobody's worry */
    TELL_AGAIN_MS = 60000, /* of one publish, however many of its requests wait */
};

static void hold(struct acgp_attempt *a)
{
    struct acg_publisher *pub = a->pub;

    a->held = true;
    a->held_prev = pub->held_end;
    a->held_next = NULL;
    if (pub->held_end != NULL)
        pub->held_end->held_next = a;
    else
        pub->held = a;
    pub->held_end = a;
}

static void unhold(struct acgp_attempt *a)
{
    struct acg_publisher *pub = a->pub;

    if (!a->held)
        return;
    a->held = false;
    if (a->held_prev != NULL)
        a->held_prev->held_next = a->held_next;
    else
        pub->held = a->held_next;
    if (a->held_next != NULL)
        a->held_next->held_prev = a->held_prev;
    else
        pub->held_end = a->held_prev;
}

enum acg_status acgp_gate_enter(struct acgp_attempt *a, int64_t now_ms)
{
    struct acgp_client *client = a->publish != NULL ? &a->publish->client : &a->pub->sharing;
    enum acg_status status = acgp_governor_enter(a->pub->governor, now_ms, client, a->message->method,
                                                 a->message->url, &a->ticket);

    if (status != ACG_OK)
        return status;
    if (a->publish != NULL)
        acgp_work_hold(a->publish->machine, a->request, true);
    hold(a);
    return ACG_OK;
}

void acgp_gate_leave(struct acgp_attempt *a)
{
    unhold(a);
    acgp_governor_leave(a->pub->governor, &a->ticket);
}

void acgp_gate_answered(struct acgp_attempt *a, int64_t now_ms, const struct acgp_response *response)
{
    struct acg_publisher *pub = a->pub;
    const struct acgp_clock *clock = &pub->loop.clock;

    acgp_governor_answered(pub->governor, now_ms, clock->now_unix_s(clock->context), &a->ticket, response);
}

/* The time of an attempt begins when it leaves; the end of the whole publish stays where it is. */
static void let_go(struct acgp_attempt *a, int64_t now_ms)
{
    unhold(a);
    if (a->publish != NULL)
        acgp_work_hold(a->publish->machine, a->request, false);
    if (a->prompt)
        return;
    a->until_ms += now_ms - a->ticket.entered_ms;
    if (a->publish != NULL && a->until_ms > a->publish->machine->deadline_ms)
        a->until_ms = a->publish->machine->deadline_ms;
}

struct acgp_attempt *acgp_gate_next(struct acg_publisher *pub, int64_t now_ms)
{
    struct acgp_ticket *ticket = acgp_governor_next(pub->governor, now_ms);
    struct acgp_attempt *a = (struct acgp_attempt *)ticket; /* its first member */

    if (a != NULL)
        let_go(a, now_ms);
    return a;
}

static char *wait_text(const struct acgp_wait *wait, int64_t now_ms)
{
    long long seconds = (wait->ready_ms - now_ms + 999) / 1000;
    bool tenant = wait->subscription[0] == '\0';
    const char *of = tenant ? "the tenant" : "subscription ";

    switch (wait->why) {
    case ACGP_WAIT_ASKED:
        return acgp_printf("waiting %lld s: Azure asked to wait, too many requests were sent to %s%s",
                           seconds, of, wait->subscription);
    case ACGP_WAIT_ARM:
        return acgp_printf(
            "waiting %lld s or longer: Azure Resource Manager's %s limit of %s%s is nearly used "
            "up",
            seconds, acgp_operation_kind_name(wait->kind), of, wait->subscription);
    case ACGP_WAIT_POLICY:
        return acgp_printf("waiting %lld s or longer: the limit %s of %s%s is nearly used up", seconds,
                           wait->policy, of, wait->subscription);
    case ACGP_WAIT_LINE:
        break;
    }
    return acgp_printf("waiting in line: other publishes share the %s limits of %s%s",
                       acgp_operation_kind_name(wait->kind), of, wait->subscription);
}

static void tell(struct acgp_attempt *a, int64_t now_ms)
{
    /* a read that several share is told to the one that asked first */
    struct acg_publish *publish = a->carries != NULL ? a->carries->followers->publish : a->publish;
    struct acgp_wait wait;

    if (publish->told_wait && now_ms - publish->told_wait_ms < TELL_AGAIN_MS)
        return;
    publish->told_wait = true;
    publish->told_wait_ms = now_ms;
    acgp_governor_explain(publish->pub->governor, now_ms, &a->ticket, &wait);
    acgp_work_notice(publish->machine, now_ms, wait_text(&wait, now_ms));
    acgp_make_due(publish);
}

void acgp_gate_tell(struct acg_publisher *pub, int64_t now_ms)
{
    while (pub->held != NULL && pub->held->ticket.entered_ms + TELL_AFTER_MS <= now_ms) {
        struct acgp_attempt *a = pub->held;
        unhold(a); /* it goes on waiting; it is told once */
        tell(a, now_ms);
    }
}

bool acgp_gate_due(const struct acg_publisher *pub, int64_t *out_due_ms)
{
    int64_t now_ms = pub->turn_ms;
    bool any = acgp_governor_due(pub->governor, now_ms, out_due_ms);

    if (pub->held != NULL && (!any || pub->held->ticket.entered_ms + TELL_AFTER_MS < *out_due_ms)) {
        *out_due_ms = pub->held->ticket.entered_ms + TELL_AFTER_MS;
        any = true;
    }
    return any;
}

/* ---- one after the other ---- */

static struct acg_publish *claimant(struct acgp_claim *claim)
{
    return (struct acg_publish *)claim; /* its first member */
}

static void have_turn(struct acg_publish *publish, int64_t now_ms)
{
    acgp_work_on_turn(publish->machine, now_ms);
    acgp_make_due(publish);
}

enum acg_status acgp_gate_turn(struct acg_publish *publish, int64_t now_ms, const struct acgp_action *action)
{
    struct acgp_turns *turns = &publish->pub->turns;
    enum acg_status status = acgp_turns_claim(turns, &publish->claim, action->names, action->name_count);

    if (status != ACG_OK)
        return status;
    if (publish->claim.held)
        have_turn(publish, now_ms);
    else
        acgp_work_notice(publish->machine, now_ms,
                         acgp_printf("waiting for another publish from the same source to end, since Azure "
                                     "refuses several at a time: %s",
                                     acgp_turns_missing(&publish->claim)));
    return ACG_OK;
}

void acgp_gate_turn_over(struct acg_publish *publish)
{
    acgp_turns_release(&publish->pub->turns, &publish->claim);
    publish->pub->turns_changed = true;
}

void acgp_gate_turns_step(struct acg_publisher *pub, int64_t now_ms)
{
    struct acgp_claim *claim = NULL;

    while (pub->turns_changed && (claim = acgp_turns_next(&pub->turns)) != NULL)
        have_turn(claimant(claim), now_ms);
    pub->turns_changed = false;
}
