/* SPDX-License-Identifier: MPL-2.0 */
#include "publish/cadence.h"

enum {
    SOON_MS = 1000,
    QUICK_MS = 5000,         /* waits of the first half minute, when something is known */
    NEAR_MS = 28000,         /* near the end: below the 30 s that are promised, by the requests' own time */
    UNKNOWN_PART = 20,       /* of the time passed, where nothing is known */
    FAR_PART = 6,            /* of the time passed, however far the end seems */
    LEFT_PART = 4,           /* of the time left: it may end four times as soon as its speed says */
    LATE_PART = 40,          /* of the time since the end was expected */
    STEP = 5,                /* percent: a smaller move is no step */
    STEP_PART = 80,          /* of the time passed: how precisely the moment of a step is found */
    SPEED_OVER = 3,          /* percent: its latest speed is measured over as much at least */
    ALLOWANCE_FIRST = 12000, /* thousandths of a reading: the quick ones of the first minute */
    ALLOWANCE_EVERY_MS = 21500,
    ALLOWANCE_PART = 29 /* of the time passed, once that is more than ALLOWANCE_EVERY_MS */
};

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void acgp_cadence_begin(struct acgp_cadence *c, struct acgp_cadence_place *places, size_t place_count,
                        uint64_t seed, int64_t now_ms)
{
    for (size_t i = 0; i < place_count; i++)
        places[i] = (struct acgp_cadence_place){0};
    *c = (struct acgp_cadence){.places = places,
                               .place_count = place_count,
                               .begun_ms = now_ms,
                               .read_ms = now_ms,
                               .newest_ms = now_ms,
                               .paid_ms = now_ms,
                               .allowance = ALLOWANCE_FIRST,
                               .random = seed};
}

void acgp_cadence_places(struct acgp_cadence *c, struct acgp_cadence_place *places, size_t place_count)
{
    c->places = places;
    c->place_count = place_count;
}

/* ---- what a place does ---- */

/* A move that was made in much less time than its size takes: the place goes in steps. When the next one
 * comes tells more than any reading before it, and the better it is timed the better is the end. */
static int64_t next_step(const struct acgp_cadence *c, const struct acgp_cadence_place *p, int moved,
                         int64_t now_ms)
{
    int64_t whole = p->percent - p->begun_percent;
    int64_t takes = moved >= STEP && whole > 0 ? moved * (p->since_ms - c->begun_ms) / whole : 0;

    return takes > 2 * (now_ms - p->since_ms) ? p->since_ms + takes : 0;
}

/* A place that falls back begins anew. */
static void measure(struct acgp_cadence_place *p, int percent, int64_t now_ms)
{
    if (percent < p->percent || !p->moving) {
        p->base_percent = p->late_percent = p->mark_percent = percent;
        p->base_ms = p->late_ms = p->mark_ms = now_ms;
    } else if (percent - p->mark_percent >= larger(SPEED_OVER, (100 - percent) / 2)) {
        p->late_percent = p->mark_percent;
        p->late_ms = p->mark_ms;
        p->mark_percent = percent;
        p->mark_ms = now_ms;
    }
}

void acgp_cadence_sample(struct acgp_cadence *c, size_t place, int percent, bool finished, int64_t now_ms)
{
    struct acgp_cadence_place *p = &c->places[place];
    int moved = percent - p->percent;

    c->newest_ms = now_ms;
    p->finished = finished;
    if (now_ms == c->begun_ms) { /* nobody knows how long that took */
        p->percent = p->begun_percent = percent;
        return;
    }
    if (moved == 0)
        return;
    measure(p, percent, now_ms);
    p->moving = percent > 0;
    p->percent = percent;
    p->since_ms = c->read_ms;
    p->step_ms = next_step(c, p, moved, now_ms);
}

/* ---- when it ends ---- */

/* When it is at 100 %, going on from its last move as fast as since from_ms. @return 0: that cannot be told
 */
static int64_t end_since(const struct acgp_cadence_place *p, int64_t from_ms, int from_percent)
{
    int64_t left = p->percent < 100 ? 100 - p->percent : 0, moved = p->percent - from_percent;

    return moved > 0 && p->since_ms > from_ms ? p->since_ms + left * (p->since_ms - from_ms) / moved : 0;
}

/* The faster of its speeds since the beginning and since it began to move counts, unless it has become
 * slower. What it does between two readings is unknown, and taken to have happened right after the first. */
static int64_t end_of(const struct acgp_cadence *c, const struct acgp_cadence_place *p)
{
    int64_t end = end_since(p, c->begun_ms, p->begun_percent),
            own = end_since(p, p->base_ms, p->base_percent);

    if (own != 0 && own < end)
        end = own;
    return larger(end, larger(p->since_ms, end_since(p, p->late_ms, p->late_percent)));
}

/* The place that ends last. @return NULL: no place that is not finished tells anything */
static const struct acgp_cadence_place *slowest(const struct acgp_cadence *c, int64_t *out_end_ms)
{
    const struct acgp_cadence_place *found = NULL;

    for (size_t i = 0; i < c->place_count; i++) {
        const struct acgp_cadence_place *p = &c->places[i];
        int64_t end = 0;
        if (p->finished || !p->moving)
            continue;
        end = end_of(c, p);
        if (found != NULL && end <= *out_end_ms)
            continue;
        found = p;
        *out_end_ms = end;
    }
    return found;
}

static bool all_finished(const struct acgp_cadence *c)
{
    for (size_t i = 0; i < c->place_count; i++)
        if (!c->places[i].finished)
            return false;
    return c->place_count != 0;
}

/* ---- the wait ---- */

static int64_t wait_for(const struct acgp_cadence_place *p, int64_t end_ms, int64_t age, int64_t now_ms)
{
    int64_t late = now_ms - end_ms, wait = 0, off = 0;

    if (late < 0)
        wait = -late / LEFT_PART;
    else
        wait = larger(late / LATE_PART, smaller(late / 2, NEAR_MS));
    if (p == NULL || p->step_ms == 0)
        return wait;
    off = p->step_ms > now_ms ? p->step_ms - now_ms : now_ms - p->step_ms;
    return smaller(wait, larger(off / 2, age / STEP_PART));
}

static int64_t wish(const struct acgp_cadence *c, int64_t now_ms)
{
    int64_t age = now_ms - c->begun_ms, end = now_ms;
    int64_t blind = smaller(larger(age * 2 / 3, SOON_MS), NEAR_MS);
    int64_t quick = larger(smaller(age / 3, QUICK_MS), SOON_MS);
    int64_t near = smaller(larger(age / FAR_PART, quick), NEAR_MS);
    const struct acgp_cadence_place *p = slowest(c, &end);

    if (p == NULL && !all_finished(c))
        return larger(blind, age / UNKNOWN_PART);
    return smaller(larger(wait_for(p, end, age, now_ms), near), larger(blind, age / FAR_PART));
}

/* One reading less. @return how long until the next may be had at all */
static int64_t spend(struct acgp_cadence *c, int64_t now_ms)
{
    int64_t every = larger(ALLOWANCE_EVERY_MS, (now_ms - c->begun_ms) / ALLOWANCE_PART);

    c->allowance += (now_ms - c->paid_ms) * 1000 / every - 1000;
    c->paid_ms = now_ms;
    return c->allowance >= 1000 ? 0 : (1000 - c->allowance) * every / 1000;
}

/* splitmix64 */
static int64_t below(struct acgp_cadence *c, int64_t bound)
{
    uint64_t z = c->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return bound > 0 ? (int64_t)((z ^ (z >> 31)) % (uint64_t)bound) : 0;
}

int64_t acgp_cadence_next_ms(struct acgp_cadence *c, int64_t now_ms, int64_t retry_after_ms)
{
    int64_t wait = larger(wish(c, now_ms), spend(c, now_ms));

    c->read_ms = c->newest_ms;
    /* The jitter shortens what we chose ourselves, and lengthens what the service asks for. */
    wait -= below(c, wait / 16);
    if (retry_after_ms > wait)
        wait = retry_after_ms + below(c, smaller(retry_after_ms / 16, 2 * SOON_MS));
    return now_ms + wait;
}
