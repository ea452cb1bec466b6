/* SPDX-License-Identifier: MPL-2.0 */
/** Inside of the verify machine, shared by the files of this room. */
#ifndef ACGP_VERIFY_MACHINE_H
#define ACGP_VERIFY_MACHINE_H

#include "model/region.h"
#include "plan/coverage.h"
#include "publish/compare.h"
#include "report/encryption.h"
#include "verify/verify.h"

struct acgp_verify {
    struct acgp_work work;          /* first: the machine lives in it */
    char *version_id;               /* owned */
    struct acgp_publish_spec *spec; /* owned; NULL: nothing is declared */

    char location[ACGP_REGION_MAX]; /* what is declared, else the version's own */
    struct acgp_place home;         /* the only place, when the declaration names none */
    struct acgp_coverage coverage;
    bool covered;

    int64_t read_at_ms; /* ACGP_NEVER: not planned */
    unsigned reads;
    int64_t read_unix_s;
    bool sets_begun;
    struct acgp_version_doc doc; /* newest reading */
    char request_id[64];         /* of its answer */
    struct acgp_differences differences;
    struct acgp_set_facts facts; /* ids live in doc */
    struct acg_report *report;   /* owned */
};

/* judge.c */

/** Lay the declaration over the version's places. @return false: out of memory, the machine has ended. */
bool acgp_verify_cover(struct acgp_verify *v, int64_t now_ms);
/** Does Azure still work on the version: a state that is not final, or a region that is not Completed yet? */
bool acgp_verify_running(const struct acgp_verify *v);
/** Everything was read: findings, and the end. */
void acgp_verify_conclude(struct acgp_verify *v, int64_t now_ms);

#endif
