/* SPDX-License-Identifier: MPL-2.0 */
/* The identity of this machine, az, and the chain of both. */
#include "testlib/test.h"

#include "login_talk.h"

#define IMDS                                                                                                 \
    "http://169.254.169.254/metadata/identity/oauth2/"                                                       \
    "token?api-version=2018-02-01&resource=https%3A%2F%2Fmanagement.azure.com"
#define AZ "az account get-access-token --output json --resource https://management.azure.com"

static const char imds_token[] =
    "{\"access_token\":\"one\",\"client_id\":\"c\",\"expires_in\":\"86400\",\"expires_on\":\"1700086400\","
    "\"not_before\":\"1700000000\",\"resource\":\"https://management.azure.com\",\"token_type\":\"Bearer\"}";

static struct acg_credential *identity(struct acg_managed_identity_options o)
{
    struct acg_credential *c = NULL;
    struct acg_error err = {0};

    if (acg_credential_managed_identity_new(&o, &c, &err) != ACG_OK)
        fail_msg("%s: %s", err.field, err.message);
    return c;
}

static struct acg_managed_identity_options plain(void)
{
    struct acg_managed_identity_options o = ACG_MANAGED_IDENTITY_OPTIONS_INIT;

    return o;
}

static struct acg_credential *cli(const char *tenant, const char *subscription)
{
    struct acg_azure_cli_options o = ACG_AZURE_CLI_OPTIONS_INIT;
    struct acg_credential *c = NULL;

    o.tenant_id = tenant;
    o.subscription_id = subscription;
    assert_int_equal(acg_credential_azure_cli_new(&o, &c, NULL), ACG_OK);
    return c;
}

static struct talk with_chain(void)
{
    struct acg_credential *links[] = {identity(plain()), cli(NULL, NULL)}, *chain = NULL;

    assert_int_equal(acg_credential_chain_new(links, 2, &chain, NULL), ACG_OK);
    acg_credential_free(links[0]);
    acg_credential_free(links[1]);
    return talk_begin(chain);
}

static void a_vm_asks_imds_directly(void **st)
{
    (void)st;
    struct talk t = talk_begin(identity(plain()));

    talk_ask(&t);
    talk_wants_request(&t, ACGP_GET, IMDS, "Metadata: true", NULL, NULL);
    assert_true(t.act.ask->direct);
    talk_answers(&t, 200, imds_token);
    talk_has_token(&t, "one");
    assert_string_equal(acgp_token_cache_login(t.cache), "login: managed identity; it renews itself");
    t.now_ms += (86400 - 301) * (int64_t)1000;
    talk_has_token(&t, "one");
    talk_wants_nothing(&t);
    t.now_ms += 1000;
    talk_has_token(&t, "one");
    talk_wants_request(&t, ACGP_GET, IMDS, "Metadata: true", NULL, NULL);
    talk_end(&t);
}

static void a_user_assigned_identity_is_named_in_one_of_three_ways(void **st)
{
    (void)st;
    struct acg_managed_identity_options by_client = plain(), by_object = plain(), by_id = plain();
    struct talk t;

    by_client.client_id = "6/6";
    by_object.msi_object_id = "o";
    by_id.msi_resource_id = "/subscriptions/s";
    t = talk_begin(identity(by_client));
    talk_ask(&t);
    talk_wants_request(&t, ACGP_GET, IMDS "&client_id=6%2F6", "Metadata: true", NULL, NULL);
    talk_end(&t);
    t = talk_begin(identity(by_object));
    talk_ask(&t);
    talk_wants_request(&t, ACGP_GET, IMDS "&object_id=o", "Metadata: true", NULL, NULL);
    talk_end(&t);
    t = talk_begin(identity(by_id));
    talk_ask(&t);
    talk_wants_request(&t, ACGP_GET, IMDS "&msi_res_id=%2Fsubscriptions%2Fs", "Metadata: true", NULL, NULL);
    talk_end(&t);
}

static void another_host_may_stand_in_for_imds(void **st)
{
    (void)st;
    struct acg_managed_identity_options o = plain();
    struct talk t;

    o.imds_host = "http://127.0.0.1:8080/";
    t = talk_begin(identity(o));
    talk_ask(&t);
    talk_wants_request(
        &t, ACGP_GET,
        "http://127.0.0.1:8080/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A"
        "%2F%2Fmanagement.azure.com",
        "Metadata: true", NULL, NULL);
    talk_end(&t);
}

static void app_service_wants_its_header(void **st)
{
    (void)st;
    struct acg_managed_identity_options o = plain();
    struct talk t;

    o.identity_endpoint = "http://127.0.0.1:41000/msi/token";
    o.identity_header = "header-secret";
    o.msi_resource_id = "/x";
    t = talk_begin(identity(o));
    talk_ask(&t);
    talk_wants_request(
        &t, ACGP_GET,
        "http://127.0.0.1:41000/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fmanagement."
        "azure.com&mi_res_id=%2Fx",
        NULL, "X-IDENTITY-HEADER: header-secret", NULL);
    talk_answers(&t, 200,
                 "{\"access_token\":\"one\",\"expires_on\":\"1700003600\",\"token_type\":\"Bearer\"}");
    talk_has_token(&t, "one");
    t.now_ms += 3299 * 1000;
    talk_has_token(&t, "one");
    talk_wants_nothing(&t);
    t.now_ms += 1000; /* five minutes before expires_on */
    talk_has_token(&t, "one");
    assert_true(acgp_token_cache_next(t.cache, t.now_ms, t.unix_s, &t.act));
    talk_end(&t);
}

static void a_date_for_an_end_is_taken_for_an_hour(void **st)
{
    (void)st;
    struct talk t = talk_begin(identity(plain()));

    talk_ask(&t);
    talk_wants_request(&t, ACGP_GET, IMDS, "Metadata: true", NULL, NULL);
    talk_answers(&t, 200, "{\"access_token\":\"one\",\"expires_on\":\"11/15/2023 12:00:00 AM +00:00\"}");
    talk_has_token(&t, "one");
    t.now_ms += 3299 * 1000;
    talk_has_token(&t, "one");
    talk_wants_nothing(&t);
    talk_end(&t);
}

static struct talk with_arc(void)
{
    struct acg_managed_identity_options o = plain();

    o.identity_endpoint = "http://127.0.0.1:40342/metadata/identity/oauth2/token";
    o.imds_endpoint = "http://127.0.0.1:40342";
    return talk_begin(identity(o));
}

#define ARC                                                                                                  \
    "http://127.0.0.1:40342/metadata/identity/oauth2/"                                                       \
    "token?api-version=2020-06-01&resource=https%3A%2F%2Fmanagement.azure.com"

static void azure_arc_has_its_key_read(void **st)
{
    (void)st;
    struct talk t = with_arc();

    talk_ask(&t);
    talk_wants_request(&t, ACGP_GET, ARC, "Metadata: true", NULL, NULL);
    talk_answers_with(&t, 401, "", "WWW-Authenticate", "Basic realm=/var/opt/azcmagent/tokens/abc.key");
    talk_wants_file(&t, "/var/opt/azcmagent/tokens/abc.key");
    assert_true(t.act.ask->plain);
    assert_int_equal(t.act.ask->max, 4096);
    talk_gives_file(&t, "key-content", NULL);
    talk_wants_request(&t, ACGP_GET, ARC, "Metadata: true", "Authorization: Basic key-content", NULL);
    talk_answers(&t, 200, imds_token);
    talk_has_token(&t, "one");
    talk_end(&t);
}

static void azure_arc_may_name_no_other_file(void **st)
{
    (void)st;
    static const char *const challenges[] = {
        "Basic realm=/etc/shadow",
        "Basic realm=/var/opt/azcmagent/tokens/../../../../etc/x.key",
        "Basic realm=/var/opt/azcmagent/tokens/sub/x.key",
        "Basic realm=/var/opt/azcmagent/tokens/.key",
        "Basic realm=/var/opt/azcmagent/tokens/..key",
        "Basic realm=/var/opt/azcmagent/tokens/x.txt",
        "Basic realm=tokens/x.key",
        "Basic realm=",
        "Bearer realm=/var/opt/azcmagent/tokens/x.key",
        "",
    };

    for (size_t i = 0; i < sizeof challenges / sizeof challenges[0]; i++) {
        struct talk t = with_arc();
        talk_ask(&t);
        talk_wants_request(&t, ACGP_GET, ARC, "Metadata: true", NULL, NULL);
        talk_answers_with(&t, 401, "", "WWW-Authenticate", challenges[i]);
        talk_wants_nothing(&t);
        talk_failed(&t, ACG_ERR_PROTOCOL, "", "without naming a key file");
        talk_end(&t);
    }
}

static void a_machine_without_an_identity_says_so(void **st)
{
    (void)st;
    struct talk t = talk_begin(identity(plain()));

    talk_ask(&t);
    talk_wants_request(&t, ACGP_GET, IMDS, "Metadata: true", NULL, NULL);
    talk_answers(&t, 400, "{\"error\":\"invalid_request\",\"error_description\":\"Identity not found\"}");
    talk_failed(&t, ACG_ERR_AUTH, "", "HTTP 400: Identity not found; assign an identity to this machine");
    talk_end(&t);
}

static void imds_that_is_being_updated_is_asked_again(void **st)
{
    (void)st;
    static const int statuses[] = {404, 410, 429, 500, 503};

    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        struct talk t = talk_begin(identity(plain()));
        talk_ask(&t);
        talk_wants_request(&t, ACGP_GET, IMDS, "Metadata: true", NULL, NULL);
        talk_answers_with(&t, statuses[i], "", "Retry-After", "1");
        talk_waits(&t);
        talk_wants_request(&t, ACGP_GET, IMDS, "Metadata: true", NULL, NULL);
        talk_answers(&t, 200, imds_token);
        talk_has_token(&t, "one");
        talk_end(&t);
    }
}

static void what_is_no_identity_endpoint_is_refused(void **st)
{
    (void)st;
    static const char *const bad[] = {"http://10.0.0.4/token",  "ftp://169.254.169.254",
                                      "169.254.169.254",        "http://169.254.169.254.example.com",
                                      "http://169.255.169.254", "https://h/?q=1",
                                      "http://user@127.0.0.1"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct acg_managed_identity_options o = plain();
        struct acg_credential *c = NULL;
        struct acg_error err = {0};
        o.imds_host = bad[i];
        assert_int_equal(acg_credential_managed_identity_new(&o, &c, &err), ACG_ERR_ARGUMENT);
        assert_string_equal(err.field, "imds_host");
        assert_null(c);
    }
}

static void half_an_identity_is_refused(void **st)
{
    (void)st;
    struct acg_managed_identity_options alone = plain(), two = plain(), arc = plain();
    struct acg_credential *c = NULL;
    struct acg_error err = {0};

    alone.identity_endpoint = "http://127.0.0.1/token";
    assert_int_equal(acg_credential_managed_identity_new(&alone, &c, &err), ACG_ERR_ARGUMENT);
    assert_non_null(strstr(err.message, "IDENTITY_HEADER"));
    two.client_id = "c";
    two.msi_object_id = "o";
    assert_int_equal(acg_credential_managed_identity_new(&two, &c, &err), ACG_ERR_ARGUMENT);
    assert_string_equal(err.field, "msi_object_id");
    arc = alone;
    arc.imds_endpoint = "http://127.0.0.1";
    arc.client_id = "c";
    assert_int_equal(acg_credential_managed_identity_new(&arc, &c, &err), ACG_ERR_ARGUMENT);
    assert_non_null(strstr(err.message, "Azure Arc has the machine's own alone"));
    assert_null(c);
}

static void az_is_asked_for_a_token(void **st)
{
    (void)st;
    struct talk t = talk_begin(cli(NULL, NULL));

    talk_ask(&t);
    talk_wants_program(&t, AZ);
    talk_program_ends(
        &t, 0,
        "{\"accessToken\":\"one\",\"expiresOn\":\"2023-11-14 23:13:20.000000\",\"expires_on\":1700003600,"
        "\"subscription\":\"s\",\"tenant\":\"t\",\"tokenType\":\"Bearer\"}",
        "WARNING: something");
    talk_has_token(&t, "one");
    assert_string_equal(acgp_token_cache_login(t.cache),
                        "login: Azure CLI; this token lasts 60 minutes; how often az "
                        "can renew it depends on its own login");
    t.now_ms += 3300 * 1000;
    talk_has_token(&t, "one");
    talk_wants_program(&t, AZ);
    talk_end(&t);
}

static void az_is_told_the_tenant_or_else_the_subscription(void **st)
{
    (void)st;
    struct talk t = talk_begin(cli("contoso.onmicrosoft.com", "00000000-0000-0000-0000-000000000001"));

    talk_ask(&t);
    talk_wants_program(&t, AZ " --tenant contoso.onmicrosoft.com");
    talk_end(&t);
    t = talk_begin(cli(NULL, "00000000-0000-0000-0000-000000000001"));
    talk_ask(&t);
    talk_wants_program(&t, AZ " --subscription 00000000-0000-0000-0000-000000000001");
    talk_end(&t);
}

static void an_old_az_is_asked_again_soon(void **st)
{
    (void)st;
    struct talk t = talk_begin(cli(NULL, NULL));

    talk_ask(&t);
    talk_wants_program(&t, AZ);
    talk_program_ends(&t, 0, "{\"accessToken\":\"one\",\"expiresOn\":\"2023-11-14 23:13:20.000000\"}", "");
    talk_has_token(&t, "one");
    t.now_ms += 240 * 1000; /* a fifth of five minutes before their end */
    talk_has_token(&t, "one");
    talk_wants_program(&t, AZ);
    talk_end(&t);
}

static void az_without_a_login_repeats_what_az_says(void **st)
{
    (void)st;
    struct talk t = talk_begin(cli(NULL, NULL));

    talk_ask(&t);
    talk_wants_program(&t, AZ);
    talk_program_ends(&t, 1, "", "ERROR: Please run 'az login' to setup account.\nmore");
    talk_failed(&t, ACG_ERR_AUTH, "", "az ended with 1: ERROR: Please run 'az login' to setup account.");
    assert_null(strstr(t.err.message, "more"));
    talk_end(&t);
}

static void az_that_talks_nonsense_is_a_fault(void **st)
{
    (void)st;
    static const char *const outputs[] = {"",
                                          "[]",
                                          "hello",
                                          "{\"accessToken\":7}",
                                          "{\"accessToken\":\"a b\"}",
                                          "{\"accessToken\":\"one\",\"expires_on\":1600000000}"};

    for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++) {
        struct talk t = talk_begin(cli(NULL, NULL));
        talk_ask(&t);
        talk_wants_program(&t, AZ);
        talk_program_ends(&t, 0, outputs[i], "");
        talk_failed(&t, ACG_ERR_PROTOCOL, "", "az ");
        talk_end(&t);
    }
}

static void what_az_is_given_cannot_look_like_an_option(void **st)
{
    (void)st;
    static const char *const bad[] = {"-x", "a b", "$(x)", "a..b"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct acg_azure_cli_options o = ACG_AZURE_CLI_OPTIONS_INIT;
        struct acg_credential *c = NULL;
        o.tenant_id = bad[i];
        assert_int_equal(acg_credential_azure_cli_new(&o, &c, NULL), ACG_ERR_ARGUMENT);
        o.tenant_id = NULL;
        o.subscription_id = bad[i];
        assert_int_equal(acg_credential_azure_cli_new(&o, &c, NULL), ACG_ERR_ARGUMENT);
    }
}

static void a_chain_knocks_at_imds_for_a_second_before_it_asks(void **st)
{
    (void)st;
    struct talk t = with_chain();

    talk_ask(&t);
    talk_wants_request(&t, ACGP_GET, IMDS, NULL, NULL, NULL); /* without Metadata */
    assert_int_equal(t.act.until_ms, t.now_ms + 1000);
    talk_answers(&t, 400, "{\"error\":\"invalid_request\"}");
    talk_wants_request(&t, ACGP_GET, IMDS, "Metadata: true", NULL, NULL);
    talk_answers(&t, 200, imds_token);
    talk_has_token(&t, "one");
    talk_end(&t);
}

static void a_chain_goes_on_where_there_is_no_imds(void **st)
{
    (void)st;
    static const enum acgp_failure_kind kinds[] = {ACGP_FAILURE_NOT_SENT, ACGP_FAILURE_LOST};

    for (size_t i = 0; i < 2; i++) {
        struct talk t = with_chain();
        talk_ask(&t);
        talk_wants_request(&t, ACGP_GET, IMDS, NULL, NULL, NULL);
        talk_loses(&t, kinds[i]);
        talk_wants_program(&t, AZ);
        talk_program_ends(&t, 0, "{\"accessToken\":\"one\",\"expires_on\":1700003600}", "");
        talk_has_token(&t, "one");
        t.now_ms += 3400 * 1000;
        talk_has_token(&t, "one");
        talk_wants_program(&t, AZ); /* whoever gave a token stays the one */
        talk_program_ends(&t, 1, "", "ERROR: AADSTS700082");
        talk_wants_nothing(&t); /* and no other identity takes over */
        talk_end(&t);
    }
}

static void a_chain_is_not_fooled_by_another_clouds_metadata(void **st)
{
    (void)st;
    static const int statuses[] = {400, 401, 403, 404, 405};

    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        struct talk t = with_chain();
        talk_ask(&t);
        talk_wants_request(&t, ACGP_GET, IMDS, NULL, NULL, NULL);
        talk_answers(&t, statuses[i], "<html>not here</html>");
        talk_wants_request(&t, ACGP_GET, IMDS, "Metadata: true", NULL, NULL);
        talk_answers(&t, statuses[i], "<html>not here</html>");
        talk_wants_program(&t, AZ);
        talk_end(&t);
    }
}

static void a_chain_without_any_source_says_what_was_tried(void **st)
{
    (void)st;
    struct talk t = with_chain();
    struct acgp_run missing = {.end = ACGP_RUN_MISSING, .complaint = ""};

    talk_ask(&t);
    talk_wants_request(&t, ACGP_GET, IMDS, NULL, NULL, NULL);
    talk_loses(&t, ACGP_FAILURE_NOT_SENT);
    talk_wants_program(&t, AZ);
    acgp_token_cache_on_run(t.cache, t.now_ms, t.unix_s, t.act.attempt, &missing);
    talk_failed(&t, ACG_ERR_AUTH, "",
                "managed identity: it cannot be reached; Azure CLI: az is in no absolute folder of PATH; set "
                "AZURE_TENANT_ID");
    talk_end(&t);
}

static void a_chain_that_is_refused_stops_there(void **st)
{
    (void)st;
    struct acg_workload_identity_options o = ACG_WORKLOAD_IDENTITY_OPTIONS_INIT;
    struct acg_credential *links[] = {NULL, cli(NULL, NULL)}, *chain = NULL;
    struct talk t;

    o.tenant_id = TALK_TENANT;
    o.client_id = TALK_CLIENT;
    o.client_jwt = "jwt";
    assert_int_equal(acg_credential_workload_identity_new(&o, &links[0], NULL), ACG_OK);
    assert_int_equal(acg_credential_chain_new(links, 2, &chain, NULL), ACG_OK);
    acg_credential_free(links[0]);
    acg_credential_free(links[1]);
    t = talk_begin(chain);
    talk_ask(&t);
    talk_wants_exchange(&t, "jwt");
    talk_answers(&t, 401, "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS700016: not there\"}");
    talk_wants_nothing(&t);
    talk_failed(&t, ACG_ERR_AUTH, "client_id", "not there");
    talk_end(&t);
}

static void a_chain_has_one_to_eight_links(void **st)
{
    (void)st;
    struct acg_credential *link = cli(NULL, NULL), *links[9], *chain = NULL, *nested[1] = {NULL};

    for (size_t i = 0; i < 9; i++)
        links[i] = link;
    assert_int_equal(acg_credential_chain_new(links, 0, &chain, NULL), ACG_ERR_ARGUMENT);
    assert_int_equal(acg_credential_chain_new(links, 9, &chain, NULL), ACG_ERR_ARGUMENT);
    assert_int_equal(acg_credential_chain_new(nested, 1, &chain, NULL), ACG_ERR_ARGUMENT);
    assert_int_equal(acg_credential_chain_new(links, 8, &nested[0], NULL), ACG_OK);
    assert_int_equal(acg_credential_chain_new(nested, 1, &chain, NULL), ACG_ERR_ARGUMENT);
    acg_credential_free(nested[0]);
    acg_credential_free(link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vm_asks_imds_directly),
        cmocka_unit_test(a_user_assigned_identity_is_named_in_one_of_three_ways),
        cmocka_unit_test(another_host_may_stand_in_for_imds),
        cmocka_unit_test(app_service_wants_its_header),
        cmocka_unit_test(a_date_for_an_end_is_taken_for_an_hour),
        cmocka_unit_test(azure_arc_has_its_key_read),
        cmocka_unit_test(azure_arc_may_name_no_other_file),
        cmocka_unit_test(a_machine_without_an_identity_says_so),
        cmocka_unit_test(imds_that_is_being_updated_is_asked_again),
        cmocka_unit_test(what_is_no_identity_endpoint_is_refused),
        cmocka_unit_test(half_an_identity_is_refused),
        cmocka_unit_test(az_is_asked_for_a_token),
        cmocka_unit_test(az_is_told_the_tenant_or_else_the_subscription),
        cmocka_unit_test(an_old_az_is_asked_again_soon),
        cmocka_unit_test(az_without_a_login_repeats_what_az_says),
        cmocka_unit_test(az_that_talks_nonsense_is_a_fault),
        cmocka_unit_test(what_az_is_given_cannot_look_like_an_option),
        cmocka_unit_test(a_chain_knocks_at_imds_for_a_second_before_it_asks),
        cmocka_unit_test(a_chain_goes_on_where_there_is_no_imds),
        cmocka_unit_test(a_chain_is_not_fooled_by_another_clouds_metadata),
        cmocka_unit_test(a_chain_without_any_source_says_what_was_tried),
        cmocka_unit_test(a_chain_that_is_refused_stops_there),
        cmocka_unit_test(a_chain_has_one_to_eight_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
