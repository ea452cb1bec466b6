/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/output.h"

#include <stdio.h>

#include <jansson.h>

#include <acg/explain.h>

#include "base/span.h"
#include "spec/config.h"

bool pkr_output_parse(const char *word, enum pkr_output *out)
{
    if (acgp_equal(word, "json") || acgp_equal(word, "jsonc"))
        *out = PKR_OUTPUT_JSON;
    else if (acgp_equal(word, "tsv"))
        *out = PKR_OUTPUT_TSV;
    else if (acgp_equal(word, "none"))
        *out = PKR_OUTPUT_NONE;
    else
        return false;
    return true;
}

bool pkr_output_parse_report(const char *word, enum pkr_output *out)
{
    if (acgp_equal(word, "text"))
        *out = PKR_OUTPUT_TEXT;
    else if (acgp_equal(word, "json"))
        *out = PKR_OUTPUT_JSON;
    else if (acgp_equal(word, "markdown"))
        *out = PKR_OUTPUT_MARKDOWN;
    else if (acgp_equal(word, "none"))
        *out = PKR_OUTPUT_NONE;
    else
        return false;
    return true;
}

/* ---- building: a NULL value means no memory, and makes the whole NULL ---- */

/* What is not known is null: never an empty text, or a number that nobody read. */

static json_t *text(const char *value)
{
    return value != NULL && value[0] != '\0' ? json_string(value) : json_null();
}

/* Why it failed and what to do next; null where the catalogue knows nothing. */
static json_t *with_remedy(json_t *object, bool known, const struct acg_remedy *remedy)
{
    if (object == NULL)
        return NULL;
    if (json_object_set_new(object, "cause", known ? json_string(remedy->cause) : json_null()) == 0 &&
        json_object_set_new(object, "next_step", known ? json_string(remedy->next_step) : json_null()) == 0)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *disk_object(const struct acg_result_disk *d)
{
    json_t *disk = d->os ? json_string("os") : json_integer(d->lun);

    return json_pack("{s:o, s:o, s:o, s:o}", "disk", disk, "disk_encryption_set_id",
                     text(d->disk_encryption_set_id), "secure_vm_disk_encryption_set_id",
                     text(d->secure_vm_disk_encryption_set_id), "confidential_vm_encryption_type",
                     text(d->confidential_vm_encryption_type));
}

static json_t *disk_list(const struct acg_result_region *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->disk_count; i++)
        if (json_array_append_new(list, disk_object(&r->disks[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *region_object(const struct acg_result_region *r)
{
    struct acg_remedy remedy;
    bool known = acg_details_explain(r->details, &remedy);
    json_t *region =
        json_pack("{s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o}", "name", text(r->name), "display_name",
                  text(r->display_name), "edge_zone", text(r->edge_zone), "state", text(r->state), "percent",
                  r->percent, "details", text(r->details), "replicas",
                  r->replicas > 0 ? json_integer((json_int_t)r->replicas) : json_null(),
                  "storage_account_type", text(r->storage_account_type), "disks", disk_list(r));

    return with_remedy(region, known, &remedy);
}

static json_t *region_list(const struct acg_result *result)
{
    json_t *list = json_array();

    for (size_t i = 0; result != NULL && i < result->region_count; i++)
        if (json_array_append_new(list, region_object(&result->regions[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *finding_list(const struct acg_findings *findings)
{
    json_t *list = json_array();

    for (size_t i = 0; i < acg_findings_count(findings); i++) {
        const struct acg_finding *f = acg_findings_at(findings, i);
        json_t *one =
            json_pack("{s:s, s:s, s:o, s:o, s:o}", "severity", pkr_severity_word(f->severity), "rule",
                      f->rule, "field", text(f->field), "message", text(f->message), "fix", text(f->fix));
        if (json_array_append_new(list, one) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *error_object(const struct acg_error *e)
{
    struct acg_remedy remedy;
    bool known = acg_error_explain(e, &remedy);

    if (e->status == ACG_OK)
        return json_null();
    json_t *error = json_pack("{s:s, s:i, s:o, s:o, s:o, s:o}", "status", acg_status_name(e->status),
                              "http_status", e->http_status, "arm_code", text(e->arm_code), "request_id",
                              text(e->request_id), "field", text(e->field), "message", text(e->message));
    return with_remedy(error, known, &remedy);
}

static json_t *result_object(const struct acg_result *r, const struct acg_error *error,
                             const struct acg_findings *findings, int exit_code)
{
    return json_pack("{s:i, s:o, s:s, s:b, s:b, s:o, s:o, s:o, s:I, s:i, s:o, s:o, s:o}", "schema_version",
                     PKR_OUTPUT_SCHEMA, "version_id", text(r != NULL ? r->version_id : NULL), "state",
                     r != NULL ? r->state : "not started", "proved", r != NULL && r->proved, "created",
                     r != NULL && r->created, "location", text(r != NULL ? r->location : NULL),
                     "encryption_type", text(r != NULL ? r->encryption_type : NULL), "provisioning_state",
                     text(r != NULL ? r->provisioning_state : NULL), "duration_ms",
                     (json_int_t)(r != NULL ? r->duration_ms : 0), "exit_code", exit_code, "regions",
                     region_list(r), "error", error_object(error), "findings", finding_list(findings));
}

/* ---- printing ---- */

static bool write_json(FILE *stream, json_t *root)
{
    bool fine = root != NULL && json_dumpf(root, stream, JSON_INDENT(2)) == 0 && fputs("\n", stream) >= 0 &&
                fflush(stream) == 0;

    json_decref(root);
    return fine;
}

static bool print_json(json_t *root)
{
    return write_json(stdout, root);
}

static bool print_tsv(const struct acg_result *r)
{
    if (r == NULL)
        return true;
    return printf("%s\t%s\t%s\t%s\n", r->version_id, r->state, r->proved ? "true" : "false",
                  r->location != NULL ? r->location : "") > 0 &&
           fflush(stdout) == 0;
}

/* The report's JSON, or one member of it and the notes, if it has any. */
static json_t *report_json(const struct pkr_outcome *o)
{
    json_t *whole = o->report != NULL ? json_loads(acg_report_json(o->report), 0, NULL) : json_null();

    if (o->only == NULL || o->report == NULL)
        return whole;
    json_t *part = json_pack("{s:O, s:O*}", o->only, json_object_get(whole, o->only), "notes",
                             json_object_get(whole, "notes"));
    json_decref(whole);
    return part;
}

static json_t *report_object(const struct pkr_outcome *o)
{
    json_t *report = report_json(o);

    return json_pack("{s:i, s:s, s:i, s:o, s:o, s:o}", "schema_version", PKR_OUTPUT_SCHEMA, "kind",
                     o->report_kind, "exit_code", o->exit_code, "error", error_object(o->error), "findings",
                     finding_list(o->findings), "report", report);
}

static bool print_text(const char *text)
{
    return fputs(text, stdout) >= 0 && fflush(stdout) == 0;
}

bool pkr_output_report(FILE *stream, enum pkr_output form, const struct pkr_outcome *o)
{
    if (form == PKR_OUTPUT_JSON)
        return write_json(stream, report_object(o));
    if (o->report == NULL)
        return fprintf(stream, "No %s: %s\n", o->report_kind,
                       o->error->message[0] != '\0' ? o->error->message : acg_status_name(o->error->status)) >
                   0 &&
               fflush(stream) == 0;
    return fputs(acg_report_markdown(o->report), stream) >= 0 && fflush(stream) == 0;
}

bool pkr_output_result(enum pkr_output form, const struct pkr_outcome *o)
{
    if (form == PKR_OUTPUT_NONE)
        return true;
    if (o->only != NULL && o->report != NULL && form != PKR_OUTPUT_JSON)
        return pkr_output_part(form, o->only, o->report);
    if (form == PKR_OUTPUT_TEXT)
        return o->report == NULL || print_text(acg_report_text(o->report));
    if (form == PKR_OUTPUT_MARKDOWN)
        return o->report == NULL || print_text(acg_report_markdown(o->report));
    if (o->report_kind != NULL)
        return print_json(report_object(o));
    if (form == PKR_OUTPUT_TSV)
        return print_tsv(o->result);
    return print_json(result_object(o->result, o->error, o->findings, o->exit_code));
}

bool pkr_output_preview(enum pkr_output form, const struct acg_preview *preview)
{
    if (form == PKR_OUTPUT_NONE)
        return true;
    if (form == PKR_OUTPUT_TSV)
        return printf("%s\t%s\t%s\n", acg_preview_method(preview), acg_preview_url(preview),
                      acg_preview_body(preview)) > 0 &&
               fflush(stdout) == 0;
    json_t *body = json_loads(acg_preview_body(preview), 0, NULL);

    return print_json(json_pack("{s:s, s:s, s:o}", "method", acg_preview_method(preview), "url",
                                acg_preview_url(preview), "body", body));
}
