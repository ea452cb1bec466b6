/* SPDX-License-Identifier: MPL-2.0 */
/** A command line, to be typed again. Pure. */
#ifndef PKR_AGAIN_H
#define PKR_AGAIN_H

#include <stddef.h>

/** "acg publish --file 'my file.json'": the words as they were typed, quoted for a POSIX shell where they
 * must be.
 *  @param words borrowed, count of them. @return owned by caller (acgp_free); NULL without memory. */
char *pkr_again_line(const char *verb, const char *const *words, size_t count);

#endif
