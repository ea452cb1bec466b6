/* SPDX-License-Identifier: MPL-2.0 */
/** Characters of UTF-8 texts, and what Unicode 15.0 (that of Go 1.26) says of all of them: what is a letter
 * or a digit, what can be shown, and the simple case mapping. Nothing here allocates. */
#ifndef PKR_TEMPLATE_UNICODE_H
#define PKR_TEMPLATE_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <acg/span.h>

#define PKR_RUNE_BYTES_MAX 4u
/** What stands for a byte that is no UTF-8. */
#define PKR_RUNE_BAD 0xfffdu
#define PKR_RUNE_MAX 0x10ffffu

/** The first character of a text that is not empty. @param out_len its bytes; 1 for a byte that is no UTF-8,
 *  whose character is PKR_RUNE_BAD. */
uint32_t pkr_rune_decode(struct acg_span text, size_t *out_len);
/** Bytes of the first character of a text that is not empty. */
size_t pkr_rune_len(struct acg_span text);
/** @param out room for PKR_RUNE_BYTES_MAX. @return bytes; what is no character becomes PKR_RUNE_BAD. */
size_t pkr_rune_encode(uint32_t rune, char *out);
/** Whether it is a character: no surrogate, not beyond the end. */
bool pkr_rune_valid(uint32_t rune);
/** Characters of a text; a byte that is no UTF-8 counts as one. */
size_t pkr_rune_count(struct acg_span text);

bool pkr_rune_is_word(uint32_t rune);
bool pkr_rune_is_space(uint32_t rune);
bool pkr_rune_is_printable(uint32_t rune);
uint32_t pkr_rune_upper(uint32_t rune);
uint32_t pkr_rune_lower(uint32_t rune);

#endif
