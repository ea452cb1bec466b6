/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/template.h"

#include "sim/jsonx.h"
#include "sim/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A reader of expressions by recursive descent. Each read_ takes the place it reads from and moves it on;
 * NULL means that scope->error says why. Texts of the refusals are those of public reports of template
 * errors. */

static json_t *read_expression(struct sim_scope *scope, const char **at);

json_t *sim_template_fail(struct sim_scope *scope, const char *format, ...)
{
    va_list arguments;
    if (scope->error)
        return NULL;
    char text[1024];
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    scope->error = sim_copy(text);
    return NULL;
}

const json_t *sim_template_member(const json_t *object, const char *name)
{
    const char *each;
    json_t *value;
    json_object_foreach(sim_at(object, ""), each, value)
    {
        if (sim_same(each, name))
            return value;
    }
    return NULL;
}

static void skip_blanks(const char **at)
{
    while (isspace((unsigned char)**at))
        ++*at;
}

static bool take(const char **at, char c)
{
    skip_blanks(at);
    if (**at != c)
        return false;
    ++*at;
    return true;
}

/* 'text', a quote inside is written twice. */
static json_t *read_text(struct sim_scope *scope, const char **at)
{
    struct sim_str s = {0};
    const char *p = *at + 1;
    sim_str_text(&s, "");
    for (;; p++) {
        if (*p == '\0') {
            free(s.data);
            return sim_template_fail(scope, "Unable to parse language expression: a text does not end.");
        }
        if (*p == '\'' && *++p != '\'')
            break;
        sim_str_add(&s, p, 1);
    }
    *at = p;
    json_t *out = json_stringn(s.data, s.length);
    free(s.data);
    return out;
}

static json_t *read_arguments(struct sim_scope *scope, const char **at)
{
    json_t *out = json_array();
    if (take(at, ')'))
        return out;
    do {
        json_t *argument = read_expression(scope, at);
        if (!argument || json_array_append_new(out, argument) != 0) {
            json_decref(out);
            return NULL;
        }
    } while (take(at, ','));
    if (take(at, ')'))
        return out;
    json_decref(out);
    return sim_template_fail(scope, "Unable to parse language expression: a bracket is missing at '%.40s'.",
                             *at);
}

static char *read_word(const char **at)
{
    size_t n = 0;
    skip_blanks(at);
    while (isalnum((unsigned char)(*at)[n]) || (*at)[n] == '_')
        n++;
    char *word = sim_copy_n(*at, n);
    *at += n;
    return word;
}

static json_t *read_call(struct sim_scope *scope, const char **at)
{
    char *name = read_word(at);
    json_t *arguments = *name && take(at, '(')
                            ? read_arguments(scope, at)
                            : sim_template_fail(scope,
                                                "Unable to parse language expression: a function is "
                                                "expected at '%.40s'.",
                                                *at);
    json_t *out = arguments ? sim_template_call(scope, name, arguments) : NULL;
    json_decref(arguments);
    free(name);
    return out;
}

/* A text, a whole number or a call, then members of its result: resourceGroup().location. */
static json_t *read_expression(struct sim_scope *scope, const char **at)
{
    skip_blanks(at);
    if (scope->depth >= SIM_TEMPLATE_DEPTH)
        return sim_template_fail(scope, "Circular dependencies detected in the template's variables.");
    scope->depth++;
    char *end;
    json_t *out = **at == '\''                   ? read_text(scope, at)
                  : isdigit((unsigned char)**at) ? json_integer(strtoll(*at, &end, 10))
                                                 : read_call(scope, at);
    if (json_is_integer(out) && isdigit((unsigned char)**at))
        *at += strspn(*at, "0123456789");
    while (out && take(at, '.')) {
        char *name = read_word(at);
        json_t *inner = json_deep_copy(sim_template_member(out, name));
        if (!inner)
            sim_template_fail(scope, "The language expression property '%s' doesn't exist.", name);
        json_decref(out);
        out = inner;
        free(name);
    }
    scope->depth--;
    return out;
}

/* [expression]; [[ is a bracket; a text that does not end in a bracket is just a text. */
static json_t *evaluate_text(struct sim_scope *scope, const json_t *value)
{
    const char *text = json_string_value(value);
    size_t n = strlen(text);
    if (n < 2 || text[0] != '[' || text[n - 1] != ']')
        return json_string(text);
    if (text[1] == '[')
        return json_string(text + 1);
    char *inner = sim_copy_n(text + 1, n - 2);
    const char *at = inner;
    json_t *out = read_expression(scope, &at);
    skip_blanks(&at);
    if (out && *at) {
        json_decref(out);
        out = sim_template_fail(scope, "Unable to parse language expression '%.80s': '%.40s' is left over.",
                                inner, at);
    }
    free(inner);
    return out;
}

json_t *sim_template_evaluate(struct sim_scope *scope, const json_t *value)
{
    const char *name;
    json_t *each, *made, *out;
    size_t i;
    if (json_is_string(value))
        return evaluate_text(scope, value);
    if (!json_is_object(value) && !json_is_array(value))
        return json_deep_copy(value);
    out = json_is_object(value) ? json_object() : json_array();
    json_object_foreach(sim_at(json_is_object(value) ? value : NULL, ""), name, each)
    {
        made = sim_template_evaluate(scope, each);
        if (made)
            json_object_set_new(out, name, made);
    }
    json_array_foreach(value, i, each)
    {
        made = sim_template_evaluate(scope, each);
        if (made)
            json_array_append_new(out, made);
    }
    if (!scope->error)
        return out;
    json_decref(out);
    return NULL;
}

static char *names_of(const json_t *object, const json_t *but)
{
    struct sim_str s = {0};
    const char *name;
    json_t *each;
    sim_str_text(&s, "");
    json_object_foreach(sim_at(object, ""), name, each)
    {
        if (but && sim_template_member(but, name))
            continue;
        sim_str_text(&s, s.length ? ", " : "");
        sim_str_text(&s, name);
    }
    return s.data;
}

bool sim_template_parameters(struct sim_scope *scope)
{
    const json_t *declared = json_object_get(scope->template, "parameters");
    char *strange = names_of(scope->parameters, declared);
    char *all = names_of(declared, NULL);
    const char *name;
    json_t *each;
    if (*strange)
        sim_template_fail(
            scope,
            "The template parameters '%s' in the parameters file are not valid; they are not present in "
            "the original template and can therefore not be provided at deployment time. The only "
            "supported parameters for this template are '%s'. Please see "
            "https://aka.ms/arm-pass-parameter-values for usage details.",
            strange, all);
    json_object_foreach(sim_at(declared, ""), name, each)
    {
        if (!json_object_get(sim_template_member(scope->parameters, name), "value") &&
            !json_object_get(each, "defaultValue"))
            sim_template_fail(scope,
                              "The value for the template parameter '%s' is not provided. Please see "
                              "https://aka.ms/arm-create-parameter-file for usage details.",
                              name);
    }
    free(strange);
    free(all);
    return !scope->error;
}
