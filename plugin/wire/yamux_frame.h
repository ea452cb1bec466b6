/* SPDX-License-Identifier: MPL-2.0 */
/** One yamux frame header: 12 bytes, big endian. Pure; never blocks. The rules are those of yamux' spec. */
#ifndef PKR_YAMUX_FRAME_H
#define PKR_YAMUX_FRAME_H

#include <stdint.h>

#include <acg/error.h>
#include <acg/export.h>

#define PKR_FRAME_HEADER 12u

enum pkr_frame_type {
    PKR_FRAME_DATA = 0,    /* length: payload bytes that follow the header */
    PKR_FRAME_WINDOW = 1,  /* length: credit in bytes */
    PKR_FRAME_PING = 2,    /* length: a value that the answer repeats */
    PKR_FRAME_GO_AWAY = 3, /* length: the reason */
};

enum pkr_frame_flag {
    PKR_FRAME_SYN = 1, /* opens a stream; asks, on a ping */
    PKR_FRAME_ACK = 2, /* accepts a stream; answers, on a ping */
    PKR_FRAME_FIN = 4, /* the sender will send no more on this stream */
    PKR_FRAME_RST = 8  /* the stream is over, both ways */
};

enum pkr_go_away { PKR_GO_AWAY_NORMAL = 0, PKR_GO_AWAY_PROTOCOL = 1, PKR_GO_AWAY_INTERNAL = 2 };

struct pkr_frame {
    enum pkr_frame_type type;
    uint16_t flags;
    uint32_t stream; /* 0 with ping and go away */
    uint32_t length;
};

/** Write a header. @param out PKR_FRAME_HEADER bytes. */
void pkr_frame_encode(const struct pkr_frame *frame, uint8_t *out);
/** Read a header. @param in PKR_FRAME_HEADER bytes.
 *  @return ACG_OK | ACG_ERR_PROTOCOL (unknown version or type, or data or a window for stream 0). */
ACG_NODISCARD enum acg_status pkr_frame_decode(const uint8_t *in, struct pkr_frame *out,
                                               struct acg_error *err);

#endif
