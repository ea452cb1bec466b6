/* SPDX-License-Identifier: MPL-2.0 */
/** Reading one existing version back, as a machine (work/work.h): the version with its replication, then each
 * distinct disk encryption set once, side by side. With a declaration it is compared by the very rules of a
 * publish's proof (publish/compare.h). Nothing is written. */
#ifndef ACGP_VERIFY_H
#define ACGP_VERIFY_H

#include "model/publish_spec.h"
#include "work/work.h"

/** Make a machine.
 *  @param version_id borrowed: full id.
 *  @param spec given, also when this call fails: what was declared; NULL: nothing. Its own version id and
 * source are not looked at, but for the LUNs of single disks.
 *  @param out owned by caller (acgp_work_free). Its report is of kind "verify"; it ends with ACG_OK,
 *  ACG_ERR_MISMATCH (every difference is a finding, and so is a region that failed and a set that is gone),
 *  ACG_ERR_TIMEOUT (a region is still being replicated; nothing else is wrong), ACG_ERR_SERVICE (no such
 * version), or what kept it from reading.
 *  @return ACG_OK | ACG_ERR_NOMEM. */
enum acg_status acgp_verify_new(const char *version_id, struct acgp_publish_spec *spec,
                                const struct acgp_work_config *config, struct acgp_work **out,
                                struct acg_error *err);

#endif
