/* SPDX-License-Identifier: MPL-2.0 */
/** What a machine asks of its journal: records that wait to be written, in order. */
#ifndef ACGP_RECORDING_H
#define ACGP_RECORDING_H

#include "journal/record.h"

/** Zeroed is empty. */
struct acgp_recording {
    bool recall;                  /* the journal of key is to be read */
    char key[ACGP_DIGEST_TEXT];   /* of the last recall */
    struct acgp_record **records; /* owned with their texts; oldest first; stable addresses, since the engine
                                     looks at the oldest */
    size_t count, capacity;
};

void acgp_recording_done(struct acgp_recording *r);

#endif
