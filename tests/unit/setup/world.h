/* SPDX-License-Identifier: MPL-2.0 */
/** A small Azure for the create machine: per region a vault, a key, a disk encryption set and its access,
 * each there or not. It counts what is written, and one request can be met by a mishap. */
#ifndef ACG_SETUP_WORLD_H
#define ACG_SETUP_WORLD_H

#include "setup/declaration.h"
#include "setup/setup.h"
#include "testlib/test.h"

enum { WORLD_REGIONS = 3, WORLD_BODY_MAX = 4096 };
enum world_thing { WORLD_VAULT = 0, WORLD_KEY, WORLD_SET, WORLD_ACCESS, WORLD_THINGS };

enum world_mishap {
    WORLD_FINE = 0,
    WORLD_LOST_BEFORE,   /* the connection breaks before Azure heard */
    WORLD_LOST_AFTER,    /* Azure did it, the answer is lost */
    WORLD_BUSY,          /* 503, nothing done */
    WORLD_BUSY_AFTER,    /* 500, and done all the same */
    WORLD_KILLED_BEFORE, /* the process dies */
    WORLD_KILLED_AFTER
};

struct world_region {
    bool there[WORLD_THINGS];
    unsigned made[WORLD_THINGS];    /* how often it was made anew */
    unsigned sent[WORLD_THINGS];    /* writes that Azure heard of */
    const char *body[WORLD_THINGS]; /* what a GET answers instead of the usual; NULL: the usual */
    char role[64];                  /* name of the role assignment */
};

struct world {
    struct world_region regions[WORLD_REGIONS];
    bool policy;                     /* vaults decide by access policies */
    unsigned unknown;                /* so often a role assignment meets PrincipalNotFound */
    unsigned hidden;                 /* so often a list of roles does not show a new one */
    unsigned behind;                 /* so often a GET does not find what was just made */
    unsigned creating;               /* so often a set is still Creating */
    int role_list_status;            /* 0: 200 */
    int refuse_status[WORLD_THINGS]; /* of a write; 0: it is taken */
    const char *refuse_code[WORLD_THINGS];
    size_t refuse_only; /* 1: in the first region alone; 0: in all */
    bool name_taken;
    bool no_group;
    unsigned requests, writes;
    unsigned mishap_at; /* number of the request, from 1; 0: none */
    enum world_mishap mishap;
    /* how it ended */
    bool over, killed;
    struct acg_error error;
    char *told;               /* every event's text, a line each */
    char *report;             /* JSON */
    char *last[WORLD_THINGS]; /* body of the last write */
    int64_t now_ms;
};

/** Options for the world's regions: double encryption, vaults and keys to be made, applied. */
struct acg_des_create_options world_options(void);
/** The machine of checked options; fails the test for bad ones. */
struct acgp_work *world_machine(const struct acg_des_create_options *opts);
/** Drive a machine to its end, or to the mishap that kills it. @param m given. */
void world_drive(struct world *w, struct acgp_work *m);
/** The same with the options of the world, and end with this status. */
void world_run(struct world *w, enum acg_status status);
/** Every thing is there and was made exactly once, with one role assignment. */
void world_complete(const struct world *w);
void world_told(const struct world *w, const char *text);
/** Forget how it ended, keep what is in Azure. */
void world_again(struct world *w);
void world_free(struct world *w);

#endif
