/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "sim/world.h"

#include <stdbool.h>

/** Set the world up: the embedded scenario, then the file (NULL: none), then each "place=JSON" of changes.
 *  False after saying on stderr what is wrong with which of them. */
bool sim_scenario_load(struct sim_world *w, const char *file, const char *const *changes,
                       size_t change_count);
void sim_world_done(struct sim_world *w);

/** The scenario compiled in; made from default_scenario.json. */
extern const char sim_default_scenario[];

#endif
