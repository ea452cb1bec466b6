/* SPDX-License-Identifier: MPL-2.0 */
/* Single values: strict, or as weakly typed as Go plugins read JSON templates. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "spec/decode.h"

/** Longest text of a number or bool that became a text. */
enum { SCRATCH = 40, WORDS_TEXT_MAX = 120 };
/** Whole numbers up to here survive the way through a double. */
static const double whole_max = 9007199254740992.0;
/** A year: longer than any replication, and far from any overflow. */
static const int64_t duration_max_ms = (int64_t)365 * 24 * 3600 * 1000;

const char *pkr_json_kind(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "a map";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a text";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a bool";
    default:
        return "null";
    }
}

static enum acg_status wrong_kind(struct pkr_decode *d, const json_t *value, const char *wanted,
                                  const char *fix, struct acg_error *err)
{
    return pkr_note_fault(&d->config->read, d->path.data, d->about, fix, err, "is %s, must be %s",
                          pkr_json_kind(value), wanted);
}

static bool is_weak(const struct pkr_decode *d)
{
    return d->mode == PKR_CONFIG_WEAK;
}

/* The text that a value is, or weakly stands for. */
static bool text_of(const struct pkr_decode *d, const json_t *value, char scratch[SCRATCH],
                    struct acg_span *out)
{
    if (json_is_string(value)) {
        *out = acgp_span_of(json_string_value(value), json_string_length(value));
        return true;
    }
    if (!is_weak(d) || !(json_is_number(value) || json_is_boolean(value)))
        return false;
    double number = json_number_value(value);
    if (json_is_boolean(value)) /* as Go's weak decoding writes it */
        snprintf(scratch, SCRATCH, "%d", json_is_true(value));
    else if (fabs(number) < whole_max && floor(number) == number)
        snprintf(scratch, SCRATCH, "%.0f", number);
    else
        snprintf(scratch, SCRATCH, "%.15g", number);
    *out = acgp_span(scratch);
    return true;
}

static enum acg_status read_text(struct pkr_decode *d, char *place, const json_t *value,
                                 struct acg_error *err)
{
    char scratch[SCRATCH];
    struct acg_span text = {NULL, 0};
    const char *copy = NULL;

    if (!text_of(d, value, scratch, &text))
        return wrong_kind(d, value, "a text", "write one text in double quotes", err);
    enum acg_status status = pkr_text_keep(d, text, &copy, err);
    if (copy != NULL)
        memcpy(place, &copy, sizeof copy);
    return status;
}

static enum acg_status read_settled_text(struct pkr_decode *d, char *place, json_t *value,
                                         struct acg_error *err)
{
    json_t *settled = NULL;
    enum acg_status status = pkr_text_settle(d, value, &settled, err);

    if (settled != NULL)
        status = read_text(d, place, settled, err);
    json_decref(settled);
    return status;
}

static bool number_of(const struct pkr_decode *d, const json_t *value, double *out)
{
    int64_t whole = 0;

    if (json_is_number(value)) {
        *out = json_number_value(value);
        return true;
    }
    if (!is_weak(d) || !json_is_string(value) ||
        !acgp_span_to_i64(acgp_span_of(json_string_value(value), json_string_length(value)), &whole))
        return false;
    *out = (double)whole;
    return true;
}

static enum acg_status read_number(struct pkr_decode *d, char *place, const json_t *value,
                                   struct acg_error *err)
{
    struct acg_optional_int number = {.set = true};
    double given = 0;
    bool fine = true;

    if (is_weak(d) && json_is_string(value)) {
        enum acg_status status =
            pkr_text_judge(d, acgp_span_of(json_string_value(value), json_string_length(value)), &fine, err);
        if (status != ACG_OK || !fine || pkr_notes_cover(&d->config->read, d->path.data))
            return status;
    }
    if (!number_of(d, value, &given))
        return wrong_kind(d, value, "a whole number", "write digits only, without quotes, for example 2",
                          err);
    if (floor(given) != given || fabs(given) > whole_max)
        return pkr_note_fault(&d->config->read, d->path.data, d->about, "write a whole number, for example 2",
                              err, "is %.15g, must be a whole number", given);
    number.value = (int64_t)given;
    memcpy(place, &number, sizeof number);
    return ACG_OK;
}

/* The words of Go's ParseBool. */
static bool bool_of_text(struct acg_span text, bool *out)
{
    static const char *const yes[] = {"1", "t", "T", "TRUE", "true", "True"};
    static const char *const no[] = {"0", "f", "F", "FALSE", "false", "False"};

    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        *out = acgp_span_equal(text, acgp_span(yes[i]));
        if (*out || acgp_span_equal(text, acgp_span(no[i])))
            return true;
    }
    return false;
}

static enum acg_status read_bool(struct pkr_decode *d, char *place, const json_t *value,
                                 struct acg_error *err)
{
    bool is = json_is_true(value);
    bool known = json_is_boolean(value);

    if (!known && is_weak(d) && json_is_number(value)) {
        is = json_number_value(value) != 0;
        known = true;
    } else if (!known && is_weak(d) && json_is_string(value)) {
        struct acg_span text = acgp_span_of(json_string_value(value), json_string_length(value));
        bool fine = true;
        enum acg_status status = pkr_text_judge(d, text, &fine, err);
        if (status != ACG_OK || !fine || pkr_notes_cover(&d->config->read, d->path.data))
            return status;
        known = bool_of_text(text, &is);
    }
    if (!known)
        return wrong_kind(d, value, "true or false", "write true or false, without quotes", err);
    enum acg_tristate tristate = is ? ACG_TRUE : ACG_FALSE;
    memcpy(place, &tristate, sizeof tristate);
    return ACG_OK;
}

static bool duration_part(struct acg_span *rest, int64_t *total)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"h", 3600000}, {"ms", 1}, {"m", 60000}, {"s", 1000}};
    struct acg_span digits = *rest;
    uint64_t count = 0;

    for (digits.len = 0;
         digits.len < rest->len && rest->data[digits.len] >= '0' && rest->data[digits.len] <= '9';)
        digits.len++;
    if (!acgp_span_to_u64(digits, &count) || count > (uint64_t)duration_max_ms)
        return false;
    *rest = acgp_span_of(rest->data + digits.len, rest->len - digits.len);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        struct acg_span unit = acgp_span(units[i].unit);
        if (acgp_span_starts_nocase(*rest, unit)) {
            if ((int64_t)count > duration_max_ms / units[i].ms)
                return false;
            *total += (int64_t)count * units[i].ms;
            *rest = acgp_span_of(rest->data + unit.len, rest->len - unit.len);
            return *total <= duration_max_ms;
        }
    }
    return false;
}

bool pkr_duration_parse(struct acg_span text, int64_t *out_ms)
{
    int64_t total = 0;

    while (text.len > 0)
        if (!duration_part(&text, &total))
            return false;
    if (total == 0)
        return false;
    *out_ms = total;
    return true;
}

static enum acg_status read_duration(struct pkr_decode *d, char *place, const json_t *value,
                                     struct acg_error *err)
{
    const char *fix = "write for example \"6h\", \"90m\" or \"1h30m\"";
    const char *text = NULL;
    int64_t ms = 0;

    if (!json_is_string(value))
        return wrong_kind(d, value, "a duration in quotes", fix, err);
    enum acg_status status = read_text(d, (char *)&text, value, err);
    if (status != ACG_OK || text == NULL || strstr(text, PKR_UNKNOWN) != NULL)
        return status;
    if (!pkr_duration_parse(acgp_span(text), &ms))
        return pkr_note_fault(&d->config->read, d->path.data, d->about, fix, err,
                              "is \"%s\", must be a duration of hours, minutes and seconds, up to a year",
                              text);
    memcpy(place, &ms, sizeof ms);
    return ACG_OK;
}

/* "fail, reuse or update". A list of a dozen words is far shorter. */
static void join_words(const char *const *words, char out[WORDS_TEXT_MAX])
{
    size_t used = 0;

    for (size_t i = 0; words[i] != NULL && used < WORDS_TEXT_MAX - 1; i++) {
        const char *before = i == 0 ? "" : words[i + 1] != NULL ? ", " : " or ";
        int n = snprintf(out + used, WORDS_TEXT_MAX - used, "%s%s", before, words[i]);
        used += n > 0 ? (size_t)n : 0;
    }
}

static enum acg_status read_word(struct pkr_decode *d, const struct pkr_field *row, char *place,
                                 const json_t *value, struct acg_error *err)
{
    char all[WORDS_TEXT_MAX], fix[WORDS_TEXT_MAX + 8];
    const char *text = NULL;
    enum acg_status status = read_text(d, (char *)&text, value, err);

    if (status != ACG_OK || text == NULL || strstr(text, PKR_UNKNOWN) != NULL)
        return status;
    for (int i = 0; row->words[i] != NULL; i++) {
        if (!acgp_equal(text, row->words[i]))
            continue;
        memcpy(place, &i, sizeof i); /* an enum that starts at 0 is an int here (fields.c) */
        return ACG_OK;
    }
    join_words(row->words, all);
    (void)snprintf(fix, sizeof fix, "write %s", all);
    return pkr_note_fault(&d->config->read, d->path.data, d->about, fix, err, "is \"%s\", must be %s", text,
                          all);
}

static enum acg_status too_many(struct pkr_decode *d, size_t count, struct acg_error *err)
{
    return pkr_note_fault(&d->config->read, d->path.data, d->about, "publish in several versions", err,
                          "has %zu entries, at most %u are read", count, PKR_CONFIG_ITEMS_MAX);
}

static void put_list(const struct pkr_field *row, char *base, const void *items, size_t count)
{
    memcpy(base + row->place, &items, sizeof items);
    memcpy(base + row->count_place, &count, sizeof count);
}

/* "a,b": Go plugins cut one text into a list. */
static enum acg_status read_cut_text(struct pkr_decode *d, const struct pkr_field *row, char *base,
                                     struct acg_span text, struct acg_error *err)
{
    size_t count = 0, commas = 1;

    for (size_t i = 0; i < text.len; i++)
        commas += text.data[i] == ',';
    if (commas > PKR_CONFIG_ITEMS_MAX)
        return too_many(d, commas, err);
    const char **items = pkr_arena_alloc(&d->config->read.arena, commas, sizeof *items);
    char *copy = pkr_arena_text(&d->config->read.arena, text);
    bool fine = false;
    if (items == NULL || copy == NULL)
        return acgp_fail_nomem(err);
    enum acg_status status = pkr_text_judge(d, text, &fine, err);
    if (status != ACG_OK || !fine)
        return status;
    for (struct acg_span rest = acgp_span_of(copy, text.len); rest.data != NULL && text.len > 0;) {
        struct acg_span item = acgp_span_trim(acgp_span_cut(&rest, ','));
        items[count] = pkr_arena_text(&d->config->read.arena, item);
        if (items[count++] == NULL)
            return acgp_fail_nomem(err);
    }
    put_list(row, base, items, count);
    return ACG_OK;
}

/* A faulty item leaves an empty text behind, so that the others keep their numbers in later findings. */
static enum acg_status read_items(struct pkr_decode *d, const struct pkr_field *row, char *base,
                                  const json_t *list, struct acg_error *err)
{
    size_t count = json_array_size(list);
    const char **items = pkr_arena_alloc(&d->config->read.arena, count, sizeof *items);
    enum acg_status status = ACG_OK;

    if (items == NULL)
        return acgp_fail_nomem(err);
    for (size_t i = 0; i < count && status == ACG_OK; i++) {
        size_t mark = 0;
        if (!pkr_path_item(d, i, &mark))
            return acgp_fail_nomem(err);
        items[i] = "";
        status = read_settled_text(d, (char *)&items[i], json_array_get(list, i), err);
        pkr_path_leave(d, mark);
    }
    put_list(row, base, items, count);
    return status;
}

static enum acg_status read_texts(struct pkr_decode *d, const struct pkr_field *row, char *base,
                                  const json_t *value, struct acg_error *err)
{
    char scratch[SCRATCH];
    struct acg_span text = {NULL, 0};

    if (json_is_array(value))
        return json_array_size(value) > PKR_CONFIG_ITEMS_MAX ? too_many(d, json_array_size(value), err)
                                                             : read_items(d, row, base, value, err);
    if (is_weak(d) && text_of(d, value, scratch, &text))
        return read_cut_text(d, row, base, text, err);
    return wrong_kind(d, value, "a list of texts", "write a list, [\"first\", \"second\"]", err);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct acg_tag *)a)->name, ((const struct acg_tag *)b)->name);
}

static enum acg_status read_pair(struct pkr_decode *d, const char *key, json_t *value, struct acg_tag *out,
                                 struct acg_error *err)
{
    struct acg_tag tag = {NULL, NULL};
    size_t mark = 0;

    if (!pkr_path_key(d, key, &mark))
        return acgp_fail_nomem(err);
    enum acg_status status = pkr_text_key(d, key, &tag.name, err);
    if (status == ACG_OK && tag.name != NULL)
        status = read_settled_text(d, (char *)&tag.value, value, err);
    pkr_path_leave(d, mark);
    if (tag.name != NULL && tag.value != NULL)
        *out = tag;
    return status;
}

static enum acg_status read_map(struct pkr_decode *d, const struct pkr_field *row, char *base, json_t *value,
                                struct acg_error *err)
{
    size_t count = json_object_size(value), kept = 0;
    enum acg_status status = ACG_OK;
    const char *key = NULL;
    json_t *item = NULL;

    if (!json_is_object(value))
        return wrong_kind(d, value, "a map of texts", "write a map, {\"key\" = \"value\"} in HCL", err);
    if (count > PKR_CONFIG_ITEMS_MAX)
        return too_many(d, count, err);
    struct acg_tag *pairs = pkr_arena_alloc(&d->config->read.arena, count, sizeof *pairs);
    if (pairs == NULL)
        return acgp_fail_nomem(err);
    json_object_foreach(value, key, item)
    {
        if (status != ACG_OK)
            break;
        if (!json_is_null(item))
            status = read_pair(d, key, item, &pairs[kept], err);
        kept += pairs[kept].name != NULL;
    }
    qsort(pairs, kept, sizeof *pairs, compare_names);
    put_list(row, base, pairs, kept);
    return status;
}

static enum acg_status read_secret(struct pkr_decode *d, char *place, json_t *value, struct acg_error *err)
{
    bool fine = false;

    if (!json_is_string(value))
        return wrong_kind(d, value, "a text", "write one text in double quotes", err);
    struct acg_span text = acgp_span_of(json_string_value(value), json_string_length(value));
    enum acg_status status = pkr_text_judge(d, text, &fine, err);
    if (status == ACG_OK && fine && !acgp_secret_set((struct acgp_secret *)(void *)place, text))
        status = acgp_fail_nomem(err);
    pkr_json_wipe(value);
    return status;
}

static enum acg_status read_value(struct pkr_decode *d, const struct pkr_field *row, char *base,
                                  json_t *value, struct acg_error *err)
{
    char *place = base + row->place;

    switch (row->type) {
    case PKR_FIELD_NUMBER:
        return read_number(d, place, value, err);
    case PKR_FIELD_BOOL:
        return read_bool(d, place, value, err);
    case PKR_FIELD_DURATION:
        return read_duration(d, place, value, err);
    case PKR_FIELD_WORD:
        return read_word(d, row, place, value, err);
    case PKR_FIELD_TEXTS:
        return read_texts(d, row, base, value, err);
    case PKR_FIELD_MAP:
        return read_map(d, row, base, value, err);
    case PKR_FIELD_SECRET:
        return read_secret(d, place, value, err);
    default:
        return read_text(d, place, value, err);
    }
}

enum acg_status pkr_decode_value(struct pkr_decode *d, const struct pkr_field *row, char *base, json_t *value,
                                 struct acg_error *err)
{
    json_t *settled = NULL;
    enum acg_status status = pkr_text_settle(d, value, &settled, err);

    if (settled != NULL)
        status = read_value(d, row, base, settled, err);
    if (row->type == PKR_FIELD_SECRET)
        pkr_json_wipe(value);
    json_decref(settled);
    return status;
}
