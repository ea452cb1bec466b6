/* SPDX-License-Identifier: MPL-2.0 */
#include "template/value.h"

#include <stdlib.h>
#include <string.h>

#include "base/span.h"

struct pkr_tpl_value pkr_tpl_of(const struct pkr_template_value *data)
{
    struct pkr_tpl_value v = {.kind = PKR_TPL_NULL};

    switch (data->kind) {
    case PKR_TEMPLATE_NIL:
        break;
    case PKR_TEMPLATE_BOOL:
        v = pkr_tpl_bool(data->as.boolean);
        break;
    case PKR_TEMPLATE_INT:
        v = pkr_tpl_int(data->as.number);
        break;
    case PKR_TEMPLATE_FLOAT:
        v.kind = PKR_TPL_FLOAT;
        v.as.real = data->as.real;
        break;
    case PKR_TEMPLATE_TEXT:
        v = pkr_tpl_string(data->as.text);
        break;
    case PKR_TEMPLATE_LIST:
        v.kind = PKR_TPL_LIST;
        v.as.list.items = data->as.list.items;
        v.as.list.count = v.as.list.capacity = data->as.list.count;
        break;
    case PKR_TEMPLATE_MAP:
        v.kind = PKR_TPL_MAP;
        v.as.map.entries = data->as.map.entries;
        v.as.map.count = data->as.map.count;
        break;
    }
    return v;
}

struct pkr_tpl_value pkr_tpl_bool(bool boolean)
{
    return (struct pkr_tpl_value){.kind = PKR_TPL_BOOL, .as.boolean = boolean};
}

struct pkr_tpl_value pkr_tpl_int(int64_t number)
{
    return (struct pkr_tpl_value){.kind = PKR_TPL_INT, .as.number = number};
}

struct pkr_tpl_value pkr_tpl_string(struct acg_span text)
{
    return (struct pkr_tpl_value){.kind = PKR_TPL_STRING, .as.text = text};
}

bool pkr_tpl_is_nil(const struct pkr_tpl_value *v)
{
    return v->kind == PKR_TPL_NOTHING || v->kind == PKR_TPL_NULL;
}

bool pkr_tpl_waits(const struct pkr_tpl_value *v)
{
    return v->kind == PKR_TPL_LATER || v->kind == PKR_TPL_KEYS;
}

bool pkr_tpl_truth(const struct pkr_tpl_value *v)
{
    switch (v->kind) {
    case PKR_TPL_BOOL:
        return v->as.boolean;
    case PKR_TPL_INT:
    case PKR_TPL_BYTE:
        return v->as.number != 0;
    case PKR_TPL_FLOAT:
        return v->as.real < 0 || v->as.real > 0 || v->as.real != v->as.real;
    case PKR_TPL_STRING:
        return v->as.text.len > 0;
    case PKR_TPL_LIST:
        return v->as.list.count > 0;
    case PKR_TPL_MAP:
        return v->as.map.count > 0;
    default:
        return false;
    }
}

const char *pkr_tpl_type(const struct pkr_tpl_value *v)
{
    static const char *const names[] = {[PKR_TPL_NOTHING] = "<nil>",
                                        [PKR_TPL_NULL] = "<nil>",
                                        [PKR_TPL_BOOL] = "bool",
                                        [PKR_TPL_INT] = "int",
                                        [PKR_TPL_BYTE] = "uint8",
                                        [PKR_TPL_FLOAT] = "float64",
                                        [PKR_TPL_STRING] = "string",
                                        [PKR_TPL_LIST] = "[]interface {}",
                                        [PKR_TPL_MAP] = "map[string]interface {}",
                                        [PKR_TPL_KEYS] = "map[string]interface {}",
                                        [PKR_TPL_LATER] = "string"};

    return names[v->kind];
}

bool pkr_tpl_get(struct pkr_tpl_run *run, const struct pkr_tpl_value *map, struct acg_span key,
                 const struct pkr_template_value **out)
{
    *out = NULL;
    if (!pkr_tpl_steps(run, map->as.map.count / PKR_TPL_NAMES_A_STEP))
        return false;
    for (size_t i = map->as.map.count; i-- > 0 && *out == NULL;)
        if (acgp_span_equal(map->as.map.entries[i].key, key))
            *out = &map->as.map.entries[i].value;
    return true;
}

int pkr_tpl_compare(struct acg_span a, struct acg_span b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.data, b.data, len) : 0;

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* Equal keys stay in their order, which is that of their addresses. */
static int compare_entries(const void *left, const void *right)
{
    const struct pkr_template_entry *a = *(const struct pkr_template_entry *const *)left,
                                    *b = *(const struct pkr_template_entry *const *)right;
    int order = pkr_tpl_compare(a->key, b->key);

    return order != 0 ? order : (a > b) - (a < b);
}

bool pkr_tpl_sorted(struct pkr_tpl_run *run, const struct pkr_tpl_value *map,
                    const struct pkr_template_entry ***out, size_t *out_count)
{
    size_t count = map->as.map.count, kept = 0;
    const struct pkr_template_entry **sorted = NULL;

    if (!pkr_tpl_steps(run, count))
        return false;
    sorted = pkr_tpl_alloc(run, count, sizeof *sorted);
    if (sorted == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        sorted[i] = &map->as.map.entries[i];
    if (count > 1)
        qsort(sorted, count, sizeof *sorted, compare_entries);
    for (size_t i = 0; i < count; i++)
        if (i + 1 == count || !acgp_span_equal(sorted[i]->key, sorted[i + 1]->key))
            sorted[kept++] = sorted[i];
    *out = sorted;
    *out_count = kept;
    return true;
}
