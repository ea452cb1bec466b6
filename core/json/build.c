/* SPDX-License-Identifier: MPL-2.0 */
#include "json/build.h"

#include "base/alloc.h"
#include "base/buf.h"

bool acgp_json_put(json_t *object, const char *name, json_t *value)
{
    if (object == NULL) {
        json_decref(value);
        return false;
    }
    return json_object_set_new(object, name, value) == 0;
}

bool acgp_json_put_text(json_t *object, const char *name, const char *text)
{
    return text == NULL ? object != NULL : acgp_json_put(object, name, json_string(text));
}

bool acgp_json_put_int(json_t *object, const char *name, int64_t value)
{
    return acgp_json_put(object, name, json_integer(value));
}

bool acgp_json_put_tristate(json_t *object, const char *name, enum acg_tristate value)
{
    return value == ACG_UNSET ? object != NULL : acgp_json_put(object, name, json_boolean(value == ACG_TRUE));
}

bool acgp_json_put_object(json_t *object, const char *name, json_t *value)
{
    if (value != NULL && json_object_size(value) == 0) {
        json_decref(value);
        return object != NULL;
    }
    return acgp_json_put(object, name, value);
}

bool acgp_json_append(json_t *array, json_t *value)
{
    if (array == NULL) {
        json_decref(value);
        return false;
    }
    return json_array_append_new(array, value) == 0;
}

static int append_bytes(const char *data, size_t len, void *buf)
{
    return acgp_buf_append(buf, data, len) ? 0 : -1;
}

static char *dump(const json_t *value, size_t max, size_t flags)
{
    struct acgp_buf b;
    char *text = NULL;

    acgp_buf_init(&b, max);
    if (json_dump_callback(value, append_bytes, &b, flags) == 0)
        text = acgp_buf_take(&b);
    acgp_buf_done(&b);
    return text;
}

char *acgp_json_dump(const json_t *value, size_t max)
{
    return dump(value, max, JSON_COMPACT);
}

char *acgp_json_dump_pretty(const json_t *value, size_t max)
{
    return dump(value, max, JSON_INDENT(2));
}
