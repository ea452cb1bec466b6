/* SPDX-License-Identifier: MPL-2.0 */
#include "base/timers.h"

#include "base/alloc.h"

enum { TIMERS_MAX = 1 << 20 }; /* one per publish and transfer; a million is beyond any process */

void acgp_timers_init(struct acgp_timers *t)
{
    *t = (struct acgp_timers){0};
}

void acgp_timers_done(struct acgp_timers *t)
{
    acgp_free(t->heap);
    acgp_timers_init(t);
}

static void put(struct acgp_timers *t, size_t i, struct acgp_timer *timer)
{
    t->heap[i] = timer;
    timer->place = i + 1;
}

static void sift_up(struct acgp_timers *t, size_t i)
{
    struct acgp_timer *timer = t->heap[i];

    while (i > 0 && t->heap[(i - 1) / 2]->due_ms > timer->due_ms) {
        put(t, i, t->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    put(t, i, timer);
}

static void sift_down(struct acgp_timers *t, size_t i)
{
    struct acgp_timer *timer = t->heap[i];

    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= t->count)
            break;
        if (child + 1 < t->count && t->heap[child + 1]->due_ms < t->heap[child]->due_ms)
            child++;
        if (t->heap[child]->due_ms >= timer->due_ms)
            break;
        put(t, i, t->heap[child]);
        i = child;
    }
    put(t, i, timer);
}

bool acgp_timers_set(struct acgp_timers *t, struct acgp_timer *timer, int64_t due_ms)
{
    void *heap = t->heap;

    if (timer->place == 0) {
        if (!acgp_grow(&heap, &t->capacity, t->count + 1, TIMERS_MAX, sizeof(struct acgp_timer *)))
            return false;
        t->heap = heap;
        put(t, t->count++, timer);
    }
    timer->due_ms = due_ms;
    sift_up(t, timer->place - 1);
    sift_down(t, timer->place - 1);
    return true;
}

void acgp_timers_cancel(struct acgp_timers *t, struct acgp_timer *timer)
{
    size_t i = timer->place;

    if (i-- == 0)
        return;
    timer->place = 0;
    struct acgp_timer *last = t->heap[--t->count];
    if (last == timer)
        return;
    put(t, i, last);
    sift_up(t, i);
    sift_down(t, last->place - 1);
}

struct acgp_timer *acgp_timers_pop(struct acgp_timers *t, int64_t now_ms)
{
    struct acgp_timer *first = t->count ? t->heap[0] : NULL;

    if (first == NULL || first->due_ms > now_ms)
        return NULL;
    acgp_timers_cancel(t, first);
    return first;
}

bool acgp_timers_next(const struct acgp_timers *t, int64_t *out_due_ms)
{
    if (t->count == 0)
        return false;
    *out_due_ms = t->heap[0]->due_ms;
    return true;
}
