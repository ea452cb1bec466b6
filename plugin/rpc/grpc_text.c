/* SPDX-License-Identifier: MPL-2.0 */
#include "rpc/grpc_text.h"

#include <string.h>

#include "base/span.h"

static const char digits64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool rpc_base64_append(struct acgp_buf *out, struct acg_span bytes)
{
    uint32_t bits = 0, held = 0;

    for (size_t i = 0; i < bytes.len; i++) {
        bits = bits << 8 | (uint8_t)bytes.data[i];
        for (held += 8; held >= 6; held -= 6)
            acgp_buf_byte(out, (uint8_t)digits64[bits >> (held - 6) & 63]);
    }
    if (held > 0)
        acgp_buf_byte(out, (uint8_t)digits64[bits << (6 - held) & 63]);
    return !out->failed;
}

/* @return 0 to 63, or 64 for a byte that is none. */
static uint32_t digit64(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (uint32_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (uint32_t)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0') + 52;
    return c == '+' ? 62 : c == '/' ? 63 : 64;
}

/* Without its padding; false when that is not what fills the last group. */
static bool strip(struct acg_span *text)
{
    size_t padding = 0;

    while (text->len > 0 && text->data[text->len - 1] == '=' && padding < 3) {
        text->len--;
        padding++;
    }
    return text->len % 4 != 1 && (padding == 0 || (text->len + padding) % 4 == 0) && padding < 3;
}

bool rpc_base64_decode(struct acgp_buf *out, struct acg_span text)
{
    uint32_t bits = 0, held = 0;
    size_t before = out->len;

    if (!strip(&text))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint32_t digit = digit64(text.data[i]);

        if (digit == 64) {
            out->len = before;
            return false;
        }
        bits = bits << 6 | digit;
        held += 6;
        if (held >= 8) {
            held -= 8;
            acgp_buf_byte(out, (uint8_t)(bits >> held));
        }
    }
    return !out->failed;
}

bool rpc_percent_append(struct acgp_buf *out, struct acg_span text)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = (uint8_t)text.data[i];

        /* A space at either end is no part of a field's value in HTTP. */
        bool edge = c == ' ' && (i == 0 || i + 1 == text.len);

        if (c >= 0x20 && c < 0x7f && c != '%' && !edge) {
            acgp_buf_byte(out, c);
        } else {
            const char triple[3] = {'%', hex[c >> 4], hex[c & 15]};

            acgp_buf_append(out, triple, sizeof triple);
        }
    }
    return !out->failed;
}

bool rpc_timeout_parse(struct acg_span text, int64_t *out_ms)
{
    uint64_t n = 0;

    if (text.len < 2 || text.len > 9 || !acgp_span_to_u64((struct acg_span){text.data, text.len - 1}, &n))
        return false;
    switch (text.data[text.len - 1]) {
    case 'H':
        n *= UINT64_C(3600000);
        break;
    case 'M':
        n *= 60000;
        break;
    case 'S':
        n *= 1000;
        break;
    case 'm':
        break;
    case 'u':
        n = (n + 999) / 1000;
        break;
    case 'n':
        n = (n + 999999) / 1000000;
        break;
    default:
        return false;
    }
    *out_ms = (int64_t)n;
    return true;
}

/* @return bytes of the character at p, 0 when it is none. left is not 0. */
static size_t character(const uint8_t *p, size_t left)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
    uint32_t code = n < 2 ? p[0] : p[0] & (0x7fu >> n);

    if (n == 0 || n > left || p[0] == 0)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if (p[i] >> 6 != 2)
            return 0;
        code = code << 6 | (p[i] & 63u);
    }
    return code < least[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? 0 : n;
}

bool rpc_text_is_utf8(struct acg_span text)
{
    const uint8_t *p = (const uint8_t *)text.data;

    for (size_t i = 0; i < text.len;) {
        size_t n = character(p + i, text.len - i);

        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

bool rpc_list_has(struct acg_span list, const char *token)
{
    while (list.data != NULL)
        if (acgp_span_equal(acgp_span_trim(acgp_span_cut(&list, ',')), acgp_span(token)))
            return true;
    return false;
}
