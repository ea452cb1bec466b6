/* SPDX-License-Identifier: MPL-2.0 */
#define _GNU_SOURCE /* struct ucred, accept4 */
#include "app/serve_listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
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

static enum acg_status listen_tcp(const struct addrinfo *info, const char *host, struct pkr_serve_socket *out,
                                  struct acg_error *err)
{
    int yes = 1;

    out->fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (out->fd < 0)
        return fail_errno(err, "socket for", host);
    (void)setsockopt(out->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (info->ai_family == AF_INET6)
        (void)setsockopt(out->fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
    if (bind(out->fd, info->ai_addr, info->ai_addrlen) != 0)
        return fail_errno(err, "bind", host);
    return listen(out->fd, BACKLOG) == 0 ? ACG_OK : fail_errno(err, "listen on", host);
}

/* What was bound: port 0 took a free one. */
static void name_tcp(const char *host, struct pkr_serve_socket *out)
{
    struct sockaddr_storage bound = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof bound;
    char port[8] = "?";

    if (getsockname(out->fd, (struct sockaddr *)&bound, &size) == 0)
        (void)getnameinfo((const struct sockaddr *)&bound, size, NULL, 0, port, sizeof port, NI_NUMERICSERV);
    (void)snprintf(out->name, sizeof out->name, strchr(host, ':') != NULL ? "tcp:[%s]:%s" : "tcp:%s:%s", host,
                   port);
}

static enum acg_status open_tcp(const struct pkr_listen *where, struct pkr_serve_socket *out,
                                struct acg_error *err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV},
                    *info = NULL;
    char port[8];

    (void)snprintf(port, sizeof port, "%u", (unsigned)where->port);
    int failed = getaddrinfo(where->host, port, &hints, &info);
    if (failed != 0)
        return acgp_fail(err, ACG_ERR_TRANSPORT, "%s: %s", where->host, gai_strerror(failed));
    enum acg_status status = listen_tcp(info, where->host, out, err);
    freeaddrinfo(info);
    if (status == ACG_OK)
        name_tcp(where->host, out);
    return status;
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

void pkr_serve_socket_accept(const struct pkr_serve_socket *s, int *out_fd, bool *out_refused)
{
    int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), yes = 1;

    *out_fd = -1;
    *out_refused = false;
    if (fd < 0)
        return;
    if (s->path != NULL && !peer_is_right(fd)) {
        *out_refused = true;
        (void)close(fd);
        return;
    }
    if (s->path == NULL) /* small frames must not wait for each other */
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    *out_fd = fd;
}
