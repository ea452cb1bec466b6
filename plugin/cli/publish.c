/* SPDX-License-Identifier: MPL-2.0 */
/* acg publish: from a command line or a file to a version, or to the request that would make it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "cli/again.h"
#include "cli/cli.h"
#include "cli/command.h"
#include "cli/file.h"
#include "cli/help.h"
#include "cli/watch.h"

/** Longest help text, bytes. */
enum { TEXT_MAX = 256 * 1024 };

static int print_help(void)
{
    struct acgp_buf text;

    acgp_buf_init(&text, TEXT_MAX);
    bool fine = pkr_help_publish(&text) && fputs(text.data, stdout) >= 0 && fflush(stdout) == 0;
    acgp_buf_done(&text);
    return fine ? 0 : acg_status_exit_code(ACG_ERR_INTERNAL);
}

static void print_notes(const struct pkr_command *c, const struct acg_preview *preview)
{
    const char *note = NULL;

    if (c->chatter == PKR_CHATTER_ERRORS)
        return;
    for (size_t i = 0; (note = acg_preview_note(preview, i)) != NULL; i++) {
        (void)fputs("note: ", stderr);
        pkr_print_error(c->config, note);
    }
}

static int dry_run(const struct pkr_command *c)
{
    struct acg_error err = {.status = ACG_OK};
    struct acg_findings *findings = NULL;
    struct acg_preview *preview = NULL;
    int exit_code = 0;
    enum acg_status status = acg_findings_new(&findings, &err);

    if (status == ACG_OK)
        status = acg_preview_new(pkr_config_endpoint(c->config), pkr_config_options(c->config), findings,
                                 &preview, &err);
    if (status != ACG_OK) {
        exit_code = pkr_end_early(c->config, c->output, findings, &err);
    } else {
        print_notes(c, preview);
        if (!pkr_output_preview(c->output, preview))
            exit_code = acg_status_exit_code(ACG_ERR_INTERNAL);
    }
    acg_preview_free(preview);
    acg_findings_free(findings);
    return exit_code;
}

static enum acg_status begin(const void *context, struct acg_publisher *publisher, struct acg_publish **out,
                             struct acg_error *err)
{
    const struct pkr_command *c = context;

    return acg_publisher_submit(publisher, pkr_config_options(c->config), out, err);
}

/* Hours later it would be too late. */
static enum acg_status check_report_file(struct pkr_command *c, struct acg_error *err)
{
    const char *path = pkr_command_value(c, PKR_OPT_REPORT);

    if (path == NULL || pkr_file_is_writable(path))
        return ACG_OK;
    char *message = acgp_printf("%s cannot be written: %s", path, strerror(errno));
    enum acg_status status =
        pkr_config_add_fault(c->config, "config", "--report", message != NULL ? message : "cannot be written",
                             "name a file in a folder that is there", err);
    acgp_free(message);
    return status;
}

static int watch(const struct pkr_command *c)
{
    const char *file = pkr_command_value(c, PKR_OPT_FILE);
    char *again = pkr_again_line("publish", c->typed, c->typed_count);
    struct pkr_operation operation = {.begin = begin,
                                      .context = c,
                                      .report_file = pkr_command_value(c, PKR_OPT_REPORT),
                                      .again = again,
                                      .again_reads_input = acgp_equal(file, "-"),
                                      .detached = pkr_config_options(c->config)->wait != ACG_WAIT_ALL};
    int exit_code = pkr_watch(c->config, &operation, c->chatter, c->output);

    acgp_free(again);
    return exit_code;
}

static int run(struct pkr_command *c)
{
    bool dry = pkr_command_given(c, PKR_OPT_DRY_RUN);
    struct acg_error err = {.status = ACG_OK};
    enum acg_status status = pkr_command_configure(c, &err);

    if (status == ACG_OK && !dry && acg_findings_errors(pkr_config_findings(c->config)) == 0)
        status = check_report_file(c, &err);
    if (status != ACG_OK)
        return pkr_end_early(c->config, c->output, NULL, &err);
    status = pkr_config_check(c->config, dry ? PKR_PHASE_PREVIEW : PKR_PHASE_PUBLISH, &err);
    if (status != ACG_OK)
        return pkr_end_early(c->config, c->output, pkr_config_findings(c->config), &err);
    pkr_command_warn(c);
    return dry ? dry_run(c) : watch(c);
}

int pkr_cli_publish(const char *const *words, size_t count)
{
    struct pkr_command c = {.chatter = PKR_CHATTER_PLAIN};
    struct acg_error err = {.status = ACG_OK};
    enum acg_status status = pkr_command_init(&c, &pkr_publish_options, words, count, &err);
    int exit_code = 0;

    if (status != ACG_OK)
        exit_code = pkr_end_early(c.config, c.output, NULL, &err);
    else
        exit_code = pkr_command_given(&c, PKR_OPT_HELP) ? print_help() : run(&c);
    pkr_command_done(&c);
    return exit_code;
}
