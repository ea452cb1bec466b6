/* SPDX-License-Identifier: MPL-2.0 */
/** What a VM from a version needs of ARM's answers: the image definition, the VM made, its disks, a resource
 * group. Texts live in the documents; any may be NULL, since Azure leaves fields out. */
#ifndef ACGP_VM_DOCS_H
#define ACGP_VM_DOCS_H

#include <acg/error.h>
#include <acg/options.h>
#include <acg/span.h>

#include "json/decode.h"

struct acgp_definition_doc {
    json_t *root;             /* owned */
    const char *os_type;      /* Linux, Windows */
    const char *os_state;     /* Generalized, Specialized */
    const char *architecture; /* x64, Arm64 */
    const char *plan_name, *plan_publisher, *plan_product;
    struct acgp_json_list features; /* of struct acgp_feature */
};

struct acgp_feature {
    const char *name, *value;
};

/** Decode. @param out zeroed by caller; the _done also after a failure. @return ACG_OK | ACG_ERR_PROTOCOL |
 * ACG_ERR_NOMEM; so for all here. */
enum acg_status acgp_definition_doc_decode(struct acg_span text, struct acgp_definition_doc *out,
                                           struct acg_error *err);
void acgp_definition_doc_done(struct acgp_definition_doc *doc);
/** Value of a feature, its name compared without case; NULL: none. */
const char *acgp_definition_feature(const struct acgp_definition_doc *doc, const char *name);

/** One data disk of a VM. */
struct acgp_vm_doc_disk {
    struct acg_optional_int lun;
    const char *disk_id;
};

struct acgp_vm_doc {
    json_t *root; /* owned */
    const char *provisioning_state;
    const char *os_disk_id;
    struct acgp_json_list disks; /* of struct acgp_vm_doc_disk */
};

enum acg_status acgp_vm_doc_decode(struct acg_span text, struct acgp_vm_doc *out, struct acg_error *err);
void acgp_vm_doc_done(struct acgp_vm_doc *doc);
/** Id of the VM's disk of this LUN; NULL: it has none. */
const char *acgp_vm_doc_data_disk(const struct acgp_vm_doc *doc, int64_t lun);

/** A managed disk, and how it is encrypted. */
struct acgp_disk_state_doc {
    json_t *root; /* owned */
    const char *encryption_type;
    const char *set_id;
    const char *security_type; /* of a confidential OS disk */
    const char *secure_set_id;
};

enum acg_status acgp_disk_state_decode(struct acg_span text, struct acgp_disk_state_doc *out,
                                       struct acg_error *err);
void acgp_disk_state_done(struct acgp_disk_state_doc *doc);

/** Any resource, or a resource group: its state and one tag.
 *  @param tag its name is compared without case; NULL: none is looked at.
 *  @param out_state, out_tag filled, cut where too long (such a one equals nothing of ours); empty: none. */
enum acg_status acgp_resource_state(struct acg_span text, const char *tag, char out_state[32],
                                    char out_tag[64], struct acg_error *err);

#endif
