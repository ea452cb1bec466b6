/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/template_data.h"

#include <stdlib.h>
#include <string.h>

static void *take(size_t count, size_t size)
{
    void *memory = calloc(count + 1, size);

    if (memory == NULL)
        abort();
    return memory;
}

static void list_of(const json_t *json, struct pkr_template_value *out)
{
    size_t count = json_array_size(json);
    struct pkr_template_value *items = take(count, sizeof *items);

    for (size_t i = 0; i < count; i++)
        template_value_of(json_array_get(json, i), &items[i]);
    out->kind = PKR_TEMPLATE_LIST;
    out->as.list.items = items;
    out->as.list.count = count;
}

static void map_of(json_t *json, struct pkr_template_value *out)
{
    struct pkr_template_entry *entries = take(json_object_size(json), sizeof *entries);
    size_t count = 0, len = 0;
    const char *key = NULL;
    json_t *member = NULL;

    json_object_keylen_foreach(json, key, len, member)
    {
        entries[count].key = (struct acg_span){key, len};
        template_value_of(member, &entries[count++].value);
    }
    out->kind = PKR_TEMPLATE_MAP;
    out->as.map.entries = entries;
    out->as.map.count = count;
}

void template_value_of(const json_t *json, struct pkr_template_value *out)
{
    json_t *object = NULL;

    *out = (struct pkr_template_value){.kind = PKR_TEMPLATE_NIL};
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        object = json_incref((json_t *)(uintptr_t)json);
        map_of(object, out);
        json_decref(object);
        break;
    case JSON_ARRAY:
        list_of(json, out);
        break;
    case JSON_STRING:
        out->kind = PKR_TEMPLATE_TEXT;
        out->as.text = (struct acg_span){json_string_value(json), json_string_length(json)};
        break;
    case JSON_INTEGER:
        out->kind = PKR_TEMPLATE_INT;
        out->as.number = json_integer_value(json);
        break;
    case JSON_REAL:
        out->kind = PKR_TEMPLATE_FLOAT;
        out->as.real = json_real_value(json);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        out->kind = PKR_TEMPLATE_BOOL;
        out->as.boolean = json_is_true(json);
        break;
    case JSON_NULL:
        break;
    }
}

void template_value_done(struct pkr_template_value *value)
{
    if (value->kind == PKR_TEMPLATE_LIST) {
        struct pkr_template_value *items = (struct pkr_template_value *)(uintptr_t)value->as.list.items;
        for (size_t i = 0; i < value->as.list.count; i++)
            template_value_done(&items[i]);
        free(items);
    } else if (value->kind == PKR_TEMPLATE_MAP) {
        struct pkr_template_entry *entries = (struct pkr_template_entry *)(uintptr_t)value->as.map.entries;
        for (size_t i = 0; i < value->as.map.count; i++)
            template_value_done(&entries[i].value);
        free(entries);
    }
    *value = (struct pkr_template_value){.kind = PKR_TEMPLATE_NIL};
}

void template_context_of(const json_t *context, struct template_context *out)
{
    const json_t *user = json_object_get(context, "user"), *values = json_object_get(context, "data");

    *out = (struct template_context){.random = 1};
    out->data = (struct pkr_template_data){
        .build_name = json_string_value(json_object_get(context, "build_name")),
        .builder_type = json_string_value(json_object_get(context, "builder_type")),
        .packer_version = json_string_value(json_object_get(context, "packer_version")),
        .template_path = json_string_value(json_object_get(context, "template_path")),
        .folder = json_string_value(json_object_get(context, "folder")),
        .later = json_is_true(json_object_get(context, "later")),
        .started_unix_s = json_integer_value(json_object_get(context, "started_unix_s")),
        .started_ns = (uint32_t)json_integer_value(json_object_get(context, "started_ns")),
        .random = &out->random,
    };
    if (user != NULL) {
        template_value_of(user, &out->user);
        out->data.user = &out->user;
    }
    if (values != NULL) {
        template_value_of(values, &out->values);
        out->data.build = out->data.dot = &out->values;
    }
}

void template_context_done(struct template_context *context)
{
    template_value_done(&context->user);
    template_value_done(&context->values);
}
