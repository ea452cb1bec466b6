/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_CLOUD_H
#define SIM_CLOUD_H

#include <jansson.h>
#include <stdbool.h>

struct sim_world;

enum { SIM_ARM_AUDIENCES = 2 };

/* What differs between the clouds besides their hosts, which here are always this server. */
struct sim_cloud {
    const char *name;                   /* as az and /metadata/endpoints call it */
    const char *arm[SIM_ARM_AUDIENCES]; /* audiences of the Resource Manager, the newer one first */
    const char *vault;                  /* audience and suffix of vaults */
    const char *storage;
};

/** The cloud that the scenario wants; the public one (named AzureSim) without a wish. */
const struct sim_cloud *sim_cloud_of(const struct sim_world *w);
/** Is there a cloud of that name? */
bool sim_cloud_known(const char *name);

#endif
