/* SPDX-License-Identifier: MPL-2.0 */
/* JSON values: made from Packer's wire, and wiped. */
#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "spec/state.h"

void pkr_json_wipe(json_t *value)
{
    const char *key = NULL;
    json_t *member = NULL;
    size_t i = 0;

    if (json_is_string(value)) {
        /* The value's own memory: jansson has no call that overwrites a text before it frees it. */
        char *text = (char *)(uintptr_t)json_string_value(value);
        memset(text, '*', json_string_length(value));
    }
    json_object_foreach(value, key, member)
    {
        pkr_json_wipe(member);
    }
    json_array_foreach(value, i, member)
    {
        pkr_json_wipe(member);
    }
}

static enum acg_status text_value(struct acg_span bytes, json_t **out, struct acg_error *err)
{
    *out = json_stringn(bytes.len > 0 ? bytes.data : "", bytes.len);
    if (*out != NULL)
        return ACG_OK;
    json_t *unchecked = json_stringn_nocheck(bytes.data, bytes.len);
    if (unchecked == NULL)
        return acgp_fail_nomem(err);
    pkr_json_wipe(unchecked);
    json_decref(unchecked);
    return acgp_fail(err, ACG_ERR_PROTOCOL, "the configuration holds a text that is not UTF-8");
}

static enum acg_status number_value(double number, json_t **out, struct acg_error *err)
{
    *out = json_real(number);
    if (*out == NULL)
        return acgp_fail(err, ACG_ERR_PROTOCOL, "the configuration holds a number that is none");
    return ACG_OK;
}

static enum acg_status map_value(const struct pkr_value *value, json_t **out, struct acg_error *err)
{
    json_t *object = json_object();
    enum acg_status status = object != NULL ? ACG_OK : acgp_fail_nomem(err);

    for (size_t i = 0; i < value->as.map.count && status == ACG_OK; i++) {
        const struct pkr_pair *pair = &value->as.map.pairs[i];
        struct acg_span key = {NULL, 0};
        json_t *member = NULL;
        if (!pkr_value_as_text(&pair->key, &key) ||
            (key.len > 0 && memchr(key.data, '\0', key.len) != NULL)) {
            status = acgp_fail(err, ACG_ERR_PROTOCOL, "the configuration holds a key that is no text");
            break;
        }
        status = pkr_json_of_value(&pair->value, &member, err);
        if (status == ACG_OK &&
            json_object_setn_new(object, key.len > 0 ? key.data : "", key.len, member) != 0)
            status = acgp_fail(err, ACG_ERR_PROTOCOL, "the configuration holds a key that is not UTF-8");
    }
    if (status == ACG_OK) {
        *out = object;
        return ACG_OK;
    }
    pkr_json_wipe(object);
    json_decref(object);
    return status;
}

static enum acg_status list_value(const struct pkr_value *value, json_t **out, struct acg_error *err)
{
    json_t *list = json_array();
    enum acg_status status = list != NULL ? ACG_OK : acgp_fail_nomem(err);

    for (size_t i = 0; i < value->as.array.count && status == ACG_OK; i++) {
        json_t *item = NULL;
        status = pkr_json_of_value(&value->as.array.items[i], &item, err);
        if (status == ACG_OK && json_array_append_new(list, item) != 0)
            status = acgp_fail_nomem(err);
    }
    if (status == ACG_OK) {
        *out = list;
        return ACG_OK;
    }
    pkr_json_wipe(list);
    json_decref(list);
    return status;
}

enum acg_status pkr_json_of_value(const struct pkr_value *value, json_t **out, struct acg_error *err)
{
    switch (value->kind) {
    case PKR_VALUE_NIL:
        *out = json_null();
        return ACG_OK;
    case PKR_VALUE_BOOL:
        *out = json_boolean(value->as.boolean);
        return ACG_OK;
    case PKR_VALUE_INT:
        return number_value((double)value->as.i64, out, err);
    case PKR_VALUE_UINT:
        return number_value((double)value->as.u64, out, err);
    case PKR_VALUE_FLOAT:
        return number_value(value->as.f64, out, err);
    case PKR_VALUE_STR:
    case PKR_VALUE_BIN:
        return text_value(value->as.bytes, out, err);
    case PKR_VALUE_ARRAY:
        return list_value(value, out, err);
    case PKR_VALUE_MAP:
        return map_value(value, out, err);
    default:
        return acgp_fail(err, ACG_ERR_PROTOCOL,
                         "the configuration holds a value of a kind that Packer does not send");
    }
}
