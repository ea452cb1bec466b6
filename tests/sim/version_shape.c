/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/jsonx.h"
#include "sim/text.h"
#include "sim/version_rules.h"

/* Rules of the service about how a request names its sources. Numbers as in version_rules.c. */

const char sim_storage_path[] = "galleryImageVersion.properties.storageProfile";

bool sim_id_of_type(const char *resource_id, const char *type)
{
    struct sim_id id;
    bool same = sim_id_parse(resource_id, &id) && sim_id_is(&id, type);
    sim_id_done(&id);
    return same;
}

bool sim_id_of_version(const char *id)
{
    return sim_id_of_type(id, "Microsoft.Compute/galleries/images/versions");
}

static bool is_disk(const char *id)
{
    return sim_id_of_type(id, "Microsoft.Compute/snapshots") || sim_id_of_type(id, "Microsoft.Compute/disks");
}

/* Call back for the OS disk (index -1) and each data disk of the request. */
bool sim_version_each_disk(struct sim_version_put *p,
                           bool (*look)(struct sim_version_put *, const json_t *, int))
{
    const json_t *os = sim_at(p->asked, "storageProfile.osDiskImage"), *disk;
    size_t i;
    if (os && !look(p, os, -1))
        return false;
    json_array_foreach(sim_at(p->asked, "storageProfile.dataDiskImages"), i, disk)
    {
        if (!look(p, disk, (int)i))
            return false;
    }
    return true;
}

static bool has_source(const json_t *disk)
{
    return sim_version_disk_source(disk) || sim_text_at(disk, "source.uri") ||
           sim_text_at(disk, "source.storageAccountId");
}

static bool any_disk_source(const struct sim_version_put *p)
{
    size_t i;
    const json_t *disk;
    if (has_source(sim_at(p->asked, "storageProfile.osDiskImage")))
        return true;
    json_array_foreach(sim_at(p->asked, "storageProfile.dataDiskImages"), i, disk)
    {
        if (has_source(disk))
            return true;
    }
    return false;
}

static size_t whole_count(const struct sim_version_put *p)
{
    const json_t *source = sim_at(p->asked, "storageProfile.source");
    return (size_t)(sim_text_at(source, "id") != NULL) +
           (size_t)(sim_text_at(source, "virtualMachineId") != NULL) +
           (size_t)(sim_text_at(source, "communityGalleryImageId") != NULL);
}

/* R21: one style, and on a create at least one. */
static bool one_source_style(struct sim_version_put *p)
{
    const char *whole = sim_version_whole_source(p->asked);
    bool disks = any_disk_source(p);
    if ((whole && disks) || whole_count(p) > 1 || (!p->have && !whole && !disks))
        return sim_version_refuse(
            p, sim_storage_path,
            "The gallery artifact version source can only be specified either directly under "
            "storageProfile or within individual OS or data disks. One and only one source type "
            "(user image, snapshot, disk, virtual machine) can be provided.");
    return true;
}

/* R23 */
static bool whole_source_type(struct sim_version_put *p)
{
    const char *id = sim_version_whole_source(p->asked);
    const char *machine = sim_text_at(p->asked, "storageProfile.source.virtualMachineId");
    bool fits = !machine || sim_id_of_type(machine, "Microsoft.Compute/virtualMachines");
    if (fits && (!id || sim_id_of_version(id) || sim_id_of_type(id, "Microsoft.Compute/images") ||
                 sim_id_of_type(id, "Microsoft.Compute/virtualMachines") ||
                 sim_at(p->asked, "storageProfile.source.communityGalleryImageId")))
        return true;
    return sim_version_refuse(
        p, sim_storage_path,
        "The source id: %s must either be a managed image, virtual machine or another gallery "
        "image version",
        id);
}

static bool disk_source_type(struct sim_version_put *p, const json_t *disk, int index)
{
    const char *id = sim_version_disk_source(disk);
    bool vhd = sim_text_at(disk, "source.uri") != NULL;
    if (!id)
        return true;
    if (*id != '/')
        return sim_version_refuse(
            p, sim_storage_path,
            "Property id %s at path 'properties.storageProfile.%s.source.id' is invalid. Expect "
            "fully qualified resource Id that start with '/subscriptions/{subscriptionID}' or "
            "'/providers/{resourceProviderNamespace}/'.",
            id, index < 0 ? "osDiskImage" : "dataDiskImages");
    /* Recorded: with a uri, the id is the storage account. */
    if (is_disk(id) || (vhd && sim_id_of_type(id, "Microsoft.Storage/storageAccounts")))
        return true;
    return sim_version_refuse(p, sim_storage_path, "The source id: %s must be a managed disk or snapshot.",
                              id);
}

/* R24 */
static bool disk_source_types(struct sim_version_put *p)
{
    return sim_version_each_disk(p, disk_source_type);
}

static const char *disk_key(const json_t *disk)
{
    const char *uri = sim_text_at(disk, "source.uri");
    return uri ? uri : sim_version_disk_source(disk);
}

static bool source_named_twice(struct sim_version_put *p)
{
    return sim_version_refuse(p, sim_storage_path,
                              "Duplicated source ids are found in the input disks. Source id should be "
                              "unique for each disk.");
}

static bool differs_from_disk(struct sim_version_put *p, const json_t *disk, const json_t *other)
{
    const char *key = disk_key(disk);
    if (key && sim_same(key, disk_key(other)))
        return source_named_twice(p);
    if (json_equal(json_object_get(disk, "lun"), json_object_get(other, "lun")))
        return sim_version_refuse(p, sim_storage_path,
                                  "Duplicated lun numbers have been detected in the input data disks. Lun "
                                  "number must be unique for each data disk.");
    return true;
}

static bool differs_from_os(struct sim_version_put *p, const json_t *disk)
{
    const char *os = disk_key(sim_at(p->asked, "storageProfile.osDiskImage")), *key = disk_key(disk);
    if (!json_is_integer(json_object_get(disk, "lun")))
        return sim_version_refuse(p, sim_storage_path,
                                  "Required parameter 'dataDiskImages.lun' is missing (null).");
    if (!key || !sim_same(key, os))
        return true;
    if (!sim_text_at(disk, "source.uri"))
        return source_named_twice(p);
    return sim_version_refuse(p, sim_storage_path,
                              "OSDiskImage and DataDiskImage cannot point to same blob %s", key);
}

/* R25 */
static bool disks_are_distinct(struct sim_version_put *p)
{
    const json_t *data = sim_at(p->asked, "storageProfile.dataDiskImages");
    for (size_t i = 0; i < json_array_size(data); i++) {
        if (!differs_from_os(p, json_array_get(data, i)))
            return false;
        for (size_t k = 0; k < i; k++)
            if (!differs_from_disk(p, json_array_get(data, i), json_array_get(data, k)))
                return false;
    }
    return true;
}

bool sim_version_shape_rules(struct sim_version_put *p)
{
    static const struct sim_rule rules[] = {
        {"R21", one_source_style},
        {"R23", whole_source_type},
        {"R24", disk_source_types},
        {"R25", disks_are_distinct},
    };
    return sim_version_ask(p, rules, sizeof rules / sizeof rules[0]);
}
