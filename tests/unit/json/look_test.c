/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "json/look.h"

static void a_place_is_found_by_its_names(void **st)
{
    json_t *root = json_pack("{s:{s:{s:s}, s:i, s:b, s:b, s:n}}", "a", "b", "c", "text", "n", 7, "yes", 1,
                             "no", 0, "none");

    (void)st;
    assert_string_equal(acgp_json_text(root, "a.b.c"), "text");
    assert_int_equal(acgp_json_int(root, "a.n", -1), 7);
    assert_true(acgp_json_true(root, "a.yes"));
    assert_true(acgp_json_false(root, "a.no"));
    assert_ptr_equal(acgp_json_at(root, ""), root);
    json_decref(root);
}

static void what_is_absent_null_or_of_another_type_is_not_there(void **st)
{
    json_t *root = json_pack("{s:{s:s, s:n, s:[i]}}", "a", "t", "text", "none", "list", 1);

    (void)st;
    assert_null(acgp_json_at(root, "a.none"));
    assert_null(acgp_json_text(root, "a.list"));
    assert_null(acgp_json_text(root, "a.t.deeper"));
    assert_null(acgp_json_text(root, "b.c"));
    assert_null(acgp_json_text(NULL, "a"));
    assert_int_equal(acgp_json_int(root, "a.t", 3), 3);
    assert_false(acgp_json_true(root, "a.t"));
    assert_false(acgp_json_false(root, "a.t"));
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_is_found_by_its_names),
        cmocka_unit_test(what_is_absent_null_or_of_another_type_is_not_there),
    };
    return cmocka_run_group_tests_name("look", tests, NULL, NULL);
}
