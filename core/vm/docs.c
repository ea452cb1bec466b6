/* SPDX-License-Identifier: MPL-2.0 */
#include "vm/docs.h"

#include <stddef.h>

#include "base/error.h"
#include "base/span.h"

enum {
    FEATURES_MAX = 64,
    DISKS_MAX = 256
}; /* there are four features; an Azure VM has at most 64 data disks */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TABLE(fields)                                                                                        \
    {                                                                                                        \
        fields, COUNT(fields), 0, 0                                                                          \
    }
#define ITEMS(fields, type, max)                                                                             \
    {                                                                                                        \
        fields, COUNT(fields), sizeof(struct type), max                                                      \
    }

/* ---- the definition ---- */

static const struct acgp_json_field feature_fields[] = {
    {"name", ACGP_JSON_TEXT, offsetof(struct acgp_feature, name), NULL},
    {"value", ACGP_JSON_TEXT, offsetof(struct acgp_feature, value), NULL},
};
static const struct acgp_json_table feature_table = ITEMS(feature_fields, acgp_feature, FEATURES_MAX);

#define AT(member) offsetof(struct acgp_definition_doc, member)
static const struct acgp_json_field plan_fields[] = {
    {"name", ACGP_JSON_TEXT, AT(plan_name), NULL},
    {"publisher", ACGP_JSON_TEXT, AT(plan_publisher), NULL},
    {"product", ACGP_JSON_TEXT, AT(plan_product), NULL},
};
static const struct acgp_json_table plan_table = TABLE(plan_fields);
static const struct acgp_json_field definition_properties_fields[] = {
    {"osType", ACGP_JSON_TEXT, AT(os_type), NULL},
    {"osState", ACGP_JSON_TEXT, AT(os_state), NULL},
    {"architecture", ACGP_JSON_TEXT, AT(architecture), NULL},
    {"purchasePlan", ACGP_JSON_OBJECT, 0, &plan_table},
    {"features", ACGP_JSON_LIST, AT(features), &feature_table},
};
#undef AT
static const struct acgp_json_table definition_properties_table = TABLE(definition_properties_fields);
static const struct acgp_json_field definition_fields[] = {
    {"properties", ACGP_JSON_OBJECT, 0, &definition_properties_table}};
static const struct acgp_json_table definition_table = TABLE(definition_fields);

enum acg_status acgp_definition_doc_decode(struct acg_span text, struct acgp_definition_doc *out,
                                           struct acg_error *err)
{
    enum acg_status status = acgp_json_parse(text, &out->root, err);

    return status == ACG_OK ? acgp_json_decode(out->root, &definition_table, out, err) : status;
}

void acgp_definition_doc_done(struct acgp_definition_doc *doc)
{
    acgp_json_release(&definition_table, doc);
    json_decref(doc->root);
    *doc = (struct acgp_definition_doc){.root = NULL};
}

const char *acgp_definition_feature(const struct acgp_definition_doc *doc, const char *name)
{
    const struct acgp_feature *items = doc->features.items;

    for (size_t i = 0; i < doc->features.count; i++)
        if (items[i].name != NULL && acgp_equal_nocase(items[i].name, name))
            return items[i].value;
    return NULL;
}

/* ---- the VM ---- */

static const struct acgp_json_field managed_fields[] = {
    {"id", ACGP_JSON_TEXT, offsetof(struct acgp_vm_doc_disk, disk_id), NULL}};
static const struct acgp_json_table managed_table = TABLE(managed_fields);
static const struct acgp_json_field data_fields[] = {
    {"lun", ACGP_JSON_INT, offsetof(struct acgp_vm_doc_disk, lun), NULL},
    {"managedDisk", ACGP_JSON_OBJECT, 0, &managed_table},
};
static const struct acgp_json_table data_table = ITEMS(data_fields, acgp_vm_doc_disk, DISKS_MAX);

#define AT(member) offsetof(struct acgp_vm_doc, member)
static const struct acgp_json_field os_managed_fields[] = {{"id", ACGP_JSON_TEXT, AT(os_disk_id), NULL}};
static const struct acgp_json_table os_managed_table = TABLE(os_managed_fields);
static const struct acgp_json_field os_fields[] = {{"managedDisk", ACGP_JSON_OBJECT, 0, &os_managed_table}};
static const struct acgp_json_table os_table = TABLE(os_fields);
static const struct acgp_json_field storage_fields[] = {
    {"osDisk", ACGP_JSON_OBJECT, 0, &os_table},
    {"dataDisks", ACGP_JSON_LIST, AT(disks), &data_table},
};
static const struct acgp_json_table storage_table = TABLE(storage_fields);
static const struct acgp_json_field vm_properties_fields[] = {
    {"provisioningState", ACGP_JSON_TEXT, AT(provisioning_state), NULL},
    {"storageProfile", ACGP_JSON_OBJECT, 0, &storage_table},
};
#undef AT
static const struct acgp_json_table vm_properties_table = TABLE(vm_properties_fields);
static const struct acgp_json_field vm_fields[] = {{"properties", ACGP_JSON_OBJECT, 0, &vm_properties_table}};
static const struct acgp_json_table vm_table = TABLE(vm_fields);

enum acg_status acgp_vm_doc_decode(struct acg_span text, struct acgp_vm_doc *out, struct acg_error *err)
{
    enum acg_status status = acgp_json_parse(text, &out->root, err);

    return status == ACG_OK ? acgp_json_decode(out->root, &vm_table, out, err) : status;
}

void acgp_vm_doc_done(struct acgp_vm_doc *doc)
{
    acgp_json_release(&vm_table, doc);
    json_decref(doc->root);
    *doc = (struct acgp_vm_doc){.root = NULL};
}

const char *acgp_vm_doc_data_disk(const struct acgp_vm_doc *doc, int64_t lun)
{
    const struct acgp_vm_doc_disk *items = doc->disks.items;

    for (size_t i = 0; i < doc->disks.count; i++)
        if (items[i].lun.set && items[i].lun.value == lun)
            return items[i].disk_id;
    return NULL;
}

/* ---- a disk ---- */

#define AT(member) offsetof(struct acgp_disk_state_doc, member)
static const struct acgp_json_field encryption_fields[] = {
    {"type", ACGP_JSON_TEXT, AT(encryption_type), NULL},
    {"diskEncryptionSetId", ACGP_JSON_TEXT, AT(set_id), NULL},
};
static const struct acgp_json_table encryption_table = TABLE(encryption_fields);
static const struct acgp_json_field security_fields[] = {
    {"securityType", ACGP_JSON_TEXT, AT(security_type), NULL},
    {"secureVMDiskEncryptionSetId", ACGP_JSON_TEXT, AT(secure_set_id), NULL},
};
#undef AT
static const struct acgp_json_table security_table = TABLE(security_fields);
static const struct acgp_json_field disk_properties_fields[] = {
    {"encryption", ACGP_JSON_OBJECT, 0, &encryption_table},
    {"securityProfile", ACGP_JSON_OBJECT, 0, &security_table},
};
static const struct acgp_json_table disk_properties_table = TABLE(disk_properties_fields);
static const struct acgp_json_field disk_fields[] = {
    {"properties", ACGP_JSON_OBJECT, 0, &disk_properties_table}};
static const struct acgp_json_table disk_table = TABLE(disk_fields);

enum acg_status acgp_disk_state_decode(struct acg_span text, struct acgp_disk_state_doc *out,
                                       struct acg_error *err)
{
    enum acg_status status = acgp_json_parse(text, &out->root, err);

    return status == ACG_OK ? acgp_json_decode(out->root, &disk_table, out, err) : status;
}

void acgp_disk_state_done(struct acgp_disk_state_doc *doc)
{
    json_decref(doc->root);
    *doc = (struct acgp_disk_state_doc){.root = NULL};
}

/* ---- anything ---- */

static const char *tag_of(const json_t *root, const char *name)
{
    json_t *tags = json_object_get(root, "tags");

    for (void *at = json_object_iter(tags); name != NULL && at != NULL; at = json_object_iter_next(tags, at))
        if (acgp_equal_nocase(json_object_iter_key(at), name))
            return json_string_value(json_object_iter_value(at));
    return NULL;
}

enum acg_status acgp_resource_state(struct acg_span text, const char *tag, char out_state[32],
                                    char out_tag[64], struct acg_error *err)
{
    json_t *root = NULL;
    enum acg_status status = acgp_json_parse(text, &root, err);

    if (status != ACG_OK)
        return status;
    acgp_error_text(
        out_state, 32,
        json_string_value(json_object_get(json_object_get(root, "properties"), "provisioningState")));
    acgp_error_text(out_tag, 64, tag_of(root, tag));
    json_decref(root);
    return ACG_OK;
}
