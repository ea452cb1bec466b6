/* SPDX-License-Identifier: MPL-2.0 */
#include "auth/token_cache.h"

#include "auth/token_request.h"
#include "base/alloc.h"
#include "base/error.h"

/* A token is not lent in its very last moments: it would expire on the way. */
enum { LAST_MOMENTS_MS = 10 * 1000 };

enum flight { FLIGHT_NONE = 0, FLIGHT_DUE, FLIGHT_SENT };

struct acgp_token_cache {
    struct acg_credential *credential;
    char *audience;
    uint64_t random;

    struct acgp_secret token; /* empty: none */
    uint64_t number;          /* of that token, or of the last one there was */
    int64_t renew_ms, expires_ms;

    enum flight flight;
    struct acgp_request message;
    struct acgp_secret form;
    uint32_t attempt;    /* counts over all flights */
    unsigned attempts;   /* of this flight */
    int64_t due_ms;      /* DUE: not before */
    int64_t sent_ms;     /* SENT */
    int64_t deadline_ms; /* of this flight */

    bool failed; /* the last flight failed, and nothing came after */
    int64_t hold_until_ms;
    struct acg_error error;
};

enum acg_status acgp_token_cache_new(struct acg_credential *credential, const char *audience, uint64_t seed,
                                     struct acgp_token_cache **out, struct acg_error *err)
{
    struct acgp_token_cache *c = acgp_alloc(1, sizeof *c);

    if (c == NULL || (c->audience = acgp_strdup(audience)) == NULL) {
        acgp_free(c);
        return acgp_fail_nomem(err);
    }
    c->credential = acgp_credential_hold(credential);
    c->random = seed;
    *out = c;
    return ACG_OK;
}

static void end_flight(struct acgp_token_cache *c)
{
    acgp_request_done(&c->message);
    acgp_secret_done(&c->form);
    c->flight = FLIGHT_NONE;
}

void acgp_token_cache_free(struct acgp_token_cache *c)
{
    if (c == NULL)
        return;
    end_flight(c);
    acgp_secret_done(&c->token);
    acg_credential_free(c->credential);
    acgp_free(c->audience);
    acgp_free(c);
}

/* splitmix64: jitter needs spread, not secrecy. */
static uint64_t draw(struct acgp_token_cache *c)
{
    uint64_t z = c->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static enum acg_status begin_flight(struct acgp_token_cache *c, int64_t now_ms, struct acg_error *err)
{
    enum acg_status status = acgp_token_request_make(c->credential, c->audience, &c->message, &c->form, err);

    if (status != ACG_OK)
        return status;
    c->flight = FLIGHT_DUE;
    c->attempts = 0;
    c->due_ms = now_ms;
    c->deadline_ms = now_ms + ACGP_TOKEN_FLIGHT_MS;
    return ACG_OK;
}

static bool held_back(const struct acgp_token_cache *c, int64_t now_ms)
{
    return c->failed && now_ms < c->hold_until_ms;
}

enum acgp_token_state acgp_token_cache_ask(struct acgp_token_cache *c, int64_t now_ms, uint64_t refused,
                                           struct acgp_token_view *out, struct acg_error *err)
{
    if (refused == c->number || now_ms >= c->expires_ms)
        acgp_secret_done(&c->token);
    if (!acgp_secret_empty(&c->token)) {
        /* A renewal that cannot begin is no failure: the token is still good, and the next ask tries again.
         */
        if (now_ms >= c->renew_ms && c->flight == FLIGHT_NONE && !held_back(c, now_ms))
            (void)begin_flight(c, now_ms, NULL);
        *out = (struct acgp_token_view){&c->token, c->number};
        return ACGP_TOKEN_READY;
    }
    if (c->flight != FLIGHT_NONE)
        return ACGP_TOKEN_PENDING;
    if (held_back(c, now_ms)) {
        if (err != NULL)
            *err = c->error;
        return ACGP_TOKEN_FAILED;
    }
    return begin_flight(c, now_ms, err) == ACG_OK ? ACGP_TOKEN_PENDING : ACGP_TOKEN_FAILED;
}

static void send_attempt(struct acgp_token_cache *c, int64_t now_ms, struct acgp_token_action *out)
{
    int64_t until = now_ms + ACGP_TOKEN_ATTEMPT_MS;

    c->flight = FLIGHT_SENT;
    c->sent_ms = now_ms;
    c->attempts++;
    *out = (struct acgp_token_action){.kind = ACGP_TOKEN_SEND,
                                      .attempt = ++c->attempt,
                                      .message = &c->message,
                                      .form = &c->form,
                                      .until_ms = until < c->deadline_ms ? until : c->deadline_ms};
}

bool acgp_token_cache_next(struct acgp_token_cache *c, int64_t now_ms, struct acgp_token_action *out)
{
    if (c->flight != FLIGHT_DUE)
        return false;
    if (now_ms >= c->due_ms)
        send_attempt(c, now_ms, out);
    else
        *out = (struct acgp_token_action){.kind = ACGP_TOKEN_WAIT, .until_ms = c->due_ms};
    return true;
}

static void keep_token(struct acgp_token_cache *c, struct acgp_token *token)
{
    int64_t early = token->lifetime_ms / 5, last = token->lifetime_ms / 10;

    acgp_secret_move(&c->token, &token->value);
    c->number++;
    c->expires_ms = c->sent_ms + token->lifetime_ms - (last < LAST_MOMENTS_MS ? last : LAST_MOMENTS_MS);
    c->renew_ms =
        c->sent_ms + token->lifetime_ms - (early < ACGP_TOKEN_EARLY_MS ? early : ACGP_TOKEN_EARLY_MS);
    c->failed = false;
    end_flight(c);
}

static void settle_failure(struct acgp_token_cache *c, int64_t now_ms, enum acgp_outcome outcome,
                           int64_t wait_ms, const struct acg_error *error)
{
    struct acgp_retry_facts facts = {.attempt = c->attempts,
                                     .outcome = outcome,
                                     .wait_ms = wait_ms,
                                     .now_ms = now_ms,
                                     .deadline_ms = c->deadline_ms,
                                     .random = draw(c)};
    struct acgp_retry_decision decision = acgp_retry_decide(&facts);

    if (decision.again) {
        c->flight = FLIGHT_DUE;
        c->due_ms = decision.at_ms;
        return;
    }
    c->failed = true;
    c->hold_until_ms = now_ms + ACGP_TOKEN_HOLD_MS;
    c->error = *error;
    (void)acgp_fail_context(&c->error, "no token could be had");
    end_flight(c);
}

void acgp_token_cache_on_response(struct acgp_token_cache *c, int64_t now_ms, int64_t now_unix_s,
                                  uint32_t attempt, const struct acgp_response *response)
{
    struct acgp_token token = {{NULL, 0}, 0};
    enum acgp_outcome outcome = ACGP_OUTCOME_FINAL;
    struct acg_error error = {0};

    if (c->flight != FLIGHT_SENT || attempt != c->attempt)
        return;
    if (acgp_token_answer_read(c->credential, response, &token, &outcome, &error) == ACG_OK)
        keep_token(c, &token);
    else
        settle_failure(c, now_ms, outcome, acgp_retry_wait_ms(response, now_unix_s), &error);
}

void acgp_token_cache_on_failure(struct acgp_token_cache *c, int64_t now_ms, uint32_t attempt,
                                 const struct acgp_failure *failure)
{
    if (c->flight != FLIGHT_SENT || attempt != c->attempt)
        return;
    settle_failure(c, now_ms, acgp_outcome_of_failure(failure->kind), 0, &failure->error);
}
