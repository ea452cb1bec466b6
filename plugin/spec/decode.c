/* SPDX-License-Identifier: MPL-2.0 */
/* One JSON object into the settings, row by row of the field table. */
#include "spec/decode.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"

/** Longest path of a field, bytes: names and indexes of three levels, and a key that the user chose. */
enum { PATH_BYTES_MAX = 64 * 1024 };
/** Longest key that a message repeats in full. */
enum { KEY_SHOWN_MAX = 200 };

/* What a message shows of a key: all of it, or the start up to the end of a UTF-8 character. */
static int shown(const char *key)
{
    size_t len = strlen(key);

    if (len > KEY_SHOWN_MAX)
        for (len = KEY_SHOWN_MAX; len > 0 && ((unsigned char)key[len] & 0xc0) == 0x80;)
            len--;
    return (int)len;
}

bool pkr_path_field(struct pkr_decode *d, const char *name, size_t *out_mark)
{
    const char *seen = name[0] != '\0' ? name : "\"\""; /* an empty key must show too */

    *out_mark = d->path.len;
    return acgp_buf_printf(&d->path, "%s%.*s", d->path.len > 0 ? "." : "", shown(seen), seen);
}

bool pkr_path_item(struct pkr_decode *d, size_t index, size_t *out_mark)
{
    *out_mark = d->path.len;
    return acgp_buf_printf(&d->path, "[%zu]", index);
}

bool pkr_path_key(struct pkr_decode *d, const char *key, size_t *out_mark)
{
    *out_mark = d->path.len;
    return acgp_buf_printf(&d->path, "[\"%.*s\"]", shown(key), key);
}

void pkr_path_leave(struct pkr_decode *d, size_t mark)
{
    d->path.len = mark;
    d->path.data[mark] = '\0';
}

static enum acg_status read_group(struct pkr_decode *d, const struct pkr_field_group *group, char *base,
                                  json_t *object, struct acg_error *err);

static enum acg_status wants_block(struct pkr_decode *d, const struct pkr_field *row, const json_t *value,
                                   struct acg_error *err)
{
    const char *name = row->name, *first = row->nested->rows[0].name;
    char *fix =
        acgp_printf("write %s { %s = ... } in HCL, \"%s\": {\"%s\": ...} in JSON", name, first, name, first);

    if (fix == NULL)
        return acgp_fail_nomem(err);
    enum acg_status status = pkr_note_fault(&d->config->read, d->path.data, d->about, fix, err,
                                            "is %s, must be a block of named fields", pkr_json_kind(value));
    acgp_free(fix);
    return status;
}

static enum acg_status read_block(struct pkr_decode *d, const struct pkr_field *row, char *base,
                                  json_t *value, struct acg_error *err)
{
    if (json_is_array(value) && json_array_size(value) == 0)
        return ACG_OK;
    if (json_is_array(value) && json_array_size(value) == 1)
        value = json_array_get(value, 0);
    if (json_is_array(value))
        return pkr_note_fault(&d->config->read, d->path.data, d->about, "keep one of them", err,
                              "stands %zu times, at most once is possible", json_array_size(value));
    if (!json_is_object(value))
        return wants_block(d, row, value, err);
    return read_group(d, row->nested, base + row->place, value, err);
}

static enum acg_status read_blocks(struct pkr_decode *d, const struct pkr_field *row, char *base,
                                   json_t *value, struct acg_error *err)
{
    size_t count = json_is_array(value) ? json_array_size(value) : 1;
    enum acg_status status = ACG_OK;

    if (count > PKR_CONFIG_ITEMS_MAX)
        return pkr_note_fault(&d->config->read, d->path.data, d->about, "publish in several versions", err,
                              "stands %zu times, at most %u times are read", count, PKR_CONFIG_ITEMS_MAX);
    char *items = pkr_arena_alloc(&d->config->read.arena, count, row->nested->size);
    if (items == NULL)
        return acgp_fail_nomem(err);
    for (size_t i = 0; i < count && status == ACG_OK; i++) {
        json_t *item = json_is_array(value) ? json_array_get(value, i) : value;
        size_t mark = 0;
        if (!pkr_path_item(d, i, &mark))
            return acgp_fail_nomem(err);
        status = json_is_object(item) ? read_group(d, row->nested, items + i * row->nested->size, item, err)
                                      : wants_block(d, row, item, err);
        pkr_path_leave(d, mark);
    }
    memcpy(base + row->place, &items, sizeof items);
    memcpy(base + row->count_place, &count, sizeof count);
    return status;
}

static json_t *find_value(const struct pkr_decode *d, json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);
    const char *key = NULL;
    json_t *other = NULL;

    if (value != NULL || d->mode == PKR_CONFIG_STRICT)
        return value;
    json_object_foreach(object, key, other)
    {
        if (acgp_equal_nocase(key, name))
            return other;
    }
    return NULL;
}

static enum acg_status read_row(struct pkr_decode *d, const struct pkr_field *row, char *base, json_t *object,
                                struct acg_error *err)
{
    json_t *value = find_value(d, object, row->name);
    enum acg_status status = ACG_OK;
    size_t mark = 0;

    if (value == NULL || json_is_null(value))
        return ACG_OK;
    if (!pkr_path_field(d, row->name, &mark))
        return acgp_fail_nomem(err);
    d->about = row->flags & PKR_ABOUT_ANY;
    if (row->type == PKR_FIELD_BLOCK)
        status = read_block(d, row, base, value, err);
    else if (row->type == PKR_FIELD_BLOCKS)
        status = read_blocks(d, row, base, value, err);
    else
        status = pkr_decode_value(d, row, base, value, err);
    pkr_path_leave(d, mark);
    return status;
}

/* Packer's own keys, which it adds to what the user wrote. */
static bool not_ours(const struct pkr_decode *d, const char *key)
{
    return d->mode == PKR_CONFIG_WEAK && d->path.len == 0 &&
           (strcmp(key, "type") == 0 || strncmp(key, "packer_", strlen("packer_")) == 0);
}

static enum acg_status unknown_key(struct pkr_decode *d, const struct pkr_field_group *group, const char *key,
                                   struct acg_error *err)
{
    const char *near = pkr_field_nearest(group, acgp_span(key));
    size_t mark = 0;

    if (!pkr_path_field(d, key, &mark))
        return acgp_fail_nomem(err);
    char *fix = near != NULL ? acgp_printf("write %s, or remove it", near) : acgp_strdup("remove it");
    enum acg_status status = fix == NULL
                                 ? acgp_fail_nomem(err)
                                 : pkr_note_fault(&d->config->read, d->path.data, 0, fix, err,
                                                  near != NULL ? "is no configuration key; the nearest is %s"
                                                               : "is no configuration key%s",
                                                  near != NULL ? near : "");
    acgp_free(fix);
    pkr_path_leave(d, mark);
    return status;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In the order of their names: a map that came over Packer's wire has no order of its own. */
static enum acg_status unknown_keys(struct pkr_decode *d, const struct pkr_field_group *group, json_t *object,
                                    struct acg_error *err)
{
    const char **keys = acgp_alloc(json_object_size(object) + 1, sizeof *keys);
    enum acg_status status = ACG_OK;
    const char *key = NULL;
    json_t *value = NULL;
    size_t count = 0;

    if (keys == NULL)
        return acgp_fail_nomem(err);
    json_object_foreach(object, key, value)
    {
        if (pkr_field_find(group, acgp_span(key), d->mode == PKR_CONFIG_WEAK) == NULL && !not_ours(d, key))
            keys[count++] = key;
    }
    qsort(keys, count, sizeof *keys, compare_texts);
    for (size_t i = 0; i < count && status == ACG_OK; i++)
        status = unknown_key(d, group, keys[i], err);
    acgp_free(keys);
    return status;
}

static enum acg_status read_group(struct pkr_decode *d, const struct pkr_field_group *group, char *base,
                                  json_t *object, struct acg_error *err)
{
    enum acg_status status = ACG_OK;

    for (size_t i = 0; i < group->count && status == ACG_OK; i++)
        status = read_row(d, &group->rows[i], base, object, err);
    return status == ACG_OK ? unknown_keys(d, group, object, err) : status;
}

enum acg_status pkr_decode(struct pkr_config *config, json_t *object, enum pkr_config_mode mode,
                           struct acg_error *err)
{
    struct pkr_decode d = {.config = config, .mode = mode};

    acgp_buf_init(&d.path, PATH_BYTES_MAX);
    enum acg_status status = acgp_buf_text(&d.path, "")
                                 ? read_group(&d, pkr_fields(), (char *)&config->set, object, err)
                                 : acgp_fail_nomem(err);
    acgp_buf_done(&d.path);
    return status;
}
