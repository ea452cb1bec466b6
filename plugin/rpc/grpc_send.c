/* SPDX-License-Identifier: MPL-2.0 */
#include "rpc/grpc_conn.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "rpc/grpc_gzip.h"

/* RPC_COMPRESS_AUTO leaves shorter messages alone: they fit a packet anyway. */
#define COMPRESS_FROM 1024u
/* What gzip may add to bytes that it cannot make shorter. */
#define GZIP_OVERHEAD 4096u

/* ---- What nghttp2 takes of a call ---- */

/* Removed from the queue: those who wait for room hear of it. */
static void sent(struct rpc_conn *conn, struct rpc_call *call, size_t n)
{
    call->tx_at += n;
    conn->queued -= n;
    if (call->linger_ms != RPC_NEVER && n > 0)
        call->linger_ms = conn->now_ms + RPC_LINGER_MS;
    if (call->tx_at == call->tx.len) {
        acgp_buf_done(&call->tx); /* a call that waits holds no buffer */
        acgp_buf_init(&call->tx, 2 * RPC_CALL_QUEUED_MAX);
        call->tx_at = 0;
    }
    if (call->want_room && rpc_call_has_room(conn, call))
        rpc_call_ready(conn, call);
    if (!conn->room_awaited || conn->queued > RPC_QUEUED_MAX / 2)
        return;
    conn->room_awaited = false;
    for (struct rpc_call *other = conn->calls; other != NULL; other = other->next)
        if (other->want_room)
            rpc_call_ready(conn, other);
}

/* Behind the last byte: the trailers end the stream. */
static int end_data(struct rpc_conn *conn, struct rpc_call *call, uint32_t *flags)
{
    nghttp2_nv view[RPC_FIELDS_MAX];
    size_t count = rpc_fields_view(&call->fields, view);

    *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    return nghttp2_submit_trailer(conn->h2, (int32_t)call->id, view, count);
}

static ssize_t read_queued(nghttp2_session *h2, int32_t id, uint8_t *out, size_t room, uint32_t *flags,
                           nghttp2_data_source *source, void *user)
{
    struct rpc_call *call = nghttp2_session_get_stream_user_data(h2, id);
    struct rpc_conn *conn = user;
    size_t n = 0;

    (void)source;
    if (call == NULL)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    n = rpc_call_queued(call) < room ? rpc_call_queued(call) : room;
    if (n > 0)
        memcpy(out, call->tx.data + call->tx_at, n);
    sent(conn, call, n);
    if (rpc_call_queued(call) == 0 && call->trailing) {
        if (end_data(conn, call, flags) != 0)
            return NGHTTP2_ERR_CALLBACK_FAILURE;
    } else if (n == 0) {
        return NGHTTP2_ERR_DEFERRED;
    }
    return (ssize_t)n;
}

enum acg_status rpc_call_submit(struct rpc_conn *conn, struct rpc_call *call, const struct rpc_fields *fields,
                                bool last, struct acg_error *err)
{
    nghttp2_data_provider provider = {.read_callback = read_queued};
    nghttp2_nv view[RPC_FIELDS_MAX];
    int rc = 0;

    if (call->started) { /* then it is the trailers */
        call->trailing = true;
        rc = nghttp2_session_resume_data(conn->h2, (int32_t)call->id);
        if (rc == NGHTTP2_ERR_INVALID_ARGUMENT)
            rc = 0; /* it is not waiting */
    } else {
        size_t count = rpc_fields_view(fields, view);

        rc = nghttp2_submit_response(conn->h2, (int32_t)call->id, view, count, last ? NULL : &provider);
        call->started = rc == 0;
        call->trailing = last && rc == 0;
    }
    if (rc == 0)
        return ACG_OK;
    rpc_conn_starve(conn);
    return acgp_fail_nomem(err);
}

void rpc_call_drop_queued(struct rpc_conn *conn, struct rpc_call *call)
{
    size_t left = rpc_call_queued(call);

    if (left > 0)
        sent(conn, call, left);
}

void rpc_call_reset(struct rpc_conn *conn, struct rpc_call *call, uint32_t h2_error)
{
    rpc_call_drop_queued(conn, call);
    if (!call->closed && !conn->over &&
        nghttp2_submit_rst_stream(conn->h2, NGHTTP2_FLAG_NONE, (int32_t)call->id, h2_error) != 0)
        rpc_conn_starve(conn);
}

bool rpc_call_has_room(struct rpc_conn *conn, const struct rpc_call *call)
{
    if (rpc_call_queued(call) > call->room_below)
        return false;
    if (conn->queued <= RPC_QUEUED_MAX / 2)
        return true;
    conn->room_awaited = true; /* nothing of this call is sent any more that would look again */
    return false;
}

/* ---- Commands ---- */

static enum acg_status over(struct acg_error *err)
{
    return acgp_fail(err, ACG_ERR_CLOSED, "the call is over");
}

enum acg_status rpc_conn_start(struct rpc_conn *conn, uint32_t id, const struct rpc_metadata *metadata,
                               size_t count, struct acg_error *err)
{
    struct rpc_call *call = rpc_call_find(conn, id);
    enum acg_status status = ACG_OK;
    struct rpc_fields fields;

    if (call == NULL)
        return over(err);
    if (call->started)
        return acgp_fail(err, ACG_ERR_STATE, "the response headers are sent");
    rpc_fields_init(&fields);
    rpc_fields_add_response(&fields, call->gzip_out);
    status = rpc_fields_add_metadata(&fields, metadata, count, err);
    if (status == ACG_OK)
        status = rpc_call_submit(conn, call, &fields, false, err);
    rpc_fields_done(&fields);
    return status;
}

/* Room comes when half is empty and the message fits: one that was refused again at once would be tried for
 * ever. */
static enum acg_status full(struct rpc_conn *conn, struct rpc_call *call, size_t size, struct acg_error *err)
{
    call->want_room = true;
    call->room_below = RPC_CALL_QUEUED_MAX / 2;
    if (size > RPC_CALL_QUEUED_MAX / 2)
        call->room_below = size < RPC_CALL_QUEUED_MAX ? RPC_CALL_QUEUED_MAX - size : 0;
    if (rpc_call_has_room(conn, call))
        rpc_call_ready(conn, call);
    return acgp_fail(err, ACG_ERR_LIMIT, "the client reads too slowly");
}

/* Whether so much more may be queued. An empty queue takes what the largest message becomes under gzip. */
static bool fits(const struct rpc_conn *conn, const struct rpc_call *call, size_t size)
{
    size_t before = rpc_call_queued(call);

    return (before == 0 || before + size <= RPC_CALL_QUEUED_MAX) && conn->queued + size <= RPC_QUEUED_MAX;
}

static enum acg_status append(struct rpc_conn *conn, struct rpc_call *call, struct acg_span body, bool gzip,
                              struct acg_error *err)
{
    const uint8_t head[RPC_PREFIX] = {gzip, (uint8_t)(body.len >> 24), (uint8_t)(body.len >> 16),
                                      (uint8_t)(body.len >> 8), (uint8_t)body.len};
    size_t size = body.len + RPC_PREFIX;
    int rc = 0;

    if (!fits(conn, call, size))
        return full(conn, call, size, err);
    if (call->tx_at > call->tx.len / 2) {
        acgp_buf_consume(&call->tx, call->tx_at);
        call->tx_at = 0;
    }
    if (acgp_buf_reserve(&call->tx, size) == NULL) {
        call->tx.failed = false;
        return acgp_fail_nomem(err);
    }
    acgp_buf_append(&call->tx, head, sizeof head);
    acgp_buf_span(&call->tx, body);
    conn->queued += size;
    rc = nghttp2_session_resume_data(conn->h2, (int32_t)call->id);
    if (rc == 0 || rc == NGHTTP2_ERR_INVALID_ARGUMENT) /* the latter: it is not waiting */
        return ACG_OK;
    rpc_conn_starve(conn);
    return acgp_fail_nomem(err);
}

enum acg_status rpc_conn_send(struct rpc_conn *conn, uint32_t id, struct acg_span message,
                              enum rpc_compress compress, struct acg_error *err)
{
    struct rpc_call *call = rpc_call_find(conn, id);
    bool always = compress == RPC_COMPRESS_ALWAYS, gzip = false;
    enum acg_status status = ACG_OK;
    struct acgp_buf packed;

    if (call == NULL)
        return over(err);
    if (message.len > RPC_MESSAGE_MAX)
        return acgp_fail(err, ACG_ERR_ARGUMENT, "message larger than %zu bytes", RPC_MESSAGE_MAX);
    if (!fits(conn, call, message.len + RPC_PREFIX)) /* before it is compressed in vain, and again */
        return full(conn, call, message.len + RPC_PREFIX, err);
    if (!call->started)
        status = rpc_conn_start(conn, id, NULL, 0, err);
    acgp_buf_init(&packed, always ? RPC_MESSAGE_MAX + GZIP_OVERHEAD : message.len);
    if (status == ACG_OK && call->gzip_out &&
        (always || (compress == RPC_COMPRESS_AUTO && message.len >= COMPRESS_FROM))) {
        status = rpc_gzip(message, &packed, err);
        gzip = status == ACG_OK;
        if (status == ACG_ERR_LIMIT && !always)
            status = ACG_OK; /* it would be longer */
    }
    if (status == ACG_OK)
        status = append(conn, call, gzip ? acgp_buf_view(&packed) : message, gzip, err);
    acgp_buf_done(&packed);
    return status;
}

enum acg_status rpc_conn_send_message(struct rpc_conn *conn, uint32_t id, const ProtobufCMessage *message,
                                      struct acg_error *err)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    enum acg_status status = ACG_OK;
    uint8_t *packed = NULL;

    if (size > RPC_MESSAGE_MAX)
        return acgp_fail(err, ACG_ERR_ARGUMENT, "message larger than %zu bytes", RPC_MESSAGE_MAX);
    packed = acgp_alloc(size, 1);
    if (packed == NULL)
        return acgp_fail_nomem(err);
    protobuf_c_message_pack(message, packed);
    status = rpc_conn_send(conn, id, acgp_span_of(packed, size), RPC_COMPRESS_AUTO, err);
    acgp_free(packed);
    return status;
}

size_t rpc_conn_queued(const struct rpc_conn *conn, uint32_t id)
{
    const struct rpc_call *call = rpc_call_find(conn, id);

    return call == NULL ? 0 : rpc_call_queued(call);
}

void rpc_conn_want_room(struct rpc_conn *conn, uint32_t id, size_t below)
{
    struct rpc_call *call = rpc_call_find(conn, id);

    if (call == NULL)
        return;
    call->want_room = true;
    call->room_below = below;
    rpc_call_ready(conn, call);
}

enum acg_status rpc_conn_finish(struct rpc_conn *conn, uint32_t id, const struct rpc_status *status,
                                struct acg_error *err)
{
    struct rpc_call *call = rpc_call_find(conn, id);
    enum acg_status outcome = ACG_OK;
    struct rpc_fields fields;

    if (call == NULL)
        return over(err);
    rpc_fields_init(&fields);
    if (!call->started)
        rpc_fields_add_response(&fields, false);
    outcome = rpc_fields_add_status(&fields, status, err);
    if (outcome != ACG_OK) {
        rpc_fields_done(&fields);
        return outcome;
    }
    rpc_fields_done(&call->fields);
    call->fields = fields; /* moved */
    outcome = rpc_call_submit(conn, call, &call->fields, true, err);
    if (outcome == ACG_OK)
        rpc_call_close(conn, call);
    return outcome;
}

void rpc_conn_end(struct rpc_conn *conn, uint32_t id, enum rpc_code code, const char *text)
{
    struct rpc_status status = {.code = code, .message = text};
    struct rpc_call *call = rpc_call_find(conn, id);

    if (call == NULL || rpc_conn_finish(conn, id, &status, NULL) == ACG_OK)
        return;
    rpc_call_close(conn, call);
    rpc_call_reset(conn, call, NGHTTP2_INTERNAL_ERROR);
}

void rpc_conn_reset(struct rpc_conn *conn, uint32_t id)
{
    struct rpc_call *call = rpc_call_find(conn, id);

    if (call == NULL)
        return;
    rpc_call_close(conn, call);
    rpc_call_reset(conn, call, NGHTTP2_CANCEL);
}
