/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_CLOCK_H
#define SIM_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* The simulated time, in milliseconds since 1970. Real (times a factor) or turned by hand. Delays of answers
 * use the machine's own clock, everything else (operations, replication, tokens, dates) this one. */
struct sim_clock {
    bool manual;
    double factor;
    int64_t origin_unix_ms; /* simulated time at the start */
    int64_t origin_mono_ms;
    int64_t advanced_ms; /* turned by hand */
};

#define SIM_STAMP_SIZE 40

int64_t sim_mono_ms(void);
int64_t sim_mono_us(void);
int64_t sim_wall_ms(void);
void sim_clock_init(struct sim_clock *c, bool manual, double factor, int64_t start_unix_ms);
int64_t sim_clock_now(const struct sim_clock *c);

/** 2026-01-31T12:00:00.1230000+00:00, the form of operation and publishing dates in recordings. */
void sim_stamp(int64_t unix_ms, char out[SIM_STAMP_SIZE]);
/** 2026-01-31 12:00:00Z, the form of the token endpoint. */
void sim_stamp_plain(int64_t unix_ms, char out[SIM_STAMP_SIZE]);
/** ISO 8601 date with optional time, fraction and offset. False when malformed; *unix_ms is then untouched.
 */
bool sim_stamp_parse(const char *text, int64_t *unix_ms);

#endif
