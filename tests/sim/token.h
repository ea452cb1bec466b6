/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_TOKEN_H
#define SIM_TOKEN_H

#include "sim/http.h"
#include "sim/map.h"

#include <stdbool.h>
#include <stdint.h>

struct sim_world;

/* So many tokens are remembered; the oldest is forgotten first (and is then an unknown one). */
enum { SIM_TOKENS_MAX = 65536 };

struct sim_token {
    char *text;
    char *tenant;
    bool for_arm; /* issued for the management audience, not for a vault */
    int64_t expires_ms;
    struct sim_token *next;
};

struct sim_tokens {
    struct sim_map by_text;
    struct sim_token *oldest, *newest;
    size_t count;
    uint64_t issued;
};

/** Does this path belong to the token endpoint (so that bodies must not be logged)? */
bool sim_token_path(const char *path);
/** POST of v1, v2 or ADFS token endpoints. */
void sim_token_answer(struct sim_world *w, const struct sim_request *req, struct sim_reply *reply);
/** ARM's look at the Authorization header; fills the 401 and returns false when it is not good. */
bool sim_token_accepts(struct sim_world *w, const struct sim_request *req, struct sim_reply *reply);
void sim_tokens_done(struct sim_tokens *t);

#endif
