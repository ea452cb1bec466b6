/* SPDX-License-Identifier: MPL-2.0 */
/** A certificate for one run of the server: for localhost, signed with its own key, which is never written.
 */
#ifndef PKR_SERVE_CERT_H
#define PKR_SERVE_CERT_H

#include <stdbool.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

/** @param out_cert, out_key owned by caller; untouched on failure. @return false: OpenSSL lacks memory or
 * random numbers. */
bool pkr_certificate_new(X509 **out_cert, EVP_PKEY **out_key);

#endif
