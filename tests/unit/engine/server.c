/* SPDX-License-Identifier: MPL-2.0 */
#include "server.h"

#include <stdio.h>
#include <stdlib.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

void server_begin(struct server *s)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;

    *s = (struct server){.fd = socket(AF_INET, SOCK_STREAM, 0)};
    for (int i = 0; i < SERVER_CONNECTIONS; i++)
        s->at[i].fd = -1;
    assert_true(s->fd >= 0);
    assert_int_equal(bind(s->fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(s->fd, 16), 0);
    assert_int_equal(fcntl(s->fd, F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(getsockname(s->fd, (struct sockaddr *)&address, &len), 0);
    s->port = ntohs(address.sin_port);
}

void server_hang_up(struct server *s, int connection)
{
    close(s->at[connection].fd);
    s->at[connection].fd = -1;
    s->at[connection].complete = false;
}

void server_end(struct server *s)
{
    for (int i = 0; i < SERVER_CONNECTIONS; i++)
        if (s->at[i].fd >= 0)
            server_hang_up(s, i);
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

static void accept_one(struct server *s)
{
    int fd = accept(s->fd, NULL, NULL);

    if (fd < 0)
        return;
    for (int i = 0; i < SERVER_CONNECTIONS; i++) {
        if (s->at[i].fd >= 0)
            continue;
        assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
        s->at[i].fd = fd;
        s->at[i].len = 0;
        s->connections++;
        return;
    }
    fail_msg("too many connections");
}

static bool whole(const struct server_connection *c)
{
    const char *end = strstr(c->text, "\r\n\r\n"), *length = strstr(c->text, "Content-Length: ");
    size_t body = length != NULL && length < end ? strtoul(length + 16, NULL, 10) : 0;

    return end != NULL && c->len >= (size_t)(end + 4 - c->text) + body;
}

static void read_some(struct server *s, int i)
{
    struct server_connection *c = &s->at[i];
    ssize_t n = 0;

    if (c->fd < 0 || c->complete)
        return;
    n = read(c->fd, c->text + c->len, SERVER_REQUEST_MAX - 1 - c->len);
    if (n == 0) {
        server_hang_up(s, i);
        return;
    }
    if (n < 0)
        return;
    c->len += (size_t)n;
    c->text[c->len] = '\0';
    c->complete = whole(c);
    s->requests += c->complete;
}

void server_turn(struct server *s)
{
    accept_one(s);
    for (int i = 0; i < SERVER_CONNECTIONS; i++)
        read_some(s, i);
}

int server_find(const struct server *s, const char *text)
{
    for (int i = 0; i < SERVER_CONNECTIONS; i++)
        if (s->at[i].fd >= 0 && s->at[i].complete && strstr(s->at[i].text, text) != NULL)
            return i;
    return -1;
}

void server_send(struct server *s, int connection, const char *bytes, size_t len)
{
    struct server_connection *c = &s->at[connection];
    size_t sent = 0;

    assert_int_equal(fcntl(c->fd, F_SETFL, 0), 0);
    while (sent < len) {
        ssize_t n = send(c->fd, bytes + sent, len - sent, MSG_NOSIGNAL);
        if (n <= 0)
            break; /* the client has had enough */
        sent += (size_t)n;
    }
    assert_int_equal(fcntl(c->fd, F_SETFL, O_NONBLOCK), 0);
    c->complete = false;
    c->len = 0;
    c->text[0] = '\0';
}

void server_answer(struct server *s, int connection, int status, const char *headers, const char *body)
{
    char text[4096];
    int n = snprintf(text, sizeof text, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n%s", status,
                     strlen(body), headers, body);

    assert_true(n > 0 && (size_t)n < sizeof text);
    server_send(s, connection, text, (size_t)n);
}
