/* SPDX-License-Identifier: MPL-2.0 */
#define _GNU_SOURCE /* accept4 */
#include "hostile/azure.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/span.h"

enum { REQUEST_MAX = 65536, READ_MAX = 8192, BACKLOG = 64, DOCUMENT_MAX = 65536 };

enum document { TOKEN, OTHER, NOT_FOUND, IMAGE, CREATING, OPERATION, SUCCEEDED };

static const char *const files[AZURE_DOCUMENTS] = {
    [NOT_FOUND] = "error-not-found.json",     [IMAGE] = "image.json",         [CREATING] = "creating.json",
    [OPERATION] = "operation-succeeded.json", [SUCCEEDED] = "succeeded.json",
};

static int bind_loopback(char *url)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &len) == 0)
        (void)snprintf(url, AZURE_URL_BYTES, "http://127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    return fd;
}

static bool read_document(struct acgp_buf *out, const char *file)
{
    char path[1024], piece[READ_MAX];
    size_t n;

    (void)snprintf(path, sizeof path, "%s/unit/publish/data/%s", ACG_TESTS, file);
    FILE *in = fopen(path, "rb");
    if (in == NULL)
        return false;
    while ((n = fread(piece, 1, sizeof piece, in)) > 0)
        acgp_buf_append(out, piece, n);
    return fclose(in) == 0;
}

bool azure_open(struct azure *a)
{
    *a = (struct azure){0};
    a->listener = bind_loopback(a->url);
    a->refuser = bind_loopback(a->refused_url);
    for (size_t i = 0; i < AZURE_CONNECTIONS; i++)
        a->connections[i].fd = -1;
    for (size_t i = 0; i < AZURE_DOCUMENTS; i++) {
        acgp_buf_init(&a->documents[i], DOCUMENT_MAX);
        if (files[i] != NULL && !read_document(&a->documents[i], files[i]))
            return false;
    }
    acgp_buf_text(&a->documents[TOKEN],
                  "{\"token_type\":\"Bearer\",\"expires_in\":3600,\"access_token\":\"t0ken\"}");
    acgp_buf_text(&a->documents[OTHER], "{\"identity\":{\"type\":\"SystemAssigned\"}}");
    return a->url[0] != '\0' && a->refused_url[0] != '\0' && listen(a->listener, BACKLOG) == 0;
}

void azure_close(struct azure *a)
{
    (void)close(a->listener);
    (void)close(a->refuser);
    for (size_t i = 0; i < AZURE_DOCUMENTS; i++)
        acgp_buf_done(&a->documents[i]);
}

const char *azure_url(const struct azure *a)
{
    return a->manner == AZURE_REFUSES ? a->refused_url : a->url;
}

static void drop(struct azure_connection *c)
{
    (void)close(c->fd);
    c->fd = -1;
    acgp_buf_done(&c->in);
}

void azure_end(struct azure *a)
{
    int fd;

    for (size_t i = 0; i < AZURE_CONNECTIONS; i++)
        if (a->connections[i].fd >= 0)
            drop(&a->connections[i]);
    while ((fd = accept4(a->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
        (void)close(fd);
}

void azure_begin(struct azure *a, enum azure_manner manner)
{
    azure_end(a); /* the last plugin may have connected while it ended */
    a->manner = manner;
}

nfds_t azure_wants(const struct azure *a, struct pollfd *out)
{
    nfds_t n = 0;

    out[n++] = (struct pollfd){.fd = a->listener, .events = POLLIN};
    for (size_t i = 0; i < AZURE_CONNECTIONS; i++)
        if (a->connections[i].fd >= 0 && a->manner != AZURE_MUTE)
            out[n++] = (struct pollfd){.fd = a->connections[i].fd, .events = POLLIN};
    return n;
}

/* ---- Answers ---- */

static bool has(const struct acgp_buf *request, const char *text)
{
    return memmem(request->data, request->len, text, strlen(text)) != NULL;
}

static enum document choose(const struct acgp_buf *head, bool put)
{
    if (put)
        return CREATING;
    if (has(head, "/oauth2/"))
        return TOKEN;
    if (has(head, "capsOperations"))
        return OPERATION;
    if (has(head, "ReplicationStatus"))
        return SUCCEEDED;
    if (has(head, "/images/web-build"))
        return IMAGE;
    return has(head, "/versions/") ? NOT_FOUND : OTHER; /* what says nothing speaks against nothing */
}

static void reply(const struct azure *a, struct azure_connection *c, const struct acgp_buf *head)
{
    bool put = strncmp(head->data, "PUT ", 4) == 0;
    enum document which = choose(head, put);
    const struct acgp_buf *body = &a->documents[which];
    struct acgp_buf out;

    acgp_buf_init(&out, REQUEST_MAX);
    acgp_buf_printf(&out, "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n",
                    put                  ? "201 Created"
                    : which == NOT_FOUND ? "404 Not Found"
                                         : "200 OK",
                    body->len);
    if (put)
        acgp_buf_printf(&out, "Azure-AsyncOperation: %s/subscriptions/s/capsOperations/op-1?t=1\r\n", a->url);
    acgp_buf_text(&out, "\r\n");
    acgp_buf_span(&out, acgp_buf_view(body));
    (void)send(c->fd, out.data, out.len, MSG_NOSIGNAL); /* fits a fresh buffer */
    acgp_buf_done(&out);
}

static size_t body_length(const struct acgp_buf *head)
{
    const char *at = strcasestr(head->data, "content-length:");
    uint64_t n = 0;

    if (at != NULL) {
        struct acg_span rest = acgp_span(at + strlen("content-length:"));
        (void)acgp_span_to_u64(acgp_span_trim(acgp_span_cut(&rest, '\r')), &n);
    }
    return n < REQUEST_MAX ? (size_t)n : REQUEST_MAX;
}

/* One whole request at the front of what came. @return whether there was one. */
static bool take_request(struct azure *a, struct azure_connection *c)
{
    const char *end = c->in.len == 0 ? NULL : memmem(c->in.data, c->in.len, "\r\n\r\n", 4);
    struct acgp_buf head;

    if (end == NULL)
        return false;
    acgp_buf_init(&head, REQUEST_MAX);
    acgp_buf_append(&head, c->in.data, (size_t)(end - c->in.data) + 4);
    size_t whole = head.len + body_length(&head);
    bool complete = c->in.len >= whole;
    if (complete) {
        reply(a, c, &head);
        acgp_buf_consume(&c->in, whole);
    }
    acgp_buf_done(&head);
    return complete;
}

static bool take_connection(struct azure *a)
{
    for (size_t i = 0; i < AZURE_CONNECTIONS; i++) {
        struct azure_connection *c = &a->connections[i];
        if (c->fd >= 0)
            continue;
        c->fd = accept4(a->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (c->fd >= 0)
            acgp_buf_init(&c->in, REQUEST_MAX);
        return c->fd >= 0;
    }
    return false;
}

static bool move(struct azure *a, struct azure_connection *c)
{
    char piece[READ_MAX];
    ssize_t n = recv(c->fd, piece, sizeof piece, 0);

    if (n == 0)
        drop(c);
    if (n <= 0)
        return n == 0;
    if (!acgp_buf_append(&c->in, piece, (size_t)n)) {
        drop(c);
        return true;
    }
    while (take_request(a, c))
        ;
    return true;
}

bool azure_move(struct azure *a)
{
    bool moved = take_connection(a);

    for (size_t i = 0; i < AZURE_CONNECTIONS; i++)
        if (a->connections[i].fd >= 0 && a->manner == AZURE_ANSWERS)
            moved |= move(a, &a->connections[i]);
    return moved;
}
