/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/link.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "wire/link_talk.h"

enum {
    TALKS_MAX = 2 * PKR_YAMUX_STREAMS_MAX /* ended talks whose last events were not pulled hold no stream */
};

struct pkr_link {
    struct pkr_yamux_session *session;
    struct pkr_broker broker;
    struct pkr_talk *talks[TALKS_MAX];
    size_t turn; /* talk that may tell next */
    uint32_t last_talk;
    uint64_t last_call;
    int64_t now_ms;
    struct acg_error over; /* status ACG_OK: not over */
    bool closed_told;
    struct pkr_rpc_message current; /* what the event pulled last lends */
    struct acg_error told;          /* its text */
};

enum acg_status pkr_link_new(enum pkr_link_side side, struct pkr_link **out, struct acg_error *err)
{
    struct pkr_link *link = acgp_alloc(1, sizeof *link);
    enum acg_status status = ACG_OK;

    if (link == NULL)
        return acgp_fail_nomem(err);
    status = pkr_yamux_new(side == PKR_LINK_CORE ? PKR_YAMUX_CLIENT : PKR_YAMUX_SERVER, &link->session, err);
    if (status == ACG_OK && side == PKR_LINK_PLUGIN)
        status = pkr_broker_serve(&link->broker, 0, err);
    if (status != ACG_OK) {
        pkr_link_free(link);
        return status;
    }
    *out = link;
    return ACG_OK;
}

void pkr_link_free(struct pkr_link *link)
{
    if (link == NULL)
        return;
    for (size_t i = 0; i < TALKS_MAX; i++)
        pkr_talk_free(link->talks[i]);
    pkr_rpc_message_done(&link->current);
    pkr_yamux_free(link->session);
    acgp_free(link);
}

/* ---- Talks ---- */

static struct pkr_talk *find_talk(const struct pkr_link *link, uint32_t id)
{
    for (size_t i = 0; i < TALKS_MAX; i++)
        if (link->talks[i] != NULL && link->talks[i]->id == id)
            return link->talks[i];
    return NULL;
}

static struct pkr_talk *find_stream(const struct pkr_link *link, uint32_t stream)
{
    for (size_t i = 0; i < TALKS_MAX; i++)
        if (link->talks[i] != NULL && link->talks[i]->stream == stream)
            return link->talks[i];
    return NULL;
}

/* The open talk on which a call waits for our answer. */
static struct pkr_talk *find_call(const struct pkr_link *link, uint64_t call)
{
    for (size_t i = 0; i < TALKS_MAX; i++) {
        struct pkr_talk *t = link->talks[i];
        if (t != NULL && t->state == PKR_TALK_OPEN && !t->dialed && pkr_netrpc_has(&t->rpc, call))
            return t;
    }
    return NULL;
}

static size_t free_place(const struct pkr_link *link)
{
    size_t i = 0;

    while (i < TALKS_MAX && link->talks[i] != NULL)
        i++;
    return i;
}

static void drop_talk(struct pkr_link *link, size_t place)
{
    pkr_talk_free(link->talks[place]);
    link->talks[place] = NULL;
}

/* Streams that both sides finished need their talk no more. */
static void sweep(struct pkr_link *link)
{
    for (size_t i = 0; i < TALKS_MAX; i++) {
        const struct pkr_talk *t = link->talks[i];
        if (t != NULL && t->state == PKR_TALK_LINGERING &&
            (link->over.status != ACG_OK || !pkr_yamux_known(link->session, t->stream)))
            drop_talk(link, i);
    }
}

static void end_talk(struct pkr_link *link, struct pkr_talk *t, enum acg_status status, const char *why)
{
    pkr_talk_end(t, link->session, link->now_ms, status, why);
}

/* The link is over: so is every talk. */
static void end_link(struct pkr_link *link, enum acg_status status, const char *why)
{
    if (link->over.status != ACG_OK)
        return;
    acgp_fail(&link->over, status, "%s", why);
    for (size_t i = 0; i < TALKS_MAX; i++)
        if (link->talks[i] != NULL)
            end_talk(link, link->talks[i], ACG_ERR_CLOSED, why);
}

/* ---- Input ---- */

static size_t received_bytes(const struct pkr_link *link)
{
    size_t sum = 0;

    for (size_t i = 0; i < TALKS_MAX; i++)
        if (link->talks[i] != NULL)
            sum += pkr_netrpc_received(&link->talks[i]->rpc);
    return sum;
}

static enum acg_status on_opened(struct pkr_link *link, uint32_t stream, struct acg_error *err)
{
    size_t place = free_place(link);
    struct pkr_talk *t = NULL;

    if (place == TALKS_MAX) {
        pkr_yamux_reset(link->session, stream);
        return ACG_OK;
    }
    t = pkr_talk_new(++link->last_talk, stream, false, &link->last_call);
    if (t == NULL)
        return acgp_fail_nomem(err);
    pkr_leg_accept(&t->leg, link->now_ms);
    link->talks[place] = t;
    return ACG_OK;
}

/* The number of a stream is known, or its echo came. */
static enum acg_status settle_leg(struct pkr_link *link, struct pkr_talk *t, struct acg_error *err)
{
    if (t->state != PKR_TALK_OPENING)
        return ACG_OK;
    if (t->leg.state == PKR_LEG_READY)
        return pkr_talk_ready(t, link->session, err);
    if (t->leg.state == PKR_LEG_NUMBERED && pkr_broker_claim(&link->broker, t->leg.number))
        return pkr_talk_adopt(t, link->session, err);
    return ACG_OK;
}

static void on_data(struct pkr_link *link, const struct pkr_yamux_event *ev)
{
    struct pkr_talk *t = find_stream(link, ev->stream);
    struct acg_error why = {0};
    enum acg_status status = ACG_OK;

    if (t == NULL || t->state == PKR_TALK_ENDING || t->state == PKR_TALK_LINGERING) {
        pkr_yamux_consumed(link->session, ev->stream, ev->data.len); /* nobody listens any more */
        return;
    }
    if (ev->data.len > PKR_LINK_RECEIVED_MAX - received_bytes(link))
        status = acgp_fail(&why, ACG_ERR_LIMIT, "%zu bytes of unfinished messages", PKR_LINK_RECEIVED_MAX);
    if (status == ACG_OK)
        status = pkr_talk_take(t, ev->data, &why);
    if (status == ACG_OK)
        status = settle_leg(link, t, &why);
    if (status != ACG_OK)
        end_talk(link, t, status, why.message);
}

static enum acg_status on_event(struct pkr_link *link, const struct pkr_yamux_event *ev,
                                struct acg_error *err)
{
    struct pkr_talk *t = find_stream(link, ev->stream);

    switch (ev->kind) {
    case PKR_YAMUX_OPENED:
        return on_opened(link, ev->stream, err);
    case PKR_YAMUX_DATA:
        on_data(link, ev);
        break;
    case PKR_YAMUX_FIN:
        if (t != NULL)
            t->peer_done = true;
        if (t != NULL && t->state == PKR_TALK_OPENING)
            end_talk(link, t, ACG_ERR_CLOSED, "Packer closed the stream before it was ready");
        break;
    case PKR_YAMUX_RESET:
        if (t != NULL)
            end_talk(link, t, ACG_ERR_CLOSED, "Packer reset the stream");
        break;
    case PKR_YAMUX_PONG:
    case PKR_YAMUX_GO_AWAY:
        break;
    }
    return ACG_OK;
}

static enum acg_status fail_over(const struct pkr_link *link, struct acg_error *err)
{
    return acgp_fail(err, link->over.status, "%s", link->over.message);
}

enum acg_status pkr_link_feed(struct pkr_link *link, int64_t now_ms, struct acg_span in, size_t *used,
                              struct acg_error *err)
{
    struct acg_error why = {0};
    struct pkr_yamux_event ev = {0};
    enum acg_status status = ACG_OK;
    size_t n = 1;

    link->now_ms = now_ms;
    *used = 0;
    if (link->over.status != ACG_OK)
        return fail_over(link, err);
    while (status == ACG_OK && *used < in.len && n != 0) {
        status = pkr_yamux_feed(link->session, acgp_span_of(in.data + *used, in.len - *used), &n, &why);
        *used += n;
        while (status == ACG_OK && pkr_yamux_next_event(link->session, &ev))
            status = on_event(link, &ev, &why);
        sweep(link);
    }
    if (status == ACG_OK)
        return ACG_OK;
    end_link(link, status, why.message);
    return fail_over(link, err);
}

void pkr_link_eof(struct pkr_link *link)
{
    end_link(link, ACG_ERR_CLOSED, "Packer closed the connection");
}

bool pkr_link_wants_read(const struct pkr_link *link)
{
    return link->over.status == ACG_OK && pkr_yamux_wants_read(link->session);
}

struct acg_span pkr_link_drain(struct pkr_link *link)
{
    return pkr_yamux_drain(link->session);
}

void pkr_link_drained(struct pkr_link *link, size_t n)
{
    pkr_yamux_drained(link->session, n);
}

void pkr_link_go_away(struct pkr_link *link)
{
    pkr_yamux_go_away(link->session, PKR_GO_AWAY_NORMAL);
}

void pkr_link_tick(struct pkr_link *link, int64_t now_ms)
{
    int64_t due_ms = 0;

    link->now_ms = now_ms;
    for (size_t i = 0; i < TALKS_MAX; i++) {
        struct pkr_talk *t = link->talks[i];

        if (t == NULL || !pkr_talk_deadline(t, &due_ms) || due_ms > now_ms)
            continue;
        if (t->state == PKR_TALK_OPENING) {
            end_talk(link, t, ACG_ERR_TIMEOUT, "the other side did not answer within 5 seconds");
        } else {
            pkr_yamux_reset(link->session, t->stream);
            drop_talk(link, i);
        }
    }
    sweep(link);
}

bool pkr_link_deadline(const struct pkr_link *link, int64_t *out_due_ms)
{
    int64_t due_ms = 0;
    bool found = false;

    for (size_t i = 0; i < TALKS_MAX; i++) {
        if (link->talks[i] == NULL || !pkr_talk_deadline(link->talks[i], &due_ms))
            continue;
        if (!found || due_ms < *out_due_ms)
            *out_due_ms = due_ms;
        found = true;
    }
    return found;
}

/* ---- Events ---- */

static void describe(const struct pkr_talk *t, enum pkr_link_event_kind kind, struct pkr_link_event *out)
{
    *out = (struct pkr_link_event){.kind = kind, .talk = t->id, .number = t->leg.number, .dialed = t->dialed};
}

static bool tell_opened(struct pkr_talk *t, struct pkr_link_event *out)
{
    if (!t->opened_due)
        return false;
    t->opened_due = false;
    describe(t, PKR_LINK_OPENED, out);
    return true;
}

/* An ended talk: its open calls first, then its end. */
static bool tell_end(struct pkr_link *link, struct pkr_talk *t, struct pkr_link_event *out)
{
    uint64_t call = t->dialed ? pkr_netrpc_oldest(&t->rpc) : 0;

    if (t->state != PKR_TALK_ENDING)
        return false;
    link->told = t->end;
    if (call != 0) {
        pkr_netrpc_forget(&t->rpc, call);
        describe(t, PKR_LINK_REPLY, out);
        out->call = call;
        out->outcome = PKR_LINK_LOST;
    } else {
        describe(t, PKR_LINK_ENDED, out);
        out->status = t->end.status;
        t->state = PKR_TALK_LINGERING;
    }
    out->text = acgp_span(link->told.message);
    return true;
}

static void tell_message(struct pkr_link *link, const struct pkr_talk *t, struct pkr_link_event *out)
{
    const struct pkr_rpc_message *m = &link->current;

    describe(t, t->dialed ? PKR_LINK_REPLY : PKR_LINK_CALL, out);
    out->call = m->handle;
    out->method = m->method;
    out->body = pkr_tree_root(m->body);
    if (t->dialed && m->error.len != 0) {
        out->outcome = PKR_LINK_FAILED;
        out->text = m->error;
        out->body = NULL;
    }
}

/* A call beyond the cap is answered at once; the room above does not see it. */
static enum acg_status refuse(struct pkr_link *link, struct pkr_talk *t, struct acg_error *err)
{
    struct acgp_buf bytes;
    enum acg_status status = ACG_OK;

    acgp_buf_init(&bytes, PKR_RPC_MESSAGE_MAX);
    status = pkr_netrpc_refuse(&link->current, "too many calls at once, at most 64", &bytes, err);
    if (status == ACG_OK)
        status = pkr_talk_send(t, link->session, acgp_buf_view(&bytes), err);
    acgp_buf_done(&bytes);
    return status;
}

/* Everything decodable was told: grant the window again, and see whether the peer has ended the talk. */
static void settle_talk(struct pkr_link *link, struct pkr_talk *t)
{
    size_t open = pkr_netrpc_open(&t->rpc);

    pkr_yamux_consumed(link->session, t->stream, t->uncredited);
    t->uncredited = 0;
    if (!t->peer_done)
        return;
    if (pkr_netrpc_received(&t->rpc) != 0)
        end_talk(link, t, ACG_ERR_PROTOCOL, "Packer ended the stream in the middle of a message");
    else if (t->dialed && open != 0)
        end_talk(link, t, ACG_ERR_CLOSED, "Packer ended the stream while calls were open");
    else if (open == 0)
        end_talk(link, t, ACG_OK, "Packer ended the stream");
}

/* Decode the next message of an open talk. */
static bool tell_next(struct pkr_link *link, struct pkr_talk *t, struct pkr_link_event *out)
{
    struct acg_error why = {0};
    enum acg_status status = ACG_OK;
    bool got = true;

    while (status == ACG_OK && got) {
        pkr_rpc_message_done(&link->current);
        status = pkr_netrpc_next(&t->rpc, &got, &link->current, &why);
        if (status == ACG_OK && got && link->current.handle != 0) {
            tell_message(link, t, out);
            return true;
        }
        if (status == ACG_OK && got)
            status = refuse(link, t, &why);
    }
    if (status == ACG_OK)
        settle_talk(link, t);
    else
        end_talk(link, t, status, why.message);
    return false;
}

static bool tell_talk(struct pkr_link *link, struct pkr_talk *t, struct pkr_link_event *out)
{
    if (tell_opened(t, out))
        return true;
    if (t->state == PKR_TALK_OPEN && tell_next(link, t, out))
        return true;
    return tell_end(link, t, out);
}

static bool tell_closed(struct pkr_link *link, struct pkr_link_event *out)
{
    if (link->over.status == ACG_OK || link->closed_told)
        return false;
    link->closed_told = true;
    *out = (struct pkr_link_event){
        .kind = PKR_LINK_CLOSED, .status = link->over.status, .text = acgp_span(link->over.message)};
    return true;
}

bool pkr_link_next_event(struct pkr_link *link, struct pkr_link_event *out)
{
    struct pkr_link_event ev = {0};

    pkr_rpc_message_done(&link->current);
    for (size_t i = 0; i < TALKS_MAX; i++) {
        size_t place = (link->turn + i) % TALKS_MAX;
        struct pkr_talk *t = link->talks[place];

        if (t != NULL && tell_talk(link, t, &ev)) {
            link->turn = place;
            *out = ev;
            return true;
        }
    }
    link->turn = (link->turn + 1) % TALKS_MAX;
    sweep(link);
    if (!tell_closed(link, &ev))
        return false;
    *out = ev;
    return true;
}

struct pkr_tree *pkr_link_take_body(struct pkr_link *link)
{
    struct pkr_tree *body = link->current.body;

    link->current.body = NULL;
    return body;
}

/* ---- The room above ---- */

enum acg_status pkr_link_dial(struct pkr_link *link, int64_t now_ms, uint32_t number, uint32_t *out_talk,
                              struct acg_error *err)
{
    uint8_t bytes[PKR_LEG_BYTES];
    size_t place = free_place(link);
    uint32_t stream = 0;
    struct pkr_talk *t = NULL;
    enum acg_status status = ACG_OK;

    link->now_ms = now_ms;
    if (link->over.status != ACG_OK)
        return acgp_fail(err, ACG_ERR_CLOSED, "the connection is over: %s", link->over.message);
    if (place == TALKS_MAX)
        return acgp_fail(err, ACG_ERR_LIMIT, "more than %d talks at once", TALKS_MAX);
    t = pkr_talk_new(link->last_talk + 1, 0, true, &link->last_call);
    if (t == NULL)
        return acgp_fail_nomem(err);
    status = pkr_yamux_open(link->session, &stream, err);
    if (status == ACG_OK) {
        pkr_leg_dial(&t->leg, number, now_ms, bytes);
        status = pkr_yamux_send(link->session, stream, acgp_span_of(bytes, sizeof bytes), err);
        if (status != ACG_OK)
            pkr_yamux_reset(link->session, stream);
    }
    if (status != ACG_OK) {
        pkr_talk_free(t);
        return status;
    }
    t->stream = stream;
    link->talks[place] = t;
    *out_talk = ++link->last_talk;
    return ACG_OK;
}

enum acg_status pkr_link_serve(struct pkr_link *link, uint32_t *out_number, struct acg_error *err)
{
    uint32_t number = 0;
    enum acg_status status = ACG_OK;

    if (link->over.status != ACG_OK)
        return acgp_fail(err, ACG_ERR_CLOSED, "the connection is over: %s", link->over.message);
    status = pkr_broker_serve_new(&link->broker, &number, err);
    if (status != ACG_OK)
        return status;
    *out_number = number;
    for (size_t i = 0; i < TALKS_MAX; i++) { /* the peer may have been early */
        struct pkr_talk *t = link->talks[i];
        struct acg_error why = {0};

        if (t == NULL || t->state != PKR_TALK_OPENING || t->leg.state != PKR_LEG_NUMBERED ||
            t->leg.number != number)
            continue;
        if (settle_leg(link, t, &why) != ACG_OK)
            end_talk(link, t, why.status, why.message);
    }
    return ACG_OK;
}

enum acg_status pkr_link_call(struct pkr_link *link, uint32_t talk, const char *method,
                              const struct pkr_value *body, uint64_t *out_call, struct acg_error *err)
{
    struct pkr_talk *t = find_talk(link, talk);
    struct acgp_buf bytes;
    uint64_t call = 0;
    enum acg_status status = ACG_OK;

    if (t == NULL || t->state == PKR_TALK_ENDING || t->state == PKR_TALK_LINGERING)
        return acgp_fail(err, ACG_ERR_CLOSED, "the talk is over");
    if (!t->dialed)
        return acgp_fail(err, ACG_ERR_STATE, "the other side calls on this talk");
    acgp_buf_init(&bytes, PKR_RPC_MESSAGE_MAX);
    status = pkr_netrpc_call(&t->rpc, method, body, &bytes, &call, err);
    if (status == ACG_OK) {
        status = pkr_talk_send(t, link->session, acgp_buf_view(&bytes), err);
        if (status != ACG_OK)
            pkr_netrpc_forget(&t->rpc, call);
    }
    acgp_buf_wipe(&bytes);
    if (status == ACG_OK)
        *out_call = call;
    return status;
}

static enum acg_status answer(struct pkr_link *link, uint64_t call, const char *error,
                              const struct pkr_value *body, struct acg_error *err)
{
    struct pkr_talk *t = find_call(link, call);
    struct acgp_buf bytes;
    enum acg_status status = ACG_OK;

    if (t == NULL)
        return acgp_fail(err, ACG_ERR_CLOSED, "the call is over");
    acgp_buf_init(&bytes, PKR_RPC_MESSAGE_MAX);
    status = pkr_netrpc_reply(&t->rpc, call, error, body, &bytes, err);
    if (status == ACG_OK)
        status = pkr_talk_send(t, link->session, acgp_buf_view(&bytes), err);
    if (status == ACG_OK)
        pkr_netrpc_forget(&t->rpc, call);
    acgp_buf_wipe(&bytes);
    return status;
}

enum acg_status pkr_link_reply(struct pkr_link *link, uint64_t call, const struct pkr_value *body,
                               struct acg_error *err)
{
    return answer(link, call, NULL, body, err);
}

enum acg_status pkr_link_reply_error(struct pkr_link *link, uint64_t call, const char *text,
                                     struct acg_error *err)
{
    return answer(link, call, text != NULL && text[0] != '\0' ? text : "failed", NULL, err);
}

enum acg_status pkr_link_reply_unknown(struct pkr_link *link, uint64_t call, struct acg_error *err)
{
    const struct pkr_talk *t = find_call(link, call);
    char text[PKR_RPC_METHOD_MAX + 64];

    if (t == NULL)
        return acgp_fail(err, ACG_ERR_CLOSED, "the call is over");
    snprintf(text, sizeof text, "rpc: can't find method %s", pkr_netrpc_method(&t->rpc, call));
    return answer(link, call, text, NULL, err);
}

void pkr_link_hang_up(struct pkr_link *link, uint32_t talk)
{
    struct pkr_talk *t = find_talk(link, talk);

    if (t != NULL)
        end_talk(link, t, ACG_OK, "ended by this side");
}

size_t pkr_link_open_calls(const struct pkr_link *link, uint32_t talk)
{
    const struct pkr_talk *t = find_talk(link, talk);

    return t != NULL && t->dialed ? pkr_netrpc_open(&t->rpc) : 0;
}

bool pkr_link_is(const struct pkr_link_event *event, const char *method)
{
    return acgp_span_equal(event->method, acgp_span(method));
}
