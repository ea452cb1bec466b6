/* SPDX-License-Identifier: MPL-2.0 */
/** End-of-life dates: read what people write, send RFC 3339 in UTC. Pure arithmetic on the proleptic
 * Gregorian calendar; no clock, no time zone data. */
#ifndef ACGP_END_OF_LIFE_H
#define ACGP_END_OF_LIFE_H

#include <stdbool.h>
#include <stdint.h>

#include <acg/span.h>

enum { ACGP_TIME_MAX = 32 }; /* bytes with NUL of "9999-12-31T23:59:59.9999999Z" */

struct acgp_end_of_life {
    int64_t unix_s;
    char text[ACGP_TIME_MAX]; /* RFC 3339, UTC, with Z */
};

/** Read "2027-01-31" (the time is then 12:59:59 UTC, as the Azure CLI sends it), an RFC 3339 time with Z or
 * an offset ("2027-01-31T08:00:00+02:00"; up to seven digits of a fraction are kept), or "+180d": so many
 * days from now, 1 to 36500.
 *  @param now_unix_s the present; used for "+180d" alone. The result may lie in the past.
 *  @return false: none of these, or no such day or time; *out is then untouched. */
bool acgp_end_of_life_parse(struct acg_span text, int64_t now_unix_s, struct acgp_end_of_life *out);

/** A moment as "2027-01-31T08:00:00Z". @return false: before the year 0 or after 9999; *out is then
 * untouched. */
bool acgp_time_text(int64_t unix_s, char out[ACGP_TIME_MAX]);

#endif
