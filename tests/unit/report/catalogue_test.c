/* SPDX-License-Identifier: MPL-2.0 */
/* The matcher; that each known message has its row is tests/contract/catalogue_test.py. */
#include "testlib/test.h"

#include "base/alloc.h"
#include "base/span.h"
#include "report/catalogue.h"

static bool matches(const char *pattern, const char *text)
{
    return acgp_catalogue_matches(pattern, acgp_span(text));
}

static void a_pattern_stands_anywhere_in_any_case(void **st)
{
    (void)st;
    assert_true(matches("was not found", "The set WAS Not Found."));
    assert_false(matches("was not found", "The set was found"));
    assert_false(matches("long", "lon"));
    assert_true(matches("", ""));
    assert_true(matches("", "anything"));
    assert_false(matches("a", ""));
}

static void a_star_is_any_text_also_none(void **st)
{
    (void)st;
    assert_true(matches("set '*' in region '*'", "the set 'a' in region 'b'"));
    assert_true(matches("set '*' in", "set '' in"));
    assert_true(matches("a*b*c", "abc"));
    assert_true(matches("*a**b*", "xaxbx"));
    assert_false(matches("a*b", "ba"));
    assert_false(matches("aa*aa", "aaa")); /* pieces do not share letters */
    assert_true(matches("ab*b", "ab ab"));
}

static const struct acgp_catalogue_row *find(const char *code, int http, const char *message)
{
    return acgp_catalogue_find(code, http, acgp_span(message));
}

static void the_longest_message_wins_then_code_then_status(void **st)
{
    (void)st;
    const struct acgp_catalogue_row *by_message =
        find("InvalidParameter", 400, "Duplicate regions are not allowed in target publishing regions");
    const struct acgp_catalogue_row *by_code = find("InvalidParameter", 400, "something else");
    const struct acgp_catalogue_row *both = find("OperationNotAllowed", 429, "");
    const struct acgp_catalogue_row *by_status = find("Unheard", 429, "");

    assert_string_equal(by_message->remedy.rule, "R8");
    assert_string_equal(by_code->code, "InvalidParameter");
    assert_string_equal(both->code, "OperationNotAllowed");
    assert_int_equal(both->http, 429);
    assert_string_equal(by_status->code, "");
    assert_int_equal(by_status->http, 429);
    assert_null(find("Unheard", 400, "of this"));
    assert_null(find(NULL, 0, ""));
    assert_null(find("", 0, "Unheard of"));
}

static void a_code_is_read_in_any_case_and_5_stands_for_server_errors(void **st)
{
    (void)st;
    assert_ptr_equal(find("gatewaytimeout", 504, ""), find("GatewayTimeout", 0, ""));
    assert_int_equal(find("", 500, "")->http, ACGP_CATALOGUE_5XX);
    assert_int_equal(find("", 599, "")->http, ACGP_CATALOGUE_5XX);
    assert_null(find("", 600, ""));
    assert_null(find("", 5, "")); /* no status is 5 */
}

static void no_more_than_the_cap_is_looked_at(void **st)
{
    static const char known[] = "EndOfLifeDate must be set to a future date";
    char *text = acgp_alloc(ACGP_CATALOGUE_TEXT_MAX + sizeof known, 1);
    size_t at = ACGP_CATALOGUE_TEXT_MAX - (sizeof known - 1);

    (void)st;
    assert_non_null(text);
    memset(text, 'E', ACGP_CATALOGUE_TEXT_MAX); /* the first letter of what is searched, all the way */
    memcpy(text + at, known, sizeof known - 1);
    assert_string_equal(find("", 0, text)->remedy.rule, "R19");
    memset(text, 'E', ACGP_CATALOGUE_TEXT_MAX);
    memcpy(text + at + 1, known, sizeof known - 1);
    assert_null(find("", 0, text));
    acgp_free(text);
}

static void errors_of_our_own_are_none_of_azures(void **st)
{
    struct acg_error err = {.status = ACG_ERR_SERVICE, .arm_code = "QuotaExceeded"};
    struct acg_remedy remedy = {NULL, NULL, NULL};

    (void)st;
    assert_true(acg_error_explain(&err, &remedy));
    assert_string_not_equal(remedy.cause, "");
    for (int status = ACG_OK; status <= ACG_ERR_INTERNAL + 1; status++) {
        err.status = (enum acg_status)status;
        bool azure = status == ACG_ERR_PROTOCOL || status == ACG_ERR_TRANSPORT || status == ACG_ERR_TIMEOUT ||
                     status == ACG_ERR_AUTH || status == ACG_ERR_CONFLICT || status == ACG_ERR_SERVICE ||
                     status == ACG_ERR_TEMPORARY;
        assert_int_equal(acg_error_explain(&err, &remedy), azure);
        assert_int_equal(remedy.cause[0] != '\0', azure);
        assert_int_equal(remedy.next_step[0] != '\0', azure);
        assert_non_null(remedy.rule);
    }
}

static void details_may_be_missing(void **st)
{
    struct acg_remedy remedy = {NULL, NULL, NULL};

    (void)st;
    assert_false(acg_details_explain(NULL, &remedy));
    assert_string_equal(remedy.cause, "");
    assert_false(acg_details_explain("", &remedy));
    assert_true(acg_details_explain("Replication failed in this region due to 'x'", &remedy));
    assert_string_equal(remedy.rule, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_stands_anywhere_in_any_case),
        cmocka_unit_test(a_star_is_any_text_also_none),
        cmocka_unit_test(the_longest_message_wins_then_code_then_status),
        cmocka_unit_test(a_code_is_read_in_any_case_and_5_stands_for_server_errors),
        cmocka_unit_test(no_more_than_the_cap_is_looked_at),
        cmocka_unit_test(errors_of_our_own_are_none_of_azures),
        cmocka_unit_test(details_may_be_missing),
    };

    return cmocka_run_group_tests_name("catalogue", tests, NULL, NULL);
}
