/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/arm.h"
#include "sim/jsonx.h"
#include "sim/setup.h"
#include "sim/text.h"

#include <stdlib.h>
#include <string.h>

/* Disk encryption sets: PUT and PATCH 202, as the disk provider's other writes. A set is made without a look
 * at its key: whether it works shows at its first use (set_use.c). */

/* Key URL with its version: https://vault/keys/name/version. */
static bool full_key_url(const char *url)
{
    if (!url || !sim_starts(url, "https://"))
        return false;
    const char *at = strstr(url, "/keys/");
    const char *version = at ? strchr(at + 6, '/') : NULL;
    return version && version > at + 6 && version[1] && !strchr(version + 1, '/');
}

static bool known_type(struct sim_call *c)
{
    static const char *const types[] = {"EncryptionAtRestWithCustomerKey",
                                        "EncryptionAtRestWithPlatformAndCustomerKeys",
                                        "ConfidentialVmEncryptedWithCustomerKey"};
    const char *type = sim_text_at(c->req->json, "properties.encryptionType");
    for (size_t i = 0; type && i < sizeof types / sizeof types[0]; i++)
        if (sim_same(type, types[i]))
            return true;
    if (type)
        sim_fail(c->reply, 400, "InvalidParameter",
                 "The value '%s' of parameter diskEncryptionSet.properties.encryptionType is invalid.", type);
    return !type;
}

/* Text of public reports, in part; the status is a guess. */
static bool may_rotate(struct sim_call *c, const struct sim_resource *have)
{
    static const char confidential[] = "ConfidentialVmEncryptedWithCustomerKey";
    const char *type = sim_text_at(c->req->json, "properties.encryptionType");
    if (!type)
        type = have ? sim_text_at(have->body, "properties.encryptionType") : NULL;
    if (!sim_same(type, confidential) ||
        !sim_true_at(c->req->json, "properties.rotationToLatestKeyVersionEnabled"))
        return true;
    sim_fail(c->reply, 400, "InvalidParameter",
             "Auto-key rotation for DiskEncryptionSet with EncryptionType '%s' is not supported.",
             confidential);
    return false;
}

static bool known_key(struct sim_call *c)
{
    if (full_key_url(sim_text_at(c->req->json, "properties.activeKey.keyUrl")))
        return true;
    sim_fail(
        c->reply, 400, "InvalidParameter",
        "The value of parameter diskEncryptionSet.properties.activeKey.keyUrl is invalid: a key URL with "
        "its version is expected.");
    return false;
}

/* Recorded: the first api-version cannot change the key. */
static bool may_change_key(struct sim_call *c, const struct sim_resource *have)
{
    const char *asked = sim_text_at(c->req->json, "properties.activeKey.keyUrl");
    const char *now = have ? sim_text_at(have->body, "properties.activeKey.keyUrl") : NULL;
    if (!now || !asked || sim_same(now, asked) || strcmp(c->api, "2019-11-01") >= 0)
        return true;
    sim_fail(c->reply, 409, "OperationNotAllowed",
             "Changing the key of a disk encryption set is not allowed.");
    return false;
}

/* The code is the compute provider's for what cannot change; that it says so here is a guess. */
static bool may_change_type(struct sim_call *c, const struct sim_resource *have)
{
    const char *asked = sim_text_at(c->req->json, "properties.encryptionType");
    const char *now = have ? sim_text_at(have->body, "properties.encryptionType") : NULL;
    if (!now || !asked || sim_same(now, asked))
        return true;
    sim_fail(c->reply, 409, "PropertyChangeNotAllowed", "Changing property 'encryptionType' is not allowed.");
    sim_fail_target(c->reply, "encryptionType");
    return false;
}

/* A user-assigned identity that nobody seeded has a principal all the same (recorded: both ids are shown). */
static json_t *user_identity(const struct sim_call *c, const char *id)
{
    char principal[SIM_GUID_SIZE], client[SIM_GUID_SIZE];
    const struct sim_resource *seed = sim_find(c->w, id);
    sim_guid(principal);
    sim_guid(client);
    json_t *out = json_pack("{s:s, s:s}", "principalId", principal, "clientId", client);
    sim_carry(out, seed ? sim_at(seed->body, "properties") : NULL, "principalId");
    sim_carry(out, seed ? sim_at(seed->body, "properties") : NULL, "clientId");
    return out;
}

/* What of the identity is the service's own. An identity that stays keeps its principal (recorded). */
static void complete_identity(struct sim_call *c, struct sim_resource *r, const json_t *before)
{
    json_t *identity = json_object_get(r->body, "identity");
    const char *kind = sim_text_at(identity, "type"), *name;
    json_t *each;
    void *next;
    if (sim_same(kind, "None")) /* recorded: no identity is shown any more */
        json_object_del(r->body, "identity");
    else if (kind && strstr(kind, "SystemAssigned")) {
        char principal[SIM_GUID_SIZE];
        sim_guid(principal);
        json_object_set_new(identity, "principalId", json_string(principal));
        json_object_set(identity, "tenantId", json_array_get(sim_at(c->w->settings, "tokens.tenants"), 0));
        sim_carry(identity, before, "principalId");
        if (!json_object_get(before, "principalId"))
            r->effective_ms = sim_now(c->w) + sim_speed(c->w, "identity_ms");
    }
    json_object_foreach_safe(json_object_get(identity, "userAssignedIdentities"), next, name, each)
    {
        const json_t *known = json_object_get(json_object_get(before, "userAssignedIdentities"), name);
        json_object_set_new(json_object_get(identity, "userAssignedIdentities"), name,
                            known ? json_deep_copy(known) : user_identity(c, name));
    }
}

/* The finished set: name, id, principal and encryption type appear only now (recorded). */
static json_t *set_body(const struct sim_call *c, const char *region)
{
    static const char *const parts[] = {"activeKey", "encryptionType", "rotationToLatestKeyVersionEnabled",
                                        "federatedClientId"};
    const json_t *asked = c->req->json;
    json_t *body = sim_named_body(c->path);
    json_object_set_new(body, "location", json_string(region));
    if (json_object_size(json_object_get(asked, "tags"))) /* recorded: no empty tags on a set */
        sim_carry(body, asked, "tags");
    sim_carry(body, asked, "identity");
    json_t *properties =
        json_pack("{s:n, s:s}", "activeKey", "encryptionType", "EncryptionAtRestWithCustomerKey");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        sim_carry(properties, sim_at(asked, "properties"), parts[i]);
    if (sim_same(sim_text_at(properties, "federatedClientId"), "None")) /* recorded: the word takes it away */
        json_object_del(properties, "federatedClientId");
    json_object_set_new(body, "properties", properties);
    sim_set_state(body, "Updating");
    return body;
}

static void note_rotation(struct sim_call *c, json_t *body, const char *key_before)
{
    char stamp[SIM_STAMP_SIZE];
    if (!key_before || sim_same(key_before, sim_text_at(body, "properties.activeKey.keyUrl")))
        return;
    sim_stamp(sim_now(c->w), stamp);
    json_object_set_new(json_object_get(body, "properties"), "lastKeyRotationTimestamp", json_string(stamp));
}

void sim_des_put(struct sim_call *c)
{
    const char *region;
    struct sim_resource *have = sim_find(c->w, c->path);
    if (!sim_need_group(c) || !sim_need_body(c) || !sim_need_location(c, &region) ||
        !sim_need_same_place(c, have) || !known_type(c) || !known_key(c) || !may_rotate(c, have) ||
        !may_change_type(c, have) || !may_change_key(c, have))
        return;
    json_t *before = have ? json_incref(have->body) : NULL;
    json_t *body = set_body(c, region);
    note_rotation(c, body, sim_text_at(before, "properties.activeKey.keyUrl"));
    struct sim_resource *r = sim_store_put(&c->w->store, c->path, body);
    complete_identity(c, r, json_object_get(before, "identity"));
    json_t *answer = json_deep_copy(c->req->json);
    json_object_set_new(answer, "location", json_string(region));
    sim_set_state(answer, "Updating");
    sim_reply_json(c->reply, 202, answer);
    sim_disk_accept(c, r, "des_ms");
    json_decref(before);
}

/* Recorded: the answer shows the set with its identity from before. */
void sim_des_patch(struct sim_call *c)
{
    struct sim_resource *r = sim_find(c->w, c->path);
    if (!r) {
        sim_not_found(c);
        return;
    }
    if (!sim_need_body(c) || !known_type(c) || !may_rotate(c, r) || !may_change_type(c, r) ||
        !may_change_key(c, r) || (sim_at(c->req->json, "properties.activeKey") && !known_key(c)))
        return;
    json_t *before = json_deep_copy(r->body), *answer = json_deep_copy(r->body);
    sim_carry(r->body, c->req->json, "tags");
    sim_carry(r->body, c->req->json, "identity");
    if (sim_at(c->req->json, "identity"))
        complete_identity(c, r, json_object_get(before, "identity"));
    sim_merge(sim_at(r->body, "properties"), sim_at(c->req->json, "properties"));
    note_rotation(c, r->body, sim_text_at(before, "properties.activeKey.keyUrl"));
    sim_set_state(r->body, "Updating");
    sim_merge(json_object_get(answer, "properties"), json_object_get(r->body, "properties"));
    sim_reply_json(c->reply, 202, answer);
    sim_disk_accept(c, r, "des_ms");
    json_decref(before);
}

static bool uses(const struct sim_resource *r, const char *set)
{
    return sim_same(sim_text_at(r->body, "properties.encryption.diskEncryptionSetId"), set) ||
           sim_same(sim_text_at(r->body, "properties.securityProfile.secureVMDiskEncryptionSetId"), set);
}

/* Disks and snapshots that use the set, as ids. Machines and image versions are not in the list (a guess: the
 * published example has disks and snapshots only). */
static json_t *associated(const struct sim_call *c)
{
    json_t *value = json_array();
    for (const struct sim_resource *r = c->w->store.first; r; r = r->next)
        if (uses(r, c->path))
            json_array_append(value, json_object_get(r->body, "id"));
    return value;
}

void sim_des_associated(struct sim_call *c)
{
    if (!sim_find(c->w, c->path))
        sim_not_found(c);
    else
        sim_reply_json(c->reply, 200, json_pack("{s:o}", "value", associated(c)));
}

/* Code and text are a guess. */
void sim_des_delete(struct sim_call *c)
{
    json_t *users = associated(c);
    if (json_array_size(users) && sim_rule_on(c->w, "keys"))
        sim_fail(c->reply, 409, "OperationNotAllowed",
                 "Disk encryption set '%s' cannot be deleted: it is used by %zu resources, such as %s.",
                 sim_id_name(&c->id), json_array_size(users), json_string_value(json_array_get(users, 0)));
    else
        sim_delete_through(c, "DiskOperations", c->api, "disk_ms");
    json_decref(users);
}
