/* SPDX-License-Identifier: MPL-2.0 */
/* The field table for people: README's option list and the command's help; and as JSON, for what makes pages.
 */
#include <string.h>

#include <jansson.h>

#include "base/span.h"
#include "spec/fields.h"

static const char *type_word(enum pkr_field_type type)
{
    switch (type) {
    case PKR_FIELD_NUMBER:
        return "number";
    case PKR_FIELD_BOOL:
        return "bool";
    case PKR_FIELD_DURATION:
        return "duration";
    case PKR_FIELD_TEXTS:
        return "list of texts";
    case PKR_FIELD_MAP:
        return "map of texts";
    case PKR_FIELD_SECRET:
        return "text, secret";
    case PKR_FIELD_BLOCK:
        return "block";
    case PKR_FIELD_BLOCKS:
        return "blocks";
    default:
        return "text";
    }
}

/* A bar would end the cell of a table. */
static bool add_cell(struct acgp_buf *out, const char *text)
{
    for (; *text != '\0'; text++)
        if ((*text == '|' && !acgp_buf_byte(out, '\\')) || !acgp_buf_byte(out, (uint8_t)*text))
            return false;
    return true;
}

static bool markdown_row(struct acgp_buf *out, const struct pkr_field *row)
{
    bool fine = acgp_buf_printf(out, "| `%s` | %s | %s | ", row->name, type_word(row->type),
                                (row->flags & PKR_REQUIRED) != 0 ? "yes" : "") &&
                add_cell(out, row->standard != NULL ? row->standard : "");

    if (fine && row->variable != NULL)
        fine = acgp_buf_printf(out, "%s`%s`", row->standard != NULL ? "; " : "", row->variable);
    for (struct acg_span rest = acgp_span(row->more); fine && rest.data != NULL;) {
        struct acg_span name = acgp_span_cut(&rest, ' ');
        fine = acgp_buf_printf(out, ", `%.*s`", (int)name.len, name.data);
    }
    return fine && acgp_buf_text(out, " | ") && add_cell(out, row->help) && acgp_buf_text(out, " |\n");
}

static bool markdown_group(struct acgp_buf *out, const char *title, const struct pkr_field_group *group)
{
    bool fine = acgp_buf_printf(
        out, "%s| field | type | required | default | meaning |\n|---|---|---|---|---|\n", title);

    for (size_t i = 0; i < group->count && fine; i++)
        fine = markdown_row(out, &group->rows[i]);
    return fine;
}

static bool markdown_nested(struct acgp_buf *out, const struct pkr_field_group *group, const char *above)
{
    bool fine = true;

    for (size_t i = 0; i < group->count && fine; i++) {
        const struct pkr_field *row = &group->rows[i];
        struct acgp_buf title;
        if (row->nested == NULL)
            continue;
        acgp_buf_init(&title, 256);
        fine = acgp_buf_printf(&title, "%s%s%s", above, above[0] != '\0' ? "." : "", row->name) &&
               acgp_buf_text(out, "\nIn `") && acgp_buf_text(out, title.data) &&
               markdown_group(out, "`:\n\n", row->nested) && markdown_nested(out, row->nested, title.data);
        acgp_buf_done(&title);
    }
    return fine;
}

bool pkr_fields_markdown(struct acgp_buf *out)
{
    return markdown_group(out, "", pkr_fields()) && markdown_nested(out, pkr_fields(), "");
}

static bool help_group(struct acgp_buf *out, const struct pkr_field_group *group, int indent)
{
    bool fine = true;

    for (size_t i = 0; i < group->count && fine; i++) {
        const struct pkr_field *row = &group->rows[i];
        fine = acgp_buf_printf(out, "%*s%s (%s)\n%*s%s\n", indent, "", row->name, type_word(row->type),
                               indent + 4, "", row->help);
        if (fine && row->nested != NULL)
            fine = help_group(out, row->nested, indent + 4);
    }
    return fine;
}

bool pkr_fields_help(struct acgp_buf *out)
{
    return help_group(out, pkr_fields(), 2);
}

static json_t *json_group(const struct pkr_field_group *group);

static json_t *json_text(const char *text)
{
    return text != NULL ? json_string(text) : json_null();
}

/* Names with a space between. */
static json_t *json_names(const char *names)
{
    json_t *list = json_array();

    for (struct acg_span rest = acgp_span(names); list != NULL && rest.data != NULL;) {
        struct acg_span name = acgp_span_cut(&rest, ' ');
        if (json_array_append_new(list, json_stringn(name.data, name.len)) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

/* json_pack frees what it was given, and fails, when one of them is NULL. */
static json_t *json_row(const struct pkr_field *row)
{
    return json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:s, s:o}", "name", row->name, "type",
                     type_word(row->type), "required", (row->flags & PKR_REQUIRED) != 0, "default",
                     json_text(row->standard), "variable", json_text(row->variable), "more_variables",
                     json_names(row->more), "meaning", row->help, "fields",
                     row->nested != NULL ? json_group(row->nested) : json_null());
}

static json_t *json_group(const struct pkr_field_group *group)
{
    json_t *list = json_array();

    for (size_t i = 0; i < group->count; i++)
        if (json_array_append_new(list, json_row(&group->rows[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static int take_bytes(const char *bytes, size_t len, void *out)
{
    return acgp_buf_append(out, bytes, len) ? 0 : -1;
}

bool pkr_fields_json(struct acgp_buf *out)
{
    json_t *list = json_group(pkr_fields());
    bool fine = list != NULL && json_dump_callback(list, take_bytes, out, JSON_INDENT(2)) == 0 &&
                acgp_buf_byte(out, '\n');

    json_decref(list);
    return fine;
}
