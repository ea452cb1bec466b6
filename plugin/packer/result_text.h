/* SPDX-License-Identifier: MPL-2.0 */
/** A publish's outcome in words: for the terminal, for the artifact, for the reply. Pure. */
#ifndef PKR_RESULT_TEXT_H
#define PKR_RESULT_TEXT_H

#include <stdbool.h>

#include <acg/error.h>
#include <acg/event.h>

#include "base/buf.h"

/** Longest text that is made here, bytes: hundreds of regions with dozens of disks, about 150 bytes each. */
#define PKR_RESULT_TEXT_MAX ((size_t)1024 * 1024)

/** Append one line about a region, "westus: Completed, 2 replicas, Standard_LRS; OS disk: westus-os; LUN 0:
 *  westus-data0", without a line end. Sets are called by their names. @return false: no memory or the cap. */
bool pkr_region_text(struct acgp_buf *out, const struct acg_result_region *region);
/** Is a region missing from a version that was proved without it? */
bool pkr_region_missing(const struct acg_result *result, const struct acg_result_region *region);
/** Append one line about it: "eastus2: missing; Azure's text; cause: ...; next step: ...". */
bool pkr_region_missing_text(struct acgp_buf *out, const struct acg_result_region *region);
/** Append how far a region is: "westus: Failed, 40 %; Azure's text; cause: ...; next step: ...", the last
 * three where there are any. @param details NULL is fine. @return false: no memory or the cap. */
bool pkr_region_state_text(struct acgp_buf *out, const char *name, const char *state, int percent,
                           const char *details);
/** Append a duration: "4 s", "3 min 20 s", "2 h 5 min". @return false: no memory or the cap. */
bool pkr_duration_text(struct acgp_buf *out, int64_t ms);
/** Append what a success means: proved, in part, or accepted only. @return false: no memory or the cap. */
bool pkr_success_text(struct acgp_buf *out, const struct acg_result *result);

/** The one line of a failure: message with its field, HTTP status, ARM code and request id, Azure's cause and
 *  the next step where they are known, and how to go on when Azure may still be working.
 *  @param result    borrowed; NULL when the publish never started.
 *  @param version   borrowed; id of the version, NULL when it is not known.
 *  @param cancelled the user asked to stop.
 *  @return owned by caller (acgp_free); NULL without memory. */
char *pkr_failure_text(const struct acg_error *error, const struct acg_result *result, const char *version,
                       bool cancelled);

/** Last part of an id, for people: lent by id; "" for NULL. */
const char *pkr_last_name(const char *id);

#endif
