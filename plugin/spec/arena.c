/* SPDX-License-Identifier: MPL-2.0 */
#include "spec/arena.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

struct pkr_arena_block {
    struct pkr_arena_block *next;
    max_align_t data[];
};

void pkr_arena_init(struct pkr_arena *arena)
{
    arena->blocks = NULL;
}

void pkr_arena_done(struct pkr_arena *arena)
{
    while (arena->blocks != NULL) {
        struct pkr_arena_block *next = arena->blocks->next;
        acgp_free(arena->blocks);
        arena->blocks = next;
    }
}

void *pkr_arena_alloc(struct pkr_arena *arena, size_t count, size_t size)
{
    size_t bytes = 0;
    if (!acgp_size_mul(count, size, &bytes) || !acgp_size_add(bytes, sizeof(struct pkr_arena_block), &bytes))
        return NULL;
    struct pkr_arena_block *block = acgp_alloc(1, bytes);
    if (block == NULL)
        return NULL;
    block->next = arena->blocks;
    arena->blocks = block;
    return block->data;
}

char *pkr_arena_text(struct pkr_arena *arena, struct acg_span text)
{
    size_t bytes = 0;
    char *copy = acgp_size_add(text.len, 1, &bytes) ? pkr_arena_alloc(arena, bytes, 1) : NULL;
    if (copy != NULL && text.len > 0)
        memcpy(copy, text.data, text.len);
    return copy;
}

char *pkr_arena_vprintf(struct pkr_arena *arena, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    char *text = len < 0 ? NULL : pkr_arena_alloc(arena, (size_t)len + 1, 1);
    if (text != NULL)
        vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text;
}

char *pkr_arena_printf(struct pkr_arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = pkr_arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}
