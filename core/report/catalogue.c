/* SPDX-License-Identifier: MPL-2.0 */
#include "report/catalogue.h"

#include <string.h>

#include "base/span.h"

static const struct acgp_catalogue_row rows[] = {
#define ROW(rule, code, http, message, cause, next_step) {{rule, cause, next_step}, code, http, message},
#include "report/catalogue.def"
#undef ROW
};
enum { ROWS = sizeof rows / sizeof rows[0] };

const struct acgp_catalogue_row *acgp_catalogue_rows(size_t *out_count)
{
    *out_count = ROWS;
    return rows;
}

/* Where the piece ends in the text when it is found at or behind at; 0: it is not there. */
static size_t find(struct acg_span text, size_t at, struct acg_span piece)
{
    for (; at + piece.len <= text.len; at++)
        if (acgp_span_equal_nocase(acgp_span_of(text.data + at, piece.len), piece))
            return at + piece.len;
    return 0;
}

/* Nothing is anchored, so the first place of each piece behind the one before is as good as any later one. */
bool acgp_catalogue_matches(const char *pattern, struct acg_span text)
{
    struct acg_span rest = acgp_span(pattern);
    size_t at = 0;

    while (rest.data != NULL) {
        struct acg_span piece = acgp_span_cut(&rest, '*');
        if (piece.len == 0)
            continue;
        at = find(text, at, piece);
        if (at == 0)
            return false;
    }
    return true;
}

static bool status_fits(int http, int status)
{
    if (http == ACGP_CATALOGUE_5XX)
        return status >= 500 && status <= 599;
    return http == 0 || http == status;
}

static size_t letters(const char *pattern)
{
    size_t n = 0;

    for (; *pattern != '\0'; pattern++)
        n += *pattern != '*';
    return n;
}

/* How much a row says: its message weighs more than its code, that more than its status. */
static size_t weight(const struct acgp_catalogue_row *row)
{
    return letters(row->message) * 4 + (row->code[0] != '\0' ? 2 : 0) + (row->http != 0 ? 1 : 0);
}

const struct acgp_catalogue_row *acgp_catalogue_find(const char *code, int http_status, struct acg_span text)
{
    const struct acgp_catalogue_row *best = NULL;

    if (text.len > ACGP_CATALOGUE_TEXT_MAX)
        text.len = ACGP_CATALOGUE_TEXT_MAX;
    for (size_t i = 0; i < ROWS; i++) {
        const struct acgp_catalogue_row *row = &rows[i];
        if ((row->code[0] != '\0' && !acgp_equal_nocase(row->code, code)) ||
            !status_fits(row->http, http_status) || (best != NULL && weight(row) <= weight(best)))
            continue;
        if (acgp_catalogue_matches(row->message, text))
            best = row;
    }
    return best;
}
