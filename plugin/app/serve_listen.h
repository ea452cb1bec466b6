/* SPDX-License-Identifier: MPL-2.0 */
/** Sockets that `acg serve` listens on. */
#ifndef PKR_SERVE_LISTEN_H
#define PKR_SERVE_LISTEN_H

#include <stdbool.h>

#include <acg/error.h>
#include <acg/export.h>

#include "app/serve_options.h"

struct pkr_serve_socket {
    int fd;           /* -1: closed */
    int lock_fd;      /* unix: held for as long as the path is ours; -1: none */
    const char *path; /* unix: borrowed; NULL: tcp */
    char name[128];   /* "unix:" and a path of 107 bytes */
};

/** Open one.
 *  A unix socket can be opened by this user alone from its first moment. PATH.lock beside it is held while
 * the server lives, so that a path is taken over only from a server that is gone; what is no socket, or
 * answers, is left alone.
 *  @param out owned by caller (pkr_serve_socket_close). @return ACG_OK | ACG_ERR_ARGUMENT (no address) |
 *  ACG_ERR_TRANSPORT. */
ACG_NODISCARD enum acg_status pkr_serve_socket_open(const struct pkr_listen *where,
                                                    struct pkr_serve_socket *out, struct acg_error *err);
/** Close it, and remove its path. Fine for one that is closed. */
void pkr_serve_socket_close(struct pkr_serve_socket *socket);
enum pkr_accepted {
    PKR_ACCEPTED = 1,
    PKR_ACCEPT_NONE,    /* nobody waits */
    PKR_ACCEPT_REFUSED, /* a unix peer must be this user or root, and was not */
    PKR_ACCEPT_FULL     /* no descriptor or memory is left: again later */
};
/** Take one connection: non-blocking, close-on-exec. @param out_fd set with PKR_ACCEPTED: owned by caller. */
enum pkr_accepted pkr_serve_socket_accept(const struct pkr_serve_socket *socket, int *out_fd);

#endif
