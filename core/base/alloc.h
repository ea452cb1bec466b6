/* SPDX-License-Identifier: MPL-2.0 */
/** Allocation: the one place that calls malloc. NULL means out of memory; callers turn it into ACG_ERR_NOMEM.
 */
#ifndef ACGP_ALLOC_H
#define ACGP_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Zeroed memory for count objects of size bytes; NULL when out of memory or when the product overflows. */
void *acgp_alloc(size_t count, size_t size);
/** Resize to count objects of size bytes; p stays valid on failure (NULL). New bytes are not zeroed. */
void *acgp_realloc(void *p, size_t count, size_t size);
void acgp_free(void *p);

/** Copy of text with its NUL; NULL on failure. acgp_strdup(NULL) is NULL. */
char *acgp_strdup(const char *text);
char *acgp_strndup(const char *text, size_t len);

/** Grow an array to hold at least need items: doubles, never past max_items.
 *  @param items in and out: the array; @param capacity in and out, in items. @return false: out of memory or
 * past max. */
bool acgp_grow(void **items, size_t *capacity, size_t need, size_t max_items, size_t item_size);

bool acgp_size_add(size_t a, size_t b, size_t *out);
bool acgp_size_mul(size_t a, size_t b, size_t *out);

#ifdef ACG_FAULT_INJECTION
/** Tests only: let allocation number n of this thread fail, counted from 1 from now on; 0: none. */
void acgp_alloc_fail_at(uint64_t n);
/** Allocations of this thread since the last acgp_alloc_fail_at. */
uint64_t acgp_alloc_count(void);
#endif

#endif
