/* SPDX-License-Identifier: MPL-2.0 */
/* template_render TABLE: renders each text of a table and prints, in its order, a JSON list of
 * {"text": hexadecimal} or {"error": message}. A table is {"contexts": {NAME: {...}}, "groups": [{"context":
 * NAME, "cases": [TEXT, ...]}, ...]}. */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/span.h"
#include "testlib/template_data.h"

/** Largest result, bytes. */
enum { RESULT_MAX = 4 * 1024 * 1024 };

static json_t *hex(struct acg_span text)
{
    char *digits = malloc(text.len * 2 + 1);
    json_t *value = NULL;

    if (digits == NULL)
        abort();
    digits[0] = '\0';
    for (size_t i = 0; i < text.len; i++)
        (void)snprintf(digits + 2 * i, 3, "%02x", (unsigned)(unsigned char)text.data[i]);
    value = json_string(digits);
    free(digits);
    return value;
}

static json_t *render(const json_t *text, const struct pkr_template_data *data)
{
    struct acg_span span = acgp_span_of(json_string_value(text), json_string_length(text));
    json_t *answer = json_object();
    struct acg_error err = {.message = ""};
    struct acgp_buf out;
    bool later = false;

    acgp_buf_init(&out, RESULT_MAX);
    if (pkr_template_render(span, data, &out, &later, &err) == ACG_OK)
        (void)json_object_set_new(answer, "text", hex(acgp_buf_view(&out)));
    else
        (void)json_object_set_new(answer, "error", json_string(err.message));
    acgp_buf_done(&out);
    return answer;
}

static void render_group(const json_t *table, const json_t *group, json_t *answers)
{
    const char *name = json_string_value(json_object_get(group, "context"));
    const json_t *cases = json_object_get(group, "cases");
    struct template_context context;

    template_context_of(json_object_get(json_object_get(table, "contexts"), name), &context);
    for (size_t i = 0; i < json_array_size(cases); i++)
        (void)json_array_append_new(answers, render(json_array_get(cases, i), &context.data));
    template_context_done(&context);
}

int main(int argc, char **argv)
{
    json_error_t error = {.text = "no table was given"};
    json_t *table = argc == 2 ? json_load_file(argv[1], JSON_ALLOW_NUL, &error) : NULL,
           *answers = json_array();
    const json_t *groups = json_object_get(table, "groups");

    if (table == NULL) {
        (void)fprintf(stderr, "template_render TABLE: %s\n", error.text);
        return 1;
    }
    for (size_t i = 0; i < json_array_size(groups); i++)
        render_group(table, json_array_get(groups, i), answers);
    (void)json_dumpf(answers, stdout, JSON_COMPACT);
    json_decref(answers);
    json_decref(table);
    return 0;
}
