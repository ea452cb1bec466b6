/* SPDX-License-Identifier: MPL-2.0 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void make_one_line(char *text)
{
    for (char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
}

static void mark_cut(char *out, size_t size)
{
    size_t at = size - 4;

    while (at > 0 && ((unsigned char)out[at] & 0xc0) == 0x80) /* not inside a UTF-8 character */
        at--;
    memcpy(out + at, "...", 4);
}

void acgp_error_text(char *out, size_t size, const char *text)
{
    int n = snprintf(out, size, "%s", text ? text : "");

    if (n >= 0 && (size_t)n >= size)
        mark_cut(out, size);
    make_one_line(out);
}

__attribute__((format(printf, 2, 0))) static void format_message(struct acg_error *err, const char *format,
                                                                 va_list args)
{
    int n = vsnprintf(err->message, sizeof err->message, format, args);

    if (n >= 0 && (size_t)n >= sizeof err->message)
        mark_cut(err->message, sizeof err->message);
    make_one_line(err->message);
}

enum acg_status acgp_fail(struct acg_error *err, enum acg_status status, const char *format, ...)
{
    va_list args;

    if (err == NULL)
        return status;
    memset(err, 0, sizeof *err);
    err->status = status;
    va_start(args, format);
    format_message(err, format, args);
    va_end(args);
    return status;
}

enum acg_status acgp_fail_field(struct acg_error *err, enum acg_status status, const char *field,
                                const char *format, ...)
{
    va_list args;

    if (err == NULL)
        return status;
    memset(err, 0, sizeof *err);
    err->status = status;
    acgp_error_text(err->field, sizeof err->field, field);
    va_start(args, format);
    format_message(err, format, args);
    va_end(args);
    return status;
}

enum acg_status acgp_fail_nomem(struct acg_error *err)
{
    return acgp_fail(err, ACG_ERR_NOMEM, "out of memory");
}

enum acg_status acgp_fail_context(struct acg_error *err, const char *format, ...)
{
    char lower[sizeof err->message];
    va_list args;
    size_t used = 0;

    if (err == NULL)
        return ACG_ERR_INTERNAL;
    memcpy(lower, err->message, sizeof lower);
    va_start(args, format);
    format_message(err, format, args);
    va_end(args);
    used = strlen(err->message);
    if (used + 3 < sizeof err->message)
        snprintf(err->message + used, sizeof err->message - used, ": %.*s",
                 (int)(sizeof err->message - used - 3), lower);
    if (used + 2 + strlen(lower) >= sizeof err->message)
        mark_cut(err->message, sizeof err->message);
    return err->status;
}
