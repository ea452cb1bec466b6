/* SPDX-License-Identifier: MPL-2.0 */
/** Which regions stand in the version next: a pure decision, asked whenever Azure is done with a write.
 *
 *  Waves: the home region first, then so many regions at a time. Repair: a region that failed is left out of
 *  one write and is in again in a later one; the home region cannot be left out, so the same version is sent
 *  again for it. A region that is Completed is never left out. */
#ifndef ACGP_ROUNDS_H
#define ACGP_ROUNDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum acgp_phase {
    ACGP_PHASE_WAITING = 0, /* of a later wave */
    ACGP_PHASE_SENT,        /* in the version, not finished */
    ACGP_PHASE_COMPLETED,
    ACGP_PHASE_FAILED,
    ACGP_PHASE_OUT,     /* taken out, to be put in again at again_ms */
    ACGP_PHASE_GIVEN_UP /* out of attempts */
};

/** One place and its fate. */
struct acgp_fate {
    enum acgp_phase phase;
    bool home, optional;
    bool in;           /* stands in the version as it was last written */
    unsigned failures; /* how often it failed */
    int64_t again_ms;  /* OUT, or FAILED at home: not before */
};

struct acgp_round_policy {
    bool repair;
    unsigned attempts; /* repairs of one place */
    size_t wave_size;  /* 0: all at once */
    size_t quorum;     /* 0: every place that is not optional */
    int64_t until_ms;  /* no repair from then on; 0: at any time */
};

enum acgp_round {
    ACGP_ROUND_WATCH = 1, /* some place is not finished yet */
    ACGP_ROUND_WRITE,     /* write the version with the places that are `in` now */
    ACGP_ROUND_SLEEP,     /* nothing until *out_at_ms; then ask again */
    ACGP_ROUND_PROVE,     /* what is `in` is all there will be, and enough */
    ACGP_ROUND_FAIL       /* it cannot be enough any more */
};

/** The places of the first write: the home region, and without waves all. Sets `in` and phase. */
void acgp_rounds_begin(struct acgp_fate *fates, size_t count, const struct acgp_round_policy *policy);

/** Decide; WRITE changes `in` and phase of what is taken out and put in.
 *  @param busy   Azure is still at work on the last write: only WATCH and FAIL can be.
 *  @param random for the wait before a repair, which grows with each failure. */
enum acgp_round acgp_rounds_next(struct acgp_fate *fates, size_t count,
                                 const struct acgp_round_policy *policy, bool busy, int64_t now_ms,
                                 uint64_t random, int64_t *out_at_ms);

/** Are places missing in the end that were asked for? */
bool acgp_rounds_partial(const struct acgp_fate *fates, size_t count);

#endif
