/* SPDX-License-Identifier: MPL-2.0 */
/** What runs have written down: a directory in which each publish that is given one (journal_dir of
 * acg_publisher_options) keeps what it is about to do and what became of it, so that the next run goes on
 * where a crash ended the last one. A file per operation key, KEY.jsonl: the same publish on the same sources
 * has the same key. It is the user's own (0600, in a directory of 0700) and holds no secret.
 *
 *  Files of runs that are over go away after 30 days, when a publisher is made; those of unfinished runs
 *  stay. */
#ifndef ACG_JOURNAL_H
#define ACG_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <acg/error.h>

ACG_BEGIN_DECLS

struct acg_journal;

/** The newest run of one operation key. The library makes it: it grows at the end. Texts are never NULL. */
struct acg_journal_entry {
    const char *key;        /* 64 hexadecimal digits */
    const char *version_id; /* what it publishes; empty: the journal does not tell */
    int64_t begun_unix_s;
    int64_t last_unix_s; /* of its last record */
    /* "running": a live process is at it. "unfinished": it ended without a word, or Azure was still at work;
     * the same publish, begun again, goes on with it. "unreadable": problem says why. Else a word of
     * acg_status_name: it is over. */
    const char *state;
    const char *memo;     /* acg_publish_options.memo of that run; empty: none */
    const char *problem;  /* why the file cannot be read; empty: it can */
    size_t lines_skipped; /* lines that could not be used: torn by a crash, or not ours */
    /* The word of acg_status_name with which an unfinished run ended: whoever watched it was told, and Azure
     * may be at work. Empty: it was cut off, or left by acg_publish_leave; or it is not unfinished. */
    const char *ended;
};

/** Open a journal to list it; changes nothing in it.
 *  @param dir  borrowed for the call. Where there is no such directory nothing was written: an empty list.
 *  @param out  owned by caller (acg_journal_free); untouched on failure.
 *  @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_ARGUMENT (it is no directory of this user's own; err->field is
 * "journal_dir"). Reads the disk. */
ACG_API ACG_NODISCARD enum acg_status acg_journal_open(const char *dir, struct acg_journal **out,
                                                       struct acg_error *err);
/** The next entry, in no order.
 *  @param out lent until the next call; NULL: there are no more.
 *  @return ACG_OK | ACG_ERR_NOMEM. Reads the disk. */
ACG_API ACG_NODISCARD enum acg_status
acg_journal_next(struct acg_journal *journal, const struct acg_journal_entry **out, struct acg_error *err);
/** NULL is fine. */
ACG_API void acg_journal_free(struct acg_journal *journal);

ACG_END_DECLS

#endif
