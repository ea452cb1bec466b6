/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/words.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "spec/fields.h"

/** Longest part of a word that a message repeats. */
enum { SHOWN = 120 };
/** Letters of "--", which every option has and which make none like another. */
enum { DASHES = 2 };

/* The words still to be read. */
struct reading {
    const struct pkr_option_table *table;
    const char *const *words;
    size_t count, at;
    struct pkr_config *config;
    struct pkr_words *out;
    size_t values;
    struct acg_error *err;
};

static bool is_utf8(const char *text)
{
    json_t *value = json_string(text);
    bool fine = value != NULL;

    json_decref(value);
    return fine;
}

static bool is_number(const char *word)
{
    return word[0] == '-' && word[1] != '\0' && strspn(word + 1, "0123456789") == strlen(word + 1);
}

static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0' && !is_number(word);
}

static enum acg_status note(struct reading *r, const char *field, const char *message, const char *fix)
{
    return pkr_config_add_fault(r->config, "config", field, message, fix, r->err);
}

/* An option that a word may have been meant for: the list that blanks tear apart, else the first one. */
static const char *example_option(const struct pkr_option_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        if (acgp_equal(table->rows[i].name, "--target-regions"))
            return table->rows[i].name;
    return table->rows[0].name;
}

/* A word that belongs to no option; so does what follows it up to the next one. */
static enum acg_status stray_word(struct reading *r, const char *word)
{
    char *field = acgp_printf("\"%.*s\"", SHOWN, word);
    bool pasted = strcmp(word, "az") == 0 || strcmp(word, "sig") == 0;

    while (r->at < r->count && !is_option(r->words[r->at]))
        r->at++;
    char *fix =
        pasted
            ? acgp_printf(
                  "write acg publish in place of az sig image-version create, and the options after it")
            : acgp_printf("put an option such as %s before it, or remove it; a word with spaces needs quotes",
                          example_option(r->table));
    enum acg_status status = field == NULL || fix == NULL
                                 ? acgp_fail_nomem(r->err)
                                 : note(r, is_utf8(field) ? field : "a word", "belongs to no option", fix);
    acgp_free(field);
    acgp_free(fix);
    return status;
}

static enum acg_status unknown_option(struct reading *r, const char *word, size_t len)
{
    const char *names[PKR_NEAREST_MAX], *verb = r->table->verb;
    size_t count = 0;

    for (size_t i = 0; i < r->table->count && count < PKR_NEAREST_MAX; i++)
        if (r->table->rows[i].help != NULL)
            names[count++] = r->table->rows[i].name + DASHES;
    const char *near =
        len > DASHES ? pkr_nearest(acgp_span_of(word + DASHES, len - DASHES), names, count) : NULL;
    char *field = acgp_strndup(word, len < SHOWN ? len : SHOWN);
    char *message = near != NULL ? acgp_printf("is no option of acg %s; the nearest is --%s", verb, near)
                                 : acgp_printf("is no option of acg %s", verb);
    char *fix = near != NULL ? acgp_printf("write --%s; acg %s --help lists all", near, verb)
                             : acgp_printf("remove it; acg %s --help lists all", verb);
    enum acg_status status = ACG_OK;

    while (r->at < r->count && !is_option(r->words[r->at])) /* its values */
        r->at++;
    if (field == NULL || message == NULL || fix == NULL)
        status = acgp_fail_nomem(r->err);
    else
        status = note(r, is_utf8(field) ? field : "an option", message, fix);
    acgp_free(field);
    acgp_free(message);
    acgp_free(fix);
    return status;
}

static void add_value(struct reading *r, struct pkr_given *given, const char *value)
{
    r->out->values[r->values++] = value;
    given->count++;
}

/* How many values an option takes from the words behind it. */
static size_t wanted(const struct pkr_option *option)
{
    return option->kind == PKR_OPTION_FLAG ? 0 : option->kind == PKR_OPTION_MANY ? PKR_WORDS_MAX : 1;
}

static bool takes(const struct pkr_option *option, const char *word)
{
    if (is_option(word))
        return false;
    return option->kind != PKR_OPTION_BOOL || acgp_equal_nocase(word, "true") ||
           acgp_equal_nocase(word, "false");
}

static const char *refusal(const struct pkr_option *option, const struct pkr_given *given,
                           const char *attached)
{
    if (given->option != NULL)
        return "stands twice";
    if (option->kind == PKR_OPTION_FLAG && attached != NULL)
        return "takes no value";
    return NULL;
}

static enum acg_status read_option(struct reading *r, const struct pkr_option *option, const char *attached)
{
    struct pkr_given *given = &r->out->given[option - r->table->rows];
    struct pkr_given extra = {option, &r->out->values[r->values], 0};
    const char *fault = refusal(option, given, attached);
    const char *field = option->field != NULL ? option->field : option->name;
    size_t most = wanted(option);

    if (attached != NULL)
        add_value(r, &extra, attached);
    while (extra.count < most && r->at < r->count && takes(option, r->words[r->at]) &&
           (attached == NULL || option->kind == PKR_OPTION_MANY))
        add_value(r, &extra, r->words[r->at++]);
    for (size_t i = 0; i < extra.count; i++)
        if (!is_utf8(extra.values[i]))
            return note(r, field, "has a value that is not UTF-8", "write it in UTF-8");
    if (fault != NULL)
        return note(r, field, fault,
                    given->option != NULL ? "write it once, with all its values" : "write the option alone");
    if (extra.count == 0 && most > 0 && option->kind != PKR_OPTION_BOOL)
        return note(r, field, "lacks its value", "write the value behind it");
    *given = extra;
    return ACG_OK;
}

static enum acg_status read_word(struct reading *r)
{
    const char *word = r->words[r->at++];
    const char *equals = strchr(word, '=');
    size_t len = equals != NULL ? (size_t)(equals - word) : strlen(word);

    if (!is_option(word))
        return stray_word(r, word);
    if (word[1] != '-') {
        const struct pkr_option *option = pkr_option_by_letter(r->table, word[1]);
        const char *attached = word[2] == '=' ? word + 3 : word[2] != '\0' ? word + 2 : NULL;
        return option != NULL ? read_option(r, option, attached) : unknown_option(r, word, len);
    }
    const struct pkr_option *option = pkr_option_by_name(r->table, word, len);
    return option != NULL ? read_option(r, option, equals != NULL ? equals + 1 : NULL)
                          : unknown_option(r, word, len);
}

enum acg_status pkr_words_read(const struct pkr_option_table *table, const char *const *words, size_t count,
                               struct pkr_config *config, struct pkr_words *out, struct acg_error *err)
{
    struct pkr_words made = {.table = table, .given = acgp_alloc(table->count, sizeof *made.given)};
    struct reading r = {
        .table = table, .words = words, .count = count, .config = config, .out = &made, .err = err};
    enum acg_status status = ACG_OK;

    if (count > PKR_WORDS_MAX)
        status = acgp_fail(err, ACG_ERR_LIMIT, "the command line has %zu words, at most %zu are read", count,
                           PKR_WORDS_MAX);
    made.values = acgp_alloc(count + 1, sizeof *made.values);
    if (status == ACG_OK && (made.given == NULL || made.values == NULL))
        status = acgp_fail_nomem(err);
    while (status == ACG_OK && r.at < count)
        status = read_word(&r);
    if (status == ACG_OK)
        *out = made;
    else
        pkr_words_done(&made);
    return status;
}

void pkr_words_done(struct pkr_words *words)
{
    acgp_free(words->given);
    acgp_free(words->values);
    *words = (struct pkr_words){.given = NULL};
}

const struct pkr_given *pkr_words_find(const struct pkr_words *words, enum pkr_option_id id)
{
    for (size_t i = 0; i < words->table->count; i++)
        if (words->given[i].option != NULL && words->given[i].option->id == id)
            return &words->given[i];
    return NULL;
}

const char *pkr_words_value(const struct pkr_words *words, enum pkr_option_id id)
{
    const struct pkr_given *g = pkr_words_find(words, id);

    return g != NULL && g->count > 0 ? g->values[0] : NULL;
}
