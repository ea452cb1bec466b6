/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include "sim/http.h"
#include "sim/world.h"

/** The scenario's fault that strikes this request (counted), NULL when none does. Borrowed. */
json_t *sim_fault_for(struct sim_world *w, const struct sim_request *req);
/** Is the request acted upon although the fault strikes? */
bool sim_fault_acts(const json_t *fault);
/** Change the answer as the fault says. */
void sim_fault_apply(struct sim_world *w, const json_t *fault, const struct sim_request *req,
                     struct sim_reply *reply);

#endif
