/* SPDX-License-Identifier: MPL-2.0 */
/** The certificates of a PEM bundle by their subjects. Only the subjects are decoded: to decode a whole
 * certificate, OpenSSL 3.0 builds its key, and that is what makes a bundle cost 20 ms. */
#ifndef ACGP_BUNDLE_INDEX_H
#define ACGP_BUNDLE_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/span.h>

#include "base/buf.h"

/* Distributions' bundles have 200 to 300 KiB; a company's own authorities may double that. */
enum { ACGP_BUNDLE_MAX = 4 * 1024 * 1024 };

struct acgp_bundle_entry {
    uint32_t hash; /* of the subject, as OpenSSL's hashed directories name their files */
    size_t at, len;
};

struct acgp_bundle_index {
    struct acgp_buf der; /* the certificates, one behind the other */
    struct acgp_bundle_entry *entries;
    size_t count, capacity;
};

void acgp_bundle_index_init(struct acgp_bundle_index *index);
void acgp_bundle_index_done(struct acgp_bundle_index *index);

/** Take in the certificates of a PEM text. What is no certificate, is broken or is trusted with conditions
 *  (TRUSTED CERTIFICATE) is passed over: that can only mean less trust.
 *  @param index initialised and empty; stays empty on failure.
 *  @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_LIMIT (more than ACGP_BUNDLE_MAX). */
ACG_NODISCARD enum acg_status acgp_bundle_index_read(struct acgp_bundle_index *index, struct acg_span pem,
                                                     struct acg_error *err);

/** The next certificate whose subject has this hash; different subjects may share one.
 *  @param place in and out: 0 to begin.   @param out_der a view into the index. @return false: no more. */
bool acgp_bundle_index_next(const struct acgp_bundle_index *index, uint32_t hash, size_t *place,
                            struct acg_span *out_der);

#endif
