/* SPDX-License-Identifier: MPL-2.0 */
#include "vm/quote.h"

#include <string.h>

static bool plain(const char *text)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";

    return text[0] != '\0' && text[strspn(text, safe)] == '\0';
}

bool acgp_quote_shell(struct acgp_buf *out, const char *text)
{
    bool fine = true;

    if (plain(text))
        return acgp_buf_text(out, text);
    fine = acgp_buf_text(out, "'");
    for (; fine && *text != '\0'; text++)
        fine = *text == '\'' ? acgp_buf_text(out, "'\\''") : acgp_buf_append(out, text, 1);
    return fine && acgp_buf_text(out, "'");
}

/* How many bytes of text are one of the marks that PowerShell takes for a single quotation mark; 0: none. */
static size_t mark(const char *text)
{
    const unsigned char *t = (const unsigned char *)text;

    if (*text == '\'')
        return 1;
    return t[0] == 0xe2 && t[1] == 0x80 && t[2] >= 0x98 && t[2] <= 0x9b ? 3 : 0; /* U+2018 to U+201B */
}

bool acgp_quote_powershell(struct acgp_buf *out, const char *text)
{
    bool fine = acgp_buf_text(out, "'");

    while (fine && *text != '\0') {
        size_t quote = mark(text), len = quote != 0 ? quote : 1;
        fine = (quote == 0 || acgp_buf_append(out, text, quote)) && acgp_buf_append(out, text, len);
        text += len;
    }
    return fine && acgp_buf_text(out, "'");
}

bool acgp_quote_bicep(struct acgp_buf *out, const char *text)
{
    bool fine = acgp_buf_text(out, "'");

    for (; fine && *text != '\0'; text++) {
        if (*text == '\n' || *text == '\r' || *text == '\t')
            fine = acgp_buf_text(out, *text == '\n' ? "\\n" : *text == '\r' ? "\\r" : "\\t");
        else if ((unsigned char)*text < ' ' || *text == 0x7f)
            fine = acgp_buf_printf(out, "\\u{%x}", (unsigned)*text);
        else
            fine = ((strchr("\\'", *text) == NULL && !(*text == '$' && text[1] == '{')) ||
                    acgp_buf_append(out, "\\", 1)) &&
                   acgp_buf_append(out, text, 1);
    }
    return fine && acgp_buf_text(out, "'");
}
