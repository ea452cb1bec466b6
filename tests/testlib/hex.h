/* SPDX-License-Identifier: MPL-2.0 */
/** Bytes written as hex in tests. */
#ifndef ACG_TESTLIB_HEX_H
#define ACG_TESTLIB_HEX_H

#include <stddef.h>

#include <acg/span.h>

/** The bytes of a hex text; blanks are skipped. A 'text' in single quotes stands for its characters. Fails
 * the test for anything else. @return lent until the fourth call after this one. */
struct acg_span hex(const char *text);

#endif
