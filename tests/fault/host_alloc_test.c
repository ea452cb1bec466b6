/* SPDX-License-Identifier: MPL-2.0 */
/* Whole conversations with Packer through link and post-processor, again and again: allocation 1 fails, then
 * 2, then 3, until none is left that could. Nothing may crash or leak (the sanitizers watch), no deadline may
 * be left behind, and no output may hold the secret: fuzz_host.c looks after that. */
#include <stdio.h>

#include "testlib/test.h"

#include "base/alloc.h"
#include "fuzz/fuzz.h"

enum { FAILURES_MAX = 20000, INPUT_MAX = 65536 };

static size_t read_input(const char *name, uint8_t *out)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", HOST_CORPUS, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(out, 1, INPUT_MAX, file);
    assert_int_equal(fclose(file), 0);
    assert_true(len > 0 && len < INPUT_MAX);
    return len;
}

static void survives(const char *name)
{
    static uint8_t input[INPUT_MAX];
    size_t len = read_input(name, input);
    uint64_t n = 1, used = 0;
    do {
        acgp_alloc_fail_at(n);
        (void)LLVMFuzzerTestOneInput(input, len);
        used = acgp_alloc_count();
        assert_true(n < FAILURES_MAX);
    } while (n++ <= used);
    acgp_alloc_fail_at(0);
    assert_true(n > 50); /* the conversation went somewhere */
}

static void a_json_build_survives_each_lost_allocation(void **st)
{
    (void)st;
    survives("json-artifact-source");
}

static void an_hcl2_build_survives_each_lost_allocation(void **st)
{
    (void)st;
    survives("hcl2-build");
}

static void a_failing_publish_survives_each_lost_allocation(void **st)
{
    (void)st;
    survives("publish-fails");
}

static void a_cancel_survives_each_lost_allocation(void **st)
{
    (void)st;
    survives("cancel");
}

static void faults_survive_each_lost_allocation(void **st)
{
    (void)st;
    survives("json-faults");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_json_build_survives_each_lost_allocation),
        cmocka_unit_test(an_hcl2_build_survives_each_lost_allocation),
        cmocka_unit_test(a_failing_publish_survives_each_lost_allocation),
        cmocka_unit_test(a_cancel_survives_each_lost_allocation),
        cmocka_unit_test(faults_survive_each_lost_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
