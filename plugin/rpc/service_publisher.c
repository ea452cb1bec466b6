/* SPDX-License-Identifier: MPL-2.0 */
/* The methods of acg.v1.Publisher. */
#include <inttypes.h>
#include <stdio.h>

#include "acg/v1/publisher.pb-c.h"

#include <acg/publisher.h>

#include "base/error.h"
#include "base/span.h"
#include "rpc/grpc_message.h"
#include "rpc/service_calls.h"

/** Entries of one answer of List. */
enum { PAGE_STANDARD = 100, PAGE_MAX = 1000 };

/* ---- Publish, Watch ---- */

void rpc_publish_call(const struct rpc_request *request)
{
    Acg__V1__PublishRequest *in = (Acg__V1__PublishRequest *)request->message;
    struct pkr_config *config = NULL;
    char *kept = NULL;

    if (rpc_publish_config(request, in->configuration_json, &config, &kept))
        rpc_begin_publish(request, config, kept, false);
}

void rpc_watch(const struct rpc_request *request)
{
    const Acg__V1__WatchRequest *in = (const Acg__V1__WatchRequest *)request->message;
    struct rpc_publish *p = rpc_request_publish(request, in->publish_id);

    if (p == NULL)
        return;
    rpc_reader_attach(p, request->conn, request->call, in->after_event);
    rpc_publish_flush(p);
}

/* ---- Get, List, Cancel ---- */

/* The final event as it was sent, with its Done. */
static ProtobufCMessage *final_event(const struct rpc_publish *p)
{
    const struct rpc_log_entry *e = p->log.last;
    ProtobufCMessage *out = NULL;

    if (e == NULL || e->kind != RPC_LOG_DONE)
        return NULL;
    struct acg_span bytes = {e->bytes, e->len};
    return rpc_decode(&acg__v1__publish_response__descriptor, bytes, &out, NULL) == ACG_OK ? out : NULL;
}

void rpc_get(const struct rpc_request *request)
{
    const Acg__V1__GetRequest *in = (const Acg__V1__GetRequest *)request->message;
    const struct rpc_publish *p = rpc_request_publish(request, in->publish_id);
    Acg__V1__GetResponse response = ACG__V1__GET_RESPONSE__INIT;
    struct acg_error err = {.status = ACG_OK};
    Acg__V1__Publish publish;
    struct rpc_scribe s;

    if (p == NULL)
        return;
    rpc_scribe_init(&s, NULL);
    rpc_publish_message(&s, p, &publish);
    ProtobufCMessage *last = final_event(p);
    if (last != NULL)
        publish.done = ((Acg__V1__PublishResponse *)last)->event->done;
    response.publish = &publish;
    if (p->ended && last == NULL) {
        (void)acgp_fail_nomem(&err);
        rpc_refuse(request, &err, NULL);
    } else {
        rpc_reply(request->conn, request->call, &response.base);
    }
    rpc_decoded_free(last);
    rpc_scribe_done(&s);
}

static size_t page_of(const struct rpc_publish *p, uint64_t after, size_t most, struct rpc_scribe *s,
                      Acg__V1__Publish *items, const struct rpc_publish **out_last)
{
    size_t count = 0;

    *out_last = NULL;
    for (; p != NULL && count <= most; p = p->next) {
        if (!p->listed || p->serial <= after)
            continue;
        if (count++ == most)
            break; /* there is one more */
        rpc_publish_message(s, p, &items[count - 1]);
        *out_last = p;
    }
    return count;
}

static void reply_list(const struct rpc_request *request, uint64_t after, size_t most)
{
    Acg__V1__ListResponse response = ACG__V1__LIST_RESPONSE__INIT;
    const struct rpc_publish *last = NULL;
    struct acg_error err = {.status = ACG_OK};
    char token[24] = "";
    struct rpc_scribe s;

    rpc_scribe_init(&s, NULL);
    Acg__V1__Publish *items = rpc_scribe_alloc(&s, most, sizeof *items);
    response.publishes = rpc_scribe_alloc(&s, most, sizeof *response.publishes);
    if (!s.failed) {
        size_t count = page_of(request->services->registry.first, after, most, &s, items, &last);
        response.n_publishes = count > most ? most : count;
        for (size_t i = 0; i < response.n_publishes; i++)
            response.publishes[i] = &items[i];
        if (count > most)
            (void)snprintf(token, sizeof token, "%" PRIu64, last->serial);
        response.next_page_token = token;
        rpc_reply(request->conn, request->call, &response.base);
    } else if (acgp_fail_nomem(&err) != ACG_OK) {
        rpc_refuse(request, &err, NULL);
    }
    rpc_scribe_done(&s);
}

void rpc_list(const struct rpc_request *request)
{
    const Acg__V1__ListRequest *in = (const Acg__V1__ListRequest *)request->message;
    struct acg_error err = {.status = ACG_OK};
    uint64_t after = 0;
    int32_t size = in->page_size == 0 ? PAGE_STANDARD : in->page_size > PAGE_MAX ? PAGE_MAX : in->page_size;

    if (size < 0)
        (void)acgp_fail_field(&err, ACG_ERR_ARGUMENT, "page_size", "must be 0 or more");
    else if (in->page_token[0] != '\0' && !acgp_span_to_u64(acgp_span(in->page_token), &after))
        (void)acgp_fail_field(&err, ACG_ERR_ARGUMENT, "page_token", "is none of this server's");
    if (err.status != ACG_OK)
        rpc_refuse(request, &err, NULL);
    else
        reply_list(request, after, (size_t)size);
}

void rpc_cancel(const struct rpc_request *request)
{
    const Acg__V1__CancelRequest *in = (const Acg__V1__CancelRequest *)request->message;
    struct rpc_publish *p = rpc_request_publish(request, in->publish_id);
    Acg__V1__CancelResponse response = ACG__V1__CANCEL_RESPONSE__INIT;
    Acg__V1__Publish publish;
    struct rpc_scribe s;

    if (p == NULL)
        return;
    rpc_ask_cancel(request->services, p);
    rpc_scribe_init(&s, NULL);
    rpc_publish_message(&s, p, &publish);
    response.publish = &publish;
    rpc_reply(request->conn, request->call, &response.base);
    rpc_scribe_done(&s);
}
