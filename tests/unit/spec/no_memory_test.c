/* SPDX-License-Identifier: MPL-2.0 */
/* Each allocation of reading and checking fails once: an error, no leak, no crash, no half answer. */
#include "testlib/test.h"

#include <string.h>

#include "base/alloc.h"
#include "base/span.h"
#include "given.h"
#include "spec/fields.h"

static enum acg_status read_and_check(const char *json, struct acg_error *err)
{
    struct pkr_config *c = NULL;
    enum acg_status status = pkr_config_new(&c, err);

    if (status == ACG_OK)
        status = pkr_config_add_text(c, acgp_span(json), "test", err);
    if (status == ACG_OK)
        status = pkr_config_check(c, PKR_PHASE_PUBLISH, err);
    pkr_config_free(c);
    return status;
}

static void run_out_of_memory_everywhere(const char *fields, enum acg_status otherwise)
{
#ifdef ACG_FAULT_INJECTION
    char *json = acgp_printf("{%s}", fields);
    struct acg_error err = {.status = ACG_OK};
    enum acg_status status = ACG_ERR_NOMEM;
    uint64_t n = 0;

    for (n = 1; status == ACG_ERR_NOMEM; n++) {
        acgp_alloc_fail_at(n);
        status = read_and_check(json, &err);
        acgp_alloc_fail_at(0);
    }
    assert_int_equal(status, otherwise);
    assert_true(n > 50);
    acgp_free(json);
#else
    char *json = acgp_printf("{%s}", fields);
    assert_int_equal(read_and_check(json, NULL), otherwise);
    acgp_free(json);
#endif
}

static void a_sound_configuration_survives(void **st)
{
    (void)st;
    run_out_of_memory_everywhere(given_base, ACG_OK);
}

static void a_faulty_compact_one_survives(void **st)
{
    (void)st;
    char *fields =
        given_join(given_names, "\"location\":\"westus\",\"target_regions\":[\"westus=2\",\"eastus2=x=y\"],"
                                "\"disk_encryption_sets\":{\"westus/os\":\"a\",\"westus/0\":\"b\","
                                "\"nowhere/os\":\"c\",\"westus/x\":\"d\"},\"os_snapshot\":\"os\","
                                "\"data_snapshots\":{\"0\":\"d0\",\"x\":\"d1\"},\"unknown\":1");
    run_out_of_memory_everywhere(fields, ACG_ERR_ARGUMENT);
    free(fields);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_configuration_survives),
        cmocka_unit_test(a_faulty_compact_one_survives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
