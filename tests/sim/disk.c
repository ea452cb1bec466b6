/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/arm.h"
#include "sim/jsonx.h"
#include "sim/regions.h"
#include "sim/text.h"
#include "sim/use.h"

#include <stdlib.h>
#include <string.h>

/* The disk provider: disk encryption sets, disks, snapshots. Every write is answered 202 (recorded; az takes
 * a 201 for an error) with both Azure-AsyncOperation and Location, polled under DiskOperations. */

static void accept(struct sim_call *c, struct sim_resource *r, const char *speed)
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

/* Key URL with its version: https://vault/keys/name/version. */
static bool full_key_url(const char *url)
{
    if (!url || !sim_starts(url, "https://"))
        return false;
    const char *at = strstr(url, "/keys/");
    const char *version = at ? strchr(at + 6, '/') : NULL;
    return version && version > at + 6 && version[1] && !strchr(version + 1, '/');
}

static bool check_des(struct sim_call *c)
{
    static const char *const types[] = {"EncryptionAtRestWithCustomerKey",
                                        "EncryptionAtRestWithPlatformAndCustomerKeys",
                                        "ConfidentialVmEncryptedWithCustomerKey"};
    const json_t *body = c->req->json;
    const char *type = sim_text_at(body, "properties.encryptionType");
    bool known = !type;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        known = known || sim_same(type, types[i]);
    if (!known) {
        sim_fail(c->reply, 400, "InvalidParameter",
                 "The value '%s' of parameter diskEncryptionSet.properties.encryptionType is invalid.", type);
        return false;
    }
    if (!full_key_url(sim_text_at(body, "properties.activeKey.keyUrl"))) {
        sim_fail(c->reply, 400, "InvalidParameter",
                 "The value of parameter diskEncryptionSet.properties.activeKey.keyUrl is invalid: a key URL "
                 "with its "
                 "version is expected.");
        return false;
    }
    return true;
}

/* The finished set: name, id, principal and encryption type appear only now (recorded). */
static json_t *des_body(const struct sim_call *c, const char *region)
{
    char principal[SIM_GUID_SIZE];
    const json_t *asked = c->req->json;
    json_t *body = sim_named_body(c->path);
    json_object_set_new(body, "location", json_string(region));
    if (json_object_size(json_object_get(asked, "tags"))) /* recorded: no empty tags on a set */
        sim_carry(body, asked, "tags");
    sim_carry(body, asked, "identity");
    json_t *identity = json_object_get(body, "identity");
    const char *kind = sim_text_at(identity, "type");
    if (kind && strstr(kind, "SystemAssigned")) {
        const json_t *tenant = json_array_get(sim_at(c->w->settings, "tokens.tenants"), 0);
        sim_guid(principal);
        json_object_set_new(identity, "principalId", json_string(principal));
        json_object_set_new(identity, "tenantId", json_deep_copy(tenant));
    }
    json_t *properties = json_object();
    sim_carry(properties, sim_at(asked, "properties"), "activeKey");
    json_object_set_new(properties, "encryptionType", json_string("EncryptionAtRestWithCustomerKey"));
    sim_carry(properties, sim_at(asked, "properties"), "encryptionType");
    sim_carry(properties, sim_at(asked, "properties"), "rotationToLatestKeyVersionEnabled");
    sim_carry(properties, sim_at(asked, "properties"), "federatedClientId");
    json_object_set_new(body, "properties", properties);
    sim_set_state(body, "Updating");
    return body;
}

void sim_des_put(struct sim_call *c)
{
    const char *region;
    struct sim_resource *have = sim_find(c->w, c->path);
    if (!sim_need_group(c) || !sim_need_body(c) || !sim_need_location(c, &region) ||
        !sim_need_same_place(c, have) || !check_des(c))
        return;
    struct sim_resource *r = sim_store_put(&c->w->store, c->path, des_body(c, region));
    json_t *answer = json_deep_copy(c->req->json);
    json_object_set_new(answer, "location", json_string(region));
    sim_set_state(answer, "Updating");
    sim_reply_json(c->reply, 202, answer);
    accept(c, r, "des_ms");
}

void sim_des_patch(struct sim_call *c)
{
    struct sim_resource *r = sim_find(c->w, c->path);
    if (!r) {
        sim_not_found(c);
        return;
    }
    if (!sim_need_body(c))
        return;
    if (sim_at(c->req->json, "properties.activeKey") && strcmp(c->api, "2019-11-01") < 0) {
        /* Recorded: the first api-version cannot change the key. */
        sim_fail(c->reply, 409, "OperationNotAllowed",
                 "Changing the key of a disk encryption set is not allowed.");
        return;
    }
    static const char *const parts[] = {"tags", "identity"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        sim_carry(r->body, c->req->json, parts[i]);
    sim_merge(sim_at(r->body, "properties"), sim_at(c->req->json, "properties"));
    sim_set_state(r->body, "Updating");
    sim_reply_json(c->reply, 202, json_deep_copy(r->body));
    accept(c, r, "des_ms");
}

/* R32, recorded on a disk PUT: the vault of the named set must be in the set's region. Decidable when the
 * scenario seeds the vault. */
static bool check_vault(struct sim_call *c)
{
    const char *des_id = sim_text_at(c->req->json, "properties.encryption.diskEncryptionSetId");
    struct sim_resource *des = des_id ? sim_find(c->w, des_id) : NULL;
    if (des_id && !des) {
        sim_fail(c->reply, 404, "NotFound", "Disk encryption set %s was not found.",
                 des_id); /* R2's case, own words */
        return false;
    }
    json_t *error = des ? sim_set_vault_error(c->w, des->body) : NULL;
    if (!error)
        return true;
    sim_fail(c->reply, 409, sim_text_at(error, "code"), "%s", sim_text_at(error, "message"));
    json_decref(error);
    return false;
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

static void complete(struct sim_call *c, json_t *properties, bool snapshot)
{
    char stamp[SIM_STAMP_SIZE], guid[SIM_GUID_SIZE];
    sim_stamp(sim_now(c->w), stamp);
    sim_guid(guid);
    if (!json_object_get(properties, "encryption"))
        json_object_set_new(properties, "encryption",
                            json_pack("{s:s}", "type", "EncryptionAtRestWithPlatformKey"));
    else if (!sim_text_at(properties, "encryption.type"))
        json_object_set_new(sim_at(properties, "encryption"), "type",
                            json_string("EncryptionAtRestWithCustomerKey"));
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
        !sim_need_same_place(c, have) || !check_vault(c))
        return;
    json_t *body = sim_named_body(c->path);
    json_object_set_new(body, "location", json_string(region));
    sim_carry(body, c->req->json, "tags");
    sim_carry(body, c->req->json, "sku");
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
    accept(c, r, "disk_ms");
}

void sim_disk_put(struct sim_call *c)
{
    put_disk(c, false);
}

void sim_snapshot_put(struct sim_call *c)
{
    put_disk(c, true);
}

void sim_disk_delete(struct sim_call *c)
{
    sim_delete_through(c, "DiskOperations", c->api, "disk_ms");
}
