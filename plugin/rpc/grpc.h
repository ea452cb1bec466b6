/* SPDX-License-Identifier: MPL-2.0 */
/** The server's end of one gRPC connection as a pure machine: HTTP/2 bytes in and out, events pulled,
 * commands given. No socket, no clock, no callback.
 *
 *      loop, with now_ms (monotonic) read once per turn:
 *          bytes came:        rpc_conn_feed (again with the rest while *used grows)
 *          socket ended:      rpc_conn_eof
 *          rpc_conn_tick
 *          while (rpc_conn_next_event(conn, now_ms, &ev)) { ... rpc_conn_send, _finish, _pause ... }
 *          rpc_conn_drain, write, rpc_conn_drained
 *          wait for: readable if rpc_conn_wants_read, writable if drain lends bytes, rpc_conn_deadline
 *          after RPC_CLOSED:  write what drain still lends, close the socket, rpc_conn_free
 *
 *  A call is named by a number that is never used again on its connection. Commands on a call that is over
 *  answer ACG_ERR_CLOSED, always safely. The life of a call, as events:
 *
 *      RPC_BEGAN  RPC_MESSAGE*  RPC_HALF_CLOSED     and, at any time after RPC_BEGAN, RPC_ROOM
 *
 *  ended by rpc_conn_finish, _end or _reset (no event follows) or by RPC_ENDED (nothing can be sent any
 * more). A method that takes one request gets exactly one RPC_MESSAGE, and only when the client has half
 * closed as the rule wants; otherwise the machine ends the call by itself. Unknown methods, wrong content
 * types, broken frames and the like never become a call.
 *
 *  Memory: every received and every queued byte is under a cap below; a client that does not read stops the
 *  sender (ACG_ERR_LIMIT, then RPC_ROOM), a client that sends too much runs out of window. */
#ifndef RPC_GRPC_H
#define RPC_GRPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include <acg/error.h>
#include <acg/export.h>
#include <acg/span.h>

#include "rpc/grpc_service.h"
#include "rpc/grpc_status.h"

/** Calls at once on one connection: a thousand watched publishes and some short calls beside them. */
#define RPC_CALLS_MAX 1100u
/** Largest message, each way, bytes: gRPC's own default. */
#define RPC_MESSAGE_MAX ((size_t)4 * 1024 * 1024)
/** Bytes queued on one call: a message of the largest size behind a few small ones. */
#define RPC_CALL_QUEUED_MAX (RPC_MESSAGE_MAX + 65536)
/** Bytes queued on one connection: four such messages, or 16 KiB for each of a thousand calls. */
#define RPC_QUEUED_MAX ((size_t)16 * 1024 * 1024)
/** Bytes received on one connection and not yet pulled: as many, the other way. Of calls whose message is
 *  large, three at a time get the window for it. */
#define RPC_RECEIVED_MAX ((size_t)16 * 1024 * 1024)
/** Metadata of one call, bytes as HTTP/2 counts them (32 for each entry); as for HTTP bodies elsewhere here.
 */
#define RPC_METADATA_BYTES_MAX 65536u
/** Entries of metadata of one call, pseudo headers included: clients send a dozen. */
#define RPC_METADATA_MAX 128u
/** Trailers that we send, bytes: what clients accept by default. */
#define RPC_TRAILERS_MAX 16384u
/** Quiet from the peer before we ask with a ping, and how long it may take to answer. */
#define RPC_KEEPALIVE_MS         60000
#define RPC_KEEPALIVE_TIMEOUT_MS 20000
/** From the first byte to the client's first SETTINGS. */
#define RPC_GREETING_MS 10000
/** How long a frame, or the header fields of a call in several frames, may stay without their end: the
 * largest frame passes in that time over a kilobyte a second. */
#define RPC_FRAME_MS 20000

/** How long a finished answer may wait without the client taking a byte of it: as long as a quiet client is
 *  left alone. Then its stream is reset (ENHANCE_YOUR_CALM, which gRPC reads as a lack of bandwidth). */
#define RPC_LINGER_MS 60000
/** How long calls may go on after the second GOAWAY: a publish that is watched for longer is watched by a new
 *  call, and a client that takes a byte now and then holds the connection no longer. */
#define RPC_GRACE_MS 3600000

/** No deadline. */
#define RPC_NEVER INT64_MAX

enum rpc_event_kind {
    /** A call. Fields: call, method, path, deadline_ms, metadata, compressed. */
    RPC_BEGAN = 1,
    /** A whole request message, decompressed. Fields: call, message. See rpc_decode in grpc_message.h. */
    RPC_MESSAGE = 2,
    /** The client sends no more messages on this call. Fields: call. */
    RPC_HALF_CLOSED = 3,
    /** What was asked of rpc_conn_want_room, or refused by rpc_conn_send, has come true. Fields: call. */
    RPC_ROOM = 4,
    /** The call is over without our finish. Fields: call, code: RPC_CANCELLED the client wants no answer |
     *  RPC_DEADLINE_EXCEEDED | RPC_UNAVAILABLE the connection is gone | other: the client broke a rule of
     *  gRPC; where the client still listens it was told the same. */
    RPC_ENDED = 5,
    /** The connection is over; the last event, exactly one. Fields: status, text. */
    RPC_CLOSED = 6
};

/** One event. Views are lent until the next call of rpc_conn_next_event or rpc_conn_free. */
struct rpc_event {
    enum rpc_event_kind kind;
    uint32_t call;                       /* never 0 but with CLOSED */
    struct rpc_method method;            /* set with every event of a call */
    void *tag;                           /* what rpc_conn_tag left on the call; NULL before */
    struct acg_span path;                /* "/grpc.health.v1.Health/Check" */
    int64_t deadline_ms;                 /* monotonic; RPC_NEVER */
    const struct rpc_metadata *metadata; /* of the client, without those of gRPC itself; -bin ones decoded */
    size_t metadata_count;
    bool compressed; /* BEGAN: requests may be compressed. MESSAGE: this one was */
    struct acg_span message;
    enum rpc_code code;
    enum acg_status status; /* CLOSED: ACG_OK in order | ACG_ERR_CLOSED the peer went | ACG_ERR_PROTOCOL |
                               ACG_ERR_LIMIT (a flood) | ACG_ERR_TIMEOUT | ACG_ERR_NOMEM */
    const char *text;       /* CLOSED: one line */
};

/** How responses are compressed. gzip is used only when the client accepts it. */
enum rpc_compress {
    RPC_COMPRESS_AUTO = 0, /* from 1 KiB on, and when it makes them shorter */
    RPC_COMPRESS_NEVER,
    RPC_COMPRESS_ALWAYS /* whenever the client accepts it */
};

/** Zero means the default everywhere. */
struct rpc_conn_options {
    const struct rpc_service *const *services; /* borrowed, must outlive the connection */
    size_t service_count;
    size_t message_max;   /* largest request; at most RPC_MESSAGE_MAX */
    int64_t keepalive_ms; /* RPC_NEVER: no pings */
    int64_t keepalive_timeout_ms;
    int64_t idle_ms; /* without a call for so long: drain; 0: never */
    int64_t age_ms;  /* that old: drain, so that clients spread over the servers there are; 0: never */
};

struct rpc_conn;

/** Make the machine for a connection that was accepted. @param out owned by caller (rpc_conn_free).
 *  @return ACG_OK | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status rpc_conn_new(const struct rpc_conn_options *options, int64_t now_ms,
                                           struct rpc_conn **out, struct acg_error *err);
/** Free it. Calls that are open get no event: pull RPC_CLOSED first where that matters. NULL is fine. */
void rpc_conn_free(struct rpc_conn *conn);

/* ---- For the host ---- */

/** Take bytes from the peer.
 *  @param in   borrowed for the call.
 *  @param used how many were taken; fewer than all when output must be drained first (rpc_conn_wants_read is
 *              then false). Set always.
 *  @return ACG_OK | ACG_ERR_PROTOCOL | ACG_ERR_LIMIT (a flood) | ACG_ERR_NOMEM | ACG_ERR_CLOSED (over). Any
 *  failure is final: events end with RPC_CLOSED, drain lends the GOAWAY that says why. Never blocks. */
ACG_NODISCARD enum acg_status rpc_conn_feed(struct rpc_conn *conn, int64_t now_ms, struct acg_span in,
                                            size_t *used, struct acg_error *err);
/** The socket is gone: nothing more comes in and nothing can be sent. RPC_CLOSED says ACG_OK when a shutdown
 * had nothing left to do but this. */
void rpc_conn_eof(struct rpc_conn *conn);
/** Whether input would be taken. */
bool rpc_conn_wants_read(const struct rpc_conn *conn);
/** Bytes to write, lent until the next call on this connection; empty when there are none. */
struct acg_span rpc_conn_drain(struct rpc_conn *conn);
/** The first n of them were written; n is at most what drain lent. */
void rpc_conn_drained(struct rpc_conn *conn, size_t n);
/** Let deadlines pass: of calls, of pings, of a shutdown. What they end shows as events. */
void rpc_conn_tick(struct rpc_conn *conn, int64_t now_ms);
/** When rpc_conn_tick or rpc_conn_next_event is due next; not later than now when an event waits, also one
 * that drain has made; RPC_NEVER. */
int64_t rpc_conn_deadline(const struct rpc_conn *conn);
/** End in order: GOAWAY twice, open calls go on for RPC_GRACE_MS at most, RPC_CLOSED (ACG_OK) when
 *  the last one is written. */
void rpc_conn_shutdown(struct rpc_conn *conn, int64_t now_ms);
/** End now: calls end, GOAWAY is what drain lends last, RPC_CLOSED follows. */
void rpc_conn_abort(struct rpc_conn *conn);
/** Bytes held for this connection at the moment, and calls open. */
size_t rpc_conn_memory(const struct rpc_conn *conn);
size_t rpc_conn_calls(const struct rpc_conn *conn);

/* ---- For the services ---- */

/** Pull one event. @return false when there is none until more bytes or time come. */
bool rpc_conn_next_event(struct rpc_conn *conn, int64_t now_ms, struct rpc_event *out);

/** Leave a pointer on a call: its events bring it back. Does nothing for a call that is over. */
void rpc_conn_tag(struct rpc_conn *conn, uint32_t call, void *tag);
/** Send the response's headers now, with metadata. Optional: the first message does it too, without metadata.
 *  @return ACG_OK | ACG_ERR_STATE (they are sent) | ACG_ERR_ARGUMENT (a name or value that HTTP/2 refuses) |
 *  ACG_ERR_LIMIT (RPC_TRAILERS_MAX) | ACG_ERR_CLOSED | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status rpc_conn_start(struct rpc_conn *conn, uint32_t call,
                                             const struct rpc_metadata *metadata, size_t count,
                                             struct acg_error *err);
/** Queue one packed message, all or nothing. @param message copied.
 *  @return ACG_OK | ACG_ERR_LIMIT (a queue is full: RPC_ROOM follows when it is half empty) |
 * ACG_ERR_ARGUMENT (the message is larger than RPC_MESSAGE_MAX: waiting does not help) | ACG_ERR_CLOSED (the
 * call is over) | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status rpc_conn_send(struct rpc_conn *conn, uint32_t call, struct acg_span message,
                                            enum rpc_compress compress, struct acg_error *err);
/** The same with a message that is packed here (RPC_COMPRESS_AUTO). @param message borrowed. */
ACG_NODISCARD enum acg_status rpc_conn_send_message(struct rpc_conn *conn, uint32_t call,
                                                    const ProtobufCMessage *message, struct acg_error *err);
/** Bytes queued on a call and not yet handed to drain; 0 for one that is over. */
size_t rpc_conn_queued(const struct rpc_conn *conn, uint32_t call);
/** Ask for one RPC_ROOM when no more than below bytes are queued on the call: progress that waited can be
 *  merged instead of queued. It comes at once when that is so already. */
void rpc_conn_want_room(struct rpc_conn *conn, uint32_t call, size_t below);
/** While paused, a call gives no RPC_MESSAGE, and its client soon runs out of window. */
void rpc_conn_pause(struct rpc_conn *conn, uint32_t call, bool paused);
/** End a call behind what is queued on it. No event of it follows, this status reaches the client last.
 *  @return ACG_OK | ACG_ERR_ARGUMENT (metadata) | ACG_ERR_LIMIT (RPC_TRAILERS_MAX; the call is still open: a
 *  shorter status may fit) | ACG_ERR_CLOSED (the call is over) | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status rpc_conn_finish(struct rpc_conn *conn, uint32_t call,
                                              const struct rpc_status *status, struct acg_error *err);
/** The same with a code and a text, and never in the way: what does not fit or has no memory becomes a reset
 * of the stream. @param text NULL is empty. */
void rpc_conn_end(struct rpc_conn *conn, uint32_t call, enum rpc_code code, const char *text);
/** End a call at once, without a status: what is queued on it is dropped, the client sees a reset
 * (CANCELLED). */
void rpc_conn_reset(struct rpc_conn *conn, uint32_t call);

#endif
