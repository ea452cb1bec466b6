/* SPDX-License-Identifier: MPL-2.0 */
#include "app/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"

#define LINE_MAX_BYTES 4096

void pkr_log(const char *level, const char *format, ...)
{
    char text[LINE_MAX_BYTES], line[LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    acgp_error_text(line, sizeof line, text);
    (void)fprintf(stderr, "[%s] %s\n", level, line);
}
