/* SPDX-License-Identifier: MPL-2.0 */
/** The result on standard output. */
#ifndef PKR_OUTPUT_H
#define PKR_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include <acg/error.h>
#include <acg/event.h>
#include <acg/finding.h>
#include <acg/publisher.h>
#include <acg/report.h>

/** Version of the JSON shape: grows when a member changes its meaning or goes; new members do not count. */
#define PKR_OUTPUT_SCHEMA 1

enum pkr_output {
    PKR_OUTPUT_JSON = 0,
    PKR_OUTPUT_TSV, /* of a publish */
    PKR_OUTPUT_NONE,
    PKR_OUTPUT_TEXT, /* of a report, as the next */
    PKR_OUTPUT_MARKDOWN
};

/** Read the word of --output. @return false: not one of json, jsonc, tsv, none. */
bool pkr_output_parse(const char *word, enum pkr_output *out);

/** How an operation ended. */
struct pkr_outcome {
    const char *report_kind;         /* what the verb reports; NULL: the result of a publish */
    const struct acg_result *result; /* NULL: nothing was submitted */
    const struct acg_report *report; /* NULL: none came to be */
    const char *only;              /* member of its JSON to print alone, in JSON beside "notes"; NULL: all */
    const struct acg_error *error; /* status ACG_OK for success */
    const struct acg_findings *findings; /* NULL: none */
    int exit_code;                       /* what the command will end with */
};

/** Read the word of --output of a verb that reports. @return false: not one of text, json, markdown, none. */
bool pkr_output_parse_report(const char *word, enum pkr_output *out);

/** Write a report to a stream, as JSON or as Markdown; as pkr_output_result. */
bool pkr_output_report(FILE *stream, enum pkr_output form, const struct pkr_outcome *outcome);

/** Print a result. JSON of a report: {"schema_version", "kind", "exit_code", "error", "findings", "report"}.
 *  @return false: no memory, or standard output is gone. */
bool pkr_output_result(enum pkr_output form, const struct pkr_outcome *outcome);
/** Print what a report holds for one tool, a member of its JSON, alone: a text, or a request as {"method",
 * "url", "headers", "body"}; Markdown puts it in a fence. As pkr_output_result. */
bool pkr_output_part(enum pkr_output form, const char *only, const struct acg_report *report);
/** Print a preview as {"method", "url", "body"}, or those three on one line; as pkr_output_result. */
bool pkr_output_preview(enum pkr_output form, const struct acg_preview *preview);

#endif
