/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/hex.h"

#include "testlib/test.h"

#include "base/span.h"

enum { RESULTS = 4, RESULT_MAX = 8192 };

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct acg_span hex(const char *text)
{
    static char results[RESULTS][RESULT_MAX];
    static unsigned turn;
    char *out = results[turn++ % RESULTS];
    size_t n = 0;

    while (*text != '\0') {
        if (*text == ' ') {
            text++;
        } else if (*text == '\'') {
            for (text++; *text != '\''; text++) {
                assert_true(*text != '\0' && n < RESULT_MAX);
                out[n++] = *text;
            }
            text++;
        } else {
            assert_true(digit(text[0]) >= 0 && digit(text[1]) >= 0 && n < RESULT_MAX);
            out[n++] = (char)(digit(text[0]) * 16 + digit(text[1]));
            text += 2;
        }
    }
    return acgp_span_of(out, n);
}
