/* SPDX-License-Identifier: MPL-2.0 */
/* What nghttp2 says while it reads and writes. Nothing here reaches beyond the connection: whatever the room
 * above has to know becomes a mark on a call, to be pulled. */
#include "rpc/grpc_conn.h"

#include "base/error.h"
#include "base/span.h"

/* A callback that returns this ends the connection; rpc_conn_fail has said why. */
static int outcome(const struct rpc_conn *conn)
{
    return conn->over ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static int no_memory(struct rpc_conn *conn)
{
    rpc_conn_starve(conn);
    return NGHTTP2_ERR_CALLBACK_FAILURE;
}

static bool is_request(const nghttp2_frame *frame)
{
    return frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
}

/* The frame that was counted when it began carries data, or begins a call: once for each, however it is cut.
 */
static void frame_moves(struct rpc_conn *conn)
{
    if (conn->frame_counted)
        rpc_rate_give(&conn->idle_frames);
    conn->frame_counted = false;
}

static int on_begin_headers(nghttp2_session *h2, const nghttp2_frame *frame, void *user)
{
    struct rpc_conn *conn = user;
    struct rpc_call *call = NULL;

    if (!is_request(frame))
        return 0;
    frame_moves(conn);
    call = rpc_call_new(conn, (uint32_t)frame->hd.stream_id);
    if (call == NULL)
        return no_memory(conn);
    nghttp2_session_set_stream_user_data(h2, frame->hd.stream_id, call);
    return 0;
}

static int on_header(nghttp2_session *h2, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
                     const uint8_t *value, size_t value_len, uint8_t flags, void *user)
{
    struct rpc_call *call = nghttp2_session_get_stream_user_data(h2, frame->hd.stream_id);

    (void)flags;
    if (!is_request(frame) || call == NULL)
        return 0;
    if (!rpc_head_add(&call->head, acgp_span_of(name, name_len), acgp_span_of(value, value_len)))
        return no_memory(user);
    return 0;
}

static int on_data(nghttp2_session *h2, uint8_t flags, int32_t id, const uint8_t *data, size_t len,
                   void *user)
{
    struct rpc_call *call = nghttp2_session_get_stream_user_data(h2, id);

    (void)flags;
    frame_moves(user);
    if (call != NULL)
        rpc_call_data(user, call, acgp_span_of(data, len));
    return outcome(user);
}

static void on_settings(struct rpc_conn *conn, const nghttp2_frame *frame)
{
    if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0)
        return;
    conn->greeted = true;
    if (!rpc_rate_take(&conn->settings, conn->now_ms))
        rpc_conn_flood(conn, "SETTINGS");
}

static void on_ping(struct rpc_conn *conn, const nghttp2_frame *frame)
{
    if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0 && !rpc_rate_take(&conn->pings, conn->now_ms))
        rpc_conn_flood(conn, "PING");
    else if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0 && conn->draining)
        conn->notice_ms = conn->now_ms - RPC_NOTICE_MS; /* the client has seen the first GOAWAY */
}

static void count(struct rpc_conn *conn, struct rpc_rate *rate, const char *what)
{
    if (!rpc_rate_take(rate, conn->now_ms))
        rpc_conn_flood(conn, what);
}

static void on_stream_frame(struct rpc_conn *conn, struct rpc_call *call, const nghttp2_frame *frame)
{
    bool last = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;

    if (is_request(frame) && call != NULL)
        rpc_call_begin(conn, call);
    if (last)
        frame_moves(conn);
    if (last && call != NULL)
        rpc_call_half_close(conn, call);
}

/* Whether frames of a kind are counted elsewhere. */
static bool counts_by_itself(const nghttp2_frame_hd *head)
{
    bool ack = (head->flags & NGHTTP2_FLAG_ACK) != 0;

    return head->type == NGHTTP2_CONTINUATION || head->type == NGHTTP2_RST_STREAM ||
           ((head->type == NGHTTP2_PING || head->type == NGHTTP2_SETTINGS) && !ack);
}

/* Of some frames we hear nothing else: PRIORITY, answers, those on streams that are gone.
 */
static int on_begin_frame(nghttp2_session *h2, const nghttp2_frame_hd *head, void *user)
{
    struct rpc_conn *conn = user;

    (void)h2;
    conn->frames_told++;
    conn->frame_counted = head->type == NGHTTP2_DATA || head->type == NGHTTP2_HEADERS;
    if (!counts_by_itself(head))
        count(conn, &conn->idle_frames, "frames that move nothing");
    return outcome(conn);
}

static int on_frame(nghttp2_session *h2, const nghttp2_frame *frame, void *user)
{
    struct rpc_conn *conn = user;

    switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA:
        on_stream_frame(conn, nghttp2_session_get_stream_user_data(h2, frame->hd.stream_id), frame);
        break;
    case NGHTTP2_SETTINGS:
        on_settings(conn, frame);
        break;
    case NGHTTP2_PING:
        on_ping(conn, frame);
        break;
    case NGHTTP2_RST_STREAM:
        count(conn, &conn->resets, "RST_STREAM");
        break;
    default:
        break;
    }
    return outcome(conn);
}

/* nghttp2 refuses a client's GOAWAY that names a stream with an odd number, since those are not the server's.
 * grpc-go says goodbye with the highest number there is. nghttp2 reads on no further, so calls that still run
 * end here too: the client closes the socket next. */
static int on_invalid_frame(nghttp2_session *h2, const nghttp2_frame *frame, int lib_error, void *user)
{
    struct rpc_conn *conn = user;

    (void)h2;
    (void)lib_error;
    if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code == NGHTTP2_NO_ERROR)
        rpc_conn_fail(conn, ACG_ERR_CLOSED, NGHTTP2_NO_ERROR, "the client said goodbye");
    return 0;
}

static int on_stream_close(nghttp2_session *h2, int32_t id, uint32_t h2_error, void *user)
{
    struct rpc_call *call = nghttp2_session_get_stream_user_data(h2, id);

    (void)h2_error;
    if (call != NULL)
        rpc_call_gone(user, call, RPC_CANCELLED);
    return 0;
}

/* Resets of ours that the client provoked. */
static bool provoked(uint32_t h2_error)
{
    return h2_error == NGHTTP2_PROTOCOL_ERROR || h2_error == NGHTTP2_FLOW_CONTROL_ERROR ||
           h2_error == NGHTTP2_STREAM_CLOSED || h2_error == NGHTTP2_FRAME_SIZE_ERROR ||
           h2_error == NGHTTP2_REFUSED_STREAM;
}

/* nghttp2 ends a connection by itself when HTTP/2 is broken, or when it lacks memory: its GOAWAY tells us. */
static void on_goaway_sent(struct rpc_conn *conn, uint32_t h2_error)
{
    enum acg_status ours = conn->meter.starved ? ACG_ERR_NOMEM : ACG_ERR_LIMIT;

    if (h2_error != NGHTTP2_NO_ERROR)
        rpc_conn_fail(conn, h2_error == NGHTTP2_INTERNAL_ERROR ? ours : ACG_ERR_PROTOCOL, h2_error,
                      nghttp2_http2_strerror(h2_error));
}

static int on_frame_sent(nghttp2_session *h2, const nghttp2_frame *frame, void *user)
{
    struct rpc_conn *conn = user;
    int32_t id = frame->hd.stream_id;

    if (frame->hd.type == NGHTTP2_RST_STREAM && provoked(frame->rst_stream.error_code))
        count(conn, &conn->resets, "RST_STREAM");
    if (frame->hd.type == NGHTTP2_GOAWAY)
        on_goaway_sent(conn, frame->goaway.error_code);
    if (conn->over || (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA))
        return 0;
    rpc_rate_fill(&conn->pings);
    rpc_rate_fill(&conn->idle_frames);
    /* The answer is complete: what the client still wants to say is of no use. */
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 &&
        nghttp2_session_get_stream_remote_close(h2, id) == 0 &&
        nghttp2_submit_rst_stream(h2, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR) != 0)
        return no_memory(conn);
    return 0;
}

/* ---- Making the session ---- */

static void *h2_alloc(size_t size, void *meter)
{
    return rpc_meter_alloc(meter, size);
}

static void h2_free(void *p, void *meter)
{
    rpc_meter_free(meter, p);
}

static void *h2_calloc(size_t count_, size_t size, void *meter)
{
    return size != 0 && count_ > SIZE_MAX / size ? NULL : rpc_meter_alloc(meter, count_ * size);
}

static void *h2_realloc(void *p, size_t size, void *meter)
{
    return rpc_meter_realloc(meter, p, size);
}

static nghttp2_session_callbacks *callbacks(void)
{
    nghttp2_session_callbacks *c = NULL;

    if (nghttp2_session_callbacks_new(&c) != 0)
        return NULL;
    nghttp2_session_callbacks_set_on_begin_headers_callback(c, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(c, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(c, on_data);
    nghttp2_session_callbacks_set_on_begin_frame_callback(c, on_begin_frame);
    nghttp2_session_callbacks_set_on_frame_recv_callback(c, on_frame);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(c, on_invalid_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(c, on_stream_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(c, on_frame_sent);
    return c;
}

static nghttp2_option *option(void)
{
    nghttp2_option *o = NULL;

    if (nghttp2_option_new(&o) != 0)
        return NULL;
    nghttp2_option_set_no_auto_window_update(o, 1);
    nghttp2_option_set_no_closed_streams(o, 1);
    nghttp2_option_set_max_continuations(o, RPC_CONTINUATIONS_MAX);
    /* Its own clock and its own code: ours comes first, with ENHANCE_YOUR_CALM. */
    nghttp2_option_set_stream_reset_rate_limit(o, 2 * RPC_RESETS_BURST, 2 * RPC_RESETS_PER_SECOND);
    return o;
}

static int greet(nghttp2_session *h2)
{
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, RPC_CALLS_MAX},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, RPC_METADATA_BYTES_MAX},
        {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
    };
    int rc = nghttp2_submit_settings(h2, NGHTTP2_FLAG_NONE, settings, sizeof settings / sizeof *settings);

    return rc != 0 ? rc : nghttp2_session_set_local_window_size(h2, NGHTTP2_FLAG_NONE, 0, RPC_CONN_WINDOW);
}

enum acg_status rpc_h2_new(struct rpc_conn *conn, struct acg_error *err)
{
    nghttp2_mem mem = {&conn->meter, h2_alloc, h2_free, h2_calloc, h2_realloc};
    nghttp2_session_callbacks *c = callbacks();
    nghttp2_option *o = option();
    int rc = NGHTTP2_ERR_NOMEM;

    if (c != NULL && o != NULL)
        rc = nghttp2_session_server_new3(&conn->h2, c, conn, o, &mem);
    if (rc == 0)
        rc = greet(conn->h2);
    nghttp2_option_del(o);
    nghttp2_session_callbacks_del(c);
    return rc == 0 ? ACG_OK : acgp_fail_nomem(err);
}
