/* SPDX-License-Identifier: MPL-2.0 */
#define _GNU_SOURCE /* struct ucred, accept4 */
#include "app/serve_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"

/** Connections that wait to be accepted. */
enum { BACKLOG = 128 };

static enum acg_status fail_errno(struct acg_error *err, const char *what, const char *name)
{
    return acgp_fail(err, ACG_ERR_TRANSPORT, "%s %s: %s", what, name, strerror(errno));
}

/* ---- unix ---- */

static enum acg_status take_lock(const char *path, int *out_fd, struct acg_error *err)
{
    char *name = acgp_printf("%s.lock", path);
    enum acg_status status = ACG_OK;

    if (name == NULL)
        return acgp_fail_nomem(err);
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (fd < 0)
        status = fail_errno(err, "open", name);
    else if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        status = errno == EWOULDBLOCK
                     ? acgp_fail(err, ACG_ERR_TRANSPORT, "%s is in use by another acg serve", path)
                     : fail_errno(err, "lock", name);
    if (status != ACG_OK && fd >= 0)
        (void)close(fd);
    else if (status == ACG_OK)
        *out_fd = fd;
    acgp_free(name);
    return status;
}

/* What a server that is gone left behind. Nobody else takes it meanwhile: the lock is ours. */
static enum acg_status remove_stale(const struct sockaddr_un *address, struct acg_error *err)
{
    const char *path = address->sun_path;
    struct stat info;

    if (lstat(path, &info) != 0)
        return errno == ENOENT ? ACG_OK : fail_errno(err, "look at", path);
    if (!S_ISSOCK(info.st_mode))
        return acgp_fail(err, ACG_ERR_TRANSPORT, "%s exists and is no socket", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return fail_errno(err, "socket for", path);
    bool gone = connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 && errno == ECONNREFUSED;
    (void)close(fd);
    if (!gone)
        return acgp_fail(err, ACG_ERR_TRANSPORT, "%s is in use by another program", path);
    return unlink(path) == 0 ? ACG_OK : fail_errno(err, "remove", path);
}

/* Bound with a mask, so that there is no moment in which others may connect. */
static int bind_private(int fd, const struct sockaddr_un *address)
{
    mode_t before = umask(S_IXUSR | S_IRWXG | S_IRWXO);
    int result = bind(fd, (const struct sockaddr *)address, sizeof *address);

    (void)umask(before);
    return result;
}

static enum acg_status open_unix(const char *path, struct pkr_serve_socket *out, struct acg_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof address.sun_path)
        return acgp_fail(err, ACG_ERR_TRANSPORT, "%s is longer than a socket's path may be, %zu bytes", path,
                         sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, strlen(path));
    enum acg_status status = take_lock(path, &out->lock_fd, err);
    if (status == ACG_OK)
        status = remove_stale(&address, err);
    if (status != ACG_OK)
        return status;
    out->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (out->fd < 0 || bind_private(out->fd, &address) != 0)
        return fail_errno(err, "bind", path);
    out->path = path;
    if (listen(out->fd, BACKLOG) != 0)
        return fail_errno(err, "listen on", path);
    (void)snprintf(out->name, sizeof out->name, "unix:%s", path);
    return ACG_OK;
}

/* ---- tcp ---- */

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* An address, or localhost. Names are not looked up: a static program must not load name service modules. */
static bool read_address(const struct pkr_listen *where, union address *out, socklen_t *out_size)
{
    const char *host = acgp_equal_nocase(where->host, "localhost") ? "127.0.0.1" : where->host;

    *out = (union address){.v6 = {.sin6_family = AF_UNSPEC}};
    if (inet_pton(AF_INET, host, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons(where->port);
        *out_size = sizeof out->v4;
        return true;
    }
    if (inet_pton(AF_INET6, host, &out->v6.sin6_addr) != 1)
        return false;
    out->v6.sin6_family = AF_INET6;
    out->v6.sin6_port = htons(where->port);
    *out_size = sizeof out->v6;
    return true;
}

/* What was bound: port 0 took a free one. */
static void name_tcp(const char *host, struct pkr_serve_socket *out)
{
    union address bound = {.v6 = {.sin6_family = AF_UNSPEC}};
    socklen_t size = sizeof bound;
    bool known = getsockname(out->fd, &bound.any, &size) == 0;
    unsigned port = !known                            ? 0
                    : bound.any.sa_family == AF_INET6 ? ntohs(bound.v6.sin6_port)
                                                      : ntohs(bound.v4.sin_port);

    (void)snprintf(out->name, sizeof out->name, strchr(host, ':') != NULL ? "tcp:[%s]:%u" : "tcp:%s:%u", host,
                   port);
}

static enum acg_status open_tcp(const struct pkr_listen *where, struct pkr_serve_socket *out,
                                struct acg_error *err)
{
    union address address;
    socklen_t size = 0;
    int yes = 1;

    if (!read_address(where, &address, &size))
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "--listen",
                               "%s is no address; names are not looked up, but for localhost", where->host);
    out->fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (out->fd < 0)
        return fail_errno(err, "socket for", where->host);
    (void)setsockopt(out->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (address.any.sa_family == AF_INET6)
        (void)setsockopt(out->fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
    if (bind(out->fd, &address.any, size) != 0)
        return fail_errno(err, "bind", where->host);
    if (listen(out->fd, BACKLOG) != 0)
        return fail_errno(err, "listen on", where->host);
    name_tcp(where->host, out);
    return ACG_OK;
}

/* ---- both ---- */

enum acg_status pkr_serve_socket_open(const struct pkr_listen *where, struct pkr_serve_socket *out,
                                      struct acg_error *err)
{
    struct pkr_serve_socket made = {.fd = -1, .lock_fd = -1};
    enum acg_status status =
        where->path != NULL ? open_unix(where->path, &made, err) : open_tcp(where, &made, err);

    if (status == ACG_OK)
        *out = made;
    else
        pkr_serve_socket_close(&made);
    return status;
}

void pkr_serve_socket_close(struct pkr_serve_socket *s)
{
    if (s->fd >= 0)
        (void)close(s->fd);
    if (s->path != NULL)
        (void)unlink(s->path);
    if (s->lock_fd >= 0)
        (void)close(s->lock_fd); /* the file stays: removing it would let two servers hold a lock each */
    s->fd = s->lock_fd = -1;
    s->path = NULL;
}

static bool peer_is_right(int fd)
{
    struct ucred peer = {.pid = 0};
    socklen_t size = sizeof peer;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}

static enum pkr_accepted why_none(void)
{
    return errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM ? PKR_ACCEPT_FULL
                                                                                     : PKR_ACCEPT_NONE;
}

enum pkr_accepted pkr_serve_socket_accept(const struct pkr_serve_socket *s, int *out_fd)
{
    int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), yes = 1;

    if (fd < 0)
        return why_none();
    if (s->path != NULL && !peer_is_right(fd)) {
        (void)close(fd);
        return PKR_ACCEPT_REFUSED;
    }
    if (s->path == NULL) /* small frames must not wait for each other */
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    *out_fd = fd;
    return PKR_ACCEPTED;
}
