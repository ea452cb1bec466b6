/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/alloc.h"
#include "cli/again.h"

static void expect(const char *const *words, size_t count, const char *line)
{
    char *made = pkr_again_line("publish", words, count);

    assert_non_null(made);
    assert_string_equal(made, line);
    acgp_free(made);
}

static void words_are_quoted_where_a_shell_would_read_them_otherwise(void **st)
{
    const char *const bare[] = {"--file", "x.json", "--target-regions", "westus=2=standard_lrs",
                                "a/b_c-d@e%f+g:h,i"};
    const char *const odd[] = {"my file.json", "",  "it's", "$HOME",       "~",
                               "a\"b",         "*", "a\nb", "caf\xc3\xa9", "a\\"};

    (void)st;
    expect(NULL, 0, "acg publish");
    expect(bare, 5, "acg publish --file x.json --target-regions westus=2=standard_lrs a/b_c-d@e%f+g:h,i");
    expect(odd, 10,
           "acg publish 'my file.json' '' 'it'\\''s' '$HOME' '~' 'a\"b' '*' 'a\nb' 'caf\xc3\xa9' 'a\\'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_quoted_where_a_shell_would_read_them_otherwise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
