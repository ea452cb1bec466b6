/* SPDX-License-Identifier: MPL-2.0 */
/** One logical request with its attempts. Sends nothing itself: it says when an attempt is due and what an
 * outcome means. A 401 buys one fresh token. A wait that the service asks for with 429 is not counted as an
 * attempt. */
#ifndef ACGP_EXCHANGE_H
#define ACGP_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "http/message.h"
#include "http/retry.h"

enum acgp_exchange_state {
    ACGP_EXCHANGE_DUE = 0, /* an attempt may be sent from at_ms on */
    ACGP_EXCHANGE_IN_FLIGHT,
    ACGP_EXCHANGE_ENDED
};

struct acgp_exchange {
    struct acgp_request request; /* owned */
    enum acgp_exchange_state state;
    bool ask_before_again; /* a write: when it may have been carried out, the exchange ends and the caller
                              looks */
    bool once;        /* the caller decides about every further attempt, but for the one with a fresh token */
    bool prompt;      /* the time of an attempt includes every wait: what is sent builds on a reading */
    bool fresh_token; /* of the next attempt: the cached token was refused */
    bool token_renewed;
    bool asked; /* DUE: the service asked for this wait, which is no attempt */
    unsigned attempts;
    int64_t at_ms;       /* DUE: not before */
    int64_t attempt_ms;  /* how long one attempt may take */
    int64_t deadline_ms; /* of everything */
};

/** What an outcome means. */
enum acgp_verdict {
    ACGP_VERDICT_AGAIN = 0, /* another attempt is due at at_ms */
    ACGP_VERDICT_FINAL      /* this answer or failure is the outcome of the exchange */
};

/** The moment an outcome is judged at. */
struct acgp_moment {
    int64_t now_ms;
    int64_t now_unix_s;
    uint64_t random;
};

/** Begin. @param request given: owned by the exchange from now on; *request is empty afterwards.
 *  @param at_ms first attempt not before. */
void acgp_exchange_init(struct acgp_exchange *x, struct acgp_request *request, int64_t at_ms,
                        int64_t attempt_ms, int64_t deadline_ms);
void acgp_exchange_done(struct acgp_exchange *x);

/** Mark an attempt as sent. @param out_fresh_token whether to get another token first.
 *  @return deadline of this attempt. */
int64_t acgp_exchange_send(struct acgp_exchange *x, int64_t now_ms, bool *out_fresh_token);

enum acgp_verdict acgp_exchange_on_response(struct acgp_exchange *x, const struct acgp_moment *moment,
                                            const struct acgp_response *response);
/** The answer refuses for now and names no time: it is asked again until the deadline. */
enum acgp_verdict acgp_exchange_on_busy(struct acgp_exchange *x, const struct acgp_moment *moment);
enum acgp_verdict acgp_exchange_on_failure(struct acgp_exchange *x, const struct acgp_moment *moment,
                                           const struct acgp_failure *failure);

#endif
