/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/yamux_stream.h"

#include <string.h>

#include "base/alloc.h"
#include "base/wipe.h"
#include "wire/yamux_session.h"

/* One block per sent message, made once at its size: nothing is copied again or left behind by growing. */
struct pkr_chunk {
    struct pkr_chunk *next;
    size_t start, len;
    uint8_t bytes[];
};

void pkr_stream_init(struct pkr_yamux_stream *st, uint32_t id, uint16_t flags)
{
    *st = (struct pkr_yamux_stream){
        .use = PKR_STREAM_OPEN,
        .id = id,
        .flags_due = flags,
        .send_window = PKR_YAMUX_WINDOW,
        .receive_window = PKR_YAMUX_WINDOW,
    };
}

static void drop_first(struct pkr_yamux_stream *st)
{
    struct pkr_chunk *chunk = st->first;

    st->first = chunk->next;
    if (st->first == NULL)
        st->last = NULL;
    st->chunks--;
    acgp_wipe(chunk->bytes, chunk->len);
    acgp_free(chunk);
}

void pkr_stream_drop(struct pkr_yamux_stream *st)
{
    while (st->first != NULL)
        drop_first(st);
    st->queued = 0;
}

void pkr_stream_done(struct pkr_yamux_stream *st)
{
    pkr_stream_drop(st);
    *st = (struct pkr_yamux_stream){0};
}

bool pkr_stream_enqueue(struct pkr_yamux_stream *st, struct acg_span data)
{
    struct pkr_chunk *chunk = acgp_alloc(1, sizeof *chunk + data.len);

    if (chunk == NULL)
        return false;
    chunk->len = data.len;
    memcpy(chunk->bytes, data.data, data.len);
    if (st->last != NULL)
        st->last->next = chunk;
    else
        st->first = chunk;
    st->last = chunk;
    st->chunks++;
    st->queued += data.len;
    return true;
}

void pkr_stream_dequeue(struct pkr_yamux_stream *st, uint8_t *out, size_t n)
{
    st->queued -= n;
    while (n > 0) {
        struct pkr_chunk *chunk = st->first;
        size_t left = chunk->len - chunk->start;
        size_t part = n < left ? n : left;

        memcpy(out, chunk->bytes + chunk->start, part);
        chunk->start += part;
        out += part;
        n -= part;
        if (chunk->start == chunk->len)
            drop_first(st);
    }
}
