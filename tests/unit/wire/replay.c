/* SPDX-License-Identifier: MPL-2.0 */
#include "replay.h"

#include "testlib/test.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/span.h"
#include "wire/link.h"
#include "wire/yamux_session.h"

enum { STREAMS = 16, CALLS = 64, BYTES_MAX = 1 << 24, NUMBER = 4 };

/* One stream of the trace, with everything that was said on it so far. */
struct stream {
    struct acgp_buf packer;              /* from Packer, without the number */
    struct acgp_buf plugin;              /* from the plugin of the trace, without the number */
    size_t plugin_done;                  /* of it: messages already repeated by us */
    struct acgp_buf ours;                /* what the link sent, number included */
    size_t packer_number, plugin_number; /* bytes of the number seen */
    bool fin_theirs, fin_ours, ended;
    uint32_t talk;
    uint64_t calls[CALLS]; /* seq to handle: Packer's calls on odd streams, ours on even ones */
};

struct replay {
    const struct trace *trace;
    struct pkr_link *link;
    struct stream streams[STREAMS];
    struct acgp_buf out; /* of the link, not yet taken apart */
    unsigned pings, pongs;
    size_t messages;
    size_t cut;
};

/* A header and a body, and how many bytes they took. */
struct message {
    struct pkr_tree *header, *body;
    size_t bytes;
};

static void message_done(struct message *m)
{
    pkr_tree_free(m->header);
    pkr_tree_free(m->body);
}

static bool message_at(struct acg_span in, struct message *out)
{
    struct pkr_scan scan;
    size_t header = 0, body = 0;

    for (int i = 0; i < 2; i++) {
        pkr_scan_init(&scan);
        assert_int_equal(pkr_scan_feed(&scan, acgp_span_of(in.data + header, in.len - header), &body, NULL),
                         ACG_OK);
        if (!scan.done)
            return false;
        if (i == 0)
            header = body;
    }
    *out = (struct message){.bytes = header + body};
    assert_int_equal(pkr_value_decode(in, NULL, &out->header, NULL), ACG_OK);
    in = acgp_span_of(in.data + header, in.len - header);
    assert_int_equal(pkr_value_decode(in, NULL, &out->body, NULL), ACG_OK);
    return true;
}

static uint64_t seq_of(const struct message *m)
{
    uint64_t seq = 0;

    assert_true(pkr_value_as_u64(pkr_value_get(pkr_tree_root(m->header), "Seq"), &seq));
    assert_true(seq < CALLS);
    return seq;
}

static struct acg_span header_text(const struct message *m, const char *key)
{
    struct acg_span text = {"", 0};

    pkr_value_as_text(pkr_value_get(pkr_tree_root(m->header), key), &text);
    return text;
}

/* The comment of a data frame says what we decoded: "... request METHOD seq=1 body=None". Long bodies end in
 * dots. */
static void check_comment(const struct trace_line *line, const struct message *m)
{
    const char *said = strstr(line->comment, "body=");
    char expected[256];
    char *text = NULL;
    size_t n = 0;
    struct acg_span method = header_text(m, "ServiceMethod");

    if (said == NULL)
        return;
    snprintf(expected, sizeof expected, " %.*s seq=%llu ", (int)method.len, method.data,
             (unsigned long long)seq_of(m));
    if (strstr(line->comment, " error=") == NULL)
        assert_non_null(strstr(line->comment, expected));
    said += 5;
    text = trace_value_text(pkr_tree_root(m->body));
    n = strlen(said);
    if (n > 3 && strcmp(said + n - 3, "...") == 0)
        n -= 3;
    else
        assert_int_equal(strlen(text), n);
    if (strncmp(text, said, n) != 0)
        fail_msg("decoded %.200s\nexpected %.200s", text, said);
    acgp_free(text);
}

static struct stream *stream_of(struct replay *r, uint32_t id)
{
    assert_true(id < STREAMS);
    return &r->streams[id];
}

/* Payload of a stream behind its number. */
static void add_payload(struct acgp_buf *to, size_t *number, struct acg_span payload)
{
    size_t n = NUMBER - *number < payload.len ? NUMBER - *number : payload.len;

    *number += n;
    assert_true(acgp_buf_span(to, acgp_span_of(payload.data + n, payload.len - n)));
}

static struct acg_span payload_of(const struct trace_line *line)
{
    return acgp_span_of(line->bytes.data + PKR_FRAME_HEADER, line->bytes.len - PKR_FRAME_HEADER);
}

/* ---- What the link sends ---- */

static void take_output(struct replay *r)
{
    struct acg_span bytes = pkr_link_drain(r->link);
    struct pkr_frame f;

    while (bytes.len != 0) {
        assert_true(acgp_buf_span(&r->out, bytes));
        pkr_link_drained(r->link, bytes.len);
        bytes = pkr_link_drain(r->link);
    }
    while (r->out.len >= PKR_FRAME_HEADER) {
        size_t len = PKR_FRAME_HEADER;

        assert_int_equal(pkr_frame_decode((const uint8_t *)r->out.data, &f, NULL), ACG_OK);
        len += f.type == PKR_FRAME_DATA ? f.length : 0;
        assert_true(r->out.len >= len);
        assert_int_not_equal(f.type, PKR_FRAME_GO_AWAY);
        assert_false(f.flags & PKR_FRAME_RST);
        r->pongs += f.type == PKR_FRAME_PING && f.flags == PKR_FRAME_ACK;
        if (f.type <= PKR_FRAME_WINDOW) {
            struct stream *s = stream_of(r, f.stream);
            assert_true(acgp_buf_append(&s->ours, r->out.data + PKR_FRAME_HEADER, len - PKR_FRAME_HEADER));
            assert_false(s->fin_ours);
            s->fin_ours = f.flags & PKR_FRAME_FIN;
        }
        acgp_buf_consume(&r->out, len);
    }
}

/* ---- Packer's half ---- */

static void next_event(struct replay *r, enum pkr_link_event_kind kind, struct pkr_link_event *ev)
{
    assert_true(pkr_link_next_event(r->link, ev));
    if (ev->kind != kind)
        fail_msg("event %d where %d was due: %.*s", (int)ev->kind, (int)kind, (int)ev->text.len,
                 ev->text.data);
}

static void expect_call(struct replay *r, struct stream *s, const struct message *m)
{
    struct pkr_link_event ev;

    next_event(r, PKR_LINK_CALL, &ev);
    assert_true(acgp_span_equal(ev.method, header_text(m, "ServiceMethod")));
    assert_true(pkr_value_equal(ev.body, pkr_tree_root(m->body)));
    assert_int_equal(ev.talk, s->talk);
    s->calls[seq_of(m)] = ev.call;
}

static void expect_reply(struct replay *r, struct stream *s, const struct message *m)
{
    struct acg_span error = header_text(m, "Error");
    struct pkr_link_event ev;

    next_event(r, PKR_LINK_REPLY, &ev);
    assert_int_equal(ev.call, s->calls[seq_of(m)]);
    assert_int_equal(ev.talk, s->talk);
    assert_int_equal(ev.outcome, error.len != 0 ? PKR_LINK_FAILED : PKR_LINK_RETURNED);
    if (error.len != 0)
        assert_true(acgp_span_equal(ev.text, error));
    else
        assert_true(pkr_value_equal(ev.body, pkr_tree_root(m->body)));
}

static void play_packer(struct replay *r, const struct trace_line *line)
{
    struct stream *s = stream_of(r, line->frame.stream);
    bool dialed = line->frame.stream % 2 == 0, numbered = s->packer_number == NUMBER;
    struct pkr_link_event ev;
    struct message m;

    for (size_t at = 0, used = 0; at < line->bytes.len; at += used) {
        size_t n = line->bytes.len - at < r->cut ? line->bytes.len - at : r->cut;
        assert_int_equal(pkr_link_feed(r->link, 0, acgp_span_of(line->bytes.data + at, n), &used, NULL),
                         ACG_OK);
        assert_int_equal(used, n);
        take_output(r);
    }
    r->pings += line->frame.type == PKR_FRAME_PING;
    if (line->frame.type == PKR_FRAME_DATA)
        add_payload(&s->packer, &s->packer_number, payload_of(line));
    if (!numbered && s->packer_number == NUMBER) {
        next_event(r, PKR_LINK_OPENED, &ev);
        assert_int_equal(ev.dialed, dialed);
        if (!dialed)
            s->talk = ev.talk;
    }
    while (s->packer.len != 0 && message_at(acgp_buf_view(&s->packer), &m)) {
        check_comment(line, &m);
        if (dialed)
            expect_reply(r, s, &m);
        else
            expect_call(r, s, &m);
        acgp_buf_consume(&s->packer, m.bytes);
        message_done(&m);
        r->messages++;
    }
    if ((line->frame.flags & PKR_FRAME_FIN) && !s->ended) {
        next_event(r, PKR_LINK_ENDED, &ev);
        s->ended = true;
    }
    assert_false(pkr_link_next_event(r->link, &ev));
}

/* ---- The plugin's half ---- */

/* The number that the plugin dials on a stream stands in its first data frame. */
static uint32_t number_of(const struct replay *r, uint32_t stream)
{
    for (size_t i = 0; i < r->trace->count; i++) {
        const struct trace_line *line = &r->trace->lines[i];
        const unsigned char *bytes = (const unsigned char *)line->bytes.data + PKR_FRAME_HEADER;

        if (!line->from_packer && line->frame.stream == stream && line->frame.type == PKR_FRAME_DATA)
            return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                   (uint32_t)bytes[3] << 24;
    }
    fail_msg("stream %u has no number", (unsigned)stream);
    return 0;
}

static void say_request(struct replay *r, struct stream *s, const struct message *m)
{
    struct acg_span method = header_text(m, "ServiceMethod");
    char name[256];

    snprintf(name, sizeof name, "%.*s", (int)method.len, method.data);
    assert_int_equal(
        pkr_link_call(r->link, s->talk, name, pkr_tree_root(m->body), &s->calls[seq_of(m)], NULL), ACG_OK);
}

static void say_reply(struct replay *r, struct stream *s, const struct message *m)
{
    struct acg_span error = header_text(m, "Error");
    uint64_t result = 0, call = s->calls[seq_of(m)];
    uint32_t number = 0;

    if (error.len != 0) {
        char *text = acgp_strndup(error.data, error.len);
        assert_int_equal(pkr_link_reply_error(r->link, call, text, NULL), ACG_OK);
        acgp_free(text);
        return;
    }
    if (pkr_value_as_u64(pkr_value_get(pkr_tree_root(m->body), "StreamId"), &result) && result != 0) {
        assert_int_equal(pkr_link_serve(r->link, &number, NULL), ACG_OK);
        assert_int_equal(number, result);
    }
    assert_int_equal(pkr_link_reply(r->link, call, pkr_tree_root(m->body), NULL), ACG_OK);
}

static void play_plugin(struct replay *r, const struct trace_line *line)
{
    struct stream *s = stream_of(r, line->frame.stream);
    struct pkr_link_event ev;
    struct message m;

    if (line->frame.flags & PKR_FRAME_SYN && line->frame.stream != 0)
        assert_int_equal(pkr_link_dial(r->link, 0, number_of(r, line->frame.stream), &s->talk, NULL), ACG_OK);
    if (line->frame.type == PKR_FRAME_DATA)
        add_payload(&s->plugin, &s->plugin_number, payload_of(line));
    while (s->plugin.len != s->plugin_done &&
           message_at(acgp_span_of(s->plugin.data + s->plugin_done, s->plugin.len - s->plugin_done), &m)) {
        check_comment(line, &m);
        if (line->frame.stream % 2 == 0)
            say_request(r, s, &m);
        else
            say_reply(r, s, &m);
        s->plugin_done += m.bytes;
        message_done(&m);
        r->messages++;
    }
    if (line->frame.type <= PKR_FRAME_WINDOW && (line->frame.flags & PKR_FRAME_FIN)) {
        s->fin_theirs = true;
        if (!s->ended) {
            pkr_link_hang_up(r->link, s->talk);
            next_event(r, PKR_LINK_ENDED, &ev);
            s->ended = true;
        }
    }
    take_output(r);
}

/* ---- Comparing what was sent ---- */

static void compare_stream(struct stream *s)
{
    struct message theirs, ours;

    assert_int_equal(s->fin_ours, s->fin_theirs);
    if (s->ours.len == 0 && s->plugin_number == 0)
        return;
    assert_true(s->ours.len >= NUMBER);
    acgp_buf_consume(&s->ours, NUMBER);
    while (s->plugin.len != 0) {
        assert_true(message_at(acgp_buf_view(&s->plugin), &theirs));
        assert_true(message_at(acgp_buf_view(&s->ours), &ours));
        assert_int_equal(seq_of(&ours), seq_of(&theirs));
        assert_true(
            acgp_span_equal(header_text(&ours, "ServiceMethod"), header_text(&theirs, "ServiceMethod")));
        assert_true(acgp_span_equal(header_text(&ours, "Error"), header_text(&theirs, "Error")));
        if (header_text(&theirs, "Error").len == 0)
            assert_true(pkr_value_equal(pkr_tree_root(ours.body), pkr_tree_root(theirs.body)));
        acgp_buf_consume(&s->plugin, theirs.bytes);
        acgp_buf_consume(&s->ours, ours.bytes);
        message_done(&theirs);
        message_done(&ours);
    }
    assert_int_equal(s->ours.len, 0);
}

size_t replay_link(const struct trace *trace, size_t cut)
{
    struct replay *r = acgp_alloc(1, sizeof *r);
    size_t messages = 0;

    assert_non_null(r);
    r->trace = trace;
    r->cut = cut;
    acgp_buf_init(&r->out, BYTES_MAX);
    for (size_t i = 0; i < STREAMS; i++) {
        acgp_buf_init(&r->streams[i].packer, BYTES_MAX);
        acgp_buf_init(&r->streams[i].plugin, BYTES_MAX);
        acgp_buf_init(&r->streams[i].ours, BYTES_MAX);
    }
    assert_int_equal(pkr_link_new(PKR_LINK_PLUGIN, &r->link, NULL), ACG_OK);
    for (size_t i = 0; i < trace->count; i++) {
        if (trace->lines[i].from_packer)
            play_packer(r, &trace->lines[i]);
        else
            play_plugin(r, &trace->lines[i]);
    }
    assert_int_equal(r->pings, r->pongs);
    for (size_t i = 0; i < STREAMS; i++) {
        compare_stream(&r->streams[i]);
        acgp_buf_done(&r->streams[i].packer);
        acgp_buf_done(&r->streams[i].plugin);
        acgp_buf_done(&r->streams[i].ours);
    }
    acgp_buf_done(&r->out);
    pkr_link_free(r->link);
    messages = r->messages;
    acgp_free(r);
    return messages;
}

/* ---- Lengths only ---- */

static size_t drain_session(struct pkr_yamux_session *s)
{
    struct acg_span bytes = pkr_yamux_drain(s);
    size_t total = 0;

    for (; bytes.len != 0; bytes = pkr_yamux_drain(s)) {
        total += bytes.len;
        pkr_yamux_drained(s, bytes.len);
    }
    return total;
}

static void feed_session(struct pkr_yamux_session *s, struct acg_span bytes, size_t cut)
{
    struct pkr_yamux_event ev;
    size_t used = 0;

    while (bytes.len != 0) {
        size_t n = bytes.len < cut ? bytes.len : cut;
        assert_int_equal(pkr_yamux_feed(s, acgp_span_of(bytes.data, n), &used, NULL), ACG_OK);
        bytes = acgp_span_of(bytes.data + used, bytes.len - used);
        while (pkr_yamux_next_event(s, &ev))
            if (ev.kind == PKR_YAMUX_DATA)
                pkr_yamux_consumed(s, ev.stream, ev.data.len);
    }
}

size_t replay_session(const struct trace *trace, size_t cut)
{
    struct pkr_yamux_session *s = NULL;
    size_t sent = 0;
    uint32_t id = 0;

    assert_int_equal(pkr_yamux_new(PKR_YAMUX_SERVER, &s, NULL), ACG_OK);
    for (size_t i = 0; i < trace->count; i++) {
        const struct trace_line *line = &trace->lines[i];

        if (line->from_packer) {
            feed_session(s, line->bytes, cut);
        } else if (line->frame.type == PKR_FRAME_DATA) {
            assert_int_equal(pkr_yamux_send(s, line->frame.stream, payload_of(line), NULL), ACG_OK);
            sent += line->frame.length;
        } else if (line->frame.flags & PKR_FRAME_SYN) {
            assert_int_equal(pkr_yamux_open(s, &id, NULL), ACG_OK);
            assert_int_equal(id, line->frame.stream);
        }
        drain_session(s);
    }
    for (id = 1; id < STREAMS; id++)
        assert_int_equal(pkr_yamux_queued(s, id), 0);
    pkr_yamux_free(s);
    return sent;
}
