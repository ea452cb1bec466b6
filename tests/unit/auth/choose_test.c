/* SPDX-License-Identifier: MPL-2.0 */
/* Which login is chosen: options, then the environment; what is half or too much is refused. */
#include "testlib/test.h"

#include "auth/credential.h"

#define T "11111111-2222-3333-4444-555555555555"

static const char *lookup(void *context, const char *name)
{
    for (const char *const *pair = context; *pair != NULL; pair += 2)
        if (strcmp(pair[0], name) == 0)
            return pair[1];
    return NULL;
}

/* Variables as pairs, up to 8 of them. */
struct world {
    const char *pairs[20];
};

static struct acg_credential *chosen(struct acg_login_options o, struct world w)
{
    struct acg_credential *c = NULL;
    struct acg_error err = {0};

    o.environment = lookup;
    o.context = w.pairs;
    if (acg_credential_new(&o, &c, &err) != ACG_OK)
        fail_msg("%s: %s", err.field, err.message);
    return c;
}

static struct acg_error refused(struct acg_login_options o, struct world w)
{
    struct acg_credential *c = NULL;
    struct acg_error err = {0};

    o.environment = lookup;
    o.context = w.pairs;
    assert_int_equal(acg_credential_new(&o, &c, &err), ACG_ERR_ARGUMENT);
    assert_null(c);
    return err;
}

static struct acg_login_options none(void)
{
    struct acg_login_options o = ACG_LOGIN_OPTIONS_INIT;

    return o;
}

static void each_variable_means_its_kind(void **st)
{
    (void)st;
    static const struct {
        enum acgp_kind kind;
        const char *decides;
        struct world w;
    } rows[] = {
        {ACGP_KIND_SECRET,
         "AZURE_CLIENT_SECRET",
         {{"AZURE_TENANT_ID", T, "AZURE_CLIENT_ID", "c", "AZURE_CLIENT_SECRET", "s"}}},
        {ACGP_KIND_CERTIFICATE,
         "AZURE_CLIENT_CERTIFICATE_PATH",
         {{"AZURE_TENANT_ID", T, "AZURE_CLIENT_ID", "c", "AZURE_CLIENT_CERTIFICATE_PATH", "/c.pem",
           "AZURE_CLIENT_CERTIFICATE_PASSWORD", "pw"}}},
        {ACGP_KIND_TOKEN_FILE,
         "AZURE_FEDERATED_TOKEN_FILE",
         {{"AZURE_TENANT_ID", T, "AZURE_CLIENT_ID", "c", "AZURE_FEDERATED_TOKEN_FILE", "/t"}}},
        {ACGP_KIND_SECRET,
         "ARM_CLIENT_SECRET",
         {{"ARM_TENANT_ID", T, "ARM_CLIENT_ID", "c", "ARM_CLIENT_SECRET", "s"}}},
        {ACGP_KIND_CERTIFICATE,
         "ARM_CLIENT_CERTIFICATE_PATH",
         {{"ARM_TENANT_ID", T, "ARM_CLIENT_ID", "c", "ARM_CLIENT_CERTIFICATE_PATH", "/c.pem"}}},
        {ACGP_KIND_JWT,
         "ARM_OIDC_TOKEN",
         {{"ARM_TENANT_ID", T, "ARM_CLIENT_ID", "c", "ARM_OIDC_TOKEN", "jwt"}}},
        {ACGP_KIND_TOKEN_FILE,
         "ARM_OIDC_TOKEN_FILE_PATH",
         {{"ARM_TENANT_ID", T, "ARM_CLIENT_ID", "c", "ARM_OIDC_TOKEN_FILE_PATH", "/t"}}},
        {ACGP_KIND_GITHUB,
         "ARM_OIDC_REQUEST_URL",
         {{"ARM_TENANT_ID", T, "ARM_CLIENT_ID", "c", "ARM_OIDC_REQUEST_URL", "https://g/?x=1",
           "ARM_OIDC_REQUEST_TOKEN", "r"}}},
        {ACGP_KIND_GITHUB,
         "ACTIONS_ID_TOKEN_REQUEST_URL",
         {{"AZURE_TENANT_ID", T, "AZURE_CLIENT_ID", "c", "ACTIONS_ID_TOKEN_REQUEST_URL", "https://g/?x=1",
           "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "r"}}},
        {ACGP_KIND_DEVOPS,
         "SYSTEM_OIDCREQUESTURI",
         {{"AZURESUBSCRIPTION_TENANT_ID", T, "AZURESUBSCRIPTION_CLIENT_ID", "c",
           "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "id", "SYSTEM_OIDCREQUESTURI", "https://d/",
           "SYSTEM_ACCESSTOKEN", "r"}}},
        {ACGP_KIND_IMDS, "ARM_USE_MSI", {{"ARM_USE_MSI", "true"}}},
        {ACGP_KIND_APP_SERVICE,
         "ARM_USE_MSI",
         {{"ARM_USE_MSI", "TRUE", "IDENTITY_ENDPOINT", "http://127.0.0.1:1/t", "IDENTITY_HEADER", "h"}}},
        {ACGP_KIND_ARC,
         "ARM_USE_MSI",
         {{"ARM_USE_MSI", "1", "IDENTITY_ENDPOINT", "http://127.0.0.1:1/t", "IMDS_ENDPOINT",
           "http://127.0.0.1:1"}}},
        {ACGP_KIND_CLI, "ARM_USE_CLI", {{"ARM_USE_CLI", "true"}}},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct acg_credential *c = chosen(none(), rows[i].w);
        assert_int_equal(c->kind, rows[i].kind);
        assert_string_equal(c->variable, rows[i].decides);
        if (acgp_kind_principal(c->kind))
            assert_string_equal(c->client_id, "c");
        acg_credential_free(c);
    }
}

static void the_order_is_that_of_the_sdks_then_packers(void **st)
{
    (void)st;
    /* From the last to the first: each one that joins takes over. */
    static const char *const joins[][2] = {
        {"ACTIONS_ID_TOKEN_REQUEST_URL", "https://g/"},
        {"ARM_USE_CLI", "true"},
        {"ARM_USE_MSI", "true"},
        {"ARM_OIDC_REQUEST_URL", "https://g/"},
        {"ARM_OIDC_TOKEN_FILE_PATH", "/t"},
        {"ARM_OIDC_TOKEN", "jwt"},
        {"ARM_CLIENT_CERTIFICATE_PATH", "/c"},
        {"ARM_CLIENT_SECRET", "s"},
        {"AZURE_FEDERATED_TOKEN_FILE", "/t"},
        {"AZURE_CLIENT_CERTIFICATE_PATH", "/c"},
        {"AZURE_CLIENT_SECRET", "s"},
    };
    const char *pairs[40] = {
        "AZURE_TENANT_ID", T, "AZURE_CLIENT_ID", "c", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "r"};
    size_t n = 6;

    for (size_t i = 0; i < sizeof joins / sizeof joins[0]; i++) {
        struct acg_login_options o = none();
        struct acg_credential *c = NULL;
        pairs[n++] = joins[i][0];
        pairs[n++] = joins[i][1];
        o.environment = lookup;
        o.context = pairs;
        assert_int_equal(acg_credential_new(&o, &c, NULL), ACG_OK);
        assert_string_equal(c->variable, joins[i][0]);
        acg_credential_free(c);
    }
}

static void the_names_beside_the_variable_that_decided_go_first(void **st)
{
    (void)st;
    struct world both = {{"AZURE_CLIENT_ID", "of-aks", "AZURE_TENANT_ID", "aks.example.com", "ARM_CLIENT_ID",
                          "of-arm", "ARM_TENANT_ID", "arm.example.com", "ARM_CLIENT_SECRET", "s"}};
    struct world one = {{"AZURE_CLIENT_ID", "other", "AZURE_TENANT_ID", T, "ARM_CLIENT_SECRET", "s"}};
    struct acg_credential *c = chosen(none(), both);

    assert_string_equal(c->client_id, "of-arm");
    assert_non_null(strstr(c->token_url, "/arm.example.com/"));
    acg_credential_free(c);
    c = chosen(none(), one);
    assert_string_equal(c->client_id, "other");
    acg_credential_free(c);
}

static void options_win_over_the_environment(void **st)
{
    (void)st;
    struct world w = {{"AZURE_TENANT_ID", T, "AZURE_CLIENT_ID", "env", "AZURE_CLIENT_SECRET", "s",
                       "ARM_USE_MSI", "true", "AZURE_AUTHORITY_HOST", "https://login.example.com"}};
    struct acg_login_options o = none();
    struct acg_credential *c = NULL;

    o.client_cert_path = "/own.pem";
    o.client_id = "own";
    c = chosen(o, w);
    assert_int_equal(c->kind, ACGP_KIND_CERTIFICATE);
    assert_null(c->variable);
    assert_string_equal(c->client_id, "own");
    assert_string_equal(c->token_url, "https://login.example.com/" T "/oauth2/v2.0/token");
    acg_credential_free(c);
    o = none();
    o.use_azure_cli_auth = ACG_TRUE;
    c = chosen(o, w);
    assert_int_equal(c->kind, ACGP_KIND_CLI);
    assert_string_equal(c->tenant_id, T);
    acg_credential_free(c);
    o = none();
    o.use_msi = ACG_TRUE;
    c = chosen(o, w);
    assert_int_equal(c->kind, ACGP_KIND_IMDS);
    assert_string_equal(c->query, "&client_id=env");
    acg_credential_free(c);
    o = none();
    o.msi_object_id = "object";
    c = chosen(o, w);
    assert_int_equal(c->kind, ACGP_KIND_IMDS);
    assert_string_equal(c->query, "&object_id=object"); /* AZURE_CLIENT_ID may be meant for another login */
    acg_credential_free(c);
}

static void two_logins_at_once_are_refused(void **st)
{
    (void)st;
    struct acg_login_options o = none();
    struct acg_error err;

    o.client_secret = "s";
    o.client_cert_path = "/c";
    err = refused(o, (struct world){{NULL}});
    assert_string_equal(err.field, "client_cert_path");
    assert_non_null(strstr(err.message, "given beside client_secret"));
    o = none();
    o.use_msi = ACG_TRUE;
    o.use_azure_cli_auth = ACG_TRUE;
    err = refused(o, (struct world){{NULL}});
    assert_string_equal(err.field, "use_azure_cli_auth");
}

static void half_a_login_says_what_is_missing(void **st)
{
    (void)st;
    static const struct {
        struct world w;
        const char *field, *part;
    } rows[] = {
        {{{"AZURE_CLIENT_SECRET", "s"}}, "tenant_id", "missing"},
        {{{"AZURE_CLIENT_SECRET", "s", "AZURE_TENANT_ID", T}}, "client_id", "missing"},
        {{{"AZURE_TENANT_ID", T, "AZURE_CLIENT_ID", "c"}},
         "client_secret",
         "missing beside tenant_id and client_id"},
        {{{"AZURE_TENANT_ID", T}}, "client_secret", "missing with client_id beside tenant_id"},
        {{{"ARM_CLIENT_ID", "c"}}, "client_secret", "missing with tenant_id beside client_id"},
        {{{"ARM_OIDC_REQUEST_URL", "https://g/", "ARM_CLIENT_ID", "c", "ARM_TENANT_ID", T}},
         "oidc_request_token",
         "ACTIONS_ID_TOKEN_REQUEST_TOKEN"},
        {{{"SYSTEM_OIDCREQUESTURI", "https://d/", "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "id",
           "AZURE_CLIENT_ID", "c", "AZURE_TENANT_ID", T}},
         "oidc_request_token",
         "$(System.AccessToken)"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct acg_error err = refused(none(), rows[i].w);
        assert_string_equal(err.field, rows[i].field);
        if (strstr(err.message, rows[i].part) == NULL)
            fail_msg("\"%s\" does not hold \"%s\"", err.message, rows[i].part);
    }
}

static void nothing_given_is_a_chain(void **st)
{
    (void)st;
    struct world w = {
        {"AZURE_SUBSCRIPTION_ID", "00000000-0000-0000-0000-000000000001", "AZURE_CLIENT_SECRET", ""}};
    struct acg_login_options o = none();
    struct acg_credential *c = chosen(o, w);

    assert_int_equal(c->kind, ACGP_KIND_CHAIN);
    assert_int_equal(c->link_count, 2);
    assert_int_equal(c->links[0]->kind, ACGP_KIND_IMDS);
    assert_int_equal(c->links[1]->kind, ACGP_KIND_CLI);
    assert_string_equal(c->links[1]->subscription_id, "00000000-0000-0000-0000-000000000001");
    acg_credential_free(c);
    o.use_msi = ACG_FALSE;
    c = chosen(o, w);
    assert_int_equal(c->link_count, 1);
    assert_int_equal(c->links[0]->kind, ACGP_KIND_CLI);
    acg_credential_free(c);
    o.use_azure_cli_auth = ACG_FALSE;
    assert_non_null(strstr(refused(o, w).message, "nothing is left"));
}

static void what_is_forbidden_is_not_taken_from_the_environment(void **st)
{
    (void)st;
    struct world w = {{"ARM_USE_MSI", "true", "ARM_USE_CLI", "true"}};
    struct acg_login_options o = none();
    struct acg_credential *c = NULL;

    o.use_msi = ACG_FALSE;
    c = chosen(o, w);
    assert_int_equal(c->kind, ACGP_KIND_CLI);
    acg_credential_free(c);
}

static void a_job_alone_is_no_login(void **st)
{
    (void)st;
    /* GitHub and Azure DevOps set these in every job. */
    struct world w = {{"ACTIONS_ID_TOKEN_REQUEST_URL", "https://g/", "SYSTEM_OIDCREQUESTURI", "https://d/"}};
    struct acg_credential *c = chosen(none(), w);

    assert_int_equal(c->kind, ACGP_KIND_CHAIN);
    acg_credential_free(c);
}

static void the_cloud_names_the_token_service(void **st)
{
    (void)st;
    static const struct {
        const char *cloud, *authority, *variable, *value, *want;
    } rows[] = {
        {NULL, NULL, "X", "", "https://login.microsoftonline.com/"},
        {"public", NULL, "X", "", "https://login.microsoftonline.com/"},
        {"USGovernment", NULL, "X", "", "https://login.microsoftonline.us/"},
        {"AzureChinaCloud", NULL, "X", "", "https://login.chinacloudapi.cn/"},
        {NULL, NULL, "ARM_ENVIRONMENT", "usgovernment", "https://login.microsoftonline.us/"},
        {"China", NULL, "AZURE_AUTHORITY_HOST", "https://login.example.com",
         "https://login.chinacloudapi.cn/"},
        {"China", "https://own.example.com", "X", "", "https://own.example.com/"},
        {NULL, NULL, "AZURE_AUTHORITY_HOST", "https://login.example.com/", "https://login.example.com/"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w = {{rows[i].variable, rows[i].value}};
        struct acg_login_options o = none();
        struct acg_credential *c = NULL;
        o.tenant_id = T;
        o.client_id = "c";
        o.client_secret = "s";
        o.cloud_environment_name = rows[i].cloud;
        o.authority_host = rows[i].authority;
        c = chosen(o, w);
        assert_memory_equal(c->token_url, rows[i].want, strlen(rows[i].want));
        acg_credential_free(c);
    }
}

static void an_unknown_cloud_is_refused(void **st)
{
    (void)st;
    struct acg_login_options o = none();
    struct acg_error err;

    o.client_secret = "s";
    o.cloud_environment_name = "Germany";
    err = refused(o, (struct world){{NULL}});
    assert_string_equal(err.field, "cloud_environment_name");
    assert_null(acg_cloud_named("Germany"));
    assert_string_equal(acg_cloud_named(NULL)->name, "Public");
    assert_string_equal(acg_cloud_named("")->resource_manager_endpoint, "https://management.azure.com");
    assert_string_equal(acg_cloud_named("azureusgovernment")->resource_manager_endpoint,
                        "https://management.usgovcloudapi.net");
}

static void without_an_environment_only_options_count(void **st)
{
    (void)st;
    struct acg_login_options o = none();
    struct acg_credential *c = NULL;

    o.tenant_id = T;
    o.client_id = "c";
    o.client_jwt = " jwt \n";
    assert_int_equal(acg_credential_new(&o, &c, NULL), ACG_ERR_ARGUMENT); /* a line end */
    o.client_jwt = "jwt";
    assert_int_equal(acg_credential_new(&o, &c, NULL), ACG_OK);
    assert_int_equal(c->kind, ACGP_KIND_JWT);
    acg_credential_free(c);
    c = NULL;
    o.version = 99;
    assert_int_equal(acg_credential_new(&o, &c, NULL), ACG_ERR_ARGUMENT);
    assert_null(c);
}

static bool listed(const char *name)
{
    for (size_t i = 0; acg_login_variable(i) != NULL; i++)
        if (strcmp(acg_login_variable(i), name) == 0)
            return true;
    return false;
}

static const char *only_listed(void *context, const char *name)
{
    (void)context;
    if (!listed(name))
        fail_msg("%s is looked at, and not listed", name);
    return NULL;
}

static void all_variables_are_listed(void **st)
{
    (void)st;
    struct acg_login_options o = none();
    struct acg_credential *c = NULL;

    o.environment = only_listed;
    assert_int_equal(acg_credential_new(&o, &c, NULL), ACG_OK);
    acg_credential_free(c);
    c = NULL;
    o.client_cert_path = "/c";
    assert_int_equal(acg_credential_new(&o, &c, NULL), ACG_ERR_ARGUMENT);
    o.client_cert_path = NULL;
    o.service_connection_id = "id";
    assert_int_equal(acg_credential_new(&o, &c, NULL), ACG_ERR_ARGUMENT);
    assert_null(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_variable_means_its_kind),
        cmocka_unit_test(the_order_is_that_of_the_sdks_then_packers),
        cmocka_unit_test(the_names_beside_the_variable_that_decided_go_first),
        cmocka_unit_test(options_win_over_the_environment),
        cmocka_unit_test(two_logins_at_once_are_refused),
        cmocka_unit_test(half_a_login_says_what_is_missing),
        cmocka_unit_test(nothing_given_is_a_chain),
        cmocka_unit_test(what_is_forbidden_is_not_taken_from_the_environment),
        cmocka_unit_test(a_job_alone_is_no_login),
        cmocka_unit_test(the_cloud_names_the_token_service),
        cmocka_unit_test(an_unknown_cloud_is_refused),
        cmocka_unit_test(without_an_environment_only_options_count),
        cmocka_unit_test(all_variables_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
