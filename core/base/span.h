/* SPDX-License-Identifier: MPL-2.0 */
/** Views of text: compare, cut, parse. Nothing here allocates. ASCII only: ARM names are ASCII. */
#ifndef ACGP_SPAN_H
#define ACGP_SPAN_H

#include <stdbool.h>
#include <stdint.h>

#include <acg/span.h>

/** View of a NUL-terminated text; an empty view for NULL. */
struct acg_span acgp_span(const char *text);
struct acg_span acgp_span_of(const void *data, size_t len);
bool acgp_span_equal(struct acg_span a, struct acg_span b);
/** Equal without regard to the case of A to Z. */
bool acgp_span_equal_nocase(struct acg_span a, struct acg_span b);
bool acgp_span_starts_nocase(struct acg_span s, struct acg_span prefix);
/** Without spaces, tabs and line ends at both ends. */
struct acg_span acgp_span_trim(struct acg_span s);
/** Cut *rest at the first sep: returns what stands before it and moves *rest behind it. Returns all of it,
 * and leaves *rest empty with data NULL, when there is none. Loop while (rest.data != NULL). */
struct acg_span acgp_span_cut(struct acg_span *rest, char sep);
/** Decimal digits only, no sign, no space; false when empty, out of range or anything else is there. */
bool acgp_span_to_u64(struct acg_span s, uint64_t *out);
/** The same with an optional leading '-'. */
bool acgp_span_to_i64(struct acg_span s, int64_t *out);

/** Case-insensitive comparison of NUL-terminated ASCII texts; two NULLs are equal, NULL differs from text. */
bool acgp_equal_nocase(const char *a, const char *b);
bool acgp_equal(const char *a, const char *b);
char acgp_lower(char c);

#endif
