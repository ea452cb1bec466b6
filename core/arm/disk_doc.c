/* SPDX-License-Identifier: MPL-2.0 */
#include "arm/disk_doc.h"

#include <inttypes.h>
#include <stddef.h>

#include "arm/source_doc.h"
#include "base/alloc.h"
#include "base/error.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- a managed image ---- */

static const struct acgp_json_field data_managed_fields[] = {
    {"id", ACGP_JSON_TEXT, offsetof(struct acgp_image_disk, disk_id), NULL}};
static const struct acgp_json_table data_managed_table = {data_managed_fields, 1, 0, 0};
static const struct acgp_json_field data_fields[] = {
    {"lun", ACGP_JSON_INT, offsetof(struct acgp_image_disk, lun), NULL},
    {"managedDisk", ACGP_JSON_OBJECT, 0, &data_managed_table},
};
static const struct acgp_json_table data_table = {data_fields, COUNT(data_fields),
                                                  sizeof(struct acgp_image_disk), ACGP_SOURCE_LUNS_MAX};

static const struct acgp_json_field os_managed_fields[] = {
    {"id", ACGP_JSON_TEXT, offsetof(struct acgp_image_doc, os_disk_id), NULL}};
static const struct acgp_json_table os_managed_table = {os_managed_fields, 1, 0, 0};
static const struct acgp_json_field os_fields[] = {{"managedDisk", ACGP_JSON_OBJECT, 0, &os_managed_table}};
static const struct acgp_json_table os_table = {os_fields, 1, 0, 0};

static const struct acgp_json_field storage_fields[] = {
    {"osDisk", ACGP_JSON_OBJECT, 0, &os_table},
    {"dataDisks", ACGP_JSON_LIST, offsetof(struct acgp_image_doc, disks), &data_table},
};
static const struct acgp_json_table storage_table = {storage_fields, COUNT(storage_fields), 0, 0};
static const struct acgp_json_field image_properties_fields[] = {
    {"storageProfile", ACGP_JSON_OBJECT, 0, &storage_table}};
static const struct acgp_json_table image_properties_table = {image_properties_fields, 1, 0, 0};
static const struct acgp_json_field image_fields[] = {
    {"properties", ACGP_JSON_OBJECT, 0, &image_properties_table}};
static const struct acgp_json_table image_table = {image_fields, 1, 0, 0};

static enum acg_status check_luns(const struct acgp_image_doc *doc, struct acg_error *err)
{
    const struct acgp_image_disk *disks = doc->disks.items;

    for (size_t i = 0; i < doc->disks.count; i++)
        if (!disks[i].lun.set || disks[i].lun.value < 0 || disks[i].lun.value > INT32_MAX)
            return acgp_fail(err, ACG_ERR_PROTOCOL, "data disk %zu of the image has no LUN", i);
    return ACG_OK;
}

enum acg_status acgp_image_doc_decode(struct acg_span text, struct acgp_image_doc *out, struct acg_error *err)
{
    enum acg_status status = acgp_json_parse(text, &out->root, err);

    if (status == ACG_OK)
        status = acgp_json_decode(out->root, &image_table, out, err);
    return status == ACG_OK ? check_luns(out, err) : status;
}

void acgp_image_doc_done(struct acgp_image_doc *doc)
{
    acgp_json_release(&image_table, doc);
    json_decref(doc->root);
    *doc = (struct acgp_image_doc){.root = NULL};
}

/* ---- a snapshot ---- */

struct snapshot {
    const char *source_id;
};

static const struct acgp_json_field creation_fields[] = {
    {"sourceResourceId", ACGP_JSON_TEXT, offsetof(struct snapshot, source_id), NULL}};
static const struct acgp_json_table creation_table = {creation_fields, 1, 0, 0};
static const struct acgp_json_field snapshot_properties_fields[] = {
    {"creationData", ACGP_JSON_OBJECT, 0, &creation_table}};
static const struct acgp_json_table snapshot_properties_table = {snapshot_properties_fields, 1, 0, 0};
static const struct acgp_json_field snapshot_fields[] = {
    {"properties", ACGP_JSON_OBJECT, 0, &snapshot_properties_table}};
static const struct acgp_json_table snapshot_table = {snapshot_fields, 1, 0, 0};

enum acg_status acgp_snapshot_source(struct acg_span text, char **out, struct acg_error *err)
{
    struct snapshot snapshot = {NULL};
    json_t *root = NULL;
    char *copy = NULL;
    enum acg_status status = acgp_json_parse(text, &root, err);

    if (status == ACG_OK)
        status = acgp_json_decode(root, &snapshot_table, &snapshot, err);
    if (status == ACG_OK && snapshot.source_id != NULL && (copy = acgp_strdup(snapshot.source_id)) == NULL)
        status = acgp_fail_nomem(err);
    if (status == ACG_OK)
        *out = copy;
    json_decref(root);
    return status;
}
