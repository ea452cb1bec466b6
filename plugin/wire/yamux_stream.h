/* SPDX-License-Identifier: MPL-2.0 */
/** One stream of a yamux session: its state, its windows and the bytes that wait to be sent. Part of the
 *  session; nobody else includes it. */
#ifndef PKR_YAMUX_STREAM_H
#define PKR_YAMUX_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <acg/span.h>

/** Pieces queued on one stream: bounds the memory that many tiny pieces take beside their bytes. */
#define PKR_STREAM_CHUNKS_MAX 4096u

enum pkr_stream_use {
    PKR_STREAM_FREE = 0,
    PKR_STREAM_OPEN,
    PKR_STREAM_RESETTING /* the RST waits for room; the id is unknown already */
};

struct pkr_chunk;

struct pkr_yamux_stream {
    enum pkr_stream_use use;
    uint32_t id;
    uint16_t flags_due; /* SYN, ACK or RST still to be sent */
    bool finishing;     /* FIN follows what is queued */
    bool fin_sent;
    bool fin_received;
    uint32_t send_window;    /* bytes that the peer takes */
    uint32_t receive_window; /* bytes that the peer may send */
    uint32_t credit;         /* consumed and not granted again yet */
    struct pkr_chunk *first, *last;
    size_t chunks;
    size_t queued; /* bytes */
};

/** Take a slot into use. @param flags PKR_FRAME_SYN for our own, PKR_FRAME_ACK for the peer's. */
void pkr_stream_init(struct pkr_yamux_stream *st, uint32_t id, uint16_t flags);
/** Drop what is queued, wiping it. */
void pkr_stream_drop(struct pkr_yamux_stream *st);
/** Drop what is queued and free the slot. */
void pkr_stream_done(struct pkr_yamux_stream *st);
/** Queue a copy of some bytes. @return false: out of memory. */
bool pkr_stream_enqueue(struct pkr_yamux_stream *st, struct acg_span data);
/** Move the first n bytes to out; n is at most queued. */
void pkr_stream_dequeue(struct pkr_yamux_stream *st, uint8_t *out, size_t n);

#endif
