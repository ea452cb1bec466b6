/* SPDX-License-Identifier: MPL-2.0 */
/** What a journal says of the runs of one operation key. Reading refuses nothing: a line that was torn by a
 * crash, is no JSON or is of another key is skipped and counted; kinds and members of later releases are
 * passed over. */
#ifndef ACGP_RECOLLECT_H
#define ACGP_RECOLLECT_H

#include <stddef.h>

#include <acg/error.h>

#include "journal/record.h"

/* Of a file only the end is looked at: it holds the newest run whole, whatever its memo. */
enum { ACGP_JOURNAL_MAX = 8 * 1024 * 1024 };

/** Zeroed is "nothing is known". */
struct acgp_recollection {
    bool known;       /* there is a record */
    bool unfinished;  /* the newest run did not end finally */
    bool sent;        /* it was about to write, or an unfinished one before it with the same version was */
    bool created;     /* Azure accepted the version, made by a run of this key */
    char *version_id; /* of the newest run; owned, as the next two; NULL: not said */
    char *memo;
    char *status;         /* word of how it ended, finally or not; NULL: it did not say */
    int64_t begun_unix_s; /* of the newest run, as the next */
    int64_t last_unix_s;
    size_t skipped; /* lines that could not be used */
};

/** @param bytes a journal, or its end.   @param key lines of others are skipped; NULL: take any.
 *  @param out   zeroed by caller; acgp_recollection_done follows, also after a failure.
 *  @return ACG_OK | ACG_ERR_NOMEM. */
enum acg_status acgp_recollect(struct acg_span bytes, const char *key, struct acgp_recollection *out,
                               struct acg_error *err);
void acgp_recollection_done(struct acgp_recollection *r);

#endif
