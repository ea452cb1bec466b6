/* SPDX-License-Identifier: MPL-2.0 */
/** Timers: a binary heap of (due time, owner). Knows no clock; the caller passes now. Times are monotonic ms.
 */
#ifndef ACGP_TIMERS_H
#define ACGP_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** One timer, embedded in its owner; zeroed means "not set". */
struct acgp_timer {
    int64_t due_ms;
    size_t place; /* position in the heap + 1; 0: not set */
    void *owner;
};

struct acgp_timers {
    struct acgp_timer **heap;
    size_t count;
    size_t capacity;
};

void acgp_timers_init(struct acgp_timers *t);
void acgp_timers_done(struct acgp_timers *t);
/** Set or move a timer. @return false: out of memory, and the timer is as before. */
bool acgp_timers_set(struct acgp_timers *t, struct acgp_timer *timer, int64_t due_ms);
/** Take a timer out; fine when it is not set. */
void acgp_timers_cancel(struct acgp_timers *t, struct acgp_timer *timer);
/** Take out and return the earliest timer that is due at now_ms; NULL when none is. */
struct acgp_timer *acgp_timers_pop(struct acgp_timers *t, int64_t now_ms);
/** When the earliest timer is due; false when none is set. */
bool acgp_timers_next(const struct acgp_timers *t, int64_t *out_due_ms);

#endif
