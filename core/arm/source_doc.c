/* SPDX-License-Identifier: MPL-2.0 */
#include "arm/source_doc.h"

#include <inttypes.h>
#include <stddef.h>

#include <acg/options.h>

#include "base/error.h"
#include "base/span.h"
#include "json/decode.h"

struct disk {
    struct acg_optional_int lun;
};

struct source {
    const char *location;
    struct acgp_json_list disks;
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct acgp_json_field disk_fields[] = {
    {"lun", ACGP_JSON_INT, offsetof(struct disk, lun), NULL}};
static const struct acgp_json_table disk_table = {disk_fields, 1, sizeof(struct disk), ACGP_SOURCE_LUNS_MAX};

/* Managed image and VM call them dataDisks, an image version dataDiskImages; no resource has both. */
static const struct acgp_json_field storage_fields[] = {
    {"dataDisks", ACGP_JSON_LIST, offsetof(struct source, disks), &disk_table},
    {"dataDiskImages", ACGP_JSON_LIST, offsetof(struct source, disks), &disk_table},
};
static const struct acgp_json_table storage_table = {storage_fields, COUNT(storage_fields), 0, 0};
static const struct acgp_json_field properties_fields[] = {
    {"storageProfile", ACGP_JSON_OBJECT, 0, &storage_table},
};
static const struct acgp_json_table properties_table = {properties_fields, COUNT(properties_fields), 0, 0};
static const struct acgp_json_field source_fields[] = {
    {"location", ACGP_JSON_TEXT, offsetof(struct source, location), NULL},
    {"properties", ACGP_JSON_OBJECT, 0, &properties_table},
};
static const struct acgp_json_table source_table = {source_fields, COUNT(source_fields), 0, 0};

static enum acg_status take_luns(const struct acgp_json_list *disks, struct acgp_source_doc *doc,
                                 struct acg_error *err)
{
    const struct disk *items = disks->items;

    for (size_t i = 0; i < disks->count; i++) {
        if (!items[i].lun.set)
            return acgp_fail(err, ACG_ERR_PROTOCOL, "data disk %zu has no LUN", i);
        if (items[i].lun.value < 0 || items[i].lun.value > INT32_MAX)
            return acgp_fail(err, ACG_ERR_PROTOCOL, "data disk %zu has LUN %" PRId64, i, items[i].lun.value);
        doc->luns[doc->lun_count++] = (int32_t)items[i].lun.value;
    }
    return ACG_OK;
}

enum acg_status acgp_source_doc_decode(struct acg_span text, enum acgp_resource_kind kind,
                                       struct acgp_source_doc *out, struct acg_error *err)
{
    struct source source = {0};
    struct acgp_source_doc doc = {0};
    json_t *root = NULL;
    bool single = kind == ACGP_RESOURCE_SNAPSHOT || kind == ACGP_RESOURCE_DISK;
    enum acg_status status = acgp_json_parse(text, &root, err);

    if (status == ACG_OK)
        status = acgp_json_decode(root, &source_table, &source, err);
    if (status == ACG_OK && !single)
        status = take_luns(&source.disks, &doc, err);
    if (status == ACG_OK && source.location != NULL &&
        !acgp_region_normalise(acgp_span(source.location), doc.location))
        status = acgp_fail(err, ACG_ERR_PROTOCOL, "location: '%s' is no region name", source.location);
    if (status == ACG_OK)
        *out = doc;
    acgp_json_release(&source_table, &source);
    json_decref(root);
    return status;
}
