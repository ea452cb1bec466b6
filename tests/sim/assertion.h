/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_ASSERTION_H
#define SIM_ASSERTION_H

#include "sim/http.h"

#include <jansson.h>
#include <stdbool.h>

struct sim_world;

/* A token request that proves who it is with a signed assertion instead of a secret. */
struct sim_assertion {
    struct sim_world *w;
    const struct sim_request *req;
    const json_t *client; /* tokens.clients[] of the scenario */
    const json_t *fields; /* of the form */
    struct sim_reply *reply;
};

/** Check client_assertion_type and client_assertion: of the application's own certificate when its issuer or
 * subject is the client id, else of a federated issuer. False with the refusal in the reply. */
bool sim_assertion_check(const struct sim_assertion *a);

/** Seconds since 1970 by the machine's own clock, as the clients' clocks, moved by tokens.clock_offset_s. */
int64_t sim_assertion_now(const struct sim_world *w);

#endif
