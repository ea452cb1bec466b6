/* SPDX-License-Identifier: MPL-2.0 */
/** What a broken or hostile Packer may do to the frames of a well-formed one: a few changes per conversation,
 *  at the level of yamux, of the broker's numbers, of net/rpc's headers and of msgpack. */
#ifndef HOSTILE_MUTATE_H
#define HOSTILE_MUTATE_H

#include <acg/span.h>

#include "base/buf.h"
#include "hostile/dice.h"

enum { MUTATIONS_MAX = 5, STORY_BYTES = 320 };

struct mutator {
    struct dice dice;
    size_t seen;              /* frames so far */
    size_t at[MUTATIONS_MAX]; /* frames that are to be changed */
    size_t count;
    size_t applied;
    struct acgp_buf held; /* a frame that comes after the next one */
    struct acgp_buf work; /* the frame that is being changed */
    struct acgp_buf *out;
    char story[STORY_BYTES]; /* "number change, number change" */
};

/** @param span the first change falls on one of so many first frames. @param out borrowed: takes the bytes.
 */
void mutator_init(struct mutator *m, uint64_t seed, size_t span, struct acgp_buf *out);
void mutator_done(struct mutator *m);
/** Append a frame, changed or not. */
void mutator_frame(struct mutator *m, struct acg_span frame);
/** No more frames: what was held is appended; when nothing was changed yet, something is now. */
void mutator_last(struct mutator *m);

/* ---- For the levels. ---- */

/** One of the changes of frames and numbers; appends what becomes of m->work. @return its name. */
const char *mutate_frame(struct mutator *m);
/** One of the changes of net/rpc and msgpack, made in m->work.
 *  @return its name; NULL: the frame holds no message, and is as it was. */
const char *mutate_rpc(struct mutator *m);

/** Append m->work as it is. */
void mutator_emit(struct mutator *m);
/** Replace the payload of m->work; the header tells the new length. */
void mutator_set_payload(struct mutator *m, struct acg_span payload);
struct acg_span mutator_payload(const struct mutator *m);
/** Change one to eight bits of m->work from this place on. */
void mutator_flip(struct mutator *m, size_t from);
/** Append a frame of its own making. */
void mutator_insert(struct mutator *m, unsigned type, unsigned flags, uint32_t stream, uint32_t length,
                    struct acg_span payload);

#endif
