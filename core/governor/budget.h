/* SPDX-License-Identifier: MPL-2.0 */
/** How many requests may still be sent: ARM's token buckets, and the counters of resource providers. Both
 * count what we send ourselves and believe what the answers tell, which sees other clients too. Pure. */
#ifndef ACGP_BUDGET_H
#define ACGP_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#define ACGP_BUDGET_NEVER INT64_MAX

enum { ACGP_BUDGET_SLOTS = 13 }; /* a window in twelfths, and the one that is under way */

/** So many requests in so long a time. Whether the service's window slides or stands is not known: never more
 * than the limit in any span of its length is right for both. */
struct acgp_window {
    int64_t length_ms;
    int64_t limit;                          /* 0: not known yet */
    int64_t slots[ACGP_BUDGET_SLOTS], slot; /* what we sent; number of the newest slot */
    int64_t under_way;                      /* sent and not answered: perhaps not counted yet */
    bool told;                              /* an answer has told what is left */
    int64_t told_left, told_at_ms;
    int64_t paced_ms; /* nearly used up: the next one not before */
};

void acgp_window_init(struct acgp_window *w, int64_t length_ms, int64_t limit);
/** When one more may be sent, now_ms or later. */
int64_t acgp_window_ready_ms(const struct acgp_window *w, int64_t now_ms);
/** One is sent. */
void acgp_window_take(struct acgp_window *w, int64_t now_ms);
/** One is answered, or will not be. */
void acgp_window_over(struct acgp_window *w);
/** An answer told so many left. Call acgp_window_over for it first. */
void acgp_window_told(struct acgp_window *w, int64_t now_ms, int64_t left);

/** Tokens that come back with time. */
struct acgp_bucket {
    int64_t capacity, per_s;
    int64_t level; /* thousandths of a request */
    int64_t at_ms;
    int64_t still_until_ms; /* the service asked to wait */
    unsigned refused;       /* in a row */
    int64_t under_way;
};

void acgp_bucket_init(struct acgp_bucket *b, int64_t now_ms, int64_t capacity, int64_t per_s);
int64_t acgp_bucket_ready_ms(const struct acgp_bucket *b, int64_t now_ms);
void acgp_bucket_take(struct acgp_bucket *b, int64_t now_ms);
void acgp_bucket_over(struct acgp_bucket *b);
void acgp_bucket_told(struct acgp_bucket *b, int64_t now_ms, int64_t left);

#endif
