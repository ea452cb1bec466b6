/* SPDX-License-Identifier: MPL-2.0 */
/** What is known of a publish without network: preview and explain begin here. */
#ifndef ACGP_OFFLINE_H
#define ACGP_OFFLINE_H

#include "plan/coverage.h"

enum { ACGP_OFFLINE_NOTES_MAX = 8 };

/** Zeroed is empty. */
struct acgp_offline {
    struct acgp_publish_spec *spec;
    struct acgp_coverage coverage;             /* over the disks that the configuration names */
    char *endpoint;                            /* without a trailing slash */
    const char *notes[ACGP_OFFLINE_NOTES_MAX]; /* what only Azure could tell; static texts */
    size_t note_count;
};

/** Validate and lay the coverage; arguments as of acg_preview_new.
 *  @param out to be passed to acgp_offline_done, also after a failure. */
enum acg_status acgp_offline_make(const char *endpoint, const struct acg_publish_options *opts,
                                  struct acg_findings *findings, struct acgp_offline *out,
                                  struct acg_error *err);
void acgp_offline_done(struct acgp_offline *o);

#endif
