/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_IDENTITY_H
#define SIM_IDENTITY_H

#include "sim/http.h"

#include <stdbool.h>

struct sim_world;

/* Managed identities, as a machine (IMDS), App Service and an Arc machine give out their tokens. */

#define SIM_IMDS_PATH        "/metadata/identity/oauth2/token"
#define SIM_APP_SERVICE_PATH "/msi/token"
#define SIM_ARC_PATH         "/arc/metadata/identity/oauth2/token"

bool sim_identity_path(const char *path);
void sim_identity_answer(struct sim_world *w, const struct sim_request *req, struct sim_reply *reply);

#endif
