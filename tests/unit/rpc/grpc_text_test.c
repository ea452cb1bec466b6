/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/span.h"
#include "rpc/grpc_rate.h"
#include "rpc/grpc_service.h"
#include "rpc/grpc_status.h"
#include "rpc/grpc_text.h"
#include "rpc/health.h"
#include "rpc/reflection.h"

static void base64_is_written_without_padding(void **st)
{
    static const char *const pairs[][2] = {
        {"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"foob", "Zm9vYg"}};
    struct acgp_buf out;

    (void)st;
    acgp_buf_init(&out, 64);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        acgp_buf_clear(&out);
        assert_true(rpc_base64_append(&out, acgp_span(pairs[i][0])));
        assert_true(acgp_span_equal(acgp_buf_view(&out), acgp_span(pairs[i][1])));
        acgp_buf_clear(&out);
        assert_true(rpc_base64_decode(&out, acgp_span(pairs[i][1])));
        assert_true(acgp_span_equal(acgp_buf_view(&out), acgp_span(pairs[i][0])));
    }
    acgp_buf_done(&out);
}

static void base64_is_read_with_padding_and_nothing_else(void **st)
{
    static const char *const bad[] = {
        "Z", "Zg=", "Zg===", "Zm8==", "Zm9v=", "Zm9v====", "Z g=", "Zm9\n", "====", "Zg==Zg=="};
    struct acgp_buf out;

    (void)st;
    acgp_buf_init(&out, 64);
    assert_true(rpc_base64_decode(&out, acgp_span("Zg==")) && rpc_base64_decode(&out, acgp_span("Zm8=")));
    assert_true(acgp_span_equal(acgp_buf_view(&out), acgp_span("ffo")));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(rpc_base64_decode(&out, acgp_span(bad[i])));
    assert_true(acgp_span_equal(acgp_buf_view(&out), acgp_span("ffo")));
    assert_false(out.failed);
    acgp_buf_done(&out);
}

static void messages_are_percent_encoded(void **st)
{
    struct acgp_buf out;

    (void)st;
    acgp_buf_init(&out, 64);
    assert_true(rpc_percent_append(&out, acgp_span("a b%\n\xc3\xa9~\x7f")));
    assert_true(acgp_span_equal(acgp_buf_view(&out), acgp_span("a b%25%0A%C3%A9~%7F")));
    acgp_buf_clear(&out);
    assert_true(rpc_percent_append(&out, acgp_span(" a b ")));
    assert_true(acgp_span_equal(acgp_buf_view(&out), acgp_span("%20a b%20")));
    acgp_buf_done(&out);
}

static void timeouts_have_eight_digits_and_a_unit(void **st)
{
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {{"1H", 3600000}, {"99999999H", INT64_C(359999996400000)},
                {"2M", 120000},  {"3S", 3000},
                {"250m", 250},   {"1u", 1},
                {"1001u", 2},    {"1n", 1},
                {"0n", 0},       {"00000001m", 1}};
    static const char *const bad[] = {"", "m", "1", "1x", "100000000m", "-1m", "1 m", "1.5S", "m1", "1mm"};
    int64_t ms = -7;

    (void)st;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(rpc_timeout_parse(acgp_span(good[i].text), &ms));
        assert_int_equal(ms, good[i].ms);
    }
    ms = -7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(rpc_timeout_parse(acgp_span(bad[i]), &ms));
    assert_int_equal(ms, -7);
}

static void text_is_utf8_without_nul(void **st)
{
    static const char *const good[] = {
        "", "abc", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\x80",
                                      "\xc3",
                                      "\xc0\x80",
                                      "\xe0\x80\x80",
                                      "\xed\xa0\x80",
                                      "\xf4\x90\x80\x80",
                                      "\xf8\x88\x80\x80\x80",
                                      "\xe2\x82",
                                      "a\xff"};

    (void)st;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(rpc_text_is_utf8(acgp_span(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(rpc_text_is_utf8(acgp_span(bad[i])));
    assert_false(rpc_text_is_utf8(acgp_span_of("a\0b", 3)));
}

static void lists_have_tokens(void **st)
{
    (void)st;
    assert_true(rpc_list_has(acgp_span("identity, deflate ,gzip"), "gzip"));
    assert_true(rpc_list_has(acgp_span("gzip"), "gzip"));
    assert_false(rpc_list_has(acgp_span("xgzip,gzipx"), "gzip"));
    assert_false(rpc_list_has(acgp_span(""), "gzip"));
}

static void a_bucket_refills_with_time(void **st)
{
    struct rpc_rate rate = rpc_rate(2, 4, 1000);

    (void)st;
    assert_true(rpc_rate_take(&rate, 1000) && rpc_rate_take(&rate, 1000));
    assert_false(rpc_rate_take(&rate, 1000));
    assert_false(rpc_rate_take(&rate, 1249));
    assert_true(rpc_rate_take(&rate, 1250));
    assert_true(rpc_rate_take(&rate, INT64_MAX / 2) && rpc_rate_take(&rate, INT64_MAX / 2));
    assert_false(rpc_rate_take(&rate, INT64_MAX / 2));
    rpc_rate_fill(&rate);
    assert_true(rpc_rate_take(&rate, INT64_MAX / 2));
}

static void paths_name_methods(void **st)
{
    const struct rpc_service *const services[] = {&rpc_service_grpc_health_v1_Health,
                                                  &rpc_service_grpc_reflection_v1_ServerReflection};
    struct rpc_method m = {0};

    (void)st;
    assert_int_equal(rpc_method_find(services, 2, acgp_span("/grpc.health.v1.Health/Watch"), &m), RPC_FOUND);
    assert_string_equal(rpc_method_name(&m), "Watch");
    assert_true(rpc_method_is(&m, services[0], "Watch") && !rpc_method_is(&m, services[0], "Check") &&
                !rpc_method_is(&m, services[1], "Watch"));
    assert_int_equal(rpc_method_find(services, 2, acgp_span("/grpc.health.v1.Health/Wat"), &m),
                     RPC_NO_METHOD);
    assert_int_equal(rpc_method_find(services, 2, acgp_span("/grpc.health.v1.Healt/Watch"), &m),
                     RPC_NO_SERVICE);
    assert_int_equal(rpc_method_find(services, 2, acgp_span("grpc.health.v1.Health/Watch"), &m),
                     RPC_BAD_PATH);
    assert_int_equal(rpc_method_find(services, 2, acgp_span("/grpc.health.v1.Health"), &m), RPC_BAD_PATH);
    assert_int_equal(rpc_method_find(services, 2, acgp_span("/grpc.health.v1.Health/"), &m), RPC_BAD_PATH);
    assert_int_equal(rpc_method_find(services, 2, acgp_span("//Watch"), &m), RPC_BAD_PATH);
    assert_int_equal(rpc_method_find(services, 2, acgp_span("/"), &m), RPC_BAD_PATH);
    assert_int_equal(rpc_method_find(services, 2, acgp_span(""), &m), RPC_BAD_PATH);
}

static void methods_stream_as_their_schema_says(void **st)
{
    struct rpc_method m = {0};
    const struct rpc_service *services[] = {&rpc_service_grpc_health_v1_Health,
                                            &rpc_service_grpc_reflection_v1alpha_ServerReflection};

    (void)st;
    assert_int_equal(rpc_method_find(services, 2, acgp_span("/grpc.health.v1.Health/Check"), &m), RPC_FOUND);
    assert_true(!m.streams.client && !m.streams.server);
    assert_int_equal(rpc_method_find(services, 2, acgp_span("/grpc.health.v1.Health/Watch"), &m), RPC_FOUND);
    assert_true(!m.streams.client && m.streams.server);
    assert_string_equal(m.input->name, "grpc.health.v1.HealthCheckRequest");
    assert_int_equal(
        rpc_method_find(services, 2,
                        acgp_span("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"), &m),
        RPC_FOUND);
    assert_true(m.streams.client && m.streams.server);
}

static void codes_have_names(void **st)
{
    (void)st;
    assert_string_equal(rpc_code_name(RPC_OK), "OK");
    assert_string_equal(rpc_code_name(RPC_UNAUTHENTICATED), "UNAUTHENTICATED");
    assert_string_equal(rpc_code_name((enum rpc_code)17), "UNKNOWN");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_is_written_without_padding),
        cmocka_unit_test(base64_is_read_with_padding_and_nothing_else),
        cmocka_unit_test(messages_are_percent_encoded),
        cmocka_unit_test(timeouts_have_eight_digits_and_a_unit),
        cmocka_unit_test(text_is_utf8_without_nul),
        cmocka_unit_test(lists_have_tokens),
        cmocka_unit_test(a_bucket_refills_with_time),
        cmocka_unit_test(paths_name_methods),
        cmocka_unit_test(methods_stream_as_their_schema_says),
        cmocka_unit_test(codes_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
