/* SPDX-License-Identifier: MPL-2.0 */
/** Inside of the create machine, shared by its files.
 *
 *  First everything is read, in two rounds: groups, vaults, keys and sets; then what the identities of the
 *  sets there may do, and whether the names of missing vaults are free. Then it is judged: a difference
 *  anywhere ends the work before the first write. Then each region goes its own way through its things, in
 *  the order of enum acgp_thing_kind: the first that is not there yet is read, written or waited for. What is
 *  known of a thing comes from answers alone, so that a run that was interrupted and one that was not do the
 *  same from the same state on.
 *
 *  Every function that takes the machine may end it (out of memory does): callers look at m->work.ended
 * afterwards. */
#ifndef ACGP_CREATE_H
#define ACGP_CREATE_H

#include "arm/des_doc.h"
#include "arm/lro.h"
#include "report/report.h"
#include "setup/bodies.h"
#include "setup/setup.h"

enum {
    ACGP_SETUP_DOUBTS_MAX = 5,  /* writes of one thing whose fate stayed open, each settled by reading */
    ACGP_SETUP_BEHIND_MAX = 10, /* reads in a row that may not find what was just made: a GET can be behind */
    ACGP_SETUP_DOUBT_READS = 3 /* reads in a row that must not find a write of unknown fate, before another */
};

enum acgp_thing_kind { ACGP_THING_VAULT = 0, ACGP_THING_KEY, ACGP_THING_SET, ACGP_THING_ACCESS, ACGP_THINGS };

enum acgp_thing_state {
    ACGP_THING_UNREAD = 0,
    ACGP_THING_MISSING,
    ACGP_THING_PENDING, /* there, and Azure still works on it */
    ACGP_THING_THERE,
    ACGP_THING_DIFFERS
};

struct acgp_thing {
    enum acgp_thing_state state;
    bool made;        /* by this run */
    bool doubt;       /* a write may have been carried out although no answer says so */
    unsigned puts;    /* writes so far */
    unsigned doubts;  /* of them of unknown fate */
    unsigned unfound; /* reads in a row that did not find it */
    unsigned waits;   /* for the schedule of short and then longer waits */
};

/* Calls: what is done with a thing, and the few that are of no thing. */
enum acgp_create_call {
    ACGP_CREATE_READ = 1,                               /* + kind of thing; index: region */
    ACGP_CREATE_WRITE = ACGP_CREATE_READ + ACGP_THINGS, /* + kind of thing */
    ACGP_CREATE_POLL = ACGP_CREATE_WRITE + ACGP_THINGS,
    ACGP_CREATE_NAME,        /* is the vault's name free? */
    ACGP_CREATE_GROUP,       /* index 0: of the sets, 1: of new vaults */
    ACGP_CREATE_SUBSCRIPTION /* its tenant */
};

struct acgp_site {
    const struct acgp_setup_region *plan;
    struct acgp_thing things[ACGP_THINGS];
    struct acgp_vault_doc vault;
    struct acgp_key_doc key;
    struct acgp_des_doc set;
    struct acgp_lro lro;    /* of the set */
    int64_t at_ms;          /* when to go on; ACGP_NEVER: an answer will tell */
    bool access_unreadable; /* role assignments may not be read with this login */
    bool principal_told;    /* that the directory does not know the identity yet */
    bool over;              /* ready or failed */
    struct acg_error error; /* why it failed; status ACG_OK: it did not */
};

enum acgp_create_stage { ACGP_CREATE_SURVEY = 0, ACGP_CREATE_SURVEY_ACCESS, ACGP_CREATE_APPLY };

struct acgp_create {
    struct acgp_work work;    /* first: the machine lives in it */
    struct acgp_setup *setup; /* owned */
    enum acgp_create_stage stage;
    char *tenant_id;           /* owned; NULL: not read */
    struct acgp_site *sites;   /* owned; one per region of setup */
    struct acg_error blocked;  /* survey: the first outcome that is no finding; status ACG_OK: none */
    bool differs;              /* a finding says that something is there and differs */
    struct acg_report *report; /* owned */
};

/* create.c */
/** The site failed: remembered, the others go on. @param err copied. */
void acgp_site_fail(struct acgp_create *m, int64_t now_ms, struct acgp_site *s, const struct acg_error *err);
/** Go on with the site after wait_ms; 0: what an answer or the schedule says. */
void acgp_site_later(struct acgp_create *m, int64_t now_ms, struct acgp_site *s, enum acgp_thing_kind kind,
                     const struct acgp_answer *answer);
/** "reading the vault". Static. */
const char *acgp_create_call_name(int call_kind);
/** NOTICE "region: text". @param text given; NULL is out of memory. */
void acgp_site_say(struct acgp_create *m, int64_t now_ms, const struct acgp_site *s, char *text);
size_t acgp_site_index(const struct acgp_create *m, const struct acgp_site *s);
/** "the vault", "the key", … Static. */
const char *acgp_thing_name(enum acgp_thing_kind kind);
/** "vault", "key", "disk_encryption_set", "access". Static. */
const char *acgp_thing_word(enum acgp_thing_kind kind);

/* create_survey.c */
void acgp_survey_begin(struct acgp_create *m, int64_t now_ms);
/** The next round, or the verdict, when a round is over. */
void acgp_survey_step(struct acgp_create *m, int64_t now_ms);
void acgp_survey_on_answer(struct acgp_create *m, int64_t now_ms, const struct acgp_call *call,
                           const struct acgp_answer *answer);

/* create_things.c: vault, key and set, and whatever is the same for all things */
void acgp_thing_read(struct acgp_create *m, int64_t now_ms, struct acgp_site *s, enum acgp_thing_kind kind);
void acgp_thing_write(struct acgp_create *m, int64_t now_ms, struct acgp_site *s, enum acgp_thing_kind kind);
void acgp_thing_on_read(struct acgp_create *m, int64_t now_ms, struct acgp_site *s, enum acgp_thing_kind kind,
                        const struct acgp_answer *answer);
void acgp_thing_on_write(struct acgp_create *m, int64_t now_ms, struct acgp_site *s,
                         enum acgp_thing_kind kind, const struct acgp_answer *answer);
void acgp_set_poll(struct acgp_create *m, int64_t now_ms, struct acgp_site *s);
void acgp_set_on_poll(struct acgp_create *m, int64_t now_ms, struct acgp_site *s,
                      const struct acgp_answer *answer);
/** A thing was found in this state. */
void acgp_thing_found(struct acgp_create *m, int64_t now_ms, struct acgp_site *s, enum acgp_thing_kind kind,
                      enum acgp_thing_state state);
/** A thing was looked for and is not there. */
void acgp_thing_unfound(struct acgp_create *m, int64_t now_ms, struct acgp_site *s, enum acgp_thing_kind kind,
                        const struct acgp_answer *answer);

/* access.c */
/** The identity that gets access: a GUID, lent; NULL: the set does not show it. */
const char *acgp_site_principal(const struct acgp_site *s);
/** By role, else by policy: as the vault is, or will be. */
bool acgp_site_rbac(const struct acgp_create *m, const struct acgp_site *s);
char *acgp_access_read_url(const struct acgp_create *m, const struct acgp_site *s);
/** @param out_body owned by caller, as the URL. */
char *acgp_access_write(const struct acgp_create *m, const struct acgp_site *s, char **out_body);
void acgp_access_on_read(struct acgp_create *m, int64_t now_ms, struct acgp_site *s,
                         const struct acgp_answer *answer);
/** A refusal of the write that is no failure. @return false: it is one. */
bool acgp_access_excused(struct acgp_create *m, int64_t now_ms, struct acgp_site *s,
                         const struct acgp_answer *answer);

/* create_judge.c */
/** Compare what is there with the declaration: findings. @return whether it is as declared. */
bool acgp_judge_vault(struct acgp_create *m, int64_t now_ms, struct acgp_site *s);
bool acgp_judge_key(struct acgp_create *m, int64_t now_ms, struct acgp_site *s);
bool acgp_judge_set(struct acgp_create *m, int64_t now_ms, struct acgp_site *s);
/** A finding about what is there and differs. @param message given; NULL is out of memory. */
void acgp_differs(struct acgp_create *m, int64_t now_ms, const struct acgp_site *s, enum acgp_thing_kind kind,
                  const char *rule, char *message, const char *fix);
/** What is missing, and not to be made. */
void acgp_judge_missing(struct acgp_create *m, int64_t now_ms, struct acgp_site *s);

/* create_report.c */
/** @return ACG_OK | ACG_ERR_NOMEM. */
enum acg_status acgp_create_report(const struct acgp_create *m, struct acg_report **out,
                                   struct acg_error *err);

#endif
