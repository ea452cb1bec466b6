/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "auth/credential.h"

static struct acg_client_secret_options good(void)
{
    struct acg_client_secret_options o = ACG_CLIENT_SECRET_OPTIONS_INIT;

    o.tenant_id = "contoso.onmicrosoft.com";
    o.client_id = "22222222-3333-4444-5555-666666666666";
    o.client_secret = "s3cret~value";
    return o;
}

static void refuses(const struct acg_client_secret_options *o, const char *field)
{
    struct acg_credential *c = NULL;
    struct acg_error err = {0};

    assert_int_equal(acg_credential_client_secret_new(o, &c, &err), ACG_ERR_ARGUMENT);
    assert_null(c);
    assert_string_equal(err.field, field);
    assert_true(err.message[0] != '\0');
}

static const char *url_for(const char *authority, char *out, size_t size)
{
    struct acg_client_secret_options o = good();
    struct acg_credential *c = NULL;

    o.authority_host = authority;
    assert_int_equal(acg_credential_client_secret_new(&o, &c, NULL), ACG_OK);
    assert_true(strlen(c->token_url) < size);
    memcpy(out, c->token_url, strlen(c->token_url) + 1);
    acg_credential_free(c);
    return out;
}

static void tokens_come_from_the_v2_endpoint_of_the_tenant(void **st)
{
    (void)st;
    char url[256];

    assert_string_equal(url_for(NULL, url, sizeof url),
                        "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token");
    assert_string_equal(url_for("https://login.microsoftonline.us/", url, sizeof url),
                        "https://login.microsoftonline.us/contoso.onmicrosoft.com/oauth2/v2.0/token");
}

static void an_adfs_authority_has_no_tenant_in_its_path(void **st)
{
    (void)st;
    char url[256];

    assert_string_equal(url_for("https://adfs.example.org/adfs", url, sizeof url),
                        "https://adfs.example.org/adfs/oauth2/token");
    assert_string_equal(url_for("https://adfs.example.org/ADFS/", url, sizeof url),
                        "https://adfs.example.org/ADFS/oauth2/token");
}

static void missing_values_are_named(void **st)
{
    (void)st;
    struct acg_client_secret_options o = good();

    o.tenant_id = NULL;
    refuses(&o, "tenant_id");
    o = good();
    o.client_id = "";
    refuses(&o, "client_id");
    o = good();
    o.client_secret = NULL;
    refuses(&o, "client_secret");
}

static void a_tenant_cannot_change_the_url(void **st)
{
    (void)st;
    static const char *const bad[] = {"a/b", "..", "a?b", "a#b", "a b", "a%2fb", "common/../x"};
    struct acg_client_secret_options o = good();

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        o.tenant_id = bad[i];
        refuses(&o, "tenant_id");
    }
}

static void a_secret_with_a_line_end_is_refused_and_not_repeated(void **st)
{
    (void)st;
    struct acg_client_secret_options o = good();
    struct acg_credential *c = NULL;
    struct acg_error err = {0};

    o.client_secret = "s3cret~value\n";
    assert_int_equal(acg_credential_client_secret_new(&o, &c, &err), ACG_ERR_ARGUMENT);
    assert_string_equal(err.field, "client_secret");
    assert_null(strstr(err.message, "s3cret"));
}

static void clear_http_is_for_loopback_alone(void **st)
{
    (void)st;
    char url[256];
    struct acg_client_secret_options o = good();

    o.authority_host = "http://login.example.org";
    refuses(&o, "authority_host");
    o.authority_host = "https://login.example.org/tenant";
    refuses(&o, "authority_host");
    o.authority_host = "login.example.org";
    refuses(&o, "authority_host");
    o.authority_host = "https://user@login.example.org";
    refuses(&o, "authority_host");
    assert_string_equal(url_for("http://127.0.0.1:8080", url, sizeof url),
                        "http://127.0.0.1:8080/contoso.onmicrosoft.com/oauth2/v2.0/token");
}

static void options_of_a_newer_version_are_refused(void **st)
{
    (void)st;
    struct acg_client_secret_options o = good();

    o.version = 2;
    refuses(&o, "version");
}

static void a_credential_lives_until_its_last_hold_is_gone(void **st)
{
    (void)st;
    struct acg_client_secret_options o = good();
    struct acg_credential *c = NULL, *held = NULL;

    assert_int_equal(acg_credential_client_secret_new(&o, &c, NULL), ACG_OK);
    held = acgp_credential_hold(c);
    acg_credential_free(c);
    assert_string_equal(held->client_id, o.client_id);
    acg_credential_free(held);
    acg_credential_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_come_from_the_v2_endpoint_of_the_tenant),
        cmocka_unit_test(an_adfs_authority_has_no_tenant_in_its_path),
        cmocka_unit_test(missing_values_are_named),
        cmocka_unit_test(a_tenant_cannot_change_the_url),
        cmocka_unit_test(a_secret_with_a_line_end_is_refused_and_not_repeated),
        cmocka_unit_test(clear_http_is_for_loopback_alone),
        cmocka_unit_test(options_of_a_newer_version_are_refused),
        cmocka_unit_test(a_credential_lives_until_its_last_hold_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
