/* SPDX-License-Identifier: MPL-2.0 */
/* Changes of a frame and of the broker's numbers, and frames that nobody asked for. */
#include "hostile/mutate.h"

#include "base/span.h"
#include "wire/netrpc.h"
#include "wire/yamux_frame.h"

enum { NUMBER = 4, CHUNK = 65536 };

static uint8_t *bytes(struct mutator *m)
{
    return (uint8_t *)m->work.data;
}

static void put32(uint8_t *out, uint32_t n)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(n >> (24 - 8 * i));
}

static uint32_t get32(const uint8_t *in)
{
    return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

/* A number that somebody may have forgotten to think of. */
static uint32_t odd_number(struct dice *d)
{
    static const uint32_t odd[] = {0,          1,          2,          3,         4,      5,
                                   127,        131072,     262143,     262144,    262145, 1u << 24,
                                   0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};

    return dice_chance(d, 60) ? odd[dice_below(d, sizeof odd / sizeof odd[0])] : (uint32_t)dice_roll(d);
}

/* A stream that may be open: Packer's control stream, the plugin's, the result's; or none. */
static uint32_t some_stream(struct dice *d)
{
    static const uint32_t likely[] = {1, 1, 1, 2, 2, 3, 4, 5, 0, 99};

    return likely[dice_below(d, sizeof likely / sizeof likely[0])];
}

/* ---- The frame itself ---- */

static bool change_version(struct mutator *m)
{
    bytes(m)[0] = (uint8_t)(1 + dice_below(&m->dice, 255));
    mutator_emit(m);
    return true;
}

static bool change_type(struct mutator *m)
{
    bytes(m)[1] = (uint8_t)(dice_chance(&m->dice, 70) ? dice_below(&m->dice, 4) : dice_below(&m->dice, 256));
    mutator_emit(m);
    return true;
}

static bool change_flags(struct mutator *m)
{
    bytes(m)[2] = (uint8_t)(dice_chance(&m->dice, 80) ? 0 : dice_below(&m->dice, 256));
    bytes(m)[3] = (uint8_t)dice_below(&m->dice, 17);
    mutator_emit(m);
    return true;
}

static bool change_stream(struct mutator *m)
{
    uint32_t odd = odd_number(&m->dice);

    put32(bytes(m) + 4, dice_chance(&m->dice, 70) ? some_stream(&m->dice) : odd);
    mutator_emit(m);
    return true;
}

static bool change_length(struct mutator *m)
{
    uint32_t length = get32(bytes(m) + 8), odd = odd_number(&m->dice);
    uint32_t near = length + (uint32_t)dice_below(&m->dice, 9) - 4;

    put32(bytes(m) + 8, dice_chance(&m->dice, 50) ? near : odd);
    mutator_emit(m);
    return true;
}

static bool tear(struct mutator *m)
{
    acgp_buf_append(m->out, m->work.data, dice_below(&m->dice, m->work.len));
    return true;
}

static bool flip(struct mutator *m)
{
    mutator_flip(m, 0);
    mutator_emit(m);
    return true;
}

static bool flip_payload(struct mutator *m)
{
    if (m->work.len == PKR_FRAME_HEADER)
        return false;
    mutator_flip(m, PKR_FRAME_HEADER);
    mutator_emit(m);
    return true;
}

static bool drop(struct mutator *m)
{
    (void)m;
    return true;
}

static bool repeat(struct mutator *m)
{
    for (size_t n = 2 + dice_below(&m->dice, 3); n > 0; n--)
        mutator_emit(m);
    return true;
}

static bool hold(struct mutator *m)
{
    acgp_buf_span(&m->held, acgp_buf_view(&m->work));
    return true;
}

static bool split(struct mutator *m)
{
    struct acg_span payload = mutator_payload(m);
    uint32_t stream = get32(bytes(m) + 4);

    if (bytes(m)[1] != PKR_FRAME_DATA || payload.len == 0)
        return false;
    while (payload.len > 0) {
        size_t n = 1 + dice_below(&m->dice, 7);
        n = n < payload.len ? n : payload.len;
        mutator_insert(m, PKR_FRAME_DATA, 0, stream, (uint32_t)n, acgp_span_of(payload.data, n));
        payload = acgp_span_of(payload.data + n, payload.len - n);
    }
    return true;
}

/* ---- More frames ---- */

static bool add_end(struct mutator *m)
{
    static const unsigned ends[] = {PKR_FRAME_FIN, PKR_FRAME_RST, PKR_FRAME_FIN | PKR_FRAME_RST,
                                    PKR_FRAME_ACK, PKR_FRAME_SYN | PKR_FRAME_FIN};
    unsigned flags = ends[dice_below(&m->dice, sizeof ends / sizeof ends[0])];

    mutator_emit(m);
    mutator_insert(m, PKR_FRAME_WINDOW, flags, some_stream(&m->dice), 0, (struct acg_span){0});
    return true;
}

static bool add_go_away(struct mutator *m)
{
    uint32_t reason = dice_chance(&m->dice, 60) ? PKR_GO_AWAY_NORMAL : odd_number(&m->dice);

    mutator_emit(m);
    mutator_insert(m, PKR_FRAME_GO_AWAY, 0, 0, reason, (struct acg_span){0});
    return true;
}

static bool add_pings(struct mutator *m)
{
    size_t n = dice_chance(&m->dice, 20) ? 20000 : 1 + dice_below(&m->dice, 700);
    unsigned flags = dice_chance(&m->dice, 80) ? PKR_FRAME_SYN : PKR_FRAME_ACK;

    mutator_emit(m);
    for (size_t i = 0; i < n; i++)
        mutator_insert(m, PKR_FRAME_PING, flags, 0, (uint32_t)i, (struct acg_span){0});
    return true;
}

static bool add_window(struct mutator *m)
{
    uint32_t credit = odd_number(&m->dice);

    mutator_emit(m);
    mutator_insert(m, PKR_FRAME_WINDOW, 0, some_stream(&m->dice), credit, (struct acg_span){0});
    return true;
}

static bool add_streams(struct mutator *m)
{
    size_t n = 1 + dice_below(&m->dice, 200);
    bool numbered = dice_chance(&m->dice, 50), ended = dice_chance(&m->dice, 30);
    uint8_t number[NUMBER] = {0};

    mutator_emit(m);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t id = 101 + 2 * i;
        number[0] = (uint8_t)dice_below(&m->dice, 4);
        mutator_insert(m, PKR_FRAME_WINDOW, PKR_FRAME_SYN, id, 0, (struct acg_span){0});
        if (numbered)
            mutator_insert(m, PKR_FRAME_DATA, 0, id, NUMBER, acgp_span_of(number, NUMBER));
        if (ended)
            mutator_insert(m, PKR_FRAME_WINDOW, PKR_FRAME_FIN, id, 0, (struct acg_span){0});
    }
    return true;
}

/* One long text that never ends: more than the window, or as much as it takes. */
static bool add_flood(struct mutator *m)
{
    static const char filling[CHUNK];
    uint8_t lead[] = {0x82, 0xa1, 'x', 0xdb, 0, 0x30, 0, 0};
    uint32_t stream = some_stream(&m->dice);
    size_t chunks = 3 + dice_below(&m->dice, 3);

    mutator_emit(m);
    mutator_insert(m, PKR_FRAME_DATA, 0, stream, sizeof lead, acgp_span_of(lead, sizeof lead));
    for (size_t i = 0; i < chunks; i++)
        mutator_insert(m, PKR_FRAME_DATA, 0, stream, CHUNK, acgp_span_of(filling, CHUNK));
    return true;
}

/* More calls than anybody answers, some of them beyond what may be open. */
static bool add_calls(struct mutator *m)
{
    static const char *const methods[] = {"PostProcessor.ConfigSpec", "PostProcessor.Cancel",
                                          "Artifact.String", "PostProcessor.Nope"};
    const char *method = methods[dice_below(&m->dice, 4)];
    size_t n = dice_chance(&m->dice, 15) ? 1500 : 1 + dice_below(&m->dice, 150);
    uint64_t handles = 0, handle = 0;
    struct pkr_netrpc rpc;
    struct acgp_buf call;

    mutator_emit(m);
    pkr_netrpc_init(&rpc, PKR_RPC_CALLER, &handles);
    acgp_buf_init(&call, CHUNK);
    for (size_t i = 0; i < n; i++, acgp_buf_clear(&call)) {
        if (pkr_netrpc_call(&rpc, method, NULL, &call, &handle, NULL) != ACG_OK)
            break;
        pkr_netrpc_forget(&rpc, handle);
        mutator_insert(m, PKR_FRAME_DATA, 0, 1, (uint32_t)call.len, acgp_buf_view(&call));
    }
    acgp_buf_done(&call);
    pkr_netrpc_done(&rpc);
    return true;
}

/* ---- Numbers ---- */

static bool change_number(struct mutator *m)
{
    if (bytes(m)[1] != PKR_FRAME_DATA || m->work.len != PKR_FRAME_HEADER + NUMBER)
        return false;
    put32(bytes(m) + PKR_FRAME_HEADER, odd_number(&m->dice));
    mutator_emit(m);
    return true;
}

static bool add_dial(struct mutator *m)
{
    uint32_t id = 51 + 2 * (uint32_t)dice_below(&m->dice, 20);
    uint8_t number[NUMBER];

    put32(number, dice_chance(&m->dice, 50) ? 0x01000000 : odd_number(&m->dice)); /* 1, the first result */
    mutator_emit(m);
    mutator_insert(m, PKR_FRAME_WINDOW, PKR_FRAME_SYN, id, 0, (struct acg_span){0});
    mutator_insert(m, PKR_FRAME_DATA, 0, id, NUMBER, acgp_span_of(number, NUMBER));
    return true;
}

/* ---- Choosing ---- */

static const struct {
    const char *name;
    unsigned weight;
    bool (*change)(struct mutator *m); /* false: the frame has not what is to be changed */
} changes[] = {
    {"version", 2, change_version},
    {"type", 4, change_type},
    {"flags", 6, change_flags},
    {"stream", 6, change_stream},
    {"length", 6, change_length},
    {"tear", 3, tear},
    {"flip", 6, flip},
    {"payload", 8, flip_payload},
    {"drop", 4, drop},
    {"repeat", 4, repeat},
    {"hold", 4, hold},
    {"split", 4, split},
    {"end", 8, add_end},
    {"go away", 4, add_go_away},
    {"pings", 3, add_pings},
    {"window", 4, add_window},
    {"streams", 4, add_streams},
    {"flood", 2, add_flood},
    {"calls", 4, add_calls},
    {"number", 4, change_number},
    {"dial", 4, add_dial},
};

static size_t choose(struct mutator *m)
{
    size_t sum = 0, i = 0, rolled;

    for (size_t k = 0; k < sizeof changes / sizeof changes[0]; k++)
        sum += changes[k].weight;
    for (rolled = dice_below(&m->dice, sum); rolled >= changes[i].weight; i++)
        rolled -= changes[i].weight;
    return i;
}

const char *mutate_frame(struct mutator *m)
{
    for (;;) {
        size_t i = choose(m);
        if (changes[i].change(m))
            return changes[i].name;
    }
}
