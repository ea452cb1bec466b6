/* SPDX-License-Identifier: MPL-2.0 */
/* Each allocation between a command line and its verdict fails once: an error, no leak, no crash. */
#include "testlib/test.h"

#include "base/alloc.h"
#include "cli/az.h"

static const char *const words[] = {"--subscription",
                                    "00000000-0000-0000-0000-000000000000",
                                    "-g",
                                    "Group",
                                    "-r",
                                    "Gallery",
                                    "-i",
                                    "Image",
                                    "-e",
                                    "1.0.0",
                                    "--location",
                                    "westus",
                                    "--target-regions",
                                    "westus=2=standard_lrs",
                                    "eastus2=x",
                                    "--target-region-encryption",
                                    "a,0,null",
                                    "c,0,null",
                                    "--os-snapshot",
                                    "os",
                                    "--data-snapshots",
                                    "d",
                                    "--tags",
                                    "a=1",
                                    "--unknwon",
                                    "--exclude-from-latest",
                                    "--target-edge-zones",
                                    "westus=la1",
                                    "--target-edge-zone-encryption",
                                    "la1,a,0,null",
                                    "stray"};

static enum acg_status read_and_check(void)
{
    struct pkr_config *config = NULL;
    struct pkr_words read = {.given = NULL};
    struct acgp_buf notes;
    enum acg_status status = pkr_config_new(&config, NULL);

    acgp_buf_init(&notes, 4096);
    if (status == ACG_OK)
        status =
            pkr_words_read(&pkr_publish_options, words, sizeof words / sizeof words[0], config, &read, NULL);
    if (status == ACG_OK)
        status = pkr_az_configure(&read, config, &notes, NULL);
    if (status == ACG_OK)
        status = pkr_config_check(config, PKR_PHASE_PREVIEW, NULL);
    acgp_buf_done(&notes);
    pkr_words_done(&read);
    pkr_config_free(config);
    return status;
}

static void a_command_line_survives(void **st)
{
    (void)st;
#ifdef ACG_FAULT_INJECTION
    enum acg_status status = ACG_ERR_NOMEM;
    uint64_t n = 0;

    for (n = 1; status == ACG_ERR_NOMEM; n++) {
        acgp_alloc_fail_at(n);
        status = read_and_check();
        acgp_alloc_fail_at(0);
    }
    assert_int_equal(status, ACG_ERR_ARGUMENT);
    assert_true(n > 50);
#else
    assert_int_equal(read_and_check(), ACG_ERR_ARGUMENT);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_command_line_survives)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
