/* SPDX-License-Identifier: MPL-2.0 */
/** Numbers that only look like chance: the same seed always rolls the same row (splitmix64). */
#ifndef HOSTILE_DICE_H
#define HOSTILE_DICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

static inline uint64_t dice_roll(struct dice *d)
{
    uint64_t n = d->state += 0x9e3779b97f4a7c15u;

    n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9u;
    n = (n ^ n >> 27) * 0x94d049bb133111ebu;
    return n ^ n >> 31;
}

/** 0 to n - 1; n is not 0. */
static inline size_t dice_below(struct dice *d, size_t n)
{
    return (size_t)(dice_roll(d) % n);
}

static inline bool dice_chance(struct dice *d, unsigned percent)
{
    return dice_below(d, 100) < percent;
}

#endif
