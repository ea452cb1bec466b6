/* SPDX-License-Identifier: MPL-2.0 */
/** Files that the command reads and writes. */
#ifndef PKR_FILE_H
#define PKR_FILE_H

#include "cli/output.h"
#include "spec/config.h"

/** Add the fields of a JSON file to a configuration. @param path "-" is standard input. @return as
 * pkr_config_add_text | ACG_ERR_ARGUMENT (it cannot be opened or read) | ACG_ERR_LIMIT. */
ACG_NODISCARD enum acg_status pkr_file_add(struct pkr_config *config, const char *path,
                                           struct acg_error *err);

/** Does the name end in .md or .json? */
bool pkr_file_is_report(const char *path);
/** Can it be written to? It is made, empty, when it is not there; what is in it stays. @return false: why is
 * in errno. */
bool pkr_file_is_writable(const char *path);
/** Write a report to a file, in the form that its name ends in; without a report, why there is none. @return
 * false: it could not be written whole. */
bool pkr_file_report(const char *path, const struct pkr_outcome *outcome);

#endif
