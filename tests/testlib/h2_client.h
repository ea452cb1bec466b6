/* SPDX-License-Identifier: MPL-2.0 */
/** A scripted gRPC client beside a connection machine: whole calls through nghttp2, or raw frames, byte by
 * byte if need be. No socket; the test's hand turns the clock. */
#ifndef ACG_TESTLIB_H2_CLIENT_H
#define ACG_TESTLIB_H2_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nghttp2/nghttp2.h>

#include "base/buf.h"
#include "rpc/grpc.h"

enum { H2_ANSWERS_MAX = 1200, H2_TEXT_MAX = 600 };

/** What came back on one stream. */
struct h2_answer {
    int32_t stream;
    char http_status[8], grpc_status[8], message[H2_TEXT_MAX], details[H2_TEXT_MAX], encoding[16],
        accepts[32], echo[H2_TEXT_MAX];
    struct acgp_buf body;
    bool closed;
    uint32_t reset; /* error code, when closed */
};

/** A client and the machine it talks to. */
struct h2 {
    struct rpc_conn *conn;
    nghttp2_session *client;
    int64_t now_ms;
    size_t step;            /* bytes moved at once; 0: as many as there are */
    enum acg_status status; /* of rpc_conn_feed, the first that was not ACG_OK */
    bool auto_window;       /* the client grants window by itself */
    bool goaway;
    uint32_t goaway_code;
    int32_t goaway_last;
    size_t goaways, pings;
    struct h2_answer answers[H2_ANSWERS_MAX];
    size_t answer_count;
    struct h2_upload *uploads;
};

/** @param options NULL: health and reflection with the defaults. */
void h2_begin(struct h2 *h, const struct rpc_conn_options *options);
void h2_end(struct h2 *h);
/** The services of h2_begin. */
extern const struct rpc_service *const h2_services[2];

/** Begin a call. @param fields more header fields, name and value in turn, ended by NULL; one with the name
 * of a usual one takes its place, or leaves it out when the value is "-". @return the stream. */
int32_t h2_call(struct h2 *h, const char *path, const char *const *fields);
/** Queue bytes on a call. */
void h2_send(struct h2 *h, int32_t stream, const void *data, size_t len, bool last);
/** Queue one gRPC message. */
void h2_message(struct h2 *h, int32_t stream, uint8_t flag, const void *data, size_t len, bool last);
/** Move bytes both ways until none are left. */
void h2_pump(struct h2 *h);
struct h2_answer *h2_answer(struct h2 *h, int32_t stream);
/** Pull the next event, pumping before; fails the test when it is not of this kind. */
struct rpc_event h2_expect(struct h2 *h, enum rpc_event_kind kind);
/** Fails the test when there is an event. */
void h2_expect_none(struct h2 *h);
/** Fails the test when the stream did not end with that status. */
void h2_expect_status(struct h2 *h, int32_t stream, enum rpc_code code);

/* ---- Raw frames: no client session ---- */

/** Append the client's greeting. */
void h2_raw_greeting(struct acgp_buf *out);
/** Append a frame. */
void h2_raw_frame(struct acgp_buf *out, uint8_t type, uint8_t flags, uint32_t stream, const void *payload,
                  size_t len);
/** Append a header block of a call, without references to earlier ones. */
void h2_raw_block(struct acgp_buf *out, const char *path);
/** What a machine answers: feed in, in pieces, dropping its output; looks for GOAWAY. @return the first
 * status of rpc_conn_feed that was not ACG_OK. @param out_goaway error code, or UINT32_MAX: none. */
enum acg_status h2_raw_feed(struct rpc_conn *conn, int64_t now_ms, struct acg_span in, size_t step,
                            uint32_t *out_goaway);

#endif
