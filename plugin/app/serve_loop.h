/* SPDX-License-Identifier: MPL-2.0 */
/** The one loop of `acg serve`: joins sockets, services and publisher. One thread; waits in one place. */
#ifndef PKR_SERVE_LOOP_H
#define PKR_SERVE_LOOP_H

#include <stdbool.h>

#include <acg/credential.h>
#include <acg/error.h>
#include <acg/export.h>
#include <acg/publisher.h>

#include "app/serve_listen.h"
#include "app/serve_tls.h"
#include "rpc/service.h"

/** Connections at once: each holds at most what the caps of rpc/grpc.h say; hundreds of clients are a
 * factory.
 */
#define PKR_PEERS_MAX 256u
/** How long clients may take to read their last words when the server stops. */
#define PKR_DRAIN_MS 10000

/** What the loop serves; everything is borrowed. */
struct pkr_server {
    struct pkr_serve_socket *sockets;
    size_t socket_count;
    struct pkr_tls_server *tls; /* of tcp, and of a host; NULL: none */
    struct acg_publisher *publisher;
    struct rpc_services *services;
    int stop_fd;   /* of pkr_stop_init */
    bool has_host; /* go-plugin: its host may end the server, and uses tls on the unix socket */
    int host_fd;   /* becomes readable when the host is gone; -1: none */
};

/** Serve until a signal came, or the host said so or is gone, and everything is told, or the time for that is
 * over. Blocks. Closes the sockets.
 *  @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_INTERNAL (the publisher cannot go on). */
ACG_NODISCARD enum acg_status pkr_serve_loop(const struct pkr_server *server, struct acg_error *err);

#endif
