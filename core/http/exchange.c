/* SPDX-License-Identifier: MPL-2.0 */
#include "http/exchange.h"

enum { BUSY_MS = 30000 }; /* what is busy copies an image: that takes minutes */

void acgp_exchange_init(struct acgp_exchange *x, struct acgp_request *request, int64_t at_ms,
                        int64_t attempt_ms, int64_t deadline_ms)
{
    *x = (struct acgp_exchange){
        .request = *request, .at_ms = at_ms, .attempt_ms = attempt_ms, .deadline_ms = deadline_ms};
    *request = (struct acgp_request){0};
}

void acgp_exchange_done(struct acgp_exchange *x)
{
    acgp_request_done(&x->request);
    x->state = ACGP_EXCHANGE_ENDED;
}

int64_t acgp_exchange_send(struct acgp_exchange *x, int64_t now_ms, bool *out_fresh_token)
{
    int64_t until = now_ms + x->attempt_ms;

    *out_fresh_token = x->fresh_token;
    x->fresh_token = x->asked = false;
    x->attempts++;
    x->state = ACGP_EXCHANGE_IN_FLIGHT;
    return until < x->deadline_ms ? until : x->deadline_ms;
}

static enum acgp_verdict end(struct acgp_exchange *x)
{
    x->state = ACGP_EXCHANGE_ENDED;
    return ACGP_VERDICT_FINAL;
}

static enum acgp_verdict again(struct acgp_exchange *x, int64_t at_ms)
{
    x->state = ACGP_EXCHANGE_DUE;
    x->at_ms = at_ms;
    return ACGP_VERDICT_AGAIN;
}

static enum acgp_verdict decide(struct acgp_exchange *x, const struct acgp_moment *moment,
                                enum acgp_outcome outcome, int64_t wait_ms)
{
    struct acgp_retry_facts facts = {.attempt = x->attempts,
                                     .outcome = outcome,
                                     .wait_ms = wait_ms,
                                     .now_ms = moment->now_ms,
                                     .deadline_ms = x->deadline_ms,
                                     .random = moment->random};
    struct acgp_retry_decision d = acgp_retry_decide(&facts);

    return d.again ? again(x, d.at_ms) : end(x);
}

/* A wait that the service asks for is no attempt: only the deadline ends it. */
static enum acgp_verdict wait_as_asked(struct acgp_exchange *x, const struct acgp_moment *moment,
                                       int64_t wait_ms)
{
    x->attempts--;
    x->asked = true;
    return decide(x, moment, ACGP_OUTCOME_THROTTLED, wait_ms);
}

enum acgp_verdict acgp_exchange_on_response(struct acgp_exchange *x, const struct acgp_moment *moment,
                                            const struct acgp_response *response)
{
    enum acgp_outcome outcome = acgp_outcome_of_status(response->status);
    int64_t wait = acgp_retry_wait_ms(response, moment->now_unix_s);

    if (response->status == 401 && !x->token_renewed) {
        x->token_renewed = x->fresh_token = true;
        return again(x, moment->now_ms);
    }
    if (x->once || (x->ask_before_again && outcome != ACGP_OUTCOME_THROTTLED))
        return end(x);
    if (outcome == ACGP_OUTCOME_THROTTLED && wait > 0)
        return wait_as_asked(x, moment, wait);
    return decide(x, moment, outcome, wait);
}

enum acgp_verdict acgp_exchange_on_busy(struct acgp_exchange *x, const struct acgp_moment *moment)
{
    if (x->once)
        return end(x);
    return wait_as_asked(x, moment, BUSY_MS + (int64_t)(moment->random % BUSY_MS));
}

enum acgp_verdict acgp_exchange_on_failure(struct acgp_exchange *x, const struct acgp_moment *moment,
                                           const struct acgp_failure *failure)
{
    bool not_sent = failure->kind == ACGP_FAILURE_NOT_SENT || failure->kind == ACGP_FAILURE_HELD;

    if (x->once || (x->ask_before_again && !not_sent))
        return end(x);
    x->attempts -= failure->kind == ACGP_FAILURE_HELD; /* nothing was tried */
    return decide(x, moment, acgp_outcome_of_failure(failure->kind), 0);
}
