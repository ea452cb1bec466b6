/* SPDX-License-Identifier: MPL-2.0 */
/** What a credential is inside the library. Holds are counted without locks: a credential belongs to one
 * thread.
 *
 *  credential.c  what all kinds share        principals.c  secret, certificate, external tokens
 *  identities.c  managed identity, az        choose.c      the kind, from options and environment */
#ifndef ACGP_CREDENTIAL_H
#define ACGP_CREDENTIAL_H

#include <acg/credential.h>

#include "base/secret.h"

enum acgp_kind {
    ACGP_KIND_SECRET = 0,
    ACGP_KIND_CERTIFICATE,
    ACGP_KIND_JWT,        /* an external token, given once */
    ACGP_KIND_TOKEN_FILE, /* an external token, in a file */
    ACGP_KIND_GITHUB,
    ACGP_KIND_DEVOPS,
    ACGP_KIND_IMDS,
    ACGP_KIND_APP_SERVICE,
    ACGP_KIND_ARC,
    ACGP_KIND_CLI,
    ACGP_KIND_CHAIN,
    ACGP_KINDS
};

struct acg_credential {
    size_t holds;
    enum acgp_kind kind;
    const char *variable; /* environment variable that decided for it; static, NULL: none */
    char *token_url;      /* where tokens are asked for; checked: https, or http on loopback */
    char *client_id;
    struct acgp_secret secret; /* client secret, external token, or what the request URL wants to see */
    struct acgp_secret password;
    char *path;        /* of the certificate or the token file */
    char *request_url; /* where a build service makes a token, or where the identity of this machine is */
    char *query;       /* escaped rest of that URL, "&client_id=..."; or the audience of a build service */
    bool rs256, send_chain;
    char *tenant_id, *subscription_id; /* for az; NULL: not given */
    struct acg_credential *links[ACG_CHAIN_MAX];
    size_t link_count;
};

/** Take one more hold; acg_credential_free lets go of it. @return the same credential. */
struct acg_credential *acgp_credential_hold(struct acg_credential *credential);

/** "client certificate": static text. */
const char *acgp_kind_name(enum acgp_kind kind);
/** Does it log in at the token service with a principal's tenant and client id? */
bool acgp_kind_principal(enum acgp_kind kind);

/** Who a principal is, as given. */
struct acgp_principal {
    const char *tenant_id, *client_id, *authority_host;
};

/** Check who it is and make a credential with its token URL and client id.
 *  @return ACG_OK | ACG_ERR_ARGUMENT | ACG_ERR_NOMEM. */
enum acg_status acgp_principal_new(enum acgp_kind kind, const struct acgp_principal *who,
                                   struct acg_credential **out, struct acg_error *err);
/** An empty credential with one hold; NULL: out of memory. */
struct acg_credential *acgp_credential_make(enum acgp_kind kind);

/** Is the text there and not empty? */
bool acgp_given(const char *text);
/** A value that becomes part of a header or a form: bounded, without control characters.
 *  @param what what to give when it is missing.   @return ACG_OK | ACG_ERR_ARGUMENT. */
enum acg_status acgp_check_value(const char *field, const char *value, size_t max, const char *what,
                                 struct acg_error *err);
/** Letters, digits, dots and hyphens: a tenant is a part of the path of a URL. */
bool acgp_tenant_ok(const char *text);
/** The struct's version must be ours. @return ACG_OK | ACG_ERR_ARGUMENT. */
enum acg_status acgp_check_login_version(uint32_t given, uint32_t ours, struct acg_error *err);

/* Azure's secrets have 40 characters, those of an own ADFS a few hundred; an external token has some KiB at
 * most, because it stands in one header line. */
enum {
    ACGP_CLIENT_ID_MAX = 256,
    ACGP_CLIENT_SECRET_MAX = 4096,
    ACGP_JWT_MAX = 32 * 1024,
    ACGP_PATH_MAX = 4096
};

#endif
