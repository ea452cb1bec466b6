/* SPDX-License-Identifier: MPL-2.0 */
/** An HTTP server on loopback that the test plays by hand, in the same thread: it accepts and reads by
 * itself, and answers, stays silent or hangs up as the test says. */
#ifndef ACG_TEST_SERVER_H
#define ACG_TEST_SERVER_H

#include "testlib/test.h"

enum { SERVER_CONNECTIONS = 16, SERVER_REQUEST_MAX = 65536 };

struct server_connection {
    int fd;                        /* -1: not open */
    char text[SERVER_REQUEST_MAX]; /* of the request being read, or read */
    size_t len;
    bool complete; /* a whole request is there, not answered yet */
};

struct server {
    int fd;
    unsigned port;
    size_t connections, requests; /* so far */
    struct server_connection at[SERVER_CONNECTIONS];
};

void server_begin(struct server *s);
void server_end(struct server *s);
/** Accept and read what is there. Never waits. */
void server_turn(struct server *s);
/** Number of the connection that has a whole request which contains this text; -1: none. */
int server_find(const struct server *s, const char *text);
/** Send bytes as they are, and begin to read the next request. */
void server_send(struct server *s, int connection, const char *bytes, size_t len);
/** A whole answer with a Content-Length. */
void server_answer(struct server *s, int connection, int status, const char *headers, const char *body);
void server_hang_up(struct server *s, int connection);

#endif
