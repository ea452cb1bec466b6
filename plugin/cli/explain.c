/* SPDX-License-Identifier: MPL-2.0 */
/* acg explain: a publish as requests of other tools. */
#include <stdio.h>

#include <jansson.h>

#include "base/error.h"
#include "base/span.h"
#include "cli/cli.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/watch.h"

static const char kind[] = "explain";

/** Longest text of help, bytes. */
enum { TEXT_MAX = 256 * 1024 };

/* ---- its end ---- */

static void print_notes(const struct pkr_command *c, const json_t *notes)
{
    for (size_t i = 0; i < json_array_size(notes) && c->chatter != PKR_CHATTER_ERRORS; i++) {
        (void)fputs("note: ", stderr);
        pkr_print_error(c->config, json_string_value(json_array_get(notes, i)));
    }
}

static bool print(const struct pkr_command *c, const char *only, const struct acg_report *report)
{
    const struct acg_error none = {.status = ACG_OK};
    const struct pkr_outcome outcome = {.report_kind = kind, .report = report, .only = only, .error = &none};
    bool alone = only != NULL && (c->output == PKR_OUTPUT_TEXT || c->output == PKR_OUTPUT_MARKDOWN);
    bool fine = pkr_output_result(c->output, &outcome);

    if (alone) {
        json_t *root = json_loads(acg_report_json(report), 0, NULL);
        print_notes(c, json_object_get(root, "notes"));
        json_decref(root);
    }
    return fine;
}

static int explain(const struct pkr_command *c, const char *only)
{
    struct acg_error err = {.status = ACG_OK};
    struct acg_findings *findings = NULL;
    struct acg_report *report = NULL;
    int exit_code = 0;
    enum acg_status status = acg_findings_new(&findings, &err);

    if (status == ACG_OK)
        status = acg_explain_new(pkr_config_endpoint(c->config), pkr_config_options(c->config), findings,
                                 &report, &err);
    if (status != ACG_OK)
        exit_code = pkr_end_early_report(c->config, kind, c->output, findings, &err);
    else if (!print(c, only, report))
        exit_code = acg_status_exit_code(ACG_ERR_INTERNAL);
    acg_report_free(report);
    acg_findings_free(findings);
    return exit_code;
}

/* @param out the member of the report that --format names; NULL: all. */
static enum acg_status take_format(struct pkr_command *c, const char **out, struct acg_error *err)
{
    const char *form = pkr_command_value(c, PKR_OPT_FORMAT);

    if (form == NULL || acgp_equal(form, "all"))
        return ACG_OK;
    *out = form;
    if (acgp_equal(form, "az") || acgp_equal(form, "powershell") || acgp_equal(form, "rest"))
        return ACG_OK;
    return pkr_config_add_fault(c->config, "config", "--format", "is none of az, powershell, rest and all",
                                "write --format az", err);
}

static int run(struct pkr_command *c)
{
    const char *only = NULL;
    struct acg_error err = {.status = ACG_OK};
    enum acg_status status = pkr_command_configure(c, &err);

    if (status == ACG_OK)
        status = take_format(c, &only, &err);
    if (status != ACG_OK)
        return pkr_end_early_report(c->config, kind, c->output, NULL, &err);
    status = pkr_config_check(c->config, PKR_PHASE_PREVIEW, &err);
    if (status != ACG_OK)
        return pkr_end_early_report(c->config, kind, c->output, pkr_config_findings(c->config), &err);
    pkr_command_warn(c);
    return explain(c, only);
}

static int print_help(void)
{
    struct acgp_buf text;

    acgp_buf_init(&text, TEXT_MAX);
    bool fine = pkr_help_explain(&text) && fputs(text.data, stdout) >= 0 && fflush(stdout) == 0;
    acgp_buf_done(&text);
    return fine ? 0 : acg_status_exit_code(ACG_ERR_INTERNAL);
}

int pkr_cli_explain(const char *const *words, size_t count)
{
    struct pkr_command c = {.reports = true, .output = PKR_OUTPUT_TEXT, .chatter = PKR_CHATTER_PLAIN};
    struct acg_error err = {.status = ACG_OK};
    enum acg_status status = pkr_command_init(&c, &pkr_explain_options, words, count, &err);
    int exit_code = 0;

    if (status != ACG_OK)
        exit_code = pkr_end_early_report(c.config, kind, c.output, NULL, &err);
    else
        exit_code = pkr_command_given(&c, PKR_OPT_HELP) ? print_help() : run(&c);
    pkr_command_done(&c);
    return exit_code;
}
