/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_SEED_H
#define SIM_SEED_H

#include "sim/world.h"

/** Make the scenario's resources, then take those of its "remove" away. False, with a message, when one is
 * malformed. */
bool sim_seed_all(struct sim_world *w);

#endif
