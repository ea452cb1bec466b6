/* SPDX-License-Identifier: MPL-2.0 */
/** Proof after the fact: what each disk of a version is encrypted with in each region, read back from Azure,
 * and whether that is what somebody declared. */
#ifndef ACG_VERIFY_H
#define ACG_VERIFY_H

#include <stdint.h>

#include <acg/error.h>
#include <acg/export.h>
#include <acg/options.h>
#include <acg/publisher.h>

ACG_BEGIN_DECLS

/** Start from ACG_VERIFY_OPTIONS_INIT. Grows at the end only. */
struct acg_verify_options {
    uint32_t version;                     /* ACG_VERIFY_OPTIONS_VERSION */
    const char *gallery_image_version_id; /* full id of the version to read; NULL: the declaration's */
    /* What the version is to be, in the options of a publish: regions, replicas, storage types, sets per
     * disk, encryption_type. Its source may be left out, and its version when the id above names it: one
     * declaration serves the versions of every night. NULL: nothing is compared. */
    const struct acg_publish_options *declaration;
    int64_t timeout_ms; /* 0: five minutes */
};

#define ACG_VERIFY_OPTIONS_VERSION 1u
#define ACG_VERIFY_OPTIONS_INIT                                                                              \
    {                                                                                                        \
        .version = ACG_VERIFY_OPTIONS_VERSION                                                                \
    }

ACG_API void acg_verify_options_init(struct acg_verify_options *opts, uint32_t version);

/** Read one version back, and compare it with a declaration. Nothing is written.
 *
 *  The comparison is the one that proves a publish, with what a set itself says beside it: encryption_type is
 *  compared with the type of each set. Every difference is an event of kind FINDING. A difference is read
 * three times over ten seconds before it counts. Final event: ACG_OK            the version is what is
 * declared (or nothing was declared), and every region is Completed ACG_ERR_MISMATCH  a difference, a region
 * or version that is Failed, a set that does not exist or is in another region ACG_ERR_TIMEOUT   Azure is
 * still replicating, and nothing is wrong so far: what is declared was not compared, since a version in the
 * making does not list all of itself ACG_ERR_SERVICE   there is no such version A set that may not be read is
 * a warning: it is unknown.
 *
 *  Report, kind "verify"; a publish that proves what it made ends with one of kind "proof", of the same
 * members. What is not known is null. version_id, location, provisioning_state, replication_state,
 * published_date, read_at (RFC 3339), verdict (one line), compared (with a declaration), regions[]: name,
 * display_name, edge_zone, replication_state, replication_percent, replication_details, replicas,
 *      storage_account_type, disks[]: disk ("os" or the LUN), encryption_type (of the set, or
 *      EncryptionAtRestWithPlatformKey, or the confidential VM word), disk_encryption_set_id,
 *      confidential_vm_encryption_type, secure_vm_disk_encryption_set_id, key_url (with the key's version),
 * vault_url, vault_id (null also for a vault in another subscription), disk_encryption_sets[]: id, reading
 * ("read", "not found", "no permission", "could not be read", "not read"), location, encryption_type,
 * provisioning_state, key_url, key_version, vault_url, vault_id, identity_type, follows_key_versions,
 * last_key_rotation, key_rotation_error, findings[]: severity, rule, message, fix.
 *
 *  @param opts borrowed for the call; copied.   @param out owned by caller (acg_publish_free): a handle like
 * that of a publish.
 *  @return ACG_OK | ACG_ERR_ARGUMENT (err->field; the faults of a declaration as acg_publish_check says them)
 * | ACG_ERR_NOMEM | ACG_ERR_LIMIT. Never blocks. */
ACG_API ACG_NODISCARD enum acg_status acg_publisher_verify(struct acg_publisher *pub,
                                                           const struct acg_verify_options *opts,
                                                           struct acg_publish **out, struct acg_error *err);

ACG_END_DECLS

#endif
