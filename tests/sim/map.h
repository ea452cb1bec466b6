/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_MAP_H
#define SIM_MAP_H

#include <stddef.h>

/* Text to pointer, keys compared byte by byte (callers lower-case ids first). Keys are borrowed: they must
 * live as long as their entry, so callers keep them in the value. */
struct sim_map_slot {
    const char *key;
    void *value;
};
struct sim_map {
    struct sim_map_slot *slots;
    size_t capacity, used, dead;
};

void *sim_map_get(const struct sim_map *m, const char *key);
/** Insert or replace; the key is borrowed. */
void sim_map_put(struct sim_map *m, const char *key, void *value);
/** Remove and return the value, NULL when absent. */
void *sim_map_take(struct sim_map *m, const char *key);
void sim_map_done(struct sim_map *m);

#endif
