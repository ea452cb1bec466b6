/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/use.h"

#include "sim/id.h"
#include "sim/jsonx.h"
#include "sim/regions.h"
#include "sim/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A disk encryption set can be Succeeded and useless: the service tries its key at the first use only. What
 * the scenario does not hold (vault, key, rights) is taken to be in order. */

struct chain {
    const struct sim_world *w;
    const json_t *set;
    const char *name;          /* of the set */
    const char *key_url;       /* "" when it has none */
    const json_t *vault, *key; /* bodies; NULL when not stored */
};

static json_t *error(const char *code, char *message)
{
    json_t *out = json_pack("{s:s, s:s}", "code", code, "message", message);
    free(message);
    return out;
}

/* A set whose vault is in another subscription names no sourceVault: then the key URL's host tells. */
static const json_t *vault_of(const struct sim_world *w, const json_t *set, const char *key_url)
{
    const char *id = sim_text_at(set, "properties.activeKey.sourceVault.id");
    const struct sim_resource *found = id ? sim_find(w, id) : NULL;
    if (id || !sim_starts(key_url, "https://"))
        return found ? found->body : NULL;
    char *name = sim_copy_n(key_url + 8, strcspn(key_url + 8, "./:"));
    for (const struct sim_resource *r = w->store.first; r && !found; r = r->next)
        if (sim_same(r->type, "Microsoft.KeyVault/vaults") && sim_same(sim_text_at(r->body, "name"), name))
            found = r;
    free(name);
    return found ? found->body : NULL;
}

static const json_t *key_of(const struct sim_world *w, const json_t *vault, const char *key_url)
{
    const char *at = strstr(key_url, "/keys/"), *vault_id = sim_text_at(vault, "id");
    if (!at || !vault_id)
        return NULL;
    at += strlen("/keys/");
    char *id = sim_format("%s/keys/%.*s", vault_id, (int)strcspn(at, "/"), at);
    const struct sim_resource *r = sim_find(w, id);
    free(id);
    return r ? r->body : NULL;
}

static struct chain chain_of(const struct sim_world *w, const json_t *set)
{
    const char *url = sim_text_at(set, "properties.activeKey.keyUrl"), *name = sim_text_at(set, "name");
    struct chain c = {.w = w, .set = set, .name = name ? name : "", .key_url = url ? url : ""};
    c.vault = vault_of(w, set, c.key_url);
    c.key = key_of(w, c.vault, c.key_url);
    return c;
}

static json_t *state_error(const struct chain *c)
{
    const char *state = sim_text_at(c->set, "properties.provisioningState");
    if (!sim_same(state, "Failed"))
        return NULL;
    return error("DiskEncryptionSetNotReady",
                 sim_format("The disk encryption set '%s' is in state '%s'.", c->name, state));
}

static json_t *identity_error(const struct chain *c)
{
    const char *type = sim_text_at(c->set, "identity.type");
    if (type && !sim_same(type, "None"))
        return NULL;
    return error("DiskEncryptionSetIdentityMissing",
                 sim_format("The disk encryption set '%s' has no identity to reach key '%s' with.", c->name,
                            c->key_url));
}

static json_t *region_error(const struct chain *c)
{
    const char *where = sim_text_at(c->vault, "location"), *want = sim_text_at(c->set, "location");
    if (!where || sim_region_same(where, want) || !sim_rule_on(c->w, "R32"))
        return NULL;
    return error("KeyVaultAndDiskInDifferentRegions",
                 sim_format("The key vault '%s' is located in region '%s'. Key vault must be located in the "
                            "same region '%s' as the disk and disk encryption set.",
                            sim_text_at(c->vault, "name"), where, want));
}

/* A vault as its provider stores it names a tenant. Seeds of two members leave the rest open. */
static bool is_complete(const json_t *vault)
{
    return sim_text_at(vault, "properties.tenantId") != NULL;
}

static json_t *protection_error(const struct chain *c)
{
    const json_t *purge = sim_at(c->vault, "properties.enablePurgeProtection");
    const json_t *soft = sim_at(c->vault, "properties.enableSoftDelete");
    bool off = json_is_false(purge) || json_is_false(soft) || (!purge && is_complete(c->vault));
    if (!off)
        return NULL;
    return error("KeyVaultNotSoftDeleteAndPurgeProtected",
                 sim_format("The key vault '%s' must have soft delete and purge protection enabled.",
                            sim_text_at(c->vault, "name")));
}

static bool list_has(const json_t *list, const char *word)
{
    size_t i;
    const json_t *each;
    json_array_foreach(list, i, each)
    {
        if (sim_same(json_string_value(each), word) || sim_same(json_string_value(each), "all"))
            return true;
    }
    return false;
}

static bool policy_allows(const json_t *vault, const char *principal)
{
    size_t i;
    const json_t *each;
    json_array_foreach(sim_at(vault, "properties.accessPolicies"), i, each)
    {
        const json_t *keys = sim_at(each, "permissions.keys");
        if (sim_same(sim_text_at(each, "objectId"), principal) && list_has(keys, "get") &&
            list_has(keys, "wrapKey") && list_has(keys, "unwrapKey"))
            return true;
    }
    return false;
}

/* Key Vault Crypto Service Encryption User, or Key Vault Administrator, on the vault, its key or above. */
static bool role_suits(const char *role)
{
    return role && (sim_glob("*e147488a-f6f5-4113-8e2d-b22465e65bf6", role) ||
                    sim_glob("*00482a5a-887f-4fb3-b363-3b7fe8e74483", role));
}

/* The same place, or one that the other lies below. */
static bool is_above(const char *upper, const char *lower)
{
    size_t n = strlen(upper);
    return sim_starts(lower, upper) && (!lower[n] || lower[n] == '/');
}

static bool role_allows(const struct chain *c, const char *principal)
{
    static const char kind[] = "/providers/microsoft.authorization/roleassignments/";
    char *vault = sim_lower(sim_text_at(c->vault, "id"));
    bool found = false;
    for (const struct sim_resource *r = c->w->store.first; r && !found; r = r->next) {
        const char *at = strstr(r->key, kind);
        if (!at || !role_suits(sim_text_at(r->body, "properties.roleDefinitionId")))
            continue;
        char *scope = sim_copy_n(r->key, (size_t)(at - r->key));
        bool covers = is_above(scope, vault) || is_above(vault, scope);
        found = covers && sim_same(sim_text_at(r->body, "properties.principalId"), principal);
        free(scope);
    }
    free(vault);
    return found;
}

static bool may(const struct chain *c, const char *principal)
{
    return sim_true_at(c->vault, "properties.enableRbacAuthorization") ? role_allows(c, principal)
                                                                       : policy_allows(c->vault, principal);
}

static bool some_identity_may(const struct chain *c)
{
    const char *own = sim_text_at(c->set, "identity.principalId"), *name;
    json_t *each;
    if (own && may(c, own))
        return true;
    json_object_foreach(sim_at(c->set, "identity.userAssignedIdentities"), name, each)
    {
        const char *principal = sim_text_at(each, "principalId");
        if (principal && may(c, principal))
            return true;
    }
    return false;
}

/* Code and text are those of public reports (terraform-provider-azurerm issue 9177). */
static json_t *rights_error(const struct chain *c)
{
    bool judged = sim_at(c->vault, "properties.accessPolicies") || is_complete(c->vault) ||
                  sim_true_at(c->vault, "properties.enableRbacAuthorization");
    if (!c->vault || !judged || some_identity_may(c))
        return NULL;
    return error("KeyVaultAccessForbidden",
                 sim_format("Unable to access key vault resource '%s' to enable encryption at rest. Please "
                            "grant get, wrap and unwrap key permissions to disk encryption set '%s'. Please "
                            "visit https://aka.ms/keyvaultaccessssecmk for more information.",
                            c->key_url, c->name));
}

static json_t *key_error(const struct chain *c)
{
    const json_t *enabled = sim_at(c->key, "properties.attributes.enabled");
    int64_t expires_s = sim_int_at(c->key, "properties.attributes.exp", INT64_MAX / 1000);
    const char *type = sim_text_at(c->key, "properties.kty"), *why = NULL;
    if (json_is_false(enabled))
        why = "it is disabled";
    else if (expires_s * 1000 <= sim_now(c->w))
        why = "it is expired";
    else if (type && !sim_same(type, "RSA") && !sim_same(type, "RSA-HSM"))
        why = "its type is not RSA";
    if (!why)
        return NULL;
    return error(
        "KeyVaultKeyNotUsable",
        sim_format("The key '%s' of disk encryption set '%s' cannot be used: %s.", c->key_url, c->name, why));
}

json_t *sim_set_use_error(const struct sim_world *w, const json_t *set)
{
    static json_t *(*const checks[])(const struct chain *) = {state_error,      identity_error, region_error,
                                                              protection_error, rights_error,   key_error};
    struct chain c = chain_of(w, set);
    json_t *out = NULL;
    for (size_t i = 0; !out && i < sizeof checks / sizeof checks[0]; i++)
        if (checks[i] == region_error || sim_rule_on(w, "set_use"))
            out = checks[i](&c);
    return out;
}

json_t *sim_set_vault_error(const struct sim_world *w, const json_t *set)
{
    struct chain c = chain_of(w, set);
    return region_error(&c);
}
