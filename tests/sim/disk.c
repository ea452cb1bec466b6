/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/arm.h"
#include "sim/jsonx.h"
#include "sim/setup.h"
#include "sim/text.h"

#include <stdlib.h>
#include <string.h>

/* The disk provider: disks and snapshots (sets: set.c). Every write is answered 202 (recorded; az takes
 * a 201 for an error) with both Azure-AsyncOperation and Location, polled under DiskOperations. */

void sim_disk_accept(struct sim_call *c, struct sim_resource *r, const char *speed)
{
    int64_t length_ms = sim_speed(c->w, speed);
    sim_schedule(c->w, r, SIM_WILL_FINISH, length_ms);
    sim_accept_operation(c, &(struct sim_accept){.status = 202,
                                                 .kind = "DiskOperations",
                                                 .api = c->api,
                                                 .location = sim_text_at(r->body, "location"),
                                                 .length_ms = length_ms,
                                                 .output_id = c->path,
                                                 .location_header = true});
}

/* A set for confidential machines is none for the disk itself, and the other way round. The beginning of the
 * text is reported. */
static bool kind_fits(struct sim_call *c, const char *set, bool secure)
{
    const char *type = sim_text_at(sim_find(c->w, set)->body, "properties.encryptionType");
    bool confidential = sim_same(type, "ConfidentialVmEncryptedWithCustomerKey");
    if (confidential == secure || !sim_rule_on(c->w, "keys"))
        return true;
    sim_fail(c->reply, 400, "InvalidParameter",
             "The type of the Disk Encryption Set in the request is %s, which cannot be used %s.", type,
             secure ? "for a confidential OS disk" : "for server-side encryption of a disk");
    return false;
}

/* The set that a disk names is tried now, at its first use. */
static bool check_set(struct sim_call *c, const char *region)
{
    const char *set = sim_text_at(c->req->json, "properties.encryption.diskEncryptionSetId");
    const char *secure = sim_text_at(c->req->json, "properties.securityProfile.secureVMDiskEncryptionSetId");
    return (!set || (sim_need_usable_set(c, set, region) && kind_fits(c, set, false))) &&
           (!secure || (sim_need_usable_set(c, secure, region) && kind_fits(c, secure, true)));
}

/* Size and system of the source, when it copies one (recorded: a missing source is 404 NotFound). */
static bool copy_source(struct sim_call *c, json_t *properties)
{
    const char *source_id = sim_text_at(properties, "creationData.sourceResourceId");
    if (!source_id) {
        bool image = sim_same(sim_text_at(properties, "creationData.createOption"), "FromImage");
        const char *from = sim_text_at(properties, "creationData.imageReference.id");
        if (image && !json_object_get(properties, "osType"))
            json_object_set_new(properties, "osType",
                                json_string(from && sim_glob("*windows*", from) ? "Windows" : "Linux"));
        if (image && !json_object_get(properties, "diskSizeGB"))
            json_object_set_new(properties, "diskSizeGB", json_integer(30));
        return true;
    }
    const struct sim_resource *source = sim_find(c->w, source_id);
    if (!source) {
        sim_fail(c->reply, 404, "NotFound", "Resource %s is not found.", source_id);
        return false;
    }
    const json_t *from = sim_at(source->body, "properties");
    static const char *const inherited[] = {
        "osType",     "hyperVGeneration", "diskSizeGB",           "securityProfile",
        "encryption", "purchasePlan",     "supportedCapabilities"};
    for (size_t i = 0; i < sizeof inherited / sizeof inherited[0]; i++)
        if (!json_object_get(properties, inherited[i]))
            sim_carry(properties, from, inherited[i]);
    const json_t *unique = json_object_get(from, "uniqueId");
    if (unique) /* recorded */
        json_object_set_new(sim_at(properties, "creationData"), "sourceUniqueId", json_deep_copy(unique));
    return true;
}

/* What a disk with a set says of its encryption: the set's own type decides (azure-arm.md, 1.3). */
static void name_encryption(struct sim_call *c, json_t *properties)
{
    json_t *encryption = json_object_get(properties, "encryption");
    const char *id = sim_text_at(encryption, "diskEncryptionSetId");
    const struct sim_resource *set = id ? sim_find(c->w, id) : NULL;
    const char *type = set ? sim_text_at(set->body, "properties.encryptionType") : NULL;
    if (!encryption)
        json_object_set_new(properties, "encryption",
                            json_pack("{s:s}", "type", "EncryptionAtRestWithPlatformKey"));
    else if (!sim_text_at(encryption, "type"))
        json_object_set_new(encryption, "type", json_string(type ? type : "EncryptionAtRestWithCustomerKey"));
}

static void complete(struct sim_call *c, json_t *properties, bool snapshot)
{
    char stamp[SIM_STAMP_SIZE], guid[SIM_GUID_SIZE];
    sim_stamp(sim_now(c->w), stamp);
    sim_guid(guid);
    name_encryption(c, properties);
    if (snapshot && !json_object_get(properties, "incremental"))
        json_object_set_new(properties, "incremental", json_false());
    json_object_set_new(properties, "networkAccessPolicy", json_string("AllowAll"));
    json_object_set_new(properties, "publicNetworkAccess", json_string("Enabled"));
    json_object_set_new(properties, "timeCreated", json_string(stamp));
    json_object_set_new(properties, "provisioningState", json_string("Updating"));
    json_object_set_new(properties, "diskState", json_string("Unattached"));
    json_object_set_new(properties, "diskSizeBytes",
                        json_integer(sim_int_at(properties, "diskSizeGB", 30) * 1073741824));
    json_object_set_new(properties, "uniqueId", json_string(guid));
}

static void put_disk(struct sim_call *c, bool snapshot)
{
    const char *region;
    struct sim_resource *have = sim_find(c->w, c->path);
    if (!sim_need_group(c) || !sim_need_body(c) || !sim_need_location(c, &region) ||
        !sim_need_same_place(c, have) || !check_set(c, region))
        return;
    json_t *body = sim_named_body(c->path);
    json_object_set_new(body, "location", json_string(region));
    sim_carry(body, c->req->json, "tags");
    sim_carry(body, c->req->json, "sku");
    sim_carry(body, c->req->json, "zones");
    json_t *properties = json_deep_copy(sim_at(c->req->json, "properties"));
    json_object_set_new(body, "properties", properties ? properties : json_object());
    json_t *answer = json_deep_copy(body);
    sim_set_state(answer, "Updating");
    if (!copy_source(c, sim_at(body, "properties"))) {
        json_decref(body);
        json_decref(answer);
        return;
    }
    complete(c, sim_at(body, "properties"), snapshot);
    if (!json_object_get(body, "sku")) /* azure-arm.md, 6.2: what a snapshot can be */
        json_object_set_new(body, "sku", json_pack("{s:s, s:s}", "name", "Standard_LRS", "tier", "Standard"));
    struct sim_resource *r = sim_store_put(&c->w->store, c->path, body);
    sim_reply_json(c->reply, 202, answer);
    sim_disk_accept(c, r, "disk_ms");
}

void sim_disk_put(struct sim_call *c)
{
    put_disk(c, false);
}

void sim_snapshot_put(struct sim_call *c)
{
    put_disk(c, true);
}

/* Text and code of public reports; a snapshot is attached to nothing. */
void sim_disk_delete(struct sim_call *c)
{
    const struct sim_resource *r = sim_find(c->w, c->path);
    const char *machine = r ? sim_text_at(r->body, "managedBy") : NULL;
    if (machine && sim_find(c->w, machine))
        sim_fail(c->reply, 409, "OperationNotAllowed", "Disk %s is attached to VM %s.", sim_id_name(&c->id),
                 machine);
    else
        sim_delete_through(c, "DiskOperations", c->api, "disk_ms");
}
