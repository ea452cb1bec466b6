/* SPDX-License-Identifier: MPL-2.0 */
#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#ifdef ACG_FAULT_INJECTION
static _Thread_local uint64_t fail_at;
static _Thread_local uint64_t counted;

void acgp_alloc_fail_at(uint64_t n)
{
    fail_at = n;
    counted = 0;
}

uint64_t acgp_alloc_count(void)
{
    return counted;
}

static bool allowed(void)
{
    return ++counted != fail_at;
}
#else
static bool allowed(void)
{
    return true;
}
#endif

bool acgp_size_add(size_t a, size_t b, size_t *out)
{
    if (a > SIZE_MAX - b)
        return false;
    *out = a + b;
    return true;
}

bool acgp_size_mul(size_t a, size_t b, size_t *out)
{
    if (b != 0 && a > SIZE_MAX / b)
        return false;
    *out = a * b;
    return true;
}

void *acgp_alloc(size_t count, size_t size)
{
    if (!allowed())
        return NULL;
    return calloc(count ? count : 1, size ? size : 1);
}

void *acgp_realloc(void *p, size_t count, size_t size)
{
    size_t bytes = 0;

    if (!acgp_size_mul(count, size, &bytes) || !allowed())
        return NULL;
    return realloc(p, bytes ? bytes : 1);
}

void acgp_free(void *p)
{
    free(p);
}

char *acgp_strdup(const char *text)
{
    return text ? acgp_strndup(text, strlen(text)) : NULL;
}

char *acgp_strndup(const char *text, size_t len)
{
    size_t bytes = 0;
    char *copy = NULL;

    if (!acgp_size_add(len, 1, &bytes) || (copy = acgp_alloc(bytes, 1)) == NULL)
        return NULL;
    if (len != 0)
        memcpy(copy, text, len);
    return copy;
}

bool acgp_grow(void **items, size_t *capacity, size_t need, size_t max_items, size_t item_size)
{
    size_t want = *capacity ? *capacity : 8;
    void *grown = NULL;

    if (need <= *capacity)
        return true;
    if (need > max_items)
        return false;
    while (want < need)
        want = want > max_items / 2 ? max_items : want * 2;
    if (want > max_items)
        want = max_items;
    grown = acgp_realloc(*items, want, item_size);
    if (grown == NULL)
        return false;
    *items = grown;
    *capacity = want;
    return true;
}
