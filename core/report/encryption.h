/* SPDX-License-Identifier: MPL-2.0 */
/** What each disk of a version is encrypted with in each region, from what Azure answered alone. The JSON is
 * that of acg/verify.h. */
#ifndef ACGP_ENCRYPTION_H
#define ACGP_ENCRYPTION_H

#include <acg/finding.h>

#include "report/report.h"
#include "report/sets.h"

/** What the report is made of; all borrowed. */
struct acgp_encryption_facts {
    const char *version_id;
    const struct acgp_version_doc *doc;
    const struct acgp_set_facts *sets;
    int64_t read_unix_s;                 /* when the version was read */
    bool compared;                       /* with a declaration: a publish's own, or one that was given */
    const struct acg_findings *findings; /* NULL: none */
    const char *verdict;                 /* one line */
};

/** Make the report. @param kind "proof" or "verify". @param out owned by caller (acgp_report_free).
 *  @return ACG_OK | ACG_ERR_NOMEM. */
enum acg_status acgp_encryption_report(const char *kind, const struct acgp_encryption_facts *facts,
                                       struct acg_report **out, struct acg_error *err);

#endif
