/* SPDX-License-Identifier: MPL-2.0 */
#include "app/serve_peer.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/wipe.h"

enum acg_status pkr_peer_new(int fd, struct pkr_tls_server *tls, const struct rpc_conn_options *options,
                             int64_t now_ms, struct pkr_peer **out, struct acg_error *err)
{
    struct pkr_peer *peer = acgp_alloc(1, sizeof *peer);
    enum acg_status status = ACG_OK;

    if (peer == NULL) {
        (void)close(fd);
        return acgp_fail_nomem(err);
    }
    peer->fd = fd;
    if (tls != NULL) {
        peer->tls = pkr_tls_new(tls, fd);
        status = peer->tls != NULL ? ACG_OK : acgp_fail_nomem(err);
    }
    if (status == ACG_OK)
        status = rpc_conn_new(options, now_ms, &peer->conn, err);
    if (status == ACG_OK)
        *out = peer;
    else
        pkr_peer_free(peer);
    return status;
}

void pkr_peer_free(struct pkr_peer *peer)
{
    if (peer == NULL)
        return;
    rpc_conn_free(peer->conn);
    pkr_tls_free(peer->tls);
    (void)close(peer->fd);
    acgp_wipe(peer->in, sizeof peer->in);
    acgp_free(peer);
}

static void end_socket(struct pkr_peer *peer, bool broken)
{
    peer->ended = true;
    peer->broken = peer->broken || broken;
    rpc_conn_eof(peer->conn);
}

/* @return bytes, 0 at the end, PKR_TLS_WAIT or PKR_TLS_FAILED, with TLS or without */
static ssize_t take(struct pkr_peer *peer, void *out, size_t size)
{
    if (peer->tls != NULL)
        return pkr_tls_read(peer->tls, out, size);
    ssize_t n = recv(peer->fd, out, size, 0);
    if (n >= 0)
        return n;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? PKR_TLS_WAIT : PKR_TLS_FAILED;
}

static ssize_t give(struct pkr_peer *peer, const void *data, size_t size)
{
    if (peer->tls != NULL)
        return pkr_tls_write(peer->tls, data, size);
    ssize_t n = send(peer->fd, data, size, MSG_NOSIGNAL);
    if (n >= 0)
        return n;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? PKR_TLS_WAIT : PKR_TLS_FAILED;
}

/* ---- reading ---- */

/* @return whether all was taken */
static bool feed(struct pkr_peer *peer, int64_t now_ms)
{
    while (peer->at < peer->len && !peer->closed) {
        size_t used = 0;
        struct acg_span rest = {peer->in + peer->at, peer->len - peer->at};

        if (rpc_conn_feed(peer->conn, now_ms, rest, &used, NULL) != ACG_OK)
            used = rest.len; /* final: RPC_CLOSED says why */
        peer->at += used;
        if (used == 0)
            return false;
    }
    acgp_wipe(peer->in, peer->len); /* a refused request may hold secrets */
    peer->at = peer->len = 0;
    return true;
}

/* @return whether there may be more */
static bool read_once(struct pkr_peer *peer, int64_t now_ms)
{
    if (!feed(peer, now_ms) || peer->ended || (!peer->closed && !rpc_conn_wants_read(peer->conn)))
        return false;
    ssize_t n = take(peer, peer->in, sizeof peer->in);
    peer->write_needs_read = false;
    if (n > 0)
        peer->len = (size_t)n;
    else if (n != PKR_TLS_WAIT)
        end_socket(peer, n == PKR_TLS_FAILED);
    return n > 0 && feed(peer, now_ms);
}

void pkr_peer_read(struct pkr_peer *peer, int64_t now_ms)
{
    for (int i = 0; i < PKR_PEER_READS && read_once(peer, now_ms); i++)
        ;
    rpc_conn_tick(peer->conn, now_ms);
}

/* ---- writing ---- */

static void shut(struct pkr_peer *peer, int64_t now_ms)
{
    if (peer->tls != NULL && !peer->broken)
        pkr_tls_shutdown(peer->tls);
    (void)shutdown(peer->fd, SHUT_WR);
    peer->shut = true;
    peer->linger_ms = now_ms + PKR_PEER_LINGER_MS;
}

void pkr_peer_write(struct pkr_peer *peer, int64_t now_ms)
{
    while (!peer->broken && !peer->shut) {
        struct acg_span out = rpc_conn_drain(peer->conn);
        if (out.len == 0)
            break;
        ssize_t n = give(peer, out.data, out.len);
        if (n > 0) {
            rpc_conn_drained(peer->conn, (size_t)n);
        } else {
            peer->write_needs_read =
                peer->tls != NULL && n == PKR_TLS_WAIT && !pkr_tls_wants_write(peer->tls);
            if (n == PKR_TLS_FAILED)
                end_socket(peer, true);
            break;
        }
    }
    if (peer->closed && peer->linger_ms == 0)
        peer->linger_ms = now_ms + PKR_PEER_LINGER_MS;
    if (peer->closed && !peer->shut && !peer->broken && rpc_conn_drain(peer->conn).len == 0)
        shut(peer, now_ms);
}

/* ---- waiting ---- */

short pkr_peer_events(struct pkr_peer *peer)
{
    short events = 0;

    if (!peer->ended && peer->at == peer->len && (peer->closed || rpc_conn_wants_read(peer->conn)))
        events |= POLLIN;
    if (!peer->broken && !peer->shut && !peer->write_needs_read && rpc_conn_drain(peer->conn).len > 0)
        events |= POLLOUT;
    if (peer->tls != NULL && !peer->broken && pkr_tls_wants_write(peer->tls))
        events |= POLLOUT;
    return events;
}

int64_t pkr_peer_deadline(const struct pkr_peer *peer, int64_t now_ms)
{
    bool more = peer->at < peer->len || (peer->tls != NULL && !peer->ended && pkr_tls_pending(peer->tls));

    if (peer->closed)
        return peer->linger_ms;
    return more && rpc_conn_wants_read(peer->conn) ? now_ms : rpc_conn_deadline(peer->conn);
}

bool pkr_peer_over(struct pkr_peer *peer, int64_t now_ms)
{
    return peer->closed && (peer->broken || (peer->ended && peer->shut) ||
                            (peer->linger_ms != 0 && now_ms >= peer->linger_ms));
}
