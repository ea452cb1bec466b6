/* SPDX-License-Identifier: MPL-2.0 */
/* Reading sets: pages, what depends on them, and what does not count as an answer. */
#include <stdio.h>

#include "setup/setup.h"
#include "testlib/talk.h"

#define SUB  "00000000-0000-0000-0000-000000000000"
#define SETS "/subscriptions/" SUB "/resourceGroups/rg/providers/Microsoft.Compute/diskEncryptionSets/"
#define SET(name, region)                                                                                    \
    "{\"id\":\"" SETS name "\",\"name\":\"" name "\",\"location\":\"" region                                 \
    "\",\"identity\":{\"type\":\"SystemAssigned\",\"principalId\":\"p\"},\"properties\":{"                   \
    "\"encryptionType\":"                                                                                    \
    "\"EncryptionAtRestWithPlatformAndCustomerKeys\",\"provisioningState\":\"Succeeded\",\"activeKey\":{"    \
    "\"keyUrl\":"                                                                                            \
    "\"https://kv.vault.azure.net/keys/k/0001\"},\"rotationToLatestKeyVersionEnabled\":true}}"
#define LIST "/providers/Microsoft.Compute/diskEncryptionSets?"

static struct talk begin(const char *name, const char *group)
{
    struct acg_des_read_options o = ACG_DES_READ_OPTIONS_INIT;
    struct acgp_work *m = NULL;

    o.subscription_id = SUB;
    o.resource_group = group;
    o.disk_encryption_set = name;
    if (name != NULL)
        assert_int_equal(acgp_des_show_new(&o, talk_config(), &m, NULL), ACG_OK);
    else
        assert_int_equal(acgp_des_list_new(&o, talk_config(), &m, NULL), ACG_OK);
    return talk_begin_work(m);
}

static void pages_are_followed_and_users_are_read(void **st)
{
    struct talk t = begin(NULL, NULL);

    (void)st;
    talk_expect(&t, "GET", LIST);
    talk_reply_text(
        &t, 200, "{\"value\":[" SET("b", "West US") "],\"nextLink\":\"https://management.azure.com/page2\"}");
    talk_expect(&t, "GET", "/page2");
    talk_reply_text(&t, 200, "{\"value\":[" SET("a", "westus") "," SET("c", "eastus2") "]}");
    talk_expect(&t, "GET", "/a/associatedResources?");
    talk_reply_text(&t, 200, "{\"value\":[\"/d1\"],\"nextLink\":\"https://management.azure.com/more\"}");
    talk_expect(&t, "GET", "/more");
    talk_reply_text(&t, 200, "{\"value\":[\"/d2\"]}");
    talk_expect(&t, "GET", "/b/associatedResources?");
    talk_reply_text(&t, 200, "{\"value\":[]}");
    talk_expect(&t, "GET", "/c/associatedResources?");
    talk_reply_text(&t, 403, "{\"error\":{\"code\":\"AuthorizationFailed\",\"message\":\"no\"}}");
    talk_told(&t, "c: what depends on it could not be read (HTTP 403)");
    talk_ends(&t, ACG_OK);
    const char *east = strstr(t.report, "\"name\":\"eastus2\""), *a = strstr(t.report, "\"name\":\"a\"");
    const char *b = strstr(t.report, "\"name\":\"b\"");
    assert_true(east != NULL && a != NULL && b != NULL && east < a && a < b); /* regions, then names */
    assert_non_null(strstr(t.report, "\"used_by\":[\"/d1\",\"/d2\"]"));
    assert_non_null(strstr(t.report, "\"used_by\":[]"));
    assert_non_null(strstr(t.report, "\"used_by\":null"));
    assert_non_null(strstr(t.report,
                           "\"key\":{\"url\":\"https://kv.vault.azure.net/keys/k/0001\",\"vault\":\"kv\","
                           "\"name\":\"k\",\"version\":\"0001\"}"));
    talk_free(&t);
}

static void a_page_elsewhere_gets_no_token(void **st)
{
    static const char *const elsewhere[] = {"https://example.com/p", "http://management.azure.com/p"};

    (void)st;
    for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++) {
        struct talk t = begin(NULL, "rg");
        char body[256];
        snprintf(body, sizeof body, "{\"value\":[],\"nextLink\":\"%s\"}", elsewhere[i]);
        talk_expect(&t, "GET", "/resourceGroups/rg" LIST);
        talk_reply_text(&t, 200, body);
        talk_ends(&t, ACG_ERR_PROTOCOL);
        talk_told(&t, "not the resource manager's");
        talk_free(&t);
    }
}

static void a_list_without_end_is_given_up(void **st)
{
    struct talk t = begin(NULL, NULL);

    (void)st;
    for (int i = 0; i < 1001; i++) {
        talk_expect(&t, "GET", "management.azure.com/");
        talk_reply_text(&t, 200, "{\"value\":[],\"nextLink\":\"https://management.azure.com/again\"}");
    }
    talk_ends(&t, ACG_ERR_LIMIT);
    talk_free(&t);
}

static void one_set_by_name(void **st)
{
    struct talk t = begin("a", "rg");

    (void)st;
    talk_expect(&t, "GET", SETS "a?");
    talk_reply_text(&t, 200, SET("a", "westus"));
    talk_expect(&t, "GET", "/a/associatedResources?");
    talk_reply_text(&t, 200, "{\"value\":[\"/d\"]}");
    talk_ends(&t, ACG_OK);
    assert_non_null(strstr(t.report, "{\"disk_encryption_set\":{\"id\":\"" SETS "a\""));
    talk_free(&t);
}

static void a_set_that_is_not_there(void **st)
{
    struct talk t = begin(SETS "a", NULL);

    (void)st;
    talk_expect(&t, "GET", SETS "a?");
    talk_reply_text(&t, 404, "{\"error\":{\"code\":\"NotFound\",\"message\":\"was not found\"}}");
    talk_ends(&t, ACG_ERR_SERVICE);
    assert_int_equal(t.error.http_status, 404);
    assert_null(t.report);
    talk_free(&t);
}

static void what_is_no_list_is_no_answer(void **st)
{
    static const char *const bodies[] = {
        "", "[]", "{}", "{\"value\":7}", "{\"value\":[{}]}", "{\"value\":[{\"id\":\"@example.com/x\"}]}"};

    (void)st;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct talk t = begin(NULL, NULL);
        talk_expect(&t, "GET", LIST);
        talk_reply_text(&t, 200, bodies[i]);
        talk_ends(&t, ACG_ERR_PROTOCOL);
        talk_free(&t);
    }
}

static void time_ends_it(void **st)
{
    struct talk t = begin(NULL, NULL);

    (void)st;
    talk_expect(&t, "GET", LIST);
    talk_pass_ms(&t, 600000);
    talk_ends(&t, ACG_ERR_TIMEOUT);
    talk_free(&t);
}

static void options_are_checked(void **st)
{
    static const struct {
        struct acg_des_read_options o;
        const char *field;
    } bad[] = {
        {{.version = 2}, "version"},
        {{.version = 1, .subscription_id = SUB}, "disk_encryption_set"},
        {{.version = 1, .disk_encryption_set = "a"}, "subscription_id"},
        {{.version = 1, .subscription_id = SUB, .disk_encryption_set = "a"}, "resource_group"},
        {{.version = 1,
          .disk_encryption_set = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d"},
         "disk_encryption_set"},
    };

    (void)st;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct acgp_work *m = NULL;
        struct acg_error err;
        assert_int_equal(acgp_des_show_new(&bad[i].o, talk_config(), &m, &err), ACG_ERR_ARGUMENT);
        assert_string_equal(err.field, bad[i].field);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_are_followed_and_users_are_read),
        cmocka_unit_test(a_page_elsewhere_gets_no_token),
        cmocka_unit_test(a_list_without_end_is_given_up),
        cmocka_unit_test(one_set_by_name),
        cmocka_unit_test(a_set_that_is_not_there),
        cmocka_unit_test(what_is_no_list_is_no_answer),
        cmocka_unit_test(time_ends_it),
        cmocka_unit_test(options_are_checked),
    };

    return cmocka_run_group_tests_name("set-up: reading sets", tests, NULL, NULL);
}
