/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/alloc.h"

static void memory_is_zeroed(void **st)
{
    (void)st;
    unsigned char *p = acgp_alloc(64, 3);

    assert_non_null(p);
    for (size_t i = 0; i < 192; i++)
        assert_int_equal(p[i], 0);
    acgp_free(p);
}

static void a_product_that_overflows_is_refused(void **st)
{
    (void)st;
    assert_null(acgp_realloc(NULL, SIZE_MAX / 2, 3));
    size_t n = 7;
    assert_false(acgp_size_add(SIZE_MAX, 1, &n));
    assert_false(acgp_size_mul(SIZE_MAX, 2, &n));
    assert_int_equal(n, 7);
}

static void copies_end_with_nul(void **st)
{
    (void)st;
    char *text = acgp_strndup("westus2", 6);

    assert_string_equal(text, "westus");
    acgp_free(text);
    assert_null(acgp_strdup(NULL));
}

static void growing_stops_at_the_cap(void **st)
{
    (void)st;
    void *items = NULL;
    size_t capacity = 0;

    assert_true(acgp_grow(&items, &capacity, 1, 20, 4));
    assert_true(acgp_grow(&items, &capacity, 20, 20, 4));
    assert_int_equal(capacity, 20);
    assert_false(acgp_grow(&items, &capacity, 21, 20, 4));
    assert_int_equal(capacity, 20);
    acgp_free(items);
}

#ifdef ACG_FAULT_INJECTION
static void the_chosen_allocation_fails_and_no_other(void **st)
{
    (void)st;
    acgp_alloc_fail_at(2);
    void *first = acgp_alloc(1, 1);
    void *second = acgp_alloc(1, 1);
    void *third = acgp_alloc(1, 1);

    assert_non_null(first);
    assert_null(second);
    assert_non_null(third);
    assert_int_equal(acgp_alloc_count(), 3);
    acgp_alloc_fail_at(0);
    acgp_free(first);
    acgp_free(third);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed),
        cmocka_unit_test(a_product_that_overflows_is_refused),
        cmocka_unit_test(copies_end_with_nul),
        cmocka_unit_test(growing_stops_at_the_cap),
#ifdef ACG_FAULT_INJECTION
        cmocka_unit_test(the_chosen_allocation_fails_and_no_other),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
