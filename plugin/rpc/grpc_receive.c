/* SPDX-License-Identifier: MPL-2.0 */
#include "rpc/grpc_conn.h"

#include "base/error.h"
#include "base/span.h"
#include "rpc/grpc_gzip.h"

static size_t buffered(const struct rpc_call *call)
{
    return call->rx.len - call->rx_at;
}

/* The head of the message in front. @return false: it is not there yet. */
static bool prefix(const struct rpc_call *call, uint8_t *flag, size_t *size)
{
    if (buffered(call) < RPC_PREFIX) /* perhaps nothing was ever there to point into */
        return false;
    const uint8_t *p = (const uint8_t *)call->rx.data + call->rx_at;
    *flag = p[0];
    *size = (size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 | p[4];
    return true;
}

/* Whether the message in front is whole. *out_size is its size without the head. */
static bool whole(const struct rpc_call *call, uint8_t *flag, size_t *out_size)
{
    return prefix(call, flag, out_size) && buffered(call) - RPC_PREFIX >= *out_size;
}

/* ---- Window ---- */

static struct rpc_call *oldest_waiting(const struct rpc_conn *conn)
{
    struct rpc_call *oldest = NULL;

    for (struct rpc_call *call = conn->calls; call != NULL; call = call->next)
        if (call->window_waits && (oldest == NULL || call->id < oldest->id))
            oldest = call;
    return oldest;
}

static void wait_for_window(struct rpc_conn *conn, struct rpc_call *call, bool waits)
{
    conn->window_waiting += (size_t)waits - (size_t)call->window_waits;
    call->window_waits = waits;
}

/* What a call holds and may still send, beyond the window that every stream has. Where it becomes less, calls
 * that wait go on, the oldest first: a large request is not passed by small ones for ever. */
static void set_raised(struct rpc_conn *conn, struct rpc_call *call, int64_t window)
{
    size_t raised = window > RPC_STREAM_WINDOW ? (size_t)(window - RPC_STREAM_WINDOW) : 0;
    bool less = raised < call->raised;

    conn->raised += raised - call->raised;
    call->raised = raised;
    while (less && !conn->over && conn->window_waiting > 0) {
        struct rpc_call *next = oldest_waiting(conn);

        rpc_call_grant(conn, next);
        less = !next->window_waits;
    }
}

/* Whether a call may have that much window now; where not, it waits. */
static bool may_raise(struct rpc_conn *conn, struct rpc_call *call, int64_t window)
{
    size_t extra = window > RPC_STREAM_WINDOW ? (size_t)(window - RPC_STREAM_WINDOW) : 0;
    bool now = extra <= call->raised;

    if (!now) {
        wait_for_window(conn, call, true);
        now = conn->raised - call->raised + extra <= RPC_RAISED_MAX && oldest_waiting(conn) == call;
    }
    if (now)
        wait_for_window(conn, call, false);
    return now;
}

void rpc_call_grant(struct rpc_conn *conn, struct rpc_call *call)
{
    size_t size = 0, held = buffered(call);
    uint8_t flag = 0;
    int32_t credit = conn->over || call->half_closed
                         ? -1
                         : nghttp2_session_get_stream_local_window_size(conn->h2, (int32_t)call->id);
    /* One byte more than the message: clients of nghttp2 half close only while there is window. */
    int64_t need = prefix(call, &flag, &size) ? (int64_t)(RPC_PREFIX + size + 1) : 0;
    int64_t limit = RPC_STREAM_WINDOW, more = 0;

    if (credit < 0) { /* it sends no more */
        wait_for_window(conn, call, false);
        set_raised(conn, call, (int64_t)held);
        return;
    }
    if (may_raise(conn, call, need) && need > limit)
        limit = need;
    more = limit - (int64_t)held - credit;
    if (more < 0 || (more < RPC_STREAM_GRANT && (int64_t)held + credit >= need))
        more = 0;
    if (more > 0 &&
        nghttp2_submit_window_update(conn->h2, NGHTTP2_FLAG_NONE, (int32_t)call->id, (int32_t)more) != 0) {
        rpc_conn_starve(conn);
        return;
    }
    set_raised(conn, call, (int64_t)held + credit + more);
}

/* ---- What is held ---- */

void rpc_call_drop_received(struct rpc_conn *conn, struct rpc_call *call)
{
    conn->received -= buffered(call);
    acgp_buf_done(&call->rx);
    acgp_buf_init(&call->rx, RPC_RECEIVED_MAX);
    call->rx_at = 0;
    if (!call->ended && !call->finished)
        return; /* rpc_call_grant follows */
    wait_for_window(conn, call, false);
    set_raised(conn, call, 0);
}

static void consume(struct rpc_conn *conn, struct rpc_call *call, size_t n)
{
    conn->received -= n;
    call->rx_at += n;
    if (call->rx_at == call->rx.len) {
        rpc_call_drop_received(conn, call); /* a call that waits holds no buffer */
    } else if (call->rx_at > call->rx.len / 2) {
        acgp_buf_consume(&call->rx, call->rx_at);
        call->rx_at = 0;
    }
}

/* ---- The rules for the message in front ---- */

/* @return false: a rule is broken, and the call was ended. */
static bool check_front(struct rpc_conn *conn, struct rpc_call *call)
{
    uint8_t flag = 0;
    size_t size = 0;

    if (!prefix(call, &flag, &size))
        return true;
    if (flag > 1)
        rpc_call_end(conn, call, RPC_INTERNAL, "unknown flag before a message");
    else if (flag == 1 && !call->gzip_in)
        rpc_call_end(conn, call, RPC_INTERNAL, "compressed message without a grpc-encoding");
    else if (size > conn->options.message_max)
        rpc_call_end(conn, call, RPC_RESOURCE_EXHAUSTED, "message larger than the server takes");
    else if (!call->method.streams.client && (call->messages > 0 || buffered(call) - RPC_PREFIX > size))
        rpc_call_end(conn, call, RPC_INTERNAL, "more than one request for a method that takes one");
    else
        return true;
    return false;
}

void rpc_call_data(struct rpc_conn *conn, struct rpc_call *call, struct acg_span data)
{
    if (!call->whole || call->finished || call->ended)
        return;
    if (conn->received + data.len > RPC_RECEIVED_MAX) {
        rpc_call_end(conn, call, RPC_RESOURCE_EXHAUSTED, "too much received and not yet read");
        return;
    }
    if (call->rx_at > 0) {
        acgp_buf_consume(&call->rx, call->rx_at);
        call->rx_at = 0;
    }
    if (!acgp_buf_span(&call->rx, data)) {
        call->rx.failed = false;
        rpc_call_end(conn, call, RPC_RESOURCE_EXHAUSTED, "out of memory");
        return;
    }
    conn->received += data.len;
    if (!check_front(conn, call))
        return;
    rpc_call_grant(conn, call);
    rpc_call_ready(conn, call);
}

void rpc_call_half_close(struct rpc_conn *conn, struct rpc_call *call)
{
    uint8_t flag = 0;
    size_t size = 0;

    if (!call->whole || call->finished || call->ended)
        return;
    call->half_closed = true;
    rpc_call_grant(conn, call); /* what it may still send is for others */
    if (!call->method.streams.client && buffered(call) == 0)
        rpc_call_end(conn, call, RPC_INTERNAL, "no request for a method that takes one");
    else if (buffered(call) > 0 && !call->method.streams.client && !whole(call, &flag, &size))
        rpc_call_end(conn, call, RPC_INTERNAL, "request cut short");
    else
        rpc_call_ready(conn, call);
}

/* ---- Pulled ---- */

bool rpc_call_has_message(const struct rpc_call *call)
{
    uint8_t flag = 0;
    size_t size = 0;

    return !call->paused && (call->method.streams.client || call->half_closed) && whole(call, &flag, &size);
}

static enum acg_status unpack(struct rpc_conn *conn, bool compressed, struct acg_span body,
                              struct acg_error *err)
{
    acgp_buf_clear(&conn->plain);
    if (compressed)
        return rpc_gunzip(body, &conn->plain, err);
    return acgp_buf_span(&conn->plain, body) ? ACG_OK : acgp_fail_nomem(err);
}

bool rpc_call_message(struct rpc_conn *conn, struct rpc_call *call, bool *compressed)
{
    struct acg_error err = {0};
    enum acg_status status = ACG_OK;
    size_t size = 0;
    uint8_t flag = 0;

    if (!whole(call, &flag, &size))
        return false;
    *compressed = flag == 1;
    status =
        unpack(conn, *compressed, (struct acg_span){call->rx.data + call->rx_at + RPC_PREFIX, size}, &err);
    if (status != ACG_OK) {
        rpc_call_end(conn, call, status == ACG_ERR_PROTOCOL ? RPC_INTERNAL : RPC_RESOURCE_EXHAUSTED,
                     err.message);
        return false;
    }
    consume(conn, call, RPC_PREFIX + size);
    call->messages++;
    if (check_front(conn, call))
        rpc_call_grant(conn, call);
    return true;
}
