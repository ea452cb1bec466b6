/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/yamux_frame.h"

#include "base/error.h"

enum { VERSION = 0 };

static uint32_t get32(const uint8_t *in)
{
    return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

static void put32(uint8_t *out, uint32_t n)
{
    out[0] = (uint8_t)(n >> 24);
    out[1] = (uint8_t)(n >> 16);
    out[2] = (uint8_t)(n >> 8);
    out[3] = (uint8_t)n;
}

void pkr_frame_encode(const struct pkr_frame *frame, uint8_t *out)
{
    out[0] = VERSION;
    out[1] = (uint8_t)frame->type;
    out[2] = (uint8_t)(frame->flags >> 8);
    out[3] = (uint8_t)frame->flags;
    put32(out + 4, frame->stream);
    put32(out + 8, frame->length);
}

enum acg_status pkr_frame_decode(const uint8_t *in, struct pkr_frame *out, struct acg_error *err)
{
    uint32_t stream = get32(in + 4);

    if (in[0] != VERSION)
        return acgp_fail(err, ACG_ERR_PROTOCOL, "yamux version %u, expected 0", (unsigned)in[0]);
    if (in[1] > PKR_FRAME_GO_AWAY)
        return acgp_fail(err, ACG_ERR_PROTOCOL, "yamux frame of unknown type %u", (unsigned)in[1]);
    if (in[1] <= PKR_FRAME_WINDOW && stream == 0)
        return acgp_fail(err, ACG_ERR_PROTOCOL, "yamux data or window frame for stream 0");
    *out = (struct pkr_frame){
        .type = (enum pkr_frame_type)in[1],
        .flags = (uint16_t)(in[2] << 8 | in[3]),
        .stream = stream,
        .length = get32(in + 8),
    };
    return ACG_OK;
}
