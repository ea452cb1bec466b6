/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/az.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "cli/az_state.h"

/** Longest message about one option, bytes. */
enum { MESSAGE_MAX = 512 };

/* ---- shared ---- */

enum acg_status pkr_az_fault(struct pkr_az *az, const char *path, const char *fix, const char *format, ...)
{
    char raw[MESSAGE_MAX * 2], message[MESSAGE_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(raw, sizeof raw, format, args);
    va_end(args);
    acgp_error_text(message, sizeof message, raw);
    return pkr_config_add_fault(az->config, "config", path, message, fix, az->err);
}

enum acg_status pkr_az_rename(struct pkr_az *az, const char *theirs, const char *format, ...)
{
    char ours[MESSAGE_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(ours, sizeof ours, format, args);
    va_end(args);
    return pkr_config_rename(az->config, ours, theirs, az->err);
}

enum acg_status pkr_az_set(struct pkr_az *az, json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) == 0 ? ACG_OK : acgp_fail_nomem(az->err);
}

enum acg_status pkr_az_set_text(struct pkr_az *az, json_t *object, const char *key, struct acg_span text)
{
    return pkr_az_set(az, object, key, json_stringn(text.len > 0 ? text.data : "", text.len));
}

static json_t *member(json_t *object, const char *key, json_t *fresh)
{
    json_t *value = json_object_get(object, key);

    if (value != NULL) {
        json_decref(fresh);
        return value;
    }
    return json_object_set_new(object, key, fresh) == 0 ? fresh : NULL;
}

json_t *pkr_az_object(json_t *object, const char *key)
{
    return member(object, key, json_object());
}

json_t *pkr_az_list(json_t *object, const char *key)
{
    return member(object, key, json_array());
}

/* ---- options that are fields ---- */

static enum acg_status take_number(struct pkr_az *az, const struct pkr_given *given)
{
    uint64_t number = 0;

    if (!acgp_span_to_u64(acgp_span(given->values[0]), &number) || number > INT32_MAX)
        return pkr_az_fault(az, given->option->field, "write a whole number with digits only, for example 2",
                            "is \"%s\", must be a whole number", given->values[0]);
    return pkr_az_set(az, az->root, given->option->field, json_integer((json_int_t)number));
}

static enum acg_status take_bool(struct pkr_az *az, const struct pkr_given *given)
{
    const char *word = given->count > 0 ? given->values[0] : "true";
    bool yes = acgp_equal_nocase(word, "true");

    if (!yes && !acgp_equal_nocase(word, "false"))
        return pkr_az_fault(az, given->option->field, "write true or false, or the option alone for true",
                            "is \"%s\", must be true or false", word);
    return pkr_az_set(az, az->root, given->option->field, json_boolean(yes));
}

static enum acg_status take_list(struct pkr_az *az, const struct pkr_given *given)
{
    json_t *list = pkr_az_list(az->root, given->option->field);

    for (size_t i = 0; i < given->count; i++)
        if (json_array_append_new(list, json_string(given->values[i])) != 0)
            return acgp_fail_nomem(az->err);
    return list != NULL ? ACG_OK : acgp_fail_nomem(az->err);
}

static enum acg_status take_field(struct pkr_az *az, const struct pkr_given *given)
{
    switch (given->option->kind) {
    case PKR_OPTION_NUMBER:
        return take_number(az, given);
    case PKR_OPTION_BOOL:
        return take_bool(az, given);
    case PKR_OPTION_MANY:
        return take_list(az, given);
    default:
        return pkr_az_set_text(az, az->root, given->option->field, acgp_span(given->values[0]));
    }
}

static enum acg_status take_fields(struct pkr_az *az)
{
    const struct pkr_option_table *table = az->words->table;
    enum acg_status status = ACG_OK;

    for (size_t i = 0; i < table->count && status == ACG_OK; i++) {
        const struct pkr_given *given = &az->words->given[i];
        if (table->rows[i].field != NULL)
            status = pkr_config_rename(az->config, table->rows[i].field, table->rows[i].name, az->err);
        if (status == ACG_OK && given->option != NULL && given->option->id == PKR_OPT_FIELD &&
            !given->option->beside_file)
            status = take_field(az, given);
    }
    return status;
}

/* One of those that may stand beside a file. */
static enum acg_status take_beside(struct pkr_az *az, const struct pkr_given *given)
{
    const struct pkr_option *option = given->option;
    enum acg_status status = pkr_config_rename(az->config, option->field, option->name, az->err);

    if (status != ACG_OK)
        return status;
    if (json_object_get(az->root, option->field) != NULL)
        return pkr_az_fault(az, option->field, "keep one of them", "is set by two options");
    if (option->sets != NULL)
        return pkr_az_set_text(az, az->root, option->field, acgp_span(option->sets));
    return take_field(az, given);
}

enum acg_status pkr_az_beside(const struct pkr_words *words, struct pkr_config *config, struct acg_error *err)
{
    struct pkr_az az = {.words = words, .config = config, .root = json_object(), .err = err};
    enum acg_status status = az.root != NULL ? ACG_OK : acgp_fail_nomem(err);

    for (size_t i = 0; i < words->table->count && status == ACG_OK; i++) {
        const struct pkr_given *given = &words->given[i];
        if (given->option != NULL && given->option->beside_file && given->option->field != NULL)
            status = take_beside(&az, given);
    }
    if (status == ACG_OK)
        status = pkr_config_add_json(config, az.root, PKR_CONFIG_STRICT, err);
    json_decref(az.root);
    return status;
}

static enum acg_status take_tag(struct pkr_az *az, json_t *tags, const char *word)
{
    struct acg_span rest = acgp_span(word), key = acgp_span_cut(&rest, '=');
    char *name = acgp_strndup(key.data, key.len);
    enum acg_status status = ACG_OK;

    if (name == NULL)
        return acgp_fail_nomem(az->err);
    if (key.len == 0)
        status = pkr_az_fault(az, "tags", "write KEY=VALUE", "\"%s\" has no key", word);
    else if (json_object_get(tags, name) != NULL)
        status = pkr_az_fault(az, "tags", "keep one of the two", "the key \"%s\" stands twice", name);
    else
        status = pkr_az_set_text(az, tags, name, rest);
    acgp_free(name);
    return status;
}

static enum acg_status take_tags(struct pkr_az *az)
{
    const struct pkr_given *given = pkr_words_find(az->words, PKR_OPT_TAGS);
    json_t *tags = given != NULL ? pkr_az_object(az->root, "tags") : NULL;
    enum acg_status status = given == NULL || tags != NULL ? ACG_OK : acgp_fail_nomem(az->err);

    if (given == NULL || (given->count == 1 && given->values[0][0] == '\0'))
        return status;
    for (size_t i = 0; i < given->count && status == ACG_OK; i++)
        status = take_tag(az, tags, given->values[i]);
    return status;
}

enum acg_status pkr_az_configure(const struct pkr_words *words, struct pkr_config *config,
                                 struct acgp_buf *notes, struct acg_error *err)
{
    struct pkr_az az = {.words = words, .config = config, .notes = notes, .root = json_object(), .err = err};
    enum acg_status status = az.root != NULL ? take_fields(&az) : acgp_fail_nomem(err);

    if (status == ACG_OK)
        status = take_tags(&az);
    if (status == ACG_OK)
        status = pkr_az_places(&az);
    if (status == ACG_OK)
        status = pkr_az_encryption(&az);
    if (status == ACG_OK)
        status = pkr_az_disks(&az);
    if (status == ACG_OK)
        status = pkr_config_add_json(config, az.root, PKR_CONFIG_STRICT, err);
    json_decref(az.root);
    return status;
}
