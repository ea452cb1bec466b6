/* SPDX-License-Identifier: MPL-2.0 */
/** One publish, normalised and immutable: what the options mean once they were found to be valid.
 *
 *  Every id is a full ARM id, every region name normalised, every ARM word in ARM's spelling. Made by
 * plan/validate; rooms above only read it. Strings are never NULL unless a comment says so.
 *
 *  A draft is what is left of options with faults, for a plan: names and ids that could not be made are NULL,
 * ids that broke a rule stand there as they were written, so that "named, but wrong" differs from "not
 * named". A publish never sees one. */
#ifndef ACGP_PUBLISH_SPEC_H
#define ACGP_PUBLISH_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <acg/options.h>

#include "model/resource_id.h"
#include "model/version_name.h"

/* Tag of a version that holds its operation key: how a publish finds its version again. */
#define ACGP_KEY_TAG "acg-operation-key"

/* What a caller may keep in the journal with a run: a configuration has a few KiB, and a line of the journal
 * is read as a whole. */
enum { ACGP_MEMO_MAX = 256 * 1024 };

/** One disk of the image. */
struct acgp_disk {
    bool os;
    int32_t lun; /* of a data disk; 0 for the OS disk */
};

/** One data disk's set as the configuration named it. */
struct acgp_data_disk_set {
    int32_t lun;
    char *id;     /* full id of the disk encryption set; NULL: none, not even the region-wide one */
    size_t index; /* of the entry in the configuration, for findings made later */
};

/** Encryption of one place as the configuration named it, before a region-wide set is spread over the real
 * LUNs. */
struct acgp_place_encryption {
    char *every_disk_id;             /* region-wide set; NULL: none */
    char *os_id;                     /* NULL: none named for the OS disk */
    char *cvm_type;                  /* confidentialVMEncryptionType; NULL: none */
    char *secure_vm_id;              /* NULL: none */
    struct acgp_data_disk_set *data; /* sorted by LUN */
    size_t data_count;
};

/** What is not known about a place, because what was written there has its own finding: a disk whose entry
 * was refused must not be called uncovered on top of that. */
struct acgp_doubt {
    bool os;   /* whether the OS disk has a set */
    bool data; /* whether a data disk without an entry has a set */
};

/** A target region, or an edge zone of one. */
struct acgp_place {
    char *region;       /* normalised */
    char *given;        /* as written, for messages and for the request ("West US" stays "West US") */
    char *zone;         /* edge zone; NULL for a region */
    int32_t replicas;   /* 0: not set */
    char *storage_type; /* ARM's spelling; NULL: not set */
    enum acg_tristate exclude_from_latest; /* regions only */
    struct acgp_place_encryption encryption;
    char *field;   /* configuration path, "target_region[0]", for findings made later */
    bool optional; /* may be missing in the end */

    /* of a draft alone */
    bool misnamed; /* region and zone are as written, and one of them is no name */
    bool repeated; /* an earlier place has the same name */
    struct acgp_doubt doubt;
};

struct acgp_data_source {
    int32_t lun;
    char *id;          /* snapshot or disk; NULL for a VHD */
    char *vhd_uri;     /* NULL unless VHD */
    char *vhd_account; /* full id; NULL unless VHD */
};

struct acgp_source_spec {
    bool whole_image;             /* else per disk */
    enum acgp_resource_kind kind; /* whole image: MANAGED_IMAGE, VIRTUAL_MACHINE or IMAGE_VERSION */
    char *id;                     /* whole image; NULL for per-disk sources */
    char *os_id;          /* per disk: snapshot or disk; NULL for a VHD or when only data disks are named */
    char *os_vhd_uri;     /* NULL unless VHD */
    char *os_vhd_account; /* NULL unless VHD */
    struct acgp_data_source *data; /* sorted by LUN */
    size_t data_count;
    char *image_id; /* managed image that the disks are snapshots of; NULL: not named */
    char *prefix;   /* full id to which a number is appended; NULL: data lists the disks. Else data is empty
                       until acgp_publish_spec_found_disks */
    bool unclear;   /* which source is meant, or which LUNs it gives, cannot be told: of a draft, or where the
                       source is named later */
};

struct acgp_publish_spec {
    char *version_id; /* full id; ends with version_given until a name is chosen */
    char *subscription_id, *resource_group, *gallery, *definition, *version;
    char *version_given; /* as configured, "auto" stays "auto"; but the number of a build is filled in */
    enum acgp_naming naming;
    char *id_before; /* version_id before a name was chosen: callers may hold it; NULL: none was */
    char *location;  /* normalised; NULL: the source's region, to be read */
    struct acgp_source_spec source;
    struct acgp_place *places; /* target regions in the order given, then edge zones; none when location is
                                  NULL and no target region was named (then: the home region alone) */
    size_t place_count;
    char *encryption_type; /* ARM's word; NULL: not declared */
    struct acgp_disk *platform_key_disks;
    size_t platform_key_disk_count;
    int32_t replica_count;     /* 0: not set */
    char *storage_type;        /* NULL: not set */
    char *end_of_life;         /* RFC 3339 UTC; NULL: none */
    bool end_of_life_relative; /* given as "+180d": another date for each run */
    enum acg_tristate exclude_from_latest;
    char *replication_mode; /* NULL: not set */
    enum acg_tristate allow_deletion_of_replicated_locations;
    struct acg_tag *tags; /* owned copies */
    size_t tag_count;
    enum acg_wait wait;
    int64_t timeout_ms;                         /* never 0 */
    int64_t accept_timeout_ms, home_timeout_ms; /* 0: none of its own */
    enum acg_on_existing on_existing;
    enum acg_on_failure on_failure;
    unsigned repair_attempts; /* never 0 */
    size_t wave_size;         /* 0: all at once */
    size_t quorum;            /* 0: every place that is not optional */
    char *memo;               /* for the journal; NULL: none */

    /* of a draft alone */
    bool location_faulty;         /* a location was written that is none: location is NULL */
    size_t unread_platform_disks; /* entries of platform_key_disks that name no disk */
};

/** Give the version its name. @return false: out of memory, nothing changed. */
bool acgp_publish_spec_name(struct acgp_publish_spec *spec, const char *version);

/** Free a spec that was allocated with acgp_alloc; half-built ones too; NULL is fine. */
void acgp_publish_spec_free(struct acgp_publish_spec *spec);

/** Sort the data disks of the source by LUN. */
void acgp_publish_spec_sort_disks(struct acgp_publish_spec *spec);

/** The one thing that becomes known later: the data disks that data_snapshot_prefix stands for.
 *  @param data given: an array from acgp_alloc, sorted here by LUN; freed with the spec. */
void acgp_publish_spec_found_disks(struct acgp_publish_spec *spec, struct acgp_data_source *data,
                                   size_t data_count);

/** Does any place name a set for any disk (also a secure VM set)? */
bool acgp_publish_spec_encrypts(const struct acgp_publish_spec *spec);

#endif
