/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/store.h"

#include "sim/jsonx.h"
#include "sim/text.h"

#include <stdlib.h>
#include <string.h>

struct sim_resource *sim_store_find(const struct sim_store *s, const char *id)
{
    char *key = sim_lower(id);
    struct sim_resource *r = sim_map_get(&s->by_key, key);
    free(key);
    return r;
}

static void release(struct sim_resource *r)
{
    json_decref(r->body);
    json_decref(r->before);
    json_decref(r->replication);
    free(r->type);
    free(r->key);
    free(r);
}

struct sim_resource *sim_store_put(struct sim_store *s, const char *id, json_t *body)
{
    struct sim_resource *r = sim_store_find(s, id);
    if (r) {
        json_decref(r->body);
        r->body = body;
        return r;
    }
    r = sim_alloc(sizeof *r);
    r->key = sim_lower(id);
    const char *type = sim_text_at(body, "type");
    r->type = sim_copy(type ? type : "");
    r->body = body;
    r->previous = s->last;
    *(s->last ? &s->last->next : &s->first) = r;
    s->last = r;
    s->count++;
    sim_map_put(&s->by_key, r->key, r);
    return r;
}

void sim_store_remove(struct sim_store *s, struct sim_resource *r)
{
    sim_map_take(&s->by_key, r->key);
    *(r->previous ? &r->previous->next : &s->first) = r->next;
    *(r->next ? &r->next->previous : &s->last) = r->previous;
    s->count--;
    release(r);
}

bool sim_resource_below(const struct sim_resource *r, const char *id)
{
    size_t n = strlen(id);
    return sim_starts(r->key, id) && r->key[n] == '/';
}

bool sim_store_has_below(const struct sim_store *s, const char *id)
{
    for (const struct sim_resource *r = s->first; r; r = r->next)
        if (sim_resource_below(r, id))
            return true;
    return false;
}

void sim_store_done(struct sim_store *s)
{
    while (s->first)
        sim_store_remove(s, s->first);
    sim_map_done(&s->by_key);
}
