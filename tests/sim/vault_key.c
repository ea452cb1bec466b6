/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/jsonx.h"
#include "sim/setup.h"
#include "sim/text.h"

#include <stdlib.h>
#include <string.h>

/* Keys and access policies of a vault, through the Resource Manager. A key is created and read there, never
 * changed: a second PUT answers the key that is there (documented). Its versions are of the data plane, which
 * is not simulated, so there is one. */

/* The vault that the request's path lies below; NULL with the answer filled. */
static struct sim_resource *need_vault(struct sim_call *c)
{
    char *path = sim_id_text(&c->id, 1);
    struct sim_resource *vault = sim_find(c->w, path);
    free(path);
    if (!vault) {
        sim_fail(c->reply, 404, "ParentResourceNotFound",
                 "Can not perform requested operation on nested resource. Parent resource '%s' not found.",
                 c->id.names[0]);
        sim_reply_header(c->reply, "x-ms-failure-cause", "gateway");
    }
    return vault;
}

static bool bad_request(struct sim_call *c, const char *text)
{
    sim_fail(c->reply, 400, "BadRequest", "%s", text);
    return false;
}

/* Texts are guesses; the rules are documented. */
static bool key_allowed(struct sim_call *c, const struct sim_resource *vault, const json_t *asked)
{
    static const char *const kinds[] = {"RSA", "RSA-HSM", "EC", "EC-HSM"};
    const char *kind = sim_text_at(asked, "kty");
    int64_t size = sim_int_at(asked, "keySize", 2048);
    size_t i = 0;
    while (i < sizeof kinds / sizeof kinds[0] && !sim_same(kinds[i], kind))
        i++;
    if (i == sizeof kinds / sizeof kinds[0])
        return bad_request(c, "The property 'kty' must be one of EC, EC-HSM, RSA, RSA-HSM.");
    if (strstr(kind, "-HSM") && !sim_same(sim_text_at(vault->body, "properties.sku.name"), "premium"))
        return bad_request(c, "Keys protected by an HSM need a vault of the sku premium.");
    if (sim_starts(kind, "RSA") && size != 2048 && size != 3072 && size != 4096)
        return bad_request(c, "The property 'keySize' must be 2048, 3072 or 4096.");
    return true;
}

static json_t *attributes(struct sim_call *c, const struct sim_resource *vault, const json_t *asked)
{
    json_int_t now_s = (json_int_t)(sim_now(c->w) / 1000);
    int64_t days = sim_int_at(vault->body, "properties.softDeleteRetentionInDays", 90);
    bool purgeable = !sim_true_at(vault->body, "properties.enablePurgeProtection");
    json_t *out = json_pack("{s:b}", "enabled", 1);
    sim_carry(out, asked, "enabled");
    sim_carry(out, asked, "nbf");
    sim_carry(out, asked, "exp");
    json_object_set_new(out, "created", json_integer(now_s));
    json_object_set_new(out, "updated", json_integer(now_s));
    /* Recorded for keys of the data plane: fewer days than 90 are "customized". */
    json_object_set_new(
        out, "recoveryLevel",
        json_string(days < 90   ? purgeable ? "CustomizedRecoverable+Purgeable" : "CustomizedRecoverable"
                    : purgeable ? "Recoverable+Purgeable"
                                : "Recoverable"));
    json_object_set_new(out, "exportable", json_false());
    sim_carry(out, asked, "exportable");
    return out;
}

static json_t *key_body(struct sim_call *c, const struct sim_resource *vault, const json_t *asked)
{
    static const char *const operations[] = {"encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"};
    char guid[SIM_GUID_SIZE], version[SIM_GUID_SIZE], *to = version;
    sim_guid(guid);
    for (const char *from = guid; *from; from++)
        if (*from != '-')
            *to++ = *from;
    *to = '\0';
    json_t *body = sim_named_body(c->path);
    sim_carry(body, vault->body, "location");
    sim_carry(body, c->req->json, "tags");
    json_t *properties =
        json_pack("{s:o}", "attributes", attributes(c, vault, json_object_get(asked, "attributes")));
    json_t *words = json_array();
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        json_array_append_new(words, json_string(operations[i]));
    sim_carry(properties, asked, "kty");
    json_object_set_new(properties, "keyOps", words);
    sim_carry(properties, asked, "keyOps");
    if (sim_starts(sim_text_at(asked, "kty"), "RSA"))
        json_object_set_new(properties, "keySize", json_integer(sim_int_at(asked, "keySize", 2048)));
    sim_carry(properties, asked, "curveName");
    sim_carry(properties, asked, "release_policy");
    char *url = sim_format("https://%s.vault.azure.net/keys/%s", c->id.names[0], sim_id_name(&c->id));
    char *full = sim_format("%s/%s", url, version);
    json_object_set_new(properties, "keyUri", json_string(url));
    json_object_set_new(properties, "keyUriWithVersion", json_string(full));
    json_object_set_new(body, "properties", properties);
    free(url);
    free(full);
    return body;
}

static bool check_name(struct sim_call *c)
{
    const char *name = sim_id_name(&c->id);
    size_t n = strlen(name);
    for (size_t i = 0; i < n; i++)
        if (!strchr("-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", name[i]))
            n = 0;
    return (n >= 1 && n <= 127) ||
           bad_request(c, "The name of a key must be 1 to 127 of letters, digits and hyphens.");
}

void sim_key_put(struct sim_call *c)
{
    struct sim_resource *vault, *have = sim_find(c->w, c->path);
    const json_t *asked = sim_at(c->req->json, "properties");
    if (!sim_need_group(c) || !sim_need_body(c) || !(vault = need_vault(c)) || !check_name(c))
        return;
    if (!have && !key_allowed(c, vault, asked))
        return;
    if (!have)
        have = sim_store_put(&c->w->store, c->path, key_body(c, vault, asked));
    sim_reply_json(c->reply, 200, json_deep_copy(have->body));
}

/* The one version of a key, as the list of versions and the version itself show it. */
static json_t *version_body(const struct sim_resource *key)
{
    const char *full = sim_text_at(key->body, "properties.keyUriWithVersion");
    const char *slash = full ? strrchr(full, '/') : NULL;
    char *id = sim_format("%s/versions/%s", sim_text_at(key->body, "id"), slash ? slash + 1 : "");
    json_t *body = json_deep_copy(key->body);
    json_object_set_new(body, "id", json_string(id));
    json_object_set_new(body, "name", json_string(slash ? slash + 1 : ""));
    json_object_set_new(body, "type", json_string("Microsoft.KeyVault/vaults/keys/versions"));
    free(id);
    return body;
}

void sim_key_versions(struct sim_call *c)
{
    struct sim_resource *key = sim_find(c->w, c->path);
    if (key)
        sim_reply_json(c->reply, 200, json_pack("{s:[o]}", "value", version_body(key)));
    else
        sim_not_found(c);
}

void sim_key_version_get(struct sim_call *c)
{
    char *path = sim_id_text(&c->id, 2);
    struct sim_resource *key = sim_find(c->w, path);
    json_t *body = key ? version_body(key) : NULL;
    if (sim_same(sim_text_at(body, "name"), sim_id_name(&c->id)))
        sim_reply_json(c->reply, 200, json_incref(body));
    else
        sim_not_found(c);
    json_decref(body);
    free(path);
}

static json_t *policy_for(json_t *policies, const json_t *like)
{
    size_t i;
    json_t *each;
    json_array_foreach(policies, i, each)
    {
        if (sim_same(sim_text_at(each, "objectId"), sim_text_at(like, "objectId")) &&
            sim_same(sim_text_at(each, "tenantId"), sim_text_at(like, "tenantId")))
            return each;
    }
    return NULL;
}

static size_t find_word(const json_t *words, const char *word)
{
    size_t i = 0;
    while (i < json_array_size(words) && !sim_same(json_string_value(json_array_get(words, i)), word))
        i++;
    return i;
}

/* add: what is there stays; remove: the named ones go. Kinds are keys, secrets, certificates, storage. */
static void change_words(json_t *policy, const json_t *asked, bool add)
{
    json_t *mine = json_object_get(policy, "permissions"), *words;
    const char *kind;
    size_t i;
    const json_t *each;
    json_object_foreach(sim_at(asked, "permissions"), kind, words)
    {
        json_t *have = json_object_get(mine, kind);
        if (!have) {
            have = json_array();
            json_object_set_new(mine, kind, have);
        }
        json_array_foreach(words, i, each)
        {
            size_t at = find_word(have, json_string_value(each));
            if (add && at == json_array_size(have))
                json_array_append_new(have, json_deep_copy(each));
            else if (!add)
                json_array_remove(have, at);
        }
    }
}

static void change_policy(json_t *policies, const json_t *asked, const char *how)
{
    json_t *have = policy_for(policies, asked);
    if (!have && !sim_same(how, "remove"))
        json_array_append_new(policies, json_deep_copy(asked));
    else if (have && sim_same(how, "replace"))
        sim_carry(have, asked, "permissions");
    else if (have)
        change_words(have, asked, sim_same(how, "add"));
}

/* PUT .../accessPolicies/add, replace or remove; the answer has the vault's policies (specification). */
void sim_policies_put(struct sim_call *c)
{
    const char *how = sim_id_name(&c->id);
    const json_t *asked = sim_at(c->req->json, "properties.accessPolicies"), *each;
    struct sim_resource *vault;
    size_t i;
    if (!sim_need_group(c) || !sim_need_body(c) || !(vault = need_vault(c)))
        return;
    if (!sim_same(how, "add") && !sim_same(how, "replace") && !sim_same(how, "remove")) {
        bad_request(c, "The operation on access policies must be add, replace or remove.");
        return;
    }
    json_array_foreach(asked, i, each)
    {
        if (!sim_text_at(each, "objectId") || !sim_text_at(each, "tenantId") ||
            !json_object_get(each, "permissions")) {
            bad_request(c, "An access policy needs tenantId, objectId and permissions.");
            return;
        }
    }
    json_t *properties = json_object_get(vault->body, "properties");
    json_t *policies = json_object_get(properties, "accessPolicies");
    if (!policies) {
        policies = json_array();
        json_object_set_new(properties, "accessPolicies", policies);
    }
    json_array_foreach(asked, i, each)
    {
        change_policy(policies, each, how);
    }
    char *id = sim_format("%s/accessPolicies/", sim_text_at(vault->body, "id"));
    sim_reply_json(c->reply, 200,
                   json_pack("{s:s, s:s, s:{s:o}}", "id", id, "type",
                             "Microsoft.KeyVault/vaults/accessPolicies", "properties", "accessPolicies",
                             json_deep_copy(policies)));
    free(id);
}
