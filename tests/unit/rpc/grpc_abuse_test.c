/* SPDX-License-Identifier: MPL-2.0 */
/* Clients that mean harm: memory stays bounded, the connection ends with the right code, another one goes on.
 */
#include "testlib/test.h"

#include <stdlib.h>

#include "base/span.h"
#include "testlib/h2_client.h"

#define WATCH "/grpc.health.v1.Health/Watch"

enum { MIB = 1024 * 1024, SCRIPT_MAX = 16 * MIB };

/* An attacker's script, a machine for it, and another client whose call must go on. */
struct attack {
    struct rpc_conn *conn;
    struct acgp_buf script, block;
    struct h2 *other;
    int32_t call;
    uint32_t handle;
};

static const struct rpc_conn_options options = {.services = h2_services, .service_count = 2};

static void begin(struct attack *a)
{
    *a = (struct attack){.other = calloc(1, sizeof *a->other)};
    assert_non_null(a->other);
    h2_begin(a->other, NULL);
    a->call = h2_call(a->other, WATCH, NULL);
    a->handle = h2_expect(a->other, RPC_BEGAN).call;
    assert_int_equal(rpc_conn_new(&options, 0, &a->conn, NULL), ACG_OK);
    acgp_buf_init(&a->script, SCRIPT_MAX);
    acgp_buf_init(&a->block, 4096);
    h2_raw_greeting(&a->script);
}

/* Plays the script in pieces of that size, pulling whatever comes; memory must stay under the cap all the
 * time. */
static enum acg_status play(struct attack *a, size_t step, size_t memory_max, uint32_t *goaway)
{
    struct acg_span in = acgp_buf_view(&a->script);
    enum acg_status status = ACG_OK;
    struct rpc_event ev;

    *goaway = UINT32_MAX;
    while (in.len > 0 && status == ACG_OK) {
        size_t n = in.len < step ? in.len : step;

        status = h2_raw_feed(a->conn, 0, (struct acg_span){in.data, n}, n, goaway);
        assert_true(rpc_conn_memory(a->conn) < memory_max);
        while (rpc_conn_next_event(a->conn, 0, &ev))
            assert_int_equal(ev.kind == RPC_CLOSED && status == ACG_OK, false);
        in.data += n;
        in.len -= n;
    }
    return status;
}

static void end(struct attack *a)
{
    assert_int_equal(rpc_conn_send(a->other->conn, a->handle, acgp_span("fine"), RPC_COMPRESS_AUTO, NULL),
                     ACG_OK);
    rpc_conn_end(a->other->conn, a->handle, RPC_OK, NULL);
    h2_expect_status(a->other, a->call, RPC_OK);
    h2_end(a->other);
    free(a->other);
    rpc_conn_free(a->conn);
    acgp_buf_done(&a->script);
    acgp_buf_done(&a->block);
}

/* The header fields of a call, lent until the next. */
static struct acg_span block_of(struct attack *a, const char *path)
{
    acgp_buf_clear(&a->block);
    h2_raw_block(&a->block, path);
    return acgp_buf_view(&a->block);
}

static void headers(struct attack *a, uint32_t stream, uint8_t flags, struct acg_span block)
{
    h2_raw_frame(&a->script, NGHTTP2_HEADERS, flags, stream, block.data, block.len);
}

static void rapid_reset_is_ended(void **st)
{
    struct attack a;
    struct acg_span block;
    uint32_t goaway = 0;

    (void)st;
    begin(&a);
    block = block_of(&a, WATCH);
    for (uint32_t i = 0; i < 5000; i++) {
        headers(&a, 2 * i + 1, NGHTTP2_FLAG_END_HEADERS, block);
        h2_raw_frame(&a.script, NGHTTP2_RST_STREAM, 0, 2 * i + 1, "\0\0\0\x08", 4);
    }
    assert_int_equal(play(&a, 4096, MIB, &goaway), ACG_ERR_LIMIT);
    assert_int_equal(goaway, NGHTTP2_ENHANCE_YOUR_CALM);
    end(&a);
}

static void resets_that_we_are_made_to_send_count_too(void **st)
{
    struct attack a;
    struct acg_span block;
    uint32_t goaway = 0;

    (void)st;
    begin(&a);
    block = block_of(&a, WATCH);
    for (uint32_t i = 0; i < 5000; i++) { /* a window update of nothing is an error of the stream */
        headers(&a, 2 * i + 1, NGHTTP2_FLAG_END_HEADERS, block);
        h2_raw_frame(&a.script, NGHTTP2_WINDOW_UPDATE, 0, 2 * i + 1, "\x7f\xff\xff\xff", 4);
    }
    assert_int_equal(play(&a, 4096, MIB, &goaway), ACG_ERR_LIMIT);
    assert_int_equal(goaway, NGHTTP2_ENHANCE_YOUR_CALM);
    end(&a);
}

static void a_continuation_flood_is_ended(void **st)
{
    struct attack a;
    uint32_t goaway = 0;

    (void)st;
    begin(&a);
    h2_raw_frame(&a.script, NGHTTP2_HEADERS, 0, 1, "\x83", 1);
    for (int i = 0; i < 100000; i++)
        h2_raw_frame(&a.script, NGHTTP2_CONTINUATION, 0, 1, "\x86", 1);
    assert_int_equal(play(&a, 65536, MIB, &goaway), ACG_ERR_LIMIT);
    assert_int_equal(goaway, NGHTTP2_ENHANCE_YOUR_CALM);
    end(&a);
}

/* The same frame again and again on stream 0. */
static void flood(uint8_t type, uint8_t flags, const void *payload, size_t len, uint32_t stream)
{
    struct attack a;
    uint32_t goaway = 0;

    begin(&a);
    for (int i = 0; i < 20000; i++)
        h2_raw_frame(&a.script, type, flags, stream, payload, len);
    assert_int_equal(play(&a, 65536, MIB, &goaway), ACG_ERR_LIMIT);
    assert_int_equal(goaway, NGHTTP2_ENHANCE_YOUR_CALM);
    end(&a);
}

static void floods_of_small_frames_are_ended(void **st)
{
    (void)st;
    flood(NGHTTP2_PING, 0, "12345678", 8, 0);
    flood(NGHTTP2_SETTINGS, 0, "\0\3\0\0\0\1", 6, 0);
    flood(NGHTTP2_WINDOW_UPDATE, 0, "\0\0\0\1", 4, 0);
    flood(NGHTTP2_PRIORITY, 0, "\0\0\0\0\1", 5, 1);
    flood(NGHTTP2_PING, NGHTTP2_FLAG_ACK, "12345678", 8, 0);
}

/* nghttp2 passes over these without a word. */
static void floods_of_frames_that_are_passed_over_are_ended(void **st)
{
    (void)st;
    flood(0x42, 0, "", 0, 0);
    flood(0xff, 0xff, "12345678", 8, 1);
}

/* The same frame again and again on a stream whose call was answered and is over. */
static void flood_of_a_closed_stream(uint8_t type, uint8_t flags, struct acg_span payload)
{
    struct attack a;
    struct acg_span block;
    uint32_t goaway = 0;

    begin(&a);
    block = block_of(&a, "/nobody/Nothing");
    headers(&a, 1, NGHTTP2_FLAG_END_HEADERS, block);
    assert_int_equal(play(&a, 65536, MIB, &goaway), ACG_OK);
    acgp_buf_clear(&a.script);
    for (int i = 0; i < 20000; i++)
        h2_raw_frame(&a.script, type, flags, 1, payload.data, payload.len);
    assert_int_equal(play(&a, 65536, MIB, &goaway), ACG_ERR_LIMIT);
    assert_int_equal(goaway, NGHTTP2_ENHANCE_YOUR_CALM);
    end(&a);
}

static void floods_on_a_closed_stream_are_ended(void **st)
{
    (void)st;
    flood_of_a_closed_stream(NGHTTP2_WINDOW_UPDATE, 0, acgp_span_of("\0\0\0\1", 4));
    flood_of_a_closed_stream(NGHTTP2_DATA, 0, acgp_span_of("", 0));
    flood_of_a_closed_stream(NGHTTP2_DATA, 0, acgp_span_of("x", 1));
    flood_of_a_closed_stream(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, acgp_span_of("\x83", 1));
}

/* Without a call the first one would end the connection in order. */
static void a_goaway_flood_is_ended(void **st)
{
    struct attack a;
    struct acg_span block;
    uint32_t goaway = 0;

    (void)st;
    begin(&a);
    block = block_of(&a, WATCH);
    headers(&a, 1, NGHTTP2_FLAG_END_HEADERS, block);
    for (int i = 0; i < 20000; i++)
        h2_raw_frame(&a.script, NGHTTP2_GOAWAY, 0, 0, "\0\0\0\0\0\0\0\0", 8);
    assert_int_equal(play(&a, 65536, MIB, &goaway), ACG_ERR_LIMIT);
    assert_int_equal(goaway, NGHTTP2_ENHANCE_YOUR_CALM);
    end(&a);
}

/* However few bytes: it may drip, but it must come to its end. @param in what stays without its end. */
static void is_ended_in_time(struct acg_span in)
{
    uint32_t goaway = 0;
    struct attack a;
    int64_t now_ms = 0;

    begin(&a);
    assert_int_equal(h2_raw_feed(a.conn, 0, acgp_buf_view(&a.script), 65536, &goaway), ACG_OK);
    for (size_t i = 0; i < in.len; i++) {
        now_ms = (int64_t)i * RPC_FRAME_MS / (int64_t)in.len;
        assert_int_equal(h2_raw_feed(a.conn, now_ms, (struct acg_span){in.data + i, 1}, 1, &goaway), ACG_OK);
        rpc_conn_tick(a.conn, now_ms);
    }
    assert_int_equal(rpc_conn_deadline(a.conn), RPC_FRAME_MS);
    rpc_conn_tick(a.conn, RPC_FRAME_MS);
    assert_int_equal(h2_raw_feed(a.conn, RPC_FRAME_MS, acgp_span("x"), 1, &goaway), ACG_ERR_TIMEOUT);
    assert_int_equal(goaway, NGHTTP2_ENHANCE_YOUR_CALM);
    end(&a);
}

static void what_never_comes_to_its_end_is_ended(void **st)
{
    struct acgp_buf open;

    (void)st;
    acgp_buf_init(&open, 4096);
    is_ended_in_time(acgp_span_of("\0\0", 2));                        /* the head of a frame */
    is_ended_in_time(acgp_span_of("\0\0\x08\6\0\0\0\0\0pi", 11));     /* a PING */
    is_ended_in_time(acgp_span_of("\0\0\x10\x42\0\0\0\0\0what", 13)); /* of a kind that nobody knows */
    h2_raw_frame(&open, NGHTTP2_HEADERS, 0, 1, "\x83", 1);
    is_ended_in_time(acgp_buf_view(&open)); /* the header fields of a call */
    acgp_buf_done(&open);
}

/* Whole frames need no hurry, and what we do not read is not late. */
static void time_between_frames_is_free(void **st)
{
    uint32_t goaway = 0;
    struct attack a;

    (void)st;
    begin(&a);
    for (int64_t now_ms = 0; now_ms < 10 * RPC_FRAME_MS; now_ms += RPC_FRAME_MS - 1) {
        acgp_buf_clear(&a.script);
        if (now_ms == 0)
            h2_raw_greeting(&a.script);
        h2_raw_frame(&a.script, NGHTTP2_PING, 0, 0, "12345678", 8);
        h2_raw_frame(&a.script, 0x42, 0, 0, "12345678", 8);
        assert_int_equal(h2_raw_feed(a.conn, now_ms, acgp_buf_view(&a.script), 5, &goaway), ACG_OK);
        rpc_conn_tick(a.conn, now_ms);
    }
    assert_int_equal(goaway, UINT32_MAX);
    end(&a);
}

/* A message in each frame is no flood, however many there are. */
static void many_small_messages_are_no_flood(void **st)
{
    struct attack a;
    struct acg_span block;
    uint32_t goaway = 0;

    (void)st;
    begin(&a);
    block = block_of(&a, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
    headers(&a, 1, NGHTTP2_FLAG_END_HEADERS, block);
    for (int i = 0; i < 20000; i++)
        h2_raw_frame(&a.script, NGHTTP2_DATA, 0, 1, "\0\0\0\0", 5);
    assert_int_equal(play(&a, 4096, MIB, &goaway), ACG_OK);
    end(&a);
}

static void empty_data_is_ended(void **st)
{
    struct attack a;
    struct acg_span block;
    uint32_t goaway = 0;

    (void)st;
    begin(&a);
    block = block_of(&a, WATCH);
    headers(&a, 1, NGHTTP2_FLAG_END_HEADERS, block);
    for (int i = 0; i < 20000; i++) /* every other one has padding and nothing else */
        h2_raw_frame(&a.script, NGHTTP2_DATA, i % 2 == 0 ? 0 : NGHTTP2_FLAG_PADDED, 1, "\0", (size_t)(i % 2));
    assert_int_equal(play(&a, 65536, MIB, &goaway), ACG_ERR_LIMIT);
    assert_int_equal(goaway, NGHTTP2_ENHANCE_YOUR_CALM);
    end(&a);
}

/* A client that floods and does not read is not read either. */
static void a_flood_without_reading_stops_our_reading(void **st)
{
    struct attack a;
    struct acg_span block;
    struct acg_span in;
    size_t used = 1;

    (void)st;
    begin(&a);
    block = block_of(&a, "/nobody/Nothing");
    for (uint32_t i = 0; i < 40000; i++)
        headers(&a, 2 * i + 1, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, block);
    in = acgp_buf_view(&a.script);
    while (used > 0 && in.len > 0) {
        assert_int_equal(
            rpc_conn_feed(a.conn, 0, (struct acg_span){in.data, in.len < 4096 ? in.len : 4096}, &used, NULL),
            ACG_OK);
        in.data += used;
        in.len -= used;
        assert_true(rpc_conn_memory(a.conn) < 2 * MIB);
    }
    assert_true(in.len > 0 && !rpc_conn_wants_read(a.conn));
    end(&a);
}

static void too_many_streams_are_refused(void **st)
{
    struct attack a;
    struct acg_span block;
    uint32_t goaway = 0;

    (void)st;
    begin(&a);
    block = block_of(&a, WATCH);
    h2_raw_frame(&a.script, NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, "", 0);
    for (uint32_t i = 0; i < 2 * RPC_CALLS_MAX; i++)
        headers(&a, 2 * i + 1, NGHTTP2_FLAG_END_HEADERS, block);
    assert_int_equal(play(&a, 4096, 4 * MIB, &goaway), ACG_ERR_PROTOCOL);
    assert_int_equal(goaway, NGHTTP2_PROTOCOL_ERROR);
    end(&a);
}

static void window_overflow_is_an_error(void **st)
{
    struct attack a;
    uint32_t goaway = 0;

    (void)st;
    begin(&a);
    h2_raw_frame(&a.script, NGHTTP2_WINDOW_UPDATE, 0, 0, "\x7f\xff\xff\xff", 4);
    h2_raw_frame(&a.script, NGHTTP2_WINDOW_UPDATE, 0, 0, "\x7f\xff\xff\xff", 4);
    assert_int_equal(play(&a, 65536, MIB, &goaway), ACG_ERR_PROTOCOL);
    assert_int_equal(goaway, NGHTTP2_FLOW_CONTROL_ERROR);
    end(&a);
}

static void data_beyond_the_window_is_an_error(void **st)
{
    static char bytes[16384];
    struct attack a;
    struct acg_span block;
    uint32_t goaway = 0;
    struct acg_span in, out;
    struct rpc_event ev;
    size_t ended = 0, used = 0;

    (void)st;
    begin(&a);
    block = block_of(&a, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
    headers(&a, 1, NGHTTP2_FLAG_END_HEADERS, block);
    assert_int_equal(play(&a, 65536, MIB, &goaway), ACG_OK);
    rpc_conn_pause(a.conn, 1, true);
    acgp_buf_clear(&a.script);
    for (int i = 0; i < 8; i++)
        h2_raw_frame(&a.script, NGHTTP2_DATA, 0, 1, bytes, sizeof bytes);
    in = acgp_buf_view(&a.script);
    assert_int_equal(rpc_conn_feed(a.conn, 0, in, &used, NULL), ACG_OK);
    assert_int_equal(used, in.len);
    out = rpc_conn_drain(a.conn);
    assert_int_equal(out.len, sizeof "\0\0\4\3\0\0\0\0\1\0\0\0\3" - 1);
    assert_memory_equal(out.data, "\0\0\4\3\0\0\0\0\1\0\0\0\3", out.len); /* FLOW_CONTROL_ERROR */
    while (rpc_conn_next_event(a.conn, 0, &ev))
        ended += ev.kind == RPC_ENDED;
    assert_int_equal(ended, 1);
    assert_true(rpc_conn_memory(a.conn) < MIB);
    end(&a);
}

/* Every window is 0: answers wait, and what is queued has its cap. */
static void a_window_of_nothing_holds_no_more_than_the_cap(void **st)
{
    static char big[64 * 1024];
    struct attack a;
    struct acg_span block;
    uint32_t goaway = 0;
    size_t accepted = 0;

    (void)st;
    begin(&a);
    block = block_of(&a, WATCH);
    h2_raw_frame(&a.script, NGHTTP2_SETTINGS, 0, 0, "\0\4\0\0\0\0", 6);
    for (uint32_t i = 0; i < 1000; i++)
        headers(&a, 2 * i + 1, NGHTTP2_FLAG_END_HEADERS, block);
    assert_int_equal(play(&a, 65536, 4 * MIB, &goaway), ACG_OK);
    for (uint32_t i = 0; i < 1000; i++)
        accepted += rpc_conn_send(a.conn, 2 * i + 1, acgp_span_of(big, sizeof big), RPC_COMPRESS_NEVER,
                                  NULL) == ACG_OK;
    assert_true(accepted > 0 && accepted * sizeof big <= RPC_QUEUED_MAX);
    assert_true(rpc_conn_memory(a.conn) < 2 * RPC_QUEUED_MAX + 4 * MIB);
    end(&a);
}

/* One small block, a table entry named again and again: megabytes of headers. */
static void a_header_bomb_is_not_kept(void **st)
{
    static uint8_t block[16384];
    struct attack a;
    struct acgp_buf first;
    uint32_t goaway = 0;
    size_t n = 0;

    (void)st;
    begin(&a);
    acgp_buf_init(&first, 4096);
    h2_raw_block(&first, WATCH);
    memcpy(block, first.data, first.len);
    n = first.len;
    memcpy(block + n, "\x40\x01x\x7f\x81\x17", 6); /* "x", 127 + 1 + 23 * 128 = 3072 bytes, into the table */
    n += 6;
    memset(block + n, 'v', 3072);
    for (n += 3072; n < sizeof block; n++)
        block[n] = 0xbe; /* the newest entry */
    headers(&a, 1, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, acgp_span_of(block, sizeof block));
    assert_int_equal(play(&a, 1000, MIB, &goaway), ACG_OK);
    assert_int_equal(rpc_conn_calls(a.conn), 0);
    acgp_buf_done(&first);
    end(&a);
}

static void broken_header_compression_is_an_error(void **st)
{
    struct attack a;
    uint32_t goaway = 0;

    (void)st;
    begin(&a);
    headers(&a, 1, NGHTTP2_FLAG_END_HEADERS, acgp_span("\xff\xff\xff\xff\xff"));
    assert_int_equal(play(&a, 3, MIB, &goaway), ACG_ERR_PROTOCOL);
    assert_int_equal(goaway, NGHTTP2_COMPRESSION_ERROR);
    end(&a);
}

static void what_is_no_http2_is_left(void **st)
{
    struct attack a;
    uint32_t goaway = 0;

    (void)st;
    begin(&a);
    acgp_buf_clear(&a.script);
    acgp_buf_text(&a.script, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(play(&a, 65536, MIB, &goaway), ACG_ERR_PROTOCOL);
    end(&a);
}

static void a_frame_larger_than_allowed_is_an_error(void **st)
{
    static char bytes[16385];
    struct attack a;
    uint32_t goaway = 0;

    (void)st;
    begin(&a);
    h2_raw_frame(&a.script, NGHTTP2_DATA, 0, 1, bytes, sizeof bytes);
    assert_int_equal(play(&a, 65536, MIB, &goaway), ACG_ERR_PROTOCOL);
    assert_int_equal(goaway, NGHTTP2_FRAME_SIZE_ERROR);
    end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rapid_reset_is_ended),
        cmocka_unit_test(resets_that_we_are_made_to_send_count_too),
        cmocka_unit_test(a_continuation_flood_is_ended),
        cmocka_unit_test(floods_of_small_frames_are_ended),
        cmocka_unit_test(floods_of_frames_that_are_passed_over_are_ended),
        cmocka_unit_test(floods_on_a_closed_stream_are_ended),
        cmocka_unit_test(a_goaway_flood_is_ended),
        cmocka_unit_test(what_never_comes_to_its_end_is_ended),
        cmocka_unit_test(time_between_frames_is_free),
        cmocka_unit_test(empty_data_is_ended),
        cmocka_unit_test(many_small_messages_are_no_flood),
        cmocka_unit_test(a_flood_without_reading_stops_our_reading),
        cmocka_unit_test(too_many_streams_are_refused),
        cmocka_unit_test(window_overflow_is_an_error),
        cmocka_unit_test(data_beyond_the_window_is_an_error),
        cmocka_unit_test(a_window_of_nothing_holds_no_more_than_the_cap),
        cmocka_unit_test(a_header_bomb_is_not_kept),
        cmocka_unit_test(broken_header_compression_is_an_error),
        cmocka_unit_test(what_is_no_http2_is_left),
        cmocka_unit_test(a_frame_larger_than_allowed_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
