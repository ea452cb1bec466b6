/* SPDX-License-Identifier: MPL-2.0 */
/* One word of a shell, of PowerShell, of Bicep: exactly the text, whatever is in it. */
#include "testlib/test.h"

#include "vm/quote.h"

static void quotes(bool (*quote)(struct acgp_buf *, const char *), const char *text, const char *quoted)
{
    struct acgp_buf b;

    acgp_buf_init(&b, 4096);
    assert_true(quote(&b, text));
    assert_string_equal(b.data, quoted);
    acgp_buf_done(&b);
    acgp_buf_init(&b, strlen(quoted) - 1);
    assert_false(quote(&b, text));
    acgp_buf_done(&b);
}

static void a_shell_gets_single_quotes_where_it_needs_them(void **st)
{
    (void)st;
    quotes(acgp_quote_shell, "/subscriptions/S/versions/1.0.0", "/subscriptions/S/versions/1.0.0");
    quotes(acgp_quote_shell, "", "''");
    quotes(acgp_quote_shell, "a b", "'a b'");
    quotes(acgp_quote_shell, "it's", "'it'\\''s'");
    quotes(acgp_quote_shell, "$(rm -rf /);`x`\"\n&|<>*?~#!", "'$(rm -rf /);`x`\"\n&|<>*?~#!'");
    quotes(acgp_quote_shell, "\xc3\xbc", "'\xc3\xbc'");
}

static void powershell_doubles_every_mark_that_it_takes_for_a_quote(void **st)
{
    (void)st;
    quotes(acgp_quote_powershell, "plain", "'plain'");
    quotes(acgp_quote_powershell, "", "''");
    quotes(acgp_quote_powershell, "it's $(x) `n", "'it''s $(x) `n'");
    quotes(acgp_quote_powershell, "\u2018a\u2019b\u201ac\u201bd",
           "'\u2018\u2018a\u2019\u2019b\u201a\u201ac\u201b\u201bd'");
    quotes(acgp_quote_powershell, "\u201cno\u201d \u2014", "'\u201cno\u201d \u2014'");
    quotes(acgp_quote_powershell, "\xe2\x80",
           "'\xe2\x80'"); /* cut short: no mark, and nothing read past the end */
}

static void bicep_escapes_what_ends_or_fills_a_text(void **st)
{
    (void)st;
    quotes(acgp_quote_bicep, "plain", "'plain'");
    quotes(acgp_quote_bicep, "it's", "'it\\'s'");
    quotes(acgp_quote_bicep, "a\\b", "'a\\\\b'");
    quotes(acgp_quote_bicep, "${x} $y $", "'\\${x} $y $'");
    quotes(acgp_quote_bicep, "a\nb\r\tc\x1b\x7f", "'a\\nb\\r\\tc\\u{1b}\\u{7f}'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shell_gets_single_quotes_where_it_needs_them),
        cmocka_unit_test(powershell_doubles_every_mark_that_it_takes_for_a_quote),
        cmocka_unit_test(bicep_escapes_what_ends_or_fills_a_text),
    };

    return cmocka_run_group_tests_name("quoting", tests, NULL, NULL);
}
