/* SPDX-License-Identifier: MPL-2.0 */
/** The command line of `acg serve`. Pure. */
#ifndef PKR_SERVE_OPTIONS_H
#define PKR_SERVE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/export.h>

/** Sockets of one server: one for each network and a local one are a handful. */
#define PKR_LISTEN_MAX 8u
/** Longest address with its NUL: longer than any. */
#define PKR_HOST_MAX 64u

/** One --listen. */
struct pkr_listen {
    const char *path; /* unix:PATH; NULL: tcp */
    char host[PKR_HOST_MAX];
    uint16_t port; /* 0: any that is free */
    bool loopback; /* the host is 127.0.0.1, [::1] or localhost */
};

struct pkr_serve_options {
    struct pkr_listen listen[PKR_LISTEN_MAX];
    size_t listen_count;
    const char *tls_cert, *tls_key, *tls_client_ca; /* NULL: not given */
    const char *journal; /* NULL: none is kept */
    bool insecure_loopback;
    bool go_plugin; /* started by a host: see serve_host.h */
    bool help;
};

/** Read and check it; what is not given may stand in the environment (ACG_SERVE_TLS_CERT, ACG_SERVE_TLS_KEY,
 *  ACG_SERVE_TLS_CLIENT_CA).
 *  @param words borrowed, for as long as *out is used. @param lookup value of a variable, or NULL.
 *  @return ACG_OK | ACG_ERR_ARGUMENT (err->field: the option). */
ACG_NODISCARD enum acg_status pkr_serve_options_read(const char *const *words, size_t count,
                                                     const char *(*lookup)(void *context, const char *name),
                                                     void *context, struct pkr_serve_options *out,
                                                     struct acg_error *err);
/** Text of `acg serve --help`. */
extern const char pkr_serve_help[];

#endif
