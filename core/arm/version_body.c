/* SPDX-License-Identifier: MPL-2.0 */
#include "arm/version_body.h"

#include "arm/version_merge.h"
#include "base/error.h"
#include "json/build.h"

enum { BODY_MAX = 4 * 1024 * 1024 }; /* ARM itself takes no larger request */

/* Every builder returns a new object, or NULL without memory. */
static json_t *keep(json_t *object, bool ok)
{
    if (ok)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *security_profile(const struct acgp_place_encryption *e)
{
    json_t *o = json_object();

    return keep(o, acgp_json_put_text(o, "confidentialVMEncryptionType", e->cvm_type) &&
                       acgp_json_put_text(o, "secureVMDiskEncryptionSetId", e->secure_vm_id));
}

static json_t *os_encryption(const struct acgp_covered_place *covered)
{
    const char *set_id = NULL;
    json_t *o = json_object();

    for (size_t i = 0; i < covered->disk_count; i++)
        if (covered->disks[i].disk.os)
            set_id = covered->disks[i].set_id;
    return keep(
        o, acgp_json_put_text(o, "diskEncryptionSetId", set_id) &&
               acgp_json_put_object(o, "securityProfile", security_profile(&covered->place->encryption)));
}

static json_t *data_encryption_item(const struct acgp_covered_disk *disk)
{
    json_t *o = json_object();

    return keep(o, acgp_json_put_int(o, "lun", disk->disk.lun) &&
                       acgp_json_put_text(o, "diskEncryptionSetId", disk->set_id));
}

static json_t *encryption(const struct acgp_covered_place *covered)
{
    json_t *o = json_object(), *data = json_array();
    bool ok = o != NULL && data != NULL && acgp_json_put_object(o, "osDiskImage", os_encryption(covered));

    for (size_t i = 0; ok && i < covered->disk_count; i++)
        if (!covered->disks[i].disk.os && covered->disks[i].set_id != NULL)
            ok = acgp_json_append(data, data_encryption_item(&covered->disks[i]));
    if (ok && json_array_size(data) != 0)
        ok = acgp_json_put(o, "dataDiskImages", json_incref(data));
    json_decref(data);
    return keep(o, ok);
}

/* One body on its way. */
struct render {
    const struct acgp_publish_spec *spec;
    const struct acgp_coverage *coverage;
    const struct acgp_body_parts *parts;
};

/* 0: not sent. A version that is there has a count for each of its places, which would win over the one for
 * all. */
static int64_t replicas_of(const struct render *r, const struct acgp_place *place)
{
    return place->replicas != 0 || r->parts->there == NULL ? place->replicas : r->spec->replica_count;
}

static json_t *target_region(const struct render *r, const struct acgp_covered_place *covered)
{
    const struct acgp_place *place = covered->place;
    int64_t replicas = replicas_of(r, place);
    json_t *o = json_object();
    bool ok = acgp_json_put_text(o, "name", place->given) &&
              (replicas == 0 || acgp_json_put_int(o, "regionalReplicaCount", replicas)) &&
              acgp_json_put_text(o, "storageAccountType", place->storage_type) &&
              acgp_json_put_tristate(o, "excludeFromLatest", place->exclude_from_latest) &&
              acgp_json_put_object(o, "encryption", encryption(covered));

    return keep(o, ok);
}

static json_t *extended_location(const struct acgp_place *place)
{
    json_t *o = json_object();

    return keep(o, acgp_json_put_text(o, "name", place->zone) && acgp_json_put_text(o, "type", "EdgeZone"));
}

static json_t *edge_zone(const struct render *r, const struct acgp_covered_place *covered)
{
    const struct acgp_place *place = covered->place;
    int64_t replicas = replicas_of(r, place);
    json_t *o = json_object();
    bool ok = acgp_json_put_text(o, "name", place->given) &&
              acgp_json_put(o, "extendedLocation", extended_location(place)) &&
              (replicas == 0 || acgp_json_put_int(o, "extendedLocationReplicaCount", replicas)) &&
              acgp_json_put_text(o, "storageAccountType", place->storage_type) &&
              acgp_json_put_object(o, "encryption", encryption(covered));

    return keep(o, ok);
}

/* Regions, or edge zones, of the coverage; an empty array when there is none. */
static json_t *places(const struct render *r, bool zones)
{
    const struct acgp_coverage *coverage = r->coverage;
    json_t *list = json_array();
    bool ok = list != NULL;

    for (size_t i = 0; ok && i < coverage->place_count; i++) {
        const struct acgp_covered_place *covered = &coverage->places[i];
        bool out = r->parts->left_out != NULL && r->parts->left_out[i];
        if ((covered->place->zone != NULL) == zones && !out)
            ok = acgp_json_append(list, zones ? edge_zone(r, covered) : target_region(r, covered));
    }
    return keep(list, ok);
}

static bool put_places(json_t *o, const char *name, json_t *list)
{
    if (list != NULL && json_array_size(list) == 0) {
        json_decref(list);
        return o != NULL;
    }
    return acgp_json_put(o, name, list);
}

static json_t *publishing_profile(const struct render *r)
{
    const struct acgp_publish_spec *spec = r->spec;
    json_t *o = json_object();
    bool ok = put_places(o, "targetRegions", places(r, false)) &&
              put_places(o, "targetExtendedLocations", places(r, true)) &&
              (spec->replica_count == 0 || acgp_json_put_int(o, "replicaCount", spec->replica_count)) &&
              acgp_json_put_tristate(o, "excludeFromLatest", spec->exclude_from_latest) &&
              acgp_json_put_text(o, "endOfLifeDate", spec->end_of_life) &&
              acgp_json_put_text(o, "storageAccountType", spec->storage_type) &&
              acgp_json_put_text(o, "replicationMode", spec->replication_mode);

    return keep(o, ok);
}

/* {"id"} of a snapshot or disk, or {"uri", "storageAccountId"} of a VHD */
static json_t *disk_source(const char *id, const char *uri, const char *account)
{
    json_t *o = json_object();

    return keep(o, acgp_json_put_text(o, "id", id) && acgp_json_put_text(o, "uri", uri) &&
                       acgp_json_put_text(o, "storageAccountId", account));
}

static json_t *os_disk(const struct acgp_source_spec *source)
{
    json_t *o = json_object();

    return keep(o, acgp_json_put_object(
                       o, "source", disk_source(source->os_id, source->os_vhd_uri, source->os_vhd_account)));
}

static json_t *data_disk(const struct acgp_data_source *disk)
{
    json_t *o = json_object();

    return keep(o, acgp_json_put_int(o, "lun", disk->lun) &&
                       acgp_json_put(o, "source", disk_source(disk->id, disk->vhd_uri, disk->vhd_account)));
}

static json_t *data_disks(const struct acgp_source_spec *source)
{
    json_t *list = json_array();
    bool ok = list != NULL;

    for (size_t i = 0; ok && i < source->data_count; i++)
        ok = acgp_json_append(list, data_disk(&source->data[i]));
    return keep(list, ok);
}

static json_t *whole_image(const struct acgp_source_spec *source)
{
    json_t *o = json_object();
    bool vm = source->kind == ACGP_RESOURCE_VIRTUAL_MACHINE;

    return keep(o, acgp_json_put_text(o, vm ? "virtualMachineId" : "id", source->id));
}

static json_t *storage_profile(const struct acgp_source_spec *source)
{
    json_t *o = json_object();

    if (source->whole_image)
        return keep(o, acgp_json_put(o, "source", whole_image(source)));
    return keep(o, acgp_json_put_object(o, "osDiskImage", os_disk(source)) &&
                       put_places(o, "dataDiskImages", data_disks(source)));
}

static json_t *safety_profile(const struct acgp_publish_spec *spec)
{
    json_t *o = json_object();

    return keep(o, acgp_json_put_tristate(o, "allowDeletionOfReplicatedLocations",
                                          spec->allow_deletion_of_replicated_locations));
}

/* Of a version that is there the service keeps what it has. */
static json_t *sources(const struct render *r)
{
    bool kept = r->parts->there != NULL && !r->parts->with_source;

    return kept ? json_object() : storage_profile(&r->spec->source);
}

static json_t *properties(const struct render *r)
{
    json_t *o = json_object();

    return keep(o, acgp_json_put(o, "publishingProfile", publishing_profile(r)) &&
                       acgp_json_put(o, "storageProfile", sources(r)) &&
                       acgp_json_put_object(o, "safetyProfile", safety_profile(r->spec)));
}

static json_t *tags(const struct render *r)
{
    const struct acgp_publish_spec *spec = r->spec;
    json_t *o = json_object();
    bool ok = o != NULL && acgp_json_put_text(o, ACGP_KEY_TAG, r->parts->operation_key);

    for (size_t i = 0; ok && i < spec->tag_count; i++)
        ok = acgp_json_put_text(o, spec->tags[i].name, spec->tags[i].value);
    return keep(o, ok);
}

enum acg_status acgp_version_body(const struct acgp_publish_spec *spec, const char *location,
                                  const struct acgp_coverage *coverage, const struct acgp_body_parts *parts,
                                  char **out, struct acg_error *err)
{
    static const struct acgp_body_parts all = {0};
    struct render r = {spec, coverage, parts ? parts : &all};
    json_t *o = json_object();
    bool ok = acgp_json_put_text(o, "location", location) && acgp_json_put_object(o, "tags", tags(&r)) &&
              acgp_json_put(o, "properties", properties(&r)) &&
              (r.parts->there == NULL || acgp_version_merge(o, r.parts->there, coverage));
    char *text = ok ? acgp_json_dump(o, BODY_MAX) : NULL;

    json_decref(o);
    if (text == NULL)
        return acgp_fail_nomem(err);
    *out = text;
    return ACG_OK;
}
