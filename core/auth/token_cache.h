/* SPDX-License-Identifier: MPL-2.0 */
/** One cached token: a pure machine. Any number of requests may wait for it; one token request is in flight
 * at most.
 *
 *      ask      who wants to send says so; READY lends the token, PENDING: ask again after every turn
 *      next     SEND    start act.ask->message; answer with on_response or on_failure
 *               READ    read the file act.ask->path; answer with on_file
 *               RUN     start act.ask->argv; answer with on_run
 *               WAIT    call next again at act.until_ms
 *
 *  One token may need several of these (auth/login.h). A token is renewed five minutes before it expires
 * (short-lived ones: in the last fifth of their life); until then, and while the renewal is under way, the
 * old one is lent. A token that the service refused is never lent again. */
#ifndef ACGP_TOKEN_CACHE_H
#define ACGP_TOKEN_CACHE_H

#include "auth/credential.h"
#include "auth/login.h"
#include "http/message.h"

enum {
    ACGP_TOKEN_ATTEMPT_MS = 30 * 1000, /* the token service answers within a second or not at all */
    ACGP_TOKEN_FLIGHT_MS = 120 * 1000, /* with all its attempts; longer is an outage */
    ACGP_TOKEN_HOLD_MS = 30 * 1000,    /* so long a failure stands before login is tried again: AADSTS50196 */
    ACGP_TOKEN_EARLY_MS = 5 * 60 * 1000
};

struct acgp_token_cache;

enum acgp_token_state { ACGP_TOKEN_READY = 1, ACGP_TOKEN_PENDING, ACGP_TOKEN_FAILED };

/** A token, lent until the next call on its cache. */
struct acgp_token_view {
    const struct acgp_secret *value;
    uint64_t number; /* counts tokens from 1 */
};

enum acgp_token_action_kind { ACGP_TOKEN_SEND = 1, ACGP_TOKEN_WAIT, ACGP_TOKEN_READ, ACGP_TOKEN_RUN };

struct acgp_token_action {
    enum acgp_token_action_kind kind;
    uint32_t attempt;                   /* its number, but for WAIT */
    const struct acgp_login_ask *ask;   /* lent until the attempt is answered, but for WAIT */
    const struct acgp_request *message; /* SEND: that of ask */
    const struct acgp_secret *form;     /* SEND: the body, lent likewise; NULL: none */
    int64_t until_ms;                   /* deadline of the attempt; WAIT: when to call again */
};

/** @param credential borrowed; the cache takes a hold of its own.   @param audience copied.
 *  @param seed for jitter.   @param out owned by caller.   @return ACG_OK | ACG_ERR_NOMEM. */
enum acg_status acgp_token_cache_new(struct acg_credential *credential, const char *audience, uint64_t seed,
                                     struct acgp_token_cache **out, struct acg_error *err);
void acgp_token_cache_free(struct acgp_token_cache *c);

/** Ask for a token. Begins a token request when there is none to lend.
 *  @param refused number of a token that the service answered with 401, 0: none.
 *  @param out set when READY.   @param err set when FAILED: why no token can be had. */
enum acgp_token_state acgp_token_cache_ask(struct acgp_token_cache *c, int64_t now_ms, uint64_t refused,
                                           struct acgp_token_view *out, struct acg_error *err);

/** The next thing to do. @return false: nothing, until an ask or an answer. */
bool acgp_token_cache_next(struct acgp_token_cache *c, int64_t now_ms, int64_t now_unix_s,
                           struct acgp_token_action *out);

/** Answers to other attempts than the one in flight are ignored. Borrowed arguments. */
void acgp_token_cache_on_response(struct acgp_token_cache *c, int64_t now_ms, int64_t now_unix_s,
                                  uint32_t attempt, const struct acgp_response *response);
void acgp_token_cache_on_failure(struct acgp_token_cache *c, int64_t now_ms, uint32_t attempt,
                                 const struct acgp_failure *failure);
/** @param bytes given. @param failure NULL, or why the file could not be read: "cannot be read: ...". */
void acgp_token_cache_on_file(struct acgp_token_cache *c, int64_t now_ms, int64_t now_unix_s,
                              uint32_t attempt, struct acgp_secret *bytes, const char *failure);
void acgp_token_cache_on_run(struct acgp_token_cache *c, int64_t now_ms, int64_t now_unix_s, uint32_t attempt,
                             const struct acgp_run *run);

/** "login: workload identity; ...": which source gave the first token, and how long it can go on. Lent; NULL:
 * none has given one yet, or there was no memory. */
const char *acgp_token_cache_login(const struct acgp_token_cache *c);
/** Is the login the one client secret that was given? There is nothing to tell about it. */
bool acgp_token_cache_plain(const struct acgp_token_cache *c);
/** Is no login under way? */
bool acgp_token_cache_idle(const struct acgp_token_cache *c);

#endif
