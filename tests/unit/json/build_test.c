/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/alloc.h"
#include "json/build.h"

static void members_stand_in_the_order_of_adding(void **st)
{
    json_t *o = json_object(), *list = json_array();
    char *text = NULL;

    (void)st;
    assert_true(acgp_json_append(list, json_integer(7)));
    assert_true(acgp_json_put_text(o, "z", "a\"b") && acgp_json_put_int(o, "y", -3) &&
                acgp_json_put_tristate(o, "x", ACG_FALSE) && acgp_json_put(o, "w", list));
    text = acgp_json_dump(o, 1024);
    assert_string_equal(text, "{\"z\":\"a\\\"b\",\"y\":-3,\"x\":false,\"w\":[7]}");
    acgp_free(text);
    json_decref(o);
}

static void what_is_not_set_is_left_out(void **st)
{
    json_t *o = json_object();
    char *text = NULL;

    (void)st;
    assert_true(acgp_json_put_text(o, "a", NULL) && acgp_json_put_tristate(o, "b", ACG_UNSET) &&
                acgp_json_put_object(o, "c", json_object()));
    text = acgp_json_dump(o, 1024);
    assert_string_equal(text, "{}");
    acgp_free(text);
    json_decref(o);
}

static void a_failed_part_fails_the_chain(void **st)
{
    json_t *o = json_object();

    (void)st;
    assert_false(acgp_json_put(o, "a", NULL));
    assert_false(acgp_json_put(NULL, "a", json_integer(1)));
    assert_false(acgp_json_put_text(NULL, "a", "b"));
    assert_false(acgp_json_put_object(NULL, "a", json_object()));
    assert_false(acgp_json_append(NULL, json_integer(1)));
    json_decref(o);
}

static void a_text_past_its_cap_is_refused(void **st)
{
    json_t *o = json_object();

    (void)st;
    assert_true(acgp_json_put_text(o, "a", "0123456789"));
    assert_null(acgp_json_dump(o, 10));
    json_decref(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_stand_in_the_order_of_adding),
        cmocka_unit_test(what_is_not_set_is_left_out),
        cmocka_unit_test(a_failed_part_fails_the_chain),
        cmocka_unit_test(a_text_past_its_cap_is_refused),
    };

    return cmocka_run_group_tests_name("build", tests, NULL, NULL);
}
