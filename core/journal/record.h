/* SPDX-License-Identifier: MPL-2.0 */
/** One record of a run, and the line of its journal that it becomes. A journal is a file per operation key,
 * one JSON object a line, to which runs only append. No secret and no URL of an operation is ever in it. */
#ifndef ACGP_RECORD_H
#define ACGP_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "journal/digest.h"

enum {
    ACGP_RECORD_MAX =
        2 * 1024 * 1024, /* a line: of a memo of ACGP_MEMO_MAX JSON writes a byte as six at worst */
    ACGP_RUN_TEXT = 40   /* a UUID, and the end */
};

enum acgp_record_kind {
    ACGP_RECORD_BEGIN = 1, /* a run chose its version and is about to write */
    ACGP_RECORD_SENDING,   /* a PUT or DELETE is about to be sent; note: "create", "update" or "replace" */
    ACGP_RECORD_ACCEPTED,  /* Azure took the PUT; never of a DELETE */
    ACGP_RECORD_ENDED      /* the run is over; of what it began there may be more to do (final) */
};

struct acgp_record {
    enum acgp_record_kind kind;
    char key[ACGP_DIGEST_TEXT]; /* operation key */
    char run[ACGP_RUN_TEXT];    /* which run */
    int64_t unix_s;
    const char *version_id; /* NULL: not said */
    const char *status;     /* ENDED: a word of acg_status_name */
    bool final;             /* ENDED: nothing is left to do, in Azure or here */
    const char *note;       /* NULL: none */
    const char *memo;       /* BEGIN: what the caller gave, up to ACGP_MEMO_MAX; NULL: nothing */
};

/** Words of the kinds in a line; 0 is no kind. */
extern const char *const acgp_record_words[ACGP_RECORD_ENDED + 1];

/** Append the record to out as one line, with its end. All texts are UTF-8.
 *  @return false: out of memory, or out is full. */
bool acgp_record_line(const struct acgp_record *record, struct acgp_buf *out);

#endif
