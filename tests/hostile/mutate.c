/* SPDX-License-Identifier: MPL-2.0 */
#include "hostile/mutate.h"

#include <stdio.h>
#include <string.h>

#include "base/span.h"
#include "wire/yamux_frame.h"

enum { BYTES_MAX = 64 * 1024 * 1024, RPC_PERCENT = 40 };

void mutator_insert(struct mutator *m, unsigned type, unsigned flags, uint32_t stream, uint32_t length,
                    struct acg_span payload)
{
    struct pkr_frame frame = {(enum pkr_frame_type)type, (uint16_t)flags, stream, length};
    uint8_t header[PKR_FRAME_HEADER];

    pkr_frame_encode(&frame, header);
    acgp_buf_append(m->out, header, sizeof header);
    acgp_buf_span(m->out, payload);
}

struct acg_span mutator_payload(const struct mutator *m)
{
    return acgp_span_of(m->work.data + PKR_FRAME_HEADER, m->work.len - PKR_FRAME_HEADER);
}

void mutator_set_payload(struct mutator *m, struct acg_span payload)
{
    uint8_t header[PKR_FRAME_HEADER];

    memcpy(header, m->work.data, sizeof header);
    for (int i = 0; i < 4; i++)
        header[8 + i] = (uint8_t)(payload.len >> (24 - 8 * i));
    acgp_buf_clear(&m->work);
    acgp_buf_append(&m->work, header, sizeof header);
    acgp_buf_span(&m->work, payload);
}

void mutator_flip(struct mutator *m, size_t from)
{
    uint8_t *bytes = (uint8_t *)m->work.data;

    for (size_t n = 1 + dice_below(&m->dice, 8); n > 0; n--)
        bytes[from + dice_below(&m->dice, m->work.len - from)] ^= (uint8_t)(1u << dice_below(&m->dice, 8));
}

void mutator_emit(struct mutator *m)
{
    acgp_buf_span(m->out, acgp_buf_view(&m->work));
}

static void note(struct mutator *m, const char *name)
{
    size_t len = strlen(m->story);

    m->applied++;
    (void)snprintf(m->story + len, sizeof m->story - len, "%s%zu %s", len == 0 ? "" : ", ", m->seen, name);
}

static void change(struct mutator *m)
{
    const char *name = dice_chance(&m->dice, RPC_PERCENT) ? mutate_rpc(m) : NULL;

    if (name != NULL)
        mutator_emit(m);
    else
        name = mutate_frame(m);
    note(m, name);
}

void mutator_init(struct mutator *m, uint64_t seed, size_t span, struct acgp_buf *out)
{
    *m = (struct mutator){.dice = {seed}, .out = out};
    acgp_buf_init(&m->held, BYTES_MAX);
    acgp_buf_init(&m->work, BYTES_MAX);
    m->at[m->count++] = dice_below(&m->dice, span);
    while (m->count < MUTATIONS_MAX && dice_chance(&m->dice, 60))
        m->at[m->count++] = m->at[0] + 1 + dice_below(&m->dice, span);
}

void mutator_done(struct mutator *m)
{
    acgp_buf_done(&m->held);
    acgp_buf_done(&m->work);
}

static void release_held(struct mutator *m)
{
    acgp_buf_span(m->out, acgp_buf_view(&m->held));
    acgp_buf_clear(&m->held);
}

void mutator_frame(struct mutator *m, struct acg_span frame)
{
    bool due = false, holding = m->held.len != 0;

    for (size_t i = 0; i < m->count; i++)
        due |= m->at[i] == m->seen;
    acgp_buf_clear(&m->work);
    acgp_buf_span(&m->work, frame);
    if (due)
        change(m);
    else
        mutator_emit(m);
    if (holding)
        release_held(m);
    m->seen++;
}

void mutator_last(struct mutator *m)
{
    struct pkr_frame ping = {PKR_FRAME_PING, PKR_FRAME_SYN, 0, 7};
    uint8_t header[PKR_FRAME_HEADER];

    release_held(m);
    if (m->applied != 0)
        return;
    m->at[0] = m->seen;
    pkr_frame_encode(&ping, header);
    mutator_frame(m, acgp_span_of(header, sizeof header));
    release_held(m);
}
