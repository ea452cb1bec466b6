/* SPDX-License-Identifier: MPL-2.0 */
#include "setup/bodies.h"

#include <inttypes.h>

#include "arm/requests.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/span.h"
#include "model/resource_id.h"
#include "json/build.h"

enum { BODY_MAX = 64 * 1024 };

/* @param root given. */
static char *dump(json_t *root)
{
    char *text = root != NULL ? acgp_json_dump(root, BODY_MAX) : NULL;

    json_decref(root);
    return text;
}

static json_t *tags_of(const struct acgp_setup *setup)
{
    json_t *tags = json_object();
    bool fine = tags != NULL;

    for (size_t i = 0; fine && i < setup->tag_count; i++)
        fine = acgp_json_put_text(tags, setup->tags[i].name, setup->tags[i].value);
    if (!fine) {
        json_decref(tags);
        return NULL;
    }
    return tags;
}

/* {location, tags, ..., properties} @param properties given; NULL is out of memory. */
static char *resource(const struct acgp_setup *setup, const char *region, json_t *identity,
                      json_t *properties)
{
    json_t *root = json_object();
    bool fine = acgp_json_put_text(root, "location", region);

    fine = (identity == NULL || acgp_json_put(root, "identity", identity)) && fine;
    fine = acgp_json_put(root, "properties", properties) && fine;
    fine = acgp_json_put_object(root, "tags", tags_of(setup)) && fine;
    if (!fine) {
        json_decref(root);
        return NULL;
    }
    return dump(root);
}

char *acgp_vault_body(const struct acgp_setup *setup, const char *region, const char *tenant_id)
{
    return resource(setup, region, NULL,
                    json_pack("{s:s, s:{s:s, s:s}, s:b, s:b, s:b, s:[]}", "tenantId", tenant_id, "sku",
                              "family", "A", "name", "standard", "enableSoftDelete", 1,
                              "enablePurgeProtection", 1, "enableRbacAuthorization", setup->rbac != ACG_FALSE,
                              "accessPolicies"));
}

char *acgp_key_body(const struct acgp_setup *setup)
{
    int64_t size = setup->key_size != 0 ? setup->key_size : ACGP_SETUP_KEY_SIZE;

    return resource(setup, NULL, NULL, json_pack("{s:s, s:I}", "kty", "RSA", "keySize", (json_int_t)size));
}

char *acgp_set_body(const struct acgp_setup *setup, const char *region, const char *vault_id,
                    const char *key_url)
{
    struct acgp_resource_id vault;
    json_t *key = json_object(), *properties = json_object();
    json_t *identity = json_pack("{s:s}", "type", "SystemAssigned");
    bool near = acgp_resource_id_parse(acgp_span(vault_id), &vault) &&
                acgp_span_equal_nocase(vault.subscription, acgp_span(setup->subscription));
    bool fine =
        identity != NULL && (!near || acgp_json_put(key, "sourceVault", json_pack("{s:s}", "id", vault_id)));

    fine = acgp_json_put_text(key, "keyUrl", key_url) && fine;
    fine = acgp_json_put(properties, "activeKey", key) && fine;
    fine = acgp_json_put_text(properties, "encryptionType", setup->encryption_type) && fine;
    fine = acgp_json_put(properties, "rotationToLatestKeyVersionEnabled",
                         json_boolean(setup->rotate != ACG_FALSE)) &&
           fine;
    if (!fine) {
        json_decref(identity);
        json_decref(properties);
        return NULL;
    }
    return resource(setup, region, identity, properties);
}

/* ---- roles ---- */

/* FNV-1a, without the case that ARM does not know either, then splitmix64's last steps to spread it. */
static uint64_t hash(uint64_t seed, const char *const *texts, size_t count)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325) ^ seed;

    for (size_t i = 0; i < count; i++)
        for (const char *c = texts[i];; c++) {
            h = (h ^ (unsigned char)acgp_lower(*c)) * UINT64_C(0x100000001b3);
            if (*c == '\0')
                break;
        }
    h = (h ^ (h >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ (h >> 27)) * UINT64_C(0x94d049bb133111eb);
    return h ^ (h >> 31);
}

char *acgp_role_id(const char *vault_id, const char *principal_id)
{
    const char *texts[] = {vault_id, ACGP_ROLE_KEY_USER, principal_id};
    uint64_t a = hash(0, texts, 3), b = hash(UINT64_C(0x9e3779b97f4a7c15), texts, 3);

    return acgp_printf("%s/providers/Microsoft.Authorization/roleAssignments/"
                       "%08x-%04x-8%03x-%04x-%012" PRIx64,
                       vault_id, (unsigned)(a >> 32), (unsigned)(a >> 16) & 0xffffu, (unsigned)a & 0xfffu,
                       0x8000u | ((unsigned)(b >> 48) & 0x3fffu), b & UINT64_C(0xffffffffffff));
}

char *acgp_role_body(const char *vault_id, const char *principal_id)
{
    struct acgp_resource_id vault = {.levels = 0};
    char *definition = NULL, *body = NULL;

    if (!acgp_resource_id_parse(acgp_span(vault_id), &vault))
        return NULL;
    definition = acgp_printf("/subscriptions/%.*s/providers/Microsoft.Authorization/roleDefinitions/%s",
                             (int)vault.subscription.len, vault.subscription.data, ACGP_ROLE_KEY_USER);
    /* principalType: without it a principal that was made a moment ago is looked up, and not found. */
    if (definition != NULL)
        body = dump(json_pack("{s:{s:s, s:s, s:s}}", "properties", "roleDefinitionId", definition,
                              "principalId", principal_id, "principalType", "ServicePrincipal"));
    acgp_free(definition);
    return body;
}

char *acgp_roles_url(const char *endpoint, const char *vault_id, const char *principal_id)
{
    char *path = acgp_printf("%s/providers/Microsoft.Authorization/roleAssignments", vault_id);
    char *query = acgp_printf("$filter=principalId%%20eq%%20'%s'&", principal_id);
    char *url =
        path != NULL && query != NULL ? acgp_path_url(endpoint, path, query, ACGP_API_AUTHORIZATION) : NULL;

    acgp_free(path);
    acgp_free(query);
    return url;
}

char *acgp_policy_body(const char *tenant_id, const char *principal_id)
{
    return dump(json_pack("{s:{s:[{s:s, s:s, s:{s:[s, s, s]}}]}}", "properties", "accessPolicies", "tenantId",
                          tenant_id, "objectId", principal_id, "permissions", "keys", "get", "wrapKey",
                          "unwrapKey"));
}

char *acgp_name_body(const char *vault_name)
{
    return dump(json_pack("{s:s, s:s}", "name", vault_name, "type", "Microsoft.KeyVault/vaults"));
}
