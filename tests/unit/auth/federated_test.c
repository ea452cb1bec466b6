/* SPDX-License-Identifier: MPL-2.0 */
/* External tokens: given, in a file, or made by a build service. */
#include "testlib/test.h"

#include "login_talk.h"

static const char token_one[] = "{\"token_type\":\"Bearer\",\"expires_in\":3599,\"access_token\":\"one\"}";
static const char token_two[] = "{\"token_type\":\"Bearer\",\"expires_in\":3599,\"access_token\":\"two\"}";
static const char github_url[] = "https://run.actions.example.com/idtoken?api-version=2.0";
static const char devops_url[] =
    "https://dev.azure.example.com/org/_apis/distributedtask/hubs/build/oidctoken";

static struct talk with_file(void)
{
    struct acg_workload_identity_options o = ACG_WORKLOAD_IDENTITY_OPTIONS_INIT;
    struct acg_credential *c = NULL;

    o.tenant_id = TALK_TENANT;
    o.client_id = TALK_CLIENT;
    o.oidc_token_file_path = "/var/run/secrets/token";
    assert_int_equal(acg_credential_workload_identity_new(&o, &c, NULL), ACG_OK);
    return talk_begin(c);
}

static struct talk with_jwt(const char *jwt)
{
    struct acg_workload_identity_options o = ACG_WORKLOAD_IDENTITY_OPTIONS_INIT;
    struct acg_credential *c = NULL;

    o.tenant_id = TALK_TENANT;
    o.client_id = TALK_CLIENT;
    o.client_jwt = jwt;
    assert_int_equal(acg_credential_workload_identity_new(&o, &c, NULL), ACG_OK);
    return talk_begin(c);
}

static struct acg_oidc_options oidc(const char *url)
{
    struct acg_oidc_options o = ACG_OIDC_OPTIONS_INIT;

    o.tenant_id = TALK_TENANT;
    o.client_id = TALK_CLIENT;
    o.oidc_request_url = url;
    o.oidc_request_token = "request-token";
    return o;
}

static struct talk with_github(const char *authority, const char *audience)
{
    struct acg_oidc_options o = oidc(github_url);
    struct acg_credential *c = NULL;

    o.authority_host = authority;
    o.oidc_audience = audience;
    assert_int_equal(acg_credential_github_oidc_new(&o, &c, NULL), ACG_OK);
    return talk_begin(c);
}

static struct talk with_devops(void)
{
    struct acg_oidc_options o = oidc(devops_url);
    struct acg_credential *c = NULL;

    o.service_connection_id = "99999999-aaaa-bbbb-cccc-dddddddddddd";
    assert_int_equal(acg_credential_azure_devops_oidc_new(&o, &c, NULL), ACG_OK);
    return talk_begin(c);
}

static void the_token_file_is_read_again_for_each_login(void **st)
{
    (void)st;
    struct talk t = with_file();

    talk_ask(&t);
    talk_wants_file(&t, "/var/run/secrets/token");
    assert_false(t.act.ask->plain); /* Kubernetes mounts a link */
    talk_gives_file(&t, "  first.jwt.text\r\n", NULL);
    talk_wants_exchange(&t, "first.jwt.text");
    talk_answers(&t, 200, token_one);
    talk_has_token(&t, "one");
    assert_string_equal(acgp_token_cache_login(t.cache),
                        "login: workload identity; it renews itself, and reads the token file each time");
    t.now_ms += 3400 * 1000;
    talk_has_token(&t, "one"); /* lent while it is renewed */
    talk_wants_file(&t, "/var/run/secrets/token");
    talk_gives_file(&t, "second.jwt.text", NULL);
    talk_wants_exchange(&t, "second.jwt.text");
    talk_answers(&t, 200, token_two);
    talk_has_token(&t, "two");
    talk_end(&t);
}

static void a_busy_token_service_has_the_file_read_again_too(void **st)
{
    (void)st;
    struct talk t = with_file();

    talk_ask(&t);
    talk_wants_file(&t, "/var/run/secrets/token");
    talk_gives_file(&t, "old.jwt", NULL);
    talk_wants_exchange(&t, "old.jwt");
    talk_answers_with(&t, 503, "{\"error\":\"busy\"}", "Retry-After", "5");
    talk_waits(&t);
    talk_wants_file(&t, "/var/run/secrets/token");
    talk_gives_file(&t, "new.jwt", NULL);
    talk_wants_exchange(&t, "new.jwt");
    talk_answers(&t, 200, token_one);
    talk_has_token(&t, "one");
    talk_end(&t);
}

static void a_file_that_cannot_be_read_is_named(void **st)
{
    (void)st;
    struct talk t = with_file();

    talk_ask(&t);
    talk_wants_file(&t, "/var/run/secrets/token");
    talk_gives_file(&t, NULL, "cannot be read: there is no such file");
    talk_wants_nothing(&t);
    talk_failed(&t, ACG_ERR_ARGUMENT, "oidc_token_file_path",
                "/var/run/secrets/token cannot be read: there is no such file");
    talk_end(&t);
}

static void a_file_without_a_token_is_refused(void **st)
{
    (void)st;
    static const char *const bad[] = {" \n", "two words", "a\001b", "\xc3\xa9"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct talk t = with_file();
        talk_ask(&t);
        talk_wants_file(&t, "/var/run/secrets/token");
        talk_gives_file(&t, bad[i], NULL);
        talk_failed(&t, ACG_ERR_ARGUMENT, "oidc_token_file_path", "holds no token");
        talk_end(&t);
    }
}

static void a_token_that_was_given_is_used_as_it_is(void **st)
{
    (void)st;
    /* {"alg":"none"} . {"exp":1700000660} */
    struct talk t = with_jwt("eyJhbGciOiJub25lIn0.eyJleHAiOjE3MDAwMDA2NjB9.c2ln");

    talk_ask(&t);
    talk_wants_exchange(&t, "eyJhbGciOiJub25lIn0.eyJleHAiOjE3MDAwMDA2NjB9.c2ln");
    talk_answers(&t, 200, token_one);
    talk_has_token(&t, "one");
    assert_string_equal(
        acgp_token_cache_login(t.cache),
        "login: federated token; it can be renewed for 11 more minutes, until that token expires");
    talk_end(&t);
}

static void a_given_token_without_an_end_is_said_to_have_one(void **st)
{
    (void)st;
    static const char *const tokens[] = {"opaque", "a.b", "a.%%%.c", "a.bm90IGpzb24.c",
                                         "eyJhbGciOiJub25lIn0.eyJleHAiOjE2MDAwMDA2NjB9.c2ln"};

    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
        struct talk t = with_jwt(tokens[i]);
        talk_ask(&t);
        assert_true(acgp_token_cache_next(t.cache, t.now_ms, t.unix_s, &t.act));
        talk_answers(&t, 200, token_one);
        talk_has_token(&t, "one");
        assert_string_equal(acgp_token_cache_login(t.cache),
                            "login: federated token; it cannot be renewed once that token has expired");
        talk_end(&t);
    }
}

static const char unknown_subject[] =
    "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS700213: No matching federated identity "
    "record found for presented assertion head.claims.signature\",\"error_codes\":[700213]}";

static void a_refused_federation_says_the_code_and_repeats_no_token(void **st)
{
    (void)st;
    struct talk t = with_jwt("head.claims.signature");

    talk_ask(&t);
    for (unsigned i = 0; i < 3; i++) {
        talk_wants_exchange(&t, "head.claims.signature");
        talk_answers(&t, 401, unknown_subject);
        if (i < 2)
            talk_waits(&t);
    }
    talk_failed(&t, ACG_ERR_AUTH, "", "withheld");
    assert_string_equal(t.err.arm_code, "AADSTS700213");
    assert_null(strstr(t.err.message, "head.claims"));
    talk_end(&t);
}

/* A federated credential that was just made takes minutes to be known everywhere. */
static void a_federation_that_was_just_made_is_waited_for(void **st)
{
    static const char *const unknown[] = {
        unknown_subject,
        "{\"error\":\"invalid_request\",\"error_description\":\"AADSTS70021: No matching federated identity "
        "record found.\",\"error_codes\":[70021]}",
        "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS700211: No matching federated identity "
        "record found for presented assertion issuer.\",\"error_codes\":[700211]}"};

    (void)st;
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        struct acg_credential *c = NULL;
        struct acg_oidc_options o = oidc(github_url);
        int64_t begun_ms = 0;

        assert_int_equal(acg_credential_github_oidc_new(&o, &c, NULL), ACG_OK);
        struct talk t = talk_begin(c);
        begun_ms = t.now_ms;
        talk_ask(&t);
        assert_true(acgp_token_cache_next(t.cache, t.now_ms, t.unix_s, &t.act));
        talk_answers(&t, 200, "{\"value\":\"first.jwt.text\"}");
        talk_wants_exchange(&t, "first.jwt.text");
        talk_answers(&t, i == 0 ? 401 : 400, unknown[i]);
        talk_waits(&t);
        assert_int_equal(t.now_ms - begun_ms, 5000);
        assert_true(acgp_token_cache_next(t.cache, t.now_ms, t.unix_s, &t.act));
        talk_answers(&t, 200, "{\"value\":\"second.jwt.text\"}"); /* made anew: each is taken once */
        talk_wants_exchange(&t, "second.jwt.text");
        talk_answers(&t, 200, token_one);
        talk_has_token(&t, "one");
        talk_end(&t);
    }
}

static void github_makes_a_token_for_each_login(void **st)
{
    (void)st;
    static const char mint[] =
        "https://run.actions.example.com/idtoken?api-version=2.0&audience=api%3A%2F%2FAzureADTokenExchange";
    struct talk t = with_github(NULL, NULL);

    talk_ask(&t);
    talk_wants_request(&t, ACGP_GET, mint, NULL, "Authorization: Bearer request-token", NULL);
    talk_answers(&t, 200, "{\"count\":1,\"value\":\"minted.one\"}");
    talk_wants_exchange(&t, "minted.one");
    talk_answers(&t, 200, token_one);
    talk_has_token(&t, "one");
    assert_string_equal(
        acgp_token_cache_login(t.cache),
        "login: GitHub Actions OIDC; it renews itself while the job runs, with a new token each time");
    t.now_ms += 3400 * 1000;
    talk_has_token(&t, "one");
    talk_wants_request(&t, ACGP_GET, mint, NULL, "Authorization: Bearer request-token", NULL);
    talk_answers(&t, 200, "{\"count\":2,\"value\":\"minted.two\"}");
    talk_wants_exchange(&t, "minted.two");
    talk_answers(&t, 200, token_two);
    talk_has_token(&t, "two");
    talk_end(&t);
}

static void the_audience_is_that_of_the_cloud_or_the_users(void **st)
{
    (void)st;
    static const struct {
        const char *authority, *audience, *query;
    } rows[] = {
        {"https://login.microsoftonline.us", NULL, "api%3A%2F%2FAzureADTokenExchangeUSGov"},
        {"https://login.chinacloudapi.cn/", NULL, "api%3A%2F%2FAzureADTokenExchangeChina"},
        {"https://login.partner.microsoftonline.cn", NULL, "api%3A%2F%2FAzureADTokenExchangeChina"},
        {"https://login.microsoftonline.us.example.com", NULL, "api%3A%2F%2FAzureADTokenExchange"},
        {NULL, "own audience", "own%20audience"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct talk t = with_github(rows[i].authority, rows[i].audience);
        const char *at = NULL;
        talk_ask(&t);
        assert_true(acgp_token_cache_next(t.cache, t.now_ms, t.unix_s, &t.act));
        at = strstr(t.act.message->url, "&audience=");
        assert_non_null(at);
        assert_string_equal(at + strlen("&audience="), rows[i].query);
        talk_end(&t);
    }
}

static void azure_devops_is_asked_as_its_tasks_do(void **st)
{
    (void)st;
    struct talk t = with_devops();

    talk_ask(&t);
    talk_wants_request(
        &t, ACGP_POST,
        "https://dev.azure.example.com/org/_apis/distributedtask/hubs/build/oidctoken?api-version=7.1"
        "&serviceConnectionId=99999999-aaaa-bbbb-cccc-dddddddddddd",
        "X-TFS-FedAuthRedirect: Suppress", "Authorization: Bearer request-token", NULL);
    assert_string_equal(t.act.message->body, "");
    assert_string_equal(t.act.message->content_type, "application/json");
    talk_answers(&t, 200, "{\"oidcToken\":\"minted\"}");
    talk_wants_exchange(&t, "minted");
    talk_answers(&t, 200, token_one);
    talk_has_token(&t, "one");
    talk_end(&t);
}

static void a_build_service_that_refuses_is_explained(void **st)
{
    (void)st;
    struct talk t = with_github(NULL, NULL);

    talk_ask(&t);
    assert_true(acgp_token_cache_next(t.cache, t.now_ms, t.unix_s, &t.act));
    talk_answers(&t, 403, "<html>");
    talk_failed(&t, ACG_ERR_AUTH, "oidc_request_url", "permissions: id-token: write");
    assert_int_equal(t.err.http_status, 403);
    talk_end(&t);
    t = with_devops();
    talk_ask(&t);
    assert_true(acgp_token_cache_next(t.cache, t.now_ms, t.unix_s, &t.act));
    talk_answers(&t, 302, "");
    talk_failed(&t, ACG_ERR_AUTH, "oidc_request_url", "SYSTEM_ACCESSTOKEN: $(System.AccessToken)");
    talk_end(&t);
}

static void a_build_service_without_a_usable_token_is_a_fault_of_its_own(void **st)
{
    (void)st;
    static const char *const bodies[] = {
        "", "[]", "{}", "{\"value\":1}", "{\"value\":\"\"}", "{\"value\":\"line\\nend\"}"};

    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct talk t = with_github(NULL, NULL);
        talk_ask(&t);
        assert_true(acgp_token_cache_next(t.cache, t.now_ms, t.unix_s, &t.act));
        talk_answers(&t, 200, bodies[i]);
        talk_failed(&t, ACG_ERR_PROTOCOL, "oidc_request_url", "GitHub gave no token");
        talk_end(&t);
    }
}

static void a_busy_build_service_is_asked_again(void **st)
{
    (void)st;
    struct talk t = with_devops();

    talk_ask(&t);
    assert_true(acgp_token_cache_next(t.cache, t.now_ms, t.unix_s, &t.act));
    talk_answers_with(&t, 503, "", "Retry-After", "3");
    talk_waits(&t);
    assert_true(acgp_token_cache_next(t.cache, t.now_ms, t.unix_s, &t.act));
    talk_answers(&t, 200, "{\"oidcToken\":\"minted\"}");
    talk_wants_exchange(&t, "minted");
    talk_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_token_file_is_read_again_for_each_login),
        cmocka_unit_test(a_busy_token_service_has_the_file_read_again_too),
        cmocka_unit_test(a_file_that_cannot_be_read_is_named),
        cmocka_unit_test(a_file_without_a_token_is_refused),
        cmocka_unit_test(a_token_that_was_given_is_used_as_it_is),
        cmocka_unit_test(a_given_token_without_an_end_is_said_to_have_one),
        cmocka_unit_test(a_refused_federation_says_the_code_and_repeats_no_token),
        cmocka_unit_test(a_federation_that_was_just_made_is_waited_for),
        cmocka_unit_test(github_makes_a_token_for_each_login),
        cmocka_unit_test(the_audience_is_that_of_the_cloud_or_the_users),
        cmocka_unit_test(azure_devops_is_asked_as_its_tasks_do),
        cmocka_unit_test(a_build_service_that_refuses_is_explained),
        cmocka_unit_test(a_build_service_without_a_usable_token_is_a_fault_of_its_own),
        cmocka_unit_test(a_busy_build_service_is_asked_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
