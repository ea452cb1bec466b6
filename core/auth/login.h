/* SPDX-License-Identifier: MPL-2.0 */
/** One login, from nothing to a token: a pure machine that asks for one thing after the other.
 *
 *      begin        the first step of the first source
 *      ask          what to do now: SEND a request, READ a file, RUN a program
 *      on_...       what came of it; says whether there is MORE to do, a TOKEN, or a failure
 *
 *  A kind of login is a struct acgp_source: its steps, and what their outcomes mean. A login that failed may
 *  begin anew: tokens of a build service, files and signatures are then fetched, read and made anew too. */
#ifndef ACGP_LOGIN_H
#define ACGP_LOGIN_H

#include "auth/credential.h"
#include "auth/token_request.h"
#include "http/message.h"

enum {
    ACGP_LOGIN_PROBE_MS = 1000,         /* a machine that has an identity endpoint has it on its own link */
    ACGP_LOGIN_FILE_MAX = 64 * 1024,    /* a PFX with a long chain has 10 KiB */
    ACGP_LOGIN_OUTPUT_MAX = 64 * 1024,  /* a token with many claims has some KiB */
    ACGP_LOGIN_COMPLAINT_MAX = 4 * 1024 /* of standard error: the first lines say what is wrong */
};

enum acgp_login_want { ACGP_LOGIN_SEND = 1, ACGP_LOGIN_READ, ACGP_LOGIN_RUN };

/** What a login wants done. */
struct acgp_login_ask {
    enum acgp_login_want want;
    int64_t within_ms; /* 0: as long as any other attempt */

    struct acgp_request message; /* SEND */
    struct acgp_secret form;     /* SEND: its body; empty: none */
    const char *key_name;        /* SEND: begin of a header line that ends with a secret; NULL: none */
    const struct acgp_secret *key;
    const char *header; /* SEND: one more header line, static; NULL: none */
    bool direct;        /* SEND: to this machine's own host: past any proxy, and in the clear */

    const char *path; /* READ */
    size_t max;       /* READ: a longer file is refused */
    bool plain;       /* READ: the last part of the path may be no link */

    const char *argv[12]; /* RUN: a name to be looked up, its words, NULL */
};

enum acgp_login_next { ACGP_LOGIN_MORE = 1, ACGP_LOGIN_TOKEN, ACGP_LOGIN_FAILED };

/** The present, as far as a login must know it. */
struct acgp_login_moment {
    int64_t unix_s;
    uint64_t random[2];
};

struct acgp_login {
    const struct acg_credential *top, *source; /* the source is a link of the top, or the top itself */
    const char *audience;                      /* borrowed */
    size_t link;
    bool pinned;  /* the source gave a token before: it is the only one from then on */
    bool seeking; /* others come after it: what is not there is passed over */
    unsigned step;
    struct acgp_login_moment moment;

    struct acgp_login_ask ask;
    struct acgp_secret key; /* what was read or fetched for the next step */
    char *path;             /* of a file that an answer named */
    struct acgp_buf tried;  /* why each source so far was passed over */

    struct acgp_token token;   /* TOKEN */
    struct acg_error error;    /* FAILED */
    enum acgp_outcome outcome; /* FAILED: whether to begin anew may help */
    int64_t wait_ms;           /* FAILED: the service's own wait; 0: none named */
    bool absent;               /* FAILED: the source is not there at all */
};

/** One kind of login. */
struct acgp_source {
    /** Fill l->ask for l->step. @return ACG_OK | a failure of the login. */
    enum acg_status (*ask)(struct acgp_login *l, struct acg_error *err);
    /** What came; any of them NULL: never asked for. Ends with one of the acgp_login_... verbs below. */
    enum acgp_login_next (*on_response)(struct acgp_login *l, const struct acgp_response *response);
    enum acgp_login_next (*on_output)(struct acgp_login *l, struct acg_span output);
};

/** What came of a program. */
struct acgp_run {
    enum { ACGP_RUN_ENDED = 1, ACGP_RUN_MISSING, ACGP_RUN_LATE, ACGP_RUN_TOO_MUCH, ACGP_RUN_BROKEN } end;
    int exit_code;          /* ENDED; -1: ended by a signal */
    struct acg_span output; /* ENDED: of standard output */
    const char *complaint;  /* of standard error, up to ACGP_LOGIN_COMPLAINT_MAX; BROKEN: what went wrong */
};

/** @param credential, audience borrowed. */
void acgp_login_init(struct acgp_login *l, const struct acg_credential *credential, const char *audience);
void acgp_login_done(struct acgp_login *l);

/** From the first step. @return ACG_OK | ACG_ERR_NOMEM and others: l->error says the same. */
enum acg_status acgp_login_begin(struct acgp_login *l, const struct acgp_login_moment *moment,
                                 struct acg_error *err);

/* What came of l->ask; the arguments are borrowed. MORE: l->ask is the next thing to do. */
enum acgp_login_next acgp_login_on_response(struct acgp_login *l, int64_t now_unix_s,
                                            const struct acgp_response *response);
enum acgp_login_next acgp_login_on_failure(struct acgp_login *l, const struct acgp_failure *failure);
/** @param bytes given; @param failure NULL, or why it could not be read. */
enum acgp_login_next acgp_login_on_file(struct acgp_login *l, int64_t now_unix_s, struct acgp_secret *bytes,
                                        const char *failure);
enum acgp_login_next acgp_login_on_run(struct acgp_login *l, int64_t now_unix_s, const struct acgp_run *run);

/** "login: workload identity, ...": which source gave the token, and how long it can go on. Owned by caller;
 * NULL: out of memory. */
char *acgp_login_text(const struct acgp_login *l, int64_t lifetime_ms);

/* ---- for sources ---- */

/** Go on with the next step. */
enum acgp_login_next acgp_login_step(struct acgp_login *l);
/** Fail with l->error, which the caller has filled. */
enum acgp_login_next acgp_login_fail(struct acgp_login *l, enum acgp_outcome outcome);
/** The same for a source that is not there: the chain goes on. */
enum acgp_login_next acgp_login_absent(struct acgp_login *l);
/** l->token is filled. */
enum acgp_login_next acgp_login_succeed(struct acgp_login *l);

extern const struct acgp_source acgp_source_principal, acgp_source_identity, acgp_source_cli;

#endif
