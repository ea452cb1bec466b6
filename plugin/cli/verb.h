/* SPDX-License-Identifier: MPL-2.0 */
/** What verbs beside publish share: their options, the login from the environment, the end as a report. */
#ifndef PKR_VERB_H
#define PKR_VERB_H

#include "cli/output.h"
#include "cli/progress.h"
#include "cli/watch.h"
#include "cli/words.h"
#include "spec/config.h"

/** One run of a verb. */
struct pkr_verb {
    const char *report; /* kind of its report */
    struct pkr_config *config;
    struct pkr_words words;
    enum pkr_output output;
    enum pkr_chatter chatter;
    enum pkr_phase
        phase; /* what the configuration is checked for; PKR_PHASE_LOGIN unless prepare says more */
};

/** Rows that every such verb has, at the end of its option table: --output, --timeout, --subscription,
 * --quiet,
 * --verbose, --debug, --help. */
#define PKR_VERB_OPTIONS                                                                                     \
    {.name = "--subscription",                                                                               \
     .kind = PKR_OPTION_TEXT,                                                                                \
     .id = PKR_OPT_SUBSCRIPTION,                                                                             \
     .value = "ID",                                                                                          \
     .help = "subscription; default: AZURE_SUBSCRIPTION_ID"},                                                \
        {.name = "--output",                                                                                 \
         .letter = 'o',                                                                                      \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .id = PKR_OPT_OUTPUT,                                                                               \
         .value = "text|json|markdown|none",                                                                 \
         .help = "form of the report on standard output; default: text"},                                    \
        {.name = "--timeout",                                                                                \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .id = PKR_OPT_TIMEOUT,                                                                              \
         .value = "TIME",                                                                                    \
         .help = "give up after this long: 90s, 30m, 2h"},                                                   \
        {.name = "--quiet",                                                                                  \
         .letter = 'q',                                                                                      \
         .kind = PKR_OPTION_FLAG,                                                                            \
         .id = PKR_OPT_QUIET,                                                                                \
         .help = "say nothing but errors on standard error"},                                                \
        {.name = "--verbose",                                                                                \
         .letter = 'v',                                                                                      \
         .kind = PKR_OPTION_FLAG,                                                                            \
         .id = PKR_OPT_VERBOSE,                                                                              \
         .help = "also say what is read"},                                                                   \
        {.name = "--debug",                                                                                  \
         .kind = PKR_OPTION_FLAG,                                                                            \
         .id = PKR_OPT_DEBUG,                                                                                \
         .help = "also say each request, without secrets"},                                                  \
    {                                                                                                        \
        .name = "--help", .letter = 'h', .kind = PKR_OPTION_FLAG, .id = PKR_OPT_HELP, .help = "print this"   \
    }

/** What to do with a verb once its words are read; faults of the words themselves go to
 *  pkr_config_add_fault(v->config, "config", "--option", message, fix, err).
 *  @return ACG_OK: *out is the operation | a failure, which ends the verb. */
typedef enum acg_status pkr_verb_prepare(struct pkr_verb *v, void *context, struct pkr_operation *out,
                                         struct acg_error *err);

/** Run a verb: read the words, print help when it is asked for, log in from the environment, prepare, do it,
 *  print its report.
 *  @param table   its options, PKR_VERB_OPTIONS among them.  @param report kind of its report.
 *  @param head    what stands above the options in its help.
 *  @param prepare called once; context is passed on and outlives the operation.  @return the exit code. */
int pkr_verb_run(const struct pkr_option_table *table, const char *report, const char *head,
                 pkr_verb_prepare *prepare, void *context, const char *const *words, size_t count);

/** The option as given: its first value, NULL when it was not given. */
const char *pkr_verb_value(const struct pkr_verb *v, enum pkr_option_id id);
bool pkr_verb_given(const struct pkr_verb *v, enum pkr_option_id id);
/** The subscription by --subscription or AZURE_SUBSCRIPTION_ID; NULL: neither. Lent. */
const char *pkr_verb_subscription(const struct pkr_verb *v);
/** --timeout in milliseconds; 0: not given. A bad one is noted as a fault. @return ACG_OK | ACG_ERR_NOMEM. */
enum acg_status pkr_verb_timeout(struct pkr_verb *v, int64_t *out_ms, struct acg_error *err);

#endif
