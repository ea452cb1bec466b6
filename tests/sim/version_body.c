/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/jsonx.h"
#include "sim/regions.h"
#include "sim/text.h"
#include "sim/version.h"

#include <stdlib.h>
#include <string.h>

/* What the service makes of a request: member order, defaults and spellings as in recorded answers. */

static const char *storage_spelling(const char *type)
{
    static const char *const words[] = {"Standard_LRS", "Standard_ZRS", "Premium_LRS", "StandardSSD_LRS",
                                        "PremiumV2_LRS"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (sim_same(type, words[i]))
            return words[i];
    return type;
}

static const char *display_name(const char *region)
{
    const struct sim_region *known = sim_region_find(region);
    return known ? known->display : region;
}

/* securityProfile stands first, as an empty object when only a set was sent; the set after it. */
static json_t *encryption_body(const json_t *asked)
{
    json_t *out = json_object();
    const json_t *os = json_object_get(asked, "osDiskImage"), *disk;
    size_t i;
    if (os) {
        const json_t *security = json_object_get(os, "securityProfile");
        json_t *os_out = json_object();
        json_object_set_new(os_out, "securityProfile", security ? json_deep_copy(security) : json_object());
        sim_carry(os_out, os, "diskEncryptionSetId");
        json_object_set_new(out, "osDiskImage", os_out);
    }
    if (json_array_size(json_object_get(asked, "dataDiskImages"))) {
        json_t *data = json_array();
        json_array_foreach(json_object_get(asked, "dataDiskImages"), i, disk)
        {
            json_t *one = json_object();
            sim_carry(one, disk, "lun");
            sim_carry(one, disk, "diskEncryptionSetId");
            json_array_append_new(data, one);
        }
        json_object_set_new(out, "dataDiskImages", data);
    }
    return out;
}

static json_t *region_body(const json_t *asked, int64_t replicas, const char *storage)
{
    const char *own = sim_text_at(asked, "storageAccountType");
    json_t *out =
        json_pack("{s:s, s:I, s:s}", "name", display_name(sim_text_at(asked, "name")), "regionalReplicaCount",
                  (json_int_t)sim_int_at(asked, "regionalReplicaCount", replicas), "storageAccountType",
                  storage_spelling(own ? own : storage));
    sim_carry(out, asked, "excludeFromLatest");
    if (json_object_size(json_object_get(asked, "encryption")))
        json_object_set_new(out, "encryption", encryption_body(json_object_get(asked, "encryption")));
    sim_carry(out, asked, "additionalReplicaSets");
    return out;
}

static json_t *edge_body(const json_t *asked)
{
    const char *type = sim_text_at(asked, "extendedLocation.type"),
               *zone = sim_text_at(asked, "extendedLocation.name");
    const char *storage = sim_text_at(asked, "storageAccountType");
    const char *parent = sim_text_at(asked, "name");
    json_t *out = json_pack(
        "{s:{s:s, s:s}, s:s, s:I, s:s}", "extendedLocation", "type", type ? type : "EdgeZone", "name",
        zone ? zone : "", "name", parent ? display_name(parent) : "", "extendedLocationReplicaCount",
        (json_int_t)sim_int_at(asked, "extendedLocationReplicaCount", 1), "storageAccountType",
        storage_spelling(storage ? storage : "StandardSSD_LRS")); /* recorded default */
    if (json_object_size(json_object_get(asked, "encryption")))
        json_object_set_new(out, "encryption", encryption_body(json_object_get(asked, "encryption")));
    return out;
}

static json_t *profile_body(const struct sim_version_put *p)
{
    const json_t *asked = json_object_get(p->asked, "publishingProfile"), *each;
    const json_t *old = p->have ? sim_at(p->have->body, "properties.publishingProfile") : NULL;
    const char *storage = sim_text_at(asked, "storageAccountType");
    if (!storage)
        storage = sim_text_at(old, "storageAccountType");
    if (!storage)
        storage = "Standard_LRS";
    int64_t replicas = sim_int_at(asked, "replicaCount", 1);
    char stamp[SIM_STAMP_SIZE];
    sim_stamp(sim_now(p->c->w), stamp);
    json_t *out = json_object(), *regions = json_array();
    size_t i;
    json_array_foreach(p->regions, i, each)
    {
        json_array_append_new(regions, region_body(each, replicas, storage));
    }
    json_object_set_new(out, "targetRegions", regions);
    const json_t *zones = json_object_get(asked, "targetExtendedLocations");
    if (json_array_size(zones)) {
        json_t *edges = json_array();
        json_array_foreach(zones, i, each)
        {
            json_array_append_new(edges, edge_body(each));
        }
        json_object_set_new(out, "targetExtendedLocations", edges);
    }
    json_object_set_new(out, "replicaCount", json_integer((json_int_t)replicas));
    json_object_set_new(out, "excludeFromLatest", json_boolean(sim_true_at(asked, "excludeFromLatest")));
    const char *published = sim_text_at(old, "publishedDate");
    json_object_set_new(out, "publishedDate", json_string(published ? published : stamp));
    sim_carry(out, asked, "endOfLifeDate");
    json_object_set_new(out, "storageAccountType", json_string(storage_spelling(storage)));
    sim_carry(out, old, "replicationMode");
    sim_carry(out, asked, "replicationMode");
    return out;
}

static json_t *disk_body(const json_t *asked, const char *caching)
{
    json_t *out = json_object();
    sim_carry(out, asked, "lun");
    const char *own = sim_text_at(asked, "hostCaching");
    json_object_set_new(out, "hostCaching", json_string(own ? own : caching));
    sim_carry(out, asked, "source");
    return out;
}

/* On a create: the source as sent; hostCaching filled for per-disk sources (recorded). An update keeps what
 * is there. */
static json_t *storage_body(const struct sim_version_put *p)
{
    if (p->have)
        return json_deep_copy(sim_at(p->have->body, "properties.storageProfile"));
    const json_t *asked = json_object_get(p->asked, "storageProfile"), *disk;
    json_t *out = json_object();
    size_t i;
    if (sim_version_whole_source(p->asked)) {
        sim_carry(out, asked, "source");
        return out;
    }
    if (json_object_get(asked, "osDiskImage"))
        json_object_set_new(out, "osDiskImage",
                            disk_body(json_object_get(asked, "osDiskImage"), "ReadWrite"));
    if (json_array_size(json_object_get(asked, "dataDiskImages"))) {
        json_t *data = json_array();
        json_array_foreach(json_object_get(asked, "dataDiskImages"), i, disk)
        {
            json_array_append_new(data, disk_body(disk, "ReadOnly"));
        }
        json_object_set_new(out, "dataDiskImages", data);
    }
    return out;
}

static json_t *safety_body(const struct sim_version_put *p)
{
    json_t *out = p->have ? json_deep_copy(sim_at(p->have->body, "properties.safetyProfile")) : NULL;
    if (!out)
        out =
            json_pack("{s:b, s:b}", "reportedForPolicyViolation", 0, "allowDeletionOfReplicatedLocations", 0);
    sim_carry(out, json_object_get(p->asked, "safetyProfile"), "allowDeletionOfReplicatedLocations");
    sim_carry(out, json_object_get(p->asked, "safetyProfile"), "blockDeletionBeforeEndOfLife");
    return out;
}

json_t *sim_version_body(const struct sim_version_put *p)
{
    json_t *body = sim_named_body(p->c->path);
    json_object_set_new(body, "location", json_string(p->region));
    const json_t *tags = json_object_get(p->c->req->json, "tags");
    if (!tags && p->have)
        tags = json_object_get(p->have->body, "tags");
    if (tags)
        json_object_set_new(body, "tags", json_deep_copy(tags));
    json_t *properties = json_pack("{s:o, s:o, s:o}", "publishingProfile", profile_body(p), "storageProfile",
                                   storage_body(p), "safetyProfile", safety_body(p));
    sim_carry(properties, p->asked, "securityProfile");
    json_object_set_new(body, "properties", properties);
    sim_set_state(body, p->have ? "Updating" : "Creating");
    return body;
}

static int64_t size_of(struct sim_world *w, const char *id)
{
    const struct sim_resource *r = id ? sim_find(w, id) : NULL;
    return r ? sim_int_at(r->body, "properties.diskSizeGB", 30) : 30;
}

/* One disk as it stands at the end: lun, size, caching, and its source when it had one of its own. */
static json_t *finished_disk(struct sim_world *w, const json_t *from, bool os)
{
    json_t *out = json_object();
    const char *caching = sim_text_at(from, "hostCaching");
    if (!caching)
        caching = sim_text_at(from, "caching");
    int64_t size = sim_int_at(from, "diskSizeGB", sim_int_at(from, "sizeInGB", 0));
    if (!size) {
        const char *source = sim_version_disk_source(from);
        size = size_of(w, source ? source : sim_text_at(from, "managedDisk.id"));
    }
    sim_carry(out, from, "lun");
    json_object_set_new(out, "sizeInGB", json_integer((json_int_t)size));
    json_object_set_new(out, "hostCaching", json_string(caching ? caching : os ? "ReadWrite" : "None"));
    if (json_object_get(from, "source"))
        sim_carry(out, from, "source");
    else if (os)
        json_object_set_new(out, "source", json_object());
    return out;
}

static void finish_disks(struct sim_world *w, json_t *storage, const json_t *os, const json_t *data)
{
    size_t i;
    const json_t *each;
    if (os)
        json_object_set_new(storage, "osDiskImage", finished_disk(w, os, true));
    if (!json_array_size(data))
        return;
    json_t *disks = json_array();
    json_array_foreach(data, i, each)
    {
        json_array_append_new(disks, finished_disk(w, each, false));
    }
    json_object_set_new(storage, "dataDiskImages", disks);
}

/* From a whole image: OS size, caching and an empty source; data disks with the LUNs found in it (recorded).
 */
static void finish_storage(struct sim_world *w, json_t *properties)
{
    json_t *storage = json_object_get(properties, "storageProfile");
    const char *whole = sim_version_whole_source(properties);
    const struct sim_resource *r = whole ? sim_find(w, whole) : NULL;
    if (json_object_get(json_object_get(storage, "osDiskImage"), "sizeInGB"))
        return;
    if (!whole) {
        json_t *os = json_incref(json_object_get(storage, "osDiskImage"));
        json_t *data = json_incref(json_object_get(storage, "dataDiskImages"));
        finish_disks(w, storage, os, data);
        json_decref(os);
        json_decref(data);
        return;
    }
    const json_t *from = r ? sim_at(r->body, "properties.storageProfile") : NULL;
    if (json_object_get(from, "osDiskImage")) /* another version: its disks without their sources */
        finish_disks(w, storage, json_object_get(from, "osDiskImage"),
                     json_object_get(from, "dataDiskImages"));
    else
        finish_disks(w, storage, json_object_get(from, "osDisk"), json_object_get(from, "dataDisks"));
}

/* The scenario's changes that last: reads without a count. */
static void store_changes(const json_t *script, json_t *properties)
{
    size_t i;
    const json_t *each;
    json_array_foreach(sim_at(script, "store"), i, each)
    {
        if (!json_object_get(each, "reads"))
            sim_pointer_apply(properties, sim_text_at(each, "at"), json_object_get(each, "set"));
    }
}

void sim_version_finish(struct sim_world *w, struct sim_resource *r)
{
    json_decref(r->before);
    r->before = json_deep_copy(r->body);
    json_t *properties = json_object_get(r->body, "properties");
    finish_storage(w, properties);
    store_changes(r->script, properties);
    const char *state = sim_text_at(r->script, "final_state");
    sim_set_state(r->body, state ? state : "Succeeded");
    r->reads = 0;
}
