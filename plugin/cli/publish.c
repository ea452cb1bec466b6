/* SPDX-License-Identifier: MPL-2.0 */
/* acg publish and acg plan: from a command line or a file to a checked configuration. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "cli/az.h"
#include "cli/cli.h"
#include "cli/file.h"
#include "cli/help.h"
#include "cli/watch.h"

/** Longest help text and longest list of notes, bytes. */
enum { TEXT_MAX = 256 * 1024 };

/* What the command line says beside the configuration. */
struct command {
    bool plan; /* nothing is written */
    struct pkr_config *config;
    struct pkr_words words;
    struct acgp_buf notes;
    enum pkr_output output;
    enum pkr_chatter chatter;
    bool dry_run;
    bool offline; /* a plan of what needs no network */
};

static const char *lookup(void *context, const char *name)
{
    (void)context;
    return getenv(name);
}

static bool given(const struct command *c, enum pkr_option_id id)
{
    return pkr_words_find(&c->words, id) != NULL;
}

static const char *value(const struct command *c, enum pkr_option_id id)
{
    return pkr_words_value(&c->words, id);
}

/* ---- the file ---- */

/* A file is the whole configuration: an option beside it would win or lose without a word. */
static enum acg_status refuse_beside_file(struct command *c, struct acg_error *err)
{
    enum acg_status status = ACG_OK;

    for (size_t i = 0; i < c->words.table->count && status == ACG_OK; i++) {
        const struct pkr_option *o = c->words.given[i].option;
        if (o != NULL && !o->beside_file)
            status = pkr_config_add_fault(c->config, "config", o->name, "stands beside --file",
                                          "write it into the file, or give everything by options", err);
    }
    return status;
}

/* ---- options that are not the configuration ---- */

static enum acg_status refuse(struct command *c, enum pkr_option_id id, const char *name, const char *message,
                              const char *fix, struct acg_error *err)
{
    return given(c, id) ? pkr_config_add_fault(c->config, "config", name, message, fix, err) : ACG_OK;
}

static enum acg_status take_output(struct command *c, struct acg_error *err)
{
    const char *form = value(c, PKR_OPT_OUTPUT);

    c->dry_run = given(c, PKR_OPT_DRY_RUN);
    c->offline = given(c, PKR_OPT_OFFLINE);
    c->chatter = given(c, PKR_OPT_DEBUG)     ? PKR_CHATTER_DEBUG
                 : given(c, PKR_OPT_VERBOSE) ? PKR_CHATTER_VERBOSE
                 : given(c, PKR_OPT_QUIET)   ? PKR_CHATTER_ERRORS
                                             : PKR_CHATTER_PLAIN;
    enum acg_status status =
        refuse(c, PKR_OPT_SECRET, "--client-secret", "would show the secret to other processes",
               "set the environment variable AZURE_CLIENT_SECRET, or client_secret in --file", err);
    if (status == ACG_OK)
        status = refuse(c, PKR_OPT_QUERY, "--query", "is an option of az only",
                        "cut the JSON result with a tool such as jq", err);
    bool known = form == NULL ||
                 (c->plan ? pkr_output_parse_report(form, &c->output) : pkr_output_parse(form, &c->output));
    if (status == ACG_OK && given(c, PKR_OPT_REPORT) && !pkr_file_is_report(value(c, PKR_OPT_REPORT)))
        status = pkr_config_add_fault(c->config, "config", "--report", "ends neither in .md nor in .json",
                                      "name the file for its form: proof.md or proof.json", err);
    if (status == ACG_OK && !known)
        status = pkr_config_add_fault(c->config, "config", "--output",
                                      c->plan ? "is none of text, json, markdown and none"
                                              : "is none of json, tsv and none",
                                      "write --output json", err);
    return status;
}

/* --no-wait and --timeout win over the file's fields. */
static enum acg_status overlay(struct command *c, struct acg_error *err)
{
    json_t *root = json_object();
    enum acg_status status = ACG_OK;
    bool fine = root != NULL;

    if (fine && given(c, PKR_OPT_NO_WAIT))
        fine = json_object_set_new(root, "wait", json_string("accepted")) == 0;
    if (fine && given(c, PKR_OPT_TIMEOUT))
        fine = json_object_set_new(root, "timeout", json_string(value(c, PKR_OPT_TIMEOUT))) == 0;
    if (!fine)
        status = acgp_fail_nomem(err);
    if (status == ACG_OK && given(c, PKR_OPT_TIMEOUT))
        status = pkr_config_rename(c->config, "timeout", "--timeout", err);
    if (status == ACG_OK)
        status = pkr_config_add_json(c->config, root, PKR_CONFIG_STRICT, err);
    json_decref(root);
    return status;
}

/* ---- steps ---- */

static enum acg_status configure(struct command *c, struct acg_error *err)
{
    const char *file = value(c, PKR_OPT_FILE);
    enum acg_status status = take_output(c, err);

    if (status == ACG_OK && file != NULL)
        status = refuse_beside_file(c, err);
    if (status == ACG_OK)
        status = file != NULL ? pkr_file_add(c->config, file, err)
                              : pkr_az_configure(&c->words, c->config, &c->notes, err);
    if (status == ACG_OK)
        status = overlay(c, err);
    if (status == ACG_OK)
        status = pkr_config_environment(c->config, lookup, NULL, err);
    return status;
}

static int print_help(const struct command *c)
{
    struct acgp_buf text;

    acgp_buf_init(&text, TEXT_MAX);
    bool fine = (c->plan ? pkr_help_plan(&text) : pkr_help_publish(&text)) && fputs(text.data, stdout) >= 0 &&
                fflush(stdout) == 0;
    acgp_buf_done(&text);
    return fine ? 0 : acg_status_exit_code(ACG_ERR_INTERNAL);
}

static int end_early(const struct command *c, const struct acg_findings *findings,
                     const struct acg_error *err)
{
    return pkr_end_early_report(c->config, c->plan ? "plan" : NULL, c->output, findings, err);
}

static void print_notes(const struct command *c, const struct acg_preview *preview)
{
    const char *note = NULL;

    if (c->chatter == PKR_CHATTER_ERRORS)
        return;
    for (size_t i = 0; (note = acg_preview_note(preview, i)) != NULL; i++) {
        (void)fputs("note: ", stderr);
        pkr_print_error(c->config, note);
    }
}

static int dry_run(const struct command *c)
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
        exit_code = end_early(c, findings, &err);
    } else {
        print_notes(c, preview);
        if (!pkr_output_preview(c->output, preview))
            exit_code = acg_status_exit_code(ACG_ERR_INTERNAL);
    }
    acg_preview_free(preview);
    acg_findings_free(findings);
    return exit_code;
}

static void print_warnings(const struct command *c)
{
    const struct acg_findings *findings = pkr_config_findings(c->config);
    char *text = acg_findings_count(findings) > 0 && c->chatter != PKR_CHATTER_ERRORS
                     ? pkr_findings_text(findings)
                     : NULL;

    if (text != NULL)
        pkr_print_error(c->config, text);
    acgp_free(text);
    if (c->notes.len > 0 && c->chatter != PKR_CHATTER_ERRORS)
        (void)fputs(c->notes.data, stderr);
}

static enum acg_status begin(const void *context, struct acg_publisher *publisher, struct acg_publish **out,
                             struct acg_error *err)
{
    const struct command *c = context;
    const struct acg_publish_options *options = pkr_config_options(c->config);

    return c->plan ? acg_publisher_plan(publisher, options, out, err)
                   : acg_publisher_submit(publisher, options, out, err);
}

/* The configuration was checked, and that was all. */
static int end_offline(const struct command *c)
{
    struct acg_error none = {.status = ACG_OK};
    struct pkr_outcome outcome = {
        .report_kind = "plan", .error = &none, .findings = pkr_config_findings(c->config)};

    if (c->chatter != PKR_CHATTER_ERRORS)
        pkr_print_error(c->config, "nothing that can be seen without network speaks against this publish");
    return pkr_output_result(c->output, &outcome) ? 0 : acg_status_exit_code(ACG_ERR_INTERNAL);
}

static enum pkr_phase phase_of(const struct command *c)
{
    return c->dry_run ? PKR_PHASE_PREVIEW : c->offline ? PKR_PHASE_OFFLINE : PKR_PHASE_PUBLISH;
}

static int run(struct command *c)
{
    struct pkr_operation operation = {.begin = begin,
                                      .context = c,
                                      .report = c->plan ? "plan" : NULL,
                                      .report_file = value(c, PKR_OPT_REPORT),
                                      .report_has_findings = c->plan};
    struct acg_error err = {.status = ACG_OK};
    enum acg_status status = configure(c, &err);

    if (status != ACG_OK)
        return end_early(c, NULL, &err);
    status = pkr_config_check(c->config, phase_of(c), &err);
    if (status != ACG_OK)
        return end_early(c, pkr_config_findings(c->config), &err);
    print_warnings(c);
    if (c->offline)
        return end_offline(c);
    return c->dry_run ? dry_run(c) : pkr_watch(c->config, &operation, c->chatter, c->output);
}

static int run_words(struct command *c, const struct pkr_option_table *table, const char *const *words,
                     size_t count)
{
    struct acg_error err = {.status = ACG_OK};
    enum acg_status status = pkr_config_new(&c->config, &err);
    int exit_code = 0;

    acgp_buf_init(&c->notes, TEXT_MAX);
    if (status == ACG_OK)
        status = pkr_words_read(table, words, count, c->config, &c->words, &err);
    if (status != ACG_OK)
        exit_code = end_early(c, NULL, &err);
    else
        exit_code = given(c, PKR_OPT_HELP) ? print_help(c) : run(c);
    acgp_buf_done(&c->notes);
    pkr_words_done(&c->words);
    pkr_config_free(c->config);
    return exit_code;
}

int pkr_cli_publish(const char *const *words, size_t count)
{
    struct command c = {.config = NULL, .chatter = PKR_CHATTER_PLAIN};

    return run_words(&c, &pkr_publish_options, words, count);
}

int pkr_cli_plan(const char *const *words, size_t count)
{
    struct command c = {.plan = true, .output = PKR_OUTPUT_TEXT, .chatter = PKR_CHATTER_PLAIN};

    return run_words(&c, &pkr_plan_options, words, count);
}
