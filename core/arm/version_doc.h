/* SPDX-License-Identifier: MPL-2.0 */
/** An image version as ARM answers it, with its replication status when that was asked for. All texts live in
 * the document; any may be NULL, since Azure leaves fields out. */
#ifndef ACGP_VERSION_DOC_H
#define ACGP_VERSION_DOC_H

#include <stdbool.h>

#include <acg/error.h>
#include <acg/options.h>
#include <acg/span.h>

#include "json/decode.h"

/** encryption.dataDiskImages[] */
struct acgp_doc_data_set {
    struct acg_optional_int lun;
    const char *set_id;
};

struct acgp_doc_encryption {
    const char *os_set_id;
    const char *cvm_type;
    const char *secure_vm_set_id;
    struct acgp_json_list data; /* of struct acgp_doc_data_set */
};

/** A target region, or an extended location (zone is then set). */
struct acgp_doc_place {
    const char *name;
    const char *zone;
    struct acg_optional_int replicas;
    const char *storage_type;
    enum acg_tristate exclude_from_latest;
    struct acgp_doc_encryption encryption;
};

/** storageProfile.dataDiskImages[] */
struct acgp_doc_data_disk {
    struct acg_optional_int lun;
    const char *source_id;
    const char *source_uri;
};

/** replicationStatus.summary[] */
struct acgp_doc_replication {
    const char *region; /* short or display name: normalise before matching */
    const char *state;  /* Unknown, Replicating, Completed, Failed */
    const char *details;
    struct acg_optional_int percent;
};

struct acgp_version_doc {
    json_t *root; /* owned */
    const char *id;
    const char *location;
    const char *provisioning_state;
    const char *published;
    const char *end_of_life;
    const char *storage_type;
    const char *replication_mode;
    struct acg_optional_int replica_count;
    enum acg_tristate exclude_from_latest;
    struct acgp_json_list regions; /* of struct acgp_doc_place */
    struct acgp_json_list zones;   /* of struct acgp_doc_place */
    const char *source_id;
    const char *source_vm_id;
    bool os_disk; /* storageProfile lists an OS disk */
    const char *os_source_id;
    const char *os_source_uri;
    struct acgp_json_list data_disks; /* of struct acgp_doc_data_disk */
    const char *aggregated_state;
    struct acgp_json_list replication; /* of struct acgp_doc_replication */
};

/** Decode. @param text borrowed.   @param out zeroed by caller; acgp_version_doc_done also after a failure.
 *  @return ACG_OK | ACG_ERR_PROTOCOL | ACG_ERR_NOMEM. */
enum acg_status acgp_version_doc_decode(struct acg_span text, struct acgp_version_doc *out,
                                        struct acg_error *err);
/** The same of a document that was parsed. @param root borrowed; the document takes a hold of its own. */
enum acg_status acgp_version_doc_of(const json_t *root, struct acgp_version_doc *out, struct acg_error *err);
/** Free what it owns and zero it; a zeroed one is fine. */
void acgp_version_doc_done(struct acgp_version_doc *doc);

/** Value of a tag, its name compared without case as ARM does; NULL: no such tag. */
const char *acgp_version_doc_tag(const struct acgp_version_doc *doc, const char *name);

/** Typed views of the lists. */
const struct acgp_doc_place *acgp_doc_places(const struct acgp_json_list *list);
const struct acgp_doc_data_set *acgp_doc_data_sets(const struct acgp_json_list *list);
const struct acgp_doc_data_disk *acgp_doc_data_disks(const struct acgp_json_list *list);
const struct acgp_doc_replication *acgp_doc_replication(const struct acgp_json_list *list);

#endif
