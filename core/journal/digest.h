/* SPDX-License-Identifier: MPL-2.0 */
#ifndef ACGP_DIGEST_H
#define ACGP_DIGEST_H

#include <stdbool.h>

#include <acg/span.h>

enum { ACGP_DIGEST_TEXT = 65 }; /* SHA-256 in hexadecimal digits, and the end */

/** @return false: out of memory. */
bool acgp_digest_sha256_hex(struct acg_span bytes, char out[ACGP_DIGEST_TEXT]);

#endif
