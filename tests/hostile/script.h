/* SPDX-License-Identifier: MPL-2.0 */
/** A scripted Packer that follows a plan: it speaks well-formed frames, answers the plugin's calls, and takes
 *  the next step when its time has come. */
#ifndef HOSTILE_SCRIPT_H
#define HOSTILE_SCRIPT_H

#include <acg/span.h>

#include "hostile/dice.h"
#include "hostile/plan.h"
#include "wire/link.h"

struct script {
    const struct plan *plan;
    const char *endpoint; /* borrowed */
    struct dice dice;
    struct pkr_link *core;
    size_t step;
    uint32_t control, result; /* talks */
    size_t sent, answered;    /* calls of ours, without PostProcess */
    size_t asked, told;       /* calls of the plugin */
    uint64_t post;            /* the call, while unanswered */
    uint64_t result_number;
    bool post_answered, over;
};

void script_begin(struct script *s, const struct plan *plan, const char *endpoint);
void script_end(struct script *s);
/** What the plugin wrote. */
void script_feed(struct script *s, struct acg_span bytes);
/** Take what steps may be taken; s->core drains what is to be written, whole frames.
 *  @return whether the whole tale is told and everything is answered. */
bool script_turn(struct script *s);

#endif
