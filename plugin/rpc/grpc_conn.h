/* SPDX-License-Identifier: MPL-2.0 */
/** The inside of the connection machine, shared by its files: grpc_conn.c the host's verbs and the clock,
 *  grpc_h2.c what nghttp2 says, grpc_call.c one call, grpc_receive.c its requests, grpc_send.c its responses.
 */
#ifndef RPC_GRPC_CONN_H
#define RPC_GRPC_CONN_H

#include <nghttp2/nghttp2.h>

#include "rpc/grpc.h"
#include "rpc/grpc_fields.h"
#include "rpc/grpc_frames.h"
#include "rpc/grpc_head.h"
#include "rpc/grpc_meter.h"
#include "rpc/grpc_rate.h"

/** Head of each message: the flag and four bytes of length. */
#define RPC_PREFIX 5u
/** Window of a stream, bytes: HTTP/2's own, so that it holds before our SETTINGS arrive. */
#define RPC_STREAM_WINDOW 65535
/** Window is granted when this much is missing: half. */
#define RPC_STREAM_GRANT 32768
/** Window promised beyond that over all calls, held bytes included: three messages of the largest size. The
 *  rest of RPC_RECEIVED_MAX is for the first bytes of others. */
#define RPC_RAISED_MAX ((size_t)12 * 1024 * 1024)
/** Window of the connection, bytes: sixteen streams in full swing. */
#define RPC_CONN_WINDOW (1024 * 1024)
/** What nghttp2 may allocate for one connection: some 2 KiB for each call, frames, HPACK tables. */
#define RPC_H2_MEMORY_MAX ((size_t)16 * 1024 * 1024)
/** Frames of ours that may wait while we still read: beyond, the peer has to read first. */
#define RPC_FRAMES_WAITING_MAX 512u
/** Bytes handed to the host at once: two frames of the usual size. */
#define RPC_OUT_SIZE 32768u
/** Streams that a client may reset, or make us reset: all its calls twice, then some two hundred a second. */
#define RPC_RESETS_BURST      (2 * (int64_t)RPC_CALLS_MAX)
#define RPC_RESETS_PER_SECOND 200
/** Pings between two answers of ours: clients that measure their bandwidth send one with each round trip. */
#define RPC_PINGS_BURST      128
#define RPC_PINGS_PER_SECOND 1
/** SETTINGS: one, and some more where a client tunes. */
#define RPC_SETTINGS_BURST      32
#define RPC_SETTINGS_PER_SECOND 1
/** Frames that move nothing (PRIORITY, DATA without data, WINDOW_UPDATE, answers to pings, kinds that nobody
 * knows, whatever is for a stream that is gone) between two answers of ours. */
#define RPC_IDLE_FRAMES_BURST      4096
#define RPC_IDLE_FRAMES_PER_SECOND 1000
/** CONTINUATION frames behind one HEADERS: 64 KiB fit five. */
#define RPC_CONTINUATIONS_MAX 8
/** From the first GOAWAY to the second: a round trip; the answer to a ping ends it sooner. */
#define RPC_NOTICE_MS 1000
/** Buffers beyond this are not kept for the next message. */
#define RPC_KEEP_MAX 65536u

struct rpc_call {
    struct rpc_call *prev, *next;             /* of the connection */
    struct rpc_call *ready_prev, *ready_next; /* while ready */
    uint32_t id;
    struct rpc_method method;
    struct rpc_head head; /* until RPC_BEGAN is pulled */
    void *tag;
    int64_t deadline_ms;
    int64_t linger_ms;  /* finished: reset when nothing of it is taken until then */
    enum rpc_code code; /* when ended */

    bool ready;       /* in the connection's queue: it may have events */
    bool whole;       /* its headers are complete and it is a call */
    bool began;       /* RPC_BEGAN was pulled */
    bool ended;       /* RPC_ENDED waits */
    bool closed;      /* its stream is no more */
    bool finished;    /* our side is done with it: no more events, no more commands */
    bool half_closed; /* the client sends no more */
    bool half_told;   /* RPC_HALF_CLOSED was pulled */
    bool paused;
    bool gzip_in, gzip_out;
    bool started;  /* response headers are submitted */
    bool trailing; /* fields holds the trailers, to go behind tx */
    bool want_room;
    bool window_waits; /* its message needs more window than there is to promise */

    struct acgp_buf rx; /* received and not yet pulled, from rx_at on */
    size_t rx_at;
    size_t raised;      /* held and promised beyond RPC_STREAM_WINDOW */
    size_t messages;    /* pulled */
    struct acgp_buf tx; /* queued, from tx_at on */
    size_t tx_at;
    size_t room_below;
    struct rpc_fields fields;
};

struct rpc_conn {
    struct rpc_conn_options options;
    nghttp2_session *h2;
    struct rpc_meter meter;
    struct rpc_call *calls, *ready_first, *ready_last;
    size_t call_count; /* open: not finished, not ended */
    size_t queued, received;
    size_t raised, window_waiting; /* bytes over all calls; calls */
    bool room_awaited;             /* by a call for which all calls together queued too much */

    int64_t now_ms;
    int64_t begun_ms, heard_ms, idle_ms; /* accepted; last byte; last call gone */
    int64_t ping_ms, notice_ms;          /* sent, while ping_out; while draining */
    int64_t drained_ms;                  /* the second GOAWAY, once drained_twice */
    int64_t call_due_ms;                 /* no deadline of a call is earlier, nor what it lingers to */
    struct rpc_rate resets, pings, settings, idle_frames;
    struct rpc_frames frames;
    uint64_t frames_told; /* of frames.begun: nghttp2 told them, or they were counted */
    int64_t frame_ms;     /* when what is open of frames began */
    bool frame_counted;   /* the DATA or HEADERS frame that comes in was taken from idle_frames */
    bool greeted, ping_out, draining, drained_twice;

    bool over; /* failed, aborted or gone: status and text are set */
    bool gone; /* the socket is: nothing can be sent */
    bool closed_told;
    enum acg_status status;
    char text[160];

    struct acgp_buf plain; /* the message lent last */
    struct rpc_head lent;  /* the headers lent last */
    struct rpc_metadata metadata[RPC_METADATA_MAX];
    size_t out_at, out_len, carry_len;
    const uint8_t *carry; /* of nghttp2, behind out */
    char out[RPC_OUT_SIZE];
};

/* grpc_conn.c */
/** End the connection: calls end, the client is told why. Does nothing when it is over already.
 *  @param status  of RPC_CLOSED and of every later rpc_conn_feed. @param h2_error of the GOAWAY.
 *  @param text    copied; one line. */
void rpc_conn_fail(struct rpc_conn *conn, enum acg_status status, uint32_t h2_error, const char *text);
/** The same for a client that sends too much of something: ACG_ERR_LIMIT, ENHANCE_YOUR_CALM.
 *  @param what copied: the something. */
void rpc_conn_flood(struct rpc_conn *conn, const char *what);
/** An allocation failed within nghttp2: the connection is over, and nghttp2 is not called again. */
void rpc_conn_starve(struct rpc_conn *conn);

/* grpc_event.c */
/** Whether it ended in order and that is still to be told: both GOAWAYs are written, no call is left. */
bool rpc_conn_at_end(const struct rpc_conn *conn);

/* grpc_h2.c */
enum acg_status rpc_h2_new(struct rpc_conn *conn, struct acg_error *err);

/* grpc_call.c */
struct rpc_call *rpc_call_new(struct rpc_conn *conn, uint32_t id);
/** A call that takes commands; NULL when it is over. */
struct rpc_call *rpc_call_find(const struct rpc_conn *conn, uint32_t id);
/** Take it out of the connection and free it. */
void rpc_call_free(struct rpc_conn *conn, struct rpc_call *call);
void rpc_call_ready(struct rpc_conn *conn, struct rpc_call *call);
void rpc_call_unready(struct rpc_conn *conn, struct rpc_call *call);
/** Its headers are complete: begin it, or refuse it. */
void rpc_call_begin(struct rpc_conn *conn, struct rpc_call *call);
/** End it from our side, telling the client: trailers, or a reset where messages still wait. */
void rpc_call_end(struct rpc_conn *conn, struct rpc_call *call, enum rpc_code code, const char *text);
/** It ended for the room above: RPC_ENDED with this code, if it knows of the call. */
void rpc_call_lost(struct rpc_conn *conn, struct rpc_call *call, enum rpc_code code);
/** No more events and commands: what was received is dropped. */
void rpc_call_close(struct rpc_conn *conn, struct rpc_call *call);
/** Its stream is gone. */
void rpc_call_gone(struct rpc_conn *conn, struct rpc_call *call, enum rpc_code code);

/* grpc_receive.c */
/** Keep bytes of its request, and check what they begin. A call that is none, or is over, drops them; one
 * that breaks a rule of gRPC or a cap ends. @param data borrowed for the call. */
void rpc_call_data(struct rpc_conn *conn, struct rpc_call *call, struct acg_span data);
/** The client sends no more: a request that is missing or cut ends the call. */
void rpc_call_half_close(struct rpc_conn *conn, struct rpc_call *call);
/** Give the client window for what it may send now, as far as all calls together leave it. */
void rpc_call_grant(struct rpc_conn *conn, struct rpc_call *call);
/** The next message into conn->plain. @return false: none is complete, or the call ended over it. */
bool rpc_call_message(struct rpc_conn *conn, struct rpc_call *call, bool *compressed);
/** Whether a message or the half close could be pulled. */
bool rpc_call_has_message(const struct rpc_call *call);
void rpc_call_drop_received(struct rpc_conn *conn, struct rpc_call *call);

/* grpc_send.c */
/** Give nghttp2 the response headers, or the trailers when those were given before: they go behind what is
 *  queued. @param fields borrowed for the call; trailers must be those of call->fields. @param last whether
 *  nothing follows. @return ACG_OK | ACG_ERR_NOMEM (the connection is over then). */
enum acg_status rpc_call_submit(struct rpc_conn *conn, struct rpc_call *call, const struct rpc_fields *fields,
                                bool last, struct acg_error *err);
void rpc_call_drop_queued(struct rpc_conn *conn, struct rpc_call *call);
/** Reset its stream and drop what is queued; on a stream or a connection that is gone it only drops. Events
 * are the caller's: rpc_call_close or rpc_call_lost. @param h2_error of the RST_STREAM. */
void rpc_call_reset(struct rpc_conn *conn, struct rpc_call *call, uint32_t h2_error);
/** Whether RPC_ROOM is due to a call that wants it. Where only the others stand in the way it hears again
 * when they no longer do. */
bool rpc_call_has_room(struct rpc_conn *conn, const struct rpc_call *call);

static inline size_t rpc_call_queued(const struct rpc_call *call)
{
    return call->tx.len - call->tx_at;
}

#endif
