/* SPDX-License-Identifier: MPL-2.0 */
/* The field table for people: README's option list and the command's help. */
#include <string.h>

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
