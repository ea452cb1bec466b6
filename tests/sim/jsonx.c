/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/jsonx.h"

#include "sim/regions.h"
#include "sim/text.h"

#include <stdlib.h>
#include <string.h>

json_t *sim_at(const json_t *value, const char *path)
{
    while (value && *path) {
        size_t n = strcspn(path, ".");
        char *step = sim_copy_n(path, n);
        value = json_object_get(value, step);
        free(step);
        path += n + (path[n] == '.');
    }
    union { /* jansson's getters hand out non-const; so do we */
        const json_t *in;
        json_t *out;
    } result = {value};
    return result.out;
}

const char *sim_text_at(const json_t *value, const char *path)
{
    return json_string_value(sim_at(value, path));
}

int64_t sim_int_at(const json_t *value, const char *path, int64_t fallback)
{
    const json_t *n = sim_at(value, path);
    return json_is_integer(n) ? json_integer_value(n) : fallback;
}

bool sim_true_at(const json_t *value, const char *path)
{
    return json_is_true(sim_at(value, path));
}

void sim_drop_nulls(json_t *value)
{
    const char *name;
    json_t *member;
    void *next;
    size_t i;
    if (json_is_object(value)) {
        json_object_foreach_safe(value, next, name, member)
        {
            if (json_is_null(member))
                json_object_del(value, name);
            else
                sim_drop_nulls(member);
        }
    } else if (json_is_array(value)) {
        json_array_foreach(value, i, member)
        {
            sim_drop_nulls(member);
        }
    }
}

void sim_carry(json_t *to, const json_t *from, const char *name)
{
    const json_t *member = json_object_get(from, name);
    if (member)
        json_object_set_new(to, name, json_deep_copy(member));
}

void sim_merge(json_t *base, const json_t *over)
{
    const char *name;
    json_t *member;
    json_t *each = sim_at(over, "");
    json_object_foreach(each, name, member)
    {
        json_t *mine = json_object_get(base, name);
        if (json_is_object(mine) && json_is_object(member))
            sim_merge(mine, member);
        else
            json_object_set_new(base, name, json_deep_copy(member));
    }
}

char *sim_dump(const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    return text ? text : sim_copy("null");
}

static bool same_value(const json_t *have, const char *want)
{
    if (json_is_string(have))
        return sim_region_same(json_string_value(have), want);
    return json_is_integer(have) && json_integer_value(have) == strtoll(want, NULL, 10);
}

/* Index of the array element that a pointer step names, or the array's size. */
static size_t element(const json_t *array, const char *step)
{
    const char *equals = strchr(step, '=');
    size_t i = 0;
    if (!equals) {
        char *end;
        unsigned long n = strtoul(step, &end, 10);
        return *step && !*end ? (size_t)n : json_array_size(array);
    }
    char *name = sim_copy_n(step, (size_t)(equals - step));
    for (; i < json_array_size(array); i++)
        if (same_value(sim_at(json_array_get(array, i), name), equals + 1))
            break;
    free(name);
    return i;
}

static json_t *child(const json_t *parent, const char *step)
{
    if (json_is_array(parent))
        return json_array_get(parent, element(parent, step));
    return json_object_get(parent, step);
}

static bool change(json_t *parent, const char *step, const json_t *value)
{
    json_t *copy = value ? json_deep_copy(value) : NULL;
    if (json_is_array(parent)) {
        if (copy && strcmp(step, "+") == 0)
            return json_array_append_new(parent, copy) == 0;
        size_t i = element(parent, step);
        return (copy ? json_array_set_new(parent, i, copy) : json_array_remove(parent, i)) == 0;
    }
    return (copy ? json_object_set_new(parent, step, copy) : json_object_del(parent, step)) == 0;
}

bool sim_pointer_apply(json_t *root, const char *pointer, const json_t *value)
{
    pointer += *pointer == '/';
    while (root) {
        size_t n = strcspn(pointer, "/");
        char *step = sim_copy_n(pointer, n);
        bool last = pointer[n] == '\0';
        bool done = last && change(root, step, value);
        root = last ? NULL : child(root, step);
        free(step);
        if (last)
            return done;
        pointer += n + 1;
    }
    return false;
}
