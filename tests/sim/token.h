/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_TOKEN_H
#define SIM_TOKEN_H

#include "sim/http.h"

#include <stdbool.h>

struct sim_world;

/** Does this path belong to the token endpoint (so that bodies must not be logged)? */
bool sim_token_path(const char *path);
/** POST of v1, v2 or ADFS token endpoints. */
void sim_token_answer(struct sim_world *w, const struct sim_request *req, struct sim_reply *reply);
/** The token endpoint's error answer: AADSTS and the code before the text. */
void sim_token_refuse(struct sim_world *w, struct sim_reply *reply, unsigned status, const char *error,
                      int code, const char *text);
/** Is this what a token can be for? n characters, without /.default and last slashes: the Resource Manager of
 * the scenario's cloud, its vaults, this server itself. */
bool sim_token_audience(const struct sim_world *w, const struct sim_request *req, const char *audience,
                        size_t n, bool *for_arm);

#endif
