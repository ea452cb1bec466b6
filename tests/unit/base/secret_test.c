/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/secret.h"
#include "base/span.h"
#include "base/wipe.h"

static void moving_empties_the_origin(void **st)
{
    (void)st;
    struct acgp_secret a, b;

    acgp_secret_init(&a);
    acgp_secret_init(&b);
    assert_true(acgp_secret_set(&a, acgp_span("pa55")));
    acgp_secret_move(&b, &a);
    assert_true(acgp_secret_empty(&a));
    assert_true(acgp_span_equal(acgp_secret_expose(&b), acgp_span("pa55")));
    acgp_secret_done(&b);
    assert_true(acgp_secret_empty(&b));
    assert_string_equal(acgp_secret_expose(&b).data, "");
}

static void wiping_leaves_zeroes(void **st)
{
    (void)st;
    char text[] = "pa55";

    acgp_wipe(text, 4);
    assert_memory_equal(text, "\0\0\0\0", 4);
    acgp_wipe(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moving_empties_the_origin),
        cmocka_unit_test(wiping_leaves_zeroes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
