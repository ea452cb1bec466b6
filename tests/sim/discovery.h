/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_DISCOVERY_H
#define SIM_DISCOVERY_H

#include "sim/http.h"

#include <stdbool.h>

struct sim_world;

/** OpenID documents, instance discovery and cloud metadata: what clients read before they log in. True when
 * the path was one of them. None needs a token. */
bool sim_discovery_answer(const struct sim_world *w, const struct sim_request *req, struct sim_reply *reply);

#endif
