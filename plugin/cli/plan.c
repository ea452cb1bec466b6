/* SPDX-License-Identifier: MPL-2.0 */
/* acg plan: from a command line or a file to everything that speaks against a publish. */
#include <stdio.h>

#include "base/error.h"
#include "cli/cli.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/watch.h"

static const char kind[] = "plan";

/** Longest help text, bytes. */
enum { TEXT_MAX = 256 * 1024 };

static int print_help(void)
{
    struct acgp_buf text;

    acgp_buf_init(&text, TEXT_MAX);
    bool fine = pkr_help_plan(&text) && fputs(text.data, stdout) >= 0 && fflush(stdout) == 0;
    acgp_buf_done(&text);
    return fine ? 0 : acg_status_exit_code(ACG_ERR_INTERNAL);
}

static enum acg_status begin(const void *context, struct acg_publisher *publisher, struct acg_publish **out,
                             struct acg_error *err)
{
    const struct pkr_command *c = context;

    return acg_publisher_plan(publisher, pkr_config_options(c->config), out, err);
}

/* The configuration was checked, and that was all. */
static int end_offline(const struct pkr_command *c)
{
    struct acg_error none = {.status = ACG_OK};
    struct pkr_outcome outcome = {
        .report_kind = kind, .error = &none, .findings = pkr_config_findings(c->config)};

    if (c->chatter != PKR_CHATTER_ERRORS)
        pkr_print_error(c->config, "nothing that can be seen without network speaks against this publish");
    return pkr_output_result(c->output, &outcome) ? 0 : acg_status_exit_code(ACG_ERR_INTERNAL);
}

/* A plan finds the faults of the rules itself, beside what Azure's answers show. A fault of form or of the
 * login lets no plan begin: then everything that needs no network is told at once. */
static enum acg_status check(struct pkr_command *c, bool offline, struct acg_error *err)
{
    enum acg_status status = ACG_OK;

    if (offline)
        return pkr_config_check(c->config, PKR_PHASE_OFFLINE, err);
    status = pkr_config_check(c->config, PKR_PHASE_PLAN, err);
    return status == ACG_ERR_ARGUMENT ? pkr_config_check(c->config, PKR_PHASE_PUBLISH, err) : status;
}

static int run(struct pkr_command *c)
{
    struct pkr_operation operation = {
        .begin = begin, .context = c, .report = kind, .report_has_findings = true};
    bool offline = pkr_command_given(c, PKR_OPT_OFFLINE);
    struct acg_error err = {.status = ACG_OK};
    enum acg_status status = pkr_command_configure(c, &err);

    if (status != ACG_OK)
        return pkr_end_early_report(c->config, kind, c->output, NULL, &err);
    status = check(c, offline, &err);
    if (status != ACG_OK)
        return pkr_end_early_report(c->config, kind, c->output, pkr_config_findings(c->config), &err);
    pkr_command_warn(c);
    return offline ? end_offline(c) : pkr_watch(c->config, &operation, c->chatter, c->output);
}

int pkr_cli_plan(const char *const *words, size_t count)
{
    struct pkr_command c = {.reports = true, .output = PKR_OUTPUT_TEXT, .chatter = PKR_CHATTER_PLAIN};
    struct acg_error err = {.status = ACG_OK};
    enum acg_status status = pkr_command_init(&c, &pkr_plan_options, words, count, &err);
    int exit_code = 0;

    if (status != ACG_OK)
        exit_code = pkr_end_early_report(c.config, kind, c.output, NULL, &err);
    else
        exit_code = pkr_command_given(&c, PKR_OPT_HELP) ? print_help() : run(&c);
    pkr_command_done(&c);
    return exit_code;
}
