/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include <acg/acg.h>

#include "base/span.h"
#include "cli/help.h"
#include "cli/progress.h"
#include "spec/fields.h"

/** Longest text of a verb, bytes. */
enum { TEXT_MAX = 256 * 1024 };

static int print_text(bool (*make)(struct acgp_buf *out))
{
    struct acgp_buf text;

    acgp_buf_init(&text, TEXT_MAX);
    bool fine = make(&text) && fputs(text.data, stdout) >= 0 && fflush(stdout) == 0;
    acgp_buf_done(&text);
    return fine ? 0 : acg_status_exit_code(ACG_ERR_INTERNAL);
}

static bool version_text(struct acgp_buf *out)
{
    return acgp_buf_printf(out, "acg %s\n%s jansson/%s\n", acg_version(), acg_runtime(),
                           jansson_version_str());
}

static bool is(const char *word, const char *name, const char *short_name)
{
    return strcmp(word, name) == 0 || (short_name != NULL && strcmp(word, short_name) == 0);
}

static int fields(const char *const *words, size_t count)
{
    if (count == 0)
        return print_text(pkr_fields_help);
    if (count == 1 && is(words[0], "--markdown", NULL))
        return print_text(pkr_fields_markdown);
    if (count == 1 && is(words[0], "--json", NULL))
        return print_text(pkr_fields_json);
    (void)fputs("error: acg fields takes nothing, --markdown or --json\n", stderr);
    return acg_status_exit_code(ACG_ERR_ARGUMENT);
}

/* What acg can do, in the order of its help. Serve is known here for hints alone: it lives above this room.
 */
static const struct verb {
    const char *name;
    int (*run)(const char *const *words, size_t count);
} verbs[] = {
    {"publish", pkr_cli_publish},
    {"plan", pkr_cli_plan},
    {"explain", pkr_cli_explain},
    {"verify", pkr_cli_verify},
    {"wait", pkr_cli_wait},
    {"status", pkr_cli_status},
    {"vm-args", pkr_cli_vm_args},
    {"vm-test", pkr_cli_vm_test},
    {"register", pkr_cli_register},
    {"des", pkr_cli_des},
    {"serve", NULL},
    {"fields", fields},
};

static int usage(const char *word)
{
    const char *names[sizeof verbs / sizeof verbs[0] + 2] = {"--help", "--version"};
    size_t count = 2;

    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        names[count++] = verbs[i].name;
    const char *near = word != NULL ? pkr_nearest(acgp_span(word), names, count) : NULL;

    if (word == NULL)
        (void)fputs("error: no verb is given; acg --help lists them\n", stderr);
    else if (near != NULL)
        (void)fprintf(stderr, "error: \"%.80s\" is no verb of acg; the nearest is %s\n", word, near);
    else
        (void)fprintf(stderr, "error: \"%.80s\" is no verb of acg; acg --help lists them\n", word);
    return acg_status_exit_code(ACG_ERR_ARGUMENT);
}

int pkr_cli_run(const char *const *words, size_t count)
{
    if (count == 0)
        return usage(NULL);
    if (is(words[0], "--help", "-h"))
        return print_text(pkr_help_all);
    if (is(words[0], "--version", NULL))
        return print_text(version_text);
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (verbs[i].run != NULL && is(words[0], verbs[i].name, NULL))
            return verbs[i].run(words + 1, count - 1);
    return usage(words[0]);
}
