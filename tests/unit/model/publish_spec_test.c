/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/alloc.h"
#include "model/publish_spec.h"

static struct acgp_publish_spec *spec_with_place(void)
{
    struct acgp_publish_spec *spec = acgp_alloc(1, sizeof *spec);

    assert_non_null(spec);
    spec->places = acgp_alloc(2, sizeof *spec->places);
    assert_non_null(spec->places);
    spec->place_count = 2;
    return spec;
}

static void nothing_and_half_built_specs_can_be_freed(void **st)
{
    (void)st;
    acgp_publish_spec_free(NULL);
    acgp_publish_spec_free(acgp_alloc(1, sizeof(struct acgp_publish_spec)));
    acgp_publish_spec_free(spec_with_place());
}

static void a_set_for_any_disk_in_any_place_encrypts(void **st)
{
    struct acgp_publish_spec *spec = spec_with_place();
    struct acgp_place_encryption *e = &spec->places[1].encryption;

    (void)st;
    assert_false(acgp_publish_spec_encrypts(spec));
    e->secure_vm_id = acgp_strdup("set");
    assert_true(acgp_publish_spec_encrypts(spec));
    acgp_free(e->secure_vm_id);
    e->secure_vm_id = NULL;
    e->data = acgp_alloc(1, sizeof *e->data);
    e->data_count = 1;
    assert_false(acgp_publish_spec_encrypts(spec));
    e->data[0].id = acgp_strdup("set");
    assert_true(acgp_publish_spec_encrypts(spec));
    acgp_publish_spec_free(spec);
}

static void init_function_and_initialiser_agree(void **st)
{
    struct acg_publish_options a = ACG_PUBLISH_OPTIONS_INIT;
    struct acg_publish_options b;

    (void)st;
    memset(&b, 0xff, sizeof b);
    acg_publish_options_init(&b, ACG_PUBLISH_OPTIONS_VERSION);
    assert_int_equal(b.version, ACG_PUBLISH_OPTIONS_VERSION);
    assert_int_equal(a.version, b.version);
    assert_null(b.location);
    assert_null(b.target_regions);
    assert_int_equal(b.target_region_count, 0);
    assert_int_equal(b.wait, ACG_WAIT_ALL);
    assert_int_equal(b.timeout_ms, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_and_half_built_specs_can_be_freed),
        cmocka_unit_test(a_set_for_any_disk_in_any_place_encrypts),
        cmocka_unit_test(init_function_and_initialiser_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
