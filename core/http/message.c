/* SPDX-License-Identifier: MPL-2.0 */
#include "http/message.h"

#include <string.h>

#include "base/alloc.h"
#include "base/span.h"
#include "base/wipe.h"

enum { HEADER_COUNT_MAX = 1024 }; /* an ARM answer has about 25 headers */

const char *acgp_method_name(enum acgp_method method)
{
    static const char *const names[] = {[ACGP_GET] = "GET",
                                        [ACGP_PUT] = "PUT",
                                        [ACGP_POST] = "POST",
                                        [ACGP_PATCH] = "PATCH",
                                        [ACGP_DELETE] = "DELETE"};

    return (size_t)method < sizeof names / sizeof names[0] ? names[method] : "?";
}

void acgp_request_done(struct acgp_request *r)
{
    if (r->secret && r->body != NULL)
        acgp_wipe(r->body, strlen(r->body));
    acgp_free(r->url);
    acgp_free(r->body);
    *r = (struct acgp_request){0};
}

void acgp_response_init(struct acgp_response *r)
{
    *r = (struct acgp_response){0};
    acgp_buf_init(&r->body, ACGP_BODY_MAX);
}

void acgp_response_done(struct acgp_response *r)
{
    for (size_t i = 0; i < r->header_count; i++) {
        acgp_free(r->headers[i].name);
        acgp_free(r->headers[i].value);
    }
    acgp_free(r->headers);
    acgp_buf_done(&r->body);
    acgp_response_init(r);
}

bool acgp_response_header_add(struct acgp_response *r, struct acg_span name, struct acg_span value)
{
    struct acg_span trimmed = acgp_span_trim(value);
    size_t bytes = r->header_bytes;
    struct acgp_header h = {0};
    void *headers = r->headers;

    if (!acgp_size_add(bytes, name.len, &bytes) || !acgp_size_add(bytes, trimmed.len, &bytes) ||
        bytes > ACGP_HEADERS_MAX ||
        !acgp_grow(&headers, &r->header_capacity, r->header_count + 1, HEADER_COUNT_MAX, sizeof h))
        return false;
    r->headers = headers;
    h.name = acgp_strndup(name.data, name.len);
    h.value = acgp_strndup(trimmed.data, trimmed.len);
    if (h.name == NULL || h.value == NULL) {
        acgp_free(h.name);
        acgp_free(h.value);
        return false;
    }
    for (char *c = h.name; *c != '\0'; c++)
        *c = acgp_lower(*c);
    r->headers[r->header_count++] = h;
    r->header_bytes = bytes;
    return true;
}

const char *acgp_response_header(const struct acgp_response *r, const char *name)
{
    for (size_t i = 0; i < r->header_count; i++)
        if (strcmp(r->headers[i].name, name) == 0)
            return r->headers[i].value;
    return NULL;
}
