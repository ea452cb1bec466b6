/* SPDX-License-Identifier: MPL-2.0 */
/* interop_server SOCKET: gRPC on a unix socket and on a loopback port, without TLS, for tests. Says "PORT n"
 * when it listens. SIGTERM drains and ends it; SIGUSR1 changes the health of the test service. */
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "contract/interop/service.h"
#include "interop.rpc-c.h"
#include "rpc/health.h"
#include "rpc/reflection.h"
#include "standard.rpc-c.h"

enum { READ_SIZE = 65536, EVENTS = 64, BACKLOG = 128, TEXT = 64 };

struct peer {
    struct peer *next;
    struct rpc_conn *conn;
    int fd;
    uint32_t polled; /* what epoll is asked for */
    bool closed;     /* RPC_CLOSED was pulled */
    bool ended;      /* the socket brings no more */
    size_t at, len;
    char in[READ_SIZE];
};

struct server {
    int epoll, signals, listeners[2];
    struct peer *peers;
    struct interop *interop;
    struct rpc_health *health;
    bool serving, draining;
};

static const struct rpc_service *const services[] = {
    &rpc_service_grpc_testing_TestService,
    &rpc_service_grpc_health_v1_Health,
    &rpc_service_grpc_reflection_v1_ServerReflection,
    &rpc_service_grpc_reflection_v1alpha_ServerReflection,
};
static const struct rpc_files *const files[] = {&rpc_files_interop, &rpc_files_standard};
static const struct rpc_reflection reflection = {services, sizeof services / sizeof *services, files,
                                                 sizeof files / sizeof *files};

static int64_t clock_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void poll_for(const struct server *s, int fd, void *what, uint32_t events, int operation)
{
    struct epoll_event e = {.events = events, .data.ptr = what};

    if (epoll_ctl(s->epoll, operation, fd, &e) != 0)
        fail("epoll_ctl");
}

/* ---- One peer ---- */

static void welcome(struct server *s, int listener, int64_t now_ms)
{
    struct rpc_conn_options options = {.services = services,
                                       .service_count = sizeof services / sizeof *services};
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct peer *p = fd < 0 ? NULL : calloc(1, sizeof *p);

    if (p == NULL || rpc_conn_new(&options, now_ms, &p->conn, NULL) != ACG_OK) {
        free(p);
        if (fd >= 0)
            close(fd);
        return;
    }
    p->fd = fd;
    p->next = s->peers;
    s->peers = p;
    p->polled = EPOLLIN;
    poll_for(s, fd, p, p->polled, EPOLL_CTL_ADD);
}

static void end_peer(struct peer *p)
{
    p->ended = true;
    rpc_conn_eof(p->conn);
}

static void read_peer(struct peer *p, int64_t now_ms)
{
    size_t used = 0;

    while (!p->ended) {
        if (p->at == p->len) {
            ssize_t n = rpc_conn_wants_read(p->conn) ? recv(p->fd, p->in, sizeof p->in, 0) : -1;

            if (n == 0 || (n < 0 && rpc_conn_wants_read(p->conn) && errno != EAGAIN && errno != EINTR))
                end_peer(p);
            if (n <= 0)
                return;
            p->at = 0;
            p->len = (size_t)n;
        }
        if (rpc_conn_feed(p->conn, now_ms, (struct acg_span){p->in + p->at, p->len - p->at}, &used, NULL) !=
                ACG_OK ||
            used == 0)
            return;
        p->at += used;
    }
}

static void write_peer(struct peer *p)
{
    for (;;) {
        struct acg_span out = rpc_conn_drain(p->conn);
        ssize_t n = out.len == 0 ? 0 : send(p->fd, out.data, out.len, MSG_NOSIGNAL);

        if (n < 0 && errno != EAGAIN && errno != EINTR)
            end_peer(p);
        if (n <= 0)
            return;
        rpc_conn_drained(p->conn, (size_t)n);
    }
}

static void pull(struct server *s, struct peer *p, int64_t now_ms)
{
    struct rpc_event event;

    while (rpc_conn_next_event(p->conn, now_ms, &event)) {
        if (event.kind == RPC_CLOSED)
            p->closed = true;
        else if (!interop_handle(s->interop, p->conn, now_ms, &event) &&
                 !rpc_health_handle(s->health, p->conn, &event))
            rpc_reflection_handle(&reflection, p->conn, &event);
    }
}

static void step(struct server *s, struct peer *p, int64_t now_ms)
{
    uint32_t wanted = 0;

    read_peer(p, now_ms);
    rpc_conn_tick(p->conn, now_ms);
    pull(s, p, now_ms);
    write_peer(p);
    wanted = (rpc_conn_wants_read(p->conn) && !p->ended ? (uint32_t)EPOLLIN : 0) |
             (rpc_conn_drain(p->conn).len > 0 ? (uint32_t)EPOLLOUT : 0);
    if (wanted != p->polled)
        poll_for(s, p->fd, p, wanted, EPOLL_CTL_MOD);
    p->polled = wanted;
}

/* ---- All of them ---- */

static void step_all(struct server *s, int64_t now_ms)
{
    interop_tick(s->interop, now_ms);
    for (struct peer **at = &s->peers; *at != NULL;) {
        struct peer *p = *at;

        step(s, p, now_ms);
        if (p->closed && rpc_conn_drain(p->conn).len == 0) {
            *at = p->next;
            close(p->fd);
            rpc_conn_free(p->conn);
            free(p);
        } else {
            at = &p->next;
        }
    }
}

static int64_t wait_ms(const struct server *s, int64_t now_ms)
{
    int64_t due = interop_deadline(s->interop);

    for (const struct peer *p = s->peers; p != NULL; p = p->next)
        if (rpc_conn_deadline(p->conn) < due)
            due = rpc_conn_deadline(p->conn);
    return due == RPC_NEVER ? -1 : due <= now_ms ? 0 : due - now_ms < 60000 ? due - now_ms : 60000;
}

static void set_health(struct server *s, bool serving)
{
    s->serving = serving;
    if (rpc_health_set(s->health, "", true, NULL) != ACG_OK ||
        rpc_health_set(s->health, "grpc.testing.TestService", serving, NULL) != ACG_OK)
        fail("health");
}

static void on_signal(struct server *s, int64_t now_ms)
{
    struct signalfd_siginfo info;

    if (read(s->signals, &info, sizeof info) != sizeof info)
        return;
    if (info.ssi_signo == SIGUSR1) {
        set_health(s, !s->serving);
        return;
    }
    s->draining = true;
    for (struct peer *p = s->peers; p != NULL; p = p->next)
        rpc_conn_shutdown(p->conn, now_ms);
}

static void turn(struct server *s)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(s->epoll, events, EVENTS, (int)wait_ms(s, clock_ms()));
    int64_t now_ms = clock_ms();

    for (int i = 0; i < n; i++) {
        if (events[i].data.ptr == &s->signals)
            on_signal(s, now_ms);
        else if (events[i].data.ptr == &s->listeners[0] || events[i].data.ptr == &s->listeners[1])
            welcome(s, *(int *)events[i].data.ptr, now_ms);
    }
    step_all(s, now_ms);
}

/* ---- Beginning and end ---- */

static void listen_on(struct server *s, int which, const struct sockaddr *address, socklen_t size)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, address, size) != 0 || listen(fd, BACKLOG) != 0)
        fail("listen");
    s->listeners[which] = fd;
    poll_for(s, fd, &s->listeners[which], EPOLLIN, EPOLL_CTL_ADD);
}

static void listen_all(struct server *s, const char *path)
{
    struct sockaddr_in inet = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    socklen_t size = sizeof inet;

    if (strlen(path) >= sizeof local.sun_path)
        fail("socket path");
    memcpy(local.sun_path, path, strlen(path) + 1);
    listen_on(s, 0, (const struct sockaddr *)&inet, sizeof inet);
    listen_on(s, 1, (const struct sockaddr *)&local, sizeof local);
    if (getsockname(s->listeners[0], (struct sockaddr *)&inet, &size) != 0)
        fail("getsockname");
    printf("PORT %u\n", (unsigned)ntohs(inet.sin_port));
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct server s = {.interop = interop_new()};
    sigset_t mask;

    if (argc != 2 || s.interop == NULL || rpc_health_new(&s.health, NULL) != ACG_OK)
        return 2;
    sigemptyset(&mask);
    sigaddset(&mask, SIGTERM);
    sigaddset(&mask, SIGUSR1);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    s.epoll = epoll_create1(EPOLL_CLOEXEC);
    s.signals = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
    poll_for(&s, s.signals, &s.signals, EPOLLIN, EPOLL_CTL_ADD);
    set_health(&s, true);
    listen_all(&s, argv[1]);
    while (!s.draining || s.peers != NULL)
        turn(&s);
    rpc_health_free(s.health);
    interop_free(s.interop);
    return 0;
}
