/* SPDX-License-Identifier: MPL-2.0 */
/** The signed token (JWT, RFC 7519 and 7523) with which a certificate logs in. Sends and reads nothing. */
#ifndef ACGP_ASSERTION_H
#define ACGP_ASSERTION_H

#include <stdbool.h>
#include <stdint.h>

#include <acg/error.h>

#include "base/secret.h"

/* The service takes up to a day, and looks at it once, right away. */
enum { ACGP_ASSERTION_LIFE_S = 600 };

struct acgp_assertion_facts {
    const char *client_id; /* issuer and subject */
    const char *audience;  /* token URL */
    int64_t now_unix_s;
    uint64_t random[2]; /* for its id */
    bool rs256;         /* RS256 and x5t, for ADFS and old clouds; else PS256 and x5t#S256 */
    bool send_chain;    /* x5c: all certificates of the file */
};

/** Sign.
 *  @param file     borrowed: PEM with certificate and RSA key, or PFX.   @param password of it; empty: none.
 *  @param out      initialised by caller; filled on success.
 *  @return ACG_OK | ACG_ERR_ARGUMENT (err->field: client_cert_path or client_cert_password) | ACG_ERR_NOMEM |
 * ACG_ERR_INTERNAL. OpenSSL's random numbers are used for the signature, its error queue is left as it was.
 */
enum acg_status acgp_assertion_make(const struct acgp_secret *file, const struct acgp_secret *password,
                                    const struct acgp_assertion_facts *facts, struct acgp_secret *out,
                                    struct acg_error *err);

/** When a token says that it expires. It is not checked in any way. @return false: it does not say. */
bool acgp_jwt_expiry(const struct acgp_secret *jwt, int64_t *out_unix_s);

#endif
