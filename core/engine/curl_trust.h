/* SPDX-License-Identifier: MPL-2.0 */
/** Where the certificate authorities come from. A hashed directory goes before a bundle file: OpenSSL 3.0
 * needs about 20 ms to take in the 145 certificates of a bundle, and a fraction of one to look up a single
 * name. Where the system has a bundle only, we look single names up in it ourselves. */
#ifndef ACGP_CURL_TRUST_H
#define ACGP_CURL_TRUST_H

#include <acg/error.h>

#include "engine/curl_bundle.h"

struct acgp_trust {
    char *file;                 /* PEM file; NULL: none */
    char *dir;                  /* directory with hashed names; NULL: none */
    struct acgp_bundle *bundle; /* the same as file, by single look-ups; NULL: libcurl reads the file */
};

/** Find the authorities, in this order: ca_file as the only ones; SSL_CERT_FILE and SSL_CERT_DIR; a system
 * directory that has hashed names; a system bundle. All stay NULL when there is none: then libcurl's own
 * default holds.
 *  @param ca_file borrowed; NULL or empty: none.   @param out initialised; owned by caller (acgp_trust_done).
 *  @return ACG_OK | ACG_ERR_ARGUMENT (ca_file cannot be read) | ACG_ERR_NOMEM. Reads directories. */
enum acg_status acgp_trust_find(const char *ca_file, struct acgp_trust *out, struct acg_error *err);
void acgp_trust_done(struct acgp_trust *trust);

#endif
