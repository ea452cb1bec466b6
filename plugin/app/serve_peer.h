/* SPDX-License-Identifier: MPL-2.0 */
/** One connection of `acg serve`: moves bytes between a socket, TLS where there is some, and the gRPC
 * machine. */
#ifndef PKR_SERVE_PEER_H
#define PKR_SERVE_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/export.h>

#include "app/serve_tls.h"
#include "rpc/grpc.h"

/** Read at once: a TLS record. */
#define PKR_PEER_READ_MAX 16384u
/** Reads of one connection in one turn of the loop: the others wait meanwhile. */
#define PKR_PEER_READS 16
/** How long a peer may take to read our last words, and to close its end: closing on what it still sends
 * would reset the connection and lose them. */
#define PKR_PEER_LINGER_MS 2000

struct pkr_peer {
    int fd;
    struct pkr_tls *tls; /* NULL: none */
    struct rpc_conn *conn;
    bool ended;            /* the socket brings no more */
    bool broken;           /* nothing can be written either */
    bool closed;           /* RPC_CLOSED came */
    bool shut;             /* our end is closed */
    bool write_needs_read; /* TLS: writing goes on when something was read */
    int64_t linger_ms;     /* closed: until then */
    size_t at, len;        /* of what was read and not yet taken */
    char in[PKR_PEER_READ_MAX];
};

/** @param fd given, also on failure. @param tls NULL: none. @param out owned by caller (pkr_peer_free).
 *  @return ACG_OK | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status pkr_peer_new(int fd, struct pkr_tls_server *tls,
                                           const struct rpc_conn_options *options, int64_t now_ms,
                                           struct pkr_peer **out, struct acg_error *err);
void pkr_peer_free(struct pkr_peer *peer);
/** Take what the socket has, and let time pass. Events may be there afterwards. */
void pkr_peer_read(struct pkr_peer *peer, int64_t now_ms);
/** Give the socket what it takes. */
void pkr_peer_write(struct pkr_peer *peer, int64_t now_ms);
/** What to poll for: POLLIN, POLLOUT. */
short pkr_peer_events(struct pkr_peer *peer);
/** When pkr_peer_read is due even if nothing happens; RPC_NEVER. now_ms: at once. */
int64_t pkr_peer_deadline(const struct pkr_peer *peer, int64_t now_ms);
/** Whether it can be freed. */
bool pkr_peer_over(struct pkr_peer *peer, int64_t now_ms);

#endif
