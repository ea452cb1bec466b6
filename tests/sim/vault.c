/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/jsonx.h"
#include "sim/setup.h"
#include "sim/text.h"

#include <stdlib.h>
#include <string.h>

/* Key vaults through the Resource Manager: PUT 200 without an operation, RegisteringDns for a while
 * (recorded). Texts of the refusals are those of public reports where not marked as a guess. */

static const char type_name[] = "Microsoft.KeyVault/vaults";

struct sim_resource *sim_vault_named(const struct sim_world *w, const char *name)
{
    for (struct sim_resource *r = w->store.first; r; r = r->next)
        if (sim_same(r->type, type_name) && sim_same(sim_text_at(r->body, "name"), name))
            return r;
    return NULL;
}

static bool bad_request(struct sim_call *c, const char *text)
{
    sim_fail(c->reply, 400, "BadRequest", "%s", text);
    return false;
}

static bool letter(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
}

static bool check_name(struct sim_call *c)
{
    const char *name = sim_id_name(&c->id);
    size_t n = strlen(name);
    bool ok = n >= 3 && n <= 24 && letter(name[0]) && name[n - 1] != '-' && !strstr(name, "--");
    for (size_t i = 0; ok && i < n; i++)
        ok = letter(name[i]) || (name[i] >= '0' && name[i] <= '9') || name[i] == '-';
    if (!ok)
        sim_fail(
            c->reply, 400, "VaultNameNotValid",
            "The vault name '%s' is invalid. A vault's name must be between 3-24 alphanumeric characters. "
            "The "
            "name must begin with a letter, end with a letter or digit, and not contain consecutive hyphens. "
            "Follow this link for more information: https://go.microsoft.com/fwlink/?linkid=2147742",
            name);
    return ok;
}

static struct sim_resource *deleted_named(const struct sim_world *w, const char *name)
{
    for (struct sim_resource *r = w->store.first; r; r = r->next)
        if (sim_same(r->type, "Microsoft.KeyVault/locations/deletedVaults") &&
            sim_same(sim_text_at(r->body, "name"), name))
            return r;
    return NULL;
}

/* Vault names are global: taken by a vault elsewhere, or by one that was deleted and not purged. */
static bool name_free(struct sim_call *c, const char *region)
{
    const char *name = sim_id_name(&c->id);
    const struct sim_resource *deleted = deleted_named(c->w, name);
    if (!sim_vault_named(c->w, name) && !deleted)
        return true;
    if (deleted && sim_same(sim_text_at(deleted->body, "properties.vaultId"), c->path) &&
        sim_same(sim_text_at(deleted->body, "properties.location"), region))
        sim_fail(
            c->reply, 409, "ConflictError",
            "A vault with the same name already exists in deleted state. You need to either recover or purge "
            "existing key vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more "
            "information on soft delete.");
    else
        sim_fail(c->reply, 409, "VaultAlreadyExists",
                 "The vault name '%s' is already in use. Vault names are globally unique so it is possible "
                 "that the "
                 "name is already taken. If you are sure that the vault name was not taken then it is "
                 "possible that "
                 "a vault with the same name was recently deleted but not purged after being placed in a "
                 "recoverable "
                 "state. If the vault is in a recoverable state then the vault will need to be purged before "
                 "reusing "
                 "the name. For more information on soft delete and purging a vault follow this link "
                 "https://go.microsoft.com/fwlink/?linkid=2147740.",
                 name);
    return false;
}

/* What a vault cannot do without (texts are guesses). */
static bool need_parts(struct sim_call *c, const json_t *asked)
{
    const char *sku = sim_text_at(asked, "sku.name");
    const json_t *policies = json_object_get(asked, "accessPolicies");
    if (!sim_text_at(asked, "tenantId"))
        return bad_request(c, "The parameter tenantId is not specified.");
    if (!sim_same(sim_text_at(asked, "sku.family"), "A") ||
        (!sim_same(sku, "standard") && !sim_same(sku, "premium")))
        return bad_request(
            c, "The parameter sku is invalid: family A and the name standard or premium are expected.");
    if (!sim_true_at(asked, "enableRbacAuthorization") && !json_is_array(policies))
        return bad_request(c, "The parameter accessPolicies is not specified.");
    return true;
}

/* Protection goes one way only. now: the properties of the vault as it is, NULL for a new one. */
static bool protection_stays(struct sim_call *c, const json_t *asked, const json_t *now)
{
    int64_t had = sim_int_at(now, "softDeleteRetentionInDays", 0);
    int64_t days = sim_int_at(asked, "softDeleteRetentionInDays", had ? had : 90);
    if (json_is_false(json_object_get(asked, "enablePurgeProtection")))
        return bad_request(
            c, "The property \"enablePurgeProtection\" cannot be set to false. Enabling the purge "
               "protection for a vault is an irreversible action.");
    if (json_is_false(json_object_get(asked, "enableSoftDelete")))
        return bad_request(
            c, "The property \"enableSoftDelete\" can be set to false only for creating new vault. "
               "Enabling the 'soft delete' functionality is an irreversible action.");
    if (days < 7 || days > 90)
        return bad_request(
            c, "The property \"softDeleteRetentionInDays\" is invalid: it must be between 7 and 90.");
    if (had && days != had)
        return bad_request(
            c, "The property \"softDeleteRetentionInDays\" has been set already and it can't be modified.");
    return true;
}

static json_t *system_data(struct sim_call *c, const struct sim_resource *have)
{
    char stamp[SIM_STAMP_SIZE];
    sim_stamp(sim_now(c->w), stamp);
    json_t *out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "createdBy", "sp", "createdByType",
                            "Application", "createdAt", stamp, "lastModifiedBy", "sp", "lastModifiedByType",
                            "Application", "lastModifiedAt", stamp);
    sim_carry(out, have ? json_object_get(have->body, "systemData") : NULL, "createdAt");
    return out;
}

/* In the service's order, with its defaults (recorded). */
static json_t *properties_of(struct sim_call *c, const json_t *asked, const json_t *now)
{
    static const char *const carried[] = {"sku",
                                          "tenantId",
                                          "networkAcls",
                                          "accessPolicies",
                                          "enabledForDeployment",
                                          "enabledForDiskEncryption",
                                          "enabledForTemplateDeployment",
                                          "enableSoftDelete",
                                          "softDeleteRetentionInDays",
                                          "enableRbacAuthorization",
                                          "enablePurgeProtection"};
    json_t *out =
        json_pack("{s:n, s:n, s:[], s:b, s:b, s:i}", "sku", "tenantId", "accessPolicies",
                  "enabledForDeployment", 0, "enableSoftDelete", 1, "softDeleteRetentionInDays", 90);
    for (size_t i = 0; i < sizeof carried / sizeof carried[0]; i++)
        sim_carry(out, asked, carried[i]);
    sim_carry(out, now, "softDeleteRetentionInDays");
    if (sim_true_at(now, "enablePurgeProtection"))
        json_object_set_new(out, "enablePurgeProtection", json_true());
    /* Recorded: rules that let everybody in are not shown. */
    if (!sim_same(sim_text_at(out, "networkAcls.defaultAction"), "Deny"))
        json_object_del(out, "networkAcls");
    char *url = sim_format("https://%s.vault.azure.net/", sim_id_name(&c->id));
    json_object_set_new(out, "vaultUri", json_string(url));
    json_object_set_new(out, "provisioningState", json_string(now ? "Succeeded" : "RegisteringDns"));
    json_object_set_new(out, "publicNetworkAccess", json_string("Enabled"));
    sim_carry(out, asked, "publicNetworkAccess");
    free(url);
    return out;
}

static void store(struct sim_call *c, struct sim_resource *have, const char *region, const json_t *asked)
{
    const json_t *now = have ? json_object_get(have->body, "properties") : NULL;
    json_t *body = json_pack("{s:s, s:s, s:s, s:s, s:{}}", "id", c->path, "name", sim_id_name(&c->id), "type",
                             type_name, "location", region, "tags");
    sim_carry(body, c->req->json, "tags");
    json_object_set_new(body, "systemData", system_data(c, have));
    json_object_set_new(body, "properties", properties_of(c, asked, now));
    bool fresh = !have;
    struct sim_resource *r = sim_store_put(&c->w->store, c->path, body);
    sim_reply_json(c->reply, 200, json_deep_copy(body));
    if (!fresh)
        return;
    sim_schedule(c->w, r, SIM_WILL_FINISH, sim_speed(c->w, "vault_ms"));
    /* Recorded: the first answer's address has no slash at its end. */
    char *url = sim_format("https://%s.vault.azure.net", sim_id_name(&c->id));
    json_object_set_new(json_object_get(c->reply->body, "properties"), "vaultUri", json_string(url));
    free(url);
}

/* createMode recover: a deleted vault comes back as it was, with its keys. */
static void recover(struct sim_call *c)
{
    struct sim_resource *deleted = deleted_named(c->w, sim_id_name(&c->id));
    size_t i;
    json_t *each;
    if (!deleted || !sim_same(sim_text_at(deleted->body, "properties.vaultId"), c->path)) {
        sim_fail(c->reply, 404, "DeletedVaultNotFound", "The specified deleted vault '%s' does not exist.",
                 sim_id_name(&c->id));
        return;
    }
    json_array_foreach(deleted->before, i, each)
    {
        sim_store_put(&c->w->store, sim_text_at(each, "id"), json_incref(each));
    }
    sim_store_remove(&c->w->store, deleted);
    sim_reply_json(c->reply, 200, json_deep_copy(sim_find(c->w, c->path)->body));
}

void sim_vault_put(struct sim_call *c)
{
    const char *region;
    struct sim_resource *have = sim_find(c->w, c->path);
    if (!sim_need_group(c) || !sim_need_body(c) || !check_name(c) || !sim_need_location(c, &region) ||
        !sim_need_same_place(c, have))
        return;
    const json_t *asked = sim_at(c->req->json, "properties");
    if (!have && sim_same(sim_text_at(asked, "createMode"), "recover")) {
        recover(c);
        return;
    }
    const json_t *now = have ? sim_at(have->body, "properties") : NULL;
    if ((have || name_free(c, region)) && need_parts(c, asked) && protection_stays(c, asked, now))
        store(c, have, region, asked);
}

void sim_vault_patch(struct sim_call *c)
{
    struct sim_resource *have = sim_find(c->w, c->path);
    if (!have) {
        sim_not_found(c);
        return;
    }
    if (!sim_need_body(c) ||
        !protection_stays(c, sim_at(c->req->json, "properties"), sim_at(have->body, "properties")))
        return;
    sim_carry(have->body, c->req->json, "tags");
    sim_merge(json_object_get(have->body, "properties"), json_object_get(c->req->json, "properties"));
    sim_reply_json(c->reply, 200, json_deep_copy(have->body));
}

void sim_vault_gone(struct sim_world *w, struct sim_resource *vault)
{
    const char *id = sim_text_at(vault->body, "id"), *region = sim_text_at(vault->body, "location");
    const char *name = sim_text_at(vault->body, "name");
    char stamp[SIM_STAMP_SIZE];
    struct sim_id parsed;
    sim_id_parse(id, &parsed);
    char *place = sim_format("/subscriptions/%s/providers/Microsoft.KeyVault/locations/%s/deletedVaults/%s",
                             parsed.subscription, region, name);
    sim_id_done(&parsed);
    sim_stamp(w->now_ms, stamp);
    json_t *record = json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:s}}", "id", place, "name", name, "type",
                               "Microsoft.KeyVault/locations/deletedVaults", "properties", "vaultId", id,
                               "location", region, "deletionDate", stamp);
    if (sim_true_at(vault->body, "properties.enablePurgeProtection"))
        json_object_set_new(json_object_get(record, "properties"), "purgeProtectionEnabled", json_true());
    json_t *kept = json_pack("[O]", vault->body);
    struct sim_resource *next;
    for (struct sim_resource *r = w->store.first; r; r = next) {
        next = r->next;
        if (!sim_resource_below(r, vault->key))
            continue;
        if (sim_same(r->type, "Microsoft.KeyVault/vaults/keys"))
            json_array_append(kept, r->body);
        sim_store_remove(&w->store, r);
    }
    sim_store_remove(&w->store, vault);
    sim_store_put(&w->store, place, record)->before = kept;
    free(place);
}

/* At once, without an operation (specification). */
void sim_vault_delete(struct sim_call *c)
{
    struct sim_resource *have = sim_find(c->w, c->path);
    if (have)
        sim_vault_gone(c->w, have);
    sim_reply_empty(c->reply, have ? 200 : 204);
}

void sim_list_deleted_vaults(struct sim_call *c)
{
    json_t *value = json_array();
    for (const struct sim_resource *r = c->w->store.first; r; r = r->next)
        if (sim_same(r->type, "Microsoft.KeyVault/locations/deletedVaults") && sim_resource_below(r, c->path))
            json_array_append_new(value, json_deep_copy(r->body));
    sim_reply_json(c->reply, 200, json_pack("{s:o}", "value", value));
}

static void name_availability(struct sim_call *c)
{
    const char *name = sim_text_at(c->req->json, "name");
    bool taken = name && (sim_vault_named(c->w, name) || deleted_named(c->w, name));
    json_t *out = json_pack("{s:b}", "nameAvailable", !taken);
    if (taken) {
        char *text = sim_format("The name '%s' is already in use.", name);
        json_object_set_new(out, "reason", json_string("AlreadyExists"));
        json_object_set_new(out, "message", json_string(text));
        free(text);
    }
    sim_reply_json(c->reply, 200, out);
}

/* A protected vault stays until its days are over (text is a guess). */
static void purge(struct sim_call *c, struct sim_resource *deleted)
{
    if (sim_true_at(deleted->body, "properties.purgeProtectionEnabled")) {
        sim_fail(c->reply, 409, "OperationNotAllowed",
                 "Operation 'DeletedVaultPurge' is not allowed: the vault is protected against purge.");
        return;
    }
    sim_store_remove(&c->w->store, deleted);
    sim_accept_operation(c, &(struct sim_accept){.status = 202,
                                                 .kind = "operationResults",
                                                 .api = c->api,
                                                 .location = c->id.names[0],
                                                 .location_header = true});
    sim_reply_header(c->reply, "Azure-AsyncOperation", NULL);
}

bool sim_vault_answer(struct sim_call *c)
{
    const struct sim_id *id = &c->id;
    if (!sim_same(id->provider, "Microsoft.KeyVault") || id->group)
        return false;
    if (!id->depth && sim_same(id->tail, "checkNameAvailability") && strcmp(c->req->method, "POST") == 0) {
        name_availability(c);
        return true;
    }
    if (id->depth != 2 || !sim_same(id->types[1], "deletedVaults") || !sim_same(id->tail, "purge") ||
        strcmp(c->req->method, "POST") != 0)
        return false;
    struct sim_resource *deleted = sim_find(c->w, c->path);
    if (deleted)
        purge(c, deleted);
    else
        sim_not_found(c);
    return true;
}
