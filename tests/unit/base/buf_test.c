/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/span.h"

static void appends_stand_in_order_and_end_with_nul(void **st)
{
    (void)st;
    struct acgp_buf b;

    acgp_buf_init(&b, 100);
    assert_true(acgp_buf_text(&b, "region "));
    assert_true(acgp_buf_printf(&b, "%d of %d", 1, 2));
    assert_true(acgp_buf_byte(&b, '.'));
    assert_string_equal(b.data, "region 1 of 2.");
    assert_int_equal(b.len, 14);
    acgp_buf_done(&b);
}

static void the_cap_refuses_and_nothing_is_cut(void **st)
{
    (void)st;
    struct acgp_buf b;

    acgp_buf_init(&b, 8);
    assert_true(acgp_buf_text(&b, "12345678"));
    assert_false(acgp_buf_byte(&b, '9'));
    assert_true(b.failed && b.over);
    assert_string_equal(b.data, "12345678");
    assert_false(acgp_buf_text(&b, ""));
    assert_null(acgp_buf_take(&b));
    acgp_buf_clear(&b);
    assert_true(acgp_buf_text(&b, "new"));
    acgp_buf_done(&b);
}

static void consuming_moves_the_rest_to_the_front(void **st)
{
    (void)st;
    struct acgp_buf b;

    acgp_buf_init(&b, 100);
    assert_true(acgp_buf_text(&b, "headbody"));
    acgp_buf_consume(&b, 4);
    assert_string_equal(b.data, "body");
    acgp_buf_consume(&b, 99);
    assert_int_equal(b.len, 0);
    acgp_buf_done(&b);
}

static void taking_an_empty_buffer_gives_an_empty_text(void **st)
{
    (void)st;
    struct acgp_buf b;

    acgp_buf_init(&b, 10);
    char *text = acgp_buf_take(&b);
    assert_string_equal(text, "");
    acgp_free(text);
    text = acgp_printf("%s/%s", "a", "b");
    assert_string_equal(text, "a/b");
    acgp_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_stand_in_order_and_end_with_nul),
        cmocka_unit_test(the_cap_refuses_and_nothing_is_cut),
        cmocka_unit_test(consuming_moves_the_rest_to_the_front),
        cmocka_unit_test(taking_an_empty_buffer_gives_an_empty_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
