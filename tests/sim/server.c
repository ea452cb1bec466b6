/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/server.h"

#include "sim/answer.h"
#include "sim/jsonx.h"
#include "sim/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* libmicrohttpd without a thread of its own: its epoll descriptors hang in ours, MHD_run does the work. */

enum {
    DAEMONS = 2,               /* IPv4 and IPv6 loopback */
    CONNECTIONS_MAX = 20000,   /* load tests keep 10,000 open */
    CONNECTION_MEMORY = 16384, /* header block, with a 2.5 KB poll URL and a token of several KB */
    BACKLOG = 4096,
    PAD_BLOCK = 65536,
    BODY_MAX = 4 * 1024 * 1024 /* ARM's own limit for request bodies */
};

struct exchange {
    struct sim_server *server;
    struct MHD_Connection *connection;
    struct sim_request request;
    struct sim_reply reply;
    struct sim_str body;
    bool begun, answered, too_long;
    int64_t due_ms; /* real time; when a delayed answer goes out */
    struct exchange *next_waiting;
};

/* A connection, numbered for the log; counted once it carries a request of the cloud's. */
struct peer {
    uint64_t number;
    bool counted;
};

struct sim_server {
    struct sim_world *w;
    struct MHD_Daemon *daemons[DAEMONS];
    bool tls;
    uint16_t port;
    uint64_t connections;
    struct exchange *waiting; /* suspended, in no order: there are few */
};

static void *begin_exchange(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct exchange *x = sim_alloc(sizeof *x);
    x->server = cls;
    x->connection = connection;
    x->reply.truncate_at = -1;
    size_t n = strcspn(uri, "?");
    x->request.path = sim_copy_n(uri, n);
    x->request.query = sim_copy(uri[n] ? uri + n + 1 : "");
    return x;
}

static enum MHD_Result add_argument(void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
    char *name = sim_lower(key);
    (void)kind;
    json_object_set_new(cls, name, json_string(value ? value : ""));
    free(name);
    return MHD_YES;
}

static char *header(struct MHD_Connection *connection, const char *name)
{
    const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
    return value ? sim_copy(value) : NULL;
}

static void read_head(struct exchange *x, const char *method)
{
    struct sim_request *req = &x->request;
    char *echo = header(x->connection, "x-ms-return-client-request-id");
    char *host = header(x->connection, "Host");
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    req->method = sim_copy(method);
    req->started_us = sim_mono_us();
    if (!sim_unescape(req->path, false))
        req->path[0] = '\0'; /* a bad escape: no such place */
    req->args = json_object();
    MHD_get_connection_values(x->connection, MHD_GET_ARGUMENT_KIND, add_argument, req->args);
    if (!sim_starts(req->path, "/subscriptions")) {
        req->headers = json_object();
        MHD_get_connection_values(x->connection, MHD_HEADER_KIND, add_argument, req->headers);
    }
    req->base = sim_format("%s://%s", x->server->tls ? "https" : "http", host ? host : "localhost");
    req->authorization = header(x->connection, "Authorization");
    req->content_type = header(x->connection, "Content-Type");
    req->client_request_id = header(x->connection, "x-ms-client-request-id");
    req->return_client_request_id = sim_same(echo, "true");
    req->user_agent = header(x->connection, "User-Agent");
    struct peer *peer = info ? info->socket_context : NULL;
    req->connection = peer ? peer->number : 0;
    if (peer && !peer->counted && !sim_starts(req->path, "/_sim/")) {
        peer->counted = true;
        x->server->w->log.connections++;
    }
    free(echo);
    free(host);
}

static void take_body(struct exchange *x)
{
    x->request.body = x->body.data;
    x->request.body_length = x->body.length;
    x->body = (struct sim_str){0};
    if (x->request.body_length) {
        x->request.json = json_loadb(x->request.body, x->request.body_length, JSON_DECODE_ANY, NULL);
        sim_drop_nulls(x->request.json);
    }
}

static void decide(struct exchange *x)
{
    take_body(x);
    if (x->too_long)
        sim_fail(&x->reply, 413, "RequestContentTooLarge",
                 "The request content size exceeds the maximum size of 4 MB.");
    else
        sim_answer(x->server->w, &x->request, &x->reply);
    x->answered = true;
}

/* A body that breaks off: the length promises more than is sent. */
static ssize_t broken_body(void *cls, uint64_t position, char *out, size_t max)
{
    const struct sim_reply *reply = cls;
    size_t end = (size_t)reply->truncate_at, n = strlen(reply->text);
    if (end > n)
        end = n;
    if (position >= end)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t part = end - (size_t)position < max ? end - (size_t)position : max;
    memcpy(out, reply->text + position, part);
    return (ssize_t)part;
}

static ssize_t padded_body(void *cls, uint64_t position, char *out, size_t max)
{
    const struct sim_reply *reply = cls;
    size_t n = strlen(reply->text), left = (size_t)reply->pad_to - (size_t)position;
    size_t part = left < max ? left : max;
    memset(out, ' ', part);
    if (position < n)
        memcpy(out, reply->text + position, n - (size_t)position < part ? n - (size_t)position : part);
    return (ssize_t)part;
}

/* The connection is closed by the caller, which sends no answer. */
static void break_connection(const struct exchange *x)
{
    static const char part[] = "HTTP/1.1 200 OK\r\nContent-Type: applic";
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (!info || x->reply.drop == SIM_DROP_CONNECTION)
        return;
    if (x->reply.drop == SIM_DROP_HEADER && !x->server->tls)
        (void)!send(info->connect_fd, part, sizeof part - 1, MSG_NOSIGNAL);
    (void)connect(info->connect_fd, &nobody, sizeof nobody); /* Linux answers with a reset, not with an end */
}

static struct MHD_Response *make_response(struct sim_reply *reply)
{
    if (!reply->text && reply->body)
        reply->text = sim_dump(reply->body);
    size_t n = reply->text ? strlen(reply->text) : 0;
    if (n && reply->pad_to > (int64_t)n)
        return MHD_create_response_from_callback((uint64_t)reply->pad_to, PAD_BLOCK, padded_body, reply,
                                                 NULL);
    if (reply->truncate_at >= 0 && n)
        return MHD_create_response_from_callback(n, 1024, broken_body, reply, NULL);
    struct MHD_Response *r = MHD_create_response_from_buffer(n, reply->text, MHD_RESPMEM_MUST_FREE);
    if (r)
        reply->text = NULL;
    return r;
}

static void add_headers(struct MHD_Response *r, const struct sim_reply *reply, bool content)
{
    if (content)
        MHD_add_response_header(
            r, "Content-Type", reply->content_type ? reply->content_type : "application/json; charset=utf-8");
    for (size_t i = 0; i < reply->header_count; i++)
        MHD_add_response_header(r, reply->headers[i].name, reply->headers[i].value);
    if (!sim_reply_find(reply, "Cache-Control"))
        MHD_add_response_header(r, "Cache-Control", "no-cache");
    MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
}

static enum MHD_Result send_reply(struct exchange *x)
{
    if (x->reply.drop != SIM_DROP_NOTHING) {
        break_connection(x);
        return MHD_NO;
    }
    bool content = x->reply.text || x->reply.body;
    struct MHD_Response *r = make_response(&x->reply);
    if (!r)
        return MHD_NO;
    add_headers(r, &x->reply, content);
    enum MHD_Result result = MHD_queue_response(x->connection, x->reply.status ? x->reply.status : 500, r);
    MHD_destroy_response(r);
    return result;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **context)
{
    struct exchange *x = *context;
    (void)cls;
    (void)connection;
    (void)url;
    (void)version;
    if (!x->begun) {
        x->begun = true;
        read_head(x, method);
        return MHD_YES;
    }
    if (*upload_size) {
        x->too_long = x->too_long || x->body.length + *upload_size > BODY_MAX;
        if (!x->too_long)
            sim_str_add(&x->body, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    if (!x->answered) {
        decide(x);
        if (x->reply.delay_ms > 0) {
            x->due_ms = sim_mono_ms() + x->reply.delay_ms;
            x->next_waiting = x->server->waiting;
            x->server->waiting = x;
            MHD_suspend_connection(x->connection);
            return MHD_YES;
        }
    }
    return send_reply(x);
}

static void end_exchange(void *cls, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code)
{
    struct exchange *x = *context;
    (void)cls;
    (void)connection;
    (void)code;
    if (!x)
        return;
    for (struct exchange **at = &x->server->waiting; *at; at = &(*at)->next_waiting)
        if (*at == x) {
            *at = x->next_waiting;
            break;
        }
    sim_request_done(&x->request);
    sim_reply_clear(&x->reply);
    free(x->body.data);
    free(x);
    *context = NULL;
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct sim_server *s = cls;
    (void)connection;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        free(*socket_context);
        *socket_context = NULL;
        return;
    }
    struct peer *peer = sim_alloc(sizeof *peer);
    peer->number = ++s->connections;
    *socket_context = peer;
}

static int listen_on(const struct sockaddr *address, socklen_t length)
{
    int one = 1, fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (address->sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, address, length) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    close(fd);
    return -1;
}

static int listen_v4(uint16_t *port)
{
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons(*port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = listen_on((struct sockaddr *)&a, n);
    if (fd >= 0 && getsockname(fd, (struct sockaddr *)&a, &n) == 0)
        *port = ntohs(a.sin_port);
    return fd;
}

static int listen_v6(uint16_t port)
{
    struct sockaddr_in6 a = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    return listen_on((struct sockaddr *)&a, sizeof a);
}

static struct MHD_Daemon *start(struct sim_server *s, int fd, const struct sim_tls *tls)
{
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (tls ? MHD_USE_TLS : 0u);
    struct MHD_OptionItem secure[] = {
        {MHD_OPTION_HTTPS_MEM_KEY, 0, tls ? tls->key : NULL},
        {MHD_OPTION_HTTPS_MEM_CERT, 0, tls ? tls->chain : NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    return MHD_start_daemon(flags, 0, NULL, NULL, on_request, s, MHD_OPTION_LISTEN_SOCKET, fd,
                            MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
                            MHD_OPTION_URI_LOG_CALLBACK, begin_exchange, s, MHD_OPTION_NOTIFY_COMPLETED,
                            end_exchange, s, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_ARRAY,
                            tls ? secure : &secure[2], MHD_OPTION_END);
}

struct sim_server *sim_server_new(struct sim_world *w, uint16_t port, const struct sim_tls *tls)
{
    struct sim_server *s = sim_alloc(sizeof *s);
    *s = (struct sim_server){.w = w, .tls = tls != NULL, .port = port};
    int fd = listen_v4(&s->port);
    if (fd < 0) {
        fprintf(stderr, "acg-sim: port %u on 127.0.0.1: %s\n", port, strerror(errno));
        free(s);
        return NULL;
    }
    s->daemons[0] = start(s, fd, tls);
    if (!s->daemons[0]) {
        fputs("acg-sim: the HTTP server did not start\n", stderr);
        close(fd);
        free(s);
        return NULL;
    }
    fd = listen_v6(s->port); /* localhost may mean ::1 first; without IPv6 clients fall back */
    if (fd >= 0)
        s->daemons[1] = start(s, fd, tls);
    return s;
}

uint16_t sim_server_port(const struct sim_server *s)
{
    return s->port;
}

/* Resume what is due; returns the milliseconds until the next one, -1 for none. */
static int64_t resume_due(struct sim_server *s)
{
    int64_t now = sim_mono_ms(), wait = -1;
    for (struct exchange **at = &s->waiting; *at;) {
        struct exchange *x = *at;
        if (x->due_ms <= now) {
            *at = x->next_waiting;
            MHD_resume_connection(x->connection);
            wait = 0;
            continue;
        }
        if (wait < 0 || x->due_ms - now < wait)
            wait = x->due_ms - now;
        at = &x->next_waiting;
    }
    return wait;
}

static int next_wait(struct sim_server *s)
{
    int64_t wait = resume_due(s);
    for (size_t i = 0; i < DAEMONS; i++) {
        MHD_UNSIGNED_LONG_LONG timeout;
        if (s->daemons[i] && MHD_get_timeout(s->daemons[i], &timeout) == MHD_YES &&
            (wait < 0 || (int64_t)timeout < wait))
            wait = (int64_t)timeout;
    }
    return wait > 60000 ? 60000 : (int)wait;
}

static bool watch(int epoll, int fd)
{
    struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
    return fd >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) == 0;
}

static int stop_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

bool sim_server_run(struct sim_server *s)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC), stop = stop_signals();
    bool ok = epoll >= 0 && watch(epoll, stop), running = true;
    for (size_t i = 0; i < DAEMONS; i++) {
        const union MHD_DaemonInfo *info =
            s->daemons[i] ? MHD_get_daemon_info(s->daemons[i], MHD_DAEMON_INFO_EPOLL_FD) : NULL;
        if (info)
            ok = ok && watch(epoll, info->epoll_fd);
    }
    while (ok && running) {
        struct epoll_event events[4];
        int n = epoll_wait(epoll, events, 4, next_wait(s));
        ok = n >= 0 || errno == EINTR;
        for (int i = 0; i < n; i++)
            running = running && events[i].data.fd != stop;
        for (size_t i = 0; i < DAEMONS; i++)
            if (s->daemons[i])
                MHD_run(s->daemons[i]);
    }
    if (stop >= 0)
        close(stop);
    if (epoll >= 0)
        close(epoll);
    return ok;
}

void sim_server_free(struct sim_server *s)
{
    if (!s)
        return;
    while (s->waiting) { /* a suspended connection cannot be stopped */
        struct exchange *x = s->waiting;
        s->waiting = x->next_waiting;
        MHD_resume_connection(x->connection);
    }
    for (size_t i = 0; i < DAEMONS; i++)
        if (s->daemons[i])
            MHD_stop_daemon(s->daemons[i]);
    free(s);
}
