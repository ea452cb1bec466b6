/* SPDX-License-Identifier: MPL-2.0 */
/** The write of a publish in other people's words: a line of `az`, a script of PowerShell, a REST request.
 * Pure. */
#ifndef ACGP_EXPLAIN_H
#define ACGP_EXPLAIN_H

#include "plan/coverage.h"
#include "report/report.h"

/** What is explained; all borrowed for the call. */
struct acgp_explain {
    const struct acgp_publish_spec *spec; /* its location is known */
    const struct acgp_coverage *coverage;
    const char *endpoint; /* of the resource manager, without a trailing slash */
    const char *const *notes;
    size_t note_count;
};

/** Make the report "explain". JSON: {"az", "powershell": text, "rest": {"method", "url", "headers", "body"},
 * "notes": [text]}.
 *  @param out owned by caller (acg_report_free); untouched on failure.
 *  @return ACG_OK | ACG_ERR_NOMEM. */
enum acg_status acgp_explain_new(const struct acgp_explain *in, struct acg_report **out,
                                 struct acg_error *err);

#endif
