/* SPDX-License-Identifier: MPL-2.0 */
/** How a VM is made from a version, as a machine (work/work.h): version and definition are read side by side,
 * the rest is written down. */
#ifndef ACGP_VM_ARGS_H
#define ACGP_VM_ARGS_H

#include "vm/plan.h"
#include "work/work.h"

/** Make a machine. @param wish borrowed; at_once is false. @param out owned by caller (acgp_work_free); its
 * report is of kind "vm_args". @return ACG_OK | ACG_ERR_NOMEM. */
enum acg_status acgp_vm_args_new(const struct acgp_vm_wish *wish, const struct acgp_work_config *config,
                                 struct acgp_work **out, struct acg_error *err);

#endif
