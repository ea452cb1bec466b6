/* SPDX-License-Identifier: MPL-2.0 */
#include "app/handshake.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/clock.h"
#include "base/error.h"
#include "base/span.h"

/* The same in every version of Packer. */
static const char cookie[] = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";
/* New names that are tried when one is taken. */
#define NAMES_MAX 16
/* A signal between the look at the flag and poll would otherwise wait for the whole deadline. */
#define STOP_LOOK_MS 500

bool pkr_cookie_is_right(const char *value)
{
    return acgp_equal(value, cookie);
}

static enum acg_status fail_errno(struct acg_error *err, const char *what)
{
    return acgp_fail(err, ACG_ERR_TRANSPORT, "%s: %s", what, strerror(errno));
}

static bool make_name(const char *folder, struct sockaddr_un *out)
{
    uint64_t random;
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        return false;
    int n = snprintf(out->sun_path, sizeof out->sun_path, "%s/packer-plugin%016llx", folder,
                     (unsigned long long)random);
    if (n < 0 || (size_t)n >= sizeof out->sun_path)
        return acgp_equal(folder, "/tmp") ? false : make_name("/tmp", out);
    return true;
}

/* Bound with a mask, so that there is no moment in which others may connect. */
static int bind_private(int fd, const struct sockaddr_un *address)
{
    mode_t before = umask(S_IXUSR | S_IRWXG | S_IRWXO);
    int result = bind(fd, (const struct sockaddr *)address, sizeof *address);
    umask(before);
    return result;
}

static enum acg_status bind_new(int fd, const char *folder, struct sockaddr_un *address,
                                struct acg_error *err)
{
    for (int i = 0; i < NAMES_MAX; i++) {
        if (!make_name(folder, address))
            return acgp_fail(err, ACG_ERR_TRANSPORT, "no name for a socket in %s", folder);
        if (bind_private(fd, address) == 0)
            return ACG_OK;
        if (errno != EADDRINUSE)
            break;
    }
    return acgp_fail(err, ACG_ERR_TRANSPORT, "bind %s: %s", address->sun_path, strerror(errno));
}

enum acg_status pkr_listener_open(const char *folder, struct pkr_listener *out, struct acg_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    _Static_assert(sizeof address.sun_path == PKR_SOCKET_PATH_MAX, "the platform's limit");
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fail_errno(err, "socket");
    enum acg_status status =
        bind_new(fd, folder == NULL || folder[0] == '\0' ? "/tmp" : folder, &address, err);
    if (status == ACG_OK && listen(fd, 1) != 0) {
        status = fail_errno(err, "listen");
        (void)unlink(address.sun_path);
    }
    if (status != ACG_OK) {
        (void)close(fd);
        return status;
    }
    out->fd = fd;
    memcpy(out->path, address.sun_path, sizeof out->path);
    return ACG_OK;
}

void pkr_listener_close(struct pkr_listener *listener)
{
    if (listener->fd >= 0)
        (void)close(listener->fd);
    if (listener->path[0] != '\0')
        (void)unlink(listener->path);
    listener->fd = -1;
    listener->path[0] = '\0';
}

static enum acg_status take_connection(int listener, int *out_fd, struct acg_error *err)
{
    int fd = accept(listener, NULL, NULL);
    if (fd < 0)
        return fail_errno(err, "accept");
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
        enum acg_status status = fail_errno(err, "fcntl");
        (void)close(fd);
        return status;
    }
    *out_fd = fd;
    return ACG_OK;
}

enum acg_status pkr_listener_accept(const struct pkr_listener *listener, int64_t wait_ms,
                                    const volatile sig_atomic_t *stop, int *out_fd, struct acg_error *err)
{
    int64_t due_ms = pkr_now_ms() + wait_ms;
    for (;;) {
        if (*stop != 0)
            return acgp_fail(err, ACG_ERR_CANCELLED, "interrupted before Packer connected");
        int64_t left = due_ms - pkr_now_ms();
        if (left <= 0)
            return acgp_fail(err, ACG_ERR_TIMEOUT, "Packer did not connect within %lld s",
                             (long long)(wait_ms / 1000));
        struct pollfd ready = {.fd = listener->fd, .events = POLLIN};
        int n = poll(&ready, 1, (int)(left < STOP_LOOK_MS ? left : STOP_LOOK_MS));
        if (n > 0)
            return take_connection(listener->fd, out_fd, err);
        if (n < 0 && errno != EINTR)
            return fail_errno(err, "poll");
    }
}

bool pkr_print_address(const struct pkr_listener *listener, bool old_packer)
{
    return printf("5|%sunix|%s\n", old_packer ? "" : "0|", listener->path) > 0 && fflush(stdout) == 0;
}
