/* SPDX-License-Identifier: MPL-2.0 */
/* Who reads slowly never makes memory grow, either way. */
#include "testlib/test.h"

#include <stdlib.h>

#include "base/span.h"
#include "testlib/h2_client.h"

#define WATCH "/grpc.health.v1.Health/Watch"
#define TALK  "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
#define CHECK "/grpc.health.v1.Health/Check"

enum { MIB = 1024 * 1024 };

static char bytes[4 * MIB + 1];

static struct h2 *begin(bool auto_window)
{
    struct h2 *h = calloc(1, sizeof *h);

    assert_non_null(h);
    h->auto_window = auto_window;
    h2_begin(h, NULL);
    return h;
}

static void end(struct h2 *h)
{
    h2_end(h);
    free(h);
}

static void a_slow_reader_stops_the_sender(void **st)
{
    struct h2 *h = begin(false);
    int32_t id = h2_call(h, WATCH, NULL);
    uint32_t call = h2_expect(h, RPC_BEGAN).call;
    enum acg_status status = ACG_OK;
    size_t queued = 0, before = 0;

    (void)st;
    while ((status = rpc_conn_send(h->conn, call, acgp_span_of(bytes, 10000), RPC_COMPRESS_AUTO, NULL)) ==
           ACG_OK)
        h2_pump(h);
    assert_int_equal(status, ACG_ERR_LIMIT);
    queued = rpc_conn_queued(h->conn, call);
    assert_true(queued > RPC_CALL_QUEUED_MAX - 20000 && queued <= RPC_CALL_QUEUED_MAX);
    assert_int_equal(h2_answer(h, id)->body.len, 65535); /* the client's window */
    h2_expect_none(h);
    while (rpc_conn_queued(h->conn, call) > RPC_CALL_QUEUED_MAX / 2) {
        struct rpc_event ev;

        assert_false(rpc_conn_next_event(h->conn, 0, &ev));
        before = h2_answer(h, id)->body.len;
        assert_int_equal(nghttp2_submit_window_update(h->client, 0, id, 65536), 0);
        assert_int_equal(nghttp2_submit_window_update(h->client, 0, 0, 65536), 0);
        h2_pump(h);
        assert_int_equal(h2_answer(h, id)->body.len, before + 65536);
    }
    h2_expect(h, RPC_ROOM);
    h2_expect_none(h);
    assert_int_equal(rpc_conn_send(h->conn, call, acgp_span_of(bytes, 10000), RPC_COMPRESS_AUTO, NULL),
                     ACG_OK);
    end(h);
}

static void what_is_queued_ends_with_its_call(void **st)
{
    const char *const soon[] = {"grpc-timeout", "100m", NULL};
    struct h2 *h = begin(false);
    int32_t finished = h2_call(h, WATCH, soon), reset = h2_call(h, WATCH, NULL);
    uint32_t calls[2] = {h2_expect(h, RPC_BEGAN).call, h2_expect(h, RPC_BEGAN).call};

    (void)st;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(rpc_conn_send(h->conn, calls[i], acgp_span_of(bytes, MIB), RPC_COMPRESS_AUTO, NULL),
                         ACG_OK);
    rpc_conn_end(h->conn, calls[0], RPC_OK, NULL);
    h2_expect_none(h);
    assert_true(rpc_conn_memory(h->conn) > 2 * MIB && !h2_answer(h, finished)->closed);
    rpc_conn_reset(h->conn, calls[1]);
    h->now_ms = 100; /* nobody reads the answer: its deadline holds for that too */
    rpc_conn_tick(h->conn, h->now_ms);
    h2_expect_none(h);
    assert_true(h2_answer(h, finished)->closed && h2_answer(h, finished)->reset == NGHTTP2_CANCEL);
    assert_true(h2_answer(h, reset)->closed && h2_answer(h, reset)->reset == NGHTTP2_CANCEL);
    assert_true(rpc_conn_memory(h->conn) < MIB / 2);
    end(h);
}

static void room_can_be_asked_for(void **st)
{
    struct h2 *h = begin(false);
    int32_t id = h2_call(h, WATCH, NULL);
    uint32_t call = h2_expect(h, RPC_BEGAN).call;

    (void)st;
    rpc_conn_want_room(h->conn, call, 0);
    h2_expect(h, RPC_ROOM);
    h2_expect_none(h);
    assert_int_equal(rpc_conn_send(h->conn, call, acgp_span_of(bytes, 70000), RPC_COMPRESS_AUTO, NULL),
                     ACG_OK);
    rpc_conn_want_room(h->conn, call, 0);
    h2_expect_none(h);
    assert_int_equal(nghttp2_submit_window_update(h->client, 0, id, 65536), 0);
    assert_int_equal(nghttp2_submit_window_update(h->client, 0, 0, 65536), 0);
    h2_expect(h, RPC_ROOM);
    assert_int_equal(rpc_conn_queued(h->conn, call), 0);
    end(h);
}

/* Its own queue is empty long before the connection's is half empty, and nobody was refused meanwhile. */
static void room_comes_to_a_call_that_drained_before_the_others(void **st)
{
    struct h2 *h = begin(false);
    struct rpc_event ev;
    uint32_t calls[4];

    (void)st;
    for (size_t i = 0; i < 4; i++) {
        h2_call(h, WATCH, NULL);
        calls[i] = h2_expect(h, RPC_BEGAN).call;
    }
    assert_int_equal(rpc_conn_send(h->conn, calls[0], acgp_span_of(bytes, 100000), RPC_COMPRESS_NEVER, NULL),
                     ACG_OK);
    rpc_conn_want_room(h->conn, calls[0], 0);
    h2_expect_none(h);
    for (size_t i = 1; i < 4; i++)
        assert_int_equal(
            rpc_conn_send(h->conn, calls[i], acgp_span_of(bytes, 4 * MIB - 100), RPC_COMPRESS_NEVER, NULL),
            ACG_OK);
    assert_int_equal(nghttp2_submit_window_update(h->client, 0, (int32_t)calls[0], 200000), 0);
    assert_int_equal(nghttp2_submit_window_update(h->client, 0, 0, 200000), 0);
    h2_expect_none(h);
    assert_int_equal(rpc_conn_queued(h->conn, calls[0]), 0);
    for (size_t i = 1; i < 4; i++)
        assert_int_equal(nghttp2_submit_window_update(h->client, 0, (int32_t)calls[i], 5 * MIB), 0);
    assert_int_equal(nghttp2_submit_window_update(h->client, 0, 0, 20 * MIB), 0);
    ev = h2_expect(h, RPC_ROOM);
    assert_int_equal(ev.call, calls[0]);
    h2_expect_none(h);
    end(h);
}

/* Whatever gzip would make of it: nothing is compressed to be refused. And room is not told before it is
 * there.
 */
static void room_is_judged_before_a_message_is_compressed(void **st)
{
    const char *const gzip[] = {"grpc-accept-encoding", "gzip", NULL};
    struct h2 *h = begin(false);
    int32_t id = h2_call(h, WATCH, gzip);
    uint32_t call = h2_expect(h, RPC_BEGAN).call;

    (void)st;
    assert_int_equal(rpc_conn_send(h->conn, call, acgp_span_of(bytes, 200000), RPC_COMPRESS_NEVER, NULL),
                     ACG_OK);
    h2_expect_none(h); /* the client's first window is used up */
    assert_int_equal(rpc_conn_send(h->conn, call, acgp_span_of(bytes, 4 * MIB), RPC_COMPRESS_AUTO, NULL),
                     ACG_ERR_LIMIT);
    h2_expect_none(h);
    assert_int_equal(nghttp2_submit_window_update(h->client, 0, id, 130000), 0);
    assert_int_equal(nghttp2_submit_window_update(h->client, 0, 0, 130000), 0);
    h2_expect(h, RPC_ROOM);
    assert_int_equal(rpc_conn_send(h->conn, call, acgp_span_of(bytes, 4 * MIB), RPC_COMPRESS_AUTO, NULL),
                     ACG_OK);
    end(h);
}

static void all_calls_share_one_cap(void **st)
{
    struct h2 *h = begin(false);
    uint32_t calls[8];
    size_t full = 0, rooms = 0;
    struct rpc_event ev;

    (void)st;
    for (size_t i = 0; i < 8; i++) {
        h2_call(h, WATCH, NULL);
        calls[i] = h2_expect(h, RPC_BEGAN).call;
    }
    for (size_t i = 0; i < 8; i++)
        full += rpc_conn_send(h->conn, calls[i], acgp_span_of(bytes, 4 * MIB), RPC_COMPRESS_NEVER, NULL) ==
                ACG_ERR_LIMIT;
    assert_int_equal(full, 5);                                  /* the fourth has its prefix too much */
    assert_true(rpc_conn_memory(h->conn) < 2 * RPC_QUEUED_MAX); /* buffers grow by doubling */
    h2_expect_none(h);
    for (size_t i = 0; i < 3; i++) /* two ends make room for the others */
        assert_int_equal(nghttp2_submit_rst_stream(h->client, 0, (int32_t)calls[i], NGHTTP2_CANCEL), 0);
    h2_pump(h);
    while (rpc_conn_next_event(h->conn, 0, &ev))
        rooms += ev.kind == RPC_ROOM;
    assert_int_equal(rooms, 5);
    end(h);
}

static void a_message_of_the_largest_size_passes_both_ways(void **st)
{
    struct h2 *h = begin(true);
    int32_t id = h2_call(h, CHECK, NULL);
    uint32_t call = h2_expect(h, RPC_BEGAN).call;
    struct rpc_event ev;

    (void)st;
    h2_message(h, id, 0, bytes, 4 * MIB, true);
    ev = h2_expect(h, RPC_MESSAGE);
    assert_int_equal(ev.message.len, 4 * MIB);
    h2_expect(h, RPC_HALF_CLOSED);
    assert_int_equal(rpc_conn_send(h->conn, call, acgp_span_of(bytes, 4 * MIB + 1), RPC_COMPRESS_AUTO, NULL),
                     ACG_ERR_ARGUMENT);
    assert_int_equal(rpc_conn_send(h->conn, call, acgp_span_of(bytes, 4 * MIB), RPC_COMPRESS_NEVER, NULL),
                     ACG_OK);
    rpc_conn_end(h->conn, call, RPC_OK, NULL);
    h2_expect_status(h, id, RPC_OK);
    assert_int_equal(h2_answer(h, id)->body.len, 4 * MIB + 5);
    h2_expect_none(h);
    assert_true(rpc_conn_memory(h->conn) < 300000); /* nothing of it is kept */
    end(h);
}

static void a_paused_call_runs_out_of_window(void **st)
{
    struct h2 *h = begin(true);
    int32_t id = h2_call(h, TALK, NULL), other = h2_call(h, TALK, NULL);
    uint32_t call = h2_expect(h, RPC_BEGAN).call;
    size_t got = 0;

    (void)st;
    h2_expect(h, RPC_BEGAN);
    rpc_conn_pause(h->conn, call, true);
    for (int i = 0; i < 300; i++)
        h2_message(h, id, 0, bytes, 1000, i == 299);
    h2_expect_none(h);
    assert_true(rpc_conn_memory(h->conn) < 500000);
    assert_int_equal(nghttp2_session_get_stream_remote_window_size(h->client, id), 0);
    h2_message(h, other, 0, "hi", 2, false); /* the connection still has window */
    assert_int_equal(h2_expect(h, RPC_MESSAGE).message.len, 2);
    rpc_conn_pause(h->conn, call, false);
    for (; got < 300; got++)
        assert_int_equal(h2_expect(h, RPC_MESSAGE).message.len, 1000);
    h2_expect(h, RPC_HALF_CLOSED);
    end(h);
}

static void calls_take_turns(void **st)
{
    struct h2 *h = begin(true);
    int32_t busy = h2_call(h, TALK, NULL), calm = h2_call(h, TALK, NULL);
    uint32_t calls[2] = {h2_expect(h, RPC_BEGAN).call, h2_expect(h, RPC_BEGAN).call};

    (void)st;
    for (int i = 0; i < 10; i++)
        h2_message(h, busy, 0, "x", 1, false);
    h2_message(h, calm, 0, "y", 1, false);
    assert_int_equal(h2_expect(h, RPC_MESSAGE).call, calls[0]);
    assert_int_equal(h2_expect(h, RPC_MESSAGE).call, calls[1]);
    end(h);
}

/* Each alone may send the largest message; together they take turns. */
static void uploads_wait_for_each_other(void **st)
{
    struct h2 *h = begin(true);
    size_t whole = 0;
    struct rpc_event ev;
    int32_t ids[6];

    (void)st;
    for (int i = 0; i < 6; i++) {
        ids[i] = h2_call(h, CHECK, NULL);
        h2_expect(h, RPC_BEGAN);
    }
    for (int i = 0; i < 6; i++)
        h2_message(h, ids[i], 0, bytes, 4 * MIB, false); /* not half closed: it has to wait */
    h2_expect_none(h);
    assert_true(rpc_conn_memory(h->conn) < 40 * MIB);
    for (int i = 0; i < 6; i++)
        h2_send(h, ids[i], "", 0, true);
    for (h2_pump(h); rpc_conn_next_event(h->conn, 0, &ev); h2_pump(h)) {
        assert_true(ev.kind == RPC_MESSAGE || ev.kind == RPC_HALF_CLOSED);
        if (ev.kind == RPC_MESSAGE) {
            assert_int_equal(ev.message.len, 4 * MIB);
            whole++;
        }
    }
    assert_int_equal(whole, 6);
    end(h);
}

static void an_upload_goes_on_when_another_ends(void **st)
{
    struct h2 *h = begin(true);
    struct rpc_event ev;
    int32_t ids[4];

    (void)st;
    for (int i = 0; i < 4; i++) {
        ids[i] = h2_call(h, CHECK, NULL);
        h2_expect(h, RPC_BEGAN);
        h2_message(h, ids[i], 0, bytes, 4 * MIB, i == 3);
        h2_expect_none(h);
    }
    rpc_conn_reset(h->conn, (uint32_t)ids[1]);
    ev = h2_expect(h, RPC_MESSAGE);
    assert_int_equal(ev.call, ids[3]);
    end(h);
}

/* Their windows alone are too much: nobody sends so many requests by halves. */
static void too_much_received_over_all_calls_is_refused(void **st)
{
    struct h2 *h = begin(true);
    struct rpc_event ev;
    int32_t ids[300];
    size_t ended = 0;

    (void)st;
    for (int i = 0; i < 300; i++) {
        ids[i] = h2_call(h, CHECK, NULL);
        h2_expect(h, RPC_BEGAN);
    }
    for (int i = 0; i < 300; i++)
        h2_message(h, ids[i], 0, bytes, 65000, false);
    h2_pump(h);
    assert_true(rpc_conn_memory(h->conn) < 40 * MIB);
    while (rpc_conn_next_event(h->conn, 0, &ev)) {
        assert_true(ev.kind == RPC_ENDED && ev.code == RPC_RESOURCE_EXHAUSTED);
        ended++;
    }
    assert_int_equal(ended, 300 - RPC_RECEIVED_MAX / 65005);
    end(h);
}

static void a_thousand_calls_cost_little(void **st)
{
    struct h2 *h = begin(true);
    struct rpc_event ev;
    size_t before = rpc_conn_memory(h->conn);
    static uint32_t calls[1000];

    (void)st;
    for (size_t i = 0; i < 1000; i++)
        h2_call(h, WATCH, NULL);
    h2_pump(h);
    for (size_t i = 0; i < 1000; i++) {
        assert_true(rpc_conn_next_event(h->conn, 0, &ev));
        assert_int_equal(ev.kind, RPC_BEGAN);
        calls[i] = ev.call;
    }
    assert_int_equal(rpc_conn_calls(h->conn), 1000);
    assert_true((rpc_conn_memory(h->conn) - before) / 1000 < 3000);
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(rpc_conn_send(h->conn, calls[i], acgp_span("state"), RPC_COMPRESS_AUTO, NULL),
                         ACG_OK);
        rpc_conn_end(h->conn, calls[i], RPC_OK, NULL);
    }
    h2_expect_none(h);
    for (size_t i = 0; i < 1000; i++)
        h2_expect_status(h, (int32_t)calls[i], RPC_OK);
    assert_true(rpc_conn_memory(h->conn) < before + 100000);
    end(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slow_reader_stops_the_sender),
        cmocka_unit_test(what_is_queued_ends_with_its_call),
        cmocka_unit_test(room_can_be_asked_for),
        cmocka_unit_test(room_comes_to_a_call_that_drained_before_the_others),
        cmocka_unit_test(room_is_judged_before_a_message_is_compressed),
        cmocka_unit_test(all_calls_share_one_cap),
        cmocka_unit_test(a_message_of_the_largest_size_passes_both_ways),
        cmocka_unit_test(a_paused_call_runs_out_of_window),
        cmocka_unit_test(calls_take_turns),
        cmocka_unit_test(uploads_wait_for_each_other),
        cmocka_unit_test(an_upload_goes_on_when_another_ends),
        cmocka_unit_test(too_much_received_over_all_calls_is_refused),
        cmocka_unit_test(a_thousand_calls_cost_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
