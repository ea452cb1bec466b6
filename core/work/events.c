/* SPDX-License-Identifier: MPL-2.0 */
#include "work/events.h"

#include <string.h>

#include "base/alloc.h"
#include "base/span.h"

static void queued_done(struct acgp_queued *e)
{
    acgp_free(e->text);
    acgp_free(e->region);
    acgp_free(e->state);
    acgp_free(e->details);
    *e = (struct acgp_queued){0};
}

void acgp_events_done(struct acgp_events *q)
{
    for (size_t i = 0; i < q->count; i++)
        queued_done(&q->items[i]);
    acgp_free(q->items);
    queued_done(&q->lent);
    *q = (struct acgp_events){0};
}

static void drop(struct acgp_events *q, size_t i)
{
    queued_done(&q->items[i]);
    q->count--;
    memmove(&q->items[i], &q->items[i + 1], (q->count - i) * sizeof q->items[0]);
}

/* At the cap the oldest notice gives way, else the oldest progress; steps are few and stay. */
static void make_room(struct acgp_events *q)
{
    size_t victim = q->count;

    if (q->count < ACGP_EVENTS_MAX)
        return;
    for (size_t i = q->count; i-- > 0;)
        if (q->items[i].kind == ACG_EVENT_NOTICE ||
            (q->items[i].kind == ACG_EVENT_REGION &&
             (victim == q->count || q->items[victim].kind == ACG_EVENT_REGION)))
            victim = i;
    drop(q, victim < q->count ? victim : 0);
}

static bool add(struct acgp_events *q, struct acgp_queued *e)
{
    void *items = q->items;

    make_room(q);
    if (!acgp_grow(&items, &q->capacity, q->count + 1, ACGP_EVENTS_MAX, sizeof *e)) {
        queued_done(e);
        return false;
    }
    q->items = items;
    e->number = ++q->numbered;
    q->items[q->count++] = *e;
    return true;
}

bool acgp_events_text(struct acgp_events *q, enum acg_event_kind kind, int64_t elapsed_ms, bool heartbeat,
                      char *text)
{
    struct acgp_queued e = {.kind = kind, .elapsed_ms = elapsed_ms, .text = text, .heartbeat = heartbeat};

    if (text == NULL)
        return false;
    for (size_t i = 0; heartbeat && i < q->count; i++) {
        if (q->items[i].heartbeat) {
            drop(q, i);
            break;
        }
    }
    return add(q, &e);
}

bool acgp_events_region(struct acgp_events *q, int64_t elapsed_ms, const char *region, const char *state,
                        const char *details, int percent, char *text)
{
    struct acgp_queued e = {.kind = ACG_EVENT_REGION,
                            .elapsed_ms = elapsed_ms,
                            .text = text,
                            .region = acgp_strdup(region),
                            .state = acgp_strdup(state),
                            .details = acgp_strdup(details),
                            .percent = percent};

    if (e.text == NULL || e.region == NULL || e.state == NULL || e.details == NULL) {
        queued_done(&e);
        return false;
    }
    for (size_t i = 0; i < q->count; i++) {
        if (q->items[i].kind == ACG_EVENT_REGION && acgp_equal(q->items[i].region, region)) {
            drop(q, i);
            break;
        }
    }
    return add(q, &e);
}

const struct acg_event *acgp_events_pull(struct acgp_events *q)
{
    if (q->count == 0)
        return NULL;
    queued_done(&q->lent);
    q->lent = q->items[0];
    q->count--;
    memmove(q->items, q->items + 1, q->count * sizeof q->items[0]);
    q->view = (struct acg_event){.kind = q->lent.kind,
                                 .number = q->lent.number,
                                 .elapsed_ms = q->lent.elapsed_ms,
                                 .text = q->lent.text,
                                 .region = q->lent.region,
                                 .state = q->lent.state,
                                 .details = q->lent.details,
                                 .percent = q->lent.percent};
    return &q->view;
}

const struct acg_event *acgp_events_lend(struct acgp_events *q, const struct acg_event *event)
{
    q->view = *event;
    q->view.number = ++q->numbered;
    return &q->view;
}
