/* SPDX-License-Identifier: MPL-2.0 */
#include "json/decode.h"

#include <stdio.h>
#include <string.h>

#include <acg/options.h>

#include "base/alloc.h"
#include "base/error.h"

enum { PLACE_TEXT_MAX = 256 };

/* Where the walk stands; the chain lies on the stack. */
struct place {
    const struct place *up;
    const char *name; /* NULL: item number index of a list */
    size_t index;
};

/* Brackets outside of texts, so that neither the parser nor a walk ever recurses deeper. */
static bool too_deep(struct acg_span text)
{
    bool in_text = false;
    size_t depth = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (in_text && c == '\\')
            i++;
        else if (c == '"')
            in_text = !in_text;
        else if (!in_text && (c == '{' || c == '['))
            depth++;
        else if (!in_text && (c == '}' || c == ']') && depth > 0)
            depth--;
        if (depth > ACGP_JSON_DEPTH_MAX)
            return true;
    }
    return false;
}

/* The parser calls a text that it had no memory for "invalid" as well. One that can be read a moment later
 * was valid, so the first failure was memory. */
static bool was_memory(struct acg_span text, const json_error_t *why)
{
    json_t *again = NULL;

    if (why->text[0] == '\0' || json_error_code(why) == json_error_out_of_memory)
        return true;
    again = json_loadb(text.data, text.len, 0, NULL);
    json_decref(again);
    return again != NULL;
}

enum acg_status acgp_json_parse(struct acg_span text, json_t **out, struct acg_error *err)
{
    json_error_t why;
    json_t *value = NULL;

    if (text.data == NULL)
        text.data = "";
    if (too_deep(text))
        return acgp_fail(err, ACG_ERR_PROTOCOL, "JSON deeper than %d levels", ACGP_JSON_DEPTH_MAX);
    value = json_loadb(text.data, text.len, 0, &why);
    if (value == NULL && was_memory(text, &why))
        return acgp_fail_nomem(err);
    if (value == NULL)
        return acgp_fail(err, ACG_ERR_PROTOCOL, "not JSON (line %d, column %d)", why.line, why.column);
    *out = value;
    return ACG_OK;
}

static void place_text(const struct place *p, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    if (p == NULL)
        return;
    place_text(p->up, out, size);
    used = strlen(out);
    if (p->name != NULL)
        snprintf(out + used, size - used, "%s%s", used ? "." : "", p->name);
    else
        snprintf(out + used, size - used, "[%zu]", p->index);
}

static enum acg_status wrong_type(const struct place *p, const char *wanted, struct acg_error *err)
{
    char where[PLACE_TEXT_MAX];

    place_text(p, where, sizeof where);
    return acgp_fail(err, ACG_ERR_PROTOCOL, "%s: not %s", where[0] ? where : "the answer", wanted);
}

static enum acg_status decode_object(const json_t *value, const struct acgp_json_table *table, void *out,
                                     const struct place *p, struct acg_error *err);

static enum acg_status decode_text(const json_t *value, void *at, const struct place *p,
                                   struct acg_error *err)
{
    const char *text = json_string_value(value);

    if (text == NULL)
        return wrong_type(p, "a text", err);
    memcpy(at, &text, sizeof text);
    return ACG_OK;
}

static enum acg_status decode_int(const json_t *value, struct acg_optional_int *at, const struct place *p,
                                  struct acg_error *err)
{
    if (!json_is_integer(value))
        return wrong_type(p, "a whole number", err);
    *at = (struct acg_optional_int){true, json_integer_value(value)};
    return ACG_OK;
}

static enum acg_status decode_bool(const json_t *value, enum acg_tristate *at, const struct place *p,
                                   struct acg_error *err)
{
    if (!json_is_boolean(value))
        return wrong_type(p, "true or false", err);
    *at = json_is_true(value) ? ACG_TRUE : ACG_FALSE;
    return ACG_OK;
}

static enum acg_status decode_list(const json_t *value, const struct acgp_json_table *table,
                                   struct acgp_json_list *list, const struct place *p, struct acg_error *err)
{
    size_t count = json_array_size(value);
    char where[PLACE_TEXT_MAX];

    if (!json_is_array(value))
        return wrong_type(p, "a list", err);
    if (count > table->items_max) {
        place_text(p, where, sizeof where);
        return acgp_fail(err, ACG_ERR_PROTOCOL, "%s: %zu items, at most %zu are expected", where, count,
                         table->items_max);
    }
    if (count == 0 || list->items != NULL) /* a second list under one name cannot come out of the parser */
        return ACG_OK;
    list->items = acgp_alloc(count, table->item_size);
    if (list->items == NULL)
        return acgp_fail_nomem(err);
    list->count = count;
    for (size_t i = 0; i < count; i++) {
        struct place here = {p, NULL, i};
        char *item = (char *)list->items + i * table->item_size;
        enum acg_status status = decode_object(json_array_get(value, i), table, item, &here, err);
        if (status != ACG_OK)
            return status;
    }
    return ACG_OK;
}

static enum acg_status decode_field(const json_t *value, const struct acgp_json_field *field, void *at,
                                    const struct place *p, struct acg_error *err)
{
    switch (field->kind) {
    case ACGP_JSON_TEXT:
        return decode_text(value, at, p, err);
    case ACGP_JSON_INT:
        return decode_int(value, at, p, err);
    case ACGP_JSON_BOOL:
        return decode_bool(value, at, p, err);
    case ACGP_JSON_PRESENT:
        *(bool *)at = true;
        return ACG_OK;
    case ACGP_JSON_OBJECT:
        return decode_object(value, field->table, at, p, err);
    case ACGP_JSON_LIST:
        return decode_list(value, field->table, at, p, err);
    }
    return ACG_OK;
}

static enum acg_status decode_object(const json_t *value, const struct acgp_json_table *table, void *out,
                                     const struct place *p, struct acg_error *err)
{
    if (!json_is_object(value))
        return wrong_type(p, "an object", err);
    for (size_t i = 0; i < table->count; i++) {
        const struct acgp_json_field *field = &table->fields[i];
        const json_t *member = json_object_get(value, field->name);
        struct place here = {p, field->name, 0};
        enum acg_status status = ACG_OK;

        if (member == NULL || json_is_null(member))
            continue;
        status = decode_field(member, field, (char *)out + field->offset, &here, err);
        if (status != ACG_OK)
            return status;
    }
    return ACG_OK;
}

enum acg_status acgp_json_decode(const json_t *value, const struct acgp_json_table *table, void *out,
                                 struct acg_error *err)
{
    return decode_object(value, table, out, NULL, err);
}

static void release_list(const struct acgp_json_table *table, struct acgp_json_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        acgp_json_release(table, (char *)list->items + i * table->item_size);
    acgp_free(list->items);
    *list = (struct acgp_json_list){NULL, 0};
}

void acgp_json_release(const struct acgp_json_table *table, void *decoded)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct acgp_json_field *field = &table->fields[i];
        void *at = (char *)decoded + field->offset;

        if (field->kind == ACGP_JSON_OBJECT)
            acgp_json_release(field->table, at);
        else if (field->kind == ACGP_JSON_LIST)
            release_list(field->table, at);
    }
}
