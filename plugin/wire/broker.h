/* SPDX-License-Identifier: MPL-2.0 */
/** Numbered streams: whoever opens a yamux stream sends a number first, 4 bytes, little endian, and the other
 *  side sends it back. Both sides count their own numbers. Pure; never blocks; the caller passes the time. */
#ifndef PKR_BROKER_H
#define PKR_BROKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/export.h>
#include <acg/span.h>

#define PKR_LEG_BYTES 4u
/** How long the other side's number may take, ms: Packer waits as long for a number that it expects. */
#define PKR_LEG_MS 5000
/** Numbers that may wait to be dialed: one per stream that could be open. */
#define PKR_BROKER_SERVED_MAX 64u

enum pkr_leg_state {
    PKR_LEG_ASKED = 1, /* opened by the peer; its number is coming */
    PKR_LEG_NUMBERED,  /* its number is known; nothing was sent back yet */
    PKR_LEG_DIALING,   /* opened by us; the echo is coming */
    PKR_LEG_READY,     /* the stream belongs to the conversation */
    PKR_LEG_WRONG      /* the echo was another number */
};

/** The first bytes of one stream, both ways. */
struct pkr_leg {
    enum pkr_leg_state state;
    uint8_t bytes[PKR_LEG_BYTES];
    size_t have;
    uint32_t number;
    int64_t due_ms; /* when ASKED, NUMBERED and DIALING give up */
};

/** The peer opened a stream. */
void pkr_leg_accept(struct pkr_leg *leg, int64_t now_ms);
/** We open one. @param out_bytes PKR_LEG_BYTES bytes to be sent first. */
void pkr_leg_dial(struct pkr_leg *leg, uint32_t number, int64_t now_ms, uint8_t *out_bytes);
/** Take bytes that came on the stream; look at leg->state afterwards.
 *  @return how many of them belong to the number; the others belong to the conversation. */
size_t pkr_leg_feed(struct pkr_leg *leg, struct acg_span in);
/** NUMBERED becomes READY. @param out_bytes PKR_LEG_BYTES bytes to be sent: the number again. */
void pkr_leg_echo(struct pkr_leg *leg, uint8_t *out_bytes);

/** The numbers that we serve and nobody dialed yet. Zeroed: none. */
struct pkr_broker {
    uint32_t served[PKR_BROKER_SERVED_MAX];
    size_t count;
    uint32_t last; /* number given out last */
};

/** Choose a new number, never 0, and serve it. @return ACG_OK | ACG_ERR_LIMIT. */
ACG_NODISCARD enum acg_status pkr_broker_serve_new(struct pkr_broker *b, uint32_t *out_number,
                                                   struct acg_error *err);
/** Serve a fixed number. @return ACG_OK | ACG_ERR_LIMIT. */
ACG_NODISCARD enum acg_status pkr_broker_serve(struct pkr_broker *b, uint32_t number, struct acg_error *err);
/** The peer dialed a number: each served number is good for one stream. @return false: not served. */
bool pkr_broker_claim(struct pkr_broker *b, uint32_t number);

#endif
