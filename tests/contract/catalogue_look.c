/* SPDX-License-Identifier: MPL-2.0 */
/* Reads {"code", "http", "message"} or {"details"}, one JSON object a line, and writes what the library says
 * of each: {"rule", "cause", "next_step"}, or null. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <acg/acg.h>

enum { LINE_BYTES = 64 * 1024 };

static void copy(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text != NULL ? text : "");
}

static bool look(const json_t *line, struct acg_remedy *out)
{
    const char *details = json_string_value(json_object_get(line, "details"));
    struct acg_error err = {.status = ACG_ERR_SERVICE};

    if (details != NULL)
        return acg_details_explain(details, out);
    err.http_status = (int)json_integer_value(json_object_get(line, "http"));
    copy(err.arm_code, sizeof err.arm_code, json_string_value(json_object_get(line, "code")));
    copy(err.message, sizeof err.message, json_string_value(json_object_get(line, "message")));
    return acg_error_explain(&err, out);
}

static bool answer(const char *text)
{
    struct acg_remedy remedy;
    json_t *line = json_loads(text, 0, NULL), *said = NULL;

    if (line == NULL)
        return false;
    said = look(line, &remedy) ? json_pack("{s:s, s:s, s:s}", "rule", remedy.rule, "cause", remedy.cause,
                                           "next_step", remedy.next_step)
                               : json_null();
    bool fine = json_dumpf(said, stdout, JSON_COMPACT | JSON_ENCODE_ANY) == 0 && puts("") >= 0;
    json_decref(said);
    json_decref(line);
    return fine;
}

int main(void)
{
    static char text[LINE_BYTES];

    while (fgets(text, sizeof text, stdin) != NULL)
        if (!answer(text))
            return 1;
    return 0;
}
