/* SPDX-License-Identifier: MPL-2.0 */
/** A growing buffer that is told its maximum at birth. */
#ifndef ACGP_BUF_H
#define ACGP_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include <acg/span.h>

/** Bytes are NUL-terminated behind len, so data is also a C text once something was appended. */
struct acgp_buf {
    char *data;
    size_t len;
    size_t capacity;
    size_t max;  /* cap on len, bytes */
    bool failed; /* sticky: an append ran out of memory or past max; contents are then incomplete */
    bool over;   /* the failure was the cap */
};

/** An empty buffer that may hold up to max bytes. Allocates nothing. */
void acgp_buf_init(struct acgp_buf *b, size_t max);
void acgp_buf_done(struct acgp_buf *b);
/** Wipe and free: for buffers that held a secret. */
void acgp_buf_wipe(struct acgp_buf *b);
/** Empty it, keep the memory, forget a failure. */
void acgp_buf_clear(struct acgp_buf *b);
/** Append. @return false (sticky) at the cap or without memory; the buffer keeps what it had. */
bool acgp_buf_append(struct acgp_buf *b, const void *data, size_t len);
bool acgp_buf_text(struct acgp_buf *b, const char *text);
bool acgp_buf_span(struct acgp_buf *b, struct acg_span s);
bool acgp_buf_byte(struct acgp_buf *b, uint8_t byte);
bool acgp_buf_printf(struct acgp_buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool acgp_buf_vprintf(struct acgp_buf *b, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
/** Room for len more bytes at data + len; the caller fills them and adds to len. NULL at the cap or without
 * memory. */
char *acgp_buf_reserve(struct acgp_buf *b, size_t len);
/** Remove len bytes from the front. */
void acgp_buf_consume(struct acgp_buf *b, size_t len);
/** The text, owned by the caller (acgp_free); the buffer is empty afterwards. NULL after a failure or without
 * memory. */
char *acgp_buf_take(struct acgp_buf *b);
struct acg_span acgp_buf_view(const struct acgp_buf *b);

/** A formatted text of its own, owned by the caller (acgp_free); NULL without memory. At most 64 KiB. */
char *acgp_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
