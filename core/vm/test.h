/* SPDX-License-Identifier: MPL-2.0 */
/** A VM from a version, made, read back and deleted, as a machine (work/work.h).
 *
 *  Everything is made in one new resource group that is named after this run, was not there before (404), and
 * carries the run's id as a tag; it is deleted when a reading shows that tag, and never otherwise. That also
 * goes for a failure, for the deadline and for a cancel: the first cancel begins the deletion, the second
 * ends at once and says what is left. Deleting has its own time. A write whose answer is lost is settled by
 * reading. */
#ifndef ACGP_VM_TEST_H
#define ACGP_VM_TEST_H

#include "base/secret.h"
#include "vm/plan.h"
#include "work/work.h"

enum {
    ACGP_VM_TEST_TIMEOUT_MS = 1800000, /* a VM is made within minutes; a busy region may take more */
    ACGP_VM_TEST_CLEAN_MS = 1800000    /* a group with a VM is deleted within ten */
};

/** What to do. All borrowed, but for the password. */
struct acgp_vm_test {
    struct acgp_vm_wish wish;     /* at_once is ignored */
    const char *vm_size;          /* NULL: one that fits */
    bool create;                  /* false: only say what would be made */
    struct acgp_secret *password; /* moved from: random, of 12 to 72 characters with three kinds among them */
};

/** Make a machine. @param out owned by caller (acgp_work_free; the group stays when it has not ended); its
 * report is of kind "vm_test". @return ACG_OK | ACG_ERR_NOMEM. */
enum acg_status acgp_vm_test_new(const struct acgp_vm_test *what, const struct acgp_work_config *config,
                                 struct acgp_work **out, struct acg_error *err);

#endif
