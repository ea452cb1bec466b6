/* SPDX-License-Identifier: MPL-2.0 */
#include "rpc/grpc_conn.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"

/* ---- In the connection ---- */

struct rpc_call *rpc_call_new(struct rpc_conn *conn, uint32_t id)
{
    struct rpc_call *call = acgp_alloc(1, sizeof *call);

    if (call == NULL)
        return NULL;
    call->id = id;
    call->deadline_ms = call->linger_ms = RPC_NEVER;
    rpc_head_init(&call->head);
    acgp_buf_init(&call->rx, RPC_RECEIVED_MAX);
    acgp_buf_init(&call->tx, 2 * RPC_CALL_QUEUED_MAX); /* half of it may be sent and not yet removed */
    rpc_fields_init(&call->fields);
    call->next = conn->calls;
    if (conn->calls != NULL)
        conn->calls->prev = call;
    conn->calls = call;
    return call;
}

struct rpc_call *rpc_call_find(const struct rpc_conn *conn, uint32_t id)
{
    struct rpc_call *call =
        conn->over || id == 0 ? NULL : nghttp2_session_get_stream_user_data(conn->h2, (int32_t)id);

    return call == NULL || call->finished || call->ended || !call->began ? NULL : call;
}

void rpc_call_ready(struct rpc_conn *conn, struct rpc_call *call)
{
    if (call->ready || call->finished)
        return;
    call->ready = true;
    call->ready_next = NULL;
    call->ready_prev = conn->ready_last;
    if (conn->ready_last != NULL)
        conn->ready_last->ready_next = call;
    else
        conn->ready_first = call;
    conn->ready_last = call;
}

void rpc_call_unready(struct rpc_conn *conn, struct rpc_call *call)
{
    if (!call->ready)
        return;
    call->ready = false;
    if (call->ready_prev != NULL)
        call->ready_prev->ready_next = call->ready_next;
    else
        conn->ready_first = call->ready_next;
    if (call->ready_next != NULL)
        call->ready_next->ready_prev = call->ready_prev;
    else
        conn->ready_last = call->ready_prev;
}

void rpc_call_free(struct rpc_conn *conn, struct rpc_call *call)
{
    call->finished = true;
    rpc_call_drop_received(conn, call);
    rpc_call_drop_queued(conn, call);
    rpc_call_unready(conn, call);
    if (call->prev != NULL)
        call->prev->next = call->next;
    else
        conn->calls = call->next;
    if (call->next != NULL)
        call->next->prev = call->prev;
    rpc_head_done(&call->head);
    rpc_fields_done(&call->fields);
    acgp_free(call);
}

/* ---- Its end ---- */

/* It counts no longer. */
static void uncount(struct rpc_conn *conn, const struct rpc_call *call)
{
    if (!call->whole || call->finished || call->ended)
        return;
    conn->call_count--;
    conn->idle_ms = conn->now_ms;
}

void rpc_call_close(struct rpc_conn *conn, struct rpc_call *call)
{
    uncount(conn, call);
    call->finished = true;
    rpc_call_unready(conn, call);
    rpc_call_drop_received(conn, call);
    rpc_head_done(&call->head);
    if (rpc_call_queued(call) == 0)
        return;
    call->linger_ms = conn->now_ms + RPC_LINGER_MS;
    if (call->linger_ms < conn->call_due_ms)
        conn->call_due_ms = call->linger_ms;
}

void rpc_call_lost(struct rpc_conn *conn, struct rpc_call *call, enum rpc_code code)
{
    if (call->finished || call->ended)
        return;
    if (!call->began) {
        rpc_call_close(conn, call);
        return;
    }
    uncount(conn, call);
    call->ended = true;
    call->code = code;
    rpc_call_drop_received(conn, call);
    rpc_call_ready(conn, call);
}

void rpc_call_gone(struct rpc_conn *conn, struct rpc_call *call, enum rpc_code code)
{
    call->closed = true;
    rpc_call_drop_queued(conn, call);
    rpc_call_lost(conn, call, code);
    if (call->finished)
        rpc_call_free(conn, call);
}

/* What the reset of a stream says when it stands for a status. */
static uint32_t reset_code(enum rpc_code code)
{
    switch (code) {
    case RPC_DEADLINE_EXCEEDED:
    case RPC_CANCELLED:
        return NGHTTP2_CANCEL;
    case RPC_RESOURCE_EXHAUSTED:
        return NGHTTP2_ENHANCE_YOUR_CALM;
    case RPC_PERMISSION_DENIED:
        return NGHTTP2_INADEQUATE_SECURITY;
    case RPC_UNAVAILABLE:
        return NGHTTP2_REFUSED_STREAM;
    default:
        return NGHTTP2_INTERNAL_ERROR;
    }
}

/* The status as trailers. @return false: it could not be said. */
static bool tell(struct rpc_conn *conn, struct rpc_call *call, const struct rpc_status *status)
{
    bool ok = false;

    rpc_fields_done(&call->fields);
    rpc_fields_init(&call->fields);
    if (!call->started)
        rpc_fields_add_response(&call->fields, false);
    if (rpc_fields_add_status(&call->fields, status, NULL) == ACG_OK)
        ok = rpc_call_submit(conn, call, &call->fields, true, NULL) == ACG_OK;
    return ok;
}

void rpc_call_end(struct rpc_conn *conn, struct rpc_call *call, enum rpc_code code, const char *text)
{
    struct rpc_status status = {.code = code, .message = text};

    rpc_call_lost(conn, call, code);
    if (call->closed)
        return;
    if (call->trailing || rpc_call_queued(call) > 0 || !tell(conn, call, &status))
        rpc_call_reset(conn, call, reset_code(code));
}

/* ---- Its beginning ---- */

/* An answer of HTTP alone, to what is no gRPC. */
static void refuse_http(struct rpc_conn *conn, struct rpc_call *call, const char *http_status)
{
    rpc_fields_add(&call->fields, ":status", acgp_span(http_status));
    if (rpc_fields_check(&call->fields, NULL) != ACG_OK ||
        rpc_call_submit(conn, call, &call->fields, true, NULL) != ACG_OK)
        rpc_call_reset(conn, call, NGHTTP2_INTERNAL_ERROR);
}

static void refuse(struct rpc_conn *conn, struct rpc_call *call, enum rpc_code code, const char *text,
                   struct acg_span about)
{
    struct acgp_buf line;

    acgp_buf_init(&line, RPC_TRAILERS_MAX / 8); /* percent-encoded it is three times as long */
    acgp_buf_text(&line, text);
    acgp_buf_span(&line, about);
    rpc_call_end(conn, call, code, line.failed || line.len == 0 ? text : line.data);
    acgp_buf_done(&line);
}

/* Whether the request is one of gRPC, for a method that there is. Where not, it is answered. */
static bool accept(struct rpc_conn *conn, struct rpc_call *call)
{
    const struct rpc_head *head = &call->head;
    enum rpc_found found = RPC_FOUND;

    if (head->fault == RPC_RESOURCE_EXHAUSTED) { /* the fields behind were not read */
        rpc_call_end(conn, call, head->fault, head->fault_text);
        return false;
    }
    if (!head->post || !head->grpc || !head->te) {
        refuse_http(conn, call, !head->post ? "405" : !head->grpc ? "415" : "400");
        return false;
    }
    found = rpc_method_find(conn->options.services, conn->options.service_count, rpc_head_path(head),
                            &call->method);
    if (found == RPC_NO_SERVICE)
        refuse(conn, call, RPC_UNIMPLEMENTED, "unknown service in ", rpc_head_path(head));
    else if (found == RPC_NO_METHOD)
        refuse(conn, call, RPC_UNIMPLEMENTED, "unknown method ", rpc_head_path(head));
    else if (found == RPC_BAD_PATH)
        refuse(conn, call, RPC_UNIMPLEMENTED, "malformed method name", acgp_span(""));
    else if (head->strange_encoding)
        refuse(conn, call, RPC_UNIMPLEMENTED, "only identity and gzip are accepted, not ",
               rpc_head_encoding(head));
    else if (head->fault != RPC_OK)
        rpc_call_end(conn, call, head->fault, head->fault_text);
    else
        return true;
    return false;
}

void rpc_call_begin(struct rpc_conn *conn, struct rpc_call *call)
{
    if (!accept(conn, call)) {
        rpc_call_close(conn, call);
        return;
    }
    call->whole = true;
    conn->call_count++;
    call->gzip_in = call->head.gzip_in;
    call->gzip_out = call->head.gzip_out;
    if (call->head.timeout_ms >= 0 && call->head.timeout_ms < RPC_NEVER - conn->now_ms)
        call->deadline_ms = conn->now_ms + call->head.timeout_ms;
    if (call->deadline_ms < conn->call_due_ms)
        conn->call_due_ms = call->deadline_ms;
    rpc_call_ready(conn, call);
}
