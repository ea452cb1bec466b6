/* SPDX-License-Identifier: MPL-2.0 */
/* Calls that follow a publish. A reader that does not keep up holds bounded bytes: the rest waits in the log.
 */
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "rpc/service_registry.h"
#include "rpc/service_reply.h"

void rpc_reader_attach(struct rpc_publish *p, struct rpc_conn *conn, uint32_t call, uint64_t after)
{
    struct rpc_reader *reader = acgp_alloc(1, sizeof *reader);

    if (reader == NULL) {
        rpc_conn_end(conn, call, RPC_RESOURCE_EXHAUSTED, "out of memory");
        return;
    }
    *reader =
        (struct rpc_reader){.next = p->readers, .publish = p, .conn = conn, .call = call, .after = after};
    p->readers = reader;
    rpc_conn_tag(conn, call, reader);
}

void rpc_reader_drop(struct rpc_reader *reader)
{
    struct rpc_reader **at = &reader->publish->readers;

    while (*at != reader)
        at = &(*at)->next;
    *at = reader->next;
    acgp_free(reader);
}

/* The call ends with an error of its own; a Watch goes on behind what was sent. */
static void end_reader(struct rpc_reader *reader, enum rpc_code code, const struct acg_error *error)
{
    if (rpc_reply_error(reader->conn, reader->call, code, error, NULL))
        rpc_reader_drop(reader);
    else
        reader->over = true;
}

/* @return whether the reader takes more; false also when it is gone. */
static bool sent(struct rpc_reader *reader, enum acg_status status, const struct acg_error *error)
{
    if (status == ACG_OK)
        return true;
    if (status == ACG_ERR_LIMIT)
        reader->waiting = true;
    else if (status == ACG_ERR_CLOSED)
        reader->over = true;
    else
        end_reader(reader, rpc_code_of(status), error);
    return false;
}

static bool greet(struct rpc_reader *reader)
{
    const struct rpc_publish *p = reader->publish;
    Acg__V1__Event event = ACG__V1__EVENT__INIT;
    struct acg_error err = {.status = ACG_OK};
    Acg__V1__Publish started;
    struct rpc_scribe s;
    size_t len = 0;

    rpc_scribe_init(&s, NULL);
    rpc_publish_message(&s, p, &started);
    event.kind_case = ACG__V1__EVENT__KIND_STARTED;
    event.started = &started;
    bool of = p->version_id != NULL && p->version_id[0] != '\0';
    char *text = pkr_arena_printf(&s.arena, "%s %s%s%s", p->work.name, p->id, of ? " of " : "",
                                  of ? p->version_id : "");
    char *bytes = NULL;
    if (text != NULL && !s.failed) {
        event.text = text;
        bytes = rpc_event_pack(&event, &len);
    }
    enum acg_status status = bytes != NULL
                                 ? rpc_conn_send(reader->conn, reader->call, (struct acg_span){bytes, len},
                                                 RPC_COMPRESS_AUTO, &err)
                                 : acgp_fail_nomem(&err);
    reader->greeted = status == ACG_OK;
    acgp_free(bytes);
    rpc_scribe_done(&s);
    return sent(reader, status, &err);
}

static void finish(struct rpc_reader *reader)
{
    const struct rpc_publish *p = reader->publish;
    enum rpc_code code = rpc_code_of(p->error.status);
    bool own = acgp_equal(p->error.field, "ca_file") || acgp_equal(p->error.field, "journal");

    if (p->begun && p->error.status == ACG_ERR_ARGUMENT && own) /* the server's own */
        code = RPC_FAILED_PRECONDITION;
    if (p->left && p->error.status == ACG_ERR_CANCELLED)
        code = RPC_UNAVAILABLE;
    end_reader(reader, code, &p->error);
}

/* @return whether there was one, and it was sent */
static bool send_next(struct rpc_reader *reader)
{
    const struct rpc_log_entry *e = rpc_log_after(&reader->publish->log, reader->after);
    struct acg_error err = {.status = ACG_OK};

    if (e == NULL) {
        if (reader->publish->ended)
            finish(reader);
        return false;
    }
    if (rpc_conn_queued(reader->conn, reader->call) > RPC_READER_HIGH) {
        reader->waiting = true;
        rpc_conn_want_room(reader->conn, reader->call, RPC_READER_LOW);
        return false;
    }
    enum acg_status status = rpc_conn_send(reader->conn, reader->call, (struct acg_span){e->bytes, e->len},
                                           RPC_COMPRESS_AUTO, &err);
    if (!sent(reader, status, &err))
        return false;
    reader->after = e->number;
    return true;
}

void rpc_reader_flush(struct rpc_reader *reader)
{
    const struct rpc_publish *p = reader->publish;

    if (reader->waiting || reader->over || !(p->begun || p->ended))
        return;
    if (p->begun && !reader->greeted && !greet(reader))
        return;
    while (send_next(reader))
        ;
}

void rpc_publish_flush(struct rpc_publish *p)
{
    for (struct rpc_reader *r = p->readers, *next = NULL; r != NULL; r = next) {
        next = r->next;
        rpc_reader_flush(r);
    }
}
