/* SPDX-License-Identifier: MPL-2.0 */
#include "rpc/service_reply.h"

#include <acg/explain.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "rpc/service_words.h"

/** Longest message of a status, bytes; percent-encoded it may be three times as long. */
enum { MESSAGE_MAX = 3000 };
/** Longest packed details, bytes: an error's texts have fixed sizes below. */
enum { DETAILS_MAX = 8192 };

static char detail_type[] = "type.googleapis.com/acg.v1.Error";

static const enum rpc_code codes[] = {
    [ACG_OK] = RPC_OK,
    [ACG_ERR_ARGUMENT] = RPC_INVALID_ARGUMENT,
    [ACG_ERR_NOMEM] = RPC_RESOURCE_EXHAUSTED,
    [ACG_ERR_STATE] = RPC_FAILED_PRECONDITION,
    [ACG_ERR_CLOSED] = RPC_UNAVAILABLE,
    [ACG_ERR_LIMIT] = RPC_RESOURCE_EXHAUSTED,
    [ACG_ERR_PROTOCOL] = RPC_INTERNAL,
    [ACG_ERR_TRANSPORT] = RPC_UNAVAILABLE,
    [ACG_ERR_TIMEOUT] = RPC_DEADLINE_EXCEEDED,
    [ACG_ERR_CANCELLED] = RPC_CANCELLED,
    [ACG_ERR_AUTH] = RPC_PERMISSION_DENIED,
    [ACG_ERR_PREFLIGHT] = RPC_FAILED_PRECONDITION,
    [ACG_ERR_CONFLICT] = RPC_ALREADY_EXISTS,
    [ACG_ERR_SERVICE] = RPC_UNKNOWN,
    [ACG_ERR_MISMATCH] = RPC_DATA_LOSS,
    [ACG_ERR_TEMPORARY] = RPC_UNAVAILABLE,
    [ACG_ERR_INTERNAL] = RPC_INTERNAL,
    [ACG_ERR_PARTIAL] = RPC_OK, /* as many regions as were asked for: the final event names the others */
};

enum rpc_code rpc_code_of(enum acg_status status)
{
    return (size_t)status < sizeof codes / sizeof codes[0] ? codes[status] : RPC_INTERNAL;
}

void rpc_reply(struct rpc_conn *conn, uint32_t call, const ProtobufCMessage *message)
{
    struct acg_error err = {.status = ACG_OK};
    enum acg_status status = rpc_conn_send_message(conn, call, message, &err);

    if (status == ACG_OK)
        rpc_conn_end(conn, call, RPC_OK, NULL);
    else if (status != ACG_ERR_CLOSED)
        rpc_conn_end(conn, call, RPC_RESOURCE_EXHAUSTED, err.message);
}

static bool line(struct acgp_buf *out, const struct acg_error *e)
{
    struct acg_remedy remedy;
    bool fine = e->field[0] == '\0' || acgp_buf_printf(out, "%s: ", e->field);

    fine = fine && acgp_buf_text(out, e->message[0] != '\0' ? e->message : acg_status_name(e->status));
    if (fine && e->arm_code[0] != '\0')
        fine = acgp_buf_printf(out, "; code %s", e->arm_code);
    if (fine && e->request_id[0] != '\0')
        fine = acgp_buf_printf(out, "; request id %s", e->request_id);
    if (fine && acg_error_explain(e, &remedy))
        fine = acgp_buf_printf(out, "; cause: %s; next step: %s", remedy.cause, remedy.next_step);
    return fine;
}

/* A packed acg.v1.Status: byte for byte a google.rpc.Status. */
static bool pack(struct rpc_scribe *s, enum rpc_code code, const char *message, const Acg__V1__Error *error,
                 struct acgp_buf *out)
{
    Acg__V1__Status status = ACG__V1__STATUS__INIT;
    Acg__V1__Detail detail = ACG__V1__DETAIL__INIT, *details[] = {&detail};

    detail.type_url = detail_type;
    detail.value.len = acg__v1__error__get_packed_size(error);
    detail.value.data = rpc_scribe_alloc(s, detail.value.len, 1);
    if (detail.value.data == NULL)
        return false;
    acg__v1__error__pack(error, detail.value.data);
    status.code = (int32_t)code;
    status.message = rpc_scribe_text(s, message);
    status.details = details;
    status.n_details = 1;
    size_t size = acg__v1__status__get_packed_size(&status);
    char *room = acgp_buf_reserve(out, size);
    if (room == NULL)
        return false;
    out->len += acg__v1__status__pack(&status, (uint8_t *)room);
    return true;
}

bool rpc_reply_error(struct rpc_conn *conn, uint32_t call, enum rpc_code code, const struct acg_error *error,
                     const struct rpc_advice *advice)
{
    struct rpc_status status = {.code = code};
    enum acg_status done = ACG_ERR_NOMEM;
    struct acgp_buf text, details;
    Acg__V1__Error message;
    struct rpc_scribe s;

    if (code == RPC_OK) {
        done = rpc_conn_finish(conn, call, &status, NULL);
        if (done != ACG_OK && done != ACG_ERR_CLOSED)
            rpc_conn_end(conn, call, code, NULL);
        return done != ACG_ERR_CLOSED;
    }
    rpc_scribe_init(&s, NULL);
    acgp_buf_init(&text, MESSAGE_MAX);
    acgp_buf_init(&details, DETAILS_MAX);
    rpc_error_message(&s, error, &message);
    if (advice != NULL) {
        message.rule = rpc_scribe_text(&s, advice->rule);
        message.fix = rpc_scribe_text(&s, advice->fix);
    }
    if (line(&text, error) && pack(&s, code, text.data, &message, &details) && !s.failed) {
        status.message = rpc_scribe_text(&s, text.data);
        status.details = acgp_buf_view(&details);
        done = rpc_conn_finish(conn, call, &status, NULL);
    }
    if (done != ACG_OK && done != ACG_ERR_CLOSED)
        rpc_conn_end(conn, call, code, acg_status_name(error->status));
    acgp_buf_done(&details);
    acgp_buf_done(&text);
    rpc_scribe_done(&s);
    return done != ACG_ERR_CLOSED;
}
