/* SPDX-License-Identifier: MPL-2.0 */
/** The whole wire between Packer and the plugin as one pure machine: yamux frames, numbered streams, RPC.
 *
 *  A link carries *talks*. A talk is one numbered stream with an RPC conversation on it, in which one side
 *  calls and the other answers: whoever dialed the number calls. Seen from the plugin:
 *
 *      number 0               Packer dials and calls: PostProcessor.ConfigSpec, .Configure, ...
 *      the N of PostProcess   we dial (pkr_link_dial) and call: Artifact.*, Ui.*
 *      our own M              we announce it (pkr_link_serve); Packer dials and calls: Artifact.*
 *
 *  The host moves bytes and time; the room above pulls events and answers:
 *
 *      loop, with now_ms read once per turn:
 *          bytes came:        pkr_link_feed (again with the rest while *used grows)
 *          socket ended:      pkr_link_eof
 *          pkr_link_tick
 *          while (pkr_link_next_event(link, &ev)) { ... pkr_link_call, _reply, _dial, _serve, _hang_up ... }
 *          pkr_link_drain, write, pkr_link_drained
 *          wait for: readable if pkr_link_wants_read, writable if drain lends bytes, pkr_link_deadline
 *
 *  Nothing here blocks, reads a clock or calls back. Events are made while they are pulled: a host that
 *  stops pulling stops granting window, so that a peer can never make memory grow beyond the caps. Times are
 *  monotonic milliseconds. After a failure of feed the link is dead: feed repeats the status, the last events
 *  end with PKR_LINK_CLOSED, and drain may still lend last bytes to write. */
#ifndef PKR_LINK_H
#define PKR_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/export.h>
#include <acg/span.h>

#include "wire/value.h"

/** How long a dialed number may stay without its echo, and a stream that was opened to us without a number
 * that we serve: Packer itself gives up after as long. */
#define PKR_LINK_DIAL_MS 5000
/** How long a talk that we hung up may stay half open before it is reset: Packer answers at once, or never.
 */
#define PKR_LINK_LINGER_MS 60000
/** Calls of one talk that may wait for their reply, each way: Packer has at most two open, an artifact a
 * handful. */
#define PKR_LINK_CALLS_MAX 64u
/** Longest method name, bytes: the longest of Packer's holds the name of an uploaded file. */
#define PKR_LINK_METHOD_MAX 512u
/** Bytes waiting to be decoded over all talks: two talks with messages of the largest size, plus windows. */
#define PKR_LINK_RECEIVED_MAX ((size_t)16 * 1024 * 1024)

/** Which end of the wire we are. PKR_LINK_CORE exists for tests: a scripted Packer. */
enum pkr_link_side { PKR_LINK_PLUGIN = 0, PKR_LINK_CORE = 1 };

enum pkr_link_event_kind {
    /** A talk is ready: a number that we serve was dialed (dialed false), or the echo of our own dial came
     * (dialed true). Fields: talk, number, dialed. */
    PKR_LINK_OPENED = 1,
    /** The peer calls. Answer with pkr_link_reply or pkr_link_reply_error, at any later time and in any
     * order. Fields: talk, number, call, method, body (never NULL; nil when the peer sent nil). */
    PKR_LINK_CALL = 2,
    /** One of our calls is over; exactly one of these per successful pkr_link_call. Fields: talk, number,
     * call, outcome, body (RETURNED only, else NULL), text (FAILED: the peer's words; LOST: why). */
    PKR_LINK_REPLY = 3,
    /** A talk is over; its last event. Calls of it that wait for our answer are forgotten: answering them is
     * then ACG_ERR_CLOSED. Fields: talk, number, dialed, status, text. status: ACG_OK ended by the peer in
     * order, or by pkr_link_hang_up | ACG_ERR_CLOSED ended while calls were open, or reset, or the link ended
     * | ACG_ERR_TIMEOUT no echo in time | ACG_ERR_PROTOCOL wrong echo or undecodable message | ACG_ERR_LIMIT
     * a cap | ACG_ERR_NOMEM. */
    PKR_LINK_ENDED = 4,
    /** The link is over; its last event, exactly one. Fields: status (ACG_ERR_CLOSED when the socket ended or
     * the peer said so), text. */
    PKR_LINK_CLOSED = 5
};

enum pkr_link_outcome {
    PKR_LINK_RETURNED = 0, /* body is the result */
    PKR_LINK_FAILED = 1,   /* the peer answered with an error */
    PKR_LINK_LOST = 2      /* no answer will come */
};

/** One event. Views (method, body, text) are lent until the next call of pkr_link_next_event,
 * pkr_link_take_body or pkr_link_free. */
struct pkr_link_event {
    enum pkr_link_event_kind kind;
    uint32_t talk;          /* handle of the talk: never 0, never used again; 0 with CLOSED */
    uint32_t number;        /* the number that was dialed; both sides count their own */
    bool dialed;            /* the talk is one that we dialed */
    uint64_t call;          /* handle of the call: never 0, never used again on this link */
    struct acg_span method; /* "PostProcessor.Configure"; text of the peer, see pkr_link_is */
    const struct pkr_value *body;
    enum pkr_link_outcome outcome;
    enum acg_status status;
    struct acg_span text; /* one line; text of the peer with FAILED, any length, any bytes */
};

struct pkr_link;

/** Make a link. @param out owned by caller (pkr_link_free). @return ACG_OK | ACG_ERR_NOMEM.
 *  The plugin's side serves number 0 from the start. */
ACG_NODISCARD enum acg_status pkr_link_new(enum pkr_link_side side, struct pkr_link **out,
                                           struct acg_error *err);
/** Free it, wiping what it held. NULL is fine. */
void pkr_link_free(struct pkr_link *link);

/* ---- For the host ---- */

/** Take bytes from the peer.
 *  @param in   borrowed for the call.
 *  @param used how many of them were taken: less than all when output must be drained first
 *              (pkr_link_wants_read is then false); offer the rest again later.
 *  @return ACG_OK | ACG_ERR_PROTOCOL | ACG_ERR_LIMIT | ACG_ERR_NOMEM | ACG_ERR_CLOSED (after eof or the
 *  peer's go away). Any failure is final. */
ACG_NODISCARD enum acg_status pkr_link_feed(struct pkr_link *link, int64_t now_ms, struct acg_span in,
                                            size_t *used, struct acg_error *err);
/** The peer's end of the socket is gone: nothing more comes in and nothing can be sent. */
void pkr_link_eof(struct pkr_link *link);
/** Whether input would be taken. */
bool pkr_link_wants_read(const struct pkr_link *link);
/** Bytes to write, lent until the next call on this link; empty when there are none. */
struct acg_span pkr_link_drain(struct pkr_link *link);
/** The first n of them were written. */
void pkr_link_drained(struct pkr_link *link, size_t n);
/** Let deadlines pass; what they end shows as events. */
void pkr_link_tick(struct pkr_link *link, int64_t now_ms);
/** When pkr_link_tick is due next. @return false when there is no deadline. */
bool pkr_link_deadline(const struct pkr_link *link, int64_t *out_due_ms);
/** Tell the peer that we end in order: no new talks; what is queued is still written. */
void pkr_link_go_away(struct pkr_link *link);

/* ---- For the room above ---- */

/** Pull one event. @return false when there is none until more bytes or time come. */
bool pkr_link_next_event(struct pkr_link *link, struct pkr_link_event *out);
/** Keep the body of the event that was pulled last, a CALL or a REPLY, beyond the next pull. event->body and
 * its views stay valid as long as the tree.
 *  @return the tree, owned by caller (pkr_tree_free); NULL when there is none or it was taken. Never fails.
 */
struct pkr_tree *pkr_link_take_body(struct pkr_link *link);

/** Dial a number: open a talk on which we call. Calls may be made at once; they are sent when the echo came.
 *  @param now_ms   the deadline counts from here (PKR_LINK_DIAL_MS).
 *  @param out_talk handle; PKR_LINK_OPENED or PKR_LINK_ENDED follows.
 *  @return ACG_OK | ACG_ERR_LIMIT (64 streams) | ACG_ERR_CLOSED (link over, or the peer said go away). */
ACG_NODISCARD enum acg_status pkr_link_dial(struct pkr_link *link, int64_t now_ms, uint32_t number,
                                            uint32_t *out_talk, struct acg_error *err);
/** Serve a new number, before the peer is told of it. The first stream that dials it becomes a talk on which
 * the peer calls; its first event is PKR_LINK_OPENED.
 *  @param out_number chosen here: 1, 2, 3 ..., never 0.
 *  @return ACG_OK | ACG_ERR_LIMIT (64 numbers that nobody dialed yet) | ACG_ERR_CLOSED. */
ACG_NODISCARD enum acg_status pkr_link_serve(struct pkr_link *link, uint32_t *out_number,
                                             struct acg_error *err);

/** Call a method on a talk that we dialed. PKR_LINK_REPLY with *out_call follows, whatever happens.
 *  @param method borrowed, at most PKR_LINK_METHOD_MAX bytes. @param body borrowed; NULL is nil.
 *  @return ACG_OK | ACG_ERR_LIMIT (PKR_LINK_CALLS_MAX calls open, or the peer reads too slowly: nothing was
 *  queued, try again after a reply; or the body is beyond the caps of value.h) | ACG_ERR_CLOSED (no such
 *  talk) | ACG_ERR_STATE (the peer calls on it) | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status pkr_link_call(struct pkr_link *link, uint32_t talk, const char *method,
                                            const struct pkr_value *body, uint64_t *out_call,
                                            struct acg_error *err);
/** Answer a call of the peer with a result.
 *  @param call from PKR_LINK_CALL. @param body borrowed; NULL is nil. Types must be exactly the method's:
 *              Packer's side of the talk is dead after a body that it cannot decode.
 *  @return ACG_OK | ACG_ERR_CLOSED (the talk is over, or the call was answered) | ACG_ERR_LIMIT (the peer
 *  reads too slowly, or the body is beyond the caps) | ACG_ERR_NOMEM. After a failure other than CLOSED the
 *  call is still open: a shorter reply or reply_error may still fit. */
ACG_NODISCARD enum acg_status pkr_link_reply(struct pkr_link *link, uint64_t call,
                                             const struct pkr_value *body, struct acg_error *err);
/** Answer a call of the peer with an error text; "failed" is sent when text is empty, since an empty text
 * means success. Otherwise as pkr_link_reply. @param text borrowed. */
ACG_NODISCARD enum acg_status pkr_link_reply_error(struct pkr_link *link, uint64_t call, const char *text,
                                                   struct acg_error *err);
/** Answer a call of a method that does not exist, in the words of Go's net/rpc: "rpc: can't find method X".
 */
ACG_NODISCARD enum acg_status pkr_link_reply_unknown(struct pkr_link *link, uint64_t call,
                                                     struct acg_error *err);

/** End a talk in order: what is queued is still sent. Calls of ours that are open become LOST, then
 * PKR_LINK_ENDED follows. Fine for a talk that is over. */
void pkr_link_hang_up(struct pkr_link *link, uint32_t talk);

/** Calls of ours on this talk that have no reply yet; 0 for a talk that is over. */
size_t pkr_link_open_calls(const struct pkr_link *link, uint32_t talk);
/** Whether the event's method is this name. */
bool pkr_link_is(const struct pkr_link_event *event, const char *method);

#endif
