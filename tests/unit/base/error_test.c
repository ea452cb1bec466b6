/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include <acg/acg.h>

#include "base/error.h"

static void a_failure_is_one_line_with_its_field(void **st)
{
    (void)st;
    struct acg_error err = {.http_status = 418};

    assert_int_equal(
        acgp_fail_field(&err, ACG_ERR_ARGUMENT, "target_region[0].replicas", "must be\n1 to %d", 100),
        ACG_ERR_ARGUMENT);
    assert_string_equal(err.field, "target_region[0].replicas");
    assert_string_equal(err.message, "must be 1 to 100");
    assert_int_equal(err.http_status, 0);
}

static void a_failure_without_an_error_struct_still_has_its_status(void **st)
{
    (void)st;
    assert_int_equal(acgp_fail(NULL, ACG_ERR_STATE, "x"), ACG_ERR_STATE);
}

static void a_long_text_is_marked_as_cut_between_characters(void **st)
{
    (void)st;
    char out[9];

    acgp_error_text(out, sizeof out, "abcd\xc3\xa9\xc3\xa9\xc3\xa9");
    assert_string_equal(out, "abcd...");
    acgp_error_text(out, sizeof out, "12345678");
    assert_string_equal(out, "12345678");
}

static void context_stands_before_the_lower_message(void **st)
{
    (void)st;
    struct acg_error err;

    (void)acgp_fail(&err, ACG_ERR_SERVICE, "not found");
    assert_int_equal(acgp_fail_context(&err, "reading %s", "myImage"), ACG_ERR_SERVICE);
    assert_string_equal(err.message, "reading myImage: not found");
}

static void every_status_has_a_name_and_a_documented_exit_code(void **st)
{
    (void)st;
    for (int s = ACG_OK; s <= ACG_ERR_INTERNAL; s++)
        assert_string_not_equal(acg_status_name((enum acg_status)s), "unknown");
    assert_string_equal(acg_status_name((enum acg_status)999), "unknown");
    assert_int_equal(acg_status_exit_code(ACG_OK), 0);
    assert_int_equal(acg_status_exit_code(ACG_ERR_ARGUMENT), 2);
    assert_int_equal(acg_status_exit_code(ACG_ERR_PREFLIGHT), 3);
    assert_int_equal(acg_status_exit_code(ACG_ERR_AUTH), 4);
    assert_int_equal(acg_status_exit_code(ACG_ERR_CONFLICT), 5);
    assert_int_equal(acg_status_exit_code(ACG_ERR_SERVICE), 6);
    assert_int_equal(acg_status_exit_code(ACG_ERR_MISMATCH), 7);
    assert_int_equal(acg_status_exit_code(ACG_ERR_TIMEOUT), 10);
    assert_int_equal(acg_status_exit_code(ACG_ERR_TRANSPORT), 75);
    assert_int_equal(acg_status_exit_code(ACG_ERR_CANCELLED), 130);
    assert_int_equal(acg_status_exit_code((enum acg_status)999), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_is_one_line_with_its_field),
        cmocka_unit_test(a_failure_without_an_error_struct_still_has_its_status),
        cmocka_unit_test(a_long_text_is_marked_as_cut_between_characters),
        cmocka_unit_test(context_stands_before_the_lower_message),
        cmocka_unit_test(every_status_has_a_name_and_a_documented_exit_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
