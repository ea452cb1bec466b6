/* SPDX-License-Identifier: MPL-2.0 */
#define _GNU_SOURCE /* memmem */
#include "hostile/tally.h"

#include <string.h>

#include "base/span.h"
#include "wire/value.h"
#include "wire/yamux_frame.h"

enum { BYTES_MAX = 16 * 1024 * 1024, NUMBER = 4 };

void tally_init(struct tally *t)
{
    *t = (struct tally){0};
    acgp_buf_init(&t->in, BYTES_MAX);
    for (size_t i = 0; i < TALLY_STREAMS; i++)
        acgp_buf_init(&t->streams[i], BYTES_MAX);
}

void tally_done(struct tally *t)
{
    acgp_buf_done(&t->in);
    for (size_t i = 0; i < TALLY_STREAMS; i++)
        acgp_buf_done(&t->streams[i]);
}

static void count(struct tally *t, uint32_t stream, const struct pkr_value *header)
{
    struct acg_span method = {0};

    if (pkr_value_get(header, "Seq") == NULL)
        return; /* a number, of a stream whose id was used before */
    if (stream == 1)
        t->answers++;
    else if (stream % 2 == 1)
        t->results++;
    else
        t->asked++;
    if (stream % 2 == 0 && pkr_value_as_text(pkr_value_get(header, "ServiceMethod"), &method))
        t->told += acgp_span_starts_nocase(method, acgp_span("Ui."));
}

/* Length of the value at the start, 0 while it is not complete. */
static size_t value_length(struct acg_span in)
{
    struct pkr_scan scan;
    size_t used = 0;

    pkr_scan_init(&scan);
    return pkr_scan_feed(&scan, in, &used, NULL) == ACG_OK && scan.done ? used : 0;
}

/* @return bytes of the message at the start, 0 when there is none. */
static size_t take_message(struct tally *t, uint32_t stream, struct acg_span in)
{
    struct pkr_tree *tree = NULL;
    size_t header = value_length(in), body = 0;

    if (header != 0)
        body = value_length(acgp_span_of(in.data + header, in.len - header));
    if (body == 0)
        return 0;
    if (pkr_value_decode(in, NULL, &tree, NULL) == ACG_OK)
        count(t, stream, pkr_tree_root(tree));
    pkr_tree_free(tree);
    return header + body;
}

/* The number that opens each stream stays in front of its bytes, so that it is skipped once. */
static void take_messages(struct tally *t, uint32_t stream)
{
    struct acgp_buf *b = &t->streams[stream];
    size_t at = NUMBER, n = 1;

    while (n != 0 && at < b->len) {
        n = take_message(t, stream, acgp_span_of(b->data + at, b->len - at));
        at += n;
    }
    if (at > NUMBER && at <= b->len) {
        acgp_buf_consume(b, at - NUMBER);
    }
}

void tally_feed(struct tally *t, struct acg_span bytes)
{
    struct pkr_frame f;
    size_t at = 0;

    t->bytes += bytes.len;
    acgp_buf_span(&t->in, bytes);
    t->revealed |= bytes.len > 0 && memmem(t->in.data, t->in.len, TALLY_SECRET, strlen(TALLY_SECRET)) != NULL;
    while (!t->broken && t->in.len - at >= PKR_FRAME_HEADER) {
        const uint8_t *header = (const uint8_t *)t->in.data + at;

        if (pkr_frame_decode(header, &f, NULL) != ACG_OK) {
            t->broken = true;
            return;
        }
        size_t len = PKR_FRAME_HEADER + (f.type == PKR_FRAME_DATA ? f.length : 0);
        if (t->in.len - at < len)
            break;
        if (f.type == PKR_FRAME_DATA && f.stream < TALLY_STREAMS) {
            acgp_buf_append(&t->streams[f.stream], header + PKR_FRAME_HEADER, f.length);
            take_messages(t, f.stream);
        }
        at += len;
    }
    acgp_buf_consume(&t->in, at);
}
