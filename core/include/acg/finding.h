/* SPDX-License-Identifier: MPL-2.0 */
/** Findings: everything that is wrong with a request, all at once, each with the field, the rule and the fix.
 */
#ifndef ACG_FINDING_H
#define ACG_FINDING_H

#include <stddef.h>

#include <acg/error.h>
#include <acg/export.h>

ACG_BEGIN_DECLS

enum acg_severity {
    ACG_SEVERITY_ERROR = 0,   /* nothing is sent while one of these stands */
    ACG_SEVERITY_WARNING = 1, /* shown, but does not stop */
    ACG_SEVERITY_UNKNOWN = 2  /* could not be checked: shown, never a pass, and does not stop by itself */
};

/** One finding. All texts are UTF-8, never NULL, owned by the acg_findings they came from. Grows at the end
 * only. */
struct acg_finding {
    enum acg_severity severity;
    const char *rule;    /* id of the rule, "R5"; "config" for a fault of form (unknown key, wrong type); see
                            acg_rule_text */
    const char *field;   /* configuration words: "target_region[1].data_disk[0].disk_encryption_set_id" */
    const char *message; /* what was found, and what the rule says */
    const char *fix;     /* what to write instead */
};

/** A list of findings. Belongs to one thread at a time. */
struct acg_findings;

/** Make an empty list. @param out owned by caller (acg_findings_free). @return ACG_OK | ACG_ERR_NOMEM. */
ACG_API ACG_NODISCARD enum acg_status acg_findings_new(struct acg_findings **out, struct acg_error *err);

/** Free a list; NULL is fine. */
ACG_API void acg_findings_free(struct acg_findings *list);

/** Add a finding. All texts are copied and must not be NULL.
 *  @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_LIMIT (more than 1000 findings). */
ACG_API ACG_NODISCARD enum acg_status acg_findings_add(struct acg_findings *list, enum acg_severity severity,
                                                       const char *rule, const char *field,
                                                       const char *message, const char *fix,
                                                       struct acg_error *err);

/** How many findings the list holds. */
ACG_API size_t acg_findings_count(const struct acg_findings *list);

/** How many of them are errors. */
ACG_API size_t acg_findings_errors(const struct acg_findings *list);

/** Finding number i, counted from 0, in the order of adding; NULL past the end. Lent until the list is freed.
 */
ACG_API const struct acg_finding *acg_findings_at(const struct acg_findings *list, size_t i);

/** What a rule says, in one sentence. Static text; NULL for an id that this library does not know. */
ACG_API const char *acg_rule_text(const char *rule);

/** How Azure itself words the refusal, with <placeholders>: for searching logs and documentation. Static
 * text; empty where no text of Azure is known, NULL for an unknown id. */
ACG_API const char *acg_rule_service_message(const char *rule);

ACG_END_DECLS

#endif
