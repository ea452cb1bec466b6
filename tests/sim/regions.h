/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_REGIONS_H
#define SIM_REGIONS_H

#include <stdbool.h>
#include <stddef.h>

struct sim_region {
    const char *name;    /* westus2 */
    const char *display; /* West US 2 */
    const char *geography;
    const char *group;
    const char *place;
    const char *latitude, *longitude;
    const char *pair;
    bool zones; /* has availability zones: Standard_ZRS works there (R29) */
};

extern const struct sim_region sim_regions[];
extern const size_t sim_region_count;

/* Zones below a region, as recorded or as Microsoft lists them. */
struct sim_edge_zone {
    const char *name;
    const char *display;
    const char *region; /* homeLocation */
    const char *latitude, *longitude;
};
extern const struct sim_edge_zone sim_edge_zones[];
extern const size_t sim_edge_zone_count;
/** NULL when unknown. */
const struct sim_edge_zone *sim_edge_zone_find(const char *name);

/** Find by either spelling; case and spaces are ignored. NULL when unknown. */
const struct sim_region *sim_region_find(const char *spelling);
/** Both spellings mean the same region, also when the table does not know it. */
bool sim_region_same(const char *a, const char *b);

#endif
