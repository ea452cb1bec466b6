/* SPDX-License-Identifier: MPL-2.0 */
/** Region names: "West US 2" and "westus2" are one region. */
#ifndef ACGP_REGION_H
#define ACGP_REGION_H

#include <stdbool.h>

#include <acg/span.h>

enum { ACGP_REGION_MAX = 64 }; /* bytes with NUL; the longest region name is under 40 */

/** Lower-case, spaces removed. @return false: empty, too long, or a character that no region name has. */
bool acgp_region_normalise(struct acg_span text, char out[ACGP_REGION_MAX]);
/** The same region? Names that cannot be normalised equal nothing. */
bool acgp_region_equal(const char *a, const char *b);

#endif
