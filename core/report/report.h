/* SPDX-License-Identifier: MPL-2.0 */
/** Inside of reports: a JSON document and a page become the three texts of the public one. */
#ifndef ACGP_REPORT_H
#define ACGP_REPORT_H

#include <acg/error.h>
#include <acg/report.h>

#include <jansson.h>

#include "report/page.h"

/** Make a report.
 *  @param kind static text.  @param json given (also when this call fails); NULL is out of memory.
 *  @param page borrowed.     @param out owned by caller (acgp_report_free); untouched on failure.
 *  @return ACG_OK | ACG_ERR_NOMEM (also for a text over ACGP_PAGE_TEXT_MAX). */
enum acg_status acgp_report_new(const char *kind, json_t *json, const struct acgp_page *page,
                                struct acg_report **out, struct acg_error *err);
/** NULL is fine. */
void acgp_report_free(struct acg_report *report);

#endif
