/* SPDX-License-Identifier: MPL-2.0 */
/* One answer with every fault, no fault twice, and nothing said about what is not known yet. */
#include "testlib/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/span.h"
#include "given.h"

static void a_sound_configuration_has_no_findings(void **st)
{
    (void)st;
    struct pkr_config *c = given_strict(given_base);

    given_is_sound(c, PKR_PHASE_PUBLISH);
    given_is_sound(c, PKR_PHASE_VALIDATE); /* again, for another phase */
    char *text = pkr_findings_text(pkr_config_findings(c));
    assert_string_equal(text, "no faults");
    acgp_free(text);
    pkr_config_free(c);
}

static void unknown_values_are_not_judged_before_the_build(void **st)
{
    (void)st;
    static const char *const fields[] = {
        "\"location\":\"<unknown>\",\"managed_image\":\"image\",\"target_region\":[{\"name\":\"westus\"}]",
        "\"location\":\"westus\",\"target_region\":[{\"name\":\"x<unknown>\"},{\"name\":\"eastus2\"}]",
        "\"managed_image\":\"/subscriptions/<unknown>\",\"location\":\"westus\"",
        "\"location\":\"westus\",\"target_region\":[{\"name\":\"westus\",\"disk_encryption_set_id\":\"<"
        "unknown>\"}]",
        "\"location\":\"westus\",\"target_regions\":[\"<unknown>\"],\"disk_encryption_sets\":{\"eastus/"
        "os\":\"a\"}",
        "\"target_regions\":[\"westus\"],\"disk_encryption_sets\":{\"<unknown>/os\":\"a\",\"westus/0\":\"b\","
        "\"westus/os\":\"<unknown>\"}",
        "\"timeout\":\"<unknown>\",\"wait\":\"<unknown>\",\"end_of_life_date\":\"<unknown>\",\"location\":"
        "\"westus\"",
        "\"os_snapshot\":\"os\",\"data_snapshots\":{\"<unknown>\":\"d\"},\"location\":\"westus\"",
    };

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        char *joined = given_join(given_names, fields[i]);
        struct pkr_config *c = given_cty(joined);

        given_is_sound(c, PKR_PHASE_VALIDATE);
        char *faults = given_faults(c, PKR_PHASE_PUBLISH);
        assert_non_null(strstr(faults, "still holds <unknown>"));
        acgp_free(faults);
        free(joined);
        pkr_config_free(c);
    }
}

static void other_faults_show_beside_an_unknown_value(void **st)
{
    (void)st;
    char *joined = given_join(given_names, "\"location\":\"<unknown>\",\"replica_count\":0,"
                                           "\"end_of_life_date\":\"tomorrow\"");
    struct pkr_config *c = given_cty(joined);
    char *faults = given_faults(c, PKR_PHASE_VALIDATE);

    assert_non_null(strstr(faults, "2 faults:"));
    assert_non_null(strstr(faults, "(R18)"));
    assert_non_null(strstr(faults, "(R19)"));
    acgp_free(faults);
    free(joined);
    pkr_config_free(c);
}

static void an_unknown_version_id_hides_no_name(void **st)
{
    (void)st;
    struct pkr_config *c = given_cty(
        "\"gallery_image_version_id\":\"<unknown>\",\"location\":\"westus\",\"tenant_id\":"
        "\"11111111-2222-3333-4444-555555555555\",\"client_id\":\"c\",\"client_secret\":\"s3cr3t\"");

    given_is_sound(c, PKR_PHASE_VALIDATE);
    pkr_config_free(c);
}

static void template_actions_are_refused_and_not_shown(void **st)
{
    (void)st;
    char *joined =
        given_join(given_base, "\"end_of_life_date\":\"{{isotime}}\",\"tags\":{\"{{build_name}}\":\"x\"}");
    struct pkr_config *c = given_weak(joined);
    char *faults = given_faults(c, PKR_PHASE_VALIDATE);

    assert_non_null(strstr(faults, "2 faults:"));
    assert_non_null(
        strstr(faults, "* end_of_life_date: holds a template action, {{ ... }}, which is not evaluated"));
    acgp_free(faults);
    free(joined);
    pkr_config_free(c);
}

static void the_secret_stands_in_no_finding(void **st)
{
    (void)st;
    char *joined =
        given_join(given_names, "\"authority_host\":\"http://not-a-real-secret.example.com\","
                                "\"client_secrets\":\"not-a-real-secret\",\"location\":\"northpole\"");
    struct pkr_config *c = given_strict(joined);
    struct acg_error err = {.status = ACG_OK};

    assert_int_equal(pkr_config_check(c, PKR_PHASE_PUBLISH, &err), ACG_ERR_ARGUMENT);
    char *faults = pkr_findings_text(pkr_config_findings(c));
    assert_false(pkr_config_reveals(c, faults));
    assert_false(pkr_config_reveals(c, err.message));
    acgp_free(faults);
    free(joined);
    pkr_config_free(c);
}

/* A sound publish without a login. */
static struct pkr_config *without_login(const char *more)
{
    char *fields = given_join("\"gallery_image_version_id\":\"/subscriptions/"
                              "00000000-0000-0000-0000-000000000000/resourceGroups/g/providers/"
                              "Microsoft.Compute/galleries/g/images/i/versions/1.0.0\","
                              "\"location\":\"westus\",\"managed_image\":\"image\"",
                              more);
    struct pkr_config *c = given_strict(fields);

    free(fields);
    return c;
}

static void half_a_login_is_refused_except_for_a_preview(void **st)
{
    (void)st;
    struct pkr_config *c = without_login("\"tenant_id\":\"11111111-2222-3333-4444-555555555555\"");

    given_is_sound(c, PKR_PHASE_PREVIEW);
    char *faults = given_faults(c, PKR_PHASE_VALIDATE);
    assert_non_null(strstr(faults, "2 faults:"));
    assert_non_null(strstr(faults, "* client_id: is missing"));
    assert_non_null(strstr(faults, "* client_secret: is missing, and so is every other login"));
    acgp_free(faults);
    pkr_config_free(c);
}

static void no_login_at_all_is_looked_for_when_it_is_needed(void **st)
{
    (void)st;
    struct pkr_config *c = without_login("\"cloud_environment_name\":\"public\"");
    struct acg_credential *credential = NULL;

    given_is_sound(c, PKR_PHASE_VALIDATE);
    assert_int_equal(pkr_config_credential_new(c, &credential, NULL), ACG_OK);
    acg_credential_free(credential);
    pkr_config_free(c);
}

static void what_a_login_lacks_is_named_with_its_variable(void **st)
{
    (void)st;
    static const struct {
        const char *fields, *fault;
    } rows[] = {
        {"\"client_cert_path\":\"/c.pem\",\"client_id\":\"c\"",
         "* tenant_id: is missing; the login to Azure needs it (config). Fix: set tenant_id, or the "
         "environment "
         "variable AZURE_TENANT_ID."},
        {"\"oidc_request_url\":\"https://g/\",\"client_id\":\"c\",\"tenant_id\":\"t\"",
         "* oidc_request_token: is missing; give ACTIONS_ID_TOKEN_REQUEST_TOKEN of the job (config). Fix: "
         "set "
         "oidc_request_token, or the environment variable ARM_OIDC_REQUEST_TOKEN."},
        {"\"client_jwt\":\"a.b.c\",\"use_msi\":true", "* use_msi: given beside client_jwt"},
        {"\"cloud_environment_name\":\"Mars\"", "* cloud_environment_name: is \"Mars\", none of Public"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pkr_config *c = without_login(rows[i].fields);
        char *faults = given_faults(c, PKR_PHASE_PUBLISH);
        if (strstr(faults, rows[i].fault) == NULL)
            fail_msg("%s", faults);
        acgp_free(faults);
        pkr_config_free(c);
    }
}

static void a_login_that_is_not_known_yet_is_not_judged(void **st)
{
    (void)st;
    struct pkr_config *c = without_login(
        "\"client_secret\":\"<unknown>\",\"tenant_id\":\"11111111-2222-3333-4444-555555555555\"");

    given_is_sound(c, PKR_PHASE_VALIDATE);
    pkr_config_free(c);
}

static void the_cloud_names_the_resource_manager(void **st)
{
    (void)st;
    static const struct {
        const char *fields, *want;
    } rows[] = {
        {"\"cloud_environment_name\":\"USGovernment\"", "https://management.usgovcloudapi.net"},
        {"\"cloud_environment_name\":\"AzureChinaCloud\"", "https://management.chinacloudapi.cn"},
        {"\"cloud_environment_name\":\"China\",\"resource_manager_endpoint\":\"https://own.example.com\"",
         "https://own.example.com"},
        {"\"cloud_environment_name\":\"Public\"", NULL},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pkr_config *c = given_strict(rows[i].fields);
        const char *have = pkr_config_endpoint(c);
        assert_int_equal(have == NULL, rows[i].want == NULL);
        if (have != NULL)
            assert_string_equal(have, rows[i].want);
        pkr_config_free(c);
    }
}

static void renames_reach_field_and_words(void **st)
{
    (void)st;
    struct pkr_config *c =
        given_strict("\"location\":\"westus\",\"managed_image\":\"i\",\"os_snapshot\":\"s\"");

    assert_int_equal(pkr_config_rename(c, "resource_group", "--resource-group", NULL), ACG_OK);
    assert_int_equal(pkr_config_rename(c, "managed_image", "--managed-image", NULL), ACG_OK);
    char *faults = given_faults(c, PKR_PHASE_PREVIEW);
    assert_non_null(strstr(faults, "* --resource-group: the name is missing"));
    assert_non_null(strstr(faults, "environment variable AZURE_SUBSCRIPTION_ID"));
    assert_non_null(strstr(faults, "--managed-image"));
    assert_null(strstr(faults, "managed_image,"));
    acgp_free(faults);
    pkr_config_free(c);
}

static void an_own_fault_stands_first_and_silences_its_field(void **st)
{
    (void)st;
    struct pkr_config *c = given_strict(given_base);

    assert_int_equal(pkr_config_add_fault(c, "config", "target_region[1]", "is odd", "mend it", NULL),
                     ACG_OK);
    char *faults = given_faults(c, PKR_PHASE_PUBLISH);
    assert_string_equal(faults, "1 fault:\n* target_region[1]: is odd (config). Fix: mend it.");
    acgp_free(faults);
    pkr_config_free(c);
}

static void warnings_follow_the_faults(void **st)
{
    (void)st;
    struct acg_findings *list = NULL;

    assert_int_equal(acg_findings_new(&list, NULL), ACG_OK);
    assert_int_equal(acg_findings_add(list, ACG_SEVERITY_WARNING, "R15", "a", "w", "x", NULL), ACG_OK);
    assert_int_equal(acg_findings_add(list, ACG_SEVERITY_ERROR, "R5", "b\nc", "e\tf", "y", NULL), ACG_OK);
    char *text = pkr_findings_text(list);
    assert_string_equal(text, "1 fault:\n* b c: e f (R5). Fix: y.\n* warning: a: w (R15). Fix: x.");
    acgp_free(text);
    acg_findings_free(list);
}

static void a_thousand_faults_are_a_limit_not_a_flood(void **st)
{
    (void)st;
    json_t *root = json_object();
    struct pkr_config *c = NULL;
    char key[16];

    for (int i = 0; i < 1200; i++) {
        (void)snprintf(key, sizeof key, "k%d", i);
        assert_int_equal(json_object_set_new(root, key, json_true()), 0);
    }
    assert_int_equal(pkr_config_new(&c, NULL), ACG_OK);
    assert_int_equal(pkr_config_add_json(c, root, PKR_CONFIG_STRICT, NULL), ACG_ERR_LIMIT);
    json_decref(root);
    pkr_config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_configuration_has_no_findings),
        cmocka_unit_test(unknown_values_are_not_judged_before_the_build),
        cmocka_unit_test(other_faults_show_beside_an_unknown_value),
        cmocka_unit_test(an_unknown_version_id_hides_no_name),
        cmocka_unit_test(template_actions_are_refused_and_not_shown),
        cmocka_unit_test(the_secret_stands_in_no_finding),
        cmocka_unit_test(half_a_login_is_refused_except_for_a_preview),
        cmocka_unit_test(no_login_at_all_is_looked_for_when_it_is_needed),
        cmocka_unit_test(what_a_login_lacks_is_named_with_its_variable),
        cmocka_unit_test(a_login_that_is_not_known_yet_is_not_judged),
        cmocka_unit_test(the_cloud_names_the_resource_manager),
        cmocka_unit_test(renames_reach_field_and_words),
        cmocka_unit_test(an_own_fault_stands_first_and_silences_its_field),
        cmocka_unit_test(warnings_follow_the_faults),
        cmocka_unit_test(a_thousand_faults_are_a_limit_not_a_flood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
