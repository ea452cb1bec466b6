/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/jsonx.h"
#include "sim/regions.h"
#include "sim/setup.h"
#include "sim/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether a disk encryption set works: where it is, where its vault is, whether its key is good and whether
 * its identity may use the key (azure-arm.md, 3.4; R1, R2, R3 and R32 for disks). The first use finds out. */

struct use {
    const struct sim_world *w;
    const struct sim_resource *set, *vault, *key;
    const char *set_name, *region, *subscription;
    struct sim_set_fault *fault;
};

static bool refuse(struct use *u, unsigned status, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static bool refuse(struct use *u, unsigned status, const char *code, const char *format, ...)
{
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    *u->fault = (struct sim_set_fault){status, code, sim_copy(text)};
    return false;
}

static bool exists(struct use *u, const char *id)
{
    const char *slash = strrchr(id, '/');
    u->set = sim_find(u->w, id);
    u->set_name = slash ? slash + 1 : id;
    if (u->set)
        return true;
    return refuse(u, 404, "NotFound", "Disk encryption set %s was not found.", id); /* R2's case, own words */
}

/* The texts are ours, after R1's. */
static bool near_disk(struct use *u, const char *id)
{
    struct sim_id parsed;
    sim_id_parse(id, &parsed);
    bool same = sim_same(parsed.subscription, u->subscription);
    sim_id_done(&parsed);
    const char *where = sim_text_at(u->set->body, "location");
    if (!same && sim_rule_on(u->w, "R1"))
        return refuse(
            u, 400, "InvalidParameter",
            "The disk encryption set '%s' must be in the same subscription '%s' as the resource that uses "
            "it.",
            id, u->subscription);
    if (!sim_region_same(where, u->region) && sim_rule_on(u->w, "R3"))
        return refuse(
            u, 400, "InvalidParameter",
            "The disk encryption set '%s' is located in region '%s'. It must be in the same region '%s' as "
            "the resource that uses it.",
            id, where ? where : "", u->region);
    return true;
}

/* State and identity: codes and texts are ours. */
static bool set_good(struct use *u)
{
    const char *state = sim_text_at(u->set->body, "properties.provisioningState");
    const char *identity = sim_text_at(u->set->body, "identity.type");
    if (!sim_rule_on(u->w, "keys"))
        return true;
    if (sim_same(state, "Failed"))
        return refuse(u, 409, "DiskEncryptionSetNotReady", "The disk encryption set '%s' is in state '%s'.",
                      u->set_name, state);
    if (!identity || sim_same(identity, "None"))
        return refuse(u, 409, "DiskEncryptionSetIdentityMissing",
                      "The disk encryption set '%s' has no identity to reach its key with.", u->set_name);
    return true;
}

/* The key URL's parts: the vault by its host, the key by its name. */
static void find_key(struct use *u)
{
    const char *url = sim_text_at(u->set->body, "properties.activeKey.keyUrl");
    const char *host = url && sim_starts(url, "https://") ? url + strlen("https://") : "";
    char *vault = sim_copy_n(host, strcspn(host, "./:"));
    const char *id = sim_text_at(u->set->body, "properties.activeKey.sourceVault.id");
    u->vault = id ? sim_find(u->w, id) : sim_vault_named(u->w, vault);
    const char *at = url ? strstr(url, "/keys/") : NULL;
    if (u->vault && at) {
        char *name = sim_copy_n(at + 6, strcspn(at + 6, "/"));
        char *key = sim_format("%s/keys/%s", u->vault->key, name);
        u->key = sim_find(u->w, key);
        free(key);
        free(name);
    }
    free(vault);
}

/* R32, recorded on a disk PUT. */
static bool vault_near(struct use *u)
{
    const char *where = sim_text_at(u->vault->body, "location");
    if (!where || sim_region_same(where, u->region) || !sim_rule_on(u->w, "R32"))
        return true;
    return refuse(
        u, 409, "KeyVaultAndDiskInDifferentRegions",
        "The key vault '%s' is located in region '%s'. Key vault must be located in the same region '%s' "
        "as the disk and disk encryption set.",
        sim_text_at(u->vault->body, "name"), where, u->region);
}

/* That such a key cannot be used is documented; of the codes only KeyVaultKeyNotEnabled is reported, of the
 * texts "Unable to access key ... Key is expired". */
static bool key_good(struct use *u)
{
    const char *url = sim_text_at(u->set->body, "properties.activeKey.keyUrl");
    const json_t *properties = u->key ? json_object_get(u->key->body, "properties") : NULL;
    const json_t *attributes = json_object_get(properties, "attributes");
    int64_t now_s = sim_now(u->w) / 1000;
    const char *kind = sim_text_at(properties, "kty");
    if (!u->key)
        return refuse(u, 400, "KeyVaultKeyNotFound",
                      "The key vault key '%s' of disk encryption set '%s' was not found.", url, u->set_name);
    if (json_is_false(json_object_get(attributes, "enabled")))
        return refuse(u, 400, "KeyVaultKeyNotEnabled",
                      "The key vault key '%s' used for disk encryption set '%s' is not enabled.", url,
                      u->set_name);
    if (sim_int_at(attributes, "exp", INT64_MAX) <= now_s)
        return refuse(u, 400, "KeyVaultKeyExpired", "Unable to access key '%s'. Key is expired.", url);
    if (sim_int_at(attributes, "nbf", 0) > now_s)
        return refuse(u, 400, "KeyVaultKeyNotYetValid", "Unable to access key '%s'. Key is not valid yet.",
                      url);
    if (kind && !sim_same(kind, "RSA") && !sim_same(kind, "RSA-HSM"))
        return refuse(u, 400, "KeyVaultKeyTypeNotSupported", "The key '%s' must be an RSA key.", url);
    return true;
}

static bool purge_protected(struct use *u)
{
    if (sim_true_at(u->vault->body, "properties.enablePurgeProtection") &&
        !json_is_false(sim_at(u->vault->body, "properties.enableSoftDelete")))
        return true;
    return refuse(
        u, 400, "KeyVaultPurgeProtectionNotEnabled",
        "The key vault '%s' of disk encryption set '%s' must have soft delete and purge protection enabled.",
        sim_text_at(u->vault->body, "name"), u->set_name);
}

static bool allows(const json_t *words, const char *word)
{
    size_t i;
    const json_t *each;
    json_array_foreach(words, i, each)
    {
        if (sim_same(json_string_value(each), word) || sim_same(json_string_value(each), "all"))
            return true;
    }
    return false;
}

static bool has_policy(const struct use *u, const char *principal)
{
    size_t i;
    const json_t *each;
    json_array_foreach(sim_at(u->vault->body, "properties.accessPolicies"), i, each)
    {
        const json_t *words = sim_at(each, "permissions.keys");
        if (sim_same(sim_text_at(each, "objectId"), principal) && allows(words, "get") &&
            allows(words, "wrapKey") && allows(words, "unwrapKey"))
            return true;
    }
    return false;
}

static bool may_use(const struct use *u, const char *principal)
{
    if (sim_true_at(u->vault->body, "properties.enableRbacAuthorization"))
        return sim_has_role(u->w, principal, SIM_ROLE_KEY_USER, sim_text_at(u->key->body, "id"));
    return has_policy(u, principal);
}

/* Recorded by public reports (azure-docs issue 96319); the status is a guess. */
static bool forbidden(struct use *u, const char *whom, const char *name)
{
    return refuse(
        u, 403, "KeyVaultAccessForbidden",
        "Unable to access key vault resource '%s' to enable encryption at rest. Please grant get, wrap and "
        "unwrap key permissions to %s '%s'. Please visit https://aka.ms/keyvaultaccessssecmk for more "
        "information.",
        sim_text_at(u->set->body, "properties.activeKey.keyUrl"), whom, name);
}

/* The vault's firewall lets the disk provider through as a trusted service, unless that is switched off. */
static bool firewall_open(const struct use *u)
{
    const json_t *rules = sim_at(u->vault->body, "properties.networkAcls");
    return !sim_same(sim_text_at(rules, "defaultAction"), "Deny") ||
           !sim_same(sim_text_at(rules, "bypass"), "None");
}

static bool access_granted(struct use *u)
{
    const json_t *identity = json_object_get(u->set->body, "identity");
    const char *principal = sim_text_at(identity, "principalId"), *name;
    json_t *users = json_object_get(identity, "userAssignedIdentities"), *each;
    if (!firewall_open(u))
        return forbidden(u, "disk encryption set", u->set_name);
    json_object_foreach(users, name, each)
    {
        if (!may_use(u, sim_text_at(each, "principalId")))
            return forbidden(u, "user-assigned identity", name);
    }
    /* A seeded set without a principal says nothing about its rights. */
    if (json_object_size(users) || (identity && !principal) || (principal && may_use(u, principal)))
        return true;
    return forbidden(u, "disk encryption set", u->set_name);
}

bool sim_set_usable(const struct sim_world *w, const char *set_id, const char *region,
                    const char *subscription, struct sim_set_fault *fault)
{
    struct use u = {.w = w, .region = region, .subscription = subscription, .fault = fault};
    *fault = (struct sim_set_fault){0};
    if (!exists(&u, set_id) || !near_disk(&u, set_id) || !set_good(&u))
        return false;
    find_key(&u);
    if (!u.vault)
        return true;
    /* A vault seeded without sku and tenant says only where it is. */
    bool told = sim_at(u.vault->body, "properties.sku") || sim_at(u.vault->body, "properties.tenantId");
    bool sketch = !told || !sim_rule_on(w, "keys");
    return vault_near(&u) && (sketch || (purge_protected(&u) && key_good(&u) && access_granted(&u)));
}

bool sim_need_usable_set(struct sim_call *c, const char *set_id, const char *region)
{
    struct sim_set_fault fault;
    if (sim_set_usable(c->w, set_id, region, c->id.subscription, &fault))
        return true;
    sim_fail(c->reply, fault.status, fault.code, "%s", fault.text);
    free(fault.text);
    return false;
}

bool sim_set_works(const struct sim_world *w, const char *set_id, struct sim_set_fault *fault)
{
    const struct sim_resource *set = sim_find(w, set_id);
    struct sim_id id;
    sim_id_parse(set_id, &id);
    bool works = sim_set_usable(w, set_id, sim_text_at(set->body, "location"), id.subscription, fault);
    sim_id_done(&id);
    return works;
}
