/* SPDX-License-Identifier: MPL-2.0 */
#include "report/report.h"

#include "base/alloc.h"
#include "base/error.h"
#include "json/build.h"

struct acg_report {
    const char *kind;
    char *json, *text, *markdown;
};

/* @return owned by caller; NULL: no memory or too long. */
static char *shown(const struct acgp_page *page, bool (*show)(const struct acgp_page *, struct acgp_buf *))
{
    struct acgp_buf text;
    char *made = NULL;

    acgp_buf_init(&text, ACGP_PAGE_TEXT_MAX);
    if (acgp_buf_text(&text, "") && show(page, &text))
        made = acgp_buf_take(&text);
    acgp_buf_done(&text);
    return made;
}

enum acg_status acgp_report_new(const char *kind, json_t *json, const struct acgp_page *page,
                                struct acg_report **out, struct acg_error *err)
{
    struct acg_report *r = acgp_alloc(1, sizeof *r);

    if (r != NULL) {
        r->kind = kind;
        r->json = json != NULL ? acgp_json_dump(json, ACGP_PAGE_TEXT_MAX) : NULL;
        r->text = shown(page, acgp_page_text);
        r->markdown = shown(page, acgp_page_markdown);
    }
    json_decref(json);
    if (r == NULL || r->json == NULL || r->text == NULL || r->markdown == NULL) {
        acgp_report_free(r);
        return acgp_fail(err, ACG_ERR_NOMEM, "no memory for a report, or it is longer than %d bytes",
                         ACGP_PAGE_TEXT_MAX);
    }
    *out = r;
    return ACG_OK;
}

void acgp_report_free(struct acg_report *report)
{
    if (report == NULL)
        return;
    acgp_free(report->json);
    acgp_free(report->text);
    acgp_free(report->markdown);
    acgp_free(report);
}

void acg_report_free(struct acg_report *report)
{
    acgp_report_free(report);
}

const char *acg_report_kind(const struct acg_report *report)
{
    return report->kind;
}

const char *acg_report_json(const struct acg_report *report)
{
    return report->json;
}

const char *acg_report_text(const struct acg_report *report)
{
    return report->text;
}

const char *acg_report_markdown(const struct acg_report *report)
{
    return report->markdown;
}
