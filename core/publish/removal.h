/* SPDX-License-Identifier: MPL-2.0 */
/** Deleting one version, as a machine with the verbs of publish.h. */
#ifndef ACGP_REMOVAL_H
#define ACGP_REMOVAL_H

#include "publish/publish.h"

/** What to delete. All borrowed. */
struct acgp_removal {
    const char *version_id;     /* full id */
    const char *published_date; /* what the version says of itself: another under its name is not deleted */
    int64_t timeout_ms;         /* not 0 */
};

/** Make a machine: it reads the version, deletes it when it is the one, and waits until it is not found any
 * more. Its result's state is "deleted", "running" (Azure took the request) or "not deleted".
 *  @param out owned by caller (acgp_work_free). @return ACG_OK | ACG_ERR_NOMEM. */
enum acg_status acgp_removal_new(const struct acgp_removal *removal, const struct acgp_work_config *config,
                                 struct acgp_work **out, struct acg_error *err);

#endif
