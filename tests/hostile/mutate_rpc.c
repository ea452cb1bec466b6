/* SPDX-License-Identifier: MPL-2.0 */
/* Changes of a message: its header in net/rpc's terms, its values in msgpack's. */
#include "hostile/mutate.h"

#include <string.h>

#include "base/span.h"
#include "wire/value.h"
#include "wire/yamux_frame.h"

enum { MESSAGE_MAX = 4 * 1024 * 1024, PAIRS_MAX = 8, PIECE_MAX = 262144 };

/* A message taken apart, and the one that is made of it. */
struct message {
    struct mutator *m;
    struct pkr_tree *header, *body;
    struct acg_span header_bytes, body_bytes;
    struct acgp_buf out;
};

static bool decode(struct message *x)
{
    struct acg_span in = mutator_payload(x->m);
    size_t header = 0, body = 0;

    if (pkr_value_decode(in, &header, &x->header, NULL) != ACG_OK)
        return false;
    x->header_bytes = acgp_span_of(in.data, header);
    in = acgp_span_of(in.data + header, in.len - header);
    if (pkr_tree_root(x->header)->kind != PKR_VALUE_MAP ||
        pkr_value_decode(in, &body, &x->body, NULL) != ACG_OK)
        return false;
    x->body_bytes = acgp_span_of(in.data, body);
    return true;
}

/* The header with another value under a key; NULL: without the key. */
static void put_header(struct message *x, const char *key, const struct pkr_value *value)
{
    const struct pkr_value *header = pkr_tree_root(x->header);
    struct pkr_pair pairs[PAIRS_MAX];
    size_t n = 0;

    for (size_t i = 0; i < header->as.map.count && n < PAIRS_MAX - 1; i++) {
        struct acg_span name = {0};
        bool same =
            pkr_value_as_text(&header->as.map.pairs[i].key, &name) && acgp_span_equal(name, acgp_span(key));
        if (!same)
            pairs[n++] = header->as.map.pairs[i];
    }
    if (value != NULL)
        pairs[n++] = (struct pkr_pair){pkr_text(key), *value};
    struct pkr_value changed = pkr_map(pairs, n);
    (void)(pkr_value_encode(&changed, &x->out, NULL) == ACG_OK);
}

static void put_body(struct message *x)
{
    acgp_buf_span(&x->out, x->body_bytes);
}

/* ---- net/rpc ---- */

static void other_seq(struct message *x)
{
    static const uint64_t odd[] = {0, 1, 2, 3, 7, 255, 4294967295u, 9223372036854775807u, UINT64_MAX};
    struct pkr_value seq = pkr_uint(odd[dice_below(&x->m->dice, sizeof odd / sizeof odd[0])]);

    put_header(x, "Seq", &seq);
    put_body(x);
}

static void odd_seq(struct message *x)
{
    struct pkr_value odd[] = {pkr_nil(), pkr_text("1"), pkr_float(1.5), pkr_int(-1), pkr_bool(true)};

    put_header(x, "Seq", &odd[dice_below(&x->m->dice, 5)]);
    put_body(x);
}

static void no_key(struct message *x)
{
    static const char *const keys[] = {"Seq", "ServiceMethod", "Error"};

    put_header(x, keys[dice_below(&x->m->dice, 3)], NULL);
    put_body(x);
}

static void other_method(struct message *x)
{
    static char endless[700];
    static const char *const names[] = {"PostProcessor.PostProcess",
                                        "PostProcessor.Cancel",
                                        "PostProcessor.ConfigSpec",
                                        "PostProcessor.Configure",
                                        "PostProcessor.Nope",
                                        "Builder.Run",
                                        "Artifact.Id",
                                        "",
                                        ".",
                                        "\x1b[2J\n"};
    size_t i = dice_below(&x->m->dice, 11);

    memset(endless, 'a', sizeof endless - 1);
    struct pkr_value name = pkr_text(i < 10 ? names[i] : endless);
    put_header(x, "ServiceMethod", &name);
    put_body(x);
}

static void error_text(struct message *x)
{
    static char endless[20000];
    static const char *const texts[] = {"gone", "\r\n\x1b]0;x\x07", "rpc: can't find method Ui.Say"};
    size_t i = dice_below(&x->m->dice, 4);

    memset(endless, '\n', sizeof endless - 1);
    struct pkr_value text = pkr_text(i < 3 ? texts[i] : endless);
    put_header(x, "Error", &text);
    put_body(x);
}

static void array_header(struct message *x)
{
    const struct pkr_value *header = pkr_tree_root(x->header);
    struct pkr_value items[PAIRS_MAX];
    size_t n = 0;

    for (; n < header->as.map.count && n < PAIRS_MAX; n++)
        items[n] = header->as.map.pairs[n].value;
    struct pkr_value array = pkr_array(items, dice_below(&x->m->dice, n + 1));
    (void)(pkr_value_encode(&array, &x->out, NULL) == ACG_OK);
    put_body(x);
}

static void twice(struct message *x)
{
    for (int i = 0; i < 2; i++) {
        acgp_buf_span(&x->out, x->header_bytes);
        put_body(x);
    }
}

static void body_first(struct message *x)
{
    put_body(x);
    acgp_buf_span(&x->out, x->header_bytes);
}

static void no_body(struct message *x)
{
    acgp_buf_span(&x->out, x->header_bytes);
}

/* ---- msgpack ---- */

static void cut_short(struct message *x)
{
    acgp_buf_span(&x->out, x->header_bytes);
    put_body(x);
    x->out.len = dice_below(&x->m->dice, x->out.len);
}

static void garbage(struct message *x)
{
    acgp_buf_span(&x->out, x->header_bytes);
    for (size_t n = 1 + dice_below(&x->m->dice, 200); n > 0; n--)
        acgp_buf_byte(&x->out, (uint8_t)dice_roll(&x->m->dice));
}

static void huge_length(struct message *x)
{
    static const uint8_t leads[] = {0xdb, 0xc6, 0xdd, 0xdf, 0xc9};
    static const uint32_t lengths[] = {0xffffffff, 0x7fffffff, 0x00400001, 0x003fff00, 0x00010001};
    uint32_t length = lengths[dice_below(&x->m->dice, 5)];
    uint8_t head[5] = {leads[dice_below(&x->m->dice, 5)], (uint8_t)(length >> 24), (uint8_t)(length >> 16),
                       (uint8_t)(length >> 8), (uint8_t)length};

    acgp_buf_span(&x->out, x->header_bytes);
    acgp_buf_append(&x->out, head, sizeof head);
    put_body(x);
}

static void deep(struct message *x)
{
    size_t depth = 24 + dice_below(&x->m->dice, 16) + (dice_chance(&x->m->dice, 20) ? 50000 : 0);
    bool maps = dice_chance(&x->m->dice, 50);

    acgp_buf_span(&x->out, x->header_bytes);
    for (size_t i = 0; i < depth; i++)
        acgp_buf_append(&x->out, maps ? "\x81\xa1x" : "\x91", maps ? 3 : 1);
    acgp_buf_byte(&x->out, 0xc0);
}

static void many(struct message *x)
{
    size_t n = dice_chance(&x->m->dice, 50) ? 65535 : 70000;
    uint8_t head[5] = {0xdd, 0, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};

    acgp_buf_span(&x->out, x->header_bytes);
    acgp_buf_append(&x->out, head, sizeof head);
    for (size_t i = 0; i < n; i++)
        acgp_buf_byte(&x->out, 0xc0);
}

static void odd_body(struct message *x)
{
    static const struct {
        const char *bytes;
        size_t len;
    } odd[] = {{"\xc0", 1},
               {"\xc1", 1},
               {"\xc3", 1},
               {"\xcb\x7f\xf8\0\0\0\0\0\0", 9},
               {"\xca\x7f\x80\0\0", 5},
               {"\xcf\xff\xff\xff\xff\xff\xff\xff\xff", 9},
               {"\xd3\x80\0\0\0\0\0\0\0", 9},
               {"\xd4\xff\0", 3},
               {"\xa0", 1},
               {"\x90", 1},
               {"\x80", 1},
               {"\x82\x01\x02\x90\x80", 5},
               {"\x81\xa7"
                "Configs\xc3",
                10},
               {"\x81\xa7"
                "Configs\xdc\0\x14\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1",
                32},
               {"\x81\xa7"
                "Configs\x93\xc4\x04"
                "null\xa0\x01",
                18},
               {"\x81\xa7"
                "Configs\x91\xc4\x02"
                "{}",
                14}};
    size_t i = dice_below(&x->m->dice, sizeof odd / sizeof odd[0]);

    acgp_buf_span(&x->out, x->header_bytes);
    acgp_buf_append(&x->out, odd[i].bytes, odd[i].len);
}

/* ---- Choosing ---- */

static const struct {
    const char *name;
    void (*change)(struct message *x);
} changes[] = {
    {"seq", other_seq},     {"odd seq", odd_seq},
    {"no key", no_key},     {"method", other_method},
    {"error", error_text},  {"array header", array_header},
    {"twice", twice},       {"body first", body_first},
    {"no body", no_body},   {"cut short", cut_short},
    {"garbage", garbage},   {"huge length", huge_length},
    {"deep", deep},         {"many", many},
    {"odd body", odd_body}, {"odd body", odd_body},
};

const char *mutate_rpc(struct mutator *m)
{
    struct message x = {.m = m};
    const char *name = NULL;

    if ((unsigned char)m->work.data[1] != PKR_FRAME_DATA)
        return NULL;
    acgp_buf_init(&x.out, MESSAGE_MAX);
    if (decode(&x)) {
        size_t i = dice_below(&m->dice, sizeof changes / sizeof changes[0]);
        name = changes[i].name;
        changes[i].change(&x);
        mutator_set_payload(m, acgp_buf_view(&x.out));
    }
    pkr_tree_free(x.header);
    pkr_tree_free(x.body);
    acgp_buf_done(&x.out);
    return name;
}
