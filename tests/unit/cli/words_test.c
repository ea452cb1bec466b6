/* SPDX-License-Identifier: MPL-2.0 */
/* How the words of a command line fall to their options. */
#include "testlib/test.h"

#include "base/alloc.h"
#include "cli/words.h"

/* One command line, read. */
struct line {
    struct pkr_config *config;
    struct pkr_words words;
};

static struct line read_line(const char *const *words)
{
    struct line l = {.config = NULL};
    size_t count = 0;

    while (words[count] != NULL)
        count++;
    assert_int_equal(pkr_config_new(&l.config, NULL), ACG_OK);
    assert_int_equal(pkr_words_read(&pkr_publish_options, words, count, l.config, &l.words, NULL), ACG_OK);
    return l;
}

static void line_done(struct line *l)
{
    pkr_words_done(&l->words);
    pkr_config_free(l->config);
}

static void assert_says(const char *const *words, const char *says)
{
    struct line l = read_line(words);
    enum acg_status status = pkr_config_check(l.config, PKR_PHASE_PREVIEW, NULL);
    char *text = pkr_findings_text(pkr_config_findings(l.config));

    assert_int_equal(status, ACG_ERR_ARGUMENT);
    if (strstr(text, says) == NULL)
        fail_msg("%s\nlacks %s", text, says);
    acgp_free(text);
    line_done(&l);
}

static void values_follow_their_option(void **st)
{
    (void)st;
    const char *words[] = {
        "--target-regions",     "westus=2", "eastus2", "--dry-run", "--timeout=90m", "-otsv",
        "--data-snapshot-luns", "0",        "-1",      NULL};
    struct line l = read_line(words);
    const struct pkr_given *regions = pkr_words_find(&l.words, PKR_OPT_TARGET_REGIONS);

    assert_int_equal(regions->count, 2);
    assert_string_equal(regions->values[1], "eastus2");
    assert_int_equal(pkr_words_find(&l.words, PKR_OPT_DRY_RUN)->count, 0);
    assert_string_equal(pkr_words_find(&l.words, PKR_OPT_TIMEOUT)->values[0], "90m");
    assert_string_equal(pkr_words_find(&l.words, PKR_OPT_OUTPUT)->values[0], "tsv");
    assert_int_equal(pkr_words_find(&l.words, PKR_OPT_DATA_SNAPSHOT_LUNS)->count, 2);
    assert_null(pkr_words_find(&l.words, PKR_OPT_TAGS));
    line_done(&l);
}

static void a_bool_takes_only_true_and_false(void **st)
{
    (void)st;
    const char *alone[] = {"--exclude-from-latest", "--dry-run", NULL};
    const char *with[] = {"--exclude-from-latest", "False", NULL};
    const char *stray[] = {"--exclude-from-latest", "westus", NULL};
    struct line l = read_line(alone);

    line_done(&l);
    l = read_line(with);
    line_done(&l);
    assert_says(stray, "* \"westus\": belongs to no option");
}

static void odd_words_are_all_named(void **st)
{
    (void)st;
    const char *unknown[] = {"--target-region-encription", "a", "b", NULL};
    const char *far[] = {"--zebra=x", NULL};
    const char *letter[] = {"-x", NULL};
    const char *twice[] = {"-g", "a", "--resource-group", "b", NULL};
    const char *bare[] = {"--location", NULL};
    const char *flag[] = {"--dry-run=yes", NULL};
    const char *pasted[] = {"az", "sig", "image-version", "create", "-g", "a", NULL};
    const char *broken[] = {"--location", "west\xff", NULL};

    assert_says(unknown, "* --target-region-encription: is no option of acg publish; the nearest is "
                         "--target-region-encryption");
    assert_says(far, "* --zebra: is no option of acg publish (config)");
    assert_says(letter, "* -x: is no option of acg publish");
    assert_says(twice, "* resource_group: stands twice");
    assert_says(bare, "* location: lacks its value");
    assert_says(flag, "* --dry-run: takes no value");
    assert_says(pasted, "write acg publish in place of az sig image-version create");
    assert_says(broken, "* location: has a value that is not UTF-8");
}

static void an_unknown_options_values_are_not_shown(void **st)
{
    (void)st;
    const char *words[] = {"--client-secre", "hush", "--client-pass=hush", NULL};
    struct line l = read_line(words);

    assert_int_equal(pkr_config_check(l.config, PKR_PHASE_PREVIEW, NULL), ACG_ERR_ARGUMENT);
    char *text = pkr_findings_text(pkr_config_findings(l.config));
    assert_null(strstr(text, "hush"));
    acgp_free(text);
    line_done(&l);
}

static void too_many_words_are_refused(void **st)
{
    (void)st;
    static const char *words[PKR_WORDS_MAX + 1];
    struct pkr_words out = {.given = NULL};
    struct pkr_config *config = NULL;

    for (size_t i = 0; i <= PKR_WORDS_MAX; i++)
        words[i] = "x";
    assert_int_equal(pkr_config_new(&config, NULL), ACG_OK);
    assert_int_equal(pkr_words_read(&pkr_publish_options, words, PKR_WORDS_MAX + 1, config, &out, NULL),
                     ACG_ERR_LIMIT);
    assert_null(out.given);
    pkr_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_follow_their_option),
        cmocka_unit_test(a_bool_takes_only_true_and_false),
        cmocka_unit_test(odd_words_are_all_named),
        cmocka_unit_test(an_unknown_options_values_are_not_shown),
        cmocka_unit_test(too_many_words_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
