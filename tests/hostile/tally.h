/* SPDX-License-Identifier: MPL-2.0 */
/** Reads what the plugin wrote and counts what it proves: an answer means that a call was decoded. */
#ifndef HOSTILE_TALLY_H
#define HOSTILE_TALLY_H

#include <acg/span.h>

#include "base/buf.h"

enum { TALLY_STREAMS = 8 };

/** The client secret of the plugin's environment, which the host never learns. */
#define TALLY_SECRET "s3cr3t-in-the-environment"

/** Zeroed is not ready: tally_init. */
struct tally {
    size_t answers; /* of the plugin on Packer's control stream: each is a call that it decoded */
    size_t results; /* of the plugin on other streams of Packer: calls of its artifact */
    size_t asked;   /* calls of the plugin: a PostProcess was decoded */
    size_t told;    /* of them those of the user interface */
    size_t bytes;
    bool revealed; /* TALLY_SECRET came */
    bool broken;   /* what was written is not yamux */
    struct acgp_buf in;
    struct acgp_buf streams[TALLY_STREAMS]; /* by id; higher ones are not read */
};

void tally_init(struct tally *t);
void tally_done(struct tally *t);
void tally_feed(struct tally *t, struct acg_span bytes);

#endif
