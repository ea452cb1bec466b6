/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/alloc.h"
#include "base/span.h"
#include "http/exchange.h"

static struct acgp_exchange begin(bool write)
{
    struct acgp_request request = {.method = write ? ACGP_PUT : ACGP_GET, .url = acgp_strdup("https://h/x")};
    struct acgp_exchange x;
    bool fresh = true;

    acgp_exchange_init(&x, &request, 0, 60000, 100000);
    x.ask_before_again = write;
    assert_null(request.url);
    assert_int_equal(acgp_exchange_send(&x, 0, &fresh), 60000);
    assert_false(fresh);
    return x;
}

static enum acgp_verdict answer(struct acgp_exchange *x, int64_t now_ms, int status)
{
    struct acgp_moment moment = {.now_ms = now_ms, .random = 500};
    struct acgp_response r;
    enum acgp_verdict verdict;

    acgp_response_init(&r);
    r.status = status;
    verdict = acgp_exchange_on_response(x, &moment, &r);
    acgp_response_done(&r);
    return verdict;
}

static enum acgp_verdict failed(struct acgp_exchange *x, enum acgp_failure_kind kind)
{
    struct acgp_moment moment = {.now_ms = 1000, .random = 500};
    struct acgp_failure failure = {.kind = kind};

    return acgp_exchange_on_failure(x, &moment, &failure);
}

static void an_answer_ends_the_exchange(void **st)
{
    static const int statuses[] = {200, 201, 301, 400, 403, 404, 409, 501};

    (void)st;
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        struct acgp_exchange x = begin(false);
        assert_int_equal(answer(&x, 0, statuses[i]), ACGP_VERDICT_FINAL);
        assert_int_equal(x.state, ACGP_EXCHANGE_ENDED);
        acgp_exchange_done(&x);
    }
}

static void one_401_buys_one_fresh_token_at_once(void **st)
{
    struct acgp_exchange x = begin(false);
    bool fresh = false;

    (void)st;
    assert_int_equal(answer(&x, 700, 401), ACGP_VERDICT_AGAIN);
    assert_int_equal(x.at_ms, 700);
    acgp_exchange_send(&x, 700, &fresh);
    assert_true(fresh);
    assert_int_equal(answer(&x, 800, 503), ACGP_VERDICT_AGAIN);
    acgp_exchange_send(&x, 2000, &fresh);
    assert_false(fresh); /* the token was renewed already */
    assert_int_equal(answer(&x, 2100, 401), ACGP_VERDICT_FINAL);
    acgp_exchange_done(&x);
}

static void a_wait_that_the_service_asks_for_is_no_attempt(void **st)
{
    struct acgp_exchange x = begin(true);
    struct acgp_moment moment = {.now_ms = 0};
    struct acgp_response r;
    bool fresh = false;

    (void)st;
    acgp_response_init(&r);
    r.status = 429;
    assert_true(acgp_response_header_add(&r, acgp_span("retry-after"), acgp_span("1")));
    for (int i = 0; i < 90; i++) {
        assert_int_equal(acgp_exchange_on_response(&x, &moment, &r), ACGP_VERDICT_AGAIN);
        assert_true(x.asked);
        assert_int_equal(x.attempts, 0);
        moment.now_ms = x.at_ms;
        acgp_exchange_send(&x, x.at_ms, &fresh);
        assert_false(x.asked);
    }
    moment.now_ms = 99000; /* the next one would be at the deadline */
    assert_int_equal(acgp_exchange_on_response(&x, &moment, &r), ACGP_VERDICT_FINAL);
    acgp_response_done(&r);
    acgp_exchange_done(&x);
}

static void what_was_never_let_out_is_no_attempt(void **st)
{
    struct acgp_exchange x = begin(true);
    bool fresh = false;

    (void)st;
    for (int i = 0; i < 50; i++) {
        assert_int_equal(failed(&x, ACGP_FAILURE_HELD), ACGP_VERDICT_AGAIN);
        assert_int_equal(x.attempts, 0);
        acgp_exchange_send(&x, x.at_ms, &fresh);
    }
    acgp_exchange_done(&x);
}

static void throttling_without_a_time_is_counted(void **st)
{
    struct acgp_exchange x = begin(false);
    bool fresh = false;
    int n = 1;

    (void)st;
    for (; answer(&x, 0, 429) == ACGP_VERDICT_AGAIN; n++)
        acgp_exchange_send(&x, 0, &fresh);
    assert_int_equal(n, ACGP_RETRY_THROTTLED_ATTEMPTS);
    acgp_exchange_done(&x);
}

static void what_is_busy_is_asked_again_within_a_minute(void **st)
{
    struct acgp_exchange x = begin(true);
    struct acgp_moment moment = {.now_ms = 1000, .random = UINT64_MAX};

    (void)st;
    assert_int_equal(acgp_exchange_on_busy(&x, &moment), ACGP_VERDICT_AGAIN);
    assert_in_range(x.at_ms, 31000, 61000);
    moment.now_ms = 90000;
    assert_int_equal(acgp_exchange_on_busy(&x, &moment), ACGP_VERDICT_FINAL);
    acgp_exchange_done(&x);
}

static void a_read_is_tried_again_after_a_failure(void **st)
{
    struct acgp_exchange x = begin(false);
    bool fresh = false;

    (void)st;
    assert_int_equal(failed(&x, ACGP_FAILURE_LOST), ACGP_VERDICT_AGAIN);
    assert_int_equal(x.at_ms, 1500);
    assert_int_equal(acgp_exchange_send(&x, 50000, &fresh), 100000); /* never past the deadline of it all */
    assert_int_equal(failed(&x, ACGP_FAILURE_TRUST), ACGP_VERDICT_FINAL);
    acgp_exchange_done(&x);
}

static void a_write_that_may_have_acted_is_handed_back(void **st)
{
    static const int statuses[] = {408, 500, 502, 503, 504};

    (void)st;
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        struct acgp_exchange x = begin(true);
        assert_int_equal(answer(&x, 0, statuses[i]), ACGP_VERDICT_FINAL);
        acgp_exchange_done(&x);
    }
    struct acgp_exchange x = begin(true);
    assert_int_equal(failed(&x, ACGP_FAILURE_LOST), ACGP_VERDICT_FINAL);
    acgp_exchange_done(&x);
}

static void a_write_that_cannot_have_acted_is_repeated(void **st)
{
    struct acgp_exchange x = begin(true);
    bool fresh = false;

    (void)st;
    assert_int_equal(failed(&x, ACGP_FAILURE_NOT_SENT), ACGP_VERDICT_AGAIN);
    acgp_exchange_send(&x, 2000, &fresh);
    assert_int_equal(answer(&x, 2000, 429), ACGP_VERDICT_AGAIN);
    acgp_exchange_send(&x, 3000, &fresh);
    assert_int_equal(answer(&x, 3000, 401), ACGP_VERDICT_AGAIN);
    acgp_exchange_done(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_ends_the_exchange),
        cmocka_unit_test(one_401_buys_one_fresh_token_at_once),
        cmocka_unit_test(a_wait_that_the_service_asks_for_is_no_attempt),
        cmocka_unit_test(what_was_never_let_out_is_no_attempt),
        cmocka_unit_test(throttling_without_a_time_is_counted),
        cmocka_unit_test(what_is_busy_is_asked_again_within_a_minute),
        cmocka_unit_test(a_read_is_tried_again_after_a_failure),
        cmocka_unit_test(a_write_that_may_have_acted_is_handed_back),
        cmocka_unit_test(a_write_that_cannot_have_acted_is_repeated),
    };

    return cmocka_run_group_tests_name("exchange", tests, NULL, NULL);
}
