/* SPDX-License-Identifier: MPL-2.0 */
/** Inside of struct pkr_config, shared by the files of this room. */
#ifndef PKR_STATE_H
#define PKR_STATE_H

#include "base/buf.h"
#include "spec/arena.h"
#include "spec/config.h"
#include "spec/settings.h"

/** The text that HCL2 puts for a value that is not known before the build ran. */
#define PKR_UNKNOWN "<unknown>"

/** A field that is not judged: it was found faulty already, or its value is not known yet. */
struct pkr_mark {
    struct pkr_mark *next;
    const char *path; /* in the library's words: "target_region[0].name" */
    bool unknown;     /* else faulty */
    unsigned about;   /* PKR_ABOUT_... */
};

/** A field that a user knows under other words. */
struct pkr_rename {
    struct pkr_rename *next;
    const char *ours;
    const char *theirs;
};

/** Notes about fields, made while reading (kept) or while checking (made anew each time). */
struct pkr_notes {
    struct pkr_arena arena;
    struct pkr_mark *marks;
    struct pkr_rename *renames;
    struct acg_findings *findings;
};

/** More than acg_login_variable knows. */
enum { PKR_LOGIN_VARIABLES_MAX = 64 };

struct pkr_config {
    struct pkr_settings set;                           /* as read; lives in read.arena */
    struct acgp_secret login[PKR_LOGIN_VARIABLES_MAX]; /* the environment's, as acg_login_variable counts */
    struct pkr_notes read;                             /* what reading found */
    struct pkr_notes made;                             /* what the last check found */
    const char *journal_folder;         /* where the journal lies unless it is named; NULL: nowhere */
    struct pkr_renderer renderer;       /* render NULL: template actions are faults */
    struct acg_publish_options options; /* as checked; lives in both arenas */
};

/** Note a fault of form: a finding of rule "config" and a mark. The message is format and its arguments.
 *  @param field  path in the words of the configuration; also the path of the mark.
 *  @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_LIMIT. */
ACG_NODISCARD enum acg_status pkr_note_fault(struct pkr_notes *notes, const char *field, unsigned about,
                                             const char *fix, struct acg_error *err, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
/** Note a field that must not be judged. */
ACG_NODISCARD enum acg_status pkr_note_mark(struct pkr_notes *notes, const char *path, bool unknown,
                                            unsigned about, struct acg_error *err);
/** Note other words for a field; all texts are copied. The format makes theirs. */
ACG_NODISCARD enum acg_status pkr_note_rename(struct pkr_notes *notes, const char *ours,
                                              struct acg_error *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/** Is path marked, or does it lie below a marked one? */
bool pkr_notes_cover(const struct pkr_notes *notes, const char *path);
/** What the marks are about, PKR_ABOUT_... or'ed. */
unsigned pkr_notes_about(const struct pkr_notes *notes);

/** Does path equal top, or continue it behind a '.' or '['? */
bool pkr_path_below(const char *path, const char *top);
/** The words in which the user knows a field. @param out a text that was written into buf, or path itself. */
enum acg_status pkr_rename_apply(const struct pkr_config *config, const char *path, struct acgp_buf *buf,
                                 const char **out, struct acg_error *err);

/** Lay the two ways to write regions, sets and data disks into config->options; faults go to config->made. */
ACG_NODISCARD enum acg_status pkr_resolve(struct pkr_config *config, enum pkr_phase phase,
                                          struct acg_error *err);
/** Take the variables of logins. @return false: out of memory. */
bool pkr_login_environment(struct pkr_config *config, const char *(*lookup)(void *context, const char *name),
                           void *context);
/** Login and endpoints: what the library checks only when they are used. */
ACG_NODISCARD enum acg_status pkr_check_access(struct pkr_config *config, enum pkr_phase phase,
                                               struct acg_error *err);

/** Find where the journal lies by itself. @return ACG_OK | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status pkr_journal_stand_in(struct pkr_config *config,
                                                   const char *(*lookup)(void *context, const char *name),
                                                   void *context, struct acg_error *err);

/** Read the fields of an object by the table. */
ACG_NODISCARD enum acg_status pkr_decode(struct pkr_config *config, json_t *object, enum pkr_config_mode mode,
                                         struct acg_error *err);
/** A value of Packer's wire as JSON. @param out owned by caller (json_decref).
 *  @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_PROTOCOL (a text that is not UTF-8, a number that is none). */
ACG_NODISCARD enum acg_status pkr_json_of_value(const struct pkr_value *value, json_t **out,
                                                struct acg_error *err);
/** Overwrite every text below a JSON value with '*', for trees that held a secret. */
void pkr_json_wipe(json_t *value);

/* journal.c */

/** Make a publisher that keeps the configuration's journal: one that somebody asked for is kept, or there is
 * no publisher. @param options the rest of them. Else as pkr_config_publisher_new. */
enum acg_status pkr_journal_publisher_new(const struct pkr_config *config,
                                          struct acg_publisher_options *options,
                                          struct acg_credential *credential, struct acg_publisher **out,
                                          char **out_notice, struct acg_error *err);

#endif
