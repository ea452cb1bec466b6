/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/again.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

/** Longest line, bytes: what the system lets a command line have. */
enum { LINE_MAX_BYTES = 4 * 1024 * 1024 };

/* No shell gives these a meaning inside a word. */
static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-";

/* Between single quotes everything stands for itself but the single quote. */
static bool put_quoted(struct acgp_buf *out, const char *word)
{
    bool fine = acgp_buf_byte(out, '\'');

    for (; fine && *word != '\0'; word++)
        fine = *word == '\'' ? acgp_buf_text(out, "'\\''") : acgp_buf_append(out, word, 1);
    return fine && acgp_buf_byte(out, '\'');
}

static bool put_word(struct acgp_buf *out, const char *word)
{
    bool bare = word[0] != '\0' && word[strspn(word, plain)] == '\0';

    return acgp_buf_byte(out, ' ') && (bare ? acgp_buf_text(out, word) : put_quoted(out, word));
}

char *pkr_again_line(const char *verb, const char *const *words, size_t count)
{
    struct acgp_buf out;

    acgp_buf_init(&out, LINE_MAX_BYTES);
    bool fine = acgp_buf_printf(&out, "acg %s", verb);
    for (size_t i = 0; fine && i < count; i++)
        fine = put_word(&out, words[i]);
    char *line = fine ? acgp_buf_take(&out) : NULL;
    acgp_buf_done(&out);
    return line;
}
