/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_USE_H
#define SIM_USE_H

#include "sim/world.h"

/** Why a disk encryption set that exists cannot be used for data: {code, message}, a new reference; NULL when
 * it can, as far as the stored vault and key show. set: its body. */
json_t *sim_set_use_error(const struct sim_world *w, const json_t *set);
/** R32 alone: the vault is in another region than the set (recorded with a disk). The same form. */
json_t *sim_set_vault_error(const struct sim_world *w, const json_t *set);

#endif
