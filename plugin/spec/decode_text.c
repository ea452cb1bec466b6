/* SPDX-License-Identifier: MPL-2.0 */
/* Texts of a configuration: template actions are rendered, what no field can hold is refused. */
#include <string.h>

#include "base/error.h"
#include "base/span.h"
#include "spec/decode.h"

/* Template actions become text; those that wait for the build become <unknown>. *out_fine: it may be used. */
static enum acg_status render(struct pkr_decode *d, struct acg_span text, struct acgp_buf *out,
                              bool *out_fine, struct acg_error *err)
{
    const struct pkr_renderer *renderer = &d->config->renderer;
    struct acg_error why = {.status = ACG_OK};
    bool later = false;

    *out_fine = false;
    if (renderer->render == NULL)
        return pkr_note_fault(&d->config->read, d->path.data, d->about,
                              "write the plain value; in HCL an expression such as ${var.name} works", err,
                              "holds a template action, {{ ... }}, which is not evaluated");
    enum acg_status status = renderer->render(renderer->context, text, out, &later, &why);
    if (status == ACG_ERR_ARGUMENT || status == ACG_ERR_LIMIT)
        return pkr_note_fault(&d->config->read, d->path.data, d->about,
                              "correct the action, or write the plain value", err,
                              "holds a template action that fails: %s", why.message);
    if (status != ACG_OK || (later && !acgp_buf_text(out, PKR_UNKNOWN)))
        return acgp_fail_nomem(err);
    *out_fine = true;
    return ACG_OK;
}

static bool has_action(struct acg_span text)
{
    return text.len > 0 && strstr(text.data, "{{") != NULL;
}

/* The value with its template actions rendered. @param out a reference of the caller's; NULL when a fault was
 * noted.
 */
enum acg_status pkr_text_settle(struct pkr_decode *d, json_t *value, json_t **out, struct acg_error *err)
{
    struct acgp_buf text;
    bool fine = false;

    *out = NULL;
    if (!json_is_string(value) ||
        !has_action(acgp_span_of(json_string_value(value), json_string_length(value)))) {
        *out = json_incref(value);
        return ACG_OK;
    }
    acgp_buf_init(&text, PKR_CONFIG_BYTES_MAX);
    enum acg_status status =
        render(d, acgp_span_of(json_string_value(value), json_string_length(value)), &text, &fine, err);
    if (status == ACG_OK && fine &&
        (*out = json_stringn_nocheck(text.len > 0 ? text.data : "", text.len)) == NULL)
        status = acgp_fail_nomem(err);
    acgp_buf_wipe(&text); /* it may be the secret */
    return status;
}

enum acg_status pkr_text_judge(struct pkr_decode *d, struct acg_span text, bool *out_fine,
                               struct acg_error *err)
{
    struct pkr_notes *notes = &d->config->read;

    *out_fine = false;
    if (text.len > 0 && memchr(text.data, '\0', text.len) != NULL)
        return pkr_note_fault(notes, d->path.data, d->about, "remove it", err, "holds a NUL character");
    *out_fine = true;
    if (text.len > 0 && strstr(text.data, PKR_UNKNOWN) != NULL)
        return pkr_note_mark(notes, d->path.data, true, d->about, err);
    return ACG_OK;
}

enum acg_status pkr_text_keep(struct pkr_decode *d, struct acg_span text, const char **out,
                              struct acg_error *err)
{
    bool fine = false;
    enum acg_status status = pkr_text_judge(d, text, &fine, err);

    if (status != ACG_OK || !fine)
        return status;
    *out = pkr_arena_text(&d->config->read.arena, text);
    return *out != NULL ? ACG_OK : acgp_fail_nomem(err);
}

enum acg_status pkr_text_key(struct pkr_decode *d, const char *key, const char **out, struct acg_error *err)
{
    struct acgp_buf text;
    bool fine = false;

    if (!has_action(acgp_span(key)))
        return pkr_text_keep(d, acgp_span(key), out, err);
    acgp_buf_init(&text, PKR_CONFIG_BYTES_MAX);
    enum acg_status status = render(d, acgp_span(key), &text, &fine, err);
    if (status == ACG_OK && fine)
        status = pkr_text_keep(d, acgp_buf_view(&text), out, err);
    acgp_buf_wipe(&text);
    return status;
}
