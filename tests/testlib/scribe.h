/* SPDX-License-Identifier: MPL-2.0 */
/** A small machine that keeps a journal: it recalls, begins, says that it is about to send, sends one PUT,
 * says that it was taken, and ends. */
#ifndef ACG_TESTLIB_SCRIBE_H
#define ACG_TESTLIB_SCRIBE_H

#include "work/work.h"

#define SCRIBE_KEY "5ba93c9db0cff93f52b521d7420e43f6eda2784fbf3e0c55b3d4c6e0e1d1f7aa"
#define SCRIBE_VERSION                                                                                       \
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/galleries/gal/images/i/versions/1.0.0"

struct scribe {
    struct acgp_work base; /* first */
    bool asked;
    char memo[64];
    /* what it was told */
    bool busy, failed; /* by on_recalled */
    bool known, unfinished, sent, created;
    unsigned recorded; /* records that are in the journal */
};

/** @return ACG_OK | ACG_ERR_NOMEM. @param out owned by caller (acgp_work_free). */
enum acg_status scribe_new(const struct acgp_work_config *config, const char *memo, struct scribe **out,
                           struct acg_error *err);

/** Answer a RECALL or RECORD as an engine without a journal does. @return false: the action is another. */
bool no_journal(struct acgp_work *w, int64_t now_ms, const struct acgp_action *act);

#endif
