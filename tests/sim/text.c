/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/text.h"

#include <openssl/rand.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void *sim_alloc(size_t size)
{
    void *p = calloc(1, size ? size : 1);
    if (!p) {
        fputs("acg-sim: out of memory\n", stderr);
        exit(1);
    }
    return p;
}

char *sim_copy_n(const char *text, size_t length)
{
    char *out = sim_alloc(length + 1);
    memcpy(out, text, length);
    return out;
}

char *sim_copy(const char *text)
{
    return sim_copy_n(text, strlen(text));
}

char *sim_format(const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *out = sim_alloc(length < 0 ? 1 : (size_t)length + 1);
    if (length >= 0)
        vsnprintf(out, (size_t)length + 1, format, again);
    va_end(again);
    return out;
}

bool sim_same(const char *a, const char *b)
{
    return a && b && strcasecmp(a, b) == 0;
}

bool sim_same_n(const char *a, const char *b, size_t length)
{
    return a && b && strncasecmp(a, b, length) == 0;
}

bool sim_starts(const char *text, const char *prefix)
{
    return sim_same_n(text, prefix, strlen(prefix));
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

char *sim_lower(const char *text)
{
    char *out = sim_copy(text);
    for (char *c = out; *c; c++)
        *c = lower(*c);
    return out;
}

bool sim_glob(const char *pattern, const char *text)
{
    const char *star = NULL, *resume = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = pattern++;
            resume = text;
        } else if (*pattern == '?' || (*pattern && lower(*pattern) == lower(*text))) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star + 1;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

static void random_bytes(unsigned char *out, int n)
{
    if (RAND_bytes(out, n) != 1) {
        fputs("acg-sim: no random numbers\n", stderr);
        exit(1);
    }
}

void sim_guid(char out[SIM_GUID_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char raw[16];
    random_bytes(raw, (int)sizeof raw);
    raw[6] = (unsigned char)((raw[6] & 0x0f) | 0x40);
    raw[8] = (unsigned char)((raw[8] & 0x3f) | 0x80);
    char *c = out;
    for (size_t i = 0; i < sizeof raw; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *c++ = '-';
        *c++ = digits[raw[i] >> 4];
        *c++ = digits[raw[i] & 15];
    }
    *c = '\0';
}

void sim_random_text(char *out, size_t n)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned char raw[256];
    for (size_t done = 0; done < n;) {
        size_t part = n - done < sizeof raw ? n - done : sizeof raw;
        random_bytes(raw, (int)part);
        for (size_t i = 0; i < part; i++)
            out[done + i] = letters[raw[i] & 63];
        done += part;
    }
    out[n] = '\0';
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool sim_unescape(char *text, bool form)
{
    char *out = text;
    for (const char *in = text; *in; in++) {
        if (*in == '%') {
            int high = hex(in[1]);
            int low = high < 0 ? -1 : hex(in[2]);
            if (low < 0 || (high == 0 && low == 0))
                return false;
            *out++ = (char)(unsigned char)(high * 16 + low);
            in += 2;
        } else {
            *out++ = form && *in == '+' ? ' ' : *in;
        }
    }
    *out = '\0';
    return true;
}

void sim_str_add(struct sim_str *s, const char *bytes, size_t length)
{
    if (s->length + length + 1 > s->capacity) {
        size_t capacity = s->capacity ? s->capacity : 256;
        while (capacity < s->length + length + 1)
            capacity *= 2;
        char *data = sim_alloc(capacity);
        if (s->length)
            memcpy(data, s->data, s->length);
        free(s->data);
        s->data = data;
        s->capacity = capacity;
    }
    memcpy(s->data + s->length, bytes, length);
    s->length += length;
    s->data[s->length] = '\0';
}

void sim_str_text(struct sim_str *s, const char *text)
{
    sim_str_add(s, text, strlen(text));
}
