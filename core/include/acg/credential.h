/* SPDX-License-Identifier: MPL-2.0 */
/** Sources of tokens. */
#ifndef ACG_CREDENTIAL_H
#define ACG_CREDENTIAL_H

#include <stddef.h>
#include <stdint.h>

#include <acg/error.h>

ACG_BEGIN_DECLS

/** A source of tokens. Immutable once made; one may serve several publishers of one thread. */
struct acg_credential;

/** Start from ACG_CLIENT_SECRET_OPTIONS_INIT. Grows at the end only. */
struct acg_client_secret_options {
    uint32_t version;           /* ACG_CLIENT_SECRET_OPTIONS_VERSION */
    const char *tenant_id;      /* GUID or verified domain */
    const char *client_id;      /* application id */
    const char *client_secret;  /* copied into memory that is wiped */
    const char *authority_host; /* NULL: https://login.microsoftonline.com; http only on loopback */
};

#define ACG_CLIENT_SECRET_OPTIONS_VERSION 1u
#define ACG_CLIENT_SECRET_OPTIONS_INIT                                                                       \
    {                                                                                                        \
        .version = ACG_CLIENT_SECRET_OPTIONS_VERSION                                                         \
    }

ACG_API void acg_client_secret_options_init(struct acg_client_secret_options *opts, uint32_t version);

/** A service principal with a client secret (OAuth 2.0 client credentials, v2 token endpoint).
 *  @param opts borrowed for the call; copied.   @param out owned by caller (acg_credential_free).
 *  @return ACG_OK | ACG_ERR_ARGUMENT (err->field names the option) | ACG_ERR_NOMEM. Never blocks, sends
 * nothing. */
ACG_API ACG_NODISCARD enum acg_status
acg_credential_client_secret_new(const struct acg_client_secret_options *opts, struct acg_credential **out,
                                 struct acg_error *err);

/** Let go of a credential; NULL is fine. A publisher that was given it keeps it alive until the publisher is
 * freed. */
ACG_API void acg_credential_free(struct acg_credential *credential);

ACG_END_DECLS

#endif
