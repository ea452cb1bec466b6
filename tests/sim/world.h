/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "sim/bearer.h"
#include "sim/clock.h"
#include "sim/keys.h"
#include "sim/limits.h"
#include "sim/log.h"
#include "sim/op.h"
#include "sim/store.h"

#include <jansson.h>

/* Everything the simulated cloud knows. One thread uses it. */
struct sim_world {
    json_t *settings; /* the scenario, complete: every member of the default is there */
    struct sim_clock clock;
    int64_t now_ms;      /* simulated time, read once per request */
    uint64_t answers; /* given so far, for the jitter */
    int64_t next_due_ms; /* nothing happens to any resource before */
    struct sim_store store;
    struct sim_ops ops;
    struct sim_tokens tokens;
    struct sim_keys keys;
    struct sim_log log;
    struct sim_limits limits;
};

/** Now, in simulated milliseconds since 1970; the same throughout a request. */
static inline int64_t sim_now(const struct sim_world *w)
{
    return w->now_ms;
}

/** Read the clock and let everything that is due by now happen. Call once before each request. */
void sim_turn(struct sim_world *w);
/** Find a resource by id, case ignored; NULL when absent. */
struct sim_resource *sim_find(const struct sim_world *w, const char *id);
/** Let that happen to r after so many simulated milliseconds. */
void sim_schedule(struct sim_world *w, struct sim_resource *r, enum sim_pending what, int64_t length_ms);
/** Name, id and type from the path as requested; members in the service's order. A new reference. */
json_t *sim_named_body(const char *id);
/** Set properties.provisioningState, keeping it last as the service does. */
void sim_set_state(json_t *body, const char *state);
/** One of the scenario's speeds, in milliseconds. */
int64_t sim_speed(const struct sim_world *w, const char *name);
/** False when the scenario switched this rule off. */
bool sim_rule_on(const struct sim_world *w, const char *rule);

#endif
