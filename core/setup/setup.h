/* SPDX-License-Identifier: MPL-2.0 */
/** The machines of this room: register; list and show; create. Each is a struct acgp_work (work/work.h) whose
 * final event carries a report. */
#ifndef ACGP_SETUP_H
#define ACGP_SETUP_H

#include <acg/setup.h>

#include "work/work.h"

struct acgp_setup; /* a checked declaration, declaration.h */

/** Check the options and make the machine, which begins with its first requests.
 *  @param opts borrowed.   @param config its timeout_ms is not looked at: the options say it.
 *  @param out  owned by caller (acgp_work_free).
 *  @return ACG_OK | ACG_ERR_ARGUMENT (err->field) | ACG_ERR_NOMEM. */
enum acg_status acgp_register_new(const struct acg_register_options *opts,
                                  const struct acgp_work_config *config, struct acgp_work **out,
                                  struct acg_error *err);
enum acg_status acgp_des_list_new(const struct acg_des_read_options *opts,
                                  const struct acgp_work_config *config, struct acgp_work **out,
                                  struct acg_error *err);
enum acg_status acgp_des_show_new(const struct acg_des_read_options *opts,
                                  const struct acgp_work_config *config, struct acgp_work **out,
                                  struct acg_error *err);
/** @param setup given, also when this fails. @return ACG_OK | ACG_ERR_NOMEM. */
enum acg_status acgp_des_create_new(struct acgp_setup *setup, const struct acgp_work_config *config,
                                    struct acgp_work **out, struct acg_error *err);

#endif
