/* SPDX-License-Identifier: MPL-2.0 */
#include "template/run.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/wipe.h"
#include "template/template.h"
#include "template/unicode.h"

/** Small pieces share a block of this size; larger ones have their own. */
#define BLOCK_BYTES ((size_t)4096)

struct pkr_tpl_block {
    struct pkr_tpl_block *next;
    size_t size; /* of data */
    size_t used;
    max_align_t data[];
};

void pkr_tpl_run_init(struct pkr_tpl_run *run, struct acg_error *err)
{
    *run = (struct pkr_tpl_run){.memory_left = PKR_TPL_MEMORY_MAX,
                                .steps_left = PKR_TEMPLATE_STEPS_MAX,
                                .status = ACG_OK,
                                .err = err};
}

void pkr_tpl_run_done(struct pkr_tpl_run *run)
{
    while (run->blocks != NULL) {
        struct pkr_tpl_block *next = run->blocks->next;
        acgp_wipe(run->blocks->data, run->blocks->used);
        acgp_free(run->blocks);
        run->blocks = next;
    }
}

bool pkr_tpl_fail(struct pkr_tpl_run *run, const char *format, ...)
{
    char message[256];
    va_list args;

    if (run->status != ACG_OK)
        return false;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    run->status = acgp_fail(run->err, ACG_ERR_ARGUMENT, "%s", message);
    return false;
}

bool pkr_tpl_fail_limit(struct pkr_tpl_run *run, const char *what)
{
    if (run->status == ACG_OK)
        run->status = acgp_fail(run->err, ACG_ERR_LIMIT, "the template %s", what);
    return false;
}

static struct pkr_tpl_block *new_block(struct pkr_tpl_run *run, size_t size)
{
    struct pkr_tpl_block *block = NULL;

    if (size > run->memory_left) {
        (void)pkr_tpl_fail_limit(run, "needs too much memory");
        return NULL;
    }
    block = acgp_alloc(1, sizeof *block + size);
    if (block == NULL) {
        if (run->status == ACG_OK)
            run->status = acgp_fail_nomem(run->err);
        return NULL;
    }
    run->memory_left -= size;
    block->size = size;
    return block;
}

/* A large piece goes behind the first block, whose rest stays in use. */
static void keep_block(struct pkr_tpl_run *run, struct pkr_tpl_block *block)
{
    if (run->blocks != NULL && block->size > BLOCK_BYTES) {
        block->next = run->blocks->next;
        run->blocks->next = block;
        return;
    }
    block->next = run->blocks;
    run->blocks = block;
}

void *pkr_tpl_alloc(struct pkr_tpl_run *run, size_t count, size_t size)
{
    size_t bytes = 0;
    struct pkr_tpl_block *block = run->blocks;

    if (!acgp_size_mul(count, size, &bytes) || bytes > PKR_TPL_MEMORY_MAX) {
        (void)pkr_tpl_fail_limit(run, "needs too much memory");
        return NULL;
    }
    bytes = (bytes + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    if (block == NULL || block->size - block->used < bytes) {
        block = new_block(run, bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES);
        if (block == NULL)
            return NULL;
        keep_block(run, block);
    }
    void *piece = (char *)block->data + block->used;
    block->used += bytes;
    return piece;
}

bool pkr_tpl_steps(struct pkr_tpl_run *run, size_t steps)
{
    if (steps > run->steps_left)
        return pkr_tpl_fail_limit(run, "takes too many steps");
    run->steps_left -= steps;
    return true;
}

bool pkr_tpl_look(struct pkr_tpl_run *run, size_t bytes)
{
    return pkr_tpl_steps(run, bytes / PKR_TPL_BYTES_A_STEP);
}

bool pkr_tpl_enter(struct pkr_tpl_run *run)
{
    if (run->depth >= PKR_TEMPLATE_DEPTH_MAX)
        return pkr_tpl_fail_limit(run, "is nested too deeply");
    run->depth++;
    return true;
}

void pkr_tpl_leave(struct pkr_tpl_run *run)
{
    run->depth--;
}

/* ---- texts ---- */

struct pkr_tpl_text pkr_tpl_text(struct pkr_tpl_run *run)
{
    return (struct pkr_tpl_text){.run = run};
}

/* What was outgrown stays in the run's memory and is wiped with it. */
static bool make_room(struct pkr_tpl_text *text, size_t len)
{
    size_t capacity = text->capacity * 2;
    char *data = NULL;

    if (text->run->status != ACG_OK)
        return false;
    if (len <= text->capacity - text->len)
        return true;
    if (len > PKR_TPL_MEMORY_MAX)
        return pkr_tpl_fail_limit(text->run, "needs too much memory");
    if (capacity < text->len + len)
        capacity = text->len + len;
    data = pkr_tpl_alloc(text->run, capacity, 1);
    if (data == NULL)
        return false;
    if (text->len > 0)
        memcpy(data, text->data, text->len);
    text->data = data;
    text->capacity = capacity;
    return true;
}

bool pkr_tpl_add(struct pkr_tpl_text *text, const char *data, size_t len)
{
    if (!make_room(text, len))
        return false;
    if (len > 0)
        memcpy(text->data + text->len, data, len);
    text->len += len;
    return true;
}

bool pkr_tpl_add_span(struct pkr_tpl_text *text, struct acg_span span)
{
    return pkr_tpl_add(text, span.data, span.len);
}

bool pkr_tpl_add_word(struct pkr_tpl_text *text, const char *word)
{
    return pkr_tpl_add(text, word, strlen(word));
}

bool pkr_tpl_add_byte(struct pkr_tpl_text *text, char byte)
{
    return pkr_tpl_add(text, &byte, 1);
}

bool pkr_tpl_add_times(struct pkr_tpl_text *text, char byte, size_t times)
{
    if (!make_room(text, times))
        return false;
    if (times > 0)
        memset(text->data + text->len, byte, times);
    text->len += times;
    return true;
}

bool pkr_tpl_add_rune(struct pkr_tpl_text *text, uint32_t rune)
{
    char bytes[PKR_RUNE_BYTES_MAX];

    return pkr_tpl_add(text, bytes, pkr_rune_encode(rune, bytes));
}

bool pkr_tpl_add_hex(struct pkr_tpl_text *text, uint64_t number, unsigned digits, bool large)
{
    const char *values = large ? "0123456789ABCDEF" : "0123456789abcdef";

    for (unsigned i = digits; i-- > 0;)
        if (!pkr_tpl_add_byte(text, values[number >> 4 * i & 15]))
            return false;
    return true;
}

bool pkr_tpl_add_number(struct pkr_tpl_text *text, long long number, unsigned width)
{
    char digits[32];
    unsigned long long size = number < 0 ? 0ull - (unsigned long long)number : (unsigned long long)number;
    int len = snprintf(digits, sizeof digits, "%llu", size);

    if (number < 0 && !pkr_tpl_add_byte(text, '-'))
        return false;
    if (len < 0)
        len = 0;
    return ((unsigned)len >= width || pkr_tpl_add_times(text, '0', width - (unsigned)len)) &&
           pkr_tpl_add(text, digits, (size_t)len);
}

struct acg_span pkr_tpl_text_view(const struct pkr_tpl_text *text)
{
    return (struct acg_span){text->data, text->len};
}
