/* SPDX-License-Identifier: MPL-2.0 */
#include "governor/turns.h"

#include <stdint.h>

#include "base/alloc.h"
#include "base/span.h"

struct acgp_turn_thing {
    struct acgp_turn_thing *next;
    char *name;
    uint32_t hash;
    size_t claims;
    struct acgp_claim *holder;
    unsigned wanted_in; /* the round in which somebody before waits for it */
};

static uint32_t hash_of(const char *name)
{
    uint32_t h = 2166136261u; /* FNV-1a */

    for (; *name != '\0'; name++)
        h = (h ^ (unsigned char)acgp_lower(*name)) * 16777619u;
    return h;
}

static struct acgp_turn_thing *thing_of(struct acgp_turns *t, const char *name)
{
    uint32_t hash = hash_of(name);
    struct acgp_turn_thing *thing = t->things;

    while (thing != NULL && (thing->hash != hash || !acgp_equal_nocase(thing->name, name)))
        thing = thing->next;
    if (thing != NULL)
        return thing;
    thing = acgp_alloc(1, sizeof *thing);
    if (thing == NULL || (thing->name = acgp_strdup(name)) == NULL) {
        acgp_free(thing);
        return NULL;
    }
    thing->hash = hash;
    thing->next = t->things;
    t->things = thing;
    return thing;
}

static void drop_unused(struct acgp_turns *t)
{
    struct acgp_turn_thing **at = &t->things;

    while (*at != NULL) {
        struct acgp_turn_thing *thing = *at;
        if (thing->claims != 0) {
            at = &thing->next;
            continue;
        }
        *at = thing->next;
        acgp_free(thing->name);
        acgp_free(thing);
    }
}

static bool names_it(const struct acgp_claim *claim, const struct acgp_turn_thing *thing)
{
    for (size_t i = 0; i < claim->count; i++)
        if (claim->things[i] == thing)
            return true;
    return false;
}

static bool collect(struct acgp_turns *t, struct acgp_claim *claim, const char *const *names, size_t count)
{
    claim->things = acgp_alloc(count != 0 ? count : 1, sizeof(struct acgp_turn_thing *));
    if (claim->things == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct acgp_turn_thing *thing = thing_of(t, names[i]);
        if (thing == NULL)
            return false;
        if (names_it(claim, thing))
            continue;
        thing->claims++;
        claim->things[claim->count++] = thing;
    }
    return true;
}

/* Nobody has it, and nobody who came before waits for it. */
static bool may_have(const struct acgp_turns *t, const struct acgp_claim *claim)
{
    for (size_t i = 0; i < claim->count; i++)
        if (claim->things[i]->holder != NULL || claim->things[i]->wanted_in == t->round)
            return false;
    return true;
}

static void unlink_waiting(struct acgp_turns *t, struct acgp_claim *claim)
{
    if (!claim->waiting)
        return;
    if (claim->prev != NULL)
        claim->prev->next = claim->next;
    else
        t->first = claim->next;
    if (claim->next != NULL)
        claim->next->prev = claim->prev;
    else
        t->last = claim->prev;
    claim->waiting = false;
}

struct acgp_claim *acgp_turns_next(struct acgp_turns *t)
{
    t->round++;
    for (struct acgp_claim *c = t->first; c != NULL; c = c->next) {
        if (may_have(t, c)) {
            unlink_waiting(t, c);
            c->held = true;
            for (size_t i = 0; i < c->count; i++)
                c->things[i]->holder = c;
            return c;
        }
        for (size_t i = 0; i < c->count; i++)
            c->things[i]->wanted_in = t->round;
    }
    return NULL;
}

enum acg_status acgp_turns_claim(struct acgp_turns *t, struct acgp_claim *claim, const char *const *names,
                                 size_t count)
{
    if (!collect(t, claim, names, count)) {
        acgp_turns_release(t, claim);
        return ACG_ERR_NOMEM;
    }
    claim->prev = t->last;
    if (t->last != NULL)
        t->last->next = claim;
    else
        t->first = claim;
    t->last = claim;
    claim->waiting = true;
    (void)acgp_turns_next(t); /* nobody but the newcomer can get anything by its coming */
    return ACG_OK;
}

void acgp_turns_release(struct acgp_turns *t, struct acgp_claim *claim)
{
    unlink_waiting(t, claim);
    for (size_t i = 0; i < claim->count; i++) {
        claim->things[i]->claims--;
        if (claim->things[i]->holder == claim)
            claim->things[i]->holder = NULL;
    }
    acgp_free(claim->things);
    *claim = (struct acgp_claim){.things = NULL};
    drop_unused(t);
}

const char *acgp_turns_missing(const struct acgp_claim *claim)
{
    for (size_t i = 0; i < claim->count; i++)
        if (claim->things[i]->holder != NULL)
            return claim->things[i]->name;
    return claim->count != 0 ? claim->things[0]->name : "";
}
