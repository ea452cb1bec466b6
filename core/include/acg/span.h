/* SPDX-License-Identifier: MPL-2.0 */
/** A borrowed view of bytes or text, passed by value. Needs no terminating NUL. */
#ifndef ACG_SPAN_H
#define ACG_SPAN_H

#include <stddef.h>

struct acg_span {
    const char *data; /* may be NULL when len is 0 */
    size_t len;       /* bytes */
};

#endif
