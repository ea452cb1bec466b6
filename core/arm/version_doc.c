/* SPDX-License-Identifier: MPL-2.0 */
#include "arm/version_doc.h"

#include <stddef.h>

#include "base/error.h"
#include "base/span.h"

/* R18 allows 100 replicas in all, so 100 regions; an Azure VM has at most 64 data disks. Roomy on purpose:
 * what a foreign client made must still be readable. */
enum { PLACES_MAX = 512, DISKS_MAX = 512 };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TABLE(fields_of)                                                                                     \
    {                                                                                                        \
        fields_of, COUNT(fields_of), 0, 0                                                                    \
    }
#define ITEMS(fields_of, struct_name, max)                                                                   \
    {                                                                                                        \
        fields_of, COUNT(fields_of), sizeof(struct struct_name), max                                         \
    }

#define AT(member) offsetof(struct acgp_doc_data_set, member)
static const struct acgp_json_field data_set_fields[] = {
    {"lun", ACGP_JSON_INT, AT(lun), NULL},
    {"diskEncryptionSetId", ACGP_JSON_TEXT, AT(set_id), NULL},
};
static const struct acgp_json_table data_set_table = ITEMS(data_set_fields, acgp_doc_data_set, DISKS_MAX);
#undef AT

#define AT(member) offsetof(struct acgp_doc_encryption, member)
static const struct acgp_json_field security_fields[] = {
    {"confidentialVMEncryptionType", ACGP_JSON_TEXT, AT(cvm_type), NULL},
    {"secureVMDiskEncryptionSetId", ACGP_JSON_TEXT, AT(secure_vm_set_id), NULL},
};
static const struct acgp_json_table security_table = TABLE(security_fields);
static const struct acgp_json_field os_set_fields[] = {
    {"diskEncryptionSetId", ACGP_JSON_TEXT, AT(os_set_id), NULL},
    {"securityProfile", ACGP_JSON_OBJECT, 0, &security_table},
};
static const struct acgp_json_table os_set_table = TABLE(os_set_fields);
static const struct acgp_json_field encryption_fields[] = {
    {"osDiskImage", ACGP_JSON_OBJECT, 0, &os_set_table},
    {"dataDiskImages", ACGP_JSON_LIST, AT(data), &data_set_table},
};
static const struct acgp_json_table encryption_table = TABLE(encryption_fields);
#undef AT

#define AT(member) offsetof(struct acgp_doc_place, member)
static const struct acgp_json_field region_fields[] = {
    {"name", ACGP_JSON_TEXT, AT(name), NULL},
    {"regionalReplicaCount", ACGP_JSON_INT, AT(replicas), NULL},
    {"storageAccountType", ACGP_JSON_TEXT, AT(storage_type), NULL},
    {"excludeFromLatest", ACGP_JSON_BOOL, AT(exclude_from_latest), NULL},
    {"encryption", ACGP_JSON_OBJECT, AT(encryption), &encryption_table},
};
static const struct acgp_json_table region_table = ITEMS(region_fields, acgp_doc_place, PLACES_MAX);
static const struct acgp_json_field extended_fields[] = {
    {"name", ACGP_JSON_TEXT, AT(zone), NULL},
};
static const struct acgp_json_table extended_table = TABLE(extended_fields);
static const struct acgp_json_field zone_fields[] = {
    {"name", ACGP_JSON_TEXT, AT(name), NULL},
    {"extendedLocation", ACGP_JSON_OBJECT, 0, &extended_table},
    {"extendedLocationReplicaCount", ACGP_JSON_INT, AT(replicas), NULL},
    {"storageAccountType", ACGP_JSON_TEXT, AT(storage_type), NULL},
    {"encryption", ACGP_JSON_OBJECT, AT(encryption), &encryption_table},
};
static const struct acgp_json_table zone_table = ITEMS(zone_fields, acgp_doc_place, PLACES_MAX);
#undef AT

#define AT(member) offsetof(struct acgp_doc_data_disk, member)
static const struct acgp_json_field data_source_fields[] = {
    {"id", ACGP_JSON_TEXT, AT(source_id), NULL},
    {"uri", ACGP_JSON_TEXT, AT(source_uri), NULL},
};
static const struct acgp_json_table data_source_table = TABLE(data_source_fields);
static const struct acgp_json_field data_disk_fields[] = {
    {"lun", ACGP_JSON_INT, AT(lun), NULL},
    {"source", ACGP_JSON_OBJECT, 0, &data_source_table},
};
static const struct acgp_json_table data_disk_table = ITEMS(data_disk_fields, acgp_doc_data_disk, DISKS_MAX);
#undef AT

#define AT(member) offsetof(struct acgp_doc_replication, member)
static const struct acgp_json_field replication_fields[] = {
    {"region", ACGP_JSON_TEXT, AT(region), NULL},
    {"state", ACGP_JSON_TEXT, AT(state), NULL},
    {"details", ACGP_JSON_TEXT, AT(details), NULL},
    {"progress", ACGP_JSON_INT, AT(percent), NULL},
};
static const struct acgp_json_table replication_table =
    ITEMS(replication_fields, acgp_doc_replication, 2 * PLACES_MAX);
#undef AT

#define AT(member) offsetof(struct acgp_version_doc, member)
static const struct acgp_json_field status_fields[] = {
    {"aggregatedState", ACGP_JSON_TEXT, AT(aggregated_state), NULL},
    {"summary", ACGP_JSON_LIST, AT(replication), &replication_table},
};
static const struct acgp_json_table status_table = TABLE(status_fields);
static const struct acgp_json_field source_fields[] = {
    {"id", ACGP_JSON_TEXT, AT(source_id), NULL},
    {"virtualMachineId", ACGP_JSON_TEXT, AT(source_vm_id), NULL},
};
static const struct acgp_json_table source_table = TABLE(source_fields);
static const struct acgp_json_field os_source_fields[] = {
    {"id", ACGP_JSON_TEXT, AT(os_source_id), NULL},
    {"uri", ACGP_JSON_TEXT, AT(os_source_uri), NULL},
};
static const struct acgp_json_table os_source_table = TABLE(os_source_fields);
static const struct acgp_json_field os_disk_fields[] = {
    {"source", ACGP_JSON_OBJECT, 0, &os_source_table},
};
static const struct acgp_json_table os_disk_table = TABLE(os_disk_fields);
static const struct acgp_json_field storage_fields[] = {
    {"source", ACGP_JSON_OBJECT, 0, &source_table},
    {"osDiskImage", ACGP_JSON_PRESENT, AT(os_disk), NULL},
    {"osDiskImage", ACGP_JSON_OBJECT, 0, &os_disk_table},
    {"dataDiskImages", ACGP_JSON_LIST, AT(data_disks), &data_disk_table},
};
static const struct acgp_json_table storage_table = TABLE(storage_fields);
static const struct acgp_json_field publishing_fields[] = {
    {"targetRegions", ACGP_JSON_LIST, AT(regions), &region_table},
    {"targetExtendedLocations", ACGP_JSON_LIST, AT(zones), &zone_table},
    {"replicaCount", ACGP_JSON_INT, AT(replica_count), NULL},
    {"excludeFromLatest", ACGP_JSON_BOOL, AT(exclude_from_latest), NULL},
    {"publishedDate", ACGP_JSON_TEXT, AT(published), NULL},
    {"endOfLifeDate", ACGP_JSON_TEXT, AT(end_of_life), NULL},
    {"storageAccountType", ACGP_JSON_TEXT, AT(storage_type), NULL},
    {"replicationMode", ACGP_JSON_TEXT, AT(replication_mode), NULL},
};
static const struct acgp_json_table publishing_table = TABLE(publishing_fields);
static const struct acgp_json_field properties_fields[] = {
    {"publishingProfile", ACGP_JSON_OBJECT, 0, &publishing_table},
    {"storageProfile", ACGP_JSON_OBJECT, 0, &storage_table},
    {"provisioningState", ACGP_JSON_TEXT, AT(provisioning_state), NULL},
    {"replicationStatus", ACGP_JSON_OBJECT, 0, &status_table},
};
static const struct acgp_json_table properties_table = TABLE(properties_fields);
static const struct acgp_json_field version_fields[] = {
    {"id", ACGP_JSON_TEXT, AT(id), NULL},
    {"location", ACGP_JSON_TEXT, AT(location), NULL},
    {"properties", ACGP_JSON_OBJECT, 0, &properties_table},
};
static const struct acgp_json_table version_table = TABLE(version_fields);
#undef AT

enum acg_status acgp_version_doc_decode(struct acg_span text, struct acgp_version_doc *out,
                                        struct acg_error *err)
{
    enum acg_status status = acgp_json_parse(text, &out->root, err);

    if (status == ACG_OK)
        status = acgp_json_decode(out->root, &version_table, out, err);
    if (status == ACG_OK && out->provisioning_state == NULL) /* Azure shows none without it */
        return acgp_fail(err, ACG_ERR_PROTOCOL, "the answer is not a version");
    return status;
}

enum acg_status acgp_version_doc_of(const json_t *root, struct acgp_version_doc *out, struct acg_error *err)
{
    out->root = json_incref((json_t *)(uintptr_t)root);
    return acgp_json_decode(out->root, &version_table, out, err);
}

void acgp_version_doc_done(struct acgp_version_doc *doc)
{
    acgp_json_release(&version_table, doc);
    json_decref(doc->root);
    *doc = (struct acgp_version_doc){0};
}

const char *acgp_version_doc_tag(const struct acgp_version_doc *doc, const char *name)
{
    json_t *tags = json_object_get(doc->root, "tags");

    for (void *at = json_object_iter(tags); at != NULL; at = json_object_iter_next(tags, at))
        if (acgp_equal_nocase(json_object_iter_key(at), name))
            return json_string_value(json_object_iter_value(at));
    return NULL;
}

const struct acgp_doc_place *acgp_doc_places(const struct acgp_json_list *list)
{
    return list->items;
}

const struct acgp_doc_data_set *acgp_doc_data_sets(const struct acgp_json_list *list)
{
    return list->items;
}

const struct acgp_doc_data_disk *acgp_doc_data_disks(const struct acgp_json_list *list)
{
    return list->items;
}

const struct acgp_doc_replication *acgp_doc_replication(const struct acgp_json_list *list)
{
    return list->items;
}
