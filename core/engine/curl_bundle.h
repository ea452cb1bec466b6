/* SPDX-License-Identifier: MPL-2.0 */
/** The system's bundle of authorities, read when a server's certificate first asks for one, and decoded as
 * far as it asks. */
#ifndef ACGP_CURL_BUNDLE_H
#define ACGP_CURL_BUNDLE_H

#include <stdbool.h>

#include <acg/error.h>

struct acgp_bundle;

/** Whether libcurl, at run time, uses the very OpenSSL that this library is linked with. With another TLS
 *  library, or another OpenSSL, there is nothing to hang a look-up into. */
bool acgp_bundle_usable(void);

/** @param path copied; not opened yet.   @param out owned by caller (acgp_bundle_free).
 *  @return ACG_OK | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status acgp_bundle_new(const char *path, struct acgp_bundle **out,
                                              struct acg_error *err);
/** Only when no context that it was attached to is in use any more. */
void acgp_bundle_free(struct acgp_bundle *bundle);

/** Let a TLS context find its authorities here. May be called again for the same context.
 *  @param ssl_ctx an SSL_CTX, as CURLOPT_SSL_CTX_FUNCTION lends it; borrows bundle.
 *  @return false: out of memory. */
ACG_NODISCARD bool acgp_bundle_attach(struct acgp_bundle *bundle, void *ssl_ctx);

/** Why the last look-up had no file to look in; NULL: it had one, or there was none yet. Then "not trusted"
 *  is no verdict. */
const struct acg_error *acgp_bundle_failure(const struct acgp_bundle *bundle);

#endif
