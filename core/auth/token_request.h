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
 *  @param audience borrowed: what the token is for; the scope is audience + "/.default".
 *  @param out      owned by caller (acgp_request_done); its body stays NULL.
 *  @param out_form the form, which holds the client secret; owned by caller (acgp_secret_done).
 *  @return ACG_OK | ACG_ERR_NOMEM. */
enum acg_status acgp_token_request_make(const struct acg_credential *credential, const char *audience,
                                        struct acgp_request *out, struct acgp_secret *out_form,
                                        struct acg_error *err);

/** Read the answer.
 *  @param credential  borrowed: an error text that repeats the client secret is withheld.
 *  @param out         initialised by caller; filled on success.
 *  @param out_outcome set on failure: whether another attempt may help.
 *  @return ACG_OK | ACG_ERR_AUTH (refused: err->arm_code is the AADSTS number, err->field the option to look
 * at) | ACG_ERR_TEMPORARY (throttled, or a fault of the service) | ACG_ERR_PROTOCOL | ACG_ERR_NOMEM. */
enum acg_status acgp_token_answer_read(const struct acg_credential *credential,
                                       const struct acgp_response *response, struct acgp_token *out,
                                       enum acgp_outcome *out_outcome, struct acg_error *err);

#endif
