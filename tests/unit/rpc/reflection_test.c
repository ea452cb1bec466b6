/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include <stdlib.h>

#include "standard.rpc-c.h"

#include "grpc/reflection/v1/reflection.pb-c.h"

#include "base/span.h"
#include "rpc/grpc_message.h"
#include "rpc/reflection.h"
#include "testlib/h2_client.h"

#define TALK "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"

static const struct rpc_files *const files[] = {&rpc_files_standard};
static const struct rpc_reflection reflection = {h2_services, 2, files, 1};

static void run(struct h2 *h)
{
    struct rpc_event ev;

    h2_pump(h);
    while (rpc_conn_next_event(h->conn, 0, &ev)) {
        rpc_reflection_handle(&reflection, h->conn, &ev);
        h2_pump(h);
    }
}

/* The next answer of a stream, taken off its body. */
static Grpc__Reflection__V1__ServerReflectionResponse *take(struct h2 *h, int32_t id)
{
    struct acgp_buf *body = &h2_answer(h, id)->body;
    const uint8_t *p = (const uint8_t *)body->data;
    ProtobufCMessage *message = NULL;
    size_t size = 0;

    assert_true(body->len > 5);
    size = (size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 | p[4];
    assert_int_equal(rpc_decode(&grpc__reflection__v1__server_reflection_response__descriptor,
                                acgp_span_of(p + 5, size), &message, NULL),
                     ACG_OK);
    acgp_buf_consume(body, 5 + size);
    return (Grpc__Reflection__V1__ServerReflectionResponse *)message;
}

static void questions_are_answered_in_order(void **st)
{
    static const char *const asked[] = {"\x3a\x01*",
                                        "\x22\x0egrpc.health.v1",
                                        "\x22\x15grpc.health.v1.Health",
                                        "\x1a\x1bgrpc/health/v1/health.proto",
                                        "\x2a\x02\x0a\0",
                                        "\x32\x01x"};
    static const size_t sizes[] = {3, 16, 23, 29, 4, 3};
    struct h2 *h = calloc(1, sizeof *h);
    int32_t id = 0;

    (void)st;
    assert_non_null(h);
    h->auto_window = true;
    h2_begin(h, NULL);
    id = h2_call(h, TALK, NULL);
    for (size_t i = 0; i < 6; i++)
        h2_message(h, id, 0, asked[i], sizes[i], i == 5);
    run(h);
    for (size_t i = 0; i < 6; i++) {
        Grpc__Reflection__V1__ServerReflectionResponse *answer = take(h, id);

        if (i == 0)
            assert_int_equal(answer->list_services_response->n_service, 2);
        else if (i == 2 || i == 3)
            assert_int_equal(answer->file_descriptor_response->n_file_descriptor_proto, 1);
        else
            assert_int_equal(answer->error_response->error_code, RPC_NOT_FOUND);
        rpc_decoded_free(&answer->base);
    }
    h2_expect_status(h, id, RPC_OK);
    h2_end(h);
    free(h);
}

static void a_client_that_does_not_read_is_paused(void **st)
{
    struct h2 *h = calloc(1, sizeof *h);
    int32_t id = 0;

    (void)st;
    assert_non_null(h);
    h2_begin(h, NULL);
    id = h2_call(h, TALK, NULL);
    for (int i = 0; i < 5000; i++)
        h2_message(h, id, 0, "\x22\x15grpc.health.v1.Health", 23, false);
    run(h);
    assert_true(rpc_conn_queued(h->conn, (uint32_t)id) > RPC_REFLECTION_QUEUED_MAX);
    assert_true(rpc_conn_queued(h->conn, (uint32_t)id) < 2 * RPC_REFLECTION_QUEUED_MAX);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(nghttp2_submit_window_update(h->client, 0, id, 65536), 0);
        assert_int_equal(nghttp2_submit_window_update(h->client, 0, 0, 65536), 0);
        run(h);
    }
    assert_true(h2_answer(h, id)->body.len > 5000 * 300);
    assert_int_equal(rpc_conn_queued(h->conn, (uint32_t)id), 0);
    h2_end(h);
    free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions_are_answered_in_order),
        cmocka_unit_test(a_client_that_does_not_read_is_paused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
