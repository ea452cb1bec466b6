/* SPDX-License-Identifier: MPL-2.0 */
#include "setup/docs.h"

#include <stdio.h>

#include "base/span.h"
#include "testlib/test.h"

#define P "aaaaaaaa-0000-4000-8000-000000000001"
#define V "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v"

static enum acgp_grant policies(const char *list)
{
    char text[1024];
    struct acgp_vault_doc doc = {0};

    snprintf(text, sizeof text, "{\"properties\":{\"accessPolicies\":%s}}", list);
    assert_int_equal(acgp_vault_doc_decode(acgp_span(text), &doc, NULL), ACG_OK);
    enum acgp_grant grant = acgp_vault_grants(&doc, P);
    acgp_vault_doc_done(&doc);
    return grant;
}

static void access_policies(void **st)
{
    (void)st;
    assert_int_equal(policies("[]"), ACGP_GRANT_NONE);
    assert_int_equal(policies("[{\"objectId\":\"x\",\"permissions\":{\"keys\":[\"all\"]}}]"),
                     ACGP_GRANT_NONE);
    assert_int_equal(policies("[{\"objectId\":\"" P "\",\"permissions\":{\"keys\":[\"get\",\"wrapKey\"]}}]"),
                     ACGP_GRANT_PART);
    assert_int_equal(policies("[{\"objectId\":\"" P "\",\"permissions\":{}}]"), ACGP_GRANT_PART);
    assert_int_equal(
        policies("[{\"objectId\":\"" P "\",\"permissions\":{\"keys\":[\"Get\",\"WRAPKEY\",\"unwrapkey\"]}}]"),
        ACGP_GRANT_FULL);
    assert_int_equal(
        policies(
            "[{\"objectId\":\"AAAAAAAA-0000-4000-8000-000000000001\",\"permissions\":{\"keys\":[\"all\"]}}]"),
        ACGP_GRANT_FULL);
}

static enum acgp_grant roles(const char *role, const char *scope, const char *more)
{
    json_t *page = json_pack("{s:[{s:{s:s, s:s, s:s, s:s}}]}", "value", "properties", "roleDefinitionId",
                             role, "principalId", P, "scope", scope, "condition", more);
    enum acgp_grant grant = acgp_roles_grant(page, P, V);

    assert_non_null(page);
    json_decref(page);
    return grant;
}

static void role_assignments(void **st)
{
    static const char role[] =
        "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/" ACGP_ROLE_KEY_USER;

    (void)st;
    assert_int_equal(roles(role, V, ""), ACGP_GRANT_FULL);
    assert_int_equal(roles(role, "/subscriptions/s/resourceGroups/G", ""), ACGP_GRANT_FULL);
    assert_int_equal(roles(role, "/", ""), ACGP_GRANT_FULL);
    assert_int_equal(roles(role, V "2", ""), ACGP_GRANT_NONE);
    assert_int_equal(roles(role, V "/keys/k", ""), ACGP_GRANT_NONE); /* below: one key of many */
    assert_int_equal(roles("/x/acdd72a7-3385-48ef-bd42-f606fba81ae7", V, ""), ACGP_GRANT_NONE);
    assert_int_equal(roles(role, V, "@Resource[x] StringEquals 'y'"), ACGP_GRANT_PART);
    assert_int_equal(acgp_roles_grant(NULL, P, V), ACGP_GRANT_NONE);
}

static void key_urls(void **st)
{
    static const char *const bad[] = {
        "", "x", "https://v/secrets/s/1", "https://v/keys", "https://v/keys/", "/keys/k/1"};
    struct acgp_key_url key;

    (void)st;
    assert_true(acgp_key_url_parse("https://V.vault.azure.net/keys/k/0001", &key));
    assert_true(acgp_span_equal(key.host, acgp_span("V.vault.azure.net")));
    assert_true(acgp_span_equal(key.name, acgp_span("k")));
    assert_true(acgp_span_equal(key.version, acgp_span("0001")));
    assert_true(acgp_key_url_parse("https://v.managedhsm.azure.net/keys/k", &key));
    assert_int_equal(key.version.len, 0);
    assert_false(acgp_key_url_parse(NULL, &key));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(acgp_key_url_parse(bad[i], &key));
}

static void wrong_types_are_no_answers(void **st)
{
    struct acgp_vault_doc vault = {0};
    struct acgp_key_doc key = {0};

    (void)st;
    assert_int_equal(acgp_vault_doc_decode(acgp_span("{\"location\":7}"), &vault, NULL), ACG_ERR_PROTOCOL);
    acgp_vault_doc_done(&vault);
    assert_int_equal(acgp_key_doc_decode(acgp_span("{\"properties\":{\"keySize\":\"3072\"}}"), &key, NULL),
                     ACG_ERR_PROTOCOL);
    acgp_key_doc_done(&key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(access_policies),
        cmocka_unit_test(role_assignments),
        cmocka_unit_test(key_urls),
        cmocka_unit_test(wrong_types_are_no_answers),
    };

    return cmocka_run_group_tests_name("set-up: documents", tests, NULL, NULL);
}
