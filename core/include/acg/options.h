/* SPDX-License-Identifier: MPL-2.0 */
/** What a caller wants published: the options of one publish.
 *
 *  Only acg_publish_options grows, with its version; the structs inside it never do.
 *
 *  Every struct here is plain data, borrowed for the call it is given to and copied by it. Zero means "not
 * set". Words are ARM's own and travel as text; the library checks them (acg_publish_check) and says what is
 * wrong with all of them at once. Region names may be written as "westus2" or "West US 2". A resource may be
 * given as a full ARM id or, where a comment says "name or id", as a bare name. */
#ifndef ACG_OPTIONS_H
#define ACG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <acg/export.h>

ACG_BEGIN_DECLS

/** A number that may be absent: an explicit 0 differs from "not set". */
struct acg_optional_int {
    bool set;
    int64_t value;
};

/** A bool that may be absent. */
enum acg_tristate { ACG_UNSET = 0, ACG_FALSE = 1, ACG_TRUE = 2 };

/** How long a publish is watched. */
enum acg_wait {
    ACG_WAIT_ALL = 0,      /* until every target region is replicated and the version is proved */
    ACG_WAIT_ACCEPTED = 1, /* until Azure accepted the request; nothing is proved */
    ACG_WAIT_HOME = 2      /* until the home region is replicated and what is there is proved */
};

/** What a publish does with a version of that name that exists. In every case a version that the same publish
 * began is gone on with: its operation key, kept in the tag acg-operation-key, finds it, its content decides.
 */
enum acg_on_existing {
    ACG_ON_EXISTING_FAIL = 0,   /* leave it as it is; the publish is refused and says what differs */
    ACG_ON_EXISTING_REUSE = 1,  /* take it when it is what is asked for, whoever made it */
    ACG_ON_EXISTING_UPDATE = 2, /* add what is missing; regions that nobody asked for stay as they are */
    ACG_ON_EXISTING_REPLACE = 3 /* once every check has passed: delete it and make it anew */
};

/** What a publish does when Azure fails to replicate. */
enum acg_on_failure {
    ACG_ON_FAILURE_KEEP = 0,   /* leave everything as it is */
    ACG_ON_FAILURE_DELETE = 1, /* delete the version, if this publish made it and it is not Succeeded */
    ACG_ON_FAILURE_REPAIR = 2  /* take failed regions out and in again, up to repair_attempts times */
};

/** One data disk of a per-disk source. Either id, or vhd_uri with vhd_storage_account. */
struct acg_data_disk_source {
    struct acg_optional_int lun;     /* logical unit number, 0 or more; required */
    const char *id;                  /* snapshot or managed disk: name (of a snapshot) or id */
    const char *vhd_uri;             /* https URL of a page blob */
    const char *vhd_storage_account; /* storage account of that blob: name or id */
};

/** Where the disks come from. Exactly one style: a whole image (one of the first three), or per disk (the
 * rest).
 *
 *  snapshots_of names the managed image whose disks the single disks are copies of. It is only read: its data
 *  disks tell the LUNs, and each of them must have a source. With data_snapshot_prefix their snapshots are
 * found: a snapshot PREFIX0, PREFIX1, ... (as many as the image has data disks) belongs to the LUN whose disk
 * it was taken of (its creationData.sourceResourceId is that disk's managedDisk.id); the order of names
 * decides nothing. */
struct acg_source {
    const char *managed_image;   /* managed image: name or id */
    const char *virtual_machine; /* virtual machine: id */
    const char *image_version;   /* gallery image version: id */
    const char *os_snapshot;     /* snapshot or managed disk of the OS: name (of a snapshot) or id */
    const char *os_vhd_uri;
    const char *os_vhd_storage_account; /* name or id */
    const struct acg_data_disk_source *data_disks;
    size_t data_disk_count;
    const char *snapshots_of; /* managed image: name or id; with os_snapshot only */
    const char
        *data_snapshot_prefix; /* name or id without its last digits; needs snapshots_of, and no data_disks */
    bool known_later; /* nothing is named yet: acg_publish_check leaves the rules about sources out, a submit
                         is refused */
};

/** The disk encryption set of one data disk in one region. */
struct acg_data_disk_encryption {
    struct acg_optional_int lun;
    const char *disk_encryption_set_id; /* name or id; NULL: none */
};

/** Encryption of the disks in one region or edge zone. Disk encryption sets: name or id; a name is completed
 * from the gallery's subscription and disk_encryption_set_resource_group (default: the gallery's resource
 * group). */
struct acg_encryption {
    const char *disk_encryption_set_id;           /* every disk of the region that has no entry of its own */
    const char *os_disk_encryption_set_id;        /* the OS disk */
    const char *confidential_vm_encryption_type;  /* EncryptedVMGuestStateOnlyWithPmk, EncryptedWithPmk,
                                                     EncryptedWithCmk,  NonPersistedTPM */
    const char *secure_vm_disk_encryption_set_id; /* for EncryptedWithCmk */
    const struct acg_data_disk_encryption *data_disks;
    size_t data_disk_count;
};

/** One target region. */
struct acg_target_region {
    const char *name;
    struct acg_optional_int
        replicas; /* regionalReplicaCount, 1 to 100; not set: replica_count of the version */
    const char *storage_account_type; /* Standard_LRS, Standard_ZRS, Premium_LRS, in any case */
    enum acg_tristate exclude_from_latest;
    struct acg_encryption encryption;
};

/** One edge zone. */
struct acg_edge_zone {
    const char *region; /* parent region */
    const char *name;   /* for example microsoftlosangeles1 */
    struct acg_optional_int replicas;
    const char *storage_account_type; /* also StandardSSD_LRS */
    struct acg_encryption encryption;
};

struct acg_tag {
    const char *name;
    const char *value;
};

/** Options of one publish; start from ACG_PUBLISH_OPTIONS_INIT. Grows at the end only. */
struct acg_publish_options {
    uint32_t version; /* ACG_PUBLISH_OPTIONS_VERSION */

    /* The version to make: the five names, or the one id. */
    const char *subscription_id;
    const char *resource_group;
    const char *gallery_name;
    const char *gallery_image_definition;
    /* Major.Minor.Patch. Or chosen from the versions that are there when the publish begins: "auto" is the
     * next patch after the highest, "auto-minor" and "auto-major" the next minor or major one, "date" is
     * YYYY.MMDD.N of today (UTC) with the next free N; "1.4.build" ends with build_number. */
    const char *gallery_image_version;
    const char *gallery_image_version_id; /* the five in one */

    const char
        *location; /* home region, one of the target regions; NULL: the source's region, read from Azure */

    struct acg_source source;

    const struct acg_target_region *target_regions; /* none: the home region alone */
    size_t target_region_count;
    const struct acg_edge_zone *edge_zones;
    size_t edge_zone_count;

    /* Declared encryption, compared with every disk encryption set before the first write:
     * EncryptionAtRestWithCustomerKey (customer_key), EncryptionAtRestWithPlatformAndCustomerKeys (double),
     * EncryptionAtRestWithPlatformKey (platform). */
    const char *encryption_type;
    /* "os" or LUNs as text: disks that stay on platform keys in every region although others have a set. */
    const char *const *platform_key_disks;
    size_t platform_key_disk_count;
    const char *disk_encryption_set_resource_group;

    struct acg_optional_int replica_count; /* for regions without a count of their own; Azure's default 1 */
    const char
        *storage_account_type;    /* for regions without a type of their own; Azure's default Standard_LRS */
    const char *end_of_life_date; /* "2027-01-31", an RFC 3339 time, or "+180d" */
    enum acg_tristate exclude_from_latest;
    const char *replication_mode; /* Full, Shallow */
    enum acg_tristate allow_deletion_of_replicated_locations;
    const struct acg_tag *tags;
    size_t tag_count;

    enum acg_wait wait;
    int64_t timeout_ms; /* all of it; 0: six hours */

    /* Until Azure has accepted the first write, and until the home region is replicated; 0: no budget of its
     * own. A budget that is used up ends the watch, not Azure's work: ACG_ERR_TIMEOUT. */
    int64_t accept_timeout_ms;
    int64_t home_timeout_ms;

    enum acg_on_existing on_existing;
    enum acg_on_failure on_failure;
    struct acg_optional_int repair_attempts; /* of each region, 1 to 10; not set: 3 */
    struct acg_optional_int wave_size;   /* the home region first, then so many regions at a time; not set:
                                            all at once */
    const char *const *optional_regions; /* target regions that may be missing in the end */
    size_t optional_region_count;
    struct acg_optional_int quorum;       /* so many regions are enough; not set: all that are not optional */
    struct acg_optional_int build_number; /* of "1.4.build" */

    /* Kept in the journal with the run (acg_publisher_options.journal_dir), for a caller who wants to begin
     * it again after a restart: acg_journal_entry.memo. UTF-8 of up to 256 KiB, and no secret; NULL: nothing.
     */
    const char *memo;
};

#define ACG_PUBLISH_OPTIONS_VERSION 1u
#define ACG_PUBLISH_OPTIONS_INIT                                                                             \
    {                                                                                                        \
        .version = ACG_PUBLISH_OPTIONS_VERSION                                                               \
    }

/** Set *opts to what ACG_PUBLISH_OPTIONS_INIT says, for callers without C initialisers. The other structs of
 * options have the same function.
 *  @param version that of the declaration that the caller was built with: ACG_PUBLISH_OPTIONS_VERSION. No
 * more than the size of that version is written, so that a later library does not write past an older struct.
 */
ACG_API void acg_publish_options_init(struct acg_publish_options *opts, uint32_t version);

ACG_END_DECLS

#endif
