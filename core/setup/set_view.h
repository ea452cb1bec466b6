/* SPDX-License-Identifier: MPL-2.0 */
/** Disk encryption sets as reports show them. */
#ifndef ACGP_SET_VIEW_H
#define ACGP_SET_VIEW_H

#include "arm/des_doc.h"
#include "report/report.h"

/** A set that was read, and what depends on it. */
struct acgp_set_view {
    struct acgp_des_doc doc;
    json_t *used_by; /* owned: array of ids; NULL: not read */
};

void acgp_set_view_done(struct acgp_set_view *v);
/** SET of acg/setup.h. @return owned by caller; NULL without memory. */
json_t *acgp_set_view_json(const struct acgp_set_view *v);
/** "eastus2", normalised into out; "" when the set names none. */
void acgp_set_view_region(const struct acgp_set_view *v, char *out, size_t size);
/** One row for each set of a list. */
void acgp_set_view_table(struct acgp_page *page, const struct acgp_set_view *const *views, size_t count);
/** One set in full. */
void acgp_set_view_page(struct acgp_page *page, const struct acgp_set_view *v);

/** The report of a list or of one set. @param subscription NULL: views holds the one set.
 *  @return ACG_OK | ACG_ERR_NOMEM. */
enum acg_status acgp_set_report(const struct acgp_set_view *views, size_t count, const char *subscription,
                                struct acg_report **out, struct acg_error *err);

#endif
