/* SPDX-License-Identifier: MPL-2.0 */
#include "governor/budget.h"

#include <string.h>

/* Kept back for other clients and for answers that are under way: one in fifty. */
enum { RESERVE = 50 };
/* With less than a tenth left, what is left is spread over the time in which it may not be filled up. */
enum { LOW_WATER = 10 };

void acgp_window_init(struct acgp_window *w, int64_t length_ms, int64_t limit)
{
    *w = (struct acgp_window){.length_ms = length_ms, .limit = limit};
}

static int64_t slot_ms(const struct acgp_window *w)
{
    return w->length_ms / (ACGP_BUDGET_SLOTS - 1);
}

/* Slots that time has passed over are empty. */
static void move_on(struct acgp_window *w, int64_t now_ms)
{
    int64_t slot = now_ms / slot_ms(w);

    if (slot - w->slot >= ACGP_BUDGET_SLOTS)
        memset(w->slots, 0, sizeof w->slots);
    for (int64_t s = slot - w->slot >= ACGP_BUDGET_SLOTS ? slot : w->slot + 1; s <= slot; s++)
        w->slots[s % ACGP_BUDGET_SLOTS] = 0;
    if (slot > w->slot)
        w->slot = slot;
}

/* When our own sending leaves room for one more. */
static int64_t own_ready_ms(const struct acgp_window *w, int64_t now_ms)
{
    struct acgp_window then = *w;
    int64_t used = 0, most = w->limit - w->limit / RESERVE;

    if (w->limit == 0)
        return now_ms;
    move_on(&then, now_ms);
    for (int i = 0; i < ACGP_BUDGET_SLOTS; i++)
        used += then.slots[i];
    if (used < most)
        return now_ms;
    for (int64_t s = then.slot - ACGP_BUDGET_SLOTS + 1; s <= then.slot; s++) { /* oldest first */
        used -= s >= 0 ? then.slots[s % ACGP_BUDGET_SLOTS] : 0;
        if (used < most)
            return (s + ACGP_BUDGET_SLOTS) * slot_ms(w);
    }
    return now_ms + w->length_ms; /* a limit of nothing */
}

static bool low(const struct acgp_window *w, int64_t now_ms)
{
    return w->told && now_ms - w->told_at_ms < w->length_ms && w->told_left <= w->limit / LOW_WATER;
}

int64_t acgp_window_ready_ms(const struct acgp_window *w, int64_t now_ms)
{
    int64_t ready = own_ready_ms(w, now_ms);

    if (low(w, now_ms) && w->paced_ms > ready)
        ready = w->paced_ms;
    return ready > now_ms ? ready : now_ms;
}

/* Nothing left: now and then one, to see whether that has changed. */
static int64_t gap_ms(const struct acgp_window *w)
{
    int64_t gap = w->told_left > 0 ? w->length_ms / (w->told_left + 1) : w->length_ms;

    return gap < slot_ms(w) ? gap : slot_ms(w);
}

void acgp_window_take(struct acgp_window *w, int64_t now_ms)
{
    move_on(w, now_ms);
    w->slots[w->slot % ACGP_BUDGET_SLOTS]++;
    w->under_way++;
    w->told_left -= w->told_left > 0;
    w->paced_ms = now_ms + gap_ms(w);
}

void acgp_window_over(struct acgp_window *w)
{
    w->under_way--;
}

/* Requests overtake each other on their connections, so any that is under way may not be counted yet. */
void acgp_window_told(struct acgp_window *w, int64_t now_ms, int64_t left)
{
    if (left + 1 > w->limit) /* only ever an idea of it: others may have used some */
        w->limit = left + 1;
    w->told = true;
    w->told_left = left > w->under_way ? left - w->under_way : 0;
    w->told_at_ms = now_ms;
    w->paced_ms = now_ms + gap_ms(w);
}

void acgp_bucket_init(struct acgp_bucket *b, int64_t now_ms, int64_t capacity, int64_t per_s)
{
    *b =
        (struct acgp_bucket){.capacity = capacity, .per_s = per_s, .level = capacity * 1000, .at_ms = now_ms};
}

static int64_t level_at(const struct acgp_bucket *b, int64_t now_ms)
{
    int64_t full = b->capacity * 1000, passed = now_ms - b->at_ms;

    if (passed >= full / b->per_s + 1) /* a bucket fills up in capacity / per_s seconds */
        return full;
    return b->level + passed * b->per_s < full ? b->level + passed * b->per_s : full;
}

int64_t acgp_bucket_ready_ms(const struct acgp_bucket *b, int64_t now_ms)
{
    int64_t missing = (1 + b->capacity / RESERVE) * 1000 - level_at(b, now_ms);
    int64_t ready = missing > 0 ? now_ms + (missing + b->per_s - 1) / b->per_s : now_ms;

    return ready > b->still_until_ms ? ready : b->still_until_ms;
}

void acgp_bucket_take(struct acgp_bucket *b, int64_t now_ms)
{
    b->level = level_at(b, now_ms) - 1000;
    b->at_ms = now_ms;
    b->under_way++;
}

void acgp_bucket_over(struct acgp_bucket *b)
{
    b->under_way--;
}

void acgp_bucket_told(struct acgp_bucket *b, int64_t now_ms, int64_t left)
{
    if (left > b->capacity) { /* the older scheme: so many an hour */
        b->capacity = left;
        b->per_s = left / 3600 > 0 ? left / 3600 : 1;
    }
    b->level = (left - b->under_way) * 1000;
    b->at_ms = now_ms;
}
