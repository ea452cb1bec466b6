/* SPDX-License-Identifier: MPL-2.0 */
/** What a version that is there means to a publish: a pure decision. The operation key in its tag finds it,
 * its content decides. */
#ifndef ACGP_ADOPT_H
#define ACGP_ADOPT_H

#include <stdbool.h>

#include <acg/options.h>

enum acgp_existing_state {
    ACGP_EXISTING_NONE = 0,
    ACGP_EXISTING_RUNNING,
    ACGP_EXISTING_SUCCEEDED,
    ACGP_EXISTING_FAILED,
    ACGP_EXISTING_DELETING
};

struct acgp_existing {
    enum acgp_existing_state state;
    bool key;      /* its tag holds this publish's operation key */
    bool same;     /* what is there is what is asked for; places may be missing yet, or be there for others */
    bool complete; /* no place is missing, and none is there that nobody asked for */
    bool mendable; /* what differs is what an update may change: places to add, replicas, latest, end of life
                    */
    bool older;    /* every source is provably older than the version */
    bool unfinished; /* the journal shows that the last run of this publish did not end */
};

enum acgp_adoption {
    ACGP_ADOPT_START = 1, /* nothing is there: make it */
    ACGP_ADOPT_JOIN,      /* this publish's own version: watch it, write what is missing, prove it */
    ACGP_ADOPT_TAKE,      /* finished by somebody: prove it, and say so */
    ACGP_ADOPT_UPDATE,    /* add to what is there */
    ACGP_ADOPT_REPLACE,   /* delete it, then make it */
    ACGP_ADOPT_REFUSE     /* leave it as it is */
};

enum acgp_adoption acgp_adopt_decide(const struct acgp_existing *e, enum acg_on_existing policy);

#endif
