/* SPDX-License-Identifier: MPL-2.0 */
#include "template/unicode.h"

static bool is_tail(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

/* The length that a first byte announces, its own bits, and the least character of that length. */
static size_t lead(unsigned char byte, uint32_t *out_bits, uint32_t *out_least)
{
    if (byte >= 0xc2 && byte <= 0xdf) {
        *out_bits = byte & 0x1fu;
        *out_least = 0x80;
        return 2;
    }
    if (byte >= 0xe0 && byte <= 0xef) {
        *out_bits = byte & 0x0fu;
        *out_least = 0x800;
        return 3;
    }
    if (byte >= 0xf0 && byte <= 0xf4) {
        *out_bits = byte & 0x07u;
        *out_least = 0x10000;
        return 4;
    }
    return 0;
}

uint32_t pkr_rune_decode(struct acg_span text, size_t *out_len)
{
    const unsigned char *bytes = (const unsigned char *)text.data;
    uint32_t rune = bytes[0], least = 0;
    size_t len = 0;

    *out_len = 1;
    if (rune < 0x80)
        return rune;
    len = lead(bytes[0], &rune, &least);
    if (len == 0 || len > text.len)
        return PKR_RUNE_BAD;
    for (size_t i = 1; i < len; i++) {
        if (!is_tail(bytes[i]))
            return PKR_RUNE_BAD;
        rune = rune << 6 | (bytes[i] & 0x3fu);
    }
    if (rune < least || !pkr_rune_valid(rune))
        return PKR_RUNE_BAD;
    *out_len = len;
    return rune;
}

size_t pkr_rune_len(struct acg_span text)
{
    size_t len = 0;

    (void)pkr_rune_decode(text, &len);
    return len;
}

size_t pkr_rune_encode(uint32_t rune, char *out)
{
    if (!pkr_rune_valid(rune))
        rune = PKR_RUNE_BAD;
    if (rune < 0x80) {
        out[0] = (char)rune;
        return 1;
    }
    if (rune < 0x800) {
        out[0] = (char)(0xc0 | rune >> 6);
        out[1] = (char)(0x80 | (rune & 0x3f));
        return 2;
    }
    if (rune < 0x10000) {
        out[0] = (char)(0xe0 | rune >> 12);
        out[1] = (char)(0x80 | (rune >> 6 & 0x3f));
        out[2] = (char)(0x80 | (rune & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | rune >> 18);
    out[1] = (char)(0x80 | (rune >> 12 & 0x3f));
    out[2] = (char)(0x80 | (rune >> 6 & 0x3f));
    out[3] = (char)(0x80 | (rune & 0x3f));
    return 4;
}

bool pkr_rune_valid(uint32_t rune)
{
    return rune <= PKR_RUNE_MAX && !(rune >= 0xd800 && rune <= 0xdfff);
}

size_t pkr_rune_count(struct acg_span text)
{
    size_t count = 0;

    while (text.len > 0) {
        size_t len = pkr_rune_len(text);
        text.data += len;
        text.len -= len;
        count++;
    }
    return count;
}

bool pkr_rune_is_space(uint32_t rune)
{
    return rune == ' ' || (rune >= '\t' && rune <= '\r') || rune == 0x85 || rune == 0xa0 || rune == 0x1680 ||
           (rune >= 0x2000 && rune <= 0x200a) || rune == 0x2028 || rune == 0x2029 || rune == 0x202f ||
           rune == 0x205f || rune == 0x3000;
}
