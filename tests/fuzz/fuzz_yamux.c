/* SPDX-License-Identifier: MPL-2.0 */
/* Bytes of a peer against a session, or against a whole link. The first byte chooses which, and the side. */
#include "fuzz/fuzz.h"

#include "base/span.h"
#include "wire/link.h"
#include "wire/yamux_session.h"

enum { CHOICE_LINK = 1, CHOICE_CLIENT = 2, CHOICE_SLOW = 4 };

/* ---- A session: echoes what it gets ---- */

static void check_frames(const uint8_t *bytes, size_t len)
{
    struct pkr_frame f;

    while (len >= PKR_FRAME_HEADER) {
        FUZZ_CHECK(pkr_frame_decode(bytes, &f, NULL) == ACG_OK);
        size_t n = PKR_FRAME_HEADER + (f.type == PKR_FRAME_DATA ? f.length : 0);
        FUZZ_CHECK(n <= len && (f.type != PKR_FRAME_DATA || f.length <= PKR_YAMUX_FRAME_MAX));
        bytes += n;
        len -= n;
    }
    FUZZ_CHECK(len == 0);
}

static void drain_session(struct pkr_yamux_session *s)
{
    struct acg_span out = pkr_yamux_drain(s);

    check_frames((const uint8_t *)out.data, out.len);
    pkr_yamux_drained(s, out.len);
}

/* One frame can open a stream and reset it: its slot is free for another before both events were pulled. */
enum { MODEL_MAX = PKR_YAMUX_STREAMS_MAX + 1 };

/* What the events say, kept by hand: the streams that are open, and which of them got their FIN. */
struct model {
    uint32_t streams[MODEL_MAX];
    bool finished[MODEL_MAX];
    size_t count;
};

static size_t place_of(const struct model *m, uint32_t stream)
{
    size_t i = 0;

    while (i < m->count && m->streams[i] != stream)
        i++;
    return i;
}

static void add(struct model *m, uint32_t stream)
{
    FUZZ_CHECK(place_of(m, stream) == m->count && m->count < MODEL_MAX);
    m->streams[m->count] = stream;
    m->finished[m->count++] = false;
}

static void drop(struct model *m, size_t place)
{
    FUZZ_CHECK(place < m->count);
    m->streams[place] = m->streams[--m->count];
    m->finished[place] = m->finished[m->count];
}

/* Streams that both sides finished are forgotten when the last FIN is drained. */
static void drop_forgotten(struct model *m, const struct pkr_yamux_session *s)
{
    for (size_t i = m->count; i-- > 0;)
        if (m->finished[i] && !pkr_yamux_known(s, m->streams[i]))
            drop(m, i);
}

/* The results of sending do not matter here: refusals are part of the game. */
static void act(struct pkr_yamux_session *s, struct model *m, const struct pkr_yamux_event *ev,
                struct fuzz_cuts *cuts)
{
    size_t place = place_of(m, ev->stream);
    enum acg_status status = ACG_OK;
    uint32_t id = 0;

    switch (ev->kind) {
    case PKR_YAMUX_OPENED:
        add(m, ev->stream);
        if (fuzz_number(cuts) % 3 == 0 && pkr_yamux_open(s, &id, NULL) == ACG_OK)
            add(m, id);
        break;
    case PKR_YAMUX_DATA:
        FUZZ_CHECK(place < m->count && !m->finished[place]);
        FUZZ_CHECK(ev->data.len != 0 && ev->data.len <= PKR_YAMUX_WINDOW);
        pkr_yamux_consumed(s, ev->stream, ev->data.len);
        status = pkr_yamux_send(s, ev->stream, ev->data, NULL);
        if (fuzz_number(cuts) % 16 == 0 && pkr_yamux_known(s, ev->stream)) {
            pkr_yamux_reset(s, ev->stream);
            drop(m, place);
        }
        break;
    case PKR_YAMUX_FIN:
        FUZZ_CHECK(place < m->count && !m->finished[place]);
        m->finished[place] = true;
        pkr_yamux_finish(s, ev->stream);
        break;
    case PKR_YAMUX_RESET:
        FUZZ_CHECK(!pkr_yamux_known(s, ev->stream));
        drop(m, place);
        break;
    case PKR_YAMUX_PONG:
    case PKR_YAMUX_GO_AWAY:
        pkr_yamux_ping(s, ev->value);
        break;
    }
    FUZZ_CHECK(status != ACG_ERR_PROTOCOL);
}

static void fuzz_session(const uint8_t *data, size_t size, unsigned choice, struct fuzz_cuts cuts)
{
    struct pkr_yamux_session *s = NULL;
    struct pkr_yamux_event ev;
    struct model model = {.count = 0};
    enum acg_status status = ACG_OK;
    size_t used = 0;

    FUZZ_CHECK(pkr_yamux_new(choice & CHOICE_CLIENT ? PKR_YAMUX_CLIENT : PKR_YAMUX_SERVER, &s, NULL) ==
               ACG_OK);
    pkr_yamux_ping(s, 1);
    while (size > 0 && status == ACG_OK) {
        size_t n = fuzz_cut(&cuts, size);

        status = pkr_yamux_feed(s, acgp_span_of(data, n), &used, NULL);
        FUZZ_CHECK(used <= n);
        data += used;
        size -= used;
        while (pkr_yamux_next_event(s, &ev))
            act(s, &model, &ev, &cuts);
        if (used == 0 || !(choice & CHOICE_SLOW))
            drain_session(s);
        drop_forgotten(&model, s);
    }
    if (status != ACG_OK)
        FUZZ_CHECK(pkr_yamux_feed(s, acgp_span("x"), &used, NULL) == status && used == 0);
    drain_session(s);
    pkr_yamux_free(s);
}

/* ---- A link: answers some calls, makes some ---- */

struct room {
    struct pkr_link *link;
    uint64_t asked, replied; /* our calls: every one ends exactly once */
    bool closed;
};

static void handle(struct room *room, const struct pkr_link_event *ev, struct fuzz_cuts *cuts)
{
    enum acg_status status = ACG_OK;
    uint64_t call = 0;

    FUZZ_CHECK(!room->closed);
    switch (ev->kind) {
    case PKR_LINK_OPENED:
        if (ev->dialed && pkr_link_call(room->link, ev->talk, "Artifact.Id", NULL, &call, NULL) == ACG_OK)
            room->asked++;
        break;
    case PKR_LINK_CALL:
        if (fuzz_number(cuts) % 4 == 0)
            status = pkr_link_reply(room->link, ev->call, ev->body, NULL);
        else if (fuzz_number(cuts) % 4 == 0)
            status = pkr_link_reply_unknown(room->link, ev->call, NULL);
        else if (fuzz_number(cuts) % 4 == 0)
            pkr_tree_free(pkr_link_take_body(room->link));
        FUZZ_CHECK(status == ACG_OK || status == ACG_ERR_LIMIT);
        break;
    case PKR_LINK_REPLY:
        room->replied++;
        break;
    case PKR_LINK_ENDED:
        FUZZ_CHECK(pkr_link_open_calls(room->link, ev->talk) == 0);
        break;
    case PKR_LINK_CLOSED:
        room->closed = true;
        break;
    }
}

static void pull(struct room *room, struct fuzz_cuts *cuts)
{
    struct pkr_link_event ev;

    while (pkr_link_next_event(room->link, &ev))
        handle(room, &ev, cuts);
}

static void dial_some(struct room *room)
{
    struct pkr_value text = pkr_text("hello");
    uint32_t talk = 0, number = 0;
    uint64_t call = 0;

    for (uint32_t i = 0; i < 2; i++) {
        FUZZ_CHECK(pkr_link_dial(room->link, 0, i, &talk, NULL) == ACG_OK);
        FUZZ_CHECK(pkr_link_call(room->link, talk, "Ui.Say", &text, &call, NULL) == ACG_OK);
        room->asked++;
    }
    FUZZ_CHECK(pkr_link_serve(room->link, &number, NULL) == ACG_OK);
}

static void fuzz_link(const uint8_t *data, size_t size, unsigned choice, struct fuzz_cuts cuts)
{
    struct room room = {0};
    enum acg_status status = ACG_OK;
    size_t used = 0;
    int64_t now_ms = 0;

    FUZZ_CHECK(pkr_link_new(choice & CHOICE_CLIENT ? PKR_LINK_CORE : PKR_LINK_PLUGIN, &room.link, NULL) ==
               ACG_OK);
    dial_some(&room);
    while (size > 0 && status == ACG_OK) {
        size_t n = fuzz_cut(&cuts, size);

        status = pkr_link_feed(room.link, now_ms, acgp_span_of(data, n), &used, NULL);
        FUZZ_CHECK(used <= n);
        data += used;
        size -= used;
        now_ms += fuzz_number(&cuts) % 64;
        pkr_link_tick(room.link, now_ms);
        if (used == 0 || fuzz_number(&cuts) % 4 != 0)
            pull(&room, &cuts);
        if (used == 0 || !(choice & CHOICE_SLOW))
            pkr_link_drained(room.link, pkr_link_drain(room.link).len);
    }
    pkr_link_eof(room.link);
    pull(&room, &cuts);
    FUZZ_CHECK(room.closed && room.asked == room.replied);
    pkr_link_free(room.link);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] & CHOICE_LINK)
        fuzz_link(data + 1, size - 1, data[0], fuzz_cuts(data, size));
    else
        fuzz_session(data + 1, size - 1, data[0], fuzz_cuts(data, size));
    return 0;
}
