/* SPDX-License-Identifier: MPL-2.0 */
/** Whether and when to try again: a pure decision. Only 408, 429, 500, 502, 503, 504 and failed connections
 * are worth another attempt; the service's own wait wins over ours; ours is full jitter (a random part of a
 * doubling wait). */
#ifndef ACGP_RETRY_H
#define ACGP_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "http/message.h"

enum acgp_outcome {
    ACGP_OUTCOME_FINAL = 0, /* an answer, or a failure that another attempt would only repeat */
    ACGP_OUTCOME_TRANSIENT, /* connection failed or broke, 408 */
    ACGP_OUTCOME_THROTTLED, /* 429 */
    ACGP_OUTCOME_SERVER,    /* 500, 502, 503, 504 */
    ACGP_OUTCOME_NOT_YET /* refused, but what was just made is refused so too until it is known everywhere */
};

enum {
    ACGP_RETRY_ATTEMPTS = 8,            /* about a minute and a half of waiting: longer is an outage */
    ACGP_RETRY_THROTTLED_ATTEMPTS = 30, /* throttling is planned by the service and passes */
    ACGP_RETRY_NOT_YET_ATTEMPTS = 3,    /* a mistake looks the same: whoever made it is told soon */
    ACGP_RETRY_NOT_YET_MS = 5000,       /* then three times as long */
    ACGP_RETRY_BASE_MS = 1000,
    ACGP_RETRY_CAP_MS = 30000
};

enum acgp_outcome acgp_outcome_of_status(int status);
enum acgp_outcome acgp_outcome_of_failure(enum acgp_failure_kind kind);

struct acgp_retry_facts {
    unsigned attempt; /* how many attempts have been made, from 1 */
    enum acgp_outcome outcome;
    int64_t wait_ms; /* the service's own wait; 0: it named none */
    int64_t now_ms;
    int64_t deadline_ms;
    uint64_t random; /* uniform */
};

enum acgp_retry_stop { ACGP_RETRY_FINAL, ACGP_RETRY_EXHAUSTED, ACGP_RETRY_TOO_LATE };

struct acgp_retry_decision {
    bool again;
    int64_t at_ms;             /* when again */
    enum acgp_retry_stop stop; /* why not, else */
};

/** Decide. A wait that would end at or after the deadline is not begun: the caller fails now, with the error
 * that it has. */
struct acgp_retry_decision acgp_retry_decide(const struct acgp_retry_facts *facts);

/** The wait that an answer asks for, in the order retry-after-ms, x-ms-retry-after-ms, retry-after (seconds
 * or HTTP date). Anything else (zero, negative, a fraction, a date in the past, other text) counts as not
 * named: obeying it would be a busy loop. @return milliseconds, 0: none. */
int64_t acgp_retry_wait_ms(const struct acgp_response *response, int64_t now_unix_s);

#endif
