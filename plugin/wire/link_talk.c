/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/link_talk.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"

struct pkr_talk *pkr_talk_new(uint32_t id, uint32_t stream, bool dialed, uint64_t *handles)
{
    struct pkr_talk *t = acgp_alloc(1, sizeof *t);

    if (t == NULL)
        return NULL;
    t->state = PKR_TALK_OPENING;
    t->id = id;
    t->stream = stream;
    t->dialed = t->known = dialed;
    pkr_netrpc_init(&t->rpc, dialed ? PKR_RPC_CALLER : PKR_RPC_CALLEE, handles);
    acgp_buf_init(&t->waiting, PKR_YAMUX_STREAM_QUEUED_MAX - PKR_LEG_BYTES);
    return t;
}

void pkr_talk_free(struct pkr_talk *t)
{
    if (t == NULL)
        return;
    pkr_netrpc_done(&t->rpc);
    acgp_buf_wipe(&t->waiting);
    acgp_free(t);
}

enum acg_status pkr_talk_take(struct pkr_talk *t, struct acg_span in, struct acg_error *err)
{
    size_t n = pkr_leg_feed(&t->leg, in);

    t->uncredited += in.len;
    if (t->leg.state == PKR_LEG_WRONG)
        return acgp_fail(err, ACG_ERR_PROTOCOL, "Packer answered number %u with another",
                         (unsigned)t->leg.number);
    return pkr_netrpc_push(&t->rpc, acgp_span_of(in.data + n, in.len - n), err);
}

enum acg_status pkr_talk_adopt(struct pkr_talk *t, struct pkr_yamux_session *s, struct acg_error *err)
{
    uint8_t bytes[PKR_LEG_BYTES];

    pkr_leg_echo(&t->leg, bytes);
    t->state = PKR_TALK_OPEN;
    t->opened_due = t->known = true;
    return pkr_yamux_send(s, t->stream, acgp_span_of(bytes, sizeof bytes), err);
}

enum acg_status pkr_talk_ready(struct pkr_talk *t, struct pkr_yamux_session *s, struct acg_error *err)
{
    enum acg_status status = pkr_yamux_send(s, t->stream, acgp_buf_view(&t->waiting), err);

    t->state = PKR_TALK_OPEN;
    t->opened_due = true;
    acgp_buf_wipe(&t->waiting);
    return status;
}

enum acg_status pkr_talk_send(struct pkr_talk *t, struct pkr_yamux_session *s, struct acg_span bytes,
                              struct acg_error *err)
{
    if (t->state == PKR_TALK_OPEN)
        return pkr_yamux_send(s, t->stream, bytes, err);
    if (bytes.len > t->waiting.max - t->waiting.len)
        return acgp_fail(err, ACG_ERR_LIMIT, "%zu bytes wait for number %u to be answered", t->waiting.len,
                         (unsigned)t->leg.number);
    if (!acgp_buf_span(&t->waiting, bytes)) {
        t->waiting.failed = false; /* it still holds what it had */
        return acgp_fail_nomem(err);
    }
    return ACG_OK;
}

void pkr_talk_end(struct pkr_talk *t, struct pkr_yamux_session *s, int64_t now_ms, enum acg_status status,
                  const char *why)
{
    if (t->state == PKR_TALK_ENDING || t->state == PKR_TALK_LINGERING)
        return;
    if (status == ACG_OK || status == ACG_ERR_TIMEOUT || t->peer_done) {
        pkr_yamux_finish(s, t->stream);
    } else {
        pkr_yamux_reset(s, t->stream);
        t->stream = 0;
    }
    t->state = t->known ? PKR_TALK_ENDING : PKR_TALK_LINGERING;
    t->linger_ms = now_ms + PKR_LINK_LINGER_MS;
    acgp_fail(&t->end, status, "%s", why);
}

bool pkr_talk_deadline(const struct pkr_talk *t, int64_t *out_due_ms)
{
    if (t->state == PKR_TALK_OPENING)
        *out_due_ms = t->leg.due_ms;
    else if (t->state == PKR_TALK_LINGERING)
        *out_due_ms = t->linger_ms;
    else
        return false;
    return true;
}
