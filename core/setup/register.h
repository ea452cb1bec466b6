/* SPDX-License-Identifier: MPL-2.0 */
/** Inside of the register machine: what its two files share. */
#ifndef ACGP_REGISTER_H
#define ACGP_REGISTER_H

#include "report/report.h"
#include "setup/setup.h"

/* What the how-to registers. */
#define ACGP_REGISTER_COMPUTE "Microsoft.Compute"
#define ACGP_REGISTER_SIG     "SIGEncryption"

enum { ACGP_REGISTER_STATE_MAX = 32 }; /* the longest word has 13 letters */
/* What is registered. */
enum { ACGP_REGISTER_PROVIDER = 0, ACGP_REGISTER_FEATURE, ACGP_REGISTER_SUBJECTS };
/* Of a feature's address. */
enum acgp_register_form { ACGP_FORM_FEATURES = 0, ACGP_FORM_PROVIDERS };

/** One thing to be registered. */
struct acgp_subject {
    bool wanted;
    char *name; /* owned; namespace, or feature */
    char before[ACGP_REGISTER_STATE_MAX], state[ACGP_REGISTER_STATE_MAX];
    bool asked;   /* this run sent a registration */
    bool told;    /* that somebody has to approve it */
    bool settled; /* nothing more is to be waited for */
    unsigned reads;
    int64_t at_ms; /* next reading; ACGP_NEVER: none planned */
};

/** The machine. */
struct acgp_registration {
    struct acgp_work work; /* first: the machine lives in it */
    char *subscription;    /* owned */
    bool no_wait;
    int64_t timeout_ms;
    struct acgp_subject subjects[ACGP_REGISTER_SUBJECTS];
    enum acgp_register_form form; /* of the feature's address */
    bool again;                   /* the provider is to be registered once more after the feature */
    struct acg_report *report;
};

/* register_states.c: what is read and asked, and what the answers mean */
const char *acgp_register_call_name(int call_kind);
/** Is it in this state? Without case. */
bool acgp_register_is(const struct acgp_subject *s, const char *state);
/** The feature that encrypted image versions once needed? Any other is the user's own wish, and missed. */
bool acgp_register_historic(const struct acgp_registration *m);
void acgp_register_read(struct acgp_registration *m, int64_t now_ms, int subject);
void acgp_register_ask(struct acgp_registration *m, int64_t now_ms, int subject);
void acgp_register_on_answer(struct acgp_work *w, int64_t now_ms, const struct acgp_call *call,
                             const struct acgp_answer *answer);

#endif
