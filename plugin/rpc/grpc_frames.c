/* SPDX-License-Identifier: MPL-2.0 */
#include "rpc/grpc_frames.h"

#include <nghttp2/nghttp2.h>

void rpc_frames_init(struct rpc_frames *frames)
{
    *frames = (struct rpc_frames){.left = NGHTTP2_CLIENT_MAGIC_LEN};
}

bool rpc_frames_open(const struct rpc_frames *frames)
{
    return frames->left > 0 || frames->head_len > 0 || frames->block_open;
}

static void begin(struct rpc_frames *frames)
{
    const uint8_t *h = frames->head;

    frames->begun++;
    frames->head_len = 0;
    frames->left = (size_t)h[0] << 16 | (size_t)h[1] << 8 | h[2];
    if (h[3] == NGHTTP2_HEADERS || h[3] == NGHTTP2_CONTINUATION)
        frames->block_open = (h[4] & NGHTTP2_FLAG_END_HEADERS) == 0;
}

void rpc_frames_follow(struct rpc_frames *frames, struct acg_span in)
{
    for (size_t at = 0; at < in.len;) {
        if (frames->left > 0) {
            size_t n = frames->left < in.len - at ? frames->left : in.len - at;

            frames->left -= n;
            at += n;
        } else {
            frames->head[frames->head_len++] = (uint8_t)in.data[at++];
            if (frames->head_len == RPC_FRAME_HEAD)
                begin(frames);
        }
        frames->closed += !rpc_frames_open(frames);
    }
}
