/* SPDX-License-Identifier: MPL-2.0 */
#include "publish/rounds.h"

enum { REPAIR_FIRST_MS = 30 * 1000, REPAIR_LONGEST_MS = 600 * 1000 };

void acgp_rounds_begin(struct acgp_fate *fates, size_t count, const struct acgp_round_policy *policy)
{
    for (size_t i = 0; i < count; i++) {
        fates[i].in = policy->wave_size == 0 || fates[i].home;
        fates[i].phase = fates[i].in ? ACGP_PHASE_SENT : ACGP_PHASE_WAITING;
    }
}

static size_t count_phase(const struct acgp_fate *fates, size_t count, enum acgp_phase phase)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        n += fates[i].phase == phase;
    return n;
}

/* How long a place rests before it is tried again: doubled by each failure, and up to half as much again so
 * that regions do not come back all together. */
static int64_t rest_ms(unsigned failures, uint64_t random)
{
    int64_t wait = REPAIR_FIRST_MS;

    for (unsigned i = 1; i < failures && wait < REPAIR_LONGEST_MS; i++)
        wait *= 2;
    return wait + (int64_t)(random % (uint64_t)(wait / 2));
}

/* A place that failed and has not been dealt with: taken out, sent again, or given up. */
static void deal(struct acgp_fate *f, const struct acgp_round_policy *policy, int64_t now_ms, uint64_t random)
{
    int64_t at_ms = now_ms + rest_ms(f->failures, random);
    bool late = policy->until_ms != 0 && at_ms >= policy->until_ms;

    if (!policy->repair || late || f->failures > policy->attempts) {
        f->phase = ACGP_PHASE_GIVEN_UP;
        return;
    }
    f->phase = ACGP_PHASE_OUT;
    f->again_ms = at_ms;
}

/* Can it still be enough, when everything that is not given up goes well? */
static bool enough(const struct acgp_fate *fates, size_t count, const struct acgp_round_policy *policy)
{
    size_t given_up = count_phase(fates, count, ACGP_PHASE_GIVEN_UP);

    for (size_t i = 0; i < count; i++)
        if (fates[i].phase == ACGP_PHASE_GIVEN_UP &&
            (fates[i].home || (policy->quorum == 0 && !fates[i].optional)))
            return false;
    return policy->quorum == 0 || count - given_up >= policy->quorum;
}

/* Take out what failed, and put in what is due. @return whether the version changes. */
static bool arrange(struct acgp_fate *fates, size_t count, const struct acgp_round_policy *policy,
                    int64_t now_ms)
{
    size_t wave = policy->wave_size != 0 ? policy->wave_size : count; /* a version that is gone on with */
    bool changes = false;

    for (size_t i = 0; i < count; i++) {
        struct acgp_fate *f = &fates[i];
        bool due = f->phase == ACGP_PHASE_OUT && now_ms >= f->again_ms;
        bool next = f->phase == ACGP_PHASE_WAITING && wave > 0;
        if ((f->phase == ACGP_PHASE_OUT || f->phase == ACGP_PHASE_GIVEN_UP) && f->in && !f->home) {
            f->in = false;
            changes = true;
        } else if ((due && (f->home || !f->in)) || next) {
            wave -= next;
            f->in = true;
            f->phase = ACGP_PHASE_SENT;
            changes = true;
        }
    }
    return changes;
}

static int64_t earliest(const struct acgp_fate *fates, size_t count)
{
    int64_t at = INT64_MAX;

    for (size_t i = 0; i < count; i++)
        if (fates[i].phase == ACGP_PHASE_OUT && fates[i].again_ms < at)
            at = fates[i].again_ms;
    return at;
}

enum acgp_round acgp_rounds_next(struct acgp_fate *fates, size_t count,
                                 const struct acgp_round_policy *policy, bool busy, int64_t now_ms,
                                 uint64_t random, int64_t *out_at_ms)
{
    for (size_t i = 0; i < count; i++)
        if (fates[i].phase == ACGP_PHASE_FAILED)
            deal(&fates[i], policy, now_ms, random + i * 7919);
    if (!enough(fates, count, policy))
        return ACGP_ROUND_FAIL;
    if (busy || count_phase(fates, count, ACGP_PHASE_SENT) != 0)
        return ACGP_ROUND_WATCH;
    if (arrange(fates, count, policy, now_ms))
        return ACGP_ROUND_WRITE;
    if (count_phase(fates, count, ACGP_PHASE_OUT) != 0) {
        *out_at_ms = earliest(fates, count);
        return ACGP_ROUND_SLEEP;
    }
    return ACGP_ROUND_PROVE;
}

bool acgp_rounds_partial(const struct acgp_fate *fates, size_t count)
{
    return count_phase(fates, count, ACGP_PHASE_GIVEN_UP) != 0;
}
