/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_ANSWER_H
#define SIM_ANSWER_H

#include "sim/http.h"
#include "sim/world.h"

/** Answer one complete request, whatever it is for; counts and logs it. Never blocks. */
void sim_answer(struct sim_world *w, const struct sim_request *req, struct sim_reply *reply);

#endif
