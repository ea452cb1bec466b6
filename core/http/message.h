/* SPDX-License-Identifier: MPL-2.0 */
/** HTTP messages as values. A request holds no secret, but for a body that says so: the Authorization header
 * is added where it is sent. Nothing shows a body. */
#ifndef ACGP_MESSAGE_H
#define ACGP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/span.h>

#include "base/buf.h"

enum acgp_method { ACGP_GET = 0, ACGP_PUT, ACGP_POST, ACGP_PATCH, ACGP_DELETE };

/* An ARM answer of ours is under 100 KiB; a list page under 1 MiB. More is not an answer to us. */
enum { ACGP_BODY_MAX = 4 * 1024 * 1024, ACGP_HEADERS_MAX = 64 * 1024 };

struct acgp_request {
    enum acgp_method method;
    char *url;                  /* owned */
    char *body;                 /* owned, NUL-terminated; NULL: none */
    bool secret;                /* the body holds a secret: it is wiped when it is freed */
    const char *content_type;   /* static text; NULL: none */
    char client_request_id[40]; /* x-ms-client-request-id; empty: none */
};

struct acgp_header {
    char *name;  /* lower case, owned */
    char *value; /* owned */
};

struct acgp_response {
    int status;
    struct acgp_header *headers;
    size_t header_count;
    size_t header_capacity;
    size_t header_bytes;
    struct acgp_buf body;
};

const char *acgp_method_name(enum acgp_method method);

void acgp_request_done(struct acgp_request *r);

void acgp_response_init(struct acgp_response *r);
void acgp_response_done(struct acgp_response *r);
/** Add a header; name and value are copied, the name lower-cased, the value trimmed.
 *  @return false: out of memory, or past ACGP_HEADERS_MAX in all. */
bool acgp_response_header_add(struct acgp_response *r, struct acg_span name, struct acg_span value);
/** Value of a header by its lower-case name; NULL when absent; the first when repeated. Lent. */
const char *acgp_response_header(const struct acgp_response *r, const char *name);

/** Why an attempt brought no answer. */
enum acgp_failure_kind {
    ACGP_FAILURE_NOT_SENT = 1, /* refused, DNS, TLS: the service cannot have acted */
    ACGP_FAILURE_LOST,         /* broken or timed out after sending began: the service may have acted */
    ACGP_FAILURE_TOO_LARGE,    /* the answer passed a cap; it may have acted */
    ACGP_FAILURE_TRUST,        /* certificate refused: no retry */
    ACGP_FAILURE_LOGIN,        /* no token could be had; error says why; no retry */
    ACGP_FAILURE_HELD          /* not sent: Azure's limits left no room for it in its time */
};

struct acgp_failure {
    enum acgp_failure_kind kind;
    struct acg_error error; /* status and one line */
};

#endif
