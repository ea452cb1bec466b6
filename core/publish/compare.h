/* SPDX-License-Identifier: MPL-2.0 */
/** What was asked against what Azure says is there. Tolerates what the service fills in or spells
 * differently: display names of regions, the case of ids, defaults, empty securityProfile objects, the order
 * of lists. */
#ifndef ACGP_COMPARE_H
#define ACGP_COMPARE_H

#include "arm/version_doc.h"
#include "plan/coverage.h"

enum {
    ACGP_PROOF_READS = 3,       /* a difference counts when so many reads ... */
    ACGP_PROOF_SPAN_MS = 10000, /* ... over this long show it: a GET can be behind a write */
    ACGP_PROOF_EVERY_MS = ACGP_PROOF_SPAN_MS / (ACGP_PROOF_READS - 1)
};

struct acgp_difference {
    char *text;    /* owned: names region, disk or LUN, asked and found */
    unsigned seen; /* readings in a row that showed it */
    bool now;      /* the newest reading shows it */
};

enum { ACGP_DIFFERENCES_MAX = 200 }; /* more says nothing new; the rest is counted by the text of the last */

struct acgp_differences {
    struct acgp_difference *items;
    size_t count;
    size_t capacity;
    bool failed; /* out of memory */
};

struct acgp_asked {
    const struct acgp_publish_spec *spec;
    const char *location;
    const struct acgp_coverage *coverage;
    const bool *left_out; /* one per place of the coverage: not expected there; NULL: every place is */
    bool lasting_only;    /* leave out what an update may change: replicas, latest, end of life */
    bool others_stay;     /* places that nobody asked for are no difference */
    bool ends_well;       /* that a finished version reads as failed is a difference */
    bool adopted;         /* an earlier run wrote it: "+180d" meant another date then */
};

/** Compare a finished version with the request; differences that the list already holds are marked as seen
 * again, the others are dropped. Check out->failed afterwards. @return how many the newest reading shows. */
size_t acgp_compare_proof(const struct acgp_asked *asked, const struct acgp_version_doc *doc,
                          struct acgp_differences *out);

/** Is the version that a lost PUT may have left the one that this request makes? Compares content and source;
 * a version in the making need not list its disks yet. Check out->failed. @return how many differences. */
size_t acgp_compare_content(const struct acgp_asked *asked, const struct acgp_version_doc *doc,
                            struct acgp_differences *out);

/** Is a version that is there the one that this request makes, whoever made it? A finished version need not
 * tell its sources; tags say nothing of content. Check out->failed. @return how many differences. */
size_t acgp_compare_existing(const struct acgp_asked *asked, const struct acgp_version_doc *doc,
                             struct acgp_differences *out);

void acgp_differences_done(struct acgp_differences *d);

#endif
