/* SPDX-License-Identifier: MPL-2.0 */
/** How a VM of a version is made in one region: which disk encryption set each disk gets, whether it needs an
 * osProfile (R38), what a confidential VM needs. Pure. */
#ifndef ACGP_VM_PLAN_H
#define ACGP_VM_PLAN_H

#include <stdbool.h>

#include <acg/finding.h>

#include "arm/version_doc.h"
#include "model/region.h"
#include "vm/docs.h"

/** One disk of the VM. */
struct acgp_vm_disk {
    bool os;
    int64_t lun;  /* of a data disk */
    char *set_id; /* owned; NULL: platform key */
};

struct acgp_vm_plan {
    char *version_id, *subscription; /* owned */
    char region[ACGP_REGION_MAX];
    bool windows, specialised, arm64;
    char *security_type; /* of the VM, owned: "ConfidentialVM", "TrustedLaunch"; NULL: none */
    const char *security_encryption_type;            /* of a confidential OS disk, static text; NULL: none */
    char *cvm_type;                                  /* as the version says it, owned; NULL: none */
    char *secure_set_id;                             /* owned; NULL: none */
    char *plan_name, *plan_publisher, *plan_product; /* of a purchase plan, owned; NULL: none */
    struct acgp_vm_disk *disks;                      /* owned; the OS disk, then the data disks by LUN */
    size_t disk_count;
    bool encrypts; /* some disk has a set */
    bool own_sets; /* the sets are texts to be filled in, since those of the version belong elsewhere (R33) */
};

/** What is asked. All borrowed. */
struct acgp_vm_wish {
    const char *version_id; /* full id */
    const char *region;
    const char *subscription; /* of the VM; NULL: the version's */
    bool at_once;             /* a VM is made now: what would be a warning refuses it */
};

/** Make the plan. Findings: R34 (the region is not among the version's; one that is not replicated yet is a
 * warning), R33 (the sets belong to another subscription: a warning, and the plan names sets to be filled in;
 * an error when the VM is made at once).
 *  @param findings borrowed; appended.  @param out zeroed by caller; acgp_vm_plan_done also after a failure.
 * Without disks after R34.
 *  @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_LIMIT. */
enum acg_status acgp_vm_plan_make(const struct acgp_vm_wish *wish, const struct acgp_version_doc *version,
                                  const struct acgp_definition_doc *definition, struct acg_findings *findings,
                                  struct acgp_vm_plan *out, struct acg_error *err);
void acgp_vm_plan_done(struct acgp_vm_plan *plan);

/** A size that fits: for Arm64, for confidential VMs, for the rest. Static text. */
const char *acgp_vm_plan_size(const struct acgp_vm_plan *plan);
/** "os", or the LUN. */
json_t *acgp_vm_disk_json(const struct acgp_vm_disk *disk);

#endif
