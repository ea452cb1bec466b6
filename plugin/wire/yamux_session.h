/* SPDX-License-Identifier: MPL-2.0 */
/** A yamux session: streams with flow control over one connection. Bytes in, events out; what is to be sent
 *  is drained. Knows no socket, no clock and nothing of what the streams carry.
 *
 *      pkr_yamux_feed; pull pkr_yamux_next_event until it says false; feed the rest; ... pkr_yamux_drain
 *
 *  Received bytes are not kept here: an event lends them from the input. Sent bytes are queued per stream and
 *  cut into frames by the peer's window while they are drained. After a failure of feed the session is dead:
 *  feed repeats it, nothing new is sent but a go away. */
#ifndef PKR_YAMUX_SESSION_H
#define PKR_YAMUX_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/export.h>
#include <acg/span.h>

#include "wire/yamux_frame.h"

/** Window of a new stream, each way, bytes; yamux' spec fixes it. Also the longest payload of a frame: it
 * cannot be larger than the window it must fit. */
#define PKR_YAMUX_WINDOW 262144u
/** Credit is granted when this much was consumed; half a window, as Packer's side does. */
#define PKR_YAMUX_GRANT 131072u
/** Streams at once, both sides' together: a post-processor needs three, 64 leaves room for any future. */
#define PKR_YAMUX_STREAMS_MAX 64u
/** Longest payload of our own frames, so that streams take turns. */
#define PKR_YAMUX_FRAME_MAX 32768u
/** Bytes queued on one stream: one message of the largest size with its header. */
#define PKR_YAMUX_STREAM_QUEUED_MAX ((size_t)4 * 1024 * 1024 + 65536)
/** Bytes queued on all streams: two such messages. */
#define PKR_YAMUX_QUEUED_MAX (2 * PKR_YAMUX_STREAM_QUEUED_MAX)

enum pkr_yamux_role { PKR_YAMUX_SERVER = 0, PKR_YAMUX_CLIENT = 1 };

enum pkr_yamux_event_kind {
    PKR_YAMUX_OPENED = 1, /* the peer opened a stream; it is accepted */
    PKR_YAMUX_DATA,       /* bytes of a stream; say pkr_yamux_consumed when they need no more memory */
    PKR_YAMUX_FIN,        /* the peer will send no more on this stream; answer with pkr_yamux_finish */
    PKR_YAMUX_RESET,      /* the stream is over; its id is unknown from now on */
    PKR_YAMUX_PONG,       /* our ping was answered; value says which */
    PKR_YAMUX_GO_AWAY     /* the peer wants no new streams; the open ones go on */
};

struct pkr_yamux_event {
    enum pkr_yamux_event_kind kind;
    uint32_t stream;
    uint32_t value;
    struct acg_span data; /* DATA: lent from the input of pkr_yamux_feed, never empty */
};

struct pkr_yamux_session;

/** Make a session. @param out owned by caller (pkr_yamux_free). @return ACG_OK | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status pkr_yamux_new(enum pkr_yamux_role role, struct pkr_yamux_session **out,
                                            struct acg_error *err);
/** Free it, wiping what was queued. NULL is fine. */
void pkr_yamux_free(struct pkr_yamux_session *s);

/** Take bytes. Stops behind the piece that made an event; takes nothing while an event waits to be pulled or
 *  while answers to earlier frames wait to be drained.
 *  @param in borrowed until the events are pulled. @param used how many bytes were taken; set always.
 *  @return ACG_OK | ACG_ERR_PROTOCOL (broken rule of yamux; a go away with that reason is drained)
 *  | ACG_ERR_CLOSED (the peer said go away with an error). Any failure is final. Never blocks. */
ACG_NODISCARD enum acg_status pkr_yamux_feed(struct pkr_yamux_session *s, struct acg_span in, size_t *used,
                                             struct acg_error *err);
/** Pull one event. @return false when there is none. */
bool pkr_yamux_next_event(struct pkr_yamux_session *s, struct pkr_yamux_event *out);
/** Whether feed would take bytes once the events are pulled. */
bool pkr_yamux_wants_read(const struct pkr_yamux_session *s);
/** Bytes to write, lent until the next call; empty when there are none. Allocates nothing, cannot fail. */
struct acg_span pkr_yamux_drain(struct pkr_yamux_session *s);
/** The first n bytes that drain lent were written. */
void pkr_yamux_drained(struct pkr_yamux_session *s, size_t n);

/** Open a stream. Data may be sent at once. @param out_stream its id.
 *  @return ACG_OK | ACG_ERR_LIMIT (PKR_YAMUX_STREAMS_MAX) | ACG_ERR_CLOSED (dead, or either side went away).
 */
ACG_NODISCARD enum acg_status pkr_yamux_open(struct pkr_yamux_session *s, uint32_t *out_stream,
                                             struct acg_error *err);
/** Queue bytes, all or none. @param data copied.
 *  @return ACG_OK | ACG_ERR_LIMIT (a queue is full: the peer reads too slowly) | ACG_ERR_CLOSED (no such
 *  stream, or dead) | ACG_ERR_STATE (after finish) | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status pkr_yamux_send(struct pkr_yamux_session *s, uint32_t stream,
                                             struct acg_span data, struct acg_error *err);
/** n received bytes of a stream need no more memory: the peer may send as many again. */
void pkr_yamux_consumed(struct pkr_yamux_session *s, uint32_t stream, size_t n);
/** Send FIN behind what is queued; once per stream, more calls do nothing. */
void pkr_yamux_finish(struct pkr_yamux_session *s, uint32_t stream);
/** End a stream both ways at once; what is queued is dropped, and so are events of it that were not pulled.
 * Its id is unknown from now on. */
void pkr_yamux_reset(struct pkr_yamux_session *s, uint32_t stream);
/** Whether a stream is open at least one way. */
bool pkr_yamux_known(const struct pkr_yamux_session *s, uint32_t stream);
/** Bytes of a stream that wait to be drained. */
size_t pkr_yamux_queued(const struct pkr_yamux_session *s, uint32_t stream);
/** Ask for a PONG. One ping at a time: @return false while one is on its way. */
bool pkr_yamux_ping(struct pkr_yamux_session *s, uint32_t value);
/** Take no new streams and tell the peer why; the open ones go on. */
void pkr_yamux_go_away(struct pkr_yamux_session *s, enum pkr_go_away reason);

#endif
