/* SPDX-License-Identifier: MPL-2.0 */
/** Many small objects that end together: the texts and lists of one configuration. */
#ifndef PKR_ARENA_H
#define PKR_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include <acg/span.h>

struct pkr_arena_block;

struct pkr_arena {
    struct pkr_arena_block *blocks;
};

void pkr_arena_init(struct pkr_arena *arena);
/** Free everything that was taken from it; it can be used again. */
void pkr_arena_done(struct pkr_arena *arena);
/** Zeroed memory for count objects of size bytes; never NULL for 0 objects unless memory is out. */
void *pkr_arena_alloc(struct pkr_arena *arena, size_t count, size_t size);
/** Copy with a NUL behind it; NULL without memory. */
char *pkr_arena_text(struct pkr_arena *arena, struct acg_span text);
/** A formatted text; NULL without memory. */
char *pkr_arena_printf(struct pkr_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

char *pkr_arena_vprintf(struct pkr_arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

#endif
