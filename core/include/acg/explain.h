/* SPDX-License-Identifier: MPL-2.0 */
/** Why Azure refused, and what to do next. */
#ifndef ACG_EXPLAIN_H
#define ACG_EXPLAIN_H

#include <stdbool.h>

#include <acg/error.h>

ACG_BEGIN_DECLS

/** Why something failed in Azure, and the way out. Static texts, one line each, never NULL, empty where the
 * catalogue knows nothing. Callers make it: it never grows. */
struct acg_remedy {
    const char *rule;      /* rule of Azure's that was broken, "R5"; empty: none */
    const char *cause;     /* "a disk is encrypted in one target region and not in another" */
    const char *next_step; /* "name a disk encryption set for that disk in every target region, or in none" */
};

/** Look an error of Azure's up, by ARM or token service code, HTTP status and message. Show it beside the
 * error, never in its place: Azure's own text may say more.
 *  @param err borrowed.  @param out filled always; all empty when the result is false.
 *  @return false: the catalogue has nothing, or the error is not Azure's. */
ACG_API bool acg_error_explain(const struct acg_error *err, struct acg_remedy *out);

/** The same for the text of one region: acg_event.details, acg_result_region.details.
 *  @param details borrowed; NULL is fine. */
ACG_API bool acg_details_explain(const char *details, struct acg_remedy *out);

ACG_END_DECLS

#endif
