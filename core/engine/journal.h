/* SPDX-License-Identifier: MPL-2.0 */
/** The journal on disk: a directory of its user's own, in it a file per operation key, to which one live run
 * at a time appends. What the lines say is journal/'s business.
 *
 *  journal_folder.c  the directory         journal.c       the files
 *  journal_list.c    the public list       journal_use.c   what machines ask for */
#ifndef ACGP_ENGINE_JOURNAL_H
#define ACGP_ENGINE_JOURNAL_H

#include <dirent.h>
#include <sys/stat.h>

#include "journal/recollect.h"

enum {
    ACGP_JOURNAL_NAME = ACGP_DIGEST_TEXT + sizeof ".jsonl", /* a file's name, and the end */
    ACGP_JOURNAL_KEPT_S = 30 * 24 * 3600 /* a finished run is of interest as long as Azure's own log: 30 days
                                            and more have passed when its file goes */
};

/** A directory. */
struct acgp_journal {
    char *path; /* as it was given, for messages */
    int fd;
};

/** The file of one key, held for one run. */
struct acgp_journal_file {
    struct acgp_journal *journal; /* borrowed */
    char key[ACGP_DIGEST_TEXT];
    int fd;
    bool torn; /* the last line has no end: the next one begins with it */
};

/* ---- journal_folder.c ---- */

/** Open a directory that belongs to this user, and that nobody else may write to.
 *  @param make  make it where it is not there, with its parents (0700).
 *  @param out   owned by caller (acgp_journal_free); NULL where it is not there and is not made.
 *  @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_ARGUMENT (err->field: journal_dir). */
enum acg_status acgp_journal_new(const char *dir, bool make, struct acgp_journal **out,
                                 struct acg_error *err);
void acgp_journal_free(struct acgp_journal *j);
/** Remove the files of runs that are over since ACGP_JOURNAL_KEPT_S. Never one of an unfinished run; a few
 * dozen at a time; what cannot be removed stays. */
void acgp_journal_sweep(struct acgp_journal *j, int64_t now_unix_s);
/** The names in the directory. @return owned by caller (closedir); NULL: errno says why. */
DIR *acgp_journal_names(const struct acgp_journal *j);
/** The key whose file has this name. @return false: it is none of ours. */
bool acgp_journal_key_of(const char *name, char out[ACGP_DIGEST_TEXT]);
/** Whether a directory or file is the user's own. @param what for the message: its path. */
enum acg_status acgp_journal_owned(const struct stat *s, const char *what, struct acg_error *err);
/** A failure of the system about a path: ACG_ERR_ARGUMENT, with errno's text. */
enum acg_status acgp_journal_fail(struct acg_error *err, const char *what, const char *path, int error);

/* ---- journal.c ---- */

/** Hold the file of a key for one run, and make it where it is not there. Never blocks.
 *  @param out owned by caller (acgp_journal_release); NULL: another run holds it, of this process or not.
 *  @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_ARGUMENT. */
enum acg_status acgp_journal_take(struct acgp_journal *j, const char *key, struct acgp_journal_file **out,
                                  struct acg_error *err);
/** What a file that is held says. @param out zeroed by caller; done by caller, also after a failure. */
enum acg_status acgp_journal_recall(const struct acgp_journal_file *file, struct acgp_recollection *out,
                                    struct acg_error *err);
/** What a file says that may be another's. @param out_running a run holds it.
 *  @param out as of acgp_journal_recall; a file that is not there says nothing. */
enum acg_status acgp_journal_look(const struct acgp_journal *j, const char *key, bool *out_running,
                                  struct acgp_recollection *out, struct acg_error *err);
/** Append a record, and wait until it is on the disk.
 *  @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_ARGUMENT: then it is not to be relied on. */
enum acg_status acgp_journal_append(struct acgp_journal_file *file, const struct acgp_record *record,
                                    struct acg_error *err);
/** Let go of a file; one in which nothing was written goes away. NULL is fine. */
void acgp_journal_release(struct acgp_journal_file *file);

/* ---- journal_use.c ---- */

struct acg_publish;

/** Answer a machine's RECALL and RECORD. Without a journal nothing is known, and every record succeeds. */
void acgp_publish_recall(struct acg_publish *publish, int64_t now_ms, const char *key);
void acgp_publish_record(struct acg_publish *publish, int64_t now_ms, const struct acgp_record *record);

#endif
