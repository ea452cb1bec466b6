/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/yamux_session.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "base/wipe.h"
#include "wire/yamux_stream.h"

enum {
    OUT_SIZE = 65536,     /* one data frame of the largest size is being written while the next is made */
    CONTROL_SPARE = 4096, /* of OUT_SIZE, out of reach of data: some 340 answers to pings and refusals */
    DATA_WORTH = 1024,    /* no data frames for less room: a slow socket would fill up with headers */
    FRAME_ANSWER = 64,    /* more than the answers to any one frame take */
    EVENTS_MAX = 4        /* one frame makes at most opened, data, fin and reset */
};

enum own_ping { PING_NONE, PING_DUE, PING_SENT };

struct pkr_yamux_session {
    enum pkr_yamux_role role;
    struct pkr_yamux_stream streams[PKR_YAMUX_STREAMS_MAX];
    size_t turn; /* stream slot that may send next */
    uint32_t next_id;
    size_t queued;

    struct acg_error dead; /* status ACG_OK: alive */
    bool peer_away;
    bool away;
    bool away_due;
    enum pkr_go_away away_reason;
    enum own_ping ping;
    uint32_t ping_value;

    uint8_t header[PKR_FRAME_HEADER];
    size_t header_len;
    struct pkr_frame frame; /* whose payload is coming */
    uint32_t payload_left;

    struct pkr_yamux_event events[EVENTS_MAX];
    size_t event_first, event_count;

    size_t out_start, out_len;
    uint8_t out[OUT_SIZE];
};

enum acg_status pkr_yamux_new(enum pkr_yamux_role role, struct pkr_yamux_session **out, struct acg_error *err)
{
    struct pkr_yamux_session *s = acgp_alloc(1, sizeof *s);

    if (s == NULL)
        return acgp_fail_nomem(err);
    s->role = role;
    s->next_id = role == PKR_YAMUX_CLIENT ? 1 : 2;
    *out = s;
    return ACG_OK;
}

void pkr_yamux_free(struct pkr_yamux_session *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < PKR_YAMUX_STREAMS_MAX; i++)
        pkr_stream_done(&s->streams[i]);
    acgp_wipe(s->out, sizeof s->out);
    acgp_free(s);
}

/* The slot of an open stream; PKR_YAMUX_STREAMS_MAX when there is none. */
static size_t slot_of(const struct pkr_yamux_session *s, uint32_t id)
{
    size_t i = 0;

    while (i < PKR_YAMUX_STREAMS_MAX && (s->streams[i].id != id || s->streams[i].use != PKR_STREAM_OPEN))
        i++;
    return i;
}

static struct pkr_yamux_stream *find(struct pkr_yamux_session *s, uint32_t id)
{
    size_t slot = slot_of(s, id);

    return slot < PKR_YAMUX_STREAMS_MAX ? &s->streams[slot] : NULL;
}

static struct pkr_yamux_stream *find_free(struct pkr_yamux_session *s)
{
    for (size_t i = 0; i < PKR_YAMUX_STREAMS_MAX; i++)
        if (s->streams[i].use == PKR_STREAM_FREE)
            return &s->streams[i];
    return NULL;
}

static void forget(struct pkr_yamux_session *s, struct pkr_yamux_stream *st)
{
    s->queued -= st->queued;
    pkr_stream_done(st);
}

/* ---- Output ---- */

static size_t room(const struct pkr_yamux_session *s)
{
    return OUT_SIZE - s->out_start - s->out_len;
}

static void compact(struct pkr_yamux_session *s)
{
    if (s->out_start == 0)
        return;
    memmove(s->out, s->out + s->out_start, s->out_len);
    s->out_start = 0;
}

/* The caller has looked at room(). */
static void put_frame(struct pkr_yamux_session *s, enum pkr_frame_type type, unsigned flags, uint32_t stream,
                      uint32_t length)
{
    struct pkr_frame frame = {type, (uint16_t)flags, stream, length};

    pkr_frame_encode(&frame, s->out + s->out_start + s->out_len);
    s->out_len += PKR_FRAME_HEADER;
}

static void put_session_frames(struct pkr_yamux_session *s)
{
    if (s->away_due && room(s) >= PKR_FRAME_HEADER) {
        put_frame(s, PKR_FRAME_GO_AWAY, 0, 0, (uint32_t)s->away_reason);
        s->away_due = false;
    }
    if (s->ping == PING_DUE && room(s) >= PKR_FRAME_HEADER) {
        put_frame(s, PKR_FRAME_PING, PKR_FRAME_SYN, 0, s->ping_value);
        s->ping = PING_SENT;
    }
}

/* SYN, ACK, RST and credit of one stream. @return false when there is no room. */
static bool put_stream_control(struct pkr_yamux_session *s, struct pkr_yamux_stream *st)
{
    uint32_t grant = st->credit >= PKR_YAMUX_GRANT ? st->credit : 0;

    if (st->use == PKR_STREAM_FREE || (st->flags_due == 0 && grant == 0))
        return true;
    if (room(s) < PKR_FRAME_HEADER)
        return false;
    put_frame(s, PKR_FRAME_WINDOW, st->flags_due, st->id, grant);
    st->flags_due = 0;
    st->receive_window += grant;
    st->credit -= grant;
    if (st->use == PKR_STREAM_RESETTING)
        pkr_stream_done(st);
    return true;
}

static uint32_t data_length(const struct pkr_yamux_session *s, const struct pkr_yamux_stream *st)
{
    size_t n = st->queued < st->send_window ? st->queued : st->send_window;

    if (room(s) < CONTROL_SPARE + PKR_FRAME_HEADER + DATA_WORTH)
        return 0;
    if (n > room(s) - CONTROL_SPARE - PKR_FRAME_HEADER)
        n = room(s) - CONTROL_SPARE - PKR_FRAME_HEADER;
    return (uint32_t)(n < PKR_YAMUX_FRAME_MAX ? n : PKR_YAMUX_FRAME_MAX);
}

/* One data frame of a stream, and its FIN behind the last. @return whether anything was put. */
static bool put_stream_data(struct pkr_yamux_session *s, struct pkr_yamux_stream *st)
{
    uint32_t n = 0;
    bool put = false;

    if (st->use != PKR_STREAM_OPEN || st->fin_sent || st->flags_due != 0)
        return false;
    n = data_length(s, st);
    if (n != 0) {
        put_frame(s, PKR_FRAME_DATA, 0, st->id, n);
        pkr_stream_dequeue(st, s->out + s->out_start + s->out_len, n);
        s->out_len += n;
        s->queued -= n;
        st->send_window -= n;
        put = true;
    }
    if (st->finishing && st->queued == 0 && room(s) >= PKR_FRAME_HEADER) {
        put_frame(s, PKR_FRAME_WINDOW, PKR_FRAME_FIN, st->id, 0);
        st->fin_sent = true;
        put = true;
        if (st->fin_received)
            forget(s, st);
    }
    return put;
}

struct acg_span pkr_yamux_drain(struct pkr_yamux_session *s)
{
    bool put = true;

    compact(s);
    put_session_frames(s);
    if (s->dead.status == ACG_OK) {
        for (size_t i = 0; i < PKR_YAMUX_STREAMS_MAX; i++)
            if (!put_stream_control(s, &s->streams[i]))
                break;
        while (put) {
            put = false;
            for (size_t i = 0; i < PKR_YAMUX_STREAMS_MAX; i++)
                put |= put_stream_data(s, &s->streams[(s->turn + i) % PKR_YAMUX_STREAMS_MAX]);
            s->turn = (s->turn + 1) % PKR_YAMUX_STREAMS_MAX;
        }
    }
    return acgp_span_of(s->out + s->out_start, s->out_len);
}

void pkr_yamux_drained(struct pkr_yamux_session *s, size_t n)
{
    n = n < s->out_len ? n : s->out_len;
    acgp_wipe(s->out + s->out_start, n);
    s->out_start += n;
    s->out_len -= n;
    if (s->out_len == 0)
        s->out_start = 0;
}

/* ---- Input ---- */

static enum acg_status die(struct pkr_yamux_session *s, const struct acg_error *why, struct acg_error *err)
{
    s->dead = *why;
    if (why->status == ACG_ERR_PROTOCOL) {
        s->away_due = true;
        s->away_reason = PKR_GO_AWAY_PROTOCOL;
    }
    if (err != NULL)
        *err = *why;
    return why->status;
}

static enum acg_status broken(struct pkr_yamux_session *s, const char *rule, uint32_t stream,
                              struct acg_error *err)
{
    struct acg_error why = {0};

    acgp_fail(&why, ACG_ERR_PROTOCOL, "yamux stream %u: %s", (unsigned)stream, rule);
    return die(s, &why, err);
}

static void tell(struct pkr_yamux_session *s, enum pkr_yamux_event_kind kind, uint32_t stream, uint32_t value,
                 struct acg_span data)
{
    if (s->event_count == 0)
        s->event_first = 0;
    s->events[s->event_first + s->event_count++] = (struct pkr_yamux_event){kind, stream, value, data};
}

bool pkr_yamux_next_event(struct pkr_yamux_session *s, struct pkr_yamux_event *out)
{
    if (s->event_count == 0)
        return false;
    *out = s->events[s->event_first++];
    s->event_count--;
    return true;
}

/* A SYN: take the stream, or refuse it with RST when there is no room for it. */
static enum acg_status accept_stream(struct pkr_yamux_session *s, uint32_t id, struct acg_error *err)
{
    struct pkr_yamux_stream *st = find_free(s);

    if (id % 2 != (s->role == PKR_YAMUX_SERVER ? 1u : 0u))
        return broken(s, "opened with an id of the wrong side", id, err);
    if (find(s, id) != NULL)
        return broken(s, "opened twice", id, err);
    if (st == NULL || s->away) {
        put_frame(s, PKR_FRAME_WINDOW, PKR_FRAME_RST, id, 0);
        return ACG_OK;
    }
    pkr_stream_init(st, id, PKR_FRAME_ACK);
    tell(s, PKR_YAMUX_OPENED, id, 0, (struct acg_span){0});
    return ACG_OK;
}

/* Behind the last byte of a stream's frame. */
static enum acg_status end_frame(struct pkr_yamux_session *s, struct acg_error *err)
{
    struct pkr_yamux_stream *st = find(s, s->frame.stream);

    if (st == NULL)
        return ACG_OK;
    if (s->frame.flags & PKR_FRAME_RST) {
        tell(s, PKR_YAMUX_RESET, st->id, 0, (struct acg_span){0});
        forget(s, st);
        return ACG_OK;
    }
    if (s->frame.flags & PKR_FRAME_FIN) {
        if (st->fin_received)
            return broken(s, "finished twice", st->id, err);
        st->fin_received = true;
        tell(s, PKR_YAMUX_FIN, st->id, 0, (struct acg_span){0});
        if (st->fin_sent)
            forget(s, st);
    }
    return ACG_OK;
}

static enum acg_status begin_data(struct pkr_yamux_session *s, struct acg_error *err)
{
    struct pkr_yamux_stream *st = find(s, s->frame.stream);

    if (s->frame.length > PKR_YAMUX_WINDOW)
        return broken(s, "frame longer than any window", s->frame.stream, err);
    if (st != NULL && s->frame.length > st->receive_window)
        return broken(s, "more data than its window", st->id, err);
    if (st != NULL && st->fin_received && s->frame.length != 0)
        return broken(s, "data after its end", st->id, err);
    if (st != NULL)
        st->receive_window -= s->frame.length;
    s->payload_left = s->frame.length;
    return s->payload_left == 0 ? end_frame(s, err) : ACG_OK;
}

static enum acg_status take_window(struct pkr_yamux_session *s, struct acg_error *err)
{
    struct pkr_yamux_stream *st = find(s, s->frame.stream);

    if (st != NULL && s->frame.length > UINT32_MAX - st->send_window)
        return broken(s, "window beyond 4 GiB", st->id, err);
    if (st != NULL)
        st->send_window += s->frame.length;
    return end_frame(s, err);
}

static void take_ping(struct pkr_yamux_session *s)
{
    if (s->frame.flags & PKR_FRAME_SYN) {
        put_frame(s, PKR_FRAME_PING, PKR_FRAME_ACK, 0, s->frame.length);
    } else if (s->ping == PING_SENT && s->frame.length == s->ping_value) {
        s->ping = PING_NONE;
        tell(s, PKR_YAMUX_PONG, 0, s->ping_value, (struct acg_span){0});
    }
}

static enum acg_status take_go_away(struct pkr_yamux_session *s, struct acg_error *err)
{
    uint32_t reason = s->frame.length;
    struct acg_error why = {0};

    if (reason != PKR_GO_AWAY_NORMAL) {
        acgp_fail(&why, ACG_ERR_CLOSED, "Packer ended the connection: %s",
                  reason == PKR_GO_AWAY_PROTOCOL ? "it saw a protocol error"
                                                 : "an internal error of its own");
        return die(s, &why, err);
    }
    if (!s->peer_away)
        tell(s, PKR_YAMUX_GO_AWAY, 0, 0, (struct acg_span){0});
    s->peer_away = true;
    return ACG_OK;
}

static enum acg_status take_frame(struct pkr_yamux_session *s, struct acg_error *err)
{
    struct acg_error why = {0};
    enum acg_status status = pkr_frame_decode(s->header, &s->frame, &why);

    s->header_len = 0;
    if (status != ACG_OK)
        return die(s, &why, err);
    if (s->frame.type == PKR_FRAME_GO_AWAY)
        return take_go_away(s, err);
    if (s->frame.type == PKR_FRAME_PING) {
        take_ping(s);
        return ACG_OK;
    }
    if (s->frame.flags & PKR_FRAME_SYN)
        status = accept_stream(s, s->frame.stream, err);
    if (status != ACG_OK)
        return status;
    return s->frame.type == PKR_FRAME_DATA ? begin_data(s, err) : take_window(s, err);
}

static enum acg_status take_payload(struct pkr_yamux_session *s, struct acg_span in, size_t *used,
                                    struct acg_error *err)
{
    size_t n = in.len < s->payload_left ? in.len : s->payload_left;

    if (find(s, s->frame.stream) != NULL)
        tell(s, PKR_YAMUX_DATA, s->frame.stream, 0, acgp_span_of(in.data, n));
    s->payload_left -= (uint32_t)n;
    *used = n;
    return s->payload_left == 0 ? end_frame(s, err) : ACG_OK;
}

static enum acg_status take_some(struct pkr_yamux_session *s, struct acg_span in, size_t *used,
                                 struct acg_error *err)
{
    size_t n = PKR_FRAME_HEADER - s->header_len;

    if (s->payload_left != 0)
        return take_payload(s, in, used, err);
    n = in.len < n ? in.len : n;
    memcpy(s->header + s->header_len, in.data, n);
    s->header_len += n;
    *used = n;
    return s->header_len == PKR_FRAME_HEADER ? take_frame(s, err) : ACG_OK;
}

bool pkr_yamux_wants_read(const struct pkr_yamux_session *s)
{
    return s->dead.status == ACG_OK && OUT_SIZE - s->out_len >= FRAME_ANSWER;
}

enum acg_status pkr_yamux_feed(struct pkr_yamux_session *s, struct acg_span in, size_t *used,
                               struct acg_error *err)
{
    enum acg_status status = ACG_OK;
    size_t total = 0, n = 0;

    *used = 0;
    if (s->dead.status != ACG_OK) {
        if (err != NULL)
            *err = s->dead;
        return s->dead.status;
    }
    compact(s);
    while (status == ACG_OK && total < in.len && s->event_count == 0 && room(s) >= FRAME_ANSWER) {
        status = take_some(s, acgp_span_of(in.data + total, in.len - total), &n, err);
        total += n;
    }
    *used = total;
    return status;
}

/* ---- Streams ---- */

static enum acg_status fail_closed(const struct pkr_yamux_session *s, struct acg_error *err)
{
    if (s->dead.status != ACG_OK)
        return acgp_fail(err, ACG_ERR_CLOSED, "the connection is over: %s", s->dead.message);
    return acgp_fail(err, ACG_ERR_CLOSED, "no such stream");
}

enum acg_status pkr_yamux_open(struct pkr_yamux_session *s, uint32_t *out_stream, struct acg_error *err)
{
    struct pkr_yamux_stream *st = find_free(s);

    if (s->dead.status != ACG_OK)
        return fail_closed(s, err);
    if (s->away || s->peer_away)
        return acgp_fail(err, ACG_ERR_CLOSED, "the connection takes no new streams");
    if (st == NULL || s->next_id > UINT32_MAX - 2)
        return acgp_fail(err, ACG_ERR_LIMIT, "more than %u streams at once", PKR_YAMUX_STREAMS_MAX);
    pkr_stream_init(st, s->next_id, PKR_FRAME_SYN);
    s->next_id += 2;
    *out_stream = st->id;
    return ACG_OK;
}

enum acg_status pkr_yamux_send(struct pkr_yamux_session *s, uint32_t stream, struct acg_span data,
                               struct acg_error *err)
{
    struct pkr_yamux_stream *st = find(s, stream);

    if (s->dead.status != ACG_OK || st == NULL)
        return fail_closed(s, err);
    if (st->finishing)
        return acgp_fail(err, ACG_ERR_STATE, "stream %u was finished", (unsigned)stream);
    if (data.len > PKR_YAMUX_STREAM_QUEUED_MAX - st->queued || data.len > PKR_YAMUX_QUEUED_MAX - s->queued ||
        st->chunks >= PKR_STREAM_CHUNKS_MAX)
        return acgp_fail(err, ACG_ERR_LIMIT, "Packer reads too slowly: %zu bytes wait for it", s->queued);
    if (data.len != 0 && !pkr_stream_enqueue(st, data))
        return acgp_fail_nomem(err);
    s->queued += data.len;
    return ACG_OK;
}

void pkr_yamux_consumed(struct pkr_yamux_session *s, uint32_t stream, size_t n)
{
    struct pkr_yamux_stream *st = find(s, stream);

    if (st == NULL || st->fin_received)
        return;
    /* Never grant more than one window in all, whatever the caller says. */
    if (n > PKR_YAMUX_WINDOW - st->receive_window - st->credit)
        n = PKR_YAMUX_WINDOW - st->receive_window - st->credit;
    st->credit += (uint32_t)n;
}

void pkr_yamux_finish(struct pkr_yamux_session *s, uint32_t stream)
{
    struct pkr_yamux_stream *st = find(s, stream);

    if (st != NULL)
        st->finishing = true;
}

/* Events that were made and not pulled yet: the caller is done with this stream. */
static void untell(struct pkr_yamux_session *s, uint32_t stream)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->event_count; i++)
        if (s->events[s->event_first + i].stream != stream)
            s->events[s->event_first + kept++] = s->events[s->event_first + i];
    s->event_count = kept;
}

void pkr_yamux_reset(struct pkr_yamux_session *s, uint32_t stream)
{
    struct pkr_yamux_stream *st = find(s, stream);

    if (st == NULL)
        return;
    untell(s, stream);
    if (st->flags_due & PKR_FRAME_SYN) { /* the peer never heard of it */
        forget(s, st);
        return;
    }
    s->queued -= st->queued;
    pkr_stream_drop(st);
    st->use = PKR_STREAM_RESETTING;
    st->flags_due = PKR_FRAME_RST;
    st->credit = 0;
}

bool pkr_yamux_known(const struct pkr_yamux_session *s, uint32_t stream)
{
    return slot_of(s, stream) < PKR_YAMUX_STREAMS_MAX;
}

size_t pkr_yamux_queued(const struct pkr_yamux_session *s, uint32_t stream)
{
    size_t slot = slot_of(s, stream);

    return slot < PKR_YAMUX_STREAMS_MAX ? s->streams[slot].queued : 0;
}

bool pkr_yamux_ping(struct pkr_yamux_session *s, uint32_t value)
{
    if (s->ping != PING_NONE || s->dead.status != ACG_OK)
        return false;
    s->ping = PING_DUE;
    s->ping_value = value;
    return true;
}

void pkr_yamux_go_away(struct pkr_yamux_session *s, enum pkr_go_away reason)
{
    if (s->away || s->dead.status != ACG_OK)
        return;
    s->away = s->away_due = true;
    s->away_reason = reason;
}
