/* SPDX-License-Identifier: MPL-2.0 */
/** One publish from submit to its final event. */
#ifndef PKR_WATCH_H
#define PKR_WATCH_H

#include "cli/output.h"
#include "cli/progress.h"

/** Publish what a checked configuration describes, and print progress and result. Blocks until the end.
 *  @param config borrowed; pkr_config_check must have said ACG_OK for PKR_PHASE_PUBLISH.
 *  @return the exit code. */
int pkr_watch(const struct pkr_config *config, enum pkr_chatter chatter, enum pkr_output output);

/** Print how a command ended that never came to a publish: the text on standard error, the result on standard
 *  output.
 *  @param config NULL: none. @param findings NULL: none. @return the exit code for err->status. */
int pkr_end_early(const struct pkr_config *config, enum pkr_output output,
                  const struct acg_findings *findings, const struct acg_error *err);

#endif
