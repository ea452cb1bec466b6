/* SPDX-License-Identifier: MPL-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/span.h"
#include "base/wipe.h"

enum { PRINTF_MAX = 64 * 1024 }; /* longest text that people are meant to read */

void acgp_buf_init(struct acgp_buf *b, size_t max)
{
    *b = (struct acgp_buf){.max = max};
}

void acgp_buf_done(struct acgp_buf *b)
{
    acgp_free(b->data);
    *b = (struct acgp_buf){.max = b->max};
}

void acgp_buf_wipe(struct acgp_buf *b)
{
    if (b->data != NULL)
        acgp_wipe(b->data, b->capacity);
    acgp_buf_done(b);
}

void acgp_buf_clear(struct acgp_buf *b)
{
    b->len = 0;
    b->failed = b->over = false;
    if (b->data != NULL)
        b->data[0] = '\0';
}

char *acgp_buf_reserve(struct acgp_buf *b, size_t len)
{
    void *data = b->data;
    size_t need = 0;

    if (b->failed)
        return NULL;
    if (!acgp_size_add(b->len, len, &need) || need > b->max) {
        b->failed = b->over = true;
        return NULL;
    }
    if (!acgp_grow(&data, &b->capacity, need + 1, b->max + 1, 1)) {
        b->failed = true;
        return NULL;
    }
    b->data = data;
    return b->data + b->len;
}

bool acgp_buf_append(struct acgp_buf *b, const void *data, size_t len)
{
    char *at = acgp_buf_reserve(b, len);

    if (at == NULL)
        return false;
    if (len != 0)
        memcpy(at, data, len);
    at[len] = '\0';
    b->len += len;
    return true;
}

bool acgp_buf_text(struct acgp_buf *b, const char *text)
{
    return acgp_buf_append(b, text, strlen(text));
}

bool acgp_buf_span(struct acgp_buf *b, struct acg_span s)
{
    return acgp_buf_append(b, s.data, s.len);
}

bool acgp_buf_byte(struct acgp_buf *b, uint8_t byte)
{
    return acgp_buf_append(b, &byte, 1);
}

bool acgp_buf_vprintf(struct acgp_buf *b, const char *format, va_list args)
{
    va_list again;
    int n = 0;
    char *at = NULL;

    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (n < 0) {
        b->failed = true;
        return false;
    }
    at = acgp_buf_reserve(b, (size_t)n);
    if (at == NULL)
        return false;
    vsnprintf(at, (size_t)n + 1, format, args);
    b->len += (size_t)n;
    return true;
}

bool acgp_buf_printf(struct acgp_buf *b, const char *format, ...)
{
    va_list args;
    bool ok = false;

    va_start(args, format);
    ok = acgp_buf_vprintf(b, format, args);
    va_end(args);
    return ok;
}

void acgp_buf_consume(struct acgp_buf *b, size_t len)
{
    if (len >= b->len) {
        b->len = 0;
    } else {
        memmove(b->data, b->data + len, b->len - len);
        b->len -= len;
    }
    if (b->data != NULL)
        b->data[b->len] = '\0';
}

char *acgp_buf_take(struct acgp_buf *b)
{
    char *text = NULL;

    if (b->failed)
        return NULL;
    if (b->data == NULL && !acgp_buf_append(b, "", 0))
        return NULL;
    text = b->data;
    *b = (struct acgp_buf){.max = b->max};
    return text;
}

struct acg_span acgp_buf_view(const struct acgp_buf *b)
{
    return acgp_span_of(b->data, b->len);
}

char *acgp_printf(const char *format, ...)
{
    struct acgp_buf b;
    va_list args;
    char *text = NULL;

    acgp_buf_init(&b, PRINTF_MAX);
    va_start(args, format);
    if (acgp_buf_vprintf(&b, format, args))
        text = acgp_buf_take(&b);
    va_end(args);
    acgp_buf_done(&b);
    return text;
}
