/* SPDX-License-Identifier: MPL-2.0 */
/** The server's TLS: 1.2 or newer, HTTP/2, every client with a certificate. */
#ifndef PKR_SERVE_TLS_H
#define PKR_SERVE_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <acg/error.h>
#include <acg/export.h>

struct acgp_buf;
struct pkr_tls_server;
struct pkr_tls;

/** Read the files. @param out owned by caller. @return ACG_OK | ACG_ERR_ARGUMENT (err->field: the option) |
 *  ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status pkr_tls_server_new(const char *cert, const char *key, const char *client_ca,
                                                 struct pkr_tls_server **out, struct acg_error *err);
/** For the host that started us: a certificate of this run, and the host's own as the only one that is let
 * in.
 *  @param client_cert PEM. @param out owned by caller. @return ACG_OK | ACG_ERR_ARGUMENT (no certificate) |
 *  ACG_ERR_INTERNAL (none can be made) | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status pkr_tls_server_for_host(const char *client_cert, struct pkr_tls_server **out,
                                                      struct acg_error *err);
/** Append the server's certificate, DER. @return false: the buffer's cap or memory. */
bool pkr_tls_server_certificate(const struct pkr_tls_server *server, struct acgp_buf *out);
void pkr_tls_server_free(struct pkr_tls_server *server);

/** One connection over a socket that was accepted. @param fd borrowed. NULL without memory. */
struct pkr_tls *pkr_tls_new(struct pkr_tls_server *server, int fd);
void pkr_tls_free(struct pkr_tls *tls);

enum { PKR_TLS_WAIT = -1, PKR_TLS_FAILED = -2 };
/** As recv and send, handshake included. @return bytes, 0 at the end, PKR_TLS_WAIT, or PKR_TLS_FAILED: the
 *  connection is of no use any more (pkr_tls_why). */
ssize_t pkr_tls_read(struct pkr_tls *tls, void *out, size_t size);
ssize_t pkr_tls_write(struct pkr_tls *tls, const void *data, size_t size);
/** What the last call that waits is waiting for: also writing, while the handshake runs. */
int pkr_tls_wants_write(const struct pkr_tls *tls);
/** Bytes that were decrypted and not read: no poll tells of them. */
int pkr_tls_pending(const struct pkr_tls *tls);
/** Say that nothing more comes. */
void pkr_tls_shutdown(struct pkr_tls *tls);
/** Why it failed: static text. */
const char *pkr_tls_why(const struct pkr_tls *tls);

#endif
