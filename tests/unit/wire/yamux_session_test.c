/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/span.h"
#include "testlib/hex.h"
#include "wire/yamux_session.h"

#define SYN_1  "00 01 0001 00000001 00000000"
#define ACK_1  "00 01 0002 00000001 00000000"
#define FIN_1  "00 01 0004 00000001 00000000"
#define RST_1  "00 01 0008 00000001 00000000"
#define SYN_2  "00 01 0001 00000002 00000000"
#define BROKEN "00 03 0000 00000000 00000001" /* go away: protocol error */

static struct pkr_yamux_session *server(void)
{
    struct pkr_yamux_session *s = NULL;

    assert_int_equal(pkr_yamux_new(PKR_YAMUX_SERVER, &s, NULL), ACG_OK);
    return s;
}

/* Feed everything; events are written to log as text. */
static enum acg_status feed(struct pkr_yamux_session *s, struct acg_span in, struct acgp_buf *log)
{
    static const char *const names[] = {"?", "opened", "data", "fin", "reset", "pong", "away"};
    struct pkr_yamux_event ev;
    enum acg_status status = ACG_OK;
    size_t used = 1;

    while (status == ACG_OK && in.len > 0 && used > 0) {
        status = pkr_yamux_feed(s, in, &used, NULL);
        in.data += used;
        in.len -= used;
        while (pkr_yamux_next_event(s, &ev)) {
            acgp_buf_printf(log, "%s %u", names[ev.kind], (unsigned)ev.stream);
            if (ev.kind == PKR_YAMUX_DATA) {
                acgp_buf_byte(log, ' ');
                acgp_buf_span(log, ev.data);
            }
            acgp_buf_byte(log, ';');
        }
    }
    return status;
}

static void expect_events(struct pkr_yamux_session *s, const char *in, const char *events)
{
    struct acgp_buf log;

    acgp_buf_init(&log, 1 << 20);
    assert_int_equal(feed(s, hex(in), &log), ACG_OK);
    assert_string_equal(log.data ? log.data : "", events);
    acgp_buf_done(&log);
}

static void expect_broken(struct pkr_yamux_session *s, const char *in, const char *message)
{
    struct acg_span bytes = hex(in);
    struct acg_error err = {0};
    struct pkr_yamux_event ev;
    enum acg_status status = ACG_OK;
    size_t used = 0;

    while (status == ACG_OK && bytes.len > 0) {
        status = pkr_yamux_feed(s, bytes, &used, &err);
        bytes.data += used;
        bytes.len -= used;
        while (pkr_yamux_next_event(s, &ev))
            ;
    }
    assert_int_equal(status, ACG_ERR_PROTOCOL);
    assert_string_equal(err.message, message);
}

static void expect_output(struct pkr_yamux_session *s, const char *text)
{
    struct acg_span expected = hex(text), got = pkr_yamux_drain(s);

    assert_int_equal(got.len, expected.len);
    if (got.len != 0)
        assert_memory_equal(got.data, expected.data, got.len);
    pkr_yamux_drained(s, got.len);
}

static void a_stream_is_accepted_at_once(void **st)
{
    (void)st;
    struct pkr_yamux_session *s = server();

    expect_events(s, SYN_1 "00 00 0000 00000001 00000004 'abcd'", "opened 1;data 1 abcd;");
    expect_output(s, ACK_1);
    pkr_yamux_free(s);
}

static void input_may_be_cut_anywhere(void **st)
{
    (void)st;
    for (size_t cut = 1; cut < 42; cut++) {
        struct acg_span in = hex(SYN_1 "00 00 0004 00000001 00000006 'abcdef' 00 02 0001 00000000 00000009");
        struct pkr_yamux_session *s = server();
        struct acgp_buf log;
        char joined[128] = "";
        size_t n = 0;

        assert_int_equal(in.len, 42);
        acgp_buf_init(&log, 4096);
        assert_int_equal(feed(s, acgp_span_of(in.data, cut), &log), ACG_OK);
        assert_int_equal(feed(s, acgp_span_of(in.data + cut, in.len - cut), &log), ACG_OK);
        assert_non_null(strstr(log.data, "opened 1;"));
        assert_non_null(strstr(log.data, "fin 1;"));
        for (const char *c = log.data; (c = strstr(c, "data 1 ")) != NULL;)
            for (c += 7; *c != ';'; c++)
                joined[n++] = *c;
        assert_string_equal(joined, "abcdef");
        expect_output(s, "00 02 0002 00000000 00000009" ACK_1);
        acgp_buf_done(&log);
        pkr_yamux_free(s);
    }
}

static void flags_may_ride_on_data(void **st)
{
    (void)st;
    struct pkr_yamux_session *s = server();

    expect_events(s, "00 00 0005 00000001 00000002 'hi'", "opened 1;data 1 hi;fin 1;");
    pkr_yamux_finish(s, 1);
    expect_output(s, ACK_1 FIN_1);
    assert_false(pkr_yamux_known(s, 1));
    pkr_yamux_free(s);
}

static void pings_are_answered_with_their_value(void **st)
{
    (void)st;
    struct pkr_yamux_session *s = server();

    expect_events(s, "00 02 0001 00000000 0000002a 00 02 0001 00000000 0000002b", "");
    expect_output(s, "00 02 0002 00000000 0000002a 00 02 0002 00000000 0000002b");
    pkr_yamux_free(s);
}

static void our_ping_is_answered_once(void **st)
{
    (void)st;
    struct pkr_yamux_session *s = server();

    assert_true(pkr_yamux_ping(s, 5));
    assert_false(pkr_yamux_ping(s, 6));
    expect_output(s, "00 02 0001 00000000 00000005");
    expect_events(s, "00 02 0002 00000000 00000007", "");
    expect_events(s, "00 02 0002 00000000 00000005 00 02 0002 00000000 00000005", "pong 0;");
    assert_true(pkr_yamux_ping(s, 6));
    pkr_yamux_free(s);
}

static void our_streams_have_even_numbers_and_send_without_waiting(void **st)
{
    (void)st;
    struct pkr_yamux_session *s = server();
    uint32_t a = 0, b = 0;

    assert_int_equal(pkr_yamux_open(s, &a, NULL), ACG_OK);
    assert_int_equal(pkr_yamux_open(s, &b, NULL), ACG_OK);
    assert_int_equal(a, 2);
    assert_int_equal(b, 4);
    assert_int_equal(pkr_yamux_send(s, a, acgp_span("xy"), NULL), ACG_OK);
    expect_output(s, SYN_2 "00 01 0001 00000004 00000000 00 00 0000 00000002 00000002 'xy'");
    pkr_yamux_free(s);
}

/* Drain until nothing comes; counts the payload bytes of data frames and keeps the longest. */
static size_t drain_data(struct pkr_yamux_session *s, size_t *longest)
{
    struct acgp_buf out;
    struct acg_span got;
    struct pkr_frame f;
    size_t total = 0;

    acgp_buf_init(&out, 64u << 20);
    while ((got = pkr_yamux_drain(s)).len != 0) {
        size_t n = got.len < 999 ? got.len : 999;
        assert_true(acgp_buf_append(&out, got.data, n));
        pkr_yamux_drained(s, n);
    }
    for (size_t at = 0; at < out.len;) {
        assert_int_equal(pkr_frame_decode((const uint8_t *)out.data + at, &f, NULL), ACG_OK);
        at += PKR_FRAME_HEADER;
        if (f.type != PKR_FRAME_DATA)
            continue;
        at += f.length;
        total += f.length;
        if (longest != NULL && f.length > *longest)
            *longest = f.length;
    }
    acgp_buf_done(&out);
    return total;
}

static void data_stops_at_the_peers_window_and_goes_on_with_credit(void **st)
{
    (void)st;
    struct pkr_yamux_session *s = server();
    static char big[600000];
    size_t longest = 0;

    expect_events(s, SYN_1, "opened 1;");
    assert_int_equal(pkr_yamux_send(s, 1, acgp_span_of(big, sizeof big), NULL), ACG_OK);
    pkr_yamux_finish(s, 1);
    assert_int_equal(drain_data(s, &longest), 262144);
    assert_int_equal(longest, PKR_YAMUX_FRAME_MAX);
    expect_events(s, "00 01 0000 00000001 00040000", "");
    assert_int_equal(drain_data(s, NULL), 262144);
    assert_int_equal(pkr_yamux_queued(s, 1), 600000 - 2 * 262144);
    expect_events(s, "00 01 0000 00000001 00038000", "");
    assert_int_equal(drain_data(s, NULL), 600000 - 2 * 262144);
    assert_int_equal(pkr_yamux_queued(s, 1), 0);
    pkr_yamux_free(s);
}

static void fin_comes_behind_the_data_and_only_once(void **st)
{
    (void)st;
    struct pkr_yamux_session *s = server();

    expect_events(s, SYN_1, "opened 1;");
    assert_int_equal(pkr_yamux_send(s, 1, acgp_span("bye"), NULL), ACG_OK);
    pkr_yamux_finish(s, 1);
    pkr_yamux_finish(s, 1);
    assert_int_equal(pkr_yamux_send(s, 1, acgp_span("more"), NULL), ACG_ERR_STATE);
    expect_output(s, ACK_1 "00 00 0000 00000001 00000003 'bye'" FIN_1);
    pkr_yamux_finish(s, 1);
    expect_output(s, "");
    assert_true(pkr_yamux_known(s, 1));
    expect_events(s, FIN_1, "fin 1;");
    assert_false(pkr_yamux_known(s, 1));
    pkr_yamux_free(s);
}

static void a_reset_ends_both_ways_and_drops_what_is_queued(void **st)
{
    (void)st;
    struct pkr_yamux_session *s = server();

    expect_events(s, SYN_1, "opened 1;");
    expect_output(s, ACK_1);
    assert_int_equal(pkr_yamux_send(s, 1, acgp_span("lost"), NULL), ACG_OK);
    expect_events(s, RST_1, "reset 1;");
    assert_int_equal(pkr_yamux_send(s, 1, acgp_span("x"), NULL), ACG_ERR_CLOSED);
    pkr_yamux_finish(s, 1);
    expect_output(s, "");
    expect_events(s, "00 00 0000 00000001 00000002 'zz'", "");
    pkr_yamux_free(s);
}

static void our_reset_forgets_the_stream_and_ignores_what_still_comes(void **st)
{
    (void)st;
    struct pkr_yamux_session *s = server();

    expect_events(s, SYN_1, "opened 1;");
    expect_output(s, ACK_1);
    pkr_yamux_reset(s, 1);
    assert_false(pkr_yamux_known(s, 1));
    expect_output(s, RST_1);
    expect_events(s, "00 00 0004 00000001 00000002 'zz'", "");
    expect_output(s, "");
    pkr_yamux_free(s);
}

static void after_our_reset_no_event_of_the_stream_is_left(void **st)
{
    (void)st;
    struct pkr_yamux_session *s = server();
    struct acg_span in = hex("00 00 0005 00000001 00000001 'x'");
    struct pkr_yamux_event ev;
    size_t used = 0;

    assert_int_equal(pkr_yamux_feed(s, in, &used, NULL), ACG_OK);
    assert_true(pkr_yamux_next_event(s, &ev));
    assert_int_equal(ev.kind, PKR_YAMUX_OPENED);
    assert_int_equal(pkr_yamux_feed(s, acgp_span_of(in.data + used, in.len - used), &used, NULL), ACG_OK);
    assert_true(pkr_yamux_next_event(s, &ev));
    assert_int_equal(ev.kind, PKR_YAMUX_DATA);
    pkr_yamux_reset(s, 1);
    assert_false(pkr_yamux_next_event(s, &ev));
    pkr_yamux_free(s);
}

static void a_stream_that_was_never_sent_is_reset_silently(void **st)
{
    (void)st;
    struct pkr_yamux_session *s = server();
    uint32_t id = 0;

    assert_int_equal(pkr_yamux_open(s, &id, NULL), ACG_OK);
    assert_int_equal(pkr_yamux_send(s, id, acgp_span("x"), NULL), ACG_OK);
    pkr_yamux_reset(s, id);
    expect_output(s, "");
    pkr_yamux_free(s);
}

static void frames_of_unknown_streams_are_skipped(void **st)
{
    (void)st;
    struct pkr_yamux_session *s = server();

    expect_events(s,
                  "00 00 0000 00000063 00000003 'abc' 00 01 0000 00000063 00000001"
                  "00 01 0004 00000063 00000000 00 01 0008 00000063 00000000" SYN_1,
                  "opened 1;");
    expect_output(s, ACK_1);
    pkr_yamux_free(s);
}

static void credit_is_granted_at_half_a_window(void **st)
{
    (void)st;
    struct pkr_yamux_session *s = server();
    static char payload[131072];
    struct acgp_buf log;

    acgp_buf_init(&log, 1 << 20);
    expect_events(s, SYN_1, "opened 1;");
    expect_output(s, ACK_1);
    assert_int_equal(feed(s, hex("00 00 0000 00000001 00020000"), &log), ACG_OK);
    assert_int_equal(feed(s, acgp_span_of(payload, sizeof payload), &log), ACG_OK);
    pkr_yamux_consumed(s, 1, 131071);
    expect_output(s, "");
    pkr_yamux_consumed(s, 1, 1);
    expect_output(s, "00 01 0000 00000001 00020000");
    acgp_buf_done(&log);
    pkr_yamux_free(s);
}

static void no_more_than_one_window_is_ever_granted(void **st)
{
    (void)st;
    struct pkr_yamux_session *s = server();

    expect_events(s, SYN_1 "00 00 0000 00000001 00000001 'a'", "opened 1;data 1 a;");
    pkr_yamux_consumed(s, 1, 1000000);
    expect_output(s, ACK_1);
    pkr_yamux_free(s);
}

static void data_beyond_the_window_is_a_protocol_error(void **st)
{
    (void)st;
    struct pkr_yamux_session *s = server();
    static char payload[262144];
    struct acgp_buf log;

    acgp_buf_init(&log, 1 << 20);
    expect_events(s, SYN_1, "opened 1;");
    assert_int_equal(feed(s, hex("00 00 0000 00000001 00040000"), &log), ACG_OK);
    assert_int_equal(feed(s, acgp_span_of(payload, sizeof payload), &log), ACG_OK);
    expect_broken(s, "00 00 0000 00000001 00000001 'x'", "yamux stream 1: more data than its window");
    acgp_buf_done(&log);
    pkr_yamux_free(s);
}

static void a_broken_session_says_so_once_and_for_ever(void **st)
{
    (void)st;
    struct pkr_yamux_session *s = server();
    uint32_t id = 0;

    expect_events(s, SYN_1, "opened 1;");
    expect_output(s, ACK_1);
    assert_int_equal(pkr_yamux_send(s, 1, acgp_span("x"), NULL), ACG_OK);
    expect_broken(s, SYN_1, "yamux stream 1: opened twice");
    assert_false(pkr_yamux_wants_read(s));
    expect_output(s, BROKEN);
    expect_broken(s, SYN_1, "yamux stream 1: opened twice");
    expect_output(s, "");
    assert_int_equal(pkr_yamux_open(s, &id, NULL), ACG_ERR_CLOSED);
    assert_int_equal(pkr_yamux_send(s, 1, acgp_span("x"), NULL), ACG_ERR_CLOSED);
    pkr_yamux_free(s);
}

static void each_broken_rule_is_named(void **st)
{
    (void)st;
    static const struct {
        const char *in, *message;
    } cases[] = {
        {"00 01 0001 00000002 00000000", "yamux stream 2: opened with an id of the wrong side"},
        {SYN_1 FIN_1 FIN_1, "yamux stream 1: finished twice"},
        {SYN_1 FIN_1 "00 00 0000 00000001 00000001 'x'", "yamux stream 1: data after its end"},
        {SYN_1 "00 01 0000 00000001 ffffffff", "yamux stream 1: window beyond 4 GiB"},
        {"00 00 0000 00000063 00040001", "yamux stream 99: frame longer than any window"},
        {"02 00 0000 00000001 00000001", "yamux version 2, expected 0"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pkr_yamux_session *s = server();
        expect_broken(s, cases[i].in, cases[i].message);
        pkr_yamux_free(s);
    }
}

static void the_sixty_fifth_stream_is_refused_with_a_reset(void **st)
{
    (void)st;
    struct pkr_yamux_session *s = server();
    char text[64];
    uint32_t id = 0;

    for (unsigned i = 0; i < PKR_YAMUX_STREAMS_MAX; i++) {
        snprintf(text, sizeof text, "00 01 0001 %08x 00000000", 2 * i + 1);
        struct acgp_buf log;
        acgp_buf_init(&log, 64);
        assert_int_equal(feed(s, hex(text), &log), ACG_OK);
        acgp_buf_done(&log);
    }
    assert_int_equal(drain_data(s, NULL), 0);
    expect_events(s, "00 00 0001 00000081 00000002 'zz'", "");
    expect_output(s, "00 01 0008 00000081 00000000");
    assert_int_equal(pkr_yamux_open(s, &id, NULL), ACG_ERR_LIMIT);
    pkr_yamux_free(s);
}

static void a_peer_that_reads_nothing_stops_us_from_reading(void **st)
{
    (void)st;
    struct pkr_yamux_session *s = server();
    struct acg_span ping = hex("00 02 0001 00000000 00000001");
    size_t used = ping.len, answered = 0;

    for (unsigned i = 0; i < 100000 && used == ping.len; i++, answered += used == ping.len)
        assert_int_equal(pkr_yamux_feed(s, ping, &used, NULL), ACG_OK);
    assert_int_equal(used, 0);
    assert_true(answered < 6000);
    assert_false(pkr_yamux_wants_read(s));
    pkr_yamux_drained(s, pkr_yamux_drain(s).len);
    assert_true(pkr_yamux_wants_read(s));
    assert_int_equal(pkr_yamux_feed(s, ping, &used, NULL), ACG_OK);
    assert_int_equal(used, ping.len);
    pkr_yamux_free(s);
}

static void a_full_queue_refuses_all_of_a_message(void **st)
{
    (void)st;
    struct pkr_yamux_session *s = server();
    static char big[PKR_YAMUX_STREAM_QUEUED_MAX];
    struct acg_error err = {0};

    expect_events(s, SYN_1 "00 01 0001 00000003 00000000 00 01 0001 00000005 00000000",
                  "opened 1;opened 3;opened 5;");
    assert_int_equal(pkr_yamux_send(s, 1, acgp_span_of(big, sizeof big), NULL), ACG_OK);
    assert_int_equal(pkr_yamux_send(s, 1, acgp_span("x"), &err), ACG_ERR_LIMIT);
    assert_non_null(strstr(err.message, "reads too slowly"));
    assert_int_equal(pkr_yamux_send(s, 3, acgp_span_of(big, sizeof big), NULL), ACG_OK);
    assert_int_equal(pkr_yamux_send(s, 5, acgp_span("x"), &err), ACG_ERR_LIMIT);
    pkr_yamux_reset(s, 3);
    assert_int_equal(pkr_yamux_send(s, 5, acgp_span("x"), &err), ACG_OK);
    pkr_yamux_free(s);
}

static void many_tiny_messages_are_bounded_too(void **st)
{
    (void)st;
    struct pkr_yamux_session *s = server();
    unsigned sent = 0;

    expect_events(s, SYN_1, "opened 1;");
    while (sent < 100000 && pkr_yamux_send(s, 1, acgp_span("x"), NULL) == ACG_OK)
        sent++;
    assert_int_equal(sent, 4096);
    pkr_yamux_free(s);
}

static void after_the_peers_go_away_open_streams_go_on(void **st)
{
    (void)st;
    struct pkr_yamux_session *s = server();
    uint32_t id = 0;

    expect_events(s, SYN_1 "00 03 0000 00000000 00000000", "opened 1;away 0;");
    assert_int_equal(pkr_yamux_open(s, &id, NULL), ACG_ERR_CLOSED);
    assert_int_equal(pkr_yamux_send(s, 1, acgp_span("x"), NULL), ACG_OK);
    expect_output(s, ACK_1 "00 00 0000 00000001 00000001 'x'");
    pkr_yamux_free(s);
}

static void a_go_away_with_an_error_ends_the_session(void **st)
{
    (void)st;
    struct pkr_yamux_session *s = server();
    struct acg_error err = {0};
    size_t used = 0;

    assert_int_equal(pkr_yamux_feed(s, hex(BROKEN), &used, &err), ACG_ERR_CLOSED);
    assert_string_equal(err.message, "Packer ended the connection: it saw a protocol error");
    expect_output(s, "");
    pkr_yamux_free(s);
}

static void after_our_go_away_new_streams_are_refused(void **st)
{
    (void)st;
    struct pkr_yamux_session *s = server();

    pkr_yamux_go_away(s, PKR_GO_AWAY_NORMAL);
    pkr_yamux_go_away(s, PKR_GO_AWAY_NORMAL);
    expect_output(s, "00 03 0000 00000000 00000000");
    expect_events(s, SYN_1, "");
    expect_output(s, RST_1);
    pkr_yamux_free(s);
}

static void streams_take_turns(void **st)
{
    (void)st;
    struct pkr_yamux_session *s = server();
    static char big[100000];
    struct acg_span got;
    struct pkr_frame first, second;

    expect_events(s, SYN_1 "00 01 0001 00000003 00000000", "opened 1;opened 3;");
    pkr_yamux_drained(s, pkr_yamux_drain(s).len);
    assert_int_equal(pkr_yamux_send(s, 1, acgp_span_of(big, sizeof big), NULL), ACG_OK);
    assert_int_equal(pkr_yamux_send(s, 3, acgp_span("hi"), NULL), ACG_OK);
    got = pkr_yamux_drain(s);
    assert_int_equal(pkr_frame_decode((const uint8_t *)got.data, &first, NULL), ACG_OK);
    assert_int_equal(pkr_frame_decode((const uint8_t *)got.data + 12 + first.length, &second, NULL), ACG_OK);
    assert_int_equal(first.stream + second.stream, 4);
    pkr_yamux_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_is_accepted_at_once),
        cmocka_unit_test(input_may_be_cut_anywhere),
        cmocka_unit_test(flags_may_ride_on_data),
        cmocka_unit_test(pings_are_answered_with_their_value),
        cmocka_unit_test(our_ping_is_answered_once),
        cmocka_unit_test(our_streams_have_even_numbers_and_send_without_waiting),
        cmocka_unit_test(data_stops_at_the_peers_window_and_goes_on_with_credit),
        cmocka_unit_test(fin_comes_behind_the_data_and_only_once),
        cmocka_unit_test(a_reset_ends_both_ways_and_drops_what_is_queued),
        cmocka_unit_test(our_reset_forgets_the_stream_and_ignores_what_still_comes),
        cmocka_unit_test(after_our_reset_no_event_of_the_stream_is_left),
        cmocka_unit_test(a_stream_that_was_never_sent_is_reset_silently),
        cmocka_unit_test(frames_of_unknown_streams_are_skipped),
        cmocka_unit_test(credit_is_granted_at_half_a_window),
        cmocka_unit_test(no_more_than_one_window_is_ever_granted),
        cmocka_unit_test(data_beyond_the_window_is_a_protocol_error),
        cmocka_unit_test(a_broken_session_says_so_once_and_for_ever),
        cmocka_unit_test(each_broken_rule_is_named),
        cmocka_unit_test(the_sixty_fifth_stream_is_refused_with_a_reset),
        cmocka_unit_test(a_peer_that_reads_nothing_stops_us_from_reading),
        cmocka_unit_test(a_full_queue_refuses_all_of_a_message),
        cmocka_unit_test(many_tiny_messages_are_bounded_too),
        cmocka_unit_test(after_the_peers_go_away_open_streams_go_on),
        cmocka_unit_test(a_go_away_with_an_error_ends_the_session),
        cmocka_unit_test(after_our_go_away_new_streams_are_refused),
        cmocka_unit_test(streams_take_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
