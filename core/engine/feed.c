/* SPDX-License-Identifier: MPL-2.0 */
#include "base/alloc.h"
#include "base/span.h"
#include "engine/publisher.h"
#include "http/url.h"

static void enqueue(struct acg_publish *publish)
{
    struct acg_publisher *pub = publish->pub;

    if (publish->ready)
        return;
    publish->ready = true;
    publish->ready_next = NULL;
    if (pub->ready_end != NULL)
        pub->ready_end->ready_next = publish;
    else
        pub->ready = publish;
    pub->ready_end = publish;
}

void acgp_feed_forget(struct acg_publish *publish)
{
    struct acg_publisher *pub = publish->pub;
    struct acg_publish *before = NULL;

    for (struct acg_publish *p = pub->ready; p != NULL; before = p, p = p->ready_next) {
        if (p != publish)
            continue;
        if (before != NULL)
            before->ready_next = p->ready_next;
        else
            pub->ready = p->ready_next;
        if (pub->ready_end == p)
            pub->ready_end = before;
        break;
    }
    publish->ready = false;
}

void acgp_feed_refill(struct acg_publish *publish)
{
    if (publish == publish->pub->lent)
        return; /* the caller still looks at its last event; acgp_feed_release comes back here */
    if (publish->peeked == NULL && !acgp_work_next_event(publish->machine, &publish->peeked))
        publish->peeked = NULL;
    if (publish->peeked != NULL || publish->traces != NULL)
        enqueue(publish);
}

static struct acgp_trace *take_trace(struct acg_publish *publish)
{
    struct acgp_trace *trace = publish->traces;

    if (trace == NULL)
        return NULL;
    publish->traces = trace->next;
    publish->trace_count--;
    if (publish->traces == NULL)
        publish->traces_end = &publish->traces;
    return trace;
}

static void free_trace(struct acgp_trace *trace)
{
    if (trace != NULL)
        acgp_free(trace->text);
    acgp_free(trace);
}

/* Path only: the query of a poll URL carries a signature. */
static struct acg_span path_of(const struct acgp_request *message)
{
    struct acgp_url url;

    return acgp_url_parse(acgp_span(message->url), &url) ? url.path : acgp_span("");
}

static char *trace_text(const struct acgp_request *message, int64_t took_ms, const struct acgp_ended *ended)
{
    struct acg_span path = path_of(message);
    const char *method = acgp_method_name(message->method), *id = NULL;

    if (ended->response == NULL)
        return acgp_printf("%s %.*s: no answer after %lld ms: %s", method, (int)path.len, path.data,
                           (long long)took_ms, ended->failure->error.message);
    id = acgp_response_header(ended->response, "x-ms-request-id");
    return acgp_printf("%s %.*s: HTTP %d after %lld ms%s%s", method, (int)path.len, path.data,
                       ended->response->status, (long long)took_ms, id ? ", request id " : "", id ? id : "");
}

void acgp_trace_add(struct acg_publish *publish, int64_t now_ms, const struct acgp_attempt *attempt,
                    const struct acgp_request *message, const struct acgp_ended *ended)
{
    struct acgp_trace *trace = NULL;

    if (!publish->pub->trace || publish->done)
        return;
    trace = acgp_alloc(1, sizeof *trace);
    if (trace == NULL || (trace->text = trace_text(message, now_ms - attempt->begun_ms, ended)) == NULL) {
        free_trace(trace);
        return;
    }
    trace->at_ms = now_ms;
    if (publish->trace_count == ACGP_TRACES_MAX)
        free_trace(take_trace(publish)), publish->dropped++;
    *publish->traces_end = trace;
    publish->traces_end = &trace->next;
    publish->trace_count++;
    publish->traced++;
    enqueue(publish);
}

static struct acg_event event_of_trace(struct acg_publish *publish, const struct acgp_trace *trace)
{
    struct acg_event event = {.kind = ACG_EVENT_REQUEST,
                              .number = publish->last_number + publish->dropped + 1,
                              .elapsed_ms = trace->at_ms - publish->submitted_ms,
                              .text = trace->text};

    publish->dropped = 0;
    return event;
}

/* Traces go first: nothing may come after a final event. The machine does not count them, so its numbers move
 * up. */
static void take_event(struct acg_publish *publish)
{
    struct acg_publisher *pub = publish->pub;
    struct acgp_trace *trace = take_trace(publish);

    if (trace != NULL) {
        pub->lent_trace = trace;
        pub->event = event_of_trace(publish, trace);
    } else {
        pub->event = *publish->peeked;
        pub->event.number += publish->traced;
        publish->peeked = NULL;
    }
    pub->event.publish = publish;
    publish->last_number = pub->event.number;
    pub->lent = publish;
}

void acgp_feed_release(struct acg_publisher *pub)
{
    struct acg_publish *lent = pub->lent;

    free_trace(pub->lent_trace);
    pub->lent_trace = NULL;
    pub->lent = NULL;
    if (lent != NULL)
        acgp_feed_refill(lent);
    if (pub->lent_freed != NULL)
        acgp_publish_dispose(pub->lent_freed);
    pub->lent_freed = NULL;
}

bool acgp_feed_next(struct acg_publisher *pub, const struct acg_event **out)
{
    struct acg_publish *publish = NULL;

    acgp_feed_release(pub);
    publish = pub->ready;
    if (publish == NULL)
        return false;
    acgp_feed_forget(publish);
    take_event(publish);
    *out = &pub->event;
    return true;
}

void acgp_publish_dispose(struct acg_publish *publish)
{
    struct acgp_trace *trace = NULL;

    while ((trace = take_trace(publish)) != NULL)
        free_trace(trace);
    acgp_work_free(publish->machine);
    acgp_free(publish);
}
