/* SPDX-License-Identifier: MPL-2.0 */
/** Coverage with doubts: the form of acgp_coverage_make that offline validation needs. A disk whose entry was
 * already refused must not be called uncovered on top of that: one mistake, one finding. */
#ifndef ACGP_LAY_H
#define ACGP_LAY_H

#include "plan/coverage.h"

/** What is not known about a place, because what was written there has its own finding. */
struct acgp_doubt {
    bool os;   /* whether the OS disk has a set */
    bool data; /* whether a data disk without an entry has a set */
};

struct acgp_lay {
    const struct acgp_publish_spec *spec;
    const struct acgp_place *places;
    size_t place_count;
    const int32_t *luns;
    size_t lun_count;
    bool luns_known;
    const struct acgp_doubt *doubts; /* one per place; NULL: none */
    size_t unread_platform_disks;    /* entries of platform_key_disks that named no disk */
};

/** As acgp_coverage_make. @param in borrowed. */
enum acg_status acgp_coverage_lay(const struct acgp_lay *in, struct acg_findings *findings,
                                  struct acgp_coverage *out, struct acg_error *err);

#endif
