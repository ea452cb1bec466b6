/* SPDX-License-Identifier: MPL-2.0 */
/** How a user sees what Azure made of a version that is no longer watched. Pure. */
#ifndef PKR_LOOK_H
#define PKR_LOOK_H

#include <stdbool.h>

#include <acg/event.h>

#include "base/buf.h"

/** May Azure still be working on it? @param result borrowed; NULL: not known, no. */
bool pkr_goes_on(const struct acg_result *result);
/** Append the az command that shows a version with its replication.
 *  @param version_id full ARM id. @return false: no memory or the cap. */
bool pkr_look_text(struct acgp_buf *out, const char *version_id);

#endif
