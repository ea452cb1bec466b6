/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_BEARER_H
#define SIM_BEARER_H

#include "sim/http.h"
#include "sim/map.h"

#include <stdbool.h>
#include <stdint.h>

struct sim_world;

/* So many tokens are remembered; the oldest is forgotten first (and is then an unknown one). */
enum { SIM_TOKENS_MAX = 65536 };

struct sim_token {
    char *text;
    char *owner;  /* client id of the application or the managed identity */
    bool for_arm; /* issued for the management audience, not for a vault */
    bool revoked, with_claims;
    int64_t expires_ms;
    int64_t uses_left; /* below 0: no limit; revoked after the last one */
    struct sim_token *next;
};

struct sim_tokens {
    struct sim_map by_text;
    struct sim_token *oldest, *newest;
    size_t count;
    uint64_t issued;
};

/** A new token for that owner, whose scenario entry may say lifetime_s and uses. Borrowed. */
const struct sim_token *sim_token_issue(struct sim_world *w, const json_t *owner, bool for_arm,
                                        int64_t lifetime_s);
/** ARM's look at the Authorization header; fills the 401 and returns false when it is not good. */
bool sim_token_accepts(struct sim_world *w, const struct sim_request *req, struct sim_reply *reply);
/** From now on tokens of that owner (NULL: of anybody) are refused, with_claims: by a claims challenge.
 * Returns how many. */
size_t sim_tokens_revoke(struct sim_world *w, const char *owner, bool with_claims);
void sim_tokens_done(struct sim_tokens *t);

#endif
