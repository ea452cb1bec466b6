/* SPDX-License-Identifier: MPL-2.0 */
/* The table of bad configurations (tests/golden/bad): each gives its one complete answer, the same as a file,
 * as a JSON template and as HCL2, before the build and after it. */
#include "testlib/test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/span.h"
#include "given.h"

/** Kinds that must at least be there; fewer means that the table was not found whole. */
enum { KINDS_LEAST = 50 };
/** Longest file of the table, bytes. */
enum { FILE_MAX = 64 * 1024 };

static char *read_file(const char *name, const char *file)
{
    char path[1024];
    char *text = calloc(FILE_MAX, 1);

    (void)snprintf(path, sizeof path, "%s/%s/%s", BAD_TABLE, name, file);
    FILE *stream = fopen(path, "rb");
    if (stream == NULL || text == NULL)
        fail_msg("%s cannot be read", path);
    size_t len = fread(text, 1, FILE_MAX - 1, stream);
    assert_true(len < FILE_MAX - 1);
    (void)fclose(stream);
    while (len > 0 && text[len - 1] == '\n')
        text[--len] = '\0';
    return text;
}

static void assert_answer(const char *name, const char *way, struct pkr_config *config, const char *expected)
{
    static const enum pkr_phase phases[] = {PKR_PHASE_VALIDATE, PKR_PHASE_PUBLISH};

    for (size_t i = 0; i < 2; i++) {
        char *faults = given_faults(config, phases[i]);
        if (strcmp(faults, expected) != 0)
            fail_msg("%s as %s\n--- said\n%s\n--- expected\n%s", name, way, faults, expected);
        acgp_free(faults);
    }
    pkr_config_free(config);
}

static void check_kind(const char *name)
{
    char *config = read_file(name, "config.json"), *expected = read_file(name, "expected.txt");
    char *fields = config + 1; /* without the braces */

    assert_int_equal(config[0], '{');
    config[strlen(config) - 1] = '\0';
    assert_answer(name, "a file", given_strict(fields), expected);
    assert_answer(name, "a JSON template", given_weak(fields), expected);
    assert_answer(name, "HCL2", given_cty(fields), expected);
    free(config);
    free(expected);
}

static void each_bad_configuration_gives_one_complete_answer(void **st)
{
    (void)st;
    DIR *folder = opendir(BAD_TABLE);
    struct dirent *entry = NULL;
    int kinds = 0;

    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        check_kind(entry->d_name);
        kinds++;
    }
    (void)closedir(folder);
    assert_true(kinds >= KINDS_LEAST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_bad_configuration_gives_one_complete_answer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
