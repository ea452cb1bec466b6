/* SPDX-License-Identifier: MPL-2.0 */
/** From the start of the process to the one connection from Packer: cookie, socket, address line, accept. */
#ifndef PKR_HANDSHAKE_H
#define PKR_HANDSHAKE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/export.h>

/** Longest path of a unix socket, with its NUL (sun_path of Linux). */
#define PKR_SOCKET_PATH_MAX 108u
/** How long we wait for Packer to connect, which it does at once or never. */
#define PKR_ACCEPT_WAIT_MS 60000

/** Whether the environment has Packer's magic cookie: without it a person started us by hand. */
bool pkr_cookie_is_right(const char *value);

/** A socket that Packer shall connect to. */
struct pkr_listener {
    int fd;                         /* -1: none */
    char path[PKR_SOCKET_PATH_MAX]; /* empty: none */
};

/** Listen on a new socket that only this user may open, in a folder.
 *  @param folder borrowed: $TMPDIR; NULL, empty or too long for a socket's path: /tmp.
 *  @param out    owned by caller (pkr_listener_close).
 *  @return ACG_OK | ACG_ERR_TRANSPORT (err says which call failed and why). */
ACG_NODISCARD enum acg_status pkr_listener_open(const char *folder, struct pkr_listener *out,
                                                struct acg_error *err);
/** Close the socket and remove its path. Fine for one that is closed. */
void pkr_listener_close(struct pkr_listener *listener);
/** Wait for the one connection. Blocks up to wait_ms.
 *  @param stop   read now and then: not 0 ends the wait.
 *  @param out_fd owned by caller: non-blocking, close-on-exec.
 *  @return ACG_OK | ACG_ERR_TIMEOUT | ACG_ERR_CANCELLED (stop) | ACG_ERR_TRANSPORT. */
ACG_NODISCARD enum acg_status pkr_listener_accept(const struct pkr_listener *listener, int64_t wait_ms,
                                                  const volatile sig_atomic_t *stop, int *out_fd,
                                                  struct acg_error *err);

/** Print the address line: "5|unix|PATH" for Packer before 1.7, "5|0|unix|PATH" since. The only thing that
 *  ever goes to stdout. @return false: stdout is gone. */
bool pkr_print_address(const struct pkr_listener *listener, bool old_packer);

#endif
