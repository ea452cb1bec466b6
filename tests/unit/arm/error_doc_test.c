/* SPDX-License-Identifier: MPL-2.0 */
/* Error bodies of every shape become one line with code and request id. */
#include "testlib/test.h"

#include "arm/error_doc.h"
#include "base/span.h"

static struct acg_error error_of(int status, const char *body)
{
    struct acgp_response r;
    struct acg_error err = {0};
    enum acg_status code = ACG_OK;

    acgp_response_init(&r);
    r.status = status;
    assert_true(acgp_buf_text(&r.body, body));
    assert_true(acgp_response_header_add(&r, acgp_span("x-ms-request-id"), acgp_span("req-1")));
    code = acgp_error_from_response(&r, "trying", &err);
    assert_int_equal(code, err.status);
    assert_int_equal(err.http_status, status);
    assert_string_equal(err.request_id, "req-1");
    acgp_response_done(&r);
    return err;
}

static void message_is(int status, const char *body, const char *message)
{
    struct acg_error err = error_of(status, body);

    assert_string_equal(err.message, message);
}

static void each_status_has_its_class(void **st)
{
    static const struct {
        int http;
        enum acg_status status;
    } rows[] = {{301, ACG_ERR_PROTOCOL},  {400, ACG_ERR_SERVICE},   {401, ACG_ERR_AUTH},
                {403, ACG_ERR_AUTH},      {404, ACG_ERR_SERVICE},   {408, ACG_ERR_TEMPORARY},
                {409, ACG_ERR_SERVICE},   {412, ACG_ERR_SERVICE},   {429, ACG_ERR_TEMPORARY},
                {500, ACG_ERR_TEMPORARY}, {503, ACG_ERR_TEMPORARY}, {204, ACG_ERR_PROTOCOL}};

    (void)st;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(error_of(rows[i].http, "{}").status, rows[i].status);
}

static void code_and_message_are_taken_from_either_shape(void **st)
{
    struct acg_error err = error_of(400, "{\"error\": {\"code\": \"C\", \"message\": \"m\"}}");

    (void)st;
    assert_string_equal(err.arm_code, "C");
    assert_string_equal(err.message, "trying: HTTP 400 C: m");
    err = error_of(400, "{\"code\": \"D\", \"message\": \"n\"}");
    assert_string_equal(err.arm_code, "D");
    assert_string_equal(err.message, "trying: HTTP 400 D: n");
}

static void a_body_without_a_reason_says_so(void **st)
{
    (void)st;
    message_is(503, "", "trying: HTTP 503: the answer is empty");
    message_is(503, "  \r\n", "trying: HTTP 503: the answer is empty");
    message_is(502, "<html><body>Bad gateway</body></html>",
               "trying: HTTP 502: the answer is a web page, perhaps of a proxy in between");
    message_is(500, "out of\norder \x80", "trying: HTTP 500: the answer is not JSON: out of order ?");
    message_is(500, "{}", "trying: HTTP 500: the answer gives no reason");
    message_is(500, "[]", "trying: HTTP 500: the answer gives no reason");
    message_is(500, "{\"error\": \"x\"}", "trying: HTTP 500: the answer gives no reason");
    message_is(302, "{}", "trying: HTTP 302: a redirect, which is not followed");
}

static void a_message_becomes_one_trimmed_line(void **st)
{
    (void)st;
    message_is(400, "{\"error\": {\"message\": \"  one\\r\\n two\\t three  \"}}",
               "trying: HTTP 400: one two three");
    message_is(
        400, "{\"error\": {\"message\": \"Assert failed\\r\\n   at Disk.Check(Int32 n)\\r\\n   at Main()\"}}",
        "trying: HTTP 400: Assert failed");
}

static void details_are_told_level_by_level(void **st)
{
    (void)st;
    message_is(400,
               "{\"error\": {\"code\": \"A\", \"message\": \"a\", \"details\": [{\"code\": \"B\", "
               "\"message\": \"b\","
               " \"details\": [{\"message\": \"c\"}]}, {\"code\": \"D\"}, {}, 7]}}",
               "trying: HTTP 400 A: a; B: b; c; D");
    message_is(400, "{\"error\": {\"details\": [{\"code\": \"B\", \"message\": \"b\"}]}}",
               "trying: HTTP 400: B: b");
}

static void json_inside_a_message_is_read(void **st)
{
    (void)st;
    message_is(400,
               "{\"error\": {\"code\": \"A\", \"message\": \"{\\\"error\\\": {\\\"code\\\": \\\"B\\\", "
               "\\\"message\\\": "
               "\\\"inner\\\"}}\"}}",
               "trying: HTTP 400 A: inner");
    message_is(400, "{\"error\": {\"message\": \"{not json\"}}", "trying: HTTP 400: {not json");
    message_is(400, "{\"error\": {\"message\": \"{}\"}}", "trying: HTTP 400: {}");
}

static void a_policy_refusal_is_the_services_and_names_it(void **st)
{
    struct acg_error err = error_of(
        403,
        "{\"error\": {\"code\": \"RequestDisallowedByPolicy\", \"message\": \"no\", \"additionalInfo\": ["
        "{\"type\": \"PolicyViolation\", \"info\": {\"policyDefinitionName\": \"p1\"}}, {\"type\": "
        "\"Other\"},"
        "{\"type\": \"PolicyViolation\", \"info\": {\"policyDefinitionDisplayName\": \"Two keys\","
        " \"policyAssignmentName\": \"a2\"}}]}}");

    (void)st;
    assert_int_equal(err.status, ACG_ERR_SERVICE);
    assert_string_equal(
        err.message, "trying: HTTP 403 RequestDisallowedByPolicy: no; policy 'p1'; policy 'Two keys' / 'a2'");
}

static void a_message_too_long_ends_with_dots(void **st)
{
    char body[8192];
    struct acg_error err;

    (void)st;
    memset(body, 'x', sizeof body);
    memcpy(body, "{\"error\": {\"message\": \"", 23);
    memcpy(body + sizeof body - 4, "\"}}", 4);
    err = error_of(400, body);
    assert_string_equal(err.message + strlen(err.message) - 4, "x...");
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
}

static void deep_nesting_is_cut_off(void **st)
{
    char body[4096] = "{\"error\": ";
    struct acg_error err;

    (void)st;
    for (int i = 0; i < 20; i++)
        strncat(body, "{\"message\": \"m\", \"details\": [", sizeof body - strlen(body) - 1);
    for (int i = 0; i < 20; i++)
        strncat(body, "]}", sizeof body - strlen(body) - 1);
    strncat(body, "}", sizeof body - strlen(body) - 1);
    err = error_of(400, body);
    assert_string_equal(err.message, "trying: HTTP 400: m; m; m; m; m");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_status_has_its_class),
        cmocka_unit_test(code_and_message_are_taken_from_either_shape),
        cmocka_unit_test(a_body_without_a_reason_says_so),
        cmocka_unit_test(a_message_becomes_one_trimmed_line),
        cmocka_unit_test(details_are_told_level_by_level),
        cmocka_unit_test(json_inside_a_message_is_read),
        cmocka_unit_test(a_policy_refusal_is_the_services_and_names_it),
        cmocka_unit_test(a_message_too_long_ends_with_dots),
        cmocka_unit_test(deep_nesting_is_cut_off),
    };

    return cmocka_run_group_tests_name("error doc", tests, NULL, NULL);
}
