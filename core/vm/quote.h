/* SPDX-License-Identifier: MPL-2.0 */
/** Texts as one word of a shell, of PowerShell and of Bicep: what Azure wrote may stand in any of them. */
#ifndef ACGP_QUOTE_H
#define ACGP_QUOTE_H

#include "base/buf.h"

/** As acgp_buf_append. POSIX shell: as it is where no character of it is special, else in single quotes. */
bool acgp_quote_shell(struct acgp_buf *out, const char *text);
/** PowerShell: in single quotes; each of the quotation marks that it takes for one is doubled
 * (about_Quoting_Rules; its tokenizer also knows U+2018 to U+201B). */
bool acgp_quote_powershell(struct acgp_buf *out, const char *text);
/** Bicep: in single quotes, with \\ \' \n \r \t \${ and \u{...} (the language's reference on strings). */
bool acgp_quote_bicep(struct acgp_buf *out, const char *text);

#endif
