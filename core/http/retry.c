/* SPDX-License-Identifier: MPL-2.0 */
#include "http/retry.h"

#include "base/span.h"
#include "http/date.h"

/* A longer wait than a month is past every deadline; the cap keeps the sums from overflowing. */
static const int64_t wait_max_ms = INT64_C(31) * 24 * 3600 * 1000;

enum acgp_outcome acgp_outcome_of_status(int status)
{
    switch (status) {
    case 408:
        return ACGP_OUTCOME_TRANSIENT;
    case 429:
        return ACGP_OUTCOME_THROTTLED;
    case 500:
    case 502:
    case 503:
    case 504:
        return ACGP_OUTCOME_SERVER;
    default:
        return ACGP_OUTCOME_FINAL;
    }
}

enum acgp_outcome acgp_outcome_of_failure(enum acgp_failure_kind kind)
{
    bool transient = kind == ACGP_FAILURE_NOT_SENT || kind == ACGP_FAILURE_LOST || kind == ACGP_FAILURE_HELD;

    return transient ? ACGP_OUTCOME_TRANSIENT : ACGP_OUTCOME_FINAL;
}

static int64_t jittered(unsigned attempt, uint64_t random)
{
    int64_t most = ACGP_RETRY_CAP_MS;

    if (attempt >= 1 && attempt <= 5)
        most = (int64_t)ACGP_RETRY_BASE_MS << (attempt - 1);
    return (int64_t)(random % (uint64_t)(most + 1));
}

static unsigned most_attempts(enum acgp_outcome outcome)
{
    return outcome == ACGP_OUTCOME_THROTTLED ? ACGP_RETRY_THROTTLED_ATTEMPTS
           : outcome == ACGP_OUTCOME_NOT_YET ? ACGP_RETRY_NOT_YET_ATTEMPTS
                                             : ACGP_RETRY_ATTEMPTS;
}

static int64_t own_wait(const struct acgp_retry_facts *facts)
{
    if (facts->outcome == ACGP_OUTCOME_NOT_YET)
        return facts->attempt > 1 ? 3 * ACGP_RETRY_NOT_YET_MS : ACGP_RETRY_NOT_YET_MS;
    return jittered(facts->attempt, facts->random);
}

struct acgp_retry_decision acgp_retry_decide(const struct acgp_retry_facts *facts)
{
    struct acgp_retry_decision d = {false, 0, ACGP_RETRY_FINAL};
    unsigned most = most_attempts(facts->outcome);
    int64_t wait = facts->wait_ms > 0 ? facts->wait_ms : own_wait(facts);

    if (facts->outcome == ACGP_OUTCOME_FINAL)
        return d;
    d.stop = ACGP_RETRY_EXHAUSTED;
    if (facts->attempt >= most)
        return d;
    d.stop = ACGP_RETRY_TOO_LATE;
    if (facts->deadline_ms - facts->now_ms <= wait)
        return d;
    d.again = true;
    d.at_ms = facts->now_ms + wait;
    return d;
}

static int64_t whole_number(const char *text, int64_t unit_ms)
{
    uint64_t n = 0;

    if (text == NULL || !acgp_span_to_u64(acgp_span(text), &n))
        return 0;
    return n > (uint64_t)(wait_max_ms / unit_ms) ? wait_max_ms : (int64_t)n * unit_ms;
}

static int64_t until_date(const char *text, int64_t now_unix_s)
{
    int64_t at = 0;

    if (text == NULL || !acgp_date_parse_http(acgp_span(text), &at) || at <= now_unix_s)
        return 0;
    return at - now_unix_s > wait_max_ms / 1000 ? wait_max_ms : (at - now_unix_s) * 1000;
}

int64_t acgp_retry_wait_ms(const struct acgp_response *response, int64_t now_unix_s)
{
    const char *seconds = acgp_response_header(response, "retry-after");
    int64_t wait = whole_number(acgp_response_header(response, "retry-after-ms"), 1);

    if (wait == 0)
        wait = whole_number(acgp_response_header(response, "x-ms-retry-after-ms"), 1);
    if (wait == 0)
        wait = whole_number(seconds, 1000);
    if (wait == 0)
        wait = until_date(seconds, now_unix_s);
    return wait;
}
