/* SPDX-License-Identifier: MPL-2.0 */
/** An Azure with one image version that is written, on the test's own clock: it carries writes out,
 * replicates, deletes, and notes the first thing done to it that no publish may do. Everything else it says
 * is healthy.h's. */
#ifndef ACG_TESTLIB_SMALL_AZURE_H
#define ACG_TESTLIB_SMALL_AZURE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "http/message.h"

enum {
    SMALL_AZURE_REGIONS = 8,
    SMALL_AZURE_OPERATION_MS = 20000,
    SMALL_AZURE_REGION_MS = 50000,
    SMALL_AZURE_OLD_MS = 20000 /* a write that replaces a list must build on a younger reading */
};

struct small_azure_region {
    char name[32];
    int64_t done_ms;     /* its replication is over */
    unsigned fails_left; /* beginnings of its replication that fail */
    bool fails;          /* this one does */
};

struct small_azure {
    json_t *version;       /* as it is stored; NULL: not there */
    char path[256];        /* its name */
    json_t *others;        /* complete versions beside it; NULL: none */
    unsigned age;          /* versions made so far: each has a date of its own */
    unsigned writes;       /* PUTs and DELETEs that were carried out */
    unsigned operations;   /* begun so far */
    int64_t busy_until_ms; /* of the operation at work */
    bool deleting;
    int64_t read_ms; /* when the version was last read */
    struct small_azure_region regions[SMALL_AZURE_REGIONS];
    char trouble[256]; /* the first breach; empty: none */
};

void small_azure_done(struct small_azure *a);
/** So many beginnings of a region's replication fail. */
void small_azure_fail(struct small_azure *a, const char *region, unsigned times);
/** Carry a request out. @param out begun by the caller; filled. */
void small_azure_answer(struct small_azure *a, int64_t now_ms, const struct acgp_request *request,
                        struct acgp_response *out);
/** The regions of the version in the order of their names, "eastus2 westus"; each must be replicated, and
 * encrypted with the sets "REGION-os" and "REGION-data". @return why not; NULL: so it is. */
const char *small_azure_holds(struct small_azure *a, int64_t now_ms, const char *regions);

#endif
