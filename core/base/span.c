/* SPDX-License-Identifier: MPL-2.0 */
#include "base/span.h"

#include <string.h>

struct acg_span acgp_span(const char *text)
{
    return (struct acg_span){text, text ? strlen(text) : 0};
}

struct acg_span acgp_span_of(const void *data, size_t len)
{
    return (struct acg_span){data, len};
}

char acgp_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool acgp_span_equal(struct acg_span a, struct acg_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool acgp_span_equal_nocase(struct acg_span a, struct acg_span b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (acgp_lower(a.data[i]) != acgp_lower(b.data[i]))
            return false;
    return true;
}

bool acgp_span_starts_nocase(struct acg_span s, struct acg_span prefix)
{
    return s.len >= prefix.len && acgp_span_equal_nocase((struct acg_span){s.data, prefix.len}, prefix);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct acg_span acgp_span_trim(struct acg_span s)
{
    while (s.len > 0 && is_space(s.data[0])) {
        s.data++;
        s.len--;
    }
    while (s.len > 0 && is_space(s.data[s.len - 1]))
        s.len--;
    return s;
}

struct acg_span acgp_span_cut(struct acg_span *rest, char sep)
{
    struct acg_span head = *rest;
    const char *at = rest->len ? memchr(rest->data, sep, rest->len) : NULL;

    if (at == NULL) {
        *rest = (struct acg_span){NULL, 0};
        return head;
    }
    head.len = (size_t)(at - head.data);
    rest->data = at + 1;
    rest->len -= head.len + 1;
    return head;
}

bool acgp_span_to_u64(struct acg_span s, uint64_t *out)
{
    uint64_t n = 0;

    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] < '0' || s.data[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(s.data[i] - '0');
        if (n > (UINT64_MAX - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *out = n;
    return true;
}

bool acgp_span_to_i64(struct acg_span s, int64_t *out)
{
    bool negative = s.len > 0 && s.data[0] == '-';
    uint64_t n = 0;

    if (negative) {
        s.data++;
        s.len--;
    }
    if (!acgp_span_to_u64(s, &n) || n > (uint64_t)INT64_MAX)
        return false;
    *out = negative ? -(int64_t)n : (int64_t)n;
    return true;
}

bool acgp_equal_nocase(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return acgp_span_equal_nocase(acgp_span(a), acgp_span(b));
}

bool acgp_equal(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return strcmp(a, b) == 0;
}
