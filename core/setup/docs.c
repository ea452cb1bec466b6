/* SPDX-License-Identifier: MPL-2.0 */
#include "setup/docs.h"

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "base/span.h"
#include "http/url.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

#define AT(member) offsetof(struct acgp_vault_doc, member)
static const struct acgp_json_field vault_properties_fields[] = {
    {"provisioningState", ACGP_JSON_TEXT, AT(state), NULL},
    {"tenantId", ACGP_JSON_TEXT, AT(tenant_id), NULL},
    {"enableRbacAuthorization", ACGP_JSON_BOOL, AT(rbac), NULL},
    {"enablePurgeProtection", ACGP_JSON_BOOL, AT(purge_protection), NULL},
    {"enableSoftDelete", ACGP_JSON_BOOL, AT(soft_delete), NULL},
};
static const struct acgp_json_table vault_properties = {vault_properties_fields,
                                                        COUNT(vault_properties_fields), 0, 0};
static const struct acgp_json_field vault_fields[] = {
    {"location", ACGP_JSON_TEXT, AT(location), NULL},
    {"properties", ACGP_JSON_OBJECT, 0, &vault_properties},
};
static const struct acgp_json_table vault_table = {vault_fields, COUNT(vault_fields), 0, 0};
#undef AT

#define AT(member) offsetof(struct acgp_key_doc, member)
static const struct acgp_json_field key_attributes_fields[] = {
    {"enabled", ACGP_JSON_BOOL, AT(enabled), NULL},
    {"exp", ACGP_JSON_INT, AT(expires), NULL},
    {"nbf", ACGP_JSON_INT, AT(begins), NULL},
};
static const struct acgp_json_table key_attributes = {key_attributes_fields, COUNT(key_attributes_fields), 0,
                                                      0};
static const struct acgp_json_field key_properties_fields[] = {
    {"kty", ACGP_JSON_TEXT, AT(type), NULL},
    {"keySize", ACGP_JSON_INT, AT(size), NULL},
    {"keyUriWithVersion", ACGP_JSON_TEXT, AT(url), NULL},
    {"attributes", ACGP_JSON_OBJECT, 0, &key_attributes},
};
static const struct acgp_json_table key_properties = {key_properties_fields, COUNT(key_properties_fields), 0,
                                                      0};
static const struct acgp_json_field key_fields[] = {
    {"properties", ACGP_JSON_OBJECT, 0, &key_properties},
};
static const struct acgp_json_table key_table = {key_fields, COUNT(key_fields), 0, 0};
#undef AT

enum acg_status acgp_vault_doc_decode(struct acg_span text, struct acgp_vault_doc *out, struct acg_error *err)
{
    enum acg_status status = acgp_json_parse(text, &out->root, err);

    return status == ACG_OK ? acgp_json_decode(out->root, &vault_table, out, err) : status;
}

void acgp_vault_doc_done(struct acgp_vault_doc *doc)
{
    json_decref(doc->root);
    *doc = (struct acgp_vault_doc){0};
}

enum acg_status acgp_key_doc_decode(struct acg_span text, struct acgp_key_doc *out, struct acg_error *err)
{
    enum acg_status status = acgp_json_parse(text, &out->root, err);

    return status == ACG_OK ? acgp_json_decode(out->root, &key_table, out, err) : status;
}

void acgp_key_doc_done(struct acgp_key_doc *doc)
{
    json_decref(doc->root);
    *doc = (struct acgp_key_doc){0};
}

/* ---- walking ---- */

const char *acgp_text_in(const json_t *value, ...)
{
    va_list args;

    va_start(args, value);
    for (const char *name = va_arg(args, const char *); name != NULL; name = va_arg(args, const char *))
        value = json_object_get(value, name);
    va_end(args);
    return json_string_value(value);
}

const json_t *acgp_page_items(const json_t *page)
{
    const json_t *items = json_object_get(page, "value");

    return json_is_array(items) ? items : NULL;
}

const char *acgp_page_next(const json_t *page)
{
    const char *next = acgp_text_in(page, "nextLink", NULL);

    return next != NULL && next[0] != '\0' ? next : NULL;
}

static bool has_word(const json_t *words, const char *word)
{
    for (size_t i = 0; i < json_array_size(words); i++) {
        const char *have = json_string_value(json_array_get(words, i));
        if (acgp_equal_nocase(have, word) || acgp_equal_nocase(have, "all"))
            return true;
    }
    return false;
}

enum acgp_grant acgp_vault_grants(const struct acgp_vault_doc *doc, const char *principal_id)
{
    const json_t *policies = json_object_get(json_object_get(doc->root, "properties"), "accessPolicies");
    enum acgp_grant grant = ACGP_GRANT_NONE;

    for (size_t i = 0; i < json_array_size(policies) && grant != ACGP_GRANT_FULL; i++) {
        const json_t *policy = json_array_get(policies, i);
        const json_t *keys = json_object_get(json_object_get(policy, "permissions"), "keys");
        if (!acgp_equal_nocase(acgp_text_in(policy, "objectId", NULL), principal_id))
            continue;
        grant = has_word(keys, "get") && has_word(keys, "wrapKey") && has_word(keys, "unwrapKey")
                    ? ACGP_GRANT_FULL
                    : ACGP_GRANT_PART;
    }
    return grant;
}

/* Is scope the place, or above it? "/" and "" are above everything. */
static bool at_or_above(const char *scope, const char *place)
{
    struct acg_span s = acgp_span(scope), p = acgp_span(place);

    while (s.len != 0 && s.data[s.len - 1] == '/')
        s.len--;
    return acgp_span_starts_nocase(p, s) && (p.len == s.len || p.data[s.len] == '/');
}

static bool is_key_user(const char *definition)
{
    const char *slash = definition != NULL ? strrchr(definition, '/') : NULL;

    return slash != NULL && acgp_equal_nocase(slash + 1, ACGP_ROLE_KEY_USER);
}

enum acgp_grant acgp_roles_grant(const json_t *page, const char *principal_id, const char *scope)
{
    const json_t *items = acgp_page_items(page);
    enum acgp_grant grant = ACGP_GRANT_NONE;

    for (size_t i = 0; i < json_array_size(items) && grant != ACGP_GRANT_FULL; i++) {
        const json_t *p = json_object_get(json_array_get(items, i), "properties");
        const char *at = acgp_text_in(p, "scope", NULL), *condition = acgp_text_in(p, "condition", NULL);
        if (!acgp_equal_nocase(acgp_text_in(p, "principalId", NULL), principal_id) ||
            !is_key_user(acgp_text_in(p, "roleDefinitionId", NULL)) || at == NULL || !at_or_above(at, scope))
            continue;
        grant = condition == NULL || condition[0] == '\0' ? ACGP_GRANT_FULL : ACGP_GRANT_PART;
    }
    return grant;
}

bool acgp_key_url_parse(const char *url, struct acgp_key_url *out)
{
    struct acgp_url parsed;
    struct acg_span rest;

    *out = (struct acgp_key_url){.host = {0}};
    if (url == NULL || !acgp_url_parse(acgp_span(url), &parsed))
        return false;
    rest = parsed.path;
    if (acgp_span_cut(&rest, '/').len != 0 ||
        !acgp_span_equal_nocase(acgp_span_cut(&rest, '/'), acgp_span("keys")))
        return false;
    out->host = parsed.host;
    out->name = acgp_span_cut(&rest, '/');
    out->version = acgp_span_cut(&rest, '/');
    return out->name.len != 0;
}
