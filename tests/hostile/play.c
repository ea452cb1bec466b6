/* SPDX-License-Identifier: MPL-2.0 */
#include "hostile/play.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/span.h"
#include "hostile/script.h"
#include "trace.h"
#include "wire/yamux_frame.h"

enum {
    TRACES_MAX = 8,
    READ_MAX = 65536,
    OUT_MAX = 64 * 1024 * 1024,
    QUIET_MS = 5,      /* nothing moves for so long: both sides wait for something that was spoilt */
    CUT_MAX = 6000,    /* small pieces up to here: floods are not cut for ever */
    LONGEST_MS = 2000, /* a conversation that still moves is cut off */
    LINGER_MS = 50,    /* of them the plugin may work for less than half ... */
    LINGERS = 4,       /* ... in one of so many: on a busy machine it may only now get to what it was sent */
    POLL_FDS = 1 + AZURE_FDS
};

static struct trace *traces[TRACES_MAX];
static int trace_count;

struct play {
    const struct plan *plan;
    int fd;
    struct azure *azure;
    struct script script;
    struct mutator mutator;
    struct tally tally;
    struct acgp_buf out;
    size_t at; /* of out: what was written */
    size_t written;
    struct dice dice;
    bool restless;
    bool told;    /* the script has no more to say */
    bool unheard; /* the plugin takes no more */
    bool ended;   /* its end was seen */
};

int play_load_traces(void)
{
    glob_t found;

    if (glob(ACG_TESTS "/unit/wire/vectors/trace-*.hex", 0, NULL, &found) != 0)
        return 0;
    for (size_t i = 0; i < found.gl_pathc && trace_count < TRACES_MAX; i++)
        traces[trace_count++] = trace_read(found.gl_pathv[i]);
    globfree(&found);
    return trace_count;
}

void play_free_traces(void)
{
    while (trace_count > 0)
        trace_free(traces[--trace_count]);
}

int64_t play_now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool play_await(int fd, int64_t until_ms)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    int n;

    do {
        int64_t left = until_ms - play_now_ms();
        n = poll(&ready, 1, left > 0 ? (int)left : 0);
    } while (n < 0 && errno == EINTR);
    return n > 0;
}

/* ---- Writing ---- */

static void put_frames(struct play *p, struct acg_span in)
{
    struct pkr_frame f;

    while (in.len >= PKR_FRAME_HEADER && pkr_frame_decode((const uint8_t *)in.data, &f, NULL) == ACG_OK) {
        size_t n = PKR_FRAME_HEADER + (f.type == PKR_FRAME_DATA ? f.length : 0);
        mutator_frame(&p->mutator, acgp_span_of(in.data, n));
        in = acgp_span_of(in.data + n, in.len - n);
    }
}

static void put_trace(struct play *p, const struct trace *trace)
{
    for (size_t i = 0; i < trace->count; i++)
        if (trace->lines[i].from_packer)
            put_frames(p, trace->lines[i].bytes);
}

static void speak(struct play *p)
{
    struct acg_span frames;

    if (p->told)
        return;
    if (p->plan->trace >= 0) {
        put_trace(p, traces[p->plan->trace]);
        p->told = true;
    } else {
        p->told = script_turn(&p->script);
        while ((frames = pkr_link_drain(p->script.core)).len > 0) {
            put_frames(p, frames);
            pkr_link_drained(p->script.core, frames.len);
        }
    }
    if (p->told)
        mutator_last(&p->mutator);
}

static size_t unwritten(const struct play *p)
{
    return p->out.len - p->at;
}

static size_t next_cut(struct play *p, size_t left)
{
    size_t n = left, budget = p->plan->close_at - p->written;

    if (p->written > CUT_MAX)
        n = left;
    else if (p->plan->cut == CUT_BYTES)
        n = 1;
    else if (p->plan->cut == CUT_ODD && dice_chance(&p->dice, 80))
        n = 1 + dice_below(&p->dice, 97);
    n = n < left ? n : left;
    return n < budget ? n : budget;
}

/* One piece. @return whether anything was written. */
static bool write_some(struct play *p)
{
    size_t n = next_cut(p, unwritten(p));
    ssize_t done = n == 0 ? 0 : send(p->fd, p->out.data + p->at, n, MSG_NOSIGNAL);

    p->unheard |= done < 0 && errno != EAGAIN && errno != EINTR;
    if (done <= 0)
        return false;
    p->written += (size_t)done;
    p->at += (size_t)done;
    if (unwritten(p) == 0) {
        acgp_buf_clear(&p->out);
        p->at = 0;
    }
    return true;
}

/* ---- Reading ---- */

static bool read_some(struct play *p)
{
    static char piece[READ_MAX];
    ssize_t n = recv(p->fd, piece, sizeof piece, 0);

    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        p->ended = true;
    if (n <= 0)
        return false;
    tally_feed(&p->tally, acgp_span_of(piece, (size_t)n));
    if (p->plan->trace < 0)
        script_feed(&p->script, acgp_span_of(piece, (size_t)n));
    return true;
}

/* ---- The conversation ---- */

static bool await_any(struct play *p, int wait_ms)
{
    struct pollfd fds[POLL_FDS] = {{.fd = p->fd}};

    fds[0].events = (short)((p->plan->reads ? POLLIN : 0) | (unwritten(p) > 0 ? POLLOUT : 0));
    int ready = poll(fds, 1 + azure_wants(p->azure, fds + 1), wait_ms);
    p->unheard |= (fds[0].revents & (POLLHUP | POLLERR)) != 0; /* what it wrote is still read, at the end */
    return ready > 0;
}

static int64_t worked_ms(void)
{
    struct rusage u;

    if (getrusage(RUSAGE_SELF, &u) != 0)
        return 0;
    return ((int64_t)u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 +
           ((int64_t)u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000;
}

/* Both sides wait: a plugin in a thread of this process must not work meanwhile. */
static void linger(struct play *p)
{
    for (int i = 0; i < LINGERS; i++) {
        int64_t worked = worked_ms();
        if (await_any(p, LINGER_MS) || worked_ms() - worked <= LINGER_MS / 2)
            return;
    }
    p->restless = true;
}

static bool gone(const struct play *p)
{
    return p->ended || p->unheard || p->written >= p->plan->close_at;
}

static void talk(struct play *p)
{
    int64_t end_ms = play_now_ms() + LONGEST_MS;
    bool moved = true;

    while (!gone(p) && play_now_ms() < end_ms && (moved || await_any(p, QUIET_MS))) {
        speak(p);
        moved = write_some(p);
        moved |= p->plan->reads && read_some(p);
        moved |= azure_move(p->azure);
        if (p->told && unwritten(p) == 0)
            return;
    }
    if (p->plan->lingers && !gone(p))
        linger(p);
}

/* The host goes. */
static void leave(struct play *p, struct played *out)
{
    if (!p->told && !gone(p))
        mutator_last(&p->mutator); /* stuck: but nobody leaves without a change */
    while (!gone(p) && write_some(p))
        ;
    out->closed_ms = play_now_ms();
    if (p->plan->half_close) {
        (void)shutdown(p->fd, SHUT_WR);
        while (!p->ended && play_await(p->fd, out->closed_ms + PLAY_END_MS))
            (void)read_some(p);
    }
    (void)close(p->fd);
}

void play(const struct plan *plan, int fd, struct azure *azure, struct played *out)
{
    static struct play p; /* large */

    *out = (struct played){0};
    p = (struct play){.plan = plan, .fd = fd, .azure = azure, .dice = {plan->seed ^ 0xc07}};
    (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    acgp_buf_init(&p.out, OUT_MAX);
    tally_init(&p.tally);
    azure_begin(azure, plan->azure);
    script_begin(&p.script, plan, azure_url(azure));
    mutator_init(&p.mutator, plan->seed ^ 0xbad, plan->span, &p.out);
    talk(&p);
    leave(&p, out);
    azure_end(azure);
    out->sent = p.written;
    out->received = p.tally.bytes;
    out->mutations = p.mutator.applied;
    out->answers = p.tally.answers;
    out->results = p.tally.results;
    out->asked = p.tally.asked;
    out->told = p.tally.told;
    out->revealed = p.tally.revealed;
    out->broken = p.tally.broken;
    out->restless = p.restless;
    memcpy(out->story, p.mutator.story, sizeof out->story);
    script_end(&p.script);
    mutator_done(&p.mutator);
    tally_done(&p.tally);
    acgp_buf_done(&p.out);
}
