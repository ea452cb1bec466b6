/* SPDX-License-Identifier: MPL-2.0 */
/** Dates of HTTP headers as Unix time. Nothing here allocates or asks a clock. */
#ifndef ACGP_DATE_H
#define ACGP_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include <acg/span.h>

/** An HTTP date (RFC 9110: "Sun, 06 Nov 1994 08:49:37 GMT", and the two older forms). @return false: not one.
 */
bool acgp_date_parse_http(struct acg_span text, int64_t *out_unix_s);

#endif
