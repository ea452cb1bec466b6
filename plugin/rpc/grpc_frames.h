/* SPDX-License-Identifier: MPL-2.0 */
/** Where the client's frames begin and end. nghttp2 passes over some of them without a word (kinds that
 * nobody knows, those of streams that are gone) and waits for the rest of one for ever. */
#ifndef RPC_GRPC_FRAMES_H
#define RPC_GRPC_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <acg/span.h>

/** Head of a frame, bytes. */
#define RPC_FRAME_HEAD 9u

struct rpc_frames {
    uint64_t begun;  /* frames whose head is complete */
    uint64_t closed; /* how often everything that had begun was complete */
    size_t left;     /* bytes of the greeting or of the frame that are still to come */
    uint8_t head[RPC_FRAME_HEAD];
    size_t head_len;
    bool block_open; /* header fields go on in the next frame */
};

/** Before the client's first byte. */
void rpc_frames_init(struct rpc_frames *frames);
/** Follow bytes that HTTP/2 took. @param in borrowed for the call. */
void rpc_frames_follow(struct rpc_frames *frames, struct acg_span in);
/** Whether a frame, the header fields of a call, or the greeting has not come to its end. */
bool rpc_frames_open(const struct rpc_frames *frames);

#endif
