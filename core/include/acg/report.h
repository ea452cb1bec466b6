/* SPDX-License-Identifier: MPL-2.0 */
/** What an operation found or made: one document in three forms. */
#ifndef ACG_REPORT_H
#define ACG_REPORT_H

#include <acg/export.h>

ACG_BEGIN_DECLS

/** Nothing in it changes. One that comes with an event belongs to the operation that made it: it is lent
 * until the next call to acg_publisher_next_event, and not to be freed. One that a function returned in `out`
 * is the caller's, and freed with acg_report_free. */
struct acg_report;

/** Free a report of one's own. NULL is fine. */
ACG_API void acg_report_free(struct acg_report *report);

/** What it is: "plan", "proof" (of a publish), "verify", "status" (watch.h), "register", "des", "vm_args",
 * "vm_test", "explain". Static text. */
ACG_API const char *acg_report_kind(const struct acg_report *report);
/** For machines: one JSON object, compact, UTF-8. Its members are documented with each kind; later releases
 * add some. Lent. */
ACG_API const char *acg_report_json(const struct acg_report *report);
/** For people at a terminal: lines and aligned tables, UTF-8, no colours. Lent. */
ACG_API const char *acg_report_text(const struct acg_report *report);
/** For build summaries: Markdown with the same content. Lent. */
ACG_API const char *acg_report_markdown(const struct acg_report *report);

ACG_END_DECLS

#endif
