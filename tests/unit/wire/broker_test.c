/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/span.h"
#include "testlib/hex.h"
#include "wire/broker.h"

static void a_dialed_number_is_little_endian_and_must_come_back(void **st)
{
    (void)st;
    struct pkr_leg leg;
    uint8_t out[PKR_LEG_BYTES];

    pkr_leg_dial(&leg, 0x0a0b0c0d, 100, out);
    assert_memory_equal(out, "\x0d\x0c\x0b\x0a", 4);
    assert_int_equal(leg.due_ms, 5100);
    assert_int_equal(pkr_leg_feed(&leg, hex("0d0c")), 2);
    assert_int_equal(leg.state, PKR_LEG_DIALING);
    assert_int_equal(pkr_leg_feed(&leg, hex("0b0a 82")), 2);
    assert_int_equal(leg.state, PKR_LEG_READY);
    assert_int_equal(pkr_leg_feed(&leg, hex("82")), 0);
}

static void another_echo_is_wrong(void **st)
{
    (void)st;
    struct pkr_leg leg;
    uint8_t out[PKR_LEG_BYTES];

    pkr_leg_dial(&leg, 1, 0, out);
    assert_int_equal(pkr_leg_feed(&leg, hex("02000000")), 4);
    assert_int_equal(leg.state, PKR_LEG_WRONG);
}

static void an_incoming_number_is_echoed(void **st)
{
    (void)st;
    struct pkr_leg leg;
    uint8_t out[PKR_LEG_BYTES];

    pkr_leg_accept(&leg, 7);
    assert_int_equal(leg.due_ms, 5007);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(pkr_leg_feed(&leg, hex("01")), 1);
    assert_int_equal(leg.state, PKR_LEG_ASKED);
    assert_int_equal(pkr_leg_feed(&leg, hex("00 ff")), 1);
    assert_int_equal(leg.state, PKR_LEG_NUMBERED);
    assert_int_equal(leg.number, 0x00010101);
    pkr_leg_echo(&leg, out);
    assert_memory_equal(out, "\x01\x01\x01\x00", 4);
    assert_int_equal(leg.state, PKR_LEG_READY);
}

static void a_served_number_is_good_for_one_stream(void **st)
{
    (void)st;
    struct pkr_broker b = {0};
    uint32_t first = 0, second = 0;

    assert_int_equal(pkr_broker_serve(&b, 0, NULL), ACG_OK);
    assert_int_equal(pkr_broker_serve_new(&b, &first, NULL), ACG_OK);
    assert_int_equal(pkr_broker_serve_new(&b, &second, NULL), ACG_OK);
    assert_int_equal(first, 1);
    assert_int_equal(second, 2);
    assert_true(pkr_broker_claim(&b, 1));
    assert_false(pkr_broker_claim(&b, 1));
    assert_true(pkr_broker_claim(&b, 0));
    assert_true(pkr_broker_claim(&b, 2));
    assert_false(pkr_broker_claim(&b, 3));
}

static void numbers_that_nobody_dials_are_bounded(void **st)
{
    (void)st;
    struct pkr_broker b = {0};
    uint32_t number = 77;

    for (unsigned i = 0; i < PKR_BROKER_SERVED_MAX; i++)
        assert_int_equal(pkr_broker_serve_new(&b, &number, NULL), ACG_OK);
    assert_int_equal(pkr_broker_serve_new(&b, &number, NULL), ACG_ERR_LIMIT);
    assert_int_equal(number, 64);
    assert_true(pkr_broker_claim(&b, 5));
    assert_int_equal(pkr_broker_serve_new(&b, &number, NULL), ACG_OK);
    assert_int_equal(number, 65);
}

static void numbers_never_become_zero(void **st)
{
    (void)st;
    struct pkr_broker b = {.last = UINT32_MAX};
    uint32_t number = 0;

    assert_int_equal(pkr_broker_serve_new(&b, &number, NULL), ACG_OK);
    assert_int_equal(number, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dialed_number_is_little_endian_and_must_come_back),
        cmocka_unit_test(another_echo_is_wrong),
        cmocka_unit_test(an_incoming_number_is_echoed),
        cmocka_unit_test(a_served_number_is_good_for_one_stream),
        cmocka_unit_test(numbers_that_nobody_dials_are_bounded),
        cmocka_unit_test(numbers_never_become_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
