/* SPDX-License-Identifier: MPL-2.0 */
/** URLs: parse, compare origins, decide where a token may go. Nothing here allocates but acgp_url_resolve. */
#ifndef ACGP_URL_H
#define ACGP_URL_H

#include <stdbool.h>
#include <stdint.h>

#include <acg/span.h>

#include "base/buf.h"

/* ARM asks clients to accept poll URLs of at least 4 KB; a longer one than this is not an answer to us. */
enum { ACGP_URL_MAX = 16 * 1024 };

/** An absolute http or https URL; the spans point into the text that was parsed. */
struct acgp_url {
    bool https;
    struct acg_span host;  /* without the brackets of an IPv6 address */
    uint16_t port;         /* the scheme's default when none was written */
    struct acg_span path;  /* from its first slash, without the query; may be empty */
    struct acg_span query; /* without the question mark; may be empty */
};

/** Parse. @return false: relative, another scheme, user information, a bad port, a space or control
 * character, a fragment, or longer than ACGP_URL_MAX; *out is then untouched. */
bool acgp_url_parse(struct acg_span text, struct acgp_url *out);

/** Same scheme, host (without case) and port. */
bool acgp_url_same_origin(const struct acgp_url *a, const struct acgp_url *b);

/** Does the host name this machine: localhost, 127.0.0.0/8 or ::1? */
bool acgp_url_loopback(const struct acgp_url *url);

/** Is the host an IPv4 address of this link alone, 169.254.0.0/16: where the hosts of VMs answer? */
bool acgp_url_link_local(const struct acgp_url *url);

/** May a user configure this as an endpoint: https, or http on loopback, and no query. */
bool acgp_url_endpoint_ok(struct acg_span endpoint);

/** May the token of endpoint go to url, which an answer named? The origin of the endpoint itself, or, over
 * TLS and on the same port, a host below the endpoint's host. Never http, unless it is the very origin that
 * was configured. */
bool acgp_url_trusted(struct acg_span url, struct acg_span endpoint);

/** A URL that an answer named, made absolute: a text that starts with one slash is taken below the endpoint's
 * origin, anything else is copied. @return owned by caller (acgp_free); NULL: out of memory, or too long. */
char *acgp_url_resolve(const char *endpoint, const char *url);

/** Append text as part of a path: every byte that a path may not hold is percent-encoded, slashes stay.
 *  @return as acgp_buf_append. */
bool acgp_url_append_path(struct acgp_buf *b, struct acg_span text);

/** Append text as a value of a query or a form: every byte but letters, digits and -._~ is percent-encoded.
 *  @return as acgp_buf_append. */
bool acgp_url_append_value(struct acgp_buf *b, struct acg_span text);

#endif
