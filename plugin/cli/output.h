/* SPDX-License-Identifier: MPL-2.0 */
/** The result on standard output. */
#ifndef PKR_OUTPUT_H
#define PKR_OUTPUT_H

#include <stdbool.h>

#include <acg/error.h>
#include <acg/event.h>
#include <acg/finding.h>
#include <acg/publisher.h>

/** Version of the JSON shape: grows when a member changes its meaning or goes; new members do not count. */
#define PKR_OUTPUT_SCHEMA 1

enum pkr_output { PKR_OUTPUT_JSON = 0, PKR_OUTPUT_TSV, PKR_OUTPUT_NONE };

/** Read the word of --output. @return false: not one of json, jsonc, tsv, none. */
bool pkr_output_parse(const char *word, enum pkr_output *out);

/** Print the result of a publish.
 *  @param result   NULL: nothing was submitted.  @param findings NULL: none.
 *  @param error    status ACG_OK for success.    @param exit_code what the command will end with.
 *  @return false: no memory, or standard output is gone. */
bool pkr_output_result(enum pkr_output form, const struct acg_result *result, const struct acg_error *error,
                       const struct acg_findings *findings, int exit_code);
/** Print a preview as {"method", "url", "body"}, or those three on one line; as pkr_output_result. */
bool pkr_output_preview(enum pkr_output form, const struct acg_preview *preview);

#endif
