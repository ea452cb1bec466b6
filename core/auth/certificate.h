/* SPDX-License-Identifier: MPL-2.0 */
/** A certificate with its key, out of a PEM or PFX file. */
#ifndef ACGP_CERTIFICATE_H
#define ACGP_CERTIFICATE_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <acg/error.h>
#include <acg/span.h>

struct acgp_certificate {
    EVP_PKEY *key;
    X509 *leaf;            /* the one that the key belongs to */
    STACK_OF(X509) * rest; /* the others, in the order of the file; NULL: none */
};

/** Read. @param file, password borrowed; password NULL: none.
 *  @param out zeroed by caller; released with acgp_certificate_done, also after a failure.
 *  @return ACG_OK | ACG_ERR_ARGUMENT (err->field) | ACG_ERR_NOMEM. */
enum acg_status acgp_certificate_read(struct acg_span file, const char *password,
                                      struct acgp_certificate *out, struct acg_error *err);
void acgp_certificate_done(struct acgp_certificate *c);

#endif
