/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_MINT_H
#define SIM_MINT_H

#include "sim/http.h"

#include <stdbool.h>

struct sim_world;

/* Whoever signs tokens that an application can be federated with: GitHub Actions, Azure Pipelines and a
 * Kubernetes cluster, as the scenario's workloads describe them. */

#define SIM_GITHUB_PATH    "/github/idtoken"
#define SIM_PIPELINES_PATH "/azure-devops/oidctoken"

/** Is this one of the two endpoints? */
bool sim_mint_path(const char *path);
void sim_mint_answer(struct sim_world *w, const struct sim_request *req, struct sim_reply *reply);
/** A token as a cluster projects it into a pod. Owned by the caller; NULL when the issuer's key is another's.
 */
char *sim_mint_kubernetes(struct sim_world *w);

#endif
