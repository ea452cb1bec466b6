/* SPDX-License-Identifier: MPL-2.0 */
/** Inside of the watch machine, shared by the files of this room. Functions that take the machine may end it.
 */
#ifndef ACGP_WATCH_MACHINE_H
#define ACGP_WATCH_MACHINE_H

#include "arm/version_doc.h"
#include "model/region.h"
#include "publish/cadence.h"
#include "report/report.h"
#include "watch/watch.h"

/** A region or edge zone, as the newest reading shows it. Texts without a length live in the document. */
struct acgp_watched {
    char name[2 * ACGP_REGION_MAX + 8]; /* "eastus2", "zone@region" */
    char region[ACGP_REGION_MAX];       /* normalised */
    const struct acgp_doc_place *place;
    const char *state;   /* NULL: none is told */
    const char *details; /* NULL: none */
    int percent;
    bool home; /* the home region */
    bool done, failed;
};

struct acgp_watch_machine {
    struct acgp_work work; /* first: the machine lives in it */
    struct acgp_watch_wish wish;
    char *version_id; /* owned */

    int64_t read_at_ms;  /* ACGP_NEVER: not planned */
    int64_t answered_ms; /* last answer that told something */
    unsigned reads;      /* readings that found the version */
    unsigned missing;    /* readings in a row that did not */

    struct acgp_version_doc doc; /* newest reading */
    int64_t read_unix_s;
    char request_id[64];         /* of its answer */
    struct acgp_watched *places; /* owned; what it shows */
    size_t place_count;

    struct acgp_cadence cadence;
    struct acgp_cadence_place *pace; /* owned; one per place */

    struct acg_result_region *regions; /* owned; of the result */
    struct acg_report *report;         /* owned */
};

enum acgp_watch_verdict { ACGP_WATCH_RUNNING = 0, ACGP_WATCH_DONE, ACGP_WATCH_FAILED };

/* places.c */
/** Take a reading into the machine: events of what moved, and the cadence's samples. @param doc given. */
void acgp_watch_take(struct acgp_watch_machine *m, int64_t now_ms, struct acgp_version_doc *doc);
/** "westus Completed, eastus2 Replicating 40 %, the version is Creating". @param open without the regions
 * that are done or not waited for. Owned by caller; NULL without memory. */
char *acgp_watch_line(const struct acgp_watch_machine *m, bool open);

/* judge.c */
/** What the newest reading means for what is waited for. */
enum acgp_watch_verdict acgp_watch_judge(const struct acgp_watch_machine *m);
/** Why the verdict is FAILED. */
void acgp_watch_explain(const struct acgp_watch_machine *m, struct acg_error *err);
/** "every region is replicated": what is waited for. Static text. */
const char *acgp_watch_goal(const struct acgp_watch_wish *wish);
/** The work has just ended: result and report. */
void acgp_watch_conclude(struct acgp_watch_machine *m, int64_t now_ms);

#endif
