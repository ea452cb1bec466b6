/* SPDX-License-Identifier: MPL-2.0 */
#include "http/url.h"

#include <string.h>

#include "base/alloc.h"
#include "base/span.h"

static bool plain_text(struct acg_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.data[i];
        if (c <= 0x20 || c >= 0x7f || c == '\\' || c == '#' || c == '"' || c == '<' || c == '>')
            return false;
    }
    return s.len != 0 && s.len <= ACGP_URL_MAX;
}

static bool take_scheme(struct acg_span *rest, bool *out_https)
{
    struct acg_span secure = acgp_span("https://"), clear = acgp_span("http://");
    struct acg_span scheme = acgp_span_starts_nocase(*rest, secure) ? secure : clear;

    if (!acgp_span_starts_nocase(*rest, scheme))
        return false;
    *out_https = scheme.len == secure.len;
    rest->data += scheme.len;
    rest->len -= scheme.len;
    return true;
}

/* Everything up to the first slash or question mark. */
static struct acg_span take_authority(struct acg_span *rest)
{
    size_t n = 0;
    struct acg_span authority;

    while (n < rest->len && rest->data[n] != '/' && rest->data[n] != '?')
        n++;
    authority = acgp_span_of(rest->data, n);
    rest->data += n;
    rest->len -= n;
    return authority;
}

static bool host_text(struct acg_span host, bool bracketed)
{
    for (size_t i = 0; i < host.len; i++) {
        char c = acgp_lower(host.data[i]);
        bool name = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
        if (bracketed ? !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == ':' || c == '.') : !name)
            return false;
    }
    return host.len != 0;
}

static bool parse_port(struct acg_span text, uint16_t *out)
{
    uint64_t port = 0;

    if (!acgp_span_to_u64(text, &port) || port == 0 || port > UINT16_MAX)
        return false;
    *out = (uint16_t)port;
    return true;
}

static bool parse_authority(struct acg_span authority, struct acgp_url *url)
{
    bool bracketed = authority.len != 0 && authority.data[0] == '[';
    const char *end = NULL;
    struct acg_span port = {0};

    if (bracketed) {
        end = memchr(authority.data, ']', authority.len);
        if (end == NULL)
            return false;
        url->host = acgp_span_of(authority.data + 1, (size_t)(end - authority.data) - 1);
        end++;
    } else {
        end = authority.len ? memchr(authority.data, ':', authority.len) : NULL;
        end = end ? end : authority.data + authority.len;
        url->host = acgp_span_of(authority.data, (size_t)(end - authority.data));
    }
    port = acgp_span_of(end, authority.len - (size_t)(end - authority.data));
    if (!host_text(url->host, bracketed))
        return false;
    if (port.len == 0)
        return true;
    return port.data[0] == ':' && parse_port(acgp_span_of(port.data + 1, port.len - 1), &url->port);
}

bool acgp_url_parse(struct acg_span text, struct acgp_url *out)
{
    struct acgp_url url = {0};
    struct acg_span rest = text;

    if (!plain_text(text) || !take_scheme(&rest, &url.https))
        return false;
    url.port = url.https ? 443 : 80;
    if (!parse_authority(take_authority(&rest), &url))
        return false;
    url.path = acgp_span_cut(&rest, '?');
    url.query = rest;
    *out = url;
    return true;
}

bool acgp_url_same_origin(const struct acgp_url *a, const struct acgp_url *b)
{
    return a->https == b->https && a->port == b->port && acgp_span_equal_nocase(a->host, b->host);
}

/* Four decimal numbers up to 255: other spellings of an address are names to us. */
static bool ipv4(struct acg_span host, uint64_t out[4])
{
    size_t parts = 0;

    for (struct acg_span rest = host; rest.data != NULL; parts++) {
        uint64_t n = 0;
        struct acg_span part = acgp_span_cut(&rest, '.');
        if (parts == 4 || part.len > 3 || !acgp_span_to_u64(part, &n) || n > 255)
            return false;
        out[parts] = n;
    }
    return parts == 4;
}

bool acgp_url_loopback(const struct acgp_url *url)
{
    uint64_t numbers[4];

    return acgp_span_equal_nocase(url->host, acgp_span("localhost")) ||
           acgp_span_equal(url->host, acgp_span("::1")) || (ipv4(url->host, numbers) && numbers[0] == 127);
}

bool acgp_url_link_local(const struct acgp_url *url)
{
    uint64_t numbers[4];

    return ipv4(url->host, numbers) && numbers[0] == 169 && numbers[1] == 254;
}

bool acgp_url_endpoint_ok(struct acg_span endpoint)
{
    struct acgp_url url;

    return acgp_url_parse(endpoint, &url) && url.query.data == NULL && (url.https || acgp_url_loopback(&url));
}

static bool host_below(struct acg_span host, struct acg_span parent)
{
    struct acg_span tail;
    uint64_t numbers[4];

    if (host.len < parent.len + 2 || ipv4(parent, numbers) || memchr(parent.data, ':', parent.len) != NULL)
        return false;
    tail = acgp_span_of(host.data + host.len - parent.len, parent.len);
    return host.data[host.len - parent.len - 1] == '.' && acgp_span_equal_nocase(tail, parent);
}

bool acgp_url_trusted(struct acg_span url, struct acg_span endpoint)
{
    struct acgp_url u, e;

    if (!acgp_url_parse(url, &u) || !acgp_url_parse(endpoint, &e))
        return false;
    if (acgp_url_same_origin(&u, &e))
        return u.https || acgp_url_loopback(&u);
    return u.https && e.https && u.port == e.port && host_below(u.host, e.host);
}

char *acgp_url_resolve(const char *endpoint, const char *url)
{
    struct acgp_url e;
    struct acg_span origin = acgp_span(endpoint);
    struct acgp_buf b;
    char *text = NULL;

    acgp_buf_init(&b, ACGP_URL_MAX);
    if (url[0] == '/' && url[1] != '/') {
        if (!acgp_url_parse(origin, &e))
            return NULL;
        if (e.path.len != 0)
            origin.len = (size_t)(e.path.data - origin.data);
        acgp_buf_span(&b, origin);
    }
    if (acgp_buf_text(&b, url))
        text = acgp_buf_take(&b);
    acgp_buf_done(&b);
    return text;
}

static bool path_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("/-._~!$&'()*+,;=:@", c) != NULL);
}

bool acgp_url_append_path(struct acgp_buf *b, struct acg_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (path_byte(c) ? !acgp_buf_byte(b, (uint8_t)c)
                         : !acgp_buf_printf(b, "%%%02X", (unsigned)(unsigned char)c))
            return false;
    }
    return true;
}

bool acgp_url_append_value(struct acgp_buf *b, struct acg_span text)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        char low = acgp_lower((char)c);
        char escape[3] = {'%', hex[c >> 4], hex[c & 15]};
        if ((low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
            c == '~')
            acgp_buf_byte(b, c);
        else
            acgp_buf_append(b, escape, sizeof escape);
    }
    return !b->failed;
}
