/* SPDX-License-Identifier: MPL-2.0 */
#include "report/explain.h"

#include <stdarg.h>

#include "arm/version_body.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "report/explain_parts.h"
#include "json/build.h"

static const char public_cloud[] = "https://management.azure.com";

const char acgp_explain_controls[] =
    "\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x0e\x0f\x10\x11\x12\x13\x14"
    "\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x7f";

/* Everything at work. */
struct work {
    const struct acgp_explain *in;
    struct acgp_explained request;
    struct acgp_buf az, powershell, rest;
    json_t *notes;
    bool failed; /* sticky: no memory */
};

const char *acgp_explain_os_set(const struct acgp_covered_place *covered)
{
    for (size_t i = 0; i < covered->disk_count; i++)
        if (covered->disks[i].disk.os)
            return covered->disks[i].set_id;
    return NULL;
}

bool acgp_explain_has_set(const struct acgp_covered_place *covered)
{
    for (size_t i = 0; i < covered->disk_count; i++)
        if (covered->disks[i].set_id != NULL)
            return true;
    return false;
}

/* ---- notes ---- */

static void note(struct work *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void note(struct work *w, const char *format, ...)
{
    struct acgp_buf text;
    va_list args;

    acgp_buf_init(&text, ACGP_EXPLAIN_TEXT_MAX);
    va_start(args, format);
    if (!acgp_buf_vprintf(&text, format, args) || !acgp_json_append(w->notes, json_string(text.data)))
        w->failed = true;
    va_end(args);
    acgp_buf_done(&text);
}

/* An older api-version has no member of its own for these; Azure reads both. */
static void note_source(struct work *w, const char *az_lacks)
{
    const struct acgp_source_spec *s = &w->in->spec->source;
    bool vhd = s->os_vhd_uri != NULL;

    for (size_t i = 0; i < s->data_count; i++)
        vhd = vhd || s->data[i].vhd_uri != NULL;
    if (az_lacks == NULL && s->whole_image && s->kind == ACGP_RESOURCE_VIRTUAL_MACHINE)
        note(w, "az up to 2.45 at least writes with an older api-version, which names the virtual machine as "
                "source.id");
    if (az_lacks == NULL && vhd)
        note(w, "az up to 2.45 at least writes with an older api-version, which names the storage account of "
                "a VHD as source.id");
}

static void note_all(struct work *w, const char *az_lacks, const char *powershell_lacks)
{
    if (az_lacks != NULL)
        note(w,
             "az sig image-version create cannot say %s; az rest sends the same request, and ends when Azure "
             "has accepted it",
             az_lacks);
    note_source(w, az_lacks);
    if (powershell_lacks != NULL)
        note(w,
             "New-AzGalleryImageVersion cannot say %s; Invoke-AzRestMethod sends the same request, for the "
             "subscription that stands in its path",
             powershell_lacks);
    if (!acgp_equal_nocase(w->in->endpoint, public_cloud))
        note(w, "az and PowerShell send to the cloud that they are logged in to; this request is for %s",
             w->in->endpoint);
    note(w, "these requests write alone, and change a version that exists; acg checks before it writes, and "
            "reads back "
            "afterwards");
    for (size_t i = 0; i < w->in->note_count; i++)
        note(w, "%s", w->in->notes[i]);
}

/* ---- the report ---- */

static json_t *document(const struct work *w)
{
    json_t *o = json_object();

    if (acgp_json_put_text(o, "az", w->az.data) && acgp_json_put_text(o, "powershell", w->powershell.data) &&
        acgp_json_put(o, "rest", acgp_explain_rest_json(&w->request)) &&
        acgp_json_put(o, "notes", json_incref(w->notes)))
        return o;
    json_decref(o);
    return NULL;
}

static void fill_page(const struct work *w, struct acgp_page *page)
{
    acgp_page_heading(page, "Azure CLI");
    acgp_page_code(page, "sh", w->az.data);
    acgp_page_heading(page, "PowerShell");
    acgp_page_code(page, "powershell", w->powershell.data);
    acgp_page_heading(page, "REST");
    acgp_page_code(page, "http", w->rest.data);
    acgp_page_heading(page, "Notes");
    for (size_t i = 0; i < json_array_size(w->notes); i++)
        acgp_page_item(page, "%s", json_string_value(json_array_get(w->notes, i)));
}

static void render(struct work *w)
{
    const char *az_lacks = acgp_explain_az(&w->request, &w->az);
    const char *powershell_lacks = acgp_explain_powershell(&w->request, &w->powershell);

    acgp_explain_rest(&w->request, &w->rest);
    note_all(w, az_lacks, powershell_lacks);
    w->failed = w->failed || w->az.failed || w->powershell.failed || w->rest.failed;
}

static enum acg_status report(struct work *w, struct acg_report **out, struct acg_error *err)
{
    struct acgp_page page = {0};
    enum acg_status status = ACG_OK;

    acgp_buf_init(&w->az, ACGP_EXPLAIN_TEXT_MAX);
    acgp_buf_init(&w->powershell, ACGP_EXPLAIN_TEXT_MAX);
    acgp_buf_init(&w->rest, ACGP_EXPLAIN_TEXT_MAX);
    w->notes = json_array();
    render(w);
    if (w->failed)
        status = acgp_fail_nomem(err);
    if (status == ACG_OK) {
        fill_page(w, &page);
        status = acgp_report_new("explain", document(w), &page, out, err);
    }
    acgp_page_done(&page);
    json_decref(w->notes);
    acgp_buf_done(&w->az);
    acgp_buf_done(&w->powershell);
    acgp_buf_done(&w->rest);
    return status;
}

enum acg_status acgp_explain_new(const struct acgp_explain *in, struct acg_report **out,
                                 struct acg_error *err)
{
    struct work w = {.in = in, .request.in = in};
    char *body = NULL, *url = acgp_version_url(in->endpoint, in->spec);
    enum acg_status status = url != NULL ? ACG_OK : acgp_fail_nomem(err);

    if (status == ACG_OK)
        status = acgp_version_body(in->spec, in->spec->location, in->coverage, NULL, &body, err);
    if (status == ACG_OK) {
        w.request.url = url;
        w.request.body = body;
        status = report(&w, out, err);
    }
    acgp_free(url);
    acgp_free(body);
    return status;
}
