/* SPDX-License-Identifier: MPL-2.0 */
/* Making sets: every step, what is sent, and what comes in between. */
#include <stdio.h>

#include "unit/setup/world.h"

static void everything_is_made_in_the_order_of_dependence(void **st)
{
    struct world w = {0};

    (void)st;
    world_run(&w, ACG_OK); /* the world refuses what stands on nothing */
    world_complete(&w);
    world_told(&w, "westus: ready: acg-westus");
    world_told(&w, "purge protection: nobody can switch it off");
    assert_non_null(strstr(w.report, "\"state\":\"ready\""));
    assert_non_null(strstr(w.report, "\"state\":\"made\""));
    assert_null(strstr(w.report, "\"state\":\"exists\""));
    world_free(&w);
}

static void what_is_sent_is_what_the_documentation_asks_for(void **st)
{
    struct world w = {0};

    (void)st;
    world_run(&w, ACG_OK);
    assert_non_null(strstr(w.last[WORLD_VAULT], "\"enablePurgeProtection\":true"));
    assert_non_null(strstr(w.last[WORLD_VAULT], "\"enableRbacAuthorization\":true"));
    assert_non_null(strstr(w.last[WORLD_VAULT], "\"tenantId\":\"t\""));
    assert_string_equal(w.last[WORLD_KEY], "{\"properties\":{\"kty\":\"RSA\",\"keySize\":3072}}");
    assert_non_null(strstr(w.last[WORLD_SET], "\"keyUrl\":\"https://kv-"));
    assert_non_null(strstr(w.last[WORLD_SET], "/keys/images/0001\""));
    assert_non_null(strstr(w.last[WORLD_SET], "\"sourceVault\":{\"id\":\"/subscriptions/"));
    assert_non_null(
        strstr(w.last[WORLD_SET], "\"encryptionType\":\"EncryptionAtRestWithPlatformAndCustomerKeys\""));
    assert_non_null(strstr(w.last[WORLD_SET], "\"rotationToLatestKeyVersionEnabled\":true"));
    assert_non_null(strstr(w.last[WORLD_ACCESS], "\"principalType\":\"ServicePrincipal\""));
    assert_non_null(strstr(w.last[WORLD_ACCESS], "e147488a-f6f5-4113-8e2d-b22465e65bf6"));
    world_free(&w);
}

static void what_it_waits_for_is_said_each_minute(void **st)
{
    struct world w = {0};
    struct acg_des_create_options o = world_options();

    (void)st;
    w.regions[0].there[WORLD_VAULT] = w.regions[0].there[WORLD_KEY] = true;
    w.regions[0].body[WORLD_KEY] = "{\"properties\":{\"kty\":\"RSA\",\"keySize\":3072}}"; /* no version yet */
    o.timeout_ms = 150000;
    world_drive(&w, world_machine(&o));
    assert_int_equal(w.error.status, ACG_ERR_TIMEOUT);
    world_told(&w, "setting up for 1 min: 2 of 3 regions are done; westus waits for the key");
    world_free(&w);
}

static void by_access_policy(void **st)
{
    struct world w = {.policy = true};
    struct acg_des_create_options o = world_options();

    (void)st;
    o.access = "policy";
    world_drive(&w, world_machine(&o));
    assert_int_equal(w.error.status, ACG_OK);
    world_complete(&w);
    assert_non_null(strstr(w.last[WORLD_VAULT], "\"enableRbacAuthorization\":false"));
    assert_non_null(strstr(w.last[WORLD_ACCESS], "[\"get\",\"wrapKey\",\"unwrapKey\"]"));
    assert_non_null(strstr(w.last[WORLD_ACCESS], "\"objectId\":\"aaaaaaaa-0000-4000-8000-00000000000"));
    world_free(&w);
}

static void tags_go_to_what_is_made(void **st)
{
    static const struct acg_tag tags[] = {{"team", "images"}};
    struct world w = {0};
    struct acg_des_create_options o = world_options();

    (void)st;
    o.tags = tags;
    o.tag_count = 1;
    world_drive(&w, world_machine(&o));
    for (int t = WORLD_VAULT; t <= WORLD_SET; t++)
        assert_non_null(strstr(w.last[t], "\"tags\":{\"team\":\"images\"}"));
    world_free(&w);
}

static void without_apply_nothing_is_written(void **st)
{
    struct world w = {0};
    struct acg_des_create_options o = world_options();

    (void)st;
    o.apply = false;
    world_drive(&w, world_machine(&o));
    assert_int_equal(w.error.status, ACG_OK);
    assert_int_equal(w.writes, 0);
    assert_non_null(strstr(w.report, "\"state\":\"planned\""));
    assert_non_null(strstr(w.report, "\"applied\":false"));
    world_free(&w);
}

static void a_second_run_writes_nothing(void **st)
{
    struct world w = {0};

    (void)st;
    world_run(&w, ACG_OK);
    world_again(&w);
    world_run(&w, ACG_OK);
    assert_int_equal(w.writes, 0);
    assert_null(strstr(w.report, "\"state\":\"made\""));
    world_free(&w);
}

static void a_principal_that_is_not_known_yet_is_asked_for_again(void **st)
{
    struct world w = {.unknown = 20};

    (void)st;
    world_run(&w, ACG_OK);
    world_complete(&w);
    world_told(&w, "the directory does not know the set's identity yet");
    world_free(&w);
}

static void a_principal_that_never_gets_known_ends_with_the_time(void **st)
{
    struct world w = {.unknown = 100000};

    (void)st;
    world_run(&w, ACG_ERR_TIMEOUT);
    world_told(&w, "the same command goes on");
    assert_non_null(strstr(w.report, "\"state\":\"running\""));
    assert_true(w.now_ms == 1800000);
    world_free(&w);
}

static void access_that_is_not_shown_yet_is_waited_for_without_a_second_write(void **st)
{
    struct world w = {.hidden = 15};

    (void)st;
    world_run(&w, ACG_OK);
    world_complete(&w);
    for (size_t i = 0; i < WORLD_REGIONS; i++)
        assert_int_equal(w.regions[i].sent[WORLD_ACCESS], 1);
    world_free(&w);
}

static void reads_that_are_behind_a_write_are_no_failure(void **st)
{
    struct world w = {.behind = 5, .creating = 4};

    (void)st;
    world_run(&w, ACG_OK);
    world_complete(&w);
    world_free(&w);
}

static void roles_that_may_not_be_read_are_taken_from_the_answer(void **st)
{
    struct world w = {.role_list_status = 403};

    (void)st;
    world_run(&w, ACG_OK);
    world_complete(&w);
    world_told(&w, "cannot be read with this login");
    world_again(&w);
    world_run(&w, ACG_OK); /* the same assignment again: its name says so */
    world_complete(&w);
    world_free(&w);
}

static void a_role_that_somebody_else_assigned_meanwhile_is_fine(void **st)
{
    struct world w = {0};

    (void)st;
    for (size_t i = 0; i < WORLD_REGIONS; i++) {
        w.regions[i].there[WORLD_ACCESS] = true;
        snprintf(w.regions[i].role, sizeof w.regions[i].role, "99999999-0000-4000-8000-000000000000");
    }
    world_run(&w, ACG_OK);
    for (size_t i = 0; i < WORLD_REGIONS; i++)
        assert_int_equal(w.regions[i].made[WORLD_ACCESS], 0);
    world_free(&w);
}

static void one_region_that_fails_does_not_stop_the_others(void **st)
{
    struct world w = {.refuse_status = {[WORLD_ACCESS] = 403},
                      .refuse_code = {[WORLD_ACCESS] = "AuthorizationFailed"},
                      .refuse_only = 1};

    (void)st;
    world_run(&w, ACG_ERR_AUTH);
    world_told(&w, "westus: letting the set's identity use the key");
    world_told(&w, "Microsoft.Authorization/roleAssignments/write");
    assert_false(w.regions[0].there[WORLD_ACCESS]);
    assert_true(w.regions[1].there[WORLD_ACCESS] && w.regions[2].there[WORLD_ACCESS]);
    assert_non_null(strstr(w.report, "\"state\":\"failed\""));
    assert_non_null(strstr(w.report, "\"state\":\"ready\""));
    world_free(&w);
}

static void regions_that_fail_are_counted(void **st)
{
    struct world w = {.refuse_status = {[WORLD_SET] = 400},
                      .refuse_code = {[WORLD_SET] = "InvalidParameter"}};

    (void)st;
    world_run(&w, ACG_ERR_SERVICE);
    world_told(&w, "3 of 3 regions failed, the first");
    world_free(&w);
}

static void a_provider_that_is_not_registered_names_the_command(void **st)
{
    struct world w = {.refuse_status = {[WORLD_VAULT] = 409},
                      .refuse_code = {[WORLD_VAULT] = "MissingSubscriptionRegistration"}};

    (void)st;
    world_run(&w, ACG_ERR_SERVICE);
    world_told(&w, "acg register --provider");
    world_free(&w);
}

static void a_vault_name_that_is_taken_stops_before_the_first_write(void **st)
{
    struct world w = {.name_taken = true};

    (void)st;
    world_run(&w, ACG_ERR_CONFLICT);
    world_told(&w, "vault-name westus: the vault's name kv-westus is taken");
    assert_int_equal(w.writes, 0);
    world_free(&w);
}

static void what_is_missing_and_not_to_be_made_is_told_at_once(void **st)
{
    struct world w = {.no_group = true};
    struct acg_des_create_options o = world_options();

    (void)st;
    o.create_key = false;
    w.regions[1].there[WORLD_VAULT] = true;
    world_drive(&w, world_machine(&o));
    assert_int_equal(w.error.status, ACG_ERR_PREFLIGHT);
    world_told(&w, "group the resource group rg does not exist");
    world_told(&w, "missing westus: the vault kv-westus does not exist");
    world_told(&w, "missing eastus2: the vault kv-eastus2 has no key images");
    assert_int_equal(w.writes, 0);
    world_free(&w);
}

static void a_cancelled_run_says_how_to_go_on(void **st)
{
    struct acg_des_create_options o = world_options();
    struct acgp_work *m = world_machine(&o);
    struct world w = {0};

    (void)st;
    acgp_work_cancel(m, 0);
    world_drive(&w, m);
    assert_int_equal(w.error.status, ACG_ERR_CANCELLED);
    world_told(&w, "nothing was written");
    assert_non_null(strstr(w.report, "\"state\":\"unknown\""));
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_made_in_the_order_of_dependence),
        cmocka_unit_test(what_is_sent_is_what_the_documentation_asks_for),
        cmocka_unit_test(what_it_waits_for_is_said_each_minute),
        cmocka_unit_test(by_access_policy),
        cmocka_unit_test(tags_go_to_what_is_made),
        cmocka_unit_test(without_apply_nothing_is_written),
        cmocka_unit_test(a_second_run_writes_nothing),
        cmocka_unit_test(a_principal_that_is_not_known_yet_is_asked_for_again),
        cmocka_unit_test(a_principal_that_never_gets_known_ends_with_the_time),
        cmocka_unit_test(access_that_is_not_shown_yet_is_waited_for_without_a_second_write),
        cmocka_unit_test(reads_that_are_behind_a_write_are_no_failure),
        cmocka_unit_test(roles_that_may_not_be_read_are_taken_from_the_answer),
        cmocka_unit_test(a_role_that_somebody_else_assigned_meanwhile_is_fine),
        cmocka_unit_test(one_region_that_fails_does_not_stop_the_others),
        cmocka_unit_test(regions_that_fail_are_counted),
        cmocka_unit_test(a_provider_that_is_not_registered_names_the_command),
        cmocka_unit_test(a_vault_name_that_is_taken_stops_before_the_first_write),
        cmocka_unit_test(what_is_missing_and_not_to_be_made_is_told_at_once),
        cmocka_unit_test(a_cancelled_run_says_how_to_go_on),
    };

    return cmocka_run_group_tests_name("set-up: create", tests, NULL, NULL);
}
