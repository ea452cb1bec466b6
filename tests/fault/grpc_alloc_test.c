/* SPDX-License-Identifier: MPL-2.0 */
/* A conversation of gRPC with health, reflection and gzip, again and again: allocation 1 fails, then 2, then
 * 3, until none is left that could. Nothing leaks (the sanitizers watch), every call ends, the connection
 * ends once. */
#include "testlib/test.h"

#include <stdlib.h>

#include "standard.rpc-c.h"

#include "base/alloc.h"
#include "base/span.h"
#include "rpc/health.h"
#include "rpc/reflection.h"
#include "testlib/h2_client.h"

enum { FAILURES_MAX = 5000 };

static const struct rpc_files *const files[] = {&rpc_files_standard};
static const struct rpc_reflection reflection = {h2_services, 2, files, 1};
static const struct rpc_conn_options options = {.services = h2_services, .service_count = 2};

struct run {
    struct rpc_conn *conn;
    struct rpc_health *health;
    bool failed, closed;
};

static void check(struct run *r, enum acg_status status)
{
    if (status != ACG_OK)
        r->failed = true;
    if (status != ACG_OK && status != ACG_ERR_NOMEM && status != ACG_ERR_CLOSED)
        fail_msg("status %d", (int)status);
}

static void handle(struct run *r, const struct rpc_event *ev)
{
    static char big[20000];
    struct rpc_metadata trailer = {acgp_span("x-end-bin"), acgp_span("end")};
    struct rpc_status status = {RPC_ABORTED, "enough", acgp_span("details"), &trailer, 1};

    if (ev->kind == RPC_CLOSED) {
        r->closed = true;
    } else if (rpc_method_is(&ev->method, h2_services[0], "Watch") && ev->kind == RPC_MESSAGE &&
               ev->message.len == 0) { /* one that asks for a name is for health */
        check(r, rpc_conn_start(r->conn, ev->call, &trailer, 1, NULL));
        check(r, rpc_conn_send(r->conn, ev->call, acgp_span_of(big, sizeof big), RPC_COMPRESS_AUTO, NULL));
        check(r, rpc_conn_finish(r->conn, ev->call, &status, NULL));
    } else if (!rpc_health_handle(r->health, r->conn, ev)) {
        rpc_reflection_handle(&reflection, r->conn, ev);
    }
}

static void pull(struct run *r)
{
    struct rpc_event ev;

    while (rpc_conn_next_event(r->conn, 0, &ev))
        handle(r, &ev);
}

/* The client's bytes come from one conversation with a machine that has all the memory it wants. */
static void talk(struct run *r, struct acg_span in)
{
    enum acg_status status = ACG_OK;

    while (in.len > 0 && status == ACG_OK) {
        size_t n = in.len < 100 ? in.len : 100, used = 0;

        status = rpc_conn_feed(r->conn, 0, (struct acg_span){in.data, n}, &used, NULL);
        check(r, status);
        in.data += used;
        in.len -= used;
        pull(r);
        rpc_conn_drained(r->conn, rpc_conn_drain(r->conn).len);
    }
    check(r, rpc_health_set(r->health, "a", true, NULL)); /* its watcher is told */
    rpc_conn_drained(r->conn, rpc_conn_drain(r->conn).len);
    rpc_conn_shutdown(r->conn, 0);
    rpc_conn_tick(r->conn, RPC_NEVER / 2);
    rpc_conn_drained(r->conn, rpc_conn_drain(r->conn).len);
    rpc_conn_eof(r->conn);
    pull(r);
}

static void run(struct run *r, struct acg_span in)
{
    enum acg_status status = rpc_health_new(&r->health, NULL);

    check(r, status);
    if (status == ACG_OK) {
        check(r, rpc_health_set(r->health, "", true, NULL));
        status = rpc_conn_new(&options, 0, &r->conn, NULL);
        check(r, status);
    }
    if (status == ACG_OK) {
        talk(r, in);
        assert_true(r->closed);
        assert_int_equal(rpc_conn_calls(r->conn), 0);
    }
    rpc_conn_free(r->conn);
    rpc_health_free(r->health);
}

/* What a client says, as bytes. */
static void script(struct acgp_buf *out)
{
    static const char *const fields[] = {"grpc-accept-encoding", "gzip", "x-a-bin", "AAAA",
                                         "grpc-timeout",         "9S",   NULL};
    struct h2 *h = calloc(1, sizeof *h);
    const uint8_t *bytes = NULL;
    ssize_t n = 0;
    int32_t id = 0;

    assert_non_null(h);
    h2_begin(h, NULL);
    id = h2_call(h, "/grpc.health.v1.Health/Check", fields);
    h2_message(h, id, 0, "", 0, true);
    id = h2_call(h, "/grpc.health.v1.Health/Watch", fields);
    h2_message(h, id, 0, "", 0, true);
    id = h2_call(h, "/grpc.health.v1.Health/Watch", fields);
    h2_message(h, id, 0, "\x0a\1a", 3, true);
    id = h2_call(h, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", fields);
    h2_message(h, id, 0, "\x3a\x01*", 3, false);
    h2_message(h, id, 0, "\x22\x15grpc.health.v1.Health", 23, true);
    h2_call(h, "/nobody/Nothing", NULL);
    while ((n = nghttp2_session_mem_send(h->client, &bytes)) > 0)
        assert_true(acgp_buf_append(out, bytes, (size_t)n));
    h2_end(h);
    free(h);
}

static void a_conversation_survives_each_failed_allocation(void **st)
{
    struct acgp_buf bytes;
    uint64_t n = 0;
    bool met = true;

    (void)st;
    acgp_buf_init(&bytes, 1 << 20);
    script(&bytes);
    while (met) {
        struct run r = {0};

        assert_true(++n < FAILURES_MAX);
        acgp_alloc_fail_at(n);
        run(&r, acgp_buf_view(&bytes));
        met = acgp_alloc_count() >= n;
        acgp_alloc_fail_at(0);
        assert_true(met || !r.failed);
    }
    assert_true(n > 100); /* it did meet failures on the way */
    print_message("%llu allocations failed in turn\n", (unsigned long long)n - 1);
    acgp_buf_done(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_conversation_survives_each_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
