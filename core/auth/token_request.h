/* SPDX-License-Identifier: MPL-2.0 */
/** The token request of OAuth 2.0 client credentials and its answer, as values: nothing is sent from here.
 *  Facts: Microsoft identity platform, v2 token endpoint; ADFS takes the same form at another path. */
#ifndef ACGP_TOKEN_REQUEST_H
#define ACGP_TOKEN_REQUEST_H

#include "auth/credential.h"
#include "http/message.h"
#include "http/retry.h"

/* A token with many claims has some KiB. The transport reserves this at once, so that no copy of a token is
 * left behind by a buffer that grew. */
enum { ACGP_TOKEN_ANSWER_MAX = 64 * 1024 };

struct acgp_token {
    struct acgp_secret value;
    int64_t lifetime_ms; /* counted from the moment the request was sent */
};

/** Build the request.
 *  @param audience  borrowed: what the token is for; the scope is audience + "/.default".
 *  @param assertion borrowed: a signed token that stands in for the client secret, white space around it does
 *                   not count; NULL: the credential's client secret.
 *  @param out       owned by caller (acgp_request_done); its body stays NULL.
 *  @param out_form  the form, which holds the secret; owned by caller (acgp_secret_done).
 *  @return ACG_OK | ACG_ERR_ARGUMENT (the assertion is no token) | ACG_ERR_NOMEM. */
enum acg_status acgp_token_request_make(const struct acg_credential *credential, const char *audience,
                                        const struct acgp_secret *assertion, struct acgp_request *out,
                                        struct acgp_secret *out_form, struct acg_error *err);

/** Read the answer.
 *  @param sent        borrowed: an error text that repeats this secret is withheld.
 *  @param out         initialised by caller; filled on success.
 *  @param out_outcome set on failure: whether another attempt may help.
 *  @return ACG_OK | ACG_ERR_AUTH (refused: err->arm_code is the AADSTS number, err->field the option to look
 * at) | ACG_ERR_TEMPORARY (throttled, or a fault of the service) | ACG_ERR_PROTOCOL | ACG_ERR_NOMEM. */
enum acg_status acgp_token_answer_read(const struct acgp_secret *sent, const struct acgp_response *response,
                                       struct acgp_token *out, enum acgp_outcome *out_outcome,
                                       struct acg_error *err);

/** How somebody else than the token service writes a token. */
struct acgp_token_words {
    const char *who;      /* "the managed identity" */
    const char *token;    /* members: the token, */
    const char *type;     /* "Bearer", */
    const char *lifetime; /* its life in seconds, NULL: not told, */
    const char *until;    /* its end in seconds since 1970; both as number or text */
    int64_t guess_s;      /* its life when neither is told */
};

/** Read a token from a JSON text, whose own copy of it is wiped.
 *  @param out initialised by caller; filled on success. @return ACG_OK | ACG_ERR_PROTOCOL | ACG_ERR_NOMEM. */
enum acg_status acgp_token_read(struct acg_span text, const struct acgp_token_words *words,
                                int64_t now_unix_s, struct acgp_token *out, struct acg_error *err);

/** Take one text of a JSON object as a secret; the document's copy is wiped.
 *  @return ACG_OK | ACG_ERR_PROTOCOL (no object, or no such text) | ACG_ERR_NOMEM. */
enum acg_status acgp_token_take(struct acg_span text, const char *member, struct acgp_secret *out);

#endif
