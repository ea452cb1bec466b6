/* SPDX-License-Identifier: MPL-2.0 */
/** A host that starts `acg serve --go-plugin` as its child, with hashicorp/go-plugin: what its environment
 * asks for, a private socket, and the one line that tells where it is. */
#ifndef PKR_SERVE_HOST_H
#define PKR_SERVE_HOST_H

#include <stdbool.h>

#include <acg/error.h>
#include <acg/export.h>
#include <acg/span.h>

/** What a host puts into its HandshakeConfig, beside protocol version 1. */
#define PKR_HOST_COOKIE_KEY   "ACG_GO_PLUGIN"
#define PKR_HOST_COOKIE_VALUE "6e545725fe4a6df027e507b16ca44680925c43fb55fcd06d37fd8d2cd109abfe"
/** Longest path of a socket with its NUL: Linux's limit. */
#define PKR_HOST_PATH_MAX 108

struct pkr_host {
    const char *folder_parent;                               /* borrowed from the environment */
    bool own_parent;                                         /* the host named it: it looks nowhere else */
    const char *client_cert;                                 /* PEM, borrowed; NULL: no TLS */
    bool multiplex;                                          /* the host reads a seventh field */
    char folder[PKR_HOST_PATH_MAX], path[PKR_HOST_PATH_MAX]; /* "": not made */
    int alive_fd; /* becomes readable when the host is gone; -1: Linux cannot tell */
};

/** Read the environment. Pure. @param out borrows from it.
 *  @return ACG_OK | ACG_ERR_ARGUMENT (err->field: the variable; no such host, or it asks for what we do not
 * have). */
ACG_NODISCARD enum acg_status pkr_host_read(const char *(*lookup)(void *context, const char *name),
                                            void *context, struct pkr_host *out, struct acg_error *err);
/** Make a folder that this user alone may enter; path is where the socket goes.
 *  @param host of pkr_host_read; pkr_host_close undoes it. @return ACG_OK | ACG_ERR_TRANSPORT. */
ACG_NODISCARD enum acg_status pkr_host_open(struct pkr_host *host, struct acg_error *err);
/** Print the line. @param certificate DER; empty: no TLS. @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_INTERNAL
 * (nobody reads). */
ACG_NODISCARD enum acg_status pkr_host_tell(const struct pkr_host *host, struct acg_span certificate,
                                            struct acg_error *err);
/** Remove the folder, when the socket in it is closed. Fine for one that was not opened. */
void pkr_host_close(struct pkr_host *host);

#endif
