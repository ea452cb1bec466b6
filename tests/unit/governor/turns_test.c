/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "governor/turns.h"

static struct acgp_claim claim(struct acgp_turns *t, struct acgp_claim *c, const char *a, const char *b)
{
    const char *names[] = {a, b};

    *c = (struct acgp_claim){.prev = NULL};
    assert_int_equal(acgp_turns_claim(t, c, names, b != NULL ? 2 : 1), ACG_OK);
    return *c;
}

static void one_after_the_other_in_the_order_of_asking(void **st)
{
    struct acgp_turns t = {NULL};
    struct acgp_claim a, b, c;

    (void)st;
    claim(&t, &a, "/images/One", NULL);
    claim(&t, &b, "/images/one", NULL);
    claim(&t, &c, "/images/ONE", NULL);
    assert_true(a.held);
    assert_true(b.waiting && c.waiting);
    assert_string_equal(acgp_turns_missing(&b), "/images/One");
    assert_null(acgp_turns_next(&t));
    acgp_turns_release(&t, &a);
    assert_ptr_equal(acgp_turns_next(&t), &b);
    assert_null(acgp_turns_next(&t));
    acgp_turns_release(&t, &b);
    assert_ptr_equal(acgp_turns_next(&t), &c);
    acgp_turns_release(&t, &c);
    assert_null(t.things);
}

static void other_sources_do_not_wait(void **st)
{
    struct acgp_turns t = {NULL};
    struct acgp_claim a, b;

    (void)st;
    claim(&t, &a, "one", NULL);
    claim(&t, &b, "two", NULL);
    assert_true(a.held && b.held);
    acgp_turns_release(&t, &a);
    acgp_turns_release(&t, &b);
}

static void several_things_are_had_at_once_or_not_at_all(void **st)
{
    struct acgp_turns t = {NULL};
    struct acgp_claim ab, ba, bc, c;

    (void)st;
    claim(&t, &ab, "a", "b");
    claim(&t, &ba, "b", "a");
    claim(&t, &bc, "b", "c");
    claim(&t, &c, "c", NULL);
    assert_true(ab.held);
    assert_true(ba.waiting);
    assert_true(bc.waiting);
    assert_true(c.waiting); /* c is free, but who came before waits for it */
    acgp_turns_release(&t, &ab);
    assert_ptr_equal(acgp_turns_next(&t), &ba);
    assert_null(acgp_turns_next(&t));
    acgp_turns_release(&t, &ba);
    assert_ptr_equal(acgp_turns_next(&t), &bc);
    assert_null(acgp_turns_next(&t));
    acgp_turns_release(&t, &bc);
    assert_ptr_equal(acgp_turns_next(&t), &c);
    acgp_turns_release(&t, &c);
    assert_null(t.things);
}

static void who_gives_up_lets_the_next_one_in(void **st)
{
    struct acgp_turns t = {NULL};
    struct acgp_claim a, b, c;
    struct acgp_claim never = {.prev = NULL};

    (void)st;
    claim(&t, &a, "one", "ONE"); /* the same thing twice */
    claim(&t, &b, "one", NULL);
    claim(&t, &c, "one", NULL);
    acgp_turns_release(&t, &b);
    acgp_turns_release(&t, &b);
    acgp_turns_release(&t, &never);
    assert_null(acgp_turns_next(&t));
    acgp_turns_release(&t, &a);
    assert_ptr_equal(acgp_turns_next(&t), &c);
    acgp_turns_release(&t, &c);
    assert_null(t.things);
}

static void who_needs_nothing_never_waits(void **st)
{
    struct acgp_turns t = {NULL};
    struct acgp_claim a = {.prev = NULL};

    (void)st;
    assert_int_equal(acgp_turns_claim(&t, &a, NULL, 0), ACG_OK);
    assert_true(a.held);
    acgp_turns_release(&t, &a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_after_the_other_in_the_order_of_asking),
        cmocka_unit_test(other_sources_do_not_wait),
        cmocka_unit_test(several_things_are_had_at_once_or_not_at_all),
        cmocka_unit_test(who_gives_up_lets_the_next_one_in),
        cmocka_unit_test(who_needs_nothing_never_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
