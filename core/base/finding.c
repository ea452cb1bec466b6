/* SPDX-License-Identifier: MPL-2.0 */
#include <acg/finding.h>

#include <stdint.h>

#include "base/alloc.h"
#include "base/error.h"

/* A configuration with more faults than this is not a configuration; the list must not grow with hostile
 * input. */
enum { FINDINGS_MAX = 1000 };

struct acg_findings {
    struct acg_finding *items;
    size_t count;
    size_t capacity;
    size_t errors;
};

enum acg_status acg_findings_new(struct acg_findings **out, struct acg_error *err)
{
    struct acg_findings *list = acgp_alloc(1, sizeof *list);

    if (list == NULL)
        return acgp_fail_nomem(err);
    *out = list;
    return ACG_OK;
}

static void finding_done(struct acg_finding *f)
{
    acgp_free((void *)(uintptr_t)f->rule);
    acgp_free((void *)(uintptr_t)f->field);
    acgp_free((void *)(uintptr_t)f->message);
    acgp_free((void *)(uintptr_t)f->fix);
}

void acg_findings_free(struct acg_findings *list)
{
    if (list == NULL)
        return;
    for (size_t i = 0; i < list->count; i++)
        finding_done(&list->items[i]);
    acgp_free(list->items);
    acgp_free(list);
}

enum acg_status acg_findings_add(struct acg_findings *list, enum acg_severity severity, const char *rule,
                                 const char *field, const char *message, const char *fix,
                                 struct acg_error *err)
{
    struct acg_finding f = {.severity = severity};
    void *items = list->items;

    if (list->count == FINDINGS_MAX)
        return acgp_fail(err, ACG_ERR_LIMIT, "more than %d faults; mend these first", FINDINGS_MAX);
    if (!acgp_grow(&items, &list->capacity, list->count + 1, FINDINGS_MAX, sizeof f))
        return acgp_fail_nomem(err);
    list->items = items;
    f.rule = acgp_strdup(rule);
    f.field = acgp_strdup(field);
    f.message = acgp_strdup(message);
    f.fix = acgp_strdup(fix);
    if (f.rule == NULL || f.field == NULL || f.message == NULL || f.fix == NULL) {
        finding_done(&f);
        return acgp_fail_nomem(err);
    }
    list->items[list->count++] = f;
    list->errors += severity == ACG_SEVERITY_ERROR;
    return ACG_OK;
}

size_t acg_findings_count(const struct acg_findings *list)
{
    return list ? list->count : 0;
}

size_t acg_findings_errors(const struct acg_findings *list)
{
    return list ? list->errors : 0;
}

const struct acg_finding *acg_findings_at(const struct acg_findings *list, size_t i)
{
    return list && i < list->count ? &list->items[i] : NULL;
}
