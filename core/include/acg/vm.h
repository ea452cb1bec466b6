/* SPDX-License-Identifier: MPL-2.0 */
/** VMs from a version, each disk with its region's own disk encryption set: how to make one, and a test that
 * does. */
#ifndef ACG_VM_H
#define ACG_VM_H

#include <stdbool.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/export.h>
#include <acg/publisher.h>

ACG_BEGIN_DECLS

/** Start from ACG_VM_ARGS_OPTIONS_INIT. Grows at the end only. */
struct acg_vm_args_options {
    uint32_t version;                     /* ACG_VM_ARGS_OPTIONS_VERSION */
    const char *gallery_image_version_id; /* full id */
    const char *region;                   /* where the VM is to be */
    const char *subscription_id;          /* of the VM; NULL: the version's */
    int64_t timeout_ms;                   /* 0: five minutes */
};

#define ACG_VM_ARGS_OPTIONS_VERSION 1u
#define ACG_VM_ARGS_OPTIONS_INIT                                                                             \
    {                                                                                                        \
        .version = ACG_VM_ARGS_OPTIONS_VERSION                                                               \
    }

ACG_API void acg_vm_args_options_init(struct acg_vm_args_options *opts, uint32_t version);

/** Write down how a VM is made from a version in one region: pieces for the Azure CLI, PowerShell and Bicep,
 * with the right disk encryption set for each disk. Reads the version and its definition; nothing is written.
 *
 *  Final event: ACG_OK | ACG_ERR_PREFLIGHT (findings: the region is not among the targets, R34) |
 * ACG_ERR_SERVICE (no such version) | what kept it from reading. A VM in another subscription cannot use the
 * version's sets (R33): the pieces then name sets to be filled in, and a finding warns of it.
 *
 *  Report, kind "vm_args": version_id, region, subscription_id, os_type, os_state, security_type (null:
 * none), disks[]: disk ("os" or the LUN), disk_encryption_set_id (null: platform key),
 * confidential_vm_encryption_type, secure_vm_disk_encryption_set_id; az, powershell, bicep: the pieces.
 *
 *  @param opts borrowed for the call; copied.   @param out owned by caller (acg_publish_free).
 *  @return ACG_OK | ACG_ERR_ARGUMENT (err->field) | ACG_ERR_NOMEM | ACG_ERR_LIMIT. Never blocks. */
ACG_API ACG_NODISCARD enum acg_status acg_publisher_vm_args(struct acg_publisher *pub,
                                                            const struct acg_vm_args_options *opts,
                                                            struct acg_publish **out, struct acg_error *err);

/** Start from ACG_VM_TEST_OPTIONS_INIT. Grows at the end only. */
struct acg_vm_test_options {
    uint32_t version;                     /* ACG_VM_TEST_OPTIONS_VERSION */
    const char *gallery_image_version_id; /* full id */
    const char *region;                   /* where the VM is to be */
    const char *subscription_id;          /* of the VM; NULL: the version's */
    const char *vm_size; /* NULL: Standard_D2s_v5; Standard_D2ps_v5 for Arm64, Standard_DC2as_v5 for
                            confidential VMs */
    bool create;         /* false: say what would be made, and make nothing */
    int64_t timeout_ms;  /* until the disks are read; 0: half an hour. Deleting has as long again */
};

#define ACG_VM_TEST_OPTIONS_VERSION 1u
#define ACG_VM_TEST_OPTIONS_INIT                                                                             \
    {                                                                                                        \
        .version = ACG_VM_TEST_OPTIONS_VERSION                                                               \
    }

ACG_API void acg_vm_test_options_init(struct acg_vm_test_options *opts, uint32_t version);

/** Make a VM from a version with every disk's set named, read its disks' encryption back, and delete
 * everything again.
 *
 *  Everything is made in one new resource group, acg-vm-test-RUN: a group of this name must not exist before,
 * it carries the tag acg-run=RUN, and it is deleted only when a reading shows that very tag. The VM has no
 * public address; its password is random and nobody is told. Cancelling, a failure and the time's end delete
 * it too; cancel again to leave at once: the final event then says what is left.
 *
 *  Final event: ACG_OK | ACG_ERR_MISMATCH (findings: a disk is not encrypted as the version says) |
 * ACG_ERR_PREFLIGHT (R33, R34) | ACG_ERR_CONFLICT (the group exists) | ACG_ERR_SERVICE (Azure refused) |
 * ACG_ERR_TIMEOUT | ACG_ERR_CANCELLED | what kept it from reading. When something is left in Azure, its
 * message ends with what, and with the command that deletes it.
 *
 *  Report, kind "vm_test": version_id, region, subscription_id, resource_group, run_id, created, vm_id,
 * vm_size, disks[]: disk, disk_id, expected {encryption_type, disk_encryption_set_id}, found {the same},
 * same; resources[] (ids that were made, or would be), deleted, left (id of the group, null: nothing).
 *
 *  @param opts borrowed for the call; copied.   @param out owned by caller (acg_publish_free; freeing it
 * before its final event leaves the group behind).
 *  @return ACG_OK | ACG_ERR_ARGUMENT (err->field) | ACG_ERR_NOMEM | ACG_ERR_LIMIT. Never blocks. */
ACG_API ACG_NODISCARD enum acg_status acg_publisher_vm_test(struct acg_publisher *pub,
                                                            const struct acg_vm_test_options *opts,
                                                            struct acg_publish **out, struct acg_error *err);

ACG_END_DECLS

#endif
