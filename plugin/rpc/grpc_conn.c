/* SPDX-License-Identifier: MPL-2.0 */
#include "rpc/grpc_conn.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

/* ---- Its life ---- */

static int64_t or_default(int64_t given, int64_t standard)
{
    return given == 0 ? standard : given;
}

enum acg_status rpc_conn_new(const struct rpc_conn_options *options, int64_t now_ms, struct rpc_conn **out,
                             struct acg_error *err)
{
    struct rpc_conn *conn = acgp_alloc(1, sizeof *conn);
    enum acg_status status = ACG_OK;

    if (conn == NULL)
        return acgp_fail_nomem(err);
    conn->options = *options;
    if (options->message_max == 0 || options->message_max > RPC_MESSAGE_MAX)
        conn->options.message_max = RPC_MESSAGE_MAX;
    conn->options.keepalive_ms = or_default(options->keepalive_ms, RPC_KEEPALIVE_MS);
    conn->options.keepalive_timeout_ms = or_default(options->keepalive_timeout_ms, RPC_KEEPALIVE_TIMEOUT_MS);
    conn->meter = (struct rpc_meter){.max = RPC_H2_MEMORY_MAX, .listed = true};
    conn->now_ms = conn->begun_ms = conn->heard_ms = conn->idle_ms = now_ms;
    conn->call_due_ms = RPC_NEVER;
    conn->resets = rpc_rate(RPC_RESETS_BURST, RPC_RESETS_PER_SECOND, now_ms);
    conn->pings = rpc_rate(RPC_PINGS_BURST, RPC_PINGS_PER_SECOND, now_ms);
    conn->settings = rpc_rate(RPC_SETTINGS_BURST, RPC_SETTINGS_PER_SECOND, now_ms);
    conn->idle_frames = rpc_rate(RPC_IDLE_FRAMES_BURST, RPC_IDLE_FRAMES_PER_SECOND, now_ms);
    rpc_frames_init(&conn->frames);
    conn->frame_ms = now_ms;
    rpc_head_init(&conn->lent);
    acgp_buf_init(&conn->plain, conn->options.message_max);
    status = rpc_h2_new(conn, err);
    if (status != ACG_OK) {
        rpc_conn_free(conn);
        return status;
    }
    *out = conn;
    return ACG_OK;
}

void rpc_conn_free(struct rpc_conn *conn)
{
    if (conn == NULL)
        return;
    while (conn->calls != NULL)
        rpc_call_free(conn, conn->calls);
    if (!rpc_meter_failed(&conn->meter))
        nghttp2_session_del(conn->h2);
    rpc_meter_drop(
        &conn->meter); /* what an allocation that failed left behind: some of it nghttp2 frees twice */
    rpc_head_done(&conn->lent);
    acgp_buf_done(&conn->plain);
    acgp_free(conn);
}

/* No call goes on. Those that nobody knows of any more stay until the connection is freed. */
static void lose_calls(struct rpc_conn *conn)
{
    for (struct rpc_call *call = conn->calls; call != NULL; call = call->next) {
        rpc_call_drop_queued(conn, call);
        rpc_call_lost(conn, call, RPC_UNAVAILABLE);
        call->closed = true;
    }
}

static void end(struct rpc_conn *conn, enum acg_status status, const char *text)
{
    conn->over = true;
    conn->status = status;
    acgp_error_text(conn->text, sizeof conn->text, text);
    lose_calls(conn);
}

void rpc_conn_fail(struct rpc_conn *conn, enum acg_status status, uint32_t h2_error, const char *text)
{
    if (conn->over)
        return;
    end(conn, status, text);
    /* After an allocation failed nghttp2 is not called again: the client sees the end of the socket. */
    if (rpc_meter_failed(&conn->meter) || nghttp2_session_terminate_session(conn->h2, h2_error) != 0)
        conn->gone = true;
}

void rpc_conn_starve(struct rpc_conn *conn)
{
    if (conn->meter.over)
        rpc_conn_fail(conn, ACG_ERR_LIMIT, NGHTTP2_ENHANCE_YOUR_CALM, "the connection holds too much memory");
    else
        rpc_conn_fail(conn, ACG_ERR_NOMEM, NGHTTP2_INTERNAL_ERROR, "out of memory");
}

void rpc_conn_flood(struct rpc_conn *conn, const char *what)
{
    char text[sizeof conn->text] = "flood of ";

    strncat(text, what, sizeof text - strlen(text) - 1);
    rpc_conn_fail(conn, ACG_ERR_LIMIT, NGHTTP2_ENHANCE_YOUR_CALM, text);
}

void rpc_conn_abort(struct rpc_conn *conn)
{
    rpc_conn_fail(conn, ACG_OK, NGHTTP2_NO_ERROR, "aborted");
}

void rpc_conn_eof(struct rpc_conn *conn)
{
    conn->gone = true;
    conn->carry_len = conn->out_at = conn->out_len = 0;
    if (conn->over)
        return;
    if (conn->drained_twice && conn->calls == NULL)
        end(conn, ACG_OK, "the connection ended in order");
    else
        end(conn, ACG_ERR_CLOSED, "the client closed the connection");
}

void rpc_conn_shutdown(struct rpc_conn *conn, int64_t now_ms)
{
    static const uint8_t payload[8] = "goaway?";

    if (conn->over || conn->draining)
        return;
    conn->now_ms = now_ms;
    conn->draining = true;
    conn->notice_ms = now_ms;
    if (nghttp2_submit_shutdown_notice(conn->h2) != 0 ||
        nghttp2_submit_ping(conn->h2, NGHTTP2_FLAG_NONE, payload) != 0)
        rpc_conn_starve(conn);
}

/* ---- Bytes ---- */

/* What a failure of nghttp2 means. */
static void h2_failed(struct rpc_conn *conn, ssize_t rc)
{
    if (rc == NGHTTP2_ERR_NOMEM || rc == NGHTTP2_ERR_CALLBACK_FAILURE)
        rpc_conn_starve(conn);
    else if (rc == NGHTTP2_ERR_BAD_CLIENT_MAGIC)
        rpc_conn_fail(conn, ACG_ERR_PROTOCOL, NGHTTP2_PROTOCOL_ERROR, "the client speaks no HTTP/2");
    else
        rpc_conn_fail(conn, ACG_ERR_LIMIT, NGHTTP2_ENHANCE_YOUR_CALM, nghttp2_strerror((int)rc));
}

/* Moves what nghttp2 wants to send into out, as far as it fits. */
static void fill(struct rpc_conn *conn)
{
    if (conn->out_at == conn->out_len)
        conn->out_at = conn->out_len = 0;
    while (!conn->gone && conn->out_len < sizeof conn->out) {
        size_t room = sizeof conn->out - conn->out_len;
        size_t n = conn->carry_len < room ? conn->carry_len : room;

        if (n == 0) {
            ssize_t rc = nghttp2_session_mem_send(conn->h2, &conn->carry);

            if (rc < 0) {
                h2_failed(conn, rc);
                conn->gone = true;
            }
            if (rc <= 0)
                return;
            conn->carry_len = (size_t)rc;
            continue;
        }
        memcpy(conn->out + conn->out_len, conn->carry, n);
        conn->out_len += n;
        conn->carry += n;
        conn->carry_len -= n;
    }
}

/* Gives the connection the window that was used up; each stream has its own. */
static void grant(struct rpc_conn *conn)
{
    int32_t credit = nghttp2_session_get_local_window_size(conn->h2);

    if (credit <= RPC_CONN_WINDOW / 2 &&
        nghttp2_submit_window_update(conn->h2, NGHTTP2_FLAG_NONE, 0, RPC_CONN_WINDOW - credit) != 0)
        rpc_conn_starve(conn);
}

/* Follows the frames of bytes that nghttp2 took, and counts those that it did not tell. */
static void follow(struct rpc_conn *conn, struct acg_span taken)
{
    bool open = rpc_frames_open(&conn->frames);
    uint64_t closed = conn->frames.closed;

    rpc_frames_follow(&conn->frames, taken);
    if (!open || conn->frames.closed != closed)
        conn->frame_ms = conn->now_ms;
    for (; conn->frames_told < conn->frames.begun && !conn->over; conn->frames_told++)
        if (!rpc_rate_take(&conn->idle_frames, conn->now_ms))
            rpc_conn_flood(conn, "frames that move nothing");
}

static enum acg_status told(const struct rpc_conn *conn, struct acg_error *err)
{
    enum acg_status status = conn->status == ACG_OK ? ACG_ERR_CLOSED : conn->status;

    return conn->over ? acgp_fail(err, status, "%s", conn->text) : ACG_OK;
}

enum acg_status rpc_conn_feed(struct rpc_conn *conn, int64_t now_ms, struct acg_span in, size_t *used,
                              struct acg_error *err)
{
    ssize_t rc = 0;

    *used = 0;
    if (conn->over)
        return told(conn, err);
    if (in.len == 0 || !rpc_conn_wants_read(conn))
        return ACG_OK;
    conn->now_ms = conn->heard_ms = now_ms;
    conn->ping_out = false;
    rc = nghttp2_session_mem_recv(conn->h2, (const uint8_t *)in.data, in.len);
    if (rc < 0)
        h2_failed(conn, rc);
    else
        *used = (size_t)rc;
    if (rpc_meter_failed(&conn->meter))
        rpc_conn_starve(conn);
    if (!conn->over)
        follow(conn, (struct acg_span){in.data, *used});
    if (!conn->over)
        grant(conn);
    fill(conn); /* also to see at once whether nghttp2 ends the connection */
    return told(conn, err);
}

bool rpc_conn_wants_read(const struct rpc_conn *conn)
{
    return !conn->over && nghttp2_session_get_outbound_queue_size(conn->h2) < RPC_FRAMES_WAITING_MAX;
}

struct acg_span rpc_conn_drain(struct rpc_conn *conn)
{
    if (conn->out_at == conn->out_len)
        fill(conn);
    return (struct acg_span){conn->out + conn->out_at, conn->out_len - conn->out_at};
}

void rpc_conn_drained(struct rpc_conn *conn, size_t n)
{
    conn->out_at += n;
}

/* ---- Time ---- */

/* @return when it is due next. */
static int64_t end_late_call(struct rpc_conn *conn, struct rpc_call *call)
{
    if (call->deadline_ms <= conn->now_ms) {
        call->deadline_ms = call->linger_ms = RPC_NEVER;
        rpc_call_end(conn, call, RPC_DEADLINE_EXCEEDED, "deadline exceeded");
    } else if (call->linger_ms <= conn->now_ms) {
        call->deadline_ms = call->linger_ms = RPC_NEVER;
        rpc_call_reset(conn, call, NGHTTP2_ENHANCE_YOUR_CALM);
    }
    return call->deadline_ms < call->linger_ms ? call->deadline_ms : call->linger_ms;
}

/* Ends the calls whose time is up, and finds the next one. */
static void end_late_calls(struct rpc_conn *conn)
{
    struct rpc_call *next = NULL;

    conn->call_due_ms = RPC_NEVER;
    for (struct rpc_call *call = conn->calls; call != NULL; call = next) {
        int64_t due = RPC_NEVER;

        next = call->next;
        if (!call->ended && !call->closed)
            due = end_late_call(conn, call);
        if (due < conn->call_due_ms)
            conn->call_due_ms = due;
    }
}

static void keep_alive(struct rpc_conn *conn)
{
    const struct rpc_conn_options *o = &conn->options;
    static const uint8_t payload[8] = "alive??";

    if (o->keepalive_ms == RPC_NEVER)
        return;
    if (conn->ping_out && conn->now_ms - conn->ping_ms >= o->keepalive_timeout_ms) {
        rpc_conn_fail(conn, ACG_ERR_TIMEOUT, NGHTTP2_NO_ERROR, "the client does not answer a ping");
    } else if (!conn->ping_out && conn->now_ms - conn->heard_ms >= o->keepalive_ms) {
        conn->ping_out = true;
        conn->ping_ms = conn->now_ms;
        if (nghttp2_submit_ping(conn->h2, NGHTTP2_FLAG_NONE, payload) != 0)
            rpc_conn_starve(conn);
    }
}

/* The second GOAWAY names the last call that is served. */
static void drain_again(struct rpc_conn *conn)
{
    conn->drained_twice = true;
    conn->drained_ms = conn->now_ms;
    if (nghttp2_submit_goaway(conn->h2, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(conn->h2),
                              NGHTTP2_NO_ERROR, NULL, 0) != 0)
        rpc_conn_starve(conn);
}

static int64_t earlier(int64_t due_ms, int64_t from_ms, int64_t wait_ms)
{
    int64_t at = from_ms > 0 && wait_ms >= RPC_NEVER - from_ms ? RPC_NEVER : from_ms + wait_ms;

    return at < due_ms ? at : due_ms;
}

/* When it has been idle for too long, or is too old. */
static int64_t retire_ms(const struct rpc_conn *conn)
{
    const struct rpc_conn_options *o = &conn->options;
    int64_t due = RPC_NEVER;

    if (conn->draining)
        return due;
    if (o->idle_ms > 0 && conn->call_count == 0)
        due = earlier(due, conn->idle_ms, o->idle_ms);
    return o->age_ms > 0 ? earlier(due, conn->begun_ms, o->age_ms) : due;
}

/* What we do not read cannot come to its end. */
static void end_late_frame(struct rpc_conn *conn)
{
    if (!rpc_conn_wants_read(conn))
        conn->frame_ms = conn->now_ms;
    else if (rpc_frames_open(&conn->frames) && conn->now_ms - conn->frame_ms >= RPC_FRAME_MS)
        rpc_conn_fail(conn, ACG_ERR_TIMEOUT, NGHTTP2_ENHANCE_YOUR_CALM, "the client does not end a frame");
}

void rpc_conn_tick(struct rpc_conn *conn, int64_t now_ms)
{
    if (conn->over)
        return;
    conn->now_ms = now_ms;
    if (now_ms >= conn->call_due_ms)
        end_late_calls(conn);
    if (!conn->greeted && now_ms - conn->begun_ms >= RPC_GREETING_MS)
        rpc_conn_fail(conn, ACG_ERR_TIMEOUT, NGHTTP2_SETTINGS_TIMEOUT, "the client sends no SETTINGS");
    if (!conn->over)
        end_late_frame(conn);
    if (!conn->over)
        keep_alive(conn);
    if (!conn->over && now_ms >= retire_ms(conn))
        rpc_conn_shutdown(conn, now_ms);
    if (!conn->over && conn->draining && !conn->drained_twice && now_ms - conn->notice_ms >= RPC_NOTICE_MS)
        drain_again(conn);
    if (!conn->over && conn->drained_twice && now_ms - conn->drained_ms >= RPC_GRACE_MS)
        rpc_conn_fail(conn, ACG_ERR_TIMEOUT, NGHTTP2_NO_ERROR, "calls outlast the shutdown");
}

int64_t rpc_conn_deadline(const struct rpc_conn *conn)
{
    const struct rpc_conn_options *o = &conn->options;
    int64_t due = conn->call_due_ms < retire_ms(conn) ? conn->call_due_ms : retire_ms(conn);

    /* Writing may have made what an event tells. */
    if (conn->ready_first != NULL || (conn->over && !conn->closed_told) || rpc_conn_at_end(conn))
        return conn->now_ms;
    if (conn->over)
        return RPC_NEVER;
    if (!conn->greeted)
        due = earlier(due, conn->begun_ms, RPC_GREETING_MS);
    if (rpc_frames_open(&conn->frames) && rpc_conn_wants_read(conn))
        due = earlier(due, conn->frame_ms, RPC_FRAME_MS);
    if (o->keepalive_ms != RPC_NEVER)
        due = conn->ping_out ? earlier(due, conn->ping_ms, o->keepalive_timeout_ms)
                             : earlier(due, conn->heard_ms, o->keepalive_ms);
    if (conn->draining && !conn->drained_twice)
        due = earlier(due, conn->notice_ms, RPC_NOTICE_MS);
    if (conn->drained_twice)
        due = earlier(due, conn->drained_ms, RPC_GRACE_MS);
    return due;
}

size_t rpc_conn_memory(const struct rpc_conn *conn)
{
    size_t bytes = sizeof *conn + conn->meter.used + conn->plain.capacity + conn->lent.text.capacity;

    for (const struct rpc_call *call = conn->calls; call != NULL; call = call->next)
        bytes += sizeof *call + call->rx.capacity + call->tx.capacity + call->fields.text.capacity +
                 call->head.text.capacity + call->head.capacity * sizeof *call->head.entries;
    return bytes;
}

size_t rpc_conn_calls(const struct rpc_conn *conn)
{
    return conn->call_count;
}
