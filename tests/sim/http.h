/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_HTTP_H
#define SIM_HTTP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One request, complete. Texts may be NULL where the client sent nothing; all owned. */
struct sim_request {
    char *method;
    char *path;      /* percent-decoded */
    char *query;     /* as sent, without the question mark; "" when absent */
    json_t *args;    /* query arguments, names in lower case */
    json_t *headers; /* names in lower case; only of requests that are not the Resource Manager's */
    char *base;      /* scheme and host as the client wrote them: what answers' URLs begin with */
    char *authorization;
    char *content_type;
    char *client_request_id;
    bool return_client_request_id;
    char *user_agent;
    char *body;
    size_t body_length;
    json_t *json; /* the body parsed, nulls removed; NULL when it is no JSON */
    uint64_t connection;
    int64_t started_us; /* when its head was read, by the machine's own clock */
};

struct sim_header {
    char *name, *value;
};

enum { SIM_HEADERS_MAX = 32 }; /* the longest answer has 16 */

enum sim_drop {
    SIM_DROP_NOTHING,
    SIM_DROP_CONNECTION, /* closed */
    SIM_DROP_RESET,      /* reset */
    SIM_DROP_HEADER      /* reset within the answer's header; over TLS before it */
};

struct sim_reply {
    unsigned status;
    json_t *body;       /* JSON answer; NULL for none */
    json_t *login;      /* for the log: how somebody proved who he is, without secrets; NULL: no login */
    char *text;         /* an answer that is not JSON; wins over body */
    char *content_type; /* NULL: JSON */
    struct sim_header headers[SIM_HEADERS_MAX];
    size_t header_count;
    enum sim_drop drop;
    int64_t delay_ms;    /* real time */
    int64_t truncate_at; /* send so many bytes of the body, then break the connection; below 0: whole */
    int64_t pad_to;      /* the body is followed by spaces until it has so many bytes */
};

/** Query argument by its lower-case name; NULL when absent. Borrowed. */
const char *sim_arg(const struct sim_request *req, const char *name);

/** Request header by its lower-case name, of a request that is not the Resource Manager's; NULL when absent.
 */
const char *sim_header_sent(const struct sim_request *req, const char *name);
/** For the log: the kind of login, whose it is, and one more thing that was checked and good. */
void sim_login_kind(struct sim_reply *reply, const char *kind);
void sim_login_owner(struct sim_reply *reply, const char *client_id);
void sim_login_checked(struct sim_reply *reply, const char *what);

/** Set a header (replacing one of that name, case ignored); NULL value removes it. */
void sim_reply_header(struct sim_reply *reply, const char *name, const char *value);
const char *sim_reply_find(const struct sim_reply *reply, const char *name);
/** Answer with a JSON body; the reference is given. */
void sim_reply_json(struct sim_reply *reply, unsigned status, json_t *body);
void sim_reply_empty(struct sim_reply *reply, unsigned status);
/** Answer with an ARM error body {error: {code, message}}. */
void sim_fail(struct sim_reply *reply, unsigned status, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/** Add error.target to an ARM error. */
void sim_fail_target(struct sim_reply *reply, const char *target);

void sim_reply_clear(struct sim_reply *reply);
void sim_request_done(struct sim_request *req);

#endif
