/* SPDX-License-Identifier: MPL-2.0 */
/** Managed disks behind images and snapshots: which disk an image's disk is, and which disk a snapshot was
 * taken of. Source: the API description's ImageStorageProfile and CreationData. */
#ifndef ACGP_DISK_DOC_H
#define ACGP_DISK_DOC_H

#include <acg/error.h>
#include <acg/options.h>
#include <acg/span.h>

#include "json/decode.h"

/** A data disk of a managed image. */
struct acgp_image_disk {
    struct acg_optional_int lun;
    const char *disk_id; /* managedDisk.id; NULL: the image was not made of managed disks */
};

/** A managed image. Texts live in root. */
struct acgp_image_doc {
    json_t *root;
    const char *os_disk_id;      /* managedDisk.id of the OS disk; NULL as above */
    struct acgp_json_list disks; /* struct acgp_image_disk */
};

/** Decode a managed image.
 *  @param text borrowed.  @param out zeroed by caller; owned by caller (acgp_image_doc_done), also after a
 * failure.
 *  @return ACG_OK | ACG_ERR_PROTOCOL (no managed image, or a data disk without a LUN from 0 to 2^31 - 1) |
 *  ACG_ERR_NOMEM. */
enum acg_status acgp_image_doc_decode(struct acg_span text, struct acgp_image_doc *out,
                                      struct acg_error *err);
void acgp_image_doc_done(struct acgp_image_doc *doc);

/** The disk that a snapshot (or a disk) was made of: creationData.sourceResourceId.
 *  @param text borrowed.  @param out owned by caller (acgp_free); NULL when the answer names none.
 *  @return ACG_OK | ACG_ERR_PROTOCOL | ACG_ERR_NOMEM. */
enum acg_status acgp_snapshot_source(struct acg_span text, char **out, struct acg_error *err);

#endif
