/* SPDX-License-Identifier: MPL-2.0 */
/** A plan as a document: a line per region and disk, then the findings. */
#ifndef ACGP_PREFLIGHT_PAGE_H
#define ACGP_PREFLIGHT_PAGE_H

#include <acg/report.h>

#include "preflight/preflight.h"

/** @param p judged.  @param out owned by caller (acgp_report_free). @return ACG_OK | ACG_ERR_NOMEM. */
enum acg_status acgp_plan_report(const struct acgp_preflight *p, const struct acg_findings *findings,
                                 struct acg_report **out, struct acg_error *err);

#endif
