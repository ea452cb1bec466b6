/* SPDX-License-Identifier: MPL-2.0 */
/* The life of a connection: quiet, idle, old, drained, aborted, gone. */
#include "testlib/test.h"

#include <stdlib.h>

#include "base/span.h"
#include "testlib/h2_client.h"

#define WATCH "/grpc.health.v1.Health/Watch"

static struct h2 *begin(void)
{
    struct h2 *h = calloc(1, sizeof *h);

    assert_non_null(h);
    h->now_ms = 5000;
    h->auto_window = true;
    h2_begin(h, NULL);
    return h;
}

static void end(struct h2 *h)
{
    h2_end(h);
    free(h);
}

static void the_end_of_the_socket_ends_everything(void **st)
{
    struct h2 *h = begin();
    uint32_t call = 0;

    (void)st;
    h2_call(h, WATCH, NULL);
    call = h2_expect(h, RPC_BEGAN).call;
    h2_call(h, WATCH, NULL);
    h2_pump(h);
    rpc_conn_eof(h->conn);
    struct rpc_event ev = h2_expect(h, RPC_ENDED);
    assert_true(ev.call == call && ev.code == RPC_UNAVAILABLE);
    assert_int_equal(h2_expect(h, RPC_CLOSED).status, ACG_ERR_CLOSED);
    h2_expect_none(h);
    assert_int_equal(rpc_conn_drain(h->conn).len, 0);
    end(h);
}

/* A client's GOAWAY with its code, and the highest number of a stream in it. */
static enum acg_status goodbye(struct h2 *h, uint8_t code)
{
    const uint8_t payload[8] = {0x7f, 0xff, 0xff, 0xff, 0, 0, 0, code};
    struct acgp_buf bytes;
    uint32_t answer = UINT32_MAX;

    acgp_buf_init(&bytes, 64);
    h2_raw_frame(&bytes, NGHTTP2_GOAWAY, 0, 0, payload, sizeof payload);
    enum acg_status status = h2_raw_feed(h->conn, h->now_ms, acgp_span_of(bytes.data, bytes.len), 1, &answer);
    acgp_buf_done(&bytes);
    assert_int_equal(answer, status == ACG_ERR_CLOSED ? NGHTTP2_NO_ERROR : NGHTTP2_PROTOCOL_ERROR);
    return status;
}

/* grpc-go says goodbye with that number; nghttp2 takes it for a stream of the server that never was. */
static void a_client_that_says_goodbye_leaves_in_order(void **st)
{
    struct h2 *h = begin();

    (void)st;
    h2_call(h, WATCH, NULL);
    h2_expect(h, RPC_BEGAN);
    assert_int_equal(goodbye(h, NGHTTP2_NO_ERROR), ACG_ERR_CLOSED);
    assert_int_equal(h2_expect(h, RPC_ENDED).code, RPC_UNAVAILABLE);
    assert_int_equal(h2_expect(h, RPC_CLOSED).status, ACG_ERR_CLOSED);
    end(h);
}

static void a_client_that_complains_is_told_apart(void **st)
{
    struct h2 *h = begin();

    (void)st;
    h2_pump(h);
    assert_int_equal(goodbye(h, NGHTTP2_PROTOCOL_ERROR), ACG_ERR_PROTOCOL);
    assert_int_equal(h2_expect(h, RPC_CLOSED).status, ACG_ERR_PROTOCOL);
    end(h);
}

static void a_shutdown_lets_calls_finish(void **st)
{
    struct h2 *h = begin();
    int32_t id = h2_call(h, WATCH, NULL);
    uint32_t call = h2_expect(h, RPC_BEGAN).call;

    (void)st;
    rpc_conn_shutdown(h->conn, h->now_ms);
    h2_pump(h);
    assert_true(h->goaways == 1 && h->goaway_last == INT32_MAX && h->pings == 1);
    rpc_conn_tick(h->conn, h->now_ms); /* the ping was answered: the second follows at once */
    h2_pump(h);
    assert_true(h->goaways == 2 && h->goaway_last == id && h->goaway_code == NGHTTP2_NO_ERROR);
    h2_expect_none(h);
    rpc_conn_end(h->conn, call, RPC_OK, NULL);
    assert_int_equal(h2_expect(h, RPC_CLOSED).status, ACG_OK);
    h2_expect_status(h, id, RPC_OK);
    end(h);
}

static void an_abort_says_goodbye(void **st)
{
    struct h2 *h = begin();

    (void)st;
    h2_call(h, WATCH, NULL);
    h2_expect(h, RPC_BEGAN);
    rpc_conn_abort(h->conn);
    assert_int_equal(h2_expect(h, RPC_ENDED).code, RPC_UNAVAILABLE);
    assert_int_equal(h2_expect(h, RPC_CLOSED).status, ACG_OK);
    assert_true(h->goaway && h->goaway_code == NGHTTP2_NO_ERROR);
    end(h);
}

static void a_quiet_client_is_pinged_and_then_left(void **st)
{
    struct h2 *h = begin();

    (void)st;
    h2_call(h, WATCH, NULL);
    h2_expect(h, RPC_BEGAN);
    h2_expect_none(h);
    assert_int_equal(rpc_conn_deadline(h->conn), 5000 + RPC_KEEPALIVE_MS);
    h->now_ms += RPC_KEEPALIVE_MS;
    rpc_conn_tick(h->conn, h->now_ms);
    h2_pump(h);
    assert_int_equal(h->pings, 1);
    assert_int_equal(rpc_conn_deadline(h->conn), h->now_ms + RPC_KEEPALIVE_MS); /* it was answered */
    h->now_ms += RPC_KEEPALIVE_MS;
    rpc_conn_tick(h->conn, h->now_ms);
    h->now_ms += RPC_KEEPALIVE_TIMEOUT_MS;
    rpc_conn_tick(h->conn, h->now_ms);
    assert_int_equal(h2_expect(h, RPC_ENDED).code, RPC_UNAVAILABLE);
    assert_int_equal(h2_expect(h, RPC_CLOSED).status, ACG_ERR_TIMEOUT);
    end(h);
}

static void a_client_that_never_greets_is_left(void **st)
{
    struct h2 *h = begin();

    (void)st;
    assert_int_equal(rpc_conn_deadline(h->conn), 5000 + RPC_GREETING_MS);
    rpc_conn_tick(h->conn, 5000 + RPC_GREETING_MS);
    assert_int_equal(h2_expect(h, RPC_CLOSED).status, ACG_ERR_TIMEOUT);
    end(h);
}

static void an_idle_connection_is_drained(void **st)
{
    struct rpc_conn_options options = {.services = h2_services, .service_count = 2, .idle_ms = 300};
    struct h2 *h = calloc(1, sizeof *h);

    (void)st;
    assert_non_null(h);
    h2_begin(h, &options);
    h2_call(h, WATCH, NULL);
    uint32_t call = h2_expect(h, RPC_BEGAN).call;
    h->now_ms = 1000;
    rpc_conn_tick(h->conn, h->now_ms);
    h2_pump(h);
    assert_false(h->goaway);
    rpc_conn_end(h->conn, call, RPC_OK, NULL);
    h2_pump(h);
    assert_int_equal(rpc_conn_deadline(h->conn), 1300);
    h->now_ms = 1300;
    rpc_conn_tick(h->conn, h->now_ms);
    h2_pump(h);
    rpc_conn_tick(h->conn, h->now_ms);
    assert_int_equal(h2_expect(h, RPC_CLOSED).status, ACG_OK);
    assert_true(h->goaway && h->goaway_code == NGHTTP2_NO_ERROR);
    end(h);
}

static void an_old_connection_is_drained(void **st)
{
    struct rpc_conn_options options = {.services = h2_services, .service_count = 2, .age_ms = 700};
    struct h2 *h = calloc(1, sizeof *h);

    (void)st;
    assert_non_null(h);
    h2_begin(h, &options);
    h2_call(h, WATCH, NULL);
    uint32_t call = h2_expect(h, RPC_BEGAN).call;
    h2_expect_none(h);
    assert_int_equal(rpc_conn_deadline(h->conn), 700);
    h->now_ms = 700;
    rpc_conn_tick(h->conn, h->now_ms);
    h2_expect_none(h);
    assert_true(h->goaway && h->goaway_code == NGHTTP2_NO_ERROR);
    rpc_conn_tick(h->conn, h->now_ms);
    rpc_conn_end(h->conn, call, RPC_OK, NULL);
    assert_int_equal(h2_expect(h, RPC_CLOSED).status, ACG_OK);
    end(h);
}

/* A window of nothing beyond the first 64 KiB, but every ping is answered. */
static struct h2 *begin_unread(const struct rpc_conn_options *options, uint32_t *call)
{
    static char bytes[200000];
    struct h2 *h = calloc(1, sizeof *h);

    assert_non_null(h);
    h2_begin(h, options);
    h2_call(h, WATCH, NULL);
    *call = h2_expect(h, RPC_BEGAN).call;
    assert_int_equal(
        rpc_conn_send(h->conn, *call, acgp_span_of(bytes, sizeof bytes), RPC_COMPRESS_NEVER, NULL), ACG_OK);
    h2_expect_none(h);
    return h;
}

/* What the host does whenever it is due. @return the last event pulled; kind 0: there was none. */
static struct rpc_event turn_until(struct h2 *h, int64_t until_ms)
{
    struct rpc_event ev, last = {0};

    while (rpc_conn_deadline(h->conn) <= until_ms) {
        int64_t due = rpc_conn_deadline(h->conn);

        h->now_ms = due > h->now_ms ? due : h->now_ms;
        rpc_conn_tick(h->conn, h->now_ms);
        while (rpc_conn_next_event(h->conn, h->now_ms, &ev))
            last = ev;
        h2_pump(h);
    }
    h->now_ms = until_ms;
    return last;
}

static void an_answer_that_nobody_takes_is_reset(void **st)
{
    struct rpc_conn_options options = {.services = h2_services, .service_count = 2};
    uint32_t call = 0;
    struct h2 *h = begin_unread(&options, &call);

    (void)st;
    rpc_conn_end(h->conn, call, RPC_OK, NULL);
    turn_until(h, RPC_LINGER_MS - 1);
    assert_false(h2_answer(h, (int32_t)call)->closed);
    assert_int_equal(nghttp2_submit_window_update(h->client, 0, (int32_t)call, 1000), 0);
    assert_int_equal(nghttp2_submit_window_update(h->client, 0, 0, 1000), 0);
    h2_pump(h); /* something is taken: it waits anew */
    turn_until(h, 2 * RPC_LINGER_MS - 2);
    assert_false(h2_answer(h, (int32_t)call)->closed);
    turn_until(h, 2 * RPC_LINGER_MS);
    assert_true(h2_answer(h, (int32_t)call)->closed);
    assert_int_equal(h2_answer(h, (int32_t)call)->reset, NGHTTP2_ENHANCE_YOUR_CALM);
    assert_true(rpc_conn_memory(h->conn) < 100000);
    end(h);
}

static void an_idle_connection_with_an_unread_answer_is_drained(void **st)
{
    struct rpc_conn_options options = {.services = h2_services, .service_count = 2, .idle_ms = 1000};
    uint32_t call = 0;
    struct h2 *h = begin_unread(&options, &call);
    struct rpc_event ev;

    (void)st;
    rpc_conn_end(h->conn, call, RPC_OK, NULL);
    ev = turn_until(h, RPC_LINGER_MS + RPC_KEEPALIVE_MS);
    assert_true(ev.kind == RPC_CLOSED && ev.status == ACG_OK);
    end(h);
}

static void calls_do_not_outlast_the_grace_of_a_shutdown(void **st)
{
    struct rpc_conn_options options = {.services = h2_services, .service_count = 2, .age_ms = 700};
    uint32_t call = 0;
    struct h2 *h = begin_unread(&options, &call);
    struct rpc_event ev;

    (void)st;
    ev = turn_until(h, 700 + RPC_GRACE_MS - 1);
    assert_int_equal(ev.kind, 0);
    assert_int_equal(rpc_conn_calls(h->conn), 1);
    ev = turn_until(h, 700 + 2 * RPC_GRACE_MS);
    assert_true(ev.kind == RPC_CLOSED && ev.status == ACG_ERR_TIMEOUT);
    end(h);
}

/* The loop of grpc.h: events are pulled before bytes are written. */
static void the_end_is_due_once_the_last_answer_is_written(void **st)
{
    struct h2 *h = begin();
    uint32_t call = 0;
    struct rpc_event ev;

    (void)st;
    h2_call(h, WATCH, NULL);
    call = h2_expect(h, RPC_BEGAN).call;
    rpc_conn_shutdown(h->conn, h->now_ms);
    h2_pump(h);
    rpc_conn_tick(h->conn, h->now_ms);
    rpc_conn_end(h->conn, call, RPC_OK, NULL);
    assert_false(rpc_conn_next_event(h->conn, h->now_ms, &ev));
    h2_pump(h);
    assert_true(rpc_conn_deadline(h->conn) <= h->now_ms);
    assert_int_equal(h2_expect(h, RPC_CLOSED).status, ACG_OK);
    assert_int_equal(rpc_conn_deadline(h->conn), RPC_NEVER);
    end(h);
}

static void room_that_writing_made_is_due(void **st)
{
    uint32_t call = 0;
    struct h2 *h = begin_unread(NULL, &call);

    (void)st;
    rpc_conn_want_room(h->conn, call, 0);
    h2_expect_none(h);
    assert_int_equal(nghttp2_submit_window_update(h->client, 0, (int32_t)call, 200000), 0);
    assert_int_equal(nghttp2_submit_window_update(h->client, 0, 0, 200000), 0);
    h2_pump(h);
    assert_true(rpc_conn_deadline(h->conn) <= h->now_ms);
    h2_expect(h, RPC_ROOM);
    h2_expect_none(h);
    assert_true(rpc_conn_deadline(h->conn) > h->now_ms);
    end(h);
}

static void a_client_that_leaves_when_told_to_leaves_in_order(void **st)
{
    struct h2 *h = begin();
    uint32_t call = 0;

    (void)st;
    h2_call(h, WATCH, NULL);
    call = h2_expect(h, RPC_BEGAN).call;
    rpc_conn_shutdown(h->conn, h->now_ms);
    h2_pump(h);
    rpc_conn_tick(h->conn, h->now_ms);
    rpc_conn_end(h->conn, call, RPC_OK, NULL);
    h2_pump(h);
    rpc_conn_eof(h->conn);
    assert_int_equal(h2_expect(h, RPC_CLOSED).status, ACG_OK);
    end(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_of_the_socket_ends_everything),
        cmocka_unit_test(a_client_that_says_goodbye_leaves_in_order),
        cmocka_unit_test(a_client_that_complains_is_told_apart),
        cmocka_unit_test(a_shutdown_lets_calls_finish),
        cmocka_unit_test(an_abort_says_goodbye),
        cmocka_unit_test(a_quiet_client_is_pinged_and_then_left),
        cmocka_unit_test(a_client_that_never_greets_is_left),
        cmocka_unit_test(an_idle_connection_is_drained),
        cmocka_unit_test(an_old_connection_is_drained),
        cmocka_unit_test(an_answer_that_nobody_takes_is_reset),
        cmocka_unit_test(an_idle_connection_with_an_unread_answer_is_drained),
        cmocka_unit_test(calls_do_not_outlast_the_grace_of_a_shutdown),
        cmocka_unit_test(the_end_is_due_once_the_last_answer_is_written),
        cmocka_unit_test(room_that_writing_made_is_due),
        cmocka_unit_test(a_client_that_leaves_when_told_to_leaves_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
