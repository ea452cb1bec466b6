/* SPDX-License-Identifier: MPL-2.0 */
/** When to read a replicating version again. Pure: it is told each reading and says when the next one is due.
 *
 *  The slowest place that is not finished counts. Its percent and its speed say when it can end; far from
 * that moment readings are rare, near it they come every 28 seconds. Where no percent tells anything, the
 * waits are a twentieth of the time that has passed. An allowance bounds the readings whatever is reported,
 * 40 in ten minutes and 150 in six hours: it is saved while the end is far, and spent near it.
 *
 *  Up to ten minutes the end is seen at most 30 s after it happened, whatever is reported. Up to six hours so
 * too where the percent leads to the end: evenly, in an S, from 0 after a long time, by steps of 10 or 25,
 * with some minutes at 99, with a fall on the way. Otherwise the allowance decides: a version that never
 * tells a percent is seen late by a twentieth of its time, 200 s after an hour and 17 min after six; one that
 * stands at 99 for most of an hour, after six, by up to 13 min. */
#ifndef ACGP_CADENCE_H
#define ACGP_CADENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What is remembered of a place. Zeroed: nothing is known. */
struct acgp_cadence_place {
    bool finished, moving;
    int percent;
    int begun_percent; /* what it had already when the watch began */
    int64_t since_ms;  /* it may have this percent since then: the reading before the one that showed it */
    int64_t step_ms;   /* it goes in steps: when the next one comes if it goes on like this; 0: it does not */

    /* Its speed is measured from here on: */
    int64_t base_ms; /* where it first moved, or last fell */
    int base_percent;
    int64_t late_ms; /* some moves ago */
    int late_percent;
    int64_t mark_ms; /* the next late_ms, once it has moved on */
    int mark_percent;
};

struct acgp_cadence {
    struct acgp_cadence_place *places; /* caller's array */
    size_t place_count;
    int64_t begun_ms;
    int64_t read_ms;   /* the reading before the newest */
    int64_t newest_ms; /* the newest reading that told something */
    int64_t paid_ms;   /* the allowance is counted up to here */
    int64_t allowance; /* readings that may come at any pace, in thousandths */
    uint64_t random;   /* state of the jitter */
};

/** Begin with the accepted write, or with the first reading of a version that was found.
 *  @param places borrowed for the life of c, one per place; zeroed here. NULL when place_count is 0.
 *  @param seed for the jitter: machines that begin together must not read in step. */
void acgp_cadence_begin(struct acgp_cadence *c, struct acgp_cadence_place *places, size_t place_count,
                        uint64_t seed, int64_t now_ms);

/** The places are others now: a reading has shown more, or some are gone. @param places borrowed for the life
 * of c instead of the array before; what is known of a place that stays was copied, a new one is zeroed. */
void acgp_cadence_places(struct acgp_cadence *c, struct acgp_cadence_place *places, size_t place_count);

/** What a reading says about a place; the places of one reading have the same now_ms, and
 * acgp_cadence_next_ms follows. @param place below place_count. @param percent 0 to 100. */
void acgp_cadence_sample(struct acgp_cadence *c, size_t place, int percent, bool finished, int64_t now_ms);

/** A reading, or another request about the same replication, was answered or has failed at now_ms.
 *  @param retry_after_ms what its answer asks to wait at least; 0 for nothing.
 *  @return when to ask again; about a second or more after now_ms. */
int64_t acgp_cadence_next_ms(struct acgp_cadence *c, int64_t now_ms, int64_t retry_after_ms);

#endif
