/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_STORE_H
#define SIM_STORE_H

#include "sim/map.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* So many resources are kept (ten times the service's image versions per region); a further PUT is refused.
 */
enum { SIM_RESOURCES_MAX = 100000 };

/* What happens to a resource when its running operation is over. */
enum sim_pending { SIM_SETTLED, SIM_WILL_FINISH, SIM_WILL_FAIL, SIM_WILL_VANISH };

struct sim_resource {
    char *key; /* id in lower case */
    char *type;
    json_t *body; /* as the newest api-version shows it */
    enum sim_pending pending;
    int64_t due_ms;      /* simulated time at which pending happens */
    json_t *before;      /* image version: what a stale read still shows; owned, may be NULL */
    json_t *replication; /* image version: region -> {start, end, fail}; owned, may be NULL */
    json_t *script;      /* image version: the scenario's entry for it; borrowed, may be NULL */
    int64_t
        effective_ms; /* from then on: a set's identity is known to the directory, a role assignment counts */
    int64_t reads;    /* reads answered since it was settled */
    struct sim_resource *next, *previous;
};

struct sim_store {
    struct sim_map by_key;
    struct sim_resource *first, *last;
    size_t count;
};

/** Find by id, case ignored. NULL when absent. */
struct sim_resource *sim_store_find(const struct sim_store *s, const char *id);
/** Insert or replace the body; the reference to body is given. The type comes from body's "type". */
struct sim_resource *sim_store_put(struct sim_store *s, const char *id, json_t *body);
void sim_store_remove(struct sim_store *s, struct sim_resource *r);
/** True when r's id lies below the given id (a strict descendant). */
bool sim_resource_below(const struct sim_resource *r, const char *id);
/** Any resource below that id? */
bool sim_store_has_below(const struct sim_store *s, const char *id);
void sim_store_done(struct sim_store *s);

#endif
