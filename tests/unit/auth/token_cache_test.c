/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include <stdio.h>

#include "answer.h"
#include "auth/token_cache.h"
#include "auth/token_request.h"
#include "base/error.h"

/* A cache, and a clock that the test turns by hand. */
struct talk {
    struct acgp_token_cache *cache;
    int64_t now_ms;
    uint32_t attempt;
    struct acgp_token_view token;
    struct acg_error err;
};

static struct talk begin(void)
{
    struct talk t = {.now_ms = 1000};
    struct acg_credential *c = test_credential(NULL, "app", "secret");

    assert_int_equal(acgp_token_cache_new(c, "https://management.azure.com", 7, &t.cache, NULL), ACG_OK);
    acg_credential_free(c); /* the cache has a hold of its own */
    return t;
}

static enum acgp_token_state ask(struct talk *t, uint64_t refused)
{
    return acgp_token_cache_ask(t->cache, t->now_ms, refused, &t->token, &t->err);
}

static void expects_request(struct talk *t)
{
    struct acgp_token_action act;

    assert_true(acgp_token_cache_next(t->cache, t->now_ms, 1700000000, &act));
    assert_int_equal(act.kind, ACGP_TOKEN_SEND);
    assert_non_null(strstr(acgp_secret_expose(act.form).data, "client_secret=secret"));
    assert_true(act.until_ms > t->now_ms);
    t->attempt = act.attempt;
}

static void expects_silence(struct talk *t)
{
    struct acgp_token_action act;

    assert_false(acgp_token_cache_next(t->cache, t->now_ms, 1700000000, &act));
}

/* Waits as long as the cache says. */
static void expects_retry(struct talk *t)
{
    struct acgp_token_action act;

    while (acgp_token_cache_next(t->cache, t->now_ms, 1700000000, &act) && act.kind == ACGP_TOKEN_WAIT) {
        assert_true(act.until_ms > t->now_ms);
        t->now_ms = act.until_ms;
    }
    assert_int_equal(act.kind, ACGP_TOKEN_SEND);
    t->attempt = act.attempt;
}

static void replies(struct talk *t, int status, const char *body)
{
    struct acgp_response r;

    test_answer(&r, status, body);
    acgp_token_cache_on_response(t->cache, t->now_ms, 1700000000, t->attempt, &r);
    acgp_response_done(&r);
}

static void gives_token(struct talk *t, const char *name, int lifetime_s)
{
    char body[128];

    snprintf(body, sizeof body, "{\"access_token\":\"%s\",\"expires_in\":%d}", name, lifetime_s);
    replies(t, 200, body);
}

static void has_token(struct talk *t, const char *name)
{
    assert_int_equal(ask(t, 0), ACGP_TOKEN_READY);
    assert_string_equal(acgp_secret_expose(t->token.value).data, name);
}

static void many_waiters_share_one_request(void **st)
{
    (void)st;
    struct talk t = begin();

    for (int i = 0; i < 100; i++)
        assert_int_equal(ask(&t, 0), ACGP_TOKEN_PENDING);
    expects_request(&t);
    expects_silence(&t);
    assert_int_equal(ask(&t, 0), ACGP_TOKEN_PENDING);
    gives_token(&t, "one", 3600);
    for (int i = 0; i < 100; i++)
        has_token(&t, "one");
    expects_silence(&t);
    acgp_token_cache_free(t.cache);
}

static void nothing_is_asked_before_somebody_wants_a_token(void **st)
{
    (void)st;
    struct talk t = begin();

    expects_silence(&t);
    acgp_token_cache_free(t.cache);
}

static void a_token_is_renewed_five_minutes_before_it_expires_and_lent_meanwhile(void **st)
{
    (void)st;
    struct talk t = begin();

    ask(&t, 0);
    expects_request(&t);
    gives_token(&t, "old", 3600);
    t.now_ms += (3600 - 300) * 1000 - 1;
    has_token(&t, "old");
    expects_silence(&t);
    t.now_ms += 1;
    has_token(&t, "old");
    expects_request(&t);
    has_token(&t, "old");
    gives_token(&t, "new", 3600);
    has_token(&t, "new");
    acgp_token_cache_free(t.cache);
}

static void a_short_lived_token_is_used_for_most_of_its_life(void **st)
{
    (void)st;
    struct talk t = begin();

    ask(&t, 0);
    expects_request(&t);
    gives_token(&t, "short", 60);
    t.now_ms += 47999;
    has_token(&t, "short");
    expects_silence(&t);
    t.now_ms += 1;
    has_token(&t, "short");
    expects_request(&t);
    acgp_token_cache_free(t.cache);
}

static void an_expired_token_is_not_lent(void **st)
{
    (void)st;
    struct talk t = begin();

    ask(&t, 0);
    expects_request(&t);
    gives_token(&t, "old", 3600);
    t.now_ms += 3600 * 1000;
    assert_int_equal(ask(&t, 0), ACGP_TOKEN_PENDING);
    expects_request(&t);
    gives_token(&t, "new", 3600);
    has_token(&t, "new");
    acgp_token_cache_free(t.cache);
}

static void the_life_counts_from_the_request_not_from_the_answer(void **st)
{
    (void)st;
    struct talk t = begin();

    ask(&t, 0);
    expects_request(&t);
    t.now_ms += 20000;
    gives_token(&t, "slow", 100);
    t.now_ms += 60000; /* 80 s after the request: four fifths of its life */
    has_token(&t, "slow");
    expects_request(&t);
    acgp_token_cache_free(t.cache);
}

static void a_refused_token_buys_one_fresh_one_for_everybody(void **st)
{
    (void)st;
    struct talk t = begin();
    uint64_t refused = 0;

    ask(&t, 0);
    expects_request(&t);
    gives_token(&t, "revoked", 3600);
    has_token(&t, "revoked");
    refused = t.token.number;
    assert_int_equal(ask(&t, refused), ACGP_TOKEN_PENDING);
    assert_int_equal(ask(&t, refused), ACGP_TOKEN_PENDING);
    assert_int_equal(ask(&t, 0), ACGP_TOKEN_PENDING);
    expects_request(&t);
    expects_silence(&t);
    gives_token(&t, "fresh", 3600);
    assert_int_equal(ask(&t, refused),
                     ACGP_TOKEN_READY); /* a later 401 of the old one costs no further request */
    assert_string_equal(acgp_secret_expose(t.token.value).data, "fresh");
    expects_silence(&t);
    acgp_token_cache_free(t.cache);
}

static void a_refused_login_fails_all_waiters_and_is_not_repeated_at_once(void **st)
{
    (void)st;
    struct talk t = begin();

    ask(&t, 0);
    expects_request(&t);
    replies(&t, 401, "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000222: expired\"}");
    assert_int_equal(ask(&t, 0), ACGP_TOKEN_FAILED);
    assert_int_equal(t.err.status, ACG_ERR_AUTH);
    assert_string_equal(t.err.arm_code, "AADSTS7000222");
    t.now_ms += ACGP_TOKEN_HOLD_MS - 1;
    assert_int_equal(ask(&t, 0), ACGP_TOKEN_FAILED);
    expects_silence(&t);
    t.now_ms += 1;
    assert_int_equal(ask(&t, 0), ACGP_TOKEN_PENDING);
    expects_request(&t);
    acgp_token_cache_free(t.cache);
}

static void a_busy_token_service_is_asked_again_when_it_says(void **st)
{
    (void)st;
    struct talk t = begin();
    struct acgp_response r;
    int64_t asked_ms = t.now_ms;

    ask(&t, 0);
    expects_request(&t);
    test_answer(&r, 429, "{\"error\":\"busy\"}");
    assert_true(
        acgp_response_header_add(&r, (struct acg_span){"Retry-After", 11}, (struct acg_span){"17", 2}));
    acgp_token_cache_on_response(t.cache, t.now_ms, 1700000000, t.attempt, &r);
    acgp_response_done(&r);
    assert_int_equal(ask(&t, 0), ACGP_TOKEN_PENDING);
    expects_retry(&t);
    assert_int_equal(t.now_ms, asked_ms + 17000);
    gives_token(&t, "late", 3600);
    has_token(&t, "late");
    acgp_token_cache_free(t.cache);
}

static void a_lost_connection_is_tried_again_but_not_for_ever(void **st)
{
    (void)st;
    struct talk t = begin();
    struct acgp_failure lost = {.kind = ACGP_FAILURE_LOST};
    struct acgp_token_action act;
    unsigned attempts = 1;

    acgp_fail(&lost.error, ACG_ERR_TRANSPORT, "the connection broke");
    ask(&t, 0);
    expects_request(&t);
    for (;; attempts++) {
        acgp_token_cache_on_failure(t.cache, t.now_ms, t.attempt, &lost);
        if (!acgp_token_cache_next(t.cache, t.now_ms, 1700000000, &act))
            break;
        expects_retry(&t);
    }
    assert_in_range(attempts, 2, ACGP_RETRY_ATTEMPTS);
    assert_true(t.now_ms <= 1000 + ACGP_TOKEN_FLIGHT_MS);
    assert_int_equal(ask(&t, 0), ACGP_TOKEN_FAILED);
    assert_int_equal(t.err.status, ACG_ERR_TRANSPORT);
    assert_string_equal(t.err.message, "no token could be had: the connection broke");
    acgp_token_cache_free(t.cache);
}

static void a_certificate_that_is_not_trusted_is_not_tried_again(void **st)
{
    (void)st;
    struct talk t = begin();
    struct acgp_failure trust = {.kind = ACGP_FAILURE_TRUST};

    acgp_fail(&trust.error, ACG_ERR_TRANSPORT, "not trusted");
    ask(&t, 0);
    expects_request(&t);
    acgp_token_cache_on_failure(t.cache, t.now_ms, t.attempt, &trust);
    expects_silence(&t);
    assert_int_equal(ask(&t, 0), ACGP_TOKEN_FAILED);
    acgp_token_cache_free(t.cache);
}

static void a_failed_renewal_leaves_the_good_token_in_use(void **st)
{
    (void)st;
    struct talk t = begin();

    ask(&t, 0);
    expects_request(&t);
    gives_token(&t, "good", 3600);
    t.now_ms += 3400 * 1000;
    has_token(&t, "good");
    expects_request(&t);
    replies(&t, 400, "{\"error\":\"invalid_request\"}");
    has_token(&t, "good");
    expects_silence(&t);
    t.now_ms += ACGP_TOKEN_HOLD_MS;
    has_token(&t, "good");
    expects_request(&t);
    acgp_token_cache_free(t.cache);
}

static void an_answer_to_an_older_attempt_is_ignored(void **st)
{
    (void)st;
    struct talk t = begin();
    struct acgp_failure lost = {.kind = ACGP_FAILURE_LOST};
    uint32_t old = 0;

    ask(&t, 0);
    expects_request(&t);
    old = t.attempt;
    acgp_token_cache_on_failure(t.cache, t.now_ms, old, &lost);
    expects_retry(&t);
    assert_int_not_equal(t.attempt, old);
    acgp_token_cache_on_failure(t.cache, t.now_ms, old, &lost);
    expects_silence(&t);
    gives_token(&t, "right", 3600);
    has_token(&t, "right");
    acgp_token_cache_free(t.cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_asked_before_somebody_wants_a_token),
        cmocka_unit_test(many_waiters_share_one_request),
        cmocka_unit_test(a_token_is_renewed_five_minutes_before_it_expires_and_lent_meanwhile),
        cmocka_unit_test(a_short_lived_token_is_used_for_most_of_its_life),
        cmocka_unit_test(an_expired_token_is_not_lent),
        cmocka_unit_test(the_life_counts_from_the_request_not_from_the_answer),
        cmocka_unit_test(a_refused_token_buys_one_fresh_one_for_everybody),
        cmocka_unit_test(a_refused_login_fails_all_waiters_and_is_not_repeated_at_once),
        cmocka_unit_test(a_busy_token_service_is_asked_again_when_it_says),
        cmocka_unit_test(a_lost_connection_is_tried_again_but_not_for_ever),
        cmocka_unit_test(a_certificate_that_is_not_trusted_is_not_tried_again),
        cmocka_unit_test(a_failed_renewal_leaves_the_good_token_in_use),
        cmocka_unit_test(an_answer_to_an_older_attempt_is_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
