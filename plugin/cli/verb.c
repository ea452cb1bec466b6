/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/verb.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"
#include "cli/help.h"
#include "spec/decode.h"

/** Longest help text, bytes. */
enum { TEXT_MAX = 256 * 1024 };

static const char *lookup(void *context, const char *name)
{
    (void)context;
    return getenv(name);
}

const char *pkr_verb_value(const struct pkr_verb *v, enum pkr_option_id id)
{
    return pkr_words_value(&v->words, id);
}

bool pkr_verb_given(const struct pkr_verb *v, enum pkr_option_id id)
{
    return pkr_words_find(&v->words, id) != NULL;
}

const char *pkr_verb_subscription(const struct pkr_verb *v)
{
    const char *given = pkr_verb_value(v, PKR_OPT_SUBSCRIPTION);

    return given != NULL ? given : pkr_config_subscription(v->config);
}

enum acg_status pkr_verb_timeout(struct pkr_verb *v, int64_t *out_ms, struct acg_error *err)
{
    const char *text = pkr_verb_value(v, PKR_OPT_TIMEOUT);

    *out_ms = 0;
    if (text == NULL || pkr_duration_parse(acgp_span(text), out_ms))
        return ACG_OK;
    return pkr_config_add_fault(v->config, "config", "--timeout",
                                "must be a duration of hours, minutes and seconds, up to a year",
                                "write it as in 90s, 30m or 1h30m", err);
}

static int print_help(const struct pkr_option_table *table, const char *head)
{
    struct acgp_buf text;

    acgp_buf_init(&text, TEXT_MAX);
    bool fine = acgp_buf_text(&text, head) && pkr_help_options(table, &text) &&
                fputs(text.data, stdout) >= 0 && fflush(stdout) == 0;
    acgp_buf_done(&text);
    return fine ? 0 : acg_status_exit_code(ACG_ERR_INTERNAL);
}

static enum acg_status take_output(struct pkr_verb *v, struct acg_error *err)
{
    const char *form = pkr_verb_value(v, PKR_OPT_OUTPUT);

    v->chatter = pkr_verb_given(v, PKR_OPT_DEBUG)     ? PKR_CHATTER_DEBUG
                 : pkr_verb_given(v, PKR_OPT_VERBOSE) ? PKR_CHATTER_VERBOSE
                 : pkr_verb_given(v, PKR_OPT_QUIET)   ? PKR_CHATTER_ERRORS
                                                      : PKR_CHATTER_PLAIN;
    if (form == NULL || pkr_output_parse_report(form, &v->output))
        return ACG_OK;
    return pkr_config_add_fault(v->config, "config", "--output", "is none of text, json, markdown and none",
                                "write --output json", err);
}

static int run(struct pkr_verb *v, pkr_verb_prepare *prepare, void *context)
{
    struct acg_error err = {.status = ACG_OK};
    struct pkr_operation operation = {.report = v->report};
    enum acg_status status = take_output(v, &err);

    if (status == ACG_OK)
        status = pkr_config_environment(v->config, lookup, NULL, &err);
    if (status == ACG_OK)
        status = prepare(v, context, &operation, &err);
    if (status == ACG_OK)
        pkr_config_build_number(v->config, lookup, NULL);
    if (status == ACG_OK)
        status = pkr_config_check(v->config, v->phase, &err);
    if (status != ACG_OK)
        return pkr_end_early_report(v->config, v->report, v->output, pkr_config_findings(v->config), &err);
    return pkr_watch(v->config, &operation, v->chatter, v->output);
}

int pkr_verb_run(const struct pkr_option_table *table, const char *report, const char *head,
                 pkr_verb_prepare *prepare, void *context, const char *const *words, size_t count)
{
    struct pkr_verb v = {
        .report = report, .output = PKR_OUTPUT_TEXT, .chatter = PKR_CHATTER_PLAIN, .phase = PKR_PHASE_LOGIN};
    struct acg_error err = {.status = ACG_OK};
    enum acg_status status = pkr_config_new(&v.config, &err);
    int exit_code = 0;

    if (status == ACG_OK)
        status = pkr_words_read(table, words, count, v.config, &v.words, &err);
    if (status != ACG_OK)
        exit_code = pkr_end_early_report(v.config, report, v.output, NULL, &err);
    else
        exit_code = pkr_verb_given(&v, PKR_OPT_HELP) ? print_help(table, head) : run(&v, prepare, context);
    pkr_words_done(&v.words);
    pkr_config_free(v.config);
    return exit_code;
}
