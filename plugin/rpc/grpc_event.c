/* SPDX-License-Identifier: MPL-2.0 */
/* Events are made while they are pulled, one call after the other, so that none of them waits for a busy one.
 */
#include "rpc/grpc_conn.h"

#include "base/error.h"
#include "base/span.h"

/* What the last event lent is no longer needed. */
static void take_back(struct rpc_conn *conn)
{
    rpc_head_done(&conn->lent);
    rpc_head_init(&conn->lent);
    if (conn->plain.capacity > RPC_KEEP_MAX) {
        acgp_buf_done(&conn->plain);
        acgp_buf_init(&conn->plain, conn->options.message_max);
    }
}

static void event_of(const struct rpc_call *call, enum rpc_event_kind kind, struct rpc_event *out)
{
    *out = (struct rpc_event){.kind = kind,
                              .call = call->id,
                              .method = call->method,
                              .tag = call->tag,
                              .deadline_ms = call->deadline_ms};
}

static void began(struct rpc_conn *conn, struct rpc_call *call, struct rpc_event *out)
{
    call->began = true;
    event_of(call, RPC_BEGAN, out);
    conn->lent = call->head; /* moved */
    rpc_head_init(&call->head);
    out->path = rpc_head_path(&conn->lent);
    out->metadata_count = rpc_head_metadata(&conn->lent, conn->metadata);
    out->metadata = conn->metadata;
    out->compressed = call->gzip_in;
}

/* Nothing more comes: either that is told, or the last message was cut. */
static bool half_closed(struct rpc_conn *conn, struct rpc_call *call, struct rpc_event *out)
{
    if (call->rx.len > call->rx_at) {
        rpc_call_end(conn, call, RPC_INTERNAL, "request cut short");
        return false;
    }
    call->half_told = true;
    event_of(call, RPC_HALF_CLOSED, out);
    return true;
}

static bool next_of_open(struct rpc_conn *conn, struct rpc_call *call, struct rpc_event *out)
{
    if (!call->began) {
        began(conn, call, out);
        return true;
    }
    if (call->want_room && rpc_call_has_room(conn, call)) {
        call->want_room = false;
        event_of(call, RPC_ROOM, out);
        return true;
    }
    if (rpc_call_has_message(call)) {
        bool compressed = false;

        if (!rpc_call_message(conn, call, &compressed))
            return false;
        event_of(call, RPC_MESSAGE, out);
        out->message = acgp_buf_view(&conn->plain);
        out->compressed = compressed;
        return true;
    }
    return call->half_closed && !call->half_told && !call->paused && half_closed(conn, call, out);
}

/* @return false: the call has nothing to tell at the moment. */
static bool next_of(struct rpc_conn *conn, struct rpc_call *call, struct rpc_event *out)
{
    if (!call->ended && next_of_open(conn, call, out)) {
        rpc_call_ready(conn, call); /* behind the others */
        return true;
    }
    if (!call->ended || call->finished) /* it may have ended just now */
        return false;
    event_of(call, RPC_ENDED, out);
    out->code = call->code;
    call->finished = true;
    rpc_call_unready(conn, call);
    if (call->closed && !conn->over)
        rpc_call_free(conn, call);
    return true;
}

bool rpc_conn_at_end(const struct rpc_conn *conn)
{
    return !conn->over && conn->draining == conn->drained_twice && conn->out_at == conn->out_len &&
           conn->carry_len == 0 && !nghttp2_session_want_read(conn->h2) &&
           !nghttp2_session_want_write(conn->h2);
}

static void look_for_end(struct rpc_conn *conn)
{
    if (!rpc_conn_at_end(conn))
        return;
    conn->over = true;
    conn->status = ACG_OK;
    acgp_error_text(conn->text, sizeof conn->text, "the connection ended in order");
}

bool rpc_conn_next_event(struct rpc_conn *conn, int64_t now_ms, struct rpc_event *out)
{
    conn->now_ms = now_ms;
    take_back(conn);
    while (conn->ready_first != NULL) {
        struct rpc_call *call = conn->ready_first;

        rpc_call_unready(conn, call);
        if (next_of(conn, call, out))
            return true;
    }
    look_for_end(conn);
    if (!conn->over || conn->closed_told)
        return false;
    conn->closed_told = true;
    *out = (struct rpc_event){.kind = RPC_CLOSED, .status = conn->status, .text = conn->text};
    return true;
}

void rpc_conn_tag(struct rpc_conn *conn, uint32_t id, void *tag)
{
    struct rpc_call *call = rpc_call_find(conn, id);

    if (call != NULL)
        call->tag = tag;
}

void rpc_conn_pause(struct rpc_conn *conn, uint32_t id, bool paused)
{
    struct rpc_call *call = rpc_call_find(conn, id);

    if (call == NULL)
        return;
    call->paused = paused;
    if (!paused)
        rpc_call_ready(conn, call);
}
