/* SPDX-License-Identifier: MPL-2.0 */
/** Runs conversations in children, so that a crash, a hang or a leak is known by its seed. */
#ifndef HOSTILE_BATCH_H
#define HOSTILE_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "hostile/play.h"

/** What was seen so far; a child shares its own with the parent. */
struct figures {
    uint64_t current; /* seed of the conversation that runs */
    uint64_t conversations, decoded;
    uint64_t asked, told, results; /* conversations that came so far */
    uint64_t unread;               /* conversations in which nothing was read until the end */
    uint64_t mutations, sent, received;
    int64_t slowest_ms;
    uint64_t slowest_seed;
    int64_t peak_kib;
};

/** One conversation. @return NULL, or what went wrong. */
typedef const char *batch_run(const struct plan *plan, struct azure *azure, struct played *out,
                              int64_t *out_ms);

struct batch_options {
    uint64_t first, count;
    uint64_t size; /* conversations of one child */
    batch_run *run;
    const char *replay;       /* how one seed is run again, without the seed */
    uint64_t decoded_percent; /* at least so many conversations reach a decoded call */
};

/** Run them all and print the figures. @return an exit status. */
int batch_run_all(const struct batch_options *options);
/** Run one seed in this process and tell everything. @return an exit status. */
int batch_run_one(const struct batch_options *options, uint64_t seed);

#endif
