/* SPDX-License-Identifier: MPL-2.0 */
/** Plays one planned conversation against a plugin at the other end of a socket. */
#ifndef HOSTILE_PLAY_H
#define HOSTILE_PLAY_H

#include "hostile/azure.h"
#include "hostile/mutate.h"
#include "hostile/plan.h"
#include "hostile/tally.h"

/** How long the plugin may take to end once the host is gone. */
#define PLAY_END_MS 10000

struct played {
    size_t sent;      /* bytes */
    size_t received;  /* bytes */
    size_t mutations; /* changes that were made */
    size_t answers, results, asked, told;
    int64_t closed_ms; /* when our end was closed, or our direction of it */
    bool revealed;     /* the plugin wrote its secret */
    bool broken;       /* the plugin wrote something that is not yamux */
    bool restless;     /* the plugin worked while nothing moved */
    char story[STORY_BYTES];
};

/** The written-down connections to start from. @return how many; 0: unreadable. */
int play_load_traces(void);
void play_free_traces(void);

int64_t play_now_ms(void);
/** Whether a descriptor can be read, or has ended, before a time. */
bool play_await(int fd, int64_t until_ms);

/** @param fd given: connected, a stream; closed when this returns. @param azure borrowed. */
void play(const struct plan *plan, int fd, struct azure *azure, struct played *out);

#endif
