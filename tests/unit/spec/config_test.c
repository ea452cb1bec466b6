/* SPDX-License-Identifier: MPL-2.0 */
/* What a configuration takes from HCL2, JSON files and the environment. */
#include "testlib/test.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/span.h"
#include "given.h"

static void every_kind_of_value_finds_its_place(void **st)
{
    (void)st;
    struct pkr_config *c = given_strict(
        "\"location\":\"West US\",\"replica_count\":3,\"exclude_from_latest\":true,\"timeout\":\"1h30m\","
        "\"wait\":\"accepted\",\"platform_key_disks\":[\"os\",\"1\"],\"tags\":{\"b\":\"2\",\"a\":\"1\"},"
        "\"edge_zone\":[{\"region\":\"westus\",\"name\":\"zone\",\"replicas\":1,\"data_disk\":"
        "[{\"lun\":2,\"disk_encryption_set_id\":\"d\"}],\"os_disk\":{\"secure_vm_disk_encryption_set_id\":"
        "\"s\"}}]");

    const struct acg_publish_options *o = given_options(c);
    assert_string_equal(o->location, "West US");
    assert_true(o->replica_count.set);
    assert_int_equal(o->replica_count.value, 3);
    assert_int_equal(o->exclude_from_latest, ACG_TRUE);
    assert_int_equal(o->timeout_ms, 90 * 60 * 1000);
    assert_int_equal(o->wait, ACG_WAIT_ACCEPTED);
    assert_int_equal(o->platform_key_disk_count, 2);
    assert_string_equal(o->platform_key_disks[1], "1");
    assert_int_equal(o->tag_count, 2);
    assert_string_equal(o->tags[0].name, "a");
    assert_string_equal(o->tags[0].value, "1");
    assert_int_equal(o->edge_zone_count, 1);
    assert_string_equal(o->edge_zones[0].name, "zone");
    assert_int_equal(o->edge_zones[0].encryption.data_disks[0].lun.value, 2);
    assert_string_equal(o->edge_zones[0].encryption.secure_vm_disk_encryption_set_id, "s");
    pkr_config_free(c);
}

static void null_and_empty_lists_are_not_set(void **st)
{
    (void)st;
    char *fields =
        given_join(given_base, "\"tags\":null,\"timeout\":null,\"edge_zone\":[],\"data_snapshot\":[],"
                               "\"target_regions\":null,\"disk_encryption_sets\":{}");
    struct pkr_config *c = given_cty(fields);

    given_is_sound(c, PKR_PHASE_PUBLISH);
    assert_int_equal(pkr_config_options(c)->timeout_ms, 0);
    free(fields);
    pkr_config_free(c);
}

static void hcl_and_file_give_the_same_request(void **st)
{
    (void)st;
    struct pkr_config *hcl = given_cty(given_base), *file = given_strict(given_base);
    char *a = given_body(hcl), *b = given_body(file);

    assert_string_equal(a, b);
    acgp_free(a);
    acgp_free(b);
    pkr_config_free(hcl);
    pkr_config_free(file);
}

static void later_elements_win_field_by_field(void **st)
{
    (void)st;
    struct pkr_pair first[] = {{pkr_text("location"), pkr_text("westus")},
                               {pkr_text("wait"), pkr_text("accepted")}};
    struct pkr_pair second[] = {{pkr_text("location"), pkr_text("eastus2")},
                                {pkr_text("packer_debug"), pkr_bool(true)}};
    struct pkr_value elements[] = {pkr_map(first, 2), pkr_nil(), pkr_map(second, 2)};
    struct pkr_config *c = NULL;

    assert_int_equal(pkr_config_new(&c, NULL), ACG_OK);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pkr_config_add_element(c, &elements[i], NULL), ACG_OK);
    assert_string_equal(given_options(c)->location, "eastus2");
    assert_int_equal(pkr_config_options(c)->wait, ACG_WAIT_ACCEPTED);
    pkr_config_free(c);
}

static void placeholders_of_build_values_are_no_configuration(void **st)
{
    (void)st;
    struct pkr_pair pairs[] = {{pkr_text("ID"), pkr_text("Build_ID. To set this ...")},
                               {pkr_text("PackerRunUUID"), pkr_text("Build_PackerRunUUID. To set this ...")}};
    struct pkr_value element = pkr_map(pairs, 2);
    struct pkr_config *c = given_strict(given_base);

    assert_int_equal(pkr_config_add_element(c, &element, NULL), ACG_OK);
    given_is_sound(c, PKR_PHASE_PUBLISH);
    pkr_config_free(c);
}

static void an_element_of_another_shape_is_refused(void **st)
{
    (void)st;
    struct pkr_value number = pkr_int(7), text = pkr_text("no json"), odd = pkr_text("{\"value\":3}");
    struct pkr_config *c = NULL;

    assert_int_equal(pkr_config_new(&c, NULL), ACG_OK);
    assert_int_equal(pkr_config_add_element(c, &number, NULL), ACG_ERR_PROTOCOL);
    assert_int_equal(pkr_config_add_element(c, &text, NULL), ACG_ERR_PROTOCOL);
    assert_int_equal(pkr_config_add_element(c, &odd, NULL), ACG_ERR_PROTOCOL);
    pkr_config_free(c);
}

static const char *lookup(void *context, const char *name)
{
    const char *const *pairs = context;

    for (; pairs[0] != NULL; pairs += 2)
        if (strcmp(pairs[0], name) == 0)
            return pairs[1];
    return NULL;
}

static void the_environment_fills_what_is_not_set(void **st)
{
    (void)st;
    const char *variables[] = {"AZURE_TENANT_ID",
                               "from-environment",
                               "AZURE_CLIENT_ID",
                               "environment-client",
                               "AZURE_CLIENT_SECRET",
                               "environment-secret",
                               "AZURE_SUBSCRIPTION_ID",
                               "",
                               "AZURE_AUTHORITY_HOST",
                               "https://login.example.com",
                               "ACG_CA_FILE",
                               "/ca.pem",
                               "ACG_RESOURCE_MANAGER_ENDPOINT",
                               "https://arm.example.com",
                               NULL};
    struct pkr_config *c = given_strict("\"tenant_id\":\"own\"");
    struct acg_publisher_options options = ACG_PUBLISHER_OPTIONS_INIT;

    assert_int_equal(pkr_config_environment(c, lookup, variables, NULL), ACG_OK);
    pkr_config_publisher_options(c, &options);
    assert_string_equal(options.resource_manager_endpoint, "https://arm.example.com");
    assert_string_equal(pkr_config_endpoint(c), "https://arm.example.com");
    assert_string_equal(options.ca_file, "/ca.pem");
    assert_null(given_options(c)->subscription_id); /* an empty variable is none */
    assert_true(pkr_config_reveals(c, "x environment-secret y"));
    assert_false(pkr_config_reveals(c, "x y"));
    pkr_config_free(c);
}

static void every_secret_of_a_login_is_looked_for_before_a_line_is_shown(void **st)
{
    (void)st;
    const char *variables[] = {"ARM_CLIENT_SECRET",
                               "arm-client-secret",
                               "SYSTEM_ACCESSTOKEN",
                               "system-token-x",
                               "AZURE_CLIENT_CERTIFICATE_PASSWORD",
                               "short",
                               "IDENTITY_HEADER",
                               "header-of-identity",
                               NULL};
    struct pkr_config *c =
        given_strict("\"client_jwt\":\"head.claims.sign\",\"client_cert_password\":\"pass-of-cert\","
                     "\"oidc_request_token\":\"request-token\"");
    static const char *const shown[] = {"arm-client-secret", "system-token-x", "header-of-identity",
                                        "head.claims.sign",  "pass-of-cert",   "request-token"};

    assert_int_equal(pkr_config_environment(c, lookup, variables, NULL), ACG_OK);
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
        assert_true(pkr_config_reveals(c, shown[i]));
    assert_false(pkr_config_reveals(c, "a short line"));
    pkr_config_free(c);
}

static void packers_names_of_variables_come_after_azures(void **st)
{
    (void)st;
    const char *arm[] = {"ARM_SUBSCRIPTION_ID", "of-arm", NULL};
    const char *both[] = {"ARM_SUBSCRIPTION_ID", "of-arm", "AZURE_SUBSCRIPTION_ID", "of-azure", NULL};
    struct pkr_config *c = given_strict("\"location\":\"westus\"");

    assert_int_equal(pkr_config_environment(c, lookup, arm, NULL), ACG_OK);
    assert_string_equal(pkr_config_subscription(c), "of-arm");
    pkr_config_free(c);
    c = given_strict("\"location\":\"westus\"");
    assert_int_equal(pkr_config_environment(c, lookup, both, NULL), ACG_OK);
    assert_string_equal(pkr_config_subscription(c), "of-azure");
    pkr_config_free(c);
}

static void a_journal_is_named_or_lies_where_states_lie(void **st)
{
    static const struct {
        const char *field, *state_home, *home, *dir;
    } cases[] = {
        {"\"location\":\"westus\"", "/s", "/h", "/s/acg"},
        {"\"journal\":\"\"", "relative", "/h", "/h/.local/state/acg"},
        {"\"journal\":\"\"", "", "/h", "/h/.local/state/acg"},
        {"\"location\":\"westus\"", "", "", NULL},
        {"\"journal\":\"/j\"", "/s", "/h", "/j"},
        {"\"journal\":\"none\"", "/s", "/h", NULL},
    };

    (void)st;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *variables[] = {"XDG_STATE_HOME", cases[i].state_home, "HOME", cases[i].home, NULL};
        struct pkr_config *c = given_strict(cases[i].field);

        assert_int_equal(pkr_config_environment(c, lookup, variables, NULL), ACG_OK);
        if (cases[i].dir != NULL)
            assert_string_equal(pkr_config_journal(c), cases[i].dir);
        else
            assert_null(pkr_config_journal(c));
        pkr_config_free(c);
    }
}

static enum acg_status publisher_of(struct pkr_config *c, char **notice, struct acg_error *err)
{
    const struct pkr_publisher_wish wish = {.journal = true};
    struct acg_publisher *publisher = NULL;
    enum acg_status status = pkr_config_publisher_new(c, &wish, &publisher, notice, err);

    acg_publisher_free(publisher);
    return status;
}

static void only_a_journal_that_was_named_must_be(void **st)
{
    static const char login[] = "\"tenant_id\":\"example.com\",\"client_id\":\"c\",\"client_secret\":\"s\"";
    static const struct {
        const char *journal, *home, *notice; /* NULL: none */
        enum acg_status status;
    } cases[] = {
        {"", "/dev/null",
         "no journal is kept: cannot make the directory /dev/null/.local/state/acg: ", ACG_OK},
        {"", "", "no journal is kept: neither XDG_STATE_HOME nor HOME is set", ACG_OK},
        {"none", "", NULL, ACG_OK},
        {"/dev/null/j", "", NULL, ACG_ERR_ARGUMENT},
    };

    (void)st;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *variables[] = {"HOME", cases[i].home, NULL};
        char text[256], *notice = NULL;
        struct acg_error err = {.status = ACG_OK};
        struct pkr_config *c = NULL;

        snprintf(text, sizeof text, "%s,\"journal\":\"%s\"", login, cases[i].journal);
        c = given_strict(text);
        assert_int_equal(pkr_config_environment(c, lookup, variables, NULL), ACG_OK);
        assert_int_equal(publisher_of(c, &notice, &err), cases[i].status);
        if (cases[i].status != ACG_OK)
            assert_string_equal(err.field, "journal");
        if (cases[i].notice != NULL)
            assert_ptr_equal(strstr(notice != NULL ? notice : "", cases[i].notice), notice);
        else
            assert_null(notice);
        acgp_free(notice);
        pkr_config_free(c);
    }
}

static void an_id_keeps_the_environments_subscription_away(void **st)
{
    (void)st;
    const char *variables[] = {"AZURE_SUBSCRIPTION_ID", "99999999-0000-0000-0000-000000000000", NULL};
    struct pkr_config *c = given_strict("\"gallery_image_version_id\":\"/subscriptions/s\"");

    assert_int_equal(pkr_config_environment(c, lookup, variables, NULL), ACG_OK);
    assert_null(given_options(c)->subscription_id);
    pkr_config_free(c);
}

static void expect_build_number(const char *written, const char **variables, int64_t number)
{
    struct pkr_config *c = given_strict(written);

    pkr_config_build_number(c, lookup, variables);
    assert_int_equal(given_options(c)->build_number.set ? given_options(c)->build_number.value : -1, number);
    pkr_config_free(c);
}

static void the_number_of_the_build_is_taken_where_the_version_asks_for_it(void **st)
{
    static const char build[] = "\"gallery_image_version\":\"1.4.build\"";
    const char *jenkins[] = {"CI_PIPELINE_IID", "9", "BUILD_NUMBER", "12", NULL};
    const char *odd[] = {"BUILD_NUMBER", "20261101.3", "GITHUB_RUN_NUMBER", "", "BUILD_BUILDID",
                         "0815",         NULL};
    const char *gitlab[] = {"CI_PIPELINE_IID", "9", NULL}, *github[] = {"GITHUB_RUN_NUMBER", "31", NULL};
    const char *endless[] = {"BUILD_NUMBER", "9999999999999999999", NULL},
               *minus[] = {"BUILD_NUMBER", "-1", NULL};

    (void)st;
    expect_build_number(build, jenkins, 12);
    expect_build_number(build, odd, 815);
    expect_build_number(build, gitlab, 9);
    expect_build_number(build, github, 31);
    expect_build_number(build, endless, -1);
    expect_build_number(build, minus, -1);
    expect_build_number("\"gallery_image_version_id\":\"/subscriptions/s/versions/1.4.build\"", gitlab, 9);
    expect_build_number("\"gallery_image_version\":\"1.4.build\",\"build_number\":5", jenkins, 5);
    expect_build_number("\"gallery_image_version\":\"1.4.build\",\"build_number\":\"x\"", jenkins, -1);
    expect_build_number("\"gallery_image_version\":\"1.4.0\"", jenkins, -1);
    expect_build_number("\"gallery_image_version\":\".build\"", jenkins, -1);
    expect_build_number("\"gallery_name\":\"a.build\"", jenkins, -1);
}

static void a_secret_is_wiped_where_it_came_from(void **st)
{
    (void)st;
    struct pkr_config *c = NULL;
    json_t *root = json_pack("{s:s, s:s}", "client_secret", "not-a-real-secret", "location", "westus");

    assert_int_equal(pkr_config_new(&c, NULL), ACG_OK);
    assert_int_equal(pkr_config_add_json(c, root, PKR_CONFIG_STRICT, NULL), ACG_OK);
    assert_string_equal(json_string_value(json_object_get(root, "client_secret")), "*****************");
    assert_string_equal(json_string_value(json_object_get(root, "location")), "westus");
    assert_true(pkr_config_reveals(c, "not-a-real-secret"));
    json_decref(root);
    pkr_config_free(c);
}

static void text_that_is_no_object_says_where(void **st)
{
    (void)st;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"{\n\"a\": }", "f.json is not JSON: line 2"},
        {"[]", "f.json holds no JSON object"},
        {"{\"location\":\"a\",\"location\":\"b\"}", "the key stands twice"},
        {"", "f.json is not JSON"},
    };
    struct pkr_config *c = NULL;

    assert_int_equal(pkr_config_new(&c, NULL), ACG_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct acg_error err = {.status = ACG_OK};
        assert_int_equal(pkr_config_add_text(c, acgp_span(cases[i].text), "f.json", &err), ACG_ERR_ARGUMENT);
        assert_non_null(strstr(err.message, cases[i].says));
    }
    pkr_config_free(c);
}

static void a_long_number_is_a_fault_of_its_field(void **st)
{
    (void)st;
    struct pkr_config *c = given_strict("\"replica_count\":123456789012345678901234567890");
    char *faults = given_faults(c, PKR_PHASE_VALIDATE);

    assert_non_null(strstr(faults, "* replica_count: is 1.23456789012346e+29, must be a whole number"));
    acgp_free(faults);
    pkr_config_free(c);
}

static void the_artifact_names_the_source_later(void **st)
{
    (void)st;
    const struct acg_data_disk_source disks[] = {{.lun = {true, 0}, .id = "d0"},
                                                 {.lun = {true, 4}, .id = "d4"}};
    const struct acg_source source = {.os_snapshot = "os", .data_disks = disks, .data_disk_count = 2};
    char *fields = given_join(given_names, "\"location\":\"westus\",\"artifact_source\":\"snapshots\"");
    struct pkr_config *c = given_strict(fields);

    assert_false(pkr_config_names_source(c));
    assert_int_equal(pkr_config_artifact_choice(c), PKR_ARTIFACT_SNAPSHOTS);
    given_is_sound(c, PKR_PHASE_VALIDATE);
    assert_int_equal(pkr_config_check(c, PKR_PHASE_PUBLISH, NULL), ACG_ERR_ARGUMENT);
    assert_int_equal(pkr_config_set_source(c, &source, NULL), ACG_OK);
    assert_true(pkr_config_names_source(c));
    given_is_sound(c, PKR_PHASE_PUBLISH);
    assert_int_equal(pkr_config_options(c)->source.data_disks[1].lun.value, 4);
    free(fields);
    pkr_config_free(c);
}

static void disks_of_the_artifact_stand_beside_the_compact_form(void **st)
{
    (void)st;
    const struct acg_data_disk_source disks[] = {{.lun = {true, 4}, .id = "d4"}};
    const struct acg_source source = {.os_snapshot = "os", .data_disks = disks, .data_disk_count = 1};
    char *fields = given_join(given_names, "\"location\":\"westus\",\"target_regions\":[\"westus=2\"],"
                                           "\"disk_encryption_sets\":{\"westus/4\":\"s4\",\"westus\":\"s\"}");
    struct pkr_config *c = given_strict(fields);

    assert_int_equal(pkr_config_set_source(c, &source, NULL), ACG_OK);
    given_is_sound(c, PKR_PHASE_PUBLISH);
    assert_int_equal(pkr_config_options(c)->source.data_disk_count, 1);
    assert_int_equal(pkr_config_options(c)->source.data_disks[0].lun.value, 4);
    assert_int_equal(pkr_config_options(c)->target_regions[0].encryption.data_disks[0].lun.value, 4);
    free(fields);
    pkr_config_free(c);
}

static void what_to_take_of_the_artifact_is_one_of_four_words(void **st)
{
    (void)st;
    char *fields = given_join(given_names, "\"location\":\"westus\",\"artifact_source\":\"snapshot\"");
    struct pkr_config *c = given_strict(fields);
    char *faults = given_faults(c, PKR_PHASE_VALIDATE);

    assert_non_null(strstr(faults, "* artifact_source: is \"snapshot\""));
    acgp_free(faults);
    free(fields);
    pkr_config_free(c);
}

static void a_source_that_is_named_leaves_nothing_to_take_of_the_artifact(void **st)
{
    (void)st;
    char *fields = given_join(
        given_names, "\"location\":\"westus\",\"artifact_source\":\"disks\",\"managed_image\":\"i\"");
    struct pkr_config *c = given_strict(fields);
    char *faults = given_faults(c, PKR_PHASE_VALIDATE);

    assert_non_null(strstr(faults, "* artifact_source: stands beside a source that the configuration names"));
    acgp_free(faults);
    free(fields);
    pkr_config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_value_finds_its_place),
        cmocka_unit_test(null_and_empty_lists_are_not_set),
        cmocka_unit_test(hcl_and_file_give_the_same_request),
        cmocka_unit_test(later_elements_win_field_by_field),
        cmocka_unit_test(placeholders_of_build_values_are_no_configuration),
        cmocka_unit_test(an_element_of_another_shape_is_refused),
        cmocka_unit_test(the_environment_fills_what_is_not_set),
        cmocka_unit_test(every_secret_of_a_login_is_looked_for_before_a_line_is_shown),
        cmocka_unit_test(packers_names_of_variables_come_after_azures),
        cmocka_unit_test(a_journal_is_named_or_lies_where_states_lie),
        cmocka_unit_test(only_a_journal_that_was_named_must_be),
        cmocka_unit_test(the_number_of_the_build_is_taken_where_the_version_asks_for_it),
        cmocka_unit_test(an_id_keeps_the_environments_subscription_away),
        cmocka_unit_test(a_secret_is_wiped_where_it_came_from),
        cmocka_unit_test(text_that_is_no_object_says_where),
        cmocka_unit_test(a_long_number_is_a_fault_of_its_field),
        cmocka_unit_test(the_artifact_names_the_source_later),
        cmocka_unit_test(disks_of_the_artifact_stand_beside_the_compact_form),
        cmocka_unit_test(what_to_take_of_the_artifact_is_one_of_four_words),
        cmocka_unit_test(a_source_that_is_named_leaves_nothing_to_take_of_the_artifact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
