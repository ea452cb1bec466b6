/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "cli/az.h"
#include "cli/file.h"

/** Longest list of notes, bytes. */
enum { TEXT_MAX = 256 * 1024 };

static const char *lookup(void *context, const char *name)
{
    (void)context;
    return getenv(name);
}

bool pkr_command_given(const struct pkr_command *c, enum pkr_option_id id)
{
    return pkr_words_find(&c->words, id) != NULL;
}

const char *pkr_command_value(const struct pkr_command *c, enum pkr_option_id id)
{
    return pkr_words_value(&c->words, id);
}

/* ---- the file ---- */

/* A file is the whole configuration: an option beside it would win or lose without a word. */
static enum acg_status refuse_beside_file(struct pkr_command *c, struct acg_error *err)
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

static enum acg_status refuse(struct pkr_command *c, enum pkr_option_id id, const char *name,
                              const char *message, const char *fix, struct acg_error *err)
{
    return pkr_command_given(c, id) ? pkr_config_add_fault(c->config, "config", name, message, fix, err)
                                    : ACG_OK;
}

static enum acg_status refuse_form(struct pkr_command *c, struct acg_error *err)
{
    return pkr_config_add_fault(c->config, "config", "--output",
                                c->reports ? "is none of text, json, markdown and none"
                                           : "is none of json, tsv and none",
                                "write --output json", err);
}

static enum acg_status take_output(struct pkr_command *c, struct acg_error *err)
{
    const char *form = pkr_command_value(c, PKR_OPT_OUTPUT);

    c->chatter = pkr_command_given(c, PKR_OPT_DEBUG)     ? PKR_CHATTER_DEBUG
                 : pkr_command_given(c, PKR_OPT_VERBOSE) ? PKR_CHATTER_VERBOSE
                 : pkr_command_given(c, PKR_OPT_QUIET)   ? PKR_CHATTER_ERRORS
                                                         : PKR_CHATTER_PLAIN;
    enum acg_status status =
        refuse(c, PKR_OPT_SECRET, "--client-secret", "would show the secret to other processes",
               "set the environment variable AZURE_CLIENT_SECRET, or client_secret in --file", err);
    if (status == ACG_OK)
        status = refuse(c, PKR_OPT_QUERY, "--query", "is an option of az only",
                        "cut the JSON result with a tool such as jq", err);
    if (status == ACG_OK && pkr_command_given(c, PKR_OPT_REPORT) &&
        !pkr_file_is_report(pkr_command_value(c, PKR_OPT_REPORT)))
        status = pkr_config_add_fault(c->config, "config", "--report", "ends neither in .md nor in .json",
                                      "name the file for its form: proof.md or proof.json", err);
    if (status == ACG_OK && form != NULL &&
        !(c->reports ? pkr_output_parse_report(form, &c->output) : pkr_output_parse(form, &c->output)))
        status = refuse_form(c, err);
    return status;
}

/* ---- steps ---- */

enum acg_status pkr_command_init(struct pkr_command *c, const struct pkr_option_table *table,
                                 const char *const *words, size_t count, struct acg_error *err)
{
    enum acg_status status = pkr_config_new(&c->config, err);

    acgp_buf_init(&c->notes, TEXT_MAX);
    c->typed = words;
    c->typed_count = count;
    if (status == ACG_OK)
        status = pkr_words_read(table, words, count, c->config, &c->words, err);
    return status;
}

void pkr_command_done(struct pkr_command *c)
{
    acgp_buf_done(&c->notes);
    pkr_words_done(&c->words);
    pkr_config_free(c->config);
}

enum acg_status pkr_command_configure(struct pkr_command *c, struct acg_error *err)
{
    const char *file = pkr_command_value(c, PKR_OPT_FILE);
    enum acg_status status = take_output(c, err);

    if (status == ACG_OK && file != NULL)
        status = refuse_beside_file(c, err);
    if (status == ACG_OK)
        status = file != NULL ? pkr_file_add(c->config, file, err)
                              : pkr_az_configure(&c->words, c->config, &c->notes, err);
    if (status == ACG_OK)
        status = pkr_az_beside(&c->words, c->config, err);
    if (status == ACG_OK)
        status = pkr_config_environment(c->config, lookup, NULL, err);
    if (status == ACG_OK)
        pkr_config_build_number(c->config, lookup, NULL);
    return status;
}

void pkr_command_warn(const struct pkr_command *c)
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
