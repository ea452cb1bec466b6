/* SPDX-License-Identifier: MPL-2.0 */
/** A token cache whose wishes the test fulfils by hand: requests, files, programs. */
#ifndef ACG_TEST_LOGIN_TALK_H
#define ACG_TEST_LOGIN_TALK_H

#include "auth/token_cache.h"

struct talk {
    struct acgp_token_cache *cache;
    int64_t now_ms, unix_s;
    struct acgp_token_action act; /* the last one */
    struct acgp_token_view token;
    struct acg_error err;
};

extern const char TALK_TENANT[], TALK_CLIENT[], TALK_TOKEN_URL[];

/** @param credential given. */
struct talk talk_begin(struct acg_credential *credential);
void talk_end(struct talk *t);
/** Somebody wants a token. */
enum acgp_token_state talk_ask(struct talk *t);

/** The next wish is this request, to the byte. @param header the further header, NULL: none.
 *  @param key its secret header, whole line; NULL: none. @param form its body; NULL: no secret one. */
void talk_wants_request(struct talk *t, enum acgp_method method, const char *url, const char *header,
                        const char *key, const char *form);
/** The next wish is a request to the token service with an assertion. */
void talk_wants_exchange(struct talk *t, const char *assertion);
void talk_wants_file(struct talk *t, const char *path);
void talk_wants_program(struct talk *t, const char *words);
void talk_wants_nothing(struct talk *t);
/** Wait as long as the cache says; it must say so. */
void talk_waits(struct talk *t);

void talk_answers(struct talk *t, int status, const char *body);
void talk_answers_with(struct talk *t, int status, const char *body, const char *name, const char *value);
void talk_loses(struct talk *t, enum acgp_failure_kind kind);
/** @param failure NULL: it was read. */
void talk_gives_file(struct talk *t, const char *bytes, const char *failure);
void talk_program_ends(struct talk *t, int exit_code, const char *output, const char *complaint);

/** A token came: this one. */
void talk_has_token(struct talk *t, const char *token);
/** The login failed: status, field and a part of the message. */
void talk_failed(struct talk *t, enum acg_status status, const char *field, const char *part);

#endif
