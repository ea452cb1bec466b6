/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_VERSION_H
#define SIM_VERSION_H

#include "sim/arm.h"

/* Image versions: one PUT on its way from request to stored resource. */

/* Beside real LUNs: the OS disk's two sets, and a data disk without a usable LUN. */
enum { SIM_LUN_OS = -1, SIM_LUN_SECURE = -2, SIM_LUN_NONE = -3 };

/* One place of the request that names a disk encryption set. Texts are borrowed from the request. */
struct sim_des_use {
    const char *region; /* as written in the request */
    const char *place;  /* the region, or the edge zone */
    int64_t lun;
    const char *id; /* "" when empty or not a text */
    bool edge;      /* in targetExtendedLocations */
};

struct sim_version_put {
    struct sim_call *c;
    json_t *asked;      /* properties, as this api-version means them; owned */
    json_t *regions;    /* publishingProfile.targetRegions, defaults applied; borrowed from asked */
    const char *region; /* home, short name */
    struct sim_resource *have;
    struct sim_resource *definition;
    struct sim_des_use *uses;
    size_t use_count;
};

/** Read the request: what this api-version ignores is dropped, old places are moved to new ones, kept
 * encryption of an updated version is filled in. False with the answer filled when it is no image version at
 * all. */
bool sim_version_read(struct sim_version_put *p);
void sim_version_read_done(struct sim_version_put *p);

/** Ask every rule that the scenario leaves on; false with the answer filled at the first one broken. */
bool sim_version_allowed(struct sim_version_put *p);
/** What is wrong although the request is accepted (R15, R28, R32, sets of no use): {code, message} for the
 * operation, and the regions concerned will end Failed. A new reference; NULL when all will go well. */
json_t *sim_version_later_failure(struct sim_version_put *p, struct sim_resource *r);

/** The whole-image source's id: storageProfile.source's id, virtualMachineId or community id; NULL when none.
 */
const char *sim_version_whole_source(const json_t *properties);
/** Id of a disk's source; NULL when it has none. */
const char *sim_version_disk_source(const json_t *disk);

/** Name of the edge zone of a targetExtendedLocations entry; "" when it has none. */
const char *sim_version_zone(const json_t *edge);

/** The body to store, in the service's order and with its defaults; a new reference. */
json_t *sim_version_body(const struct sim_version_put *p);
/** Plan the replication of r's regions: the new ones from now on. */
void sim_version_replicate(struct sim_world *w, struct sim_resource *r);
/** When the slowest region is through (simulated ms). */
int64_t sim_version_replicated_at(const struct sim_resource *r);
/** The operation is over: sizes and data disks appear, the scenario's changes are stored. */
void sim_version_finish(struct sim_world *w, struct sim_resource *r);
/** What a read shows at that api-version; expand: with the replication status. Counts the read (r->reads). A
 *  new reference; NULL when a stale read shows no version. */
json_t *sim_version_view(struct sim_call *c, struct sim_resource *r, bool expand);

/** The scenario's entry for this version id, NULL when none. Borrowed. */
json_t *sim_version_script(const struct sim_world *w, const char *id);
/** Seed a version as if it had been published long ago. properties as in a request. */
void sim_version_seed(struct sim_world *w, const char *id, const json_t *seed);

#endif
