/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "answer.h"
#include "auth/token_request.h"

struct read {
    enum acg_status status;
    struct acgp_token token;
    enum acgp_outcome outcome;
    struct acg_error err;
};

static struct read read_answer(int status, const char *body)
{
    struct acg_credential *c = test_credential(NULL, "app", "s3cret/value");
    struct acgp_response response;
    struct read r = {.outcome = (enum acgp_outcome) - 1};

    test_answer(&response, status, body);
    r.status = acgp_token_answer_read(&c->secret, &response, &r.token, &r.outcome, &r.err);
    acgp_response_done(&response);
    acg_credential_free(c);
    return r;
}

static void the_form_carries_scope_and_escaped_secret(void **st)
{
    (void)st;
    struct acg_credential *c = test_credential(NULL, "my app", "s3cret/+&=%~ \xc3\xa9");
    struct acgp_request request = {0};
    struct acgp_secret form = {NULL, 0};

    assert_int_equal(acgp_token_request_make(c, "https://management.azure.com", NULL, &request, &form, NULL),
                     ACG_OK);
    assert_int_equal(request.method, ACGP_POST);
    assert_null(request.body);
    assert_string_equal(request.content_type, "application/x-www-form-urlencoded");
    assert_string_equal(
        request.url,
        "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/oauth2/v2.0/token");
    assert_string_equal(acgp_secret_expose(&form).data, "grant_type=client_credentials&client_id=my%20app"
                                                        "&scope=https%3A%2F%2Fmanagement.azure.com%2F.default"
                                                        "&client_secret=s3cret%2F%2B%26%3D%25~%20%C3%A9");
    acgp_request_done(&request);
    acgp_secret_done(&form);
    acg_credential_free(c);
}

static void an_audience_that_ends_in_a_slash_keeps_it(void **st)
{
    (void)st;
    struct acg_credential *c = test_credential(NULL, "a", "b");
    struct acgp_request request = {0};
    struct acgp_secret form = {NULL, 0};

    assert_int_equal(
        acgp_token_request_make(c, "https://management.core.windows.net/", NULL, &request, &form, NULL),
        ACG_OK);
    assert_non_null(strstr(acgp_secret_expose(&form).data,
                           "scope=https%3A%2F%2Fmanagement.core.windows.net%2F%2F.default&"));
    acgp_request_done(&request);
    acgp_secret_done(&form);
    acg_credential_free(c);
}

static void a_token_is_read_with_its_lifetime(void **st)
{
    (void)st;
    static const char *const bodies[] = {
        "{\"token_type\":\"Bearer\",\"expires_in\":3599,\"ext_expires_in\":3599,\"access_token\":\"eyJ.a-b_"
        "c\"}",
        "{\"token_type\":\"bearer\",\"expires_in\":\"3599\",\"access_token\":\"eyJ.a-b_c\"}"};

    for (size_t i = 0; i < 2; i++) {
        struct read r = read_answer(200, bodies[i]);
        assert_int_equal(r.status, ACG_OK);
        assert_int_equal(r.token.lifetime_ms, 3599000);
        assert_string_equal(acgp_secret_expose(&r.token.value).data, "eyJ.a-b_c");
        acgp_secret_done(&r.token.value);
    }
}

static void a_missing_lifetime_counts_as_an_hour_and_an_absurd_one_as_a_week(void **st)
{
    (void)st;
    struct read r = read_answer(200, "{\"access_token\":\"x\"}");

    assert_int_equal(r.status, ACG_OK);
    assert_int_equal(r.token.lifetime_ms, 3600000);
    acgp_secret_done(&r.token.value);
    r = read_answer(200, "{\"access_token\":\"x\",\"expires_in\":9223372036854775807}");
    assert_int_equal(r.status, ACG_OK);
    assert_int_equal(r.token.lifetime_ms, 604800000);
    acgp_secret_done(&r.token.value);
}

static void an_unusable_token_is_a_fault_of_the_service(void **st)
{
    (void)st;
    static const char *const bodies[] = {
        "{}",
        "{\"access_token\":\"\"}",
        "{\"access_token\":7}",
        "{\"access_token\":\"a b\"}",
        "{\"access_token\":\"a\\r\\nX-Evil: 1\"}",
        "{\"access_token\":\"\\u00e9\"}",
        "{\"access_token\":\"x\",\"expires_in\":0}",
        "{\"access_token\":\"x\",\"expires_in\":-5}",
        "{\"access_token\":\"x\",\"expires_in\":\"soon\"}",
        "{\"access_token\":\"x\",\"expires_in\":true}",
        "{\"access_token\":\"x\",\"token_type\":\"pop\"}",
        "[]",
        "<html>",
        "",
    };

    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct read r = read_answer(200, bodies[i]);
        assert_int_equal(r.status, ACG_ERR_PROTOCOL);
        assert_int_equal(r.outcome, ACGP_OUTCOME_FINAL);
        assert_true(acgp_secret_empty(&r.token.value));
    }
}

static void a_wrong_secret_is_named_with_its_code_and_its_field(void **st)
{
    (void)st;
    struct read r = read_answer(
        401, "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215: Invalid client "
             "secret provided.\\r\\nTrace ID: abc Correlation ID: def Timestamp: now\","
             "\"error_codes\":[7000215],\"trace_id\":\"abc\"}");

    assert_int_equal(r.status, ACG_ERR_AUTH);
    assert_int_equal(r.outcome, ACGP_OUTCOME_FINAL);
    assert_int_equal(r.err.http_status, 401);
    assert_string_equal(r.err.arm_code, "AADSTS7000215");
    assert_string_equal(r.err.request_id, "abc");
    assert_string_equal(r.err.field, "client_secret");
    assert_string_equal(r.err.message,
                        "the token service answered HTTP 401: Invalid client secret provided.");
}

static void the_code_may_stand_in_the_description_alone(void **st)
{
    (void)st;
    struct read r = read_answer(
        400,
        "{\"error\":\"unauthorized_client\",\"error_description\":\"AADSTS700016: Application not found.\"}");

    assert_int_equal(r.status, ACG_ERR_AUTH);
    assert_string_equal(r.err.arm_code, "AADSTS700016");
    assert_string_equal(r.err.field, "client_id");
}

static void a_service_that_repeats_the_secret_is_not_quoted(void **st)
{
    (void)st;
    struct read r = read_answer(
        401,
        "{\"error\":\"s3cret/value\",\"error_description\":\"AADSTS7000215: wrong secret s3cret/value\"}");

    assert_int_equal(r.status, ACG_ERR_AUTH);
    assert_null(strstr(r.err.message, "s3cret"));
    assert_null(strstr(r.err.arm_code, "s3cret"));
    r = read_answer(401, "{\"error\":\"s3cret/value\"}");
    assert_null(strstr(r.err.message, "s3cret"));
    assert_null(strstr(r.err.arm_code, "s3cret"));
}

static void a_busy_service_is_worth_another_attempt(void **st)
{
    (void)st;
    static const struct {
        int status;
        const char *body;
        enum acgp_outcome outcome;
    } answers[] = {
        {429, "{\"error\":\"temporarily_unavailable\"}", ACGP_OUTCOME_THROTTLED},
        {503, "<html>down</html>", ACGP_OUTCOME_SERVER},
        {500, "", ACGP_OUTCOME_SERVER},
        {400, "{\"error\":\"x\",\"error_codes\":[90033]}", ACGP_OUTCOME_SERVER},
        {400, "{\"error\":\"x\",\"error_description\":\"AADSTS90055: busy\"}", ACGP_OUTCOME_SERVER},
    };

    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct read r = read_answer(answers[i].status, answers[i].body);
        assert_int_equal(r.status, ACG_ERR_TEMPORARY);
        assert_int_equal(r.outcome, answers[i].outcome);
    }
}

static void a_looping_client_stops(void **st)
{
    (void)st;
    struct read r = read_answer(400, "{\"error\":\"invalid_grant\",\"error_codes\":[50196]}");

    assert_int_equal(r.status, ACG_ERR_TEMPORARY);
    assert_int_equal(r.outcome, ACGP_OUTCOME_FINAL);
}

static void a_page_that_is_no_token_service_points_at_the_authority(void **st)
{
    (void)st;
    struct read r = read_answer(404, "<html>nothing here</html>");

    assert_int_equal(r.status, ACG_ERR_AUTH);
    assert_string_equal(r.err.field, "authority_host");
    r = read_answer(302, "");
    assert_int_equal(r.status, ACG_ERR_PROTOCOL);
    assert_non_null(strstr(r.err.message, "redirect"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_form_carries_scope_and_escaped_secret),
        cmocka_unit_test(an_audience_that_ends_in_a_slash_keeps_it),
        cmocka_unit_test(a_token_is_read_with_its_lifetime),
        cmocka_unit_test(a_missing_lifetime_counts_as_an_hour_and_an_absurd_one_as_a_week),
        cmocka_unit_test(an_unusable_token_is_a_fault_of_the_service),
        cmocka_unit_test(a_wrong_secret_is_named_with_its_code_and_its_field),
        cmocka_unit_test(the_code_may_stand_in_the_description_alone),
        cmocka_unit_test(a_service_that_repeats_the_secret_is_not_quoted),
        cmocka_unit_test(a_busy_service_is_worth_another_attempt),
        cmocka_unit_test(a_looping_client_stops),
        cmocka_unit_test(a_page_that_is_no_token_service_points_at_the_authority),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
