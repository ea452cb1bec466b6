/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/map.h"

#include "sim/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A removed slot keeps its place in the probe chain. */
static const char dead_key[] = "";

static uint64_t hash(const char *key)
{
    uint64_t h = 1469598103934665603u; /* FNV-1a */
    for (; *key; key++)
        h = (h ^ (unsigned char)*key) * 1099511628211u;
    return h;
}

static struct sim_map_slot *find(const struct sim_map *m, const char *key)
{
    if (!m->capacity)
        return NULL;
    for (size_t i = (size_t)hash(key);; i++) {
        struct sim_map_slot *slot = &m->slots[i & (m->capacity - 1)];
        if (!slot->key)
            return NULL;
        if (slot->key != dead_key && strcmp(slot->key, key) == 0)
            return slot;
    }
}

static void insert(struct sim_map *m, const char *key, void *value)
{
    size_t i = (size_t)hash(key);
    while (m->slots[i & (m->capacity - 1)].key)
        i++;
    m->slots[i & (m->capacity - 1)] = (struct sim_map_slot){key, value};
    m->used++;
}

static void grow(struct sim_map *m)
{
    struct sim_map old = *m;
    m->capacity = old.capacity && old.used - old.dead < old.capacity / 4 ? old.capacity : old.capacity * 2;
    if (m->capacity < 64)
        m->capacity = 64;
    m->slots = sim_alloc(m->capacity * sizeof *m->slots);
    m->used = 0;
    m->dead = 0;
    for (size_t i = 0; i < old.capacity; i++)
        if (old.slots[i].key && old.slots[i].key != dead_key)
            insert(m, old.slots[i].key, old.slots[i].value);
    free(old.slots);
}

void *sim_map_get(const struct sim_map *m, const char *key)
{
    const struct sim_map_slot *slot = find(m, key);
    return slot ? slot->value : NULL;
}

void sim_map_put(struct sim_map *m, const char *key, void *value)
{
    struct sim_map_slot *slot = find(m, key);
    if (slot) {
        *slot = (struct sim_map_slot){key, value};
        return;
    }
    if ((m->used + 1) * 4 > m->capacity * 3)
        grow(m);
    insert(m, key, value);
}

void *sim_map_take(struct sim_map *m, const char *key)
{
    struct sim_map_slot *slot = find(m, key);
    if (!slot)
        return NULL;
    void *value = slot->value;
    *slot = (struct sim_map_slot){dead_key, NULL};
    m->dead++;
    return value;
}

void sim_map_done(struct sim_map *m)
{
    free(m->slots);
    *m = (struct sim_map){0};
}
