/* SPDX-License-Identifier: MPL-2.0 */
/* What Azure may say, as bytes: two bytes of HTTP status, a code up to the first line end, then the text.
 * What is found fits, and nothing that fits better is passed over. */
#include <string.h>

#include "base/span.h"
#include "fuzz/fuzz.h"
#include "report/catalogue.h"

enum { CODE_MAX = 96 };

static void check_match(const char *code, int http, struct acg_span text)
{
    const struct acgp_catalogue_row *row = acgp_catalogue_find(code, http, text);
    struct acg_span seen =
        text.len > ACGP_CATALOGUE_TEXT_MAX ? acgp_span_of(text.data, ACGP_CATALOGUE_TEXT_MAX) : text;
    size_t count = 0;
    const struct acgp_catalogue_row *rows = acgp_catalogue_rows(&count);

    FUZZ_CHECK(row == NULL || (row >= rows && row < rows + count));
    FUZZ_CHECK(row == NULL || acgp_catalogue_matches(row->message, seen));
    for (size_t i = 0; i < count; i++)
        if (rows[i].code[0] == '\0' && rows[i].http == 0 && acgp_catalogue_matches(rows[i].message, seen))
            FUZZ_CHECK(row != NULL && strlen(row->message) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct acg_span rest = acgp_span_of(data + (size < 2 ? size : 2), size < 2 ? 0 : size - 2);
    int http = size < 2 ? 0 : data[0] * 256 + data[1];
    char code[CODE_MAX] = "";
    struct acg_span word = acgp_span_cut(&rest, '\n');

    memcpy(code, word.data, word.len < CODE_MAX - 1 ? word.len : CODE_MAX - 1);
    check_match(code, http, rest);
    return 0;
}
