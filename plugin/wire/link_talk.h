/* SPDX-License-Identifier: MPL-2.0 */
/** One talk of a link: its stream, its number, its RPC end, and how it is to end. Part of the link; nobody
 *  else includes it. */
#ifndef PKR_LINK_TALK_H
#define PKR_LINK_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "wire/broker.h"
#include "wire/link.h"
#include "wire/netrpc.h"
#include "wire/yamux_session.h"

enum pkr_talk_state {
    PKR_TALK_OPENING = 1, /* the numbers are being exchanged */
    PKR_TALK_OPEN,        /* calls and replies */
    PKR_TALK_ENDING,      /* over; LOST and ENDED are still to be told */
    PKR_TALK_LINGERING    /* told, or never known above; waits for the peer's FIN */
};

struct pkr_talk {
    enum pkr_talk_state state;
    uint32_t id;
    uint32_t stream; /* 0: gone */
    bool dialed;
    bool opened_due; /* PKR_LINK_OPENED is still to be told */
    bool known;      /* the room above has heard of it */
    bool peer_done;  /* FIN came */
    struct pkr_leg leg;
    struct pkr_netrpc rpc;
    struct acgp_buf waiting; /* calls made before the echo came */
    size_t uncredited;       /* received bytes whose window was not granted again */
    int64_t linger_ms;       /* LINGERING: when the stream is reset */
    struct acg_error end;    /* ENDING: status and message; status ACG_OK: in order */
};

/** Make a talk. @param handles as in pkr_netrpc_init. @return NULL: out of memory. */
struct pkr_talk *pkr_talk_new(uint32_t id, uint32_t stream, bool dialed, uint64_t *handles);
void pkr_talk_free(struct pkr_talk *t);

/** Take bytes of the stream: first the number, then the conversation's.
 *  @return as pkr_netrpc_push; also ACG_ERR_PROTOCOL for a wrong echo. */
ACG_NODISCARD enum acg_status pkr_talk_take(struct pkr_talk *t, struct acg_span in, struct acg_error *err);
/** The number is served: send it back. */
ACG_NODISCARD enum acg_status pkr_talk_adopt(struct pkr_talk *t, struct pkr_yamux_session *s,
                                             struct acg_error *err);
/** The echo came: send the calls that waited for it. */
ACG_NODISCARD enum acg_status pkr_talk_ready(struct pkr_talk *t, struct pkr_yamux_session *s,
                                             struct acg_error *err);
/** Send an encoded message, or keep it until the echo came. As pkr_yamux_send. */
ACG_NODISCARD enum acg_status pkr_talk_send(struct pkr_talk *t, struct pkr_yamux_session *s,
                                            struct acg_span bytes, struct acg_error *err);
/** End a talk: with FIN when that is in order (ACG_OK, ACG_ERR_TIMEOUT, or the peer has finished), else with
 * RST. A talk that is over already stays as it is. */
void pkr_talk_end(struct pkr_talk *t, struct pkr_yamux_session *s, int64_t now_ms, enum acg_status status,
                  const char *why);
/** When the talk's deadline is due. @return false: it has none. */
bool pkr_talk_deadline(const struct pkr_talk *t, int64_t *out_due_ms);

#endif
