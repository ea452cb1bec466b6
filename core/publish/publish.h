/* SPDX-License-Identifier: MPL-2.0 */
/** One publish as a machine (work/work.h). Steps: checks side by side (version, source, disk encryption
 * sets), PUT, the operation, replication, proof. */
#ifndef ACGP_PUBLISH_H
#define ACGP_PUBLISH_H

#include "model/publish_spec.h"
#include "work/work.h"

/** Make a machine. @param spec given: the machine frees it, also when this call fails; its timeout is the
 * deadline. @param out owned by caller (acgp_work_free); its result names the version from the start.
 *  @return ACG_OK | ACG_ERR_NOMEM. */
enum acg_status acgp_publish_new(struct acgp_publish_spec *spec, const struct acgp_work_config *config,
                                 struct acgp_work **out, struct acg_error *err);

#endif
