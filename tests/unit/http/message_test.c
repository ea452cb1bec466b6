/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include <stdlib.h>

#include "base/span.h"
#include "http/message.h"

static void headers_are_found_by_lower_case_name_and_trimmed(void **st)
{
    struct acgp_response r;

    (void)st;
    acgp_response_init(&r);
    assert_true(acgp_response_header_add(&r, acgp_span("Retry-After"), acgp_span("  5 \r\n")));
    assert_true(acgp_response_header_add(&r, acgp_span("retry-after"), acgp_span("6")));
    assert_string_equal(acgp_response_header(&r, "retry-after"), "5");
    assert_null(acgp_response_header(&r, "location"));
    acgp_response_done(&r);
    assert_null(acgp_response_header(&r, "retry-after"));
}

static void headers_past_the_cap_are_refused(void **st)
{
    struct acgp_response r;
    char *value = malloc(ACGP_HEADERS_MAX);

    (void)st;
    assert_non_null(value);
    memset(value, 'x', ACGP_HEADERS_MAX);
    acgp_response_init(&r);
    assert_true(acgp_response_header_add(&r, acgp_span("a"), acgp_span_of(value, ACGP_HEADERS_MAX - 1)));
    assert_false(acgp_response_header_add(&r, acgp_span("b"), acgp_span("")));
    assert_int_equal(r.header_count, 1);
    acgp_response_done(&r);
    free(value);
}

static void methods_have_their_names(void **st)
{
    (void)st;
    assert_string_equal(acgp_method_name(ACGP_GET), "GET");
    assert_string_equal(acgp_method_name(ACGP_DELETE), "DELETE");
    assert_string_equal(acgp_method_name((enum acgp_method)99), "?");
}

static void an_empty_request_can_be_freed(void **st)
{
    struct acgp_request r = {0};

    (void)st;
    acgp_request_done(&r);
    assert_null(r.url);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_found_by_lower_case_name_and_trimmed),
        cmocka_unit_test(headers_past_the_cap_are_refused),
        cmocka_unit_test(methods_have_their_names),
        cmocka_unit_test(an_empty_request_can_be_freed),
    };

    return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
