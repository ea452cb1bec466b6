/* SPDX-License-Identifier: MPL-2.0 */
/* ARM's rules for long-running operations. */
#include "testlib/test.h"

#include "arm/lro.h"
#include "base/span.h"

#define ARM "https://management.azure.com"

static struct acgp_response response(int status, const char *name, const char *value, const char *body)
{
    struct acgp_response r;

    acgp_response_init(&r);
    r.status = status;
    if (name != NULL)
        assert_true(acgp_response_header_add(&r, acgp_span(name), acgp_span(value)));
    assert_true(acgp_buf_text(&r.body, body));
    return r;
}

static struct acgp_lro begin(const char *name, const char *value)
{
    struct acgp_lro lro = {0};
    struct acgp_response r = response(201, name, value, "{}");

    assert_int_equal(acgp_lro_begin(&lro, ARM, &r, 0, NULL), ACG_OK);
    acgp_response_done(&r);
    return lro;
}

static enum acgp_lro_state polled(struct acgp_lro *lro, int status, const char *body)
{
    struct acgp_response r = response(status, NULL, NULL, body);
    enum acgp_lro_state state = ACGP_LRO_RUNNING;
    struct acg_error failure = {0};

    assert_int_equal(acgp_lro_on_response(lro, &r, 0, &state, &failure, NULL), ACG_OK);
    acgp_response_done(&r);
    return state;
}

static void azure_asyncoperation_wins_over_location(void **st)
{
    struct acgp_lro lro = {0};
    struct acgp_response r = response(202, "Location", ARM "/loc", "");

    (void)st;
    assert_true(acgp_response_header_add(&r, acgp_span("Azure-AsyncOperation"), acgp_span(ARM "/op")));
    assert_int_equal(acgp_lro_begin(&lro, ARM, &r, 0, NULL), ACG_OK);
    assert_int_equal(lro.way, ACGP_LRO_OPERATION);
    assert_string_equal(lro.url, ARM "/op");
    assert_int_equal(lro.wait_ms, 0);
    acgp_response_done(&r);
    acgp_lro_done(&lro);
}

static void without_headers_the_resource_is_polled(void **st)
{
    struct acgp_lro lro = begin(NULL, NULL);

    (void)st;
    assert_int_equal(lro.way, ACGP_LRO_RESOURCE);
    assert_false(lro.foreign);
    acgp_lro_done(&lro);
}

static void a_foreign_url_is_neither_kept_nor_called(void **st)
{
    struct acgp_lro lro = begin("Azure-AsyncOperation", "https://evil.example/op");

    (void)st;
    assert_int_equal(lro.way, ACGP_LRO_RESOURCE);
    assert_true(lro.foreign);
    assert_null(lro.url);
    acgp_lro_done(&lro);
}

static void words_of_the_operation_are_obeyed(void **st)
{
    struct acgp_lro lro = begin("Azure-AsyncOperation", ARM "/op");

    (void)st;
    assert_int_equal(polled(&lro, 200, "{\"status\": \"InProgress\"}"), ACGP_LRO_RUNNING);
    assert_int_equal(lro.wait_ms, 1000);
    assert_int_equal(polled(&lro, 200, "{\"status\": \"Whatever\"}"), ACGP_LRO_RUNNING);
    assert_int_equal(lro.wait_ms, 2000);
    assert_int_equal(polled(&lro, 202, ""), ACGP_LRO_RUNNING);
    assert_int_equal(polled(&lro, 200, "{\"status\": \"Succeeded\"}"), ACGP_LRO_SUCCEEDED);
    assert_int_equal(polled(&lro, 200, "{\"status\": \"Failed\"}"), ACGP_LRO_FAILED);
    assert_int_equal(polled(&lro, 200, "{\"status\": \"canceled\"}"), ACGP_LRO_FAILED);
    acgp_lro_done(&lro);
}

static void a_url_that_does_not_answer_as_one_is_lost(void **st)
{
    static const struct {
        int status;
        const char *body;
    } rows[] = {{404, "{}"}, {410, ""}, {403, "{}"}, {204, ""}, {200, "{}"}, {200, ""}, {200, "<html>"}};

    (void)st;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct acgp_lro lro = begin("Azure-AsyncOperation", ARM "/op");
        assert_int_equal(polled(&lro, rows[i].status, rows[i].body), ACGP_LRO_LOST);
        assert_int_equal(lro.way, ACGP_LRO_RESOURCE);
        assert_null(lro.url);
        acgp_lro_done(&lro);
    }
}

static void location_goes_by_the_status_alone(void **st)
{
    static const int done[] = {200, 201, 204};

    (void)st;
    for (size_t i = 0; i < 3; i++) {
        struct acgp_lro lro = begin("Location", ARM "/loc");
        assert_int_equal(polled(&lro, 202, ""), ACGP_LRO_RUNNING);
        assert_int_equal(polled(&lro, done[i], ""), ACGP_LRO_SUCCEEDED);
        assert_int_equal(polled(&lro, 404, ""), ACGP_LRO_LOST);
        acgp_lro_done(&lro);
    }
}

static void intervals_grow_to_half_a_minute_unless_the_service_says_otherwise(void **st)
{
    static const int64_t want[] = {1000, 1000, 2000, 5000, 10000, 15000, 20000, 30000, 30000};

    (void)st;
    for (unsigned n = 0; n < sizeof want / sizeof want[0]; n++)
        assert_int_equal(acgp_lro_interval_ms(n, 0), want[n]);
    assert_int_equal(acgp_lro_interval_ms(UINT32_MAX, 0), 30000);
    assert_int_equal(acgp_lro_interval_ms(1, 42000), 42000);
}

static void a_wait_in_the_first_answer_delays_the_first_poll(void **st)
{
    struct acgp_lro lro = {0};
    struct acgp_response r = response(201, "Azure-AsyncOperation", ARM "/op", "{}");

    (void)st;
    assert_true(acgp_response_header_add(&r, acgp_span("Retry-After"), acgp_span("3")));
    assert_int_equal(acgp_lro_begin(&lro, ARM, &r, 0, NULL), ACG_OK);
    assert_int_equal(lro.wait_ms, 3000);
    acgp_response_done(&r);
    acgp_lro_done(&lro);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(azure_asyncoperation_wins_over_location),
        cmocka_unit_test(without_headers_the_resource_is_polled),
        cmocka_unit_test(a_foreign_url_is_neither_kept_nor_called),
        cmocka_unit_test(words_of_the_operation_are_obeyed),
        cmocka_unit_test(a_url_that_does_not_answer_as_one_is_lost),
        cmocka_unit_test(location_goes_by_the_status_alone),
        cmocka_unit_test(intervals_grow_to_half_a_minute_unless_the_service_says_otherwise),
        cmocka_unit_test(a_wait_in_the_first_answer_delays_the_first_poll),
    };

    return cmocka_run_group_tests_name("lro", tests, NULL, NULL);
}
