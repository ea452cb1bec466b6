/* SPDX-License-Identifier: MPL-2.0 */
/** Whose turn it is to use a thing that serves one at a time: the source of an image version. Who needs
 * several gets all of them at once or none, and nobody overtakes who waits for the same thing: no two can
 * wait for each other, and nobody waits for ever. */
#ifndef ACGP_TURNS_H
#define ACGP_TURNS_H

#include <acg/error.h>

#include <stdbool.h>
#include <stddef.h>

struct acgp_turn_thing;

/** What one needs. Zeroed to begin with; it stays where it is. */
struct acgp_claim {
    struct acgp_claim *prev, *next;  /* those that wait, oldest first */
    struct acgp_turn_thing **things; /* owned */
    size_t count;
    bool waiting, held;
};

/** Zeroed to begin with. */
struct acgp_turns {
    struct acgp_turn_thing *things;
    struct acgp_claim *first, *last;
    unsigned round;
};

/** Ask for the things of these names (without regard to case), each named once or more.
 *  @param claim zeroed. @return ACG_OK: it is held, or waits | ACG_ERR_NOMEM. */
enum acg_status acgp_turns_claim(struct acgp_turns *t, struct acgp_claim *claim, const char *const *names,
                                 size_t count);
/** Give back, or stop waiting; fine for a claim that was never made. Afterwards ask acgp_turns_next. */
void acgp_turns_release(struct acgp_turns *t, struct acgp_claim *claim);
/** The next claim that got what it waits for; NULL: none did. */
struct acgp_claim *acgp_turns_next(struct acgp_turns *t);
/** Name of a thing that a waiting claim waits for. Lent. */
const char *acgp_turns_missing(const struct acgp_claim *claim);

#endif
