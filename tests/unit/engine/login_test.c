/* SPDX-License-Identifier: MPL-2.0 */
/* Login seen from a publish that runs: tokens that expire, are refused, or cannot be had. */
#include "rig.h"

static void accept_put(struct rig *r)
{
    rig_expect(r, "GET", "/versions/1.4.0");
    rig_reply(r, 404, RIG_NOT_FOUND);
    rig_expect(r, "PUT", "/versions/1.4.0");
    rig_header(r, "Azure-AsyncOperation", "https://management.azure.com/op?api-version=1");
    rig_reply(r, 201, "{\"properties\":{\"provisioningState\":\"Creating\"}}");
}

static void a_token_that_expires_while_azure_works_is_renewed(void **st)
{
    (void)st;
    struct rig r;
    struct acg_publish *publish = NULL;

    rig_begin(&r);
    publish = rig_submit(&r, "1.4.0");
    rig_token(&r, "first", 600);
    accept_put(&r);
    rig_expect(&r, "GET", "/op?");
    assert_string_equal(rig_bearer(&r), "first");
    rig_header(&r, "Retry-After", "700");
    rig_reply(&r, 200, "{\"status\":\"InProgress\"}");
    assert_int_equal(rig_in_flight(&r),
                     0); /* who waits holds no transfer, and no token is renewed for nobody */
    rig_pass_ms(&r, 702000);
    assert_int_equal(rig_in_flight(&r), 1);
    rig_token(&r, "second", 600);
    rig_expect(&r, "GET", "/op?");
    assert_string_equal(rig_bearer(&r), "second");
    rig_reply(&r, 200, RIG_OPERATION_DONE);
    rig_expect(&r, "GET", "/versions/1.4.0");
    rig_reply(&r, 200, RIG_IMAGE_VERSION);
    rig_listen(&r);
    assert_int_equal(r.outcome.status, ACG_OK);
    acg_publish_free(publish);
    rig_end(&r);
}

static void an_ageing_token_is_renewed_beside_the_request_that_uses_it(void **st)
{
    (void)st;
    struct rig r;
    struct acg_publish *publish = NULL;

    rig_begin(&r);
    publish = rig_submit(&r, "1.4.0");
    rig_token(&r, "first", 3600);
    accept_put(&r);
    rig_expect(&r, "GET", "/op?");
    rig_header(&r, "Retry-After", "3400");
    rig_reply(&r, 200, "{\"status\":\"InProgress\"}");
    rig_pass_ms(&r, 3402000);
    assert_int_equal(rig_in_flight(&r), 2);
    rig_expect(&r, "GET", "/op?");
    assert_string_equal(rig_bearer(&r), "first");
    rig_token(&r, "second", 3600);
    rig_expect(&r, "GET", "/op?");
    rig_header(&r, "Retry-After", "10");
    rig_reply(&r, 200, "{\"status\":\"InProgress\"}");
    rig_pass_ms(&r, 250000);
    rig_expect(&r, "GET", "/versions/1.4.0");
    assert_string_equal(rig_bearer(&r), "second");
    acg_publish_free(publish);
    rig_end(&r);
}

static void a_refused_token_buys_a_fresh_one_and_the_request_is_repeated(void **st)
{
    (void)st;
    struct rig r;
    struct acg_publish *publish = NULL;

    rig_begin(&r);
    publish = rig_submit(&r, "1.4.0");
    rig_token(&r, "revoked", 3600);
    rig_expect(&r, "GET", "/versions/1.4.0");
    rig_reply(&r, 401, "{\"error\":{\"code\":\"ExpiredAuthenticationToken\",\"message\":\"expired\"}}");
    assert_int_equal(rig_in_flight(&r), 1);
    rig_token(&r, "fresh", 3600);
    rig_expect(&r, "GET", "/versions/1.4.0");
    assert_string_equal(rig_bearer(&r), "fresh");
    rig_reply(&r, 401, "{\"error\":{\"code\":\"InvalidAuthenticationToken\",\"message\":\"no\"}}");
    rig_listen(&r);
    assert_true(r.over); /* a second 401 is an answer */
    assert_int_equal(r.outcome.status, ACG_ERR_AUTH);
    assert_int_equal(rig_in_flight(&r), 0);
    acg_publish_free(publish);
    rig_end(&r);
}

static void publishes_whose_token_was_refused_share_the_fresh_one(void **st)
{
    (void)st;
    struct rig r;
    struct acg_publish *a = NULL, *b = NULL;

    rig_begin(&r);
    a = rig_submit(&r, "1.0.0");
    b = rig_submit(&r, "2.0.0");
    rig_token(&r, "revoked", 3600);
    rig_expect(&r, "GET", "/versions/1.0.0");
    rig_reply(&r, 401, "{\"error\":{\"code\":\"ExpiredAuthenticationToken\",\"message\":\"expired\"}}");
    rig_expect(&r, "GET", "/versions/2.0.0");
    rig_reply(&r, 401, "{\"error\":{\"code\":\"ExpiredAuthenticationToken\",\"message\":\"expired\"}}");
    assert_int_equal(rig_in_flight(&r), 1);
    rig_token(&r, "fresh", 3600);
    assert_int_equal(rig_in_flight(&r), 2);
    rig_expect(&r, "GET", "/versions/2.0.0");
    assert_string_equal(rig_bearer(&r), "fresh");
    acg_publish_free(a);
    acg_publish_free(b);
    rig_end(&r);
}

static void a_wrong_secret_ends_every_publish_with_the_reason(void **st)
{
    (void)st;
    struct rig r;
    struct acg_publish *a = NULL, *b = NULL;

    rig_begin(&r);
    a = rig_submit(&r, "1.0.0");
    b = rig_submit(&r, "2.0.0");
    rig_expect(&r, "POST", "/token");
    rig_reply(
        &r, 401,
        "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215: Invalid client secret.\"}");
    rig_listen(&r);
    assert_true(r.over);
    assert_int_equal(r.outcome.status, ACG_ERR_AUTH);
    assert_string_equal(r.outcome.arm_code, "AADSTS7000215");
    assert_string_equal(r.outcome.field, "client_secret");
    assert_null(strstr(r.outcome.message, "the-secret"));
    assert_int_equal(rig_in_flight(&r), 0);
    acg_publish_free(a);
    acg_publish_free(b);
    rig_end(&r);
}

static void a_token_service_that_is_away_for_a_moment_delays_the_publish(void **st)
{
    (void)st;
    struct rig r;
    struct acg_publish *publish = NULL;

    rig_begin(&r);
    publish = rig_submit(&r, "1.4.0");
    rig_expect(&r, "POST", "/token");
    rig_header(&r, "Retry-After", "20");
    rig_reply(&r, 503, "");
    assert_int_equal(rig_in_flight(&r), 0);
    rig_pass_ms(&r, 19999);
    assert_int_equal(rig_in_flight(&r), 0);
    rig_pass_ms(&r, 1);
    rig_token(&r, "first", 3600);
    rig_publish_well(&r, "/versions/1.4.0");
    rig_listen(&r);
    assert_int_equal(r.outcome.status, ACG_OK);
    acg_publish_free(publish);
    rig_end(&r);
}

static void a_token_request_that_cannot_start_is_tried_again(void **st)
{
    (void)st;
    struct rig r;
    struct acg_publish *publish = NULL;

    rig_begin(&r);
    publish = rig_submit(&r, "1.4.0");
    rig_fail_start(&r, 0);
    rig_turn(&r);
    assert_int_equal(rig_in_flight(&r), 0);
    rig_pass_ms(&r, 1000);
    rig_token(&r, "first", 3600);
    rig_publish_well(&r, "/versions/1.4.0");
    rig_listen(&r);
    assert_int_equal(r.outcome.status, ACG_OK);
    acg_publish_free(publish);
    rig_end(&r);
}

static struct acg_credential *identity(void)
{
    struct acg_managed_identity_options o = ACG_MANAGED_IDENTITY_OPTIONS_INIT;
    struct acg_credential *c = NULL;

    assert_int_equal(acg_credential_managed_identity_new(&o, &c, NULL), ACG_OK);
    return c;
}

static void each_publish_is_told_once_how_the_login_was_made(void **st)
{
    (void)st;
    static const char said[] = "login: managed identity; it renews itself";
    struct rig r;
    struct acg_publish *one = NULL, *two = NULL;

    rig_begin_as(&r, identity());
    assert_null(acg_publisher_login(r.pub));
    one = rig_submit(&r, "1.4.0");
    rig_expect(&r, "GET", "http://169.254.169.254/metadata/identity/oauth2/token");
    rig_has_headers(&r, "Metadata: true", NULL);
    rig_reply(&r, 200, RIG_TOKEN);
    rig_publish_well(&r, "1.4.0");
    rig_listen(&r);
    assert_int_equal(r.outcome.status, ACG_OK);
    assert_non_null(strstr(r.told, said));
    assert_null(strstr(strstr(r.told, said) + 1, said));
    assert_string_equal(acg_publisher_login(r.pub), said);
    r.told[0] = '\0';
    two = rig_submit(&r, "1.5.0");
    rig_publish_well(&r, "1.5.0");
    rig_listen(&r);
    assert_non_null(strstr(r.told, said));
    acg_publish_free(one);
    acg_publish_free(two);
    rig_end(&r);
}

static void a_client_secret_is_nothing_to_tell(void **st)
{
    (void)st;
    struct rig r;
    struct acg_publish *publish = NULL;

    rig_begin(&r);
    publish = rig_submit(&r, "1.4.0");
    rig_token(&r, "first", 3600);
    rig_publish_well(&r, "1.4.0");
    rig_listen(&r);
    assert_null(strstr(r.told, "login"));
    assert_string_equal(acg_publisher_login(r.pub), "login: client secret; it renews itself");
    acg_publish_free(publish);
    rig_end(&r);
}

static void a_token_file_that_is_not_there_ends_the_publish_at_once(void **st)
{
    (void)st;
    struct acg_workload_identity_options o = ACG_WORKLOAD_IDENTITY_OPTIONS_INIT;
    struct acg_credential *c = NULL;
    struct acg_publish *publish = NULL;
    struct rig r;

    o.tenant_id = "11111111-2222-3333-4444-555555555555";
    o.client_id = "app";
    o.oidc_token_file_path = "/no/such/token";
    assert_int_equal(acg_credential_workload_identity_new(&o, &c, NULL), ACG_OK);
    rig_begin_as(&r, c);
    publish = rig_submit(&r, "1.4.0");
    rig_turn(&r);
    rig_listen(&r);
    assert_true(r.over);
    assert_int_equal(rig_in_flight(&r), 0);
    assert_int_equal(r.outcome.status, ACG_ERR_ARGUMENT);
    assert_string_equal(r.outcome.field, "oidc_token_file_path");
    assert_non_null(strstr(r.outcome.message, "/no/such/token cannot be read: there is no such file"));
    acg_publish_free(publish);
    rig_end(&r);
}

static void a_build_service_is_shown_its_own_token_alone(void **st)
{
    (void)st;
    struct acg_oidc_options o = ACG_OIDC_OPTIONS_INIT;
    struct acg_credential *c = NULL;
    struct acg_publish *publish = NULL;
    struct rig r;

    o.tenant_id = "11111111-2222-3333-4444-555555555555";
    o.client_id = "app";
    o.oidc_request_url = "https://run.example.com/token?x=1";
    o.oidc_request_token = "request-token";
    assert_int_equal(acg_credential_github_oidc_new(&o, &c, NULL), ACG_OK);
    rig_begin_as(&r, c);
    publish = rig_submit(&r, "1.4.0");
    rig_expect(&r, "GET", "https://run.example.com/token?x=1&audience=api");
    rig_has_headers(&r, NULL, "Authorization: Bearer request-token");
    rig_reply(&r, 200, "{\"value\":\"minted\"}");
    rig_expect(&r, "POST", "/oauth2/v2.0/token");
    rig_has_headers(&r, NULL, NULL);
    assert_non_null(strstr(rig_body(&r), "client_assertion=minted"));
    rig_reply(&r, 200, RIG_TOKEN);
    rig_publish_well(&r, "1.4.0");
    rig_listen(&r);
    assert_int_equal(r.outcome.status, ACG_OK);
    acg_publish_free(publish);
    rig_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_that_expires_while_azure_works_is_renewed),
        cmocka_unit_test(an_ageing_token_is_renewed_beside_the_request_that_uses_it),
        cmocka_unit_test(a_refused_token_buys_a_fresh_one_and_the_request_is_repeated),
        cmocka_unit_test(publishes_whose_token_was_refused_share_the_fresh_one),
        cmocka_unit_test(a_wrong_secret_ends_every_publish_with_the_reason),
        cmocka_unit_test(a_token_service_that_is_away_for_a_moment_delays_the_publish),
        cmocka_unit_test(a_token_request_that_cannot_start_is_tried_again),
        cmocka_unit_test(each_publish_is_told_once_how_the_login_was_made),
        cmocka_unit_test(a_client_secret_is_nothing_to_tell),
        cmocka_unit_test(a_token_file_that_is_not_there_ends_the_publish_at_once),
        cmocka_unit_test(a_build_service_is_shown_its_own_token_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
