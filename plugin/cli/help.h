/* SPDX-License-Identifier: MPL-2.0 */
/** Texts for `--help`. */
#ifndef PKR_HELP_H
#define PKR_HELP_H

#include <stdbool.h>

#include "base/buf.h"
#include "cli/options.h"

/** `acg --help`. @return false: no memory. */
bool pkr_help_all(struct acgp_buf *out);
/** The options of a verb, each with its line. */
bool pkr_help_options(const struct pkr_option_table *table, struct acgp_buf *out);
/** `acg publish --help`: options from the option table, the fields of --file from the field table. */
bool pkr_help_publish(struct acgp_buf *out);
/** `acg plan --help`: options alone, the fields are those of publish. */
bool pkr_help_plan(struct acgp_buf *out);
/** `acg explain --help`. */
bool pkr_help_explain(struct acgp_buf *out);

#endif
