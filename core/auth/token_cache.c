/* SPDX-License-Identifier: MPL-2.0 */
#include "auth/token_cache.h"

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
    struct acgp_login login;
    bool begun;          /* DUE: the login has; what it asks for is to be sent */
    char *text;          /* of the first token */
    uint32_t attempt;    /* counts over all flights */
    unsigned attempts;   /* logins of this flight */
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
    acgp_login_init(&c->login, c->credential, c->audience);
    *out = c;
    return ACG_OK;
}

void acgp_token_cache_free(struct acgp_token_cache *c)
{
    if (c == NULL)
        return;
    acgp_login_done(&c->login);
    acgp_secret_done(&c->token);
    acg_credential_free(c->credential);
    acgp_free(c->audience);
    acgp_free(c->text);
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

static void begin_flight(struct acgp_token_cache *c, int64_t now_ms)
{
    c->flight = FLIGHT_DUE;
    c->begun = false;
    c->attempts = 0;
    c->due_ms = now_ms;
    c->deadline_ms = now_ms + ACGP_TOKEN_FLIGHT_MS;
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
        if (now_ms >= c->renew_ms && c->flight == FLIGHT_NONE && !held_back(c, now_ms))
            begin_flight(c, now_ms);
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
    begin_flight(c, now_ms);
    return ACGP_TOKEN_PENDING;
}

static void fail_flight(struct acgp_token_cache *c, int64_t now_ms, const struct acg_error *error)
{
    c->failed = true;
    c->hold_until_ms = now_ms + ACGP_TOKEN_HOLD_MS;
    c->error = *error;
    (void)acgp_fail_context(&c->error, "no token could be had");
    c->flight = FLIGHT_NONE;
}

static enum acg_status begin_login(struct acgp_token_cache *c, int64_t now_unix_s, struct acg_error *err)
{
    struct acgp_login_moment moment = {now_unix_s, {draw(c), draw(c)}};
    enum acg_status status = acgp_login_begin(&c->login, &moment, err);

    c->attempts++;
    c->begun = status == ACG_OK;
    return status;
}

static void send_attempt(struct acgp_token_cache *c, int64_t now_ms, struct acgp_token_action *out)
{
    const struct acgp_login_ask *ask = &c->login.ask;
    int64_t until = now_ms + (ask->within_ms > 0 ? ask->within_ms : ACGP_TOKEN_ATTEMPT_MS);

    c->flight = FLIGHT_SENT;
    c->sent_ms = now_ms;
    *out = (struct acgp_token_action){.kind = ask->want == ACGP_LOGIN_SEND   ? ACGP_TOKEN_SEND
                                              : ask->want == ACGP_LOGIN_READ ? ACGP_TOKEN_READ
                                                                             : ACGP_TOKEN_RUN,
                                      .attempt = ++c->attempt,
                                      .ask = ask,
                                      .message = &ask->message,
                                      .form = acgp_secret_empty(&ask->form) ? NULL : &ask->form,
                                      .until_ms = until < c->deadline_ms ? until : c->deadline_ms};
}

bool acgp_token_cache_next(struct acgp_token_cache *c, int64_t now_ms, int64_t now_unix_s,
                           struct acgp_token_action *out)
{
    struct acg_error error = {0};

    if (c->flight != FLIGHT_DUE)
        return false;
    if (now_ms < c->due_ms) {
        *out = (struct acgp_token_action){.kind = ACGP_TOKEN_WAIT, .until_ms = c->due_ms};
        return true;
    }
    if (!c->begun && begin_login(c, now_unix_s, &error) != ACG_OK) {
        fail_flight(c, now_ms, &error);
        return false;
    }
    send_attempt(c, now_ms, out);
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
    c->flight = FLIGHT_NONE;
    if (c->text == NULL)
        c->text = acgp_login_text(&c->login, token->lifetime_ms);
}

static void settle_failure(struct acgp_token_cache *c, int64_t now_ms)
{
    const struct acgp_login *login = &c->login;
    struct acgp_retry_facts facts = {.attempt = c->attempts,
                                     .outcome = login->outcome,
                                     .wait_ms = login->wait_ms,
                                     .now_ms = now_ms,
                                     .deadline_ms = c->deadline_ms,
                                     .random = draw(c)};
    struct acgp_retry_decision decision = acgp_retry_decide(&facts);

    if (decision.again) {
        c->flight = FLIGHT_DUE;
        c->begun = false;
        c->due_ms = decision.at_ms;
        return;
    }
    fail_flight(c, now_ms, &login->error);
}

static void settle(struct acgp_token_cache *c, int64_t now_ms, enum acgp_login_next next)
{
    if (next == ACGP_LOGIN_TOKEN) {
        keep_token(c, &c->login.token);
    } else if (next == ACGP_LOGIN_FAILED) {
        settle_failure(c, now_ms);
    } else {
        c->flight = FLIGHT_DUE;
        c->due_ms = now_ms;
    }
}

static bool answers(const struct acgp_token_cache *c, uint32_t attempt)
{
    return c->flight == FLIGHT_SENT && attempt == c->attempt;
}

void acgp_token_cache_on_response(struct acgp_token_cache *c, int64_t now_ms, int64_t now_unix_s,
                                  uint32_t attempt, const struct acgp_response *response)
{
    if (answers(c, attempt))
        settle(c, now_ms, acgp_login_on_response(&c->login, now_unix_s, response));
}

void acgp_token_cache_on_failure(struct acgp_token_cache *c, int64_t now_ms, uint32_t attempt,
                                 const struct acgp_failure *failure)
{
    if (answers(c, attempt))
        settle(c, now_ms, acgp_login_on_failure(&c->login, failure));
}

void acgp_token_cache_on_file(struct acgp_token_cache *c, int64_t now_ms, int64_t now_unix_s,
                              uint32_t attempt, struct acgp_secret *bytes, const char *failure)
{
    if (answers(c, attempt))
        settle(c, now_ms, acgp_login_on_file(&c->login, now_unix_s, bytes, failure));
    acgp_secret_done(bytes);
}

void acgp_token_cache_on_run(struct acgp_token_cache *c, int64_t now_ms, int64_t now_unix_s, uint32_t attempt,
                             const struct acgp_run *run)
{
    if (answers(c, attempt))
        settle(c, now_ms, acgp_login_on_run(&c->login, now_unix_s, run));
}

const char *acgp_token_cache_login(const struct acgp_token_cache *c)
{
    return c->text;
}

bool acgp_token_cache_plain(const struct acgp_token_cache *c)
{
    return c->credential->kind == ACGP_KIND_SECRET;
}

bool acgp_token_cache_idle(const struct acgp_token_cache *c)
{
    return c->flight == FLIGHT_NONE;
}
