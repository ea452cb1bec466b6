/* SPDX-License-Identifier: MPL-2.0 */
/* What is there and differs: refused before the first write, in every region, with a finding for each
 * difference. */
#include <stdio.h>

#include "unit/setup/world.h"

#define VAULT_ID                                                                                             \
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.KeyVault/"    \
    "vaults/kv-westus"
#define VAULT(place, more)                                                                                   \
    "{\"location\":\"" place                                                                                 \
    "\",\"properties\":{\"tenantId\":\"t\",\"provisioningState\":\"Succeeded\"," more "}}"
#define GOOD "\"enablePurgeProtection\":true,\"enableRbacAuthorization\":true"
#define KEY(more)                                                                                            \
    "{\"properties\":{\"keyUriWithVersion\":\"https://kv-westus.vault.azure.net/keys/images/0001\"," more "}}"
#define SET(place, identity, more)                                                                           \
    "{\"location\":\"" place "\",\"identity\":{" identity "},\"properties\":{" more "}}"
#define IDENTITY "\"type\":\"SystemAssigned\",\"principalId\":\"aaaaaaaa-0000-4000-8000-000000000001\""
#define ACTIVE   "\"activeKey\":{\"keyUrl\":\"https://kv-westus.vault.azure.net/keys/images/0001\"}"
#define DOUBLE   "\"encryptionType\":\"EncryptionAtRestWithPlatformAndCustomerKeys\""
#define DONE     "\"provisioningState\":\"Succeeded\""

struct difference {
    enum world_thing thing;
    const char *body;
    const char *told; /* rule and the beginning of its text */
};

/* @param change of the options; NULL: none */
static void refused(const struct difference *d, void (*change)(struct acg_des_create_options *o))
{
    struct world w = {0};
    struct acg_des_create_options o = world_options();

    if (change != NULL)
        change(&o);
    for (int t = 0; t <= (int)d->thing; t++)
        w.regions[0].there[t] = true;
    w.regions[0].there[WORLD_ACCESS] = false;
    w.regions[0].body[d->thing] = d->body;
    world_drive(&w, world_machine(&o));
    world_told(&w, d->told);
    assert_string_equal(acg_status_name(w.error.status), acg_status_name(ACG_ERR_CONFLICT));
    assert_int_equal(w.writes, 0);
    assert_non_null(strstr(w.report, "\"state\":\"conflict\""));
    world_free(&w);
}

static void vaults(void **st)
{
    static const struct difference all[] = {
        {WORLD_VAULT, VAULT("eastus", GOOD), "vault-region westus: the vault kv-westus is in eastus"},
        {WORLD_VAULT, VAULT("westus", "\"enableRbacAuthorization\":true"), "purge-protection westus:"},
        {WORLD_VAULT, VAULT("westus", GOOD ",\"enableSoftDelete\":false"), "purge-protection westus:"},
    };

    (void)st;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        refused(&all[i], NULL);
}

static void by_policy(struct acg_des_create_options *o)
{
    o->access = "policy";
}

static void the_vaults_way(void **st)
{
    static const struct difference d = {WORLD_VAULT, VAULT("westus", GOOD),
                                        "vault-access westus: the vault kv-westus decides by roles"};

    (void)st;
    refused(&d, by_policy);
}

static void keys(void **st)
{
    static const struct difference all[] = {
        {WORLD_KEY, KEY("\"kty\":\"EC\""), "key-type westus: the key images is EC"},
        {WORLD_KEY, KEY("\"kty\":\"RSA\",\"keySize\":1024"), "key-size westus:"},
        {WORLD_KEY, KEY("\"kty\":\"RSA\",\"attributes\":{\"enabled\":false}"), "key-state westus:"},
        {WORLD_KEY, KEY("\"kty\":\"RSA\",\"attributes\":{\"exp\":1789999999}"), "key-state westus:"},
        {WORLD_KEY, KEY("\"kty\":\"RSA\",\"attributes\":{\"nbf\":1790000999}"), "key-state westus:"},
    };

    (void)st;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        refused(&all[i], NULL);
}

static void big(struct acg_des_create_options *o)
{
    o->key_size = 4096;
}

static void the_keys_size(void **st)
{
    static const struct difference d = {WORLD_KEY, KEY("\"kty\":\"RSA\",\"keySize\":2048"),
                                        "key-size westus: the key images has 2048 bits"};

    (void)st;
    refused(&d, big);
}

static void sets(void **st)
{
    static const struct difference all[] = {
        {WORLD_SET, SET("eastus", IDENTITY, ACTIVE "," DOUBLE "," DONE), "set-region westus:"},
        {WORLD_SET, SET("westus", IDENTITY, ACTIVE "," DONE),
         "set-type westus: the set acg-westus is of the type "
         "EncryptionAtRestWithCustomerKey"},
        {WORLD_SET,
         SET("westus", IDENTITY,
             "\"activeKey\":{\"keyUrl\":\"https://kv-westus.vault.azure.net/keys/other/0001\"}," DOUBLE
             "," DONE),
         "set-key westus:"},
        {WORLD_SET,
         SET("westus", IDENTITY,
             "\"activeKey\":{\"keyUrl\":\"https://other.vault.azure.net/keys/images/0001\"}," DOUBLE
             "," DONE),
         "set-key westus:"},
        {WORLD_SET, SET("westus", "\"type\":\"UserAssigned\"", ACTIVE "," DOUBLE "," DONE),
         "set-identity westus:"},
        {WORLD_SET, SET("westus", IDENTITY, ACTIVE "," DOUBLE ",\"provisioningState\":\"Failed\""),
         "set-state westus:"},
        {WORLD_SET,
         SET("westus", IDENTITY, ACTIVE "," DOUBLE ",\"autoKeyRotationError\":{\"code\":\"KeyGone\"}," DONE),
         "set-rotation westus: the set acg-westus could not follow its key: KeyGone"},
    };

    (void)st;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        refused(&all[i], NULL);
}

static void follows(struct acg_des_create_options *o)
{
    o->rotate = ACG_TRUE;
}

static void the_sets_rotation(void **st)
{
    static const struct difference d = {WORLD_SET, SET("westus", IDENTITY, ACTIVE "," DOUBLE "," DONE),
                                        "set-rotation westus: the set acg-westus does not follow"};

    (void)st;
    refused(&d, follows);
}

static void a_set_whose_key_is_gone(void **st)
{
    struct world w = {0};

    (void)st;
    w.regions[0].there[WORLD_VAULT] = w.regions[0].there[WORLD_SET] = true;
    world_run(&w, ACG_ERR_CONFLICT);
    world_told(&w, "set-key westus: the set acg-westus is there, and its key is not");
    assert_int_equal(w.writes, 0);
    world_free(&w);
}

static void a_role_with_a_condition(void **st)
{
    struct world w = {0};

    (void)st;
    for (int t = 0; t < WORLD_ACCESS; t++)
        w.regions[0].there[t] = true;
    w.regions[0].body[WORLD_ACCESS] =
        "{\"value\":[{\"properties\":{\"roleDefinitionId\":\"/x/"
        "e147488a-f6f5-4113-8e2d-b22465e65bf6\",\"principalId\":"
        "\"aaaaaaaa-0000-4000-8000-000000000001\",\"scope\":\"" VAULT_ID "\",\"condition\":\"x\"}}]}";
    world_run(&w, ACG_ERR_CONFLICT);
    world_told(&w, "role westus:");
    assert_int_equal(w.writes, 0);
    world_free(&w);
}

static void a_policy_that_lacks_a_right(void **st)
{
    struct world w = {.policy = true};
    struct acg_des_create_options o = world_options();

    (void)st;
    for (int t = 0; t < WORLD_ACCESS; t++)
        w.regions[0].there[t] = true;
    w.regions[0].body[WORLD_VAULT] = VAULT("westus", "\"enablePurgeProtection\":true,\"accessPolicies\":[{"
                                                     "\"objectId\":\"aaaaaaaa-0000-4000-8000-000000000001\","
                                                     "\"permissions\":{\"keys\":[\"get\",\"wrapKey\"]}}]");
    world_drive(&w, world_machine(&o));
    assert_int_equal(w.error.status, ACG_ERR_CONFLICT);
    world_told(&w, "policy westus:");
    assert_int_equal(w.writes, 0);
    world_free(&w);
}

static void all_differences_of_all_regions_are_told_together(void **st)
{
    struct world w = {0};

    (void)st;
    w.regions[0].there[WORLD_VAULT] = w.regions[1].there[WORLD_VAULT] = true;
    w.regions[0].body[WORLD_VAULT] = VAULT("eastus", "\"enableRbacAuthorization\":true");
    w.regions[1].body[WORLD_VAULT] = VAULT("westus", GOOD);
    world_run(&w, ACG_ERR_CONFLICT);
    world_told(&w, "vault-region westus:");
    world_told(&w, "purge-protection westus:");
    world_told(&w, "vault-region eastus2:");
    world_told(&w, "3 findings: what is there and differs is never changed; nothing was written");
    world_free(&w);
}

/* A name that was taken between the survey and the write. */
static void a_vault_of_another_writer_fails_its_region_alone(void **st)
{
    struct world w = {.refuse_status = {[WORLD_VAULT] = 409},
                      .refuse_code = {[WORLD_VAULT] = "VaultAlreadyExists"},
                      .refuse_only = 1};

    (void)st;
    world_run(&w, ACG_ERR_CONFLICT);
    assert_false(w.regions[0].there[WORLD_VAULT]);
    assert_true(w.regions[1].there[WORLD_ACCESS] && w.regions[2].there[WORLD_ACCESS]);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vaults),
        cmocka_unit_test(the_vaults_way),
        cmocka_unit_test(keys),
        cmocka_unit_test(the_keys_size),
        cmocka_unit_test(sets),
        cmocka_unit_test(the_sets_rotation),
        cmocka_unit_test(a_set_whose_key_is_gone),
        cmocka_unit_test(a_role_with_a_condition),
        cmocka_unit_test(a_policy_that_lacks_a_right),
        cmocka_unit_test(all_differences_of_all_regions_are_told_together),
        cmocka_unit_test(a_vault_of_another_writer_fails_its_region_alone),
    };

    return cmocka_run_group_tests_name("set-up: what differs", tests, NULL, NULL);
}
