/* SPDX-License-Identifier: MPL-2.0 */
#include "contract/interop/service.h"

#include <stdlib.h>
#include <string.h>

#include "interop.pb-c.h"
#include "interop.rpc-c.h"

#include "base/span.h"
#include "rpc/grpc_message.h"

/* Responses that one call may have ahead of it. */
#define PLANNED_MAX 1024u
/* Largest response, bytes: a message of the largest size with its payload's head. */
#define PAYLOAD_MAX ((int32_t)RPC_MESSAGE_MAX - 64)

typedef Grpc__Testing__SimpleRequest simple_request;
typedef Grpc__Testing__StreamingInputCallRequest input_request;
typedef Grpc__Testing__StreamingOutputCallRequest output_request;
typedef Grpc__Testing__EchoStatus echo_status;

struct planned {
    int32_t size;
    int64_t wait_ms;
    enum rpc_compress compress;
};

/* One call. */
struct work {
    struct work *next;
    struct rpc_conn *conn;
    uint32_t call;
    struct planned planned[PLANNED_MAX];
    size_t at, count;
    int64_t due_ms;   /* of planned[at]; RPC_NEVER while the client has to read first */
    bool complete;    /* nothing is planned behind */
    int64_t received; /* payload bytes */
    bool has_trailer;
    char trailer[256];
    size_t trailer_len;
};

struct interop {
    struct work *first;
};

struct interop *interop_new(void)
{
    return calloc(1, sizeof(struct interop));
}

static void drop(struct interop *interop, struct work *w)
{
    for (struct work **at = &interop->first; *at != NULL; at = &(*at)->next)
        if (*at == w) {
            *at = w->next;
            free(w);
            return;
        }
}

void interop_free(struct interop *interop)
{
    while (interop->first != NULL)
        drop(interop, interop->first);
    free(interop);
}

/* ---- The end of a call ---- */

static void finish(struct interop *interop, struct work *w, enum rpc_code code, const char *text)
{
    struct rpc_metadata trailer = {acgp_span("x-grpc-test-echo-trailing-bin"), {w->trailer, w->trailer_len}};
    struct rpc_status status = {
        .code = code, .message = text, .metadata = &trailer, .metadata_count = w->has_trailer ? 1 : 0};

    if (rpc_conn_finish(w->conn, w->call, &status, NULL) != ACG_OK)
        rpc_conn_end(w->conn, w->call, RPC_INTERNAL, "the status could not be sent");
    drop(interop, w);
}

/* @return whether a status was asked for: the call is over then. */
static bool echo(struct interop *interop, struct work *w, const echo_status *status)
{
    if (status == NULL || status->code == 0)
        return false;
    finish(interop, w, (enum rpc_code)status->code, status->message);
    return true;
}

/* ---- Responses ---- */

static enum acg_status send_payload(struct work *w, const struct planned *p)
{
    Grpc__Testing__StreamingOutputCallResponse response = GRPC__TESTING__STREAMING_OUTPUT_CALL_RESPONSE__INIT;
    Grpc__Testing__Payload payload = GRPC__TESTING__PAYLOAD__INIT;
    uint8_t *body = calloc((size_t)p->size + 1, 1), *packed = malloc((size_t)p->size + 64);
    enum acg_status status = ACG_ERR_NOMEM;

    if (body != NULL && packed != NULL) {
        payload.body = (ProtobufCBinaryData){(size_t)p->size, body};
        response.payload = &payload; /* field 1, as in SimpleResponse: the same bytes */
        size_t size = protobuf_c_message_pack(&response.base, packed);
        status = rpc_conn_send(w->conn, w->call, acgp_span_of(packed, size), p->compress, NULL);
    }
    free(body);
    free(packed);
    return status;
}

/* Sends what is due; ends the call behind the last. */
static void advance(struct interop *interop, struct work *w, int64_t now_ms)
{
    while (w->at < w->count && w->due_ms <= now_ms) {
        enum acg_status status = send_payload(w, &w->planned[w->at]);

        if (status == ACG_ERR_LIMIT) {
            w->due_ms = RPC_NEVER; /* RPC_ROOM comes */
            return;
        }
        if (status != ACG_OK) {
            finish(interop, w, RPC_RESOURCE_EXHAUSTED, "out of memory");
            return;
        }
        if (++w->at < w->count)
            w->due_ms = now_ms + w->planned[w->at].wait_ms;
    }
    if (w->at == w->count && w->complete)
        finish(interop, w, RPC_OK, NULL);
}

static enum rpc_compress compress_of(const Grpc__Testing__BoolValue *wanted)
{
    return wanted == NULL ? RPC_COMPRESS_AUTO : wanted->value ? RPC_COMPRESS_ALWAYS : RPC_COMPRESS_NEVER;
}

static bool plan(struct work *w, struct planned p, int64_t now_ms)
{
    if (w->at == w->count)
        w->at = w->count = 0;
    if (w->count == PLANNED_MAX || p.size < 0 || p.size > PAYLOAD_MAX)
        return false;
    if (w->count == 0)
        w->due_ms = now_ms + p.wait_ms;
    w->planned[w->count++] = p;
    return true;
}

/* ---- Requests ---- */

/* A client that says how it compressed wants to be checked. */
static bool as_expected(const Grpc__Testing__BoolValue *expected, const struct rpc_event *event)
{
    return expected == NULL || expected->value == event->compressed;
}

static void on_simple(struct interop *interop, struct work *w, int64_t now_ms, const struct rpc_event *event,
                      const simple_request *in)
{
    struct planned p = {in->response_size, 0, compress_of(in->response_compressed)};

    if (!as_expected(in->expect_compressed, event)) {
        finish(interop, w, RPC_INVALID_ARGUMENT, "compressed otherwise than expected");
    } else if (!echo(interop, w, in->response_status)) {
        w->complete = true;
        if (plan(w, p, now_ms))
            advance(interop, w, now_ms);
        else
            finish(interop, w, RPC_INVALID_ARGUMENT, "no such size");
    }
}

static void on_input(struct interop *interop, struct work *w, const struct rpc_event *event,
                     const input_request *in)
{
    if (!as_expected(in->expect_compressed, event))
        finish(interop, w, RPC_INVALID_ARGUMENT, "compressed otherwise than expected");
    else if (in->payload != NULL)
        w->received += (int64_t)in->payload->body.len;
}

static void on_output(struct interop *interop, struct work *w, int64_t now_ms, const output_request *in)
{
    if (echo(interop, w, in->response_status))
        return;
    for (size_t i = 0; i < in->n_response_parameters; i++) {
        const Grpc__Testing__ResponseParameters *r = in->response_parameters[i];

        if (!plan(w, (struct planned){r->size, (r->interval_us + 999) / 1000, compress_of(r->compressed)},
                  now_ms)) {
            finish(interop, w, RPC_INVALID_ARGUMENT, "too much, or no such size");
            return;
        }
    }
    advance(interop, w, now_ms);
}

static void on_message(struct interop *interop, struct work *w, int64_t now_ms, const struct rpc_event *event)
{
    ProtobufCMessage *message = NULL;
    struct acg_error err = {0};
    enum acg_status status = rpc_decode(event->method.input, event->message, &message, &err);

    if (status != ACG_OK)
        finish(interop, w, rpc_decode_code(status), err.message);
    else if (event->method.input == &grpc__testing__simple_request__descriptor)
        on_simple(interop, w, now_ms, event, (const simple_request *)message);
    else if (event->method.input == &grpc__testing__streaming_input_call_request__descriptor)
        on_input(interop, w, event, (const input_request *)message);
    else if (event->method.input == &grpc__testing__streaming_output_call_request__descriptor)
        on_output(interop, w, now_ms, (const output_request *)message);
    rpc_decoded_free(message);
}

static void send_total(struct interop *interop, struct work *w)
{
    Grpc__Testing__StreamingInputCallResponse response = GRPC__TESTING__STREAMING_INPUT_CALL_RESPONSE__INIT;

    response.aggregated_payload_size = (int32_t)w->received;
    if (rpc_conn_send_message(w->conn, w->call, &response.base, NULL) == ACG_OK)
        finish(interop, w, RPC_OK, NULL);
    else
        finish(interop, w, RPC_INTERNAL, "no room for the answer");
}

static void on_half_closed(struct interop *interop, struct work *w, int64_t now_ms,
                           const struct rpc_event *event)
{
    const struct rpc_service *service = &rpc_service_grpc_testing_TestService;

    if (rpc_method_is(&event->method, service, "EmptyCall")) {
        if (rpc_conn_send(w->conn, w->call, (struct acg_span){0}, RPC_COMPRESS_AUTO, NULL) == ACG_OK)
            finish(interop, w, RPC_OK, NULL);
    } else if (rpc_method_is(&event->method, service, "StreamingInputCall")) {
        send_total(interop, w);
    } else {
        w->complete = true;
        advance(interop, w, now_ms);
    }
}

/* ---- The beginning ---- */

static void on_began(struct interop *interop, struct rpc_conn *conn, const struct rpc_event *event)
{
    struct work *w = calloc(1, sizeof *w);

    if (w == NULL) {
        rpc_conn_end(conn, event->call, RPC_RESOURCE_EXHAUSTED, "out of memory");
        return;
    }
    w->conn = conn;
    w->call = event->call;
    w->next = interop->first;
    interop->first = w;
    rpc_conn_tag(conn, event->call, w);
    for (size_t i = 0; i < event->metadata_count; i++) {
        const struct rpc_metadata *m = &event->metadata[i];

        if (acgp_span_equal(m->name, acgp_span("x-grpc-test-echo-initial")) &&
            rpc_conn_start(conn, event->call, m, 1, NULL) != ACG_OK) {
            finish(interop, w, RPC_INTERNAL, "the metadata could not be sent");
            return;
        }
        if (acgp_span_equal(m->name, acgp_span("x-grpc-test-echo-trailing-bin")) &&
            m->value.len <= sizeof w->trailer) {
            w->has_trailer = true;
            w->trailer_len = m->value.len;
            memcpy(w->trailer, m->value.data, m->value.len);
        }
    }
}

bool interop_handle(struct interop *interop, struct rpc_conn *conn, int64_t now_ms,
                    const struct rpc_event *event)
{
    struct work *w = event->tag;

    if (event->kind == RPC_CLOSED ||
        event->method.service->descriptor != rpc_service_grpc_testing_TestService.descriptor)
        return false;
    if (event->kind == RPC_BEGAN) {
        on_began(interop, conn, event);
    } else if (event->kind == RPC_MESSAGE) {
        on_message(interop, w, now_ms, event);
    } else if (event->kind == RPC_HALF_CLOSED) {
        on_half_closed(interop, w, now_ms, event);
    } else if (event->kind == RPC_ROOM) {
        w->due_ms = now_ms;
        advance(interop, w, now_ms);
    } else if (event->kind == RPC_ENDED) {
        drop(interop, w);
    }
    return true;
}

void interop_tick(struct interop *interop, int64_t now_ms)
{
    struct work *next = NULL;

    for (struct work *w = interop->first; w != NULL; w = next) {
        next = w->next;
        if (w->at < w->count && w->due_ms <= now_ms)
            advance(interop, w, now_ms);
    }
}

int64_t interop_deadline(const struct interop *interop)
{
    int64_t due = RPC_NEVER;

    for (const struct work *w = interop->first; w != NULL; w = w->next)
        if (w->at < w->count && w->due_ms < due)
            due = w->due_ms;
    return due;
}
