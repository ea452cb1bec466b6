/* SPDX-License-Identifier: MPL-2.0 */
/** Which set encrypts which disk where: the configuration laid over the disks that the source really has. */
#ifndef ACGP_COVERAGE_H
#define ACGP_COVERAGE_H

#include <acg/finding.h>

#include "model/publish_spec.h"

/** One disk in one place. */
struct acgp_covered_disk {
    struct acgp_disk disk;
    const char *set_id; /* borrowed from the spec; NULL: platform key, or for the OS disk of a confidential VM
                           the place's secure_vm_id alone */
};

/** One place, all disks: the OS disk first, then data disks by LUN. */
struct acgp_covered_place {
    const struct acgp_place *place; /* borrowed from the spec */
    struct acgp_covered_disk *disks;
    size_t disk_count;
};

struct acgp_coverage {
    struct acgp_covered_place *places; /* in the spec's order */
    size_t place_count;
};

/** Lay the spec's sets over the source's disks: a region-wide set is spread over every disk without an entry
 * of its own (a secure VM set is one for the OS disk) that platform_key_disks does not name. Findings: R6 (a
 * LUN that the source lacks), R5 (a disk encrypted in one place and not in another), and "half-encrypted": a
 * disk of the source that no set covers although another disk has one and platform_key_disks does not name
 * it.
 *  @param luns       the data-disk LUNs of the source, any order; NULL with lun_count 0 when it has none.
 *  @param luns_known false: the source was not read (dry run, or nothing is encrypted): only what the
 * configuration names is covered, and no LUN is refused.
 *  @param places     borrowed: usually spec->places; passed apart because a home region may have been read
 * since.
 *  @param out        owned by caller (acgp_coverage_done); filled also when findings were made.
 *  @return ACG_OK (findings tell whether it may be sent) | ACG_ERR_NOMEM | ACG_ERR_LIMIT. */
enum acg_status acgp_coverage_make(const struct acgp_publish_spec *spec, const struct acgp_place *places,
                                   size_t place_count, const int32_t *luns, size_t lun_count, bool luns_known,
                                   struct acg_findings *findings, struct acgp_coverage *out,
                                   struct acg_error *err);

void acgp_coverage_done(struct acgp_coverage *c);

#endif
