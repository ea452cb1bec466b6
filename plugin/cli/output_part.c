/* SPDX-License-Identifier: MPL-2.0 */
/* What a report holds for one tool, without the rest of it: for pasting, and for a file. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/buf.h"
#include "cli/output.h"

/** Longest text of one tool, bytes. */
enum { TEXT_MAX = 4 * 1024 * 1024 };

static int take_bytes(const char *data, size_t len, void *out)
{
    return acgp_buf_append(out, data, len) ? 0 : -1;
}

/* {"method", "url", "headers", "body"} as it goes over the line. */
static bool put_rest(struct acgp_buf *out, json_t *rest)
{
    const char *method = json_string_value(json_object_get(rest, "method"));
    const char *url = json_string_value(json_object_get(rest, "url")), *name = NULL;
    json_t *value = NULL;
    bool fine = method != NULL && url != NULL && acgp_buf_printf(out, "%s %s\n", method, url);

    json_object_foreach(json_object_get(rest, "headers"), name, value)
    {
        fine = fine && acgp_buf_printf(out, "%s: %s\n", name, json_string_value(value));
    }
    return fine && acgp_buf_text(out, "\n") &&
           json_dump_callback(json_object_get(rest, "body"), take_bytes, out, JSON_INDENT(2)) == 0;
}

/* A fence longer than any run of backticks inside. */
static void put_fence(struct acgp_buf *out, const char *text)
{
    size_t longest = 2, run = 0;

    for (; *text != '\0'; text++) {
        run = *text == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    for (size_t i = 0; i <= longest; i++)
        acgp_buf_append(out, "`", 1);
}

static bool print_markdown(const char *language, const char *text)
{
    struct acgp_buf out;

    acgp_buf_init(&out, 2 * (size_t)TEXT_MAX);
    put_fence(&out, text);
    acgp_buf_printf(&out, "%s\n%s\n", language, text);
    put_fence(&out, text);
    bool fine = !out.failed && puts(out.data) >= 0;
    acgp_buf_done(&out);
    return fine;
}

bool pkr_output_part(enum pkr_output form, const char *only, const struct acg_report *report)
{
    const char *language = strcmp(only, "az") == 0 ? "sh" : strcmp(only, "rest") == 0 ? "http" : only;
    json_t *root = json_loads(acg_report_json(report), 0, NULL), *member = json_object_get(root, only);
    struct acgp_buf text;

    acgp_buf_init(&text, TEXT_MAX);
    bool fine =
        json_is_string(member) ? acgp_buf_text(&text, json_string_value(member)) : put_rest(&text, member);
    if (fine)
        fine = form == PKR_OUTPUT_MARKDOWN ? print_markdown(language, text.data) : puts(text.data) >= 0;
    acgp_buf_done(&text);
    json_decref(root);
    return fine && fflush(stdout) == 0;
}
