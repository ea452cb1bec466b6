/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/span.h"
#include "packer/artifact_source.h"

#define IMAGE "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/i"
#define DISK  "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d"

static const char azure[] = "Azure.ResourceManagement.VMImage";

static enum acg_status find(const char *builder, const char *id, const char *text, struct acg_span *out,
                            struct acg_error *err)
{
    return pkr_artifact_managed_image(acgp_span(builder), acgp_span(id), acgp_span(text), out, err);
}

static void expect_found(const char *builder, const char *id, const char *text, const char *found)
{
    struct acg_span out = {NULL, 0};
    assert_int_equal(find(builder, id, text, &out, NULL), ACG_OK);
    assert_true(acgp_span_equal(out, acgp_span(found)));
}

static void image_ids_are_recognised_in_any_case(void **st)
{
    (void)st;
    assert_true(pkr_is_managed_image_id(acgp_span(IMAGE)));
    assert_true(pkr_is_managed_image_id(
        acgp_span("/SUBSCRIPTIONS/s/resourcegroups/g/providers/microsoft.compute/IMAGES/i")));
    assert_false(pkr_is_managed_image_id(acgp_span(DISK)));
    assert_false(pkr_is_managed_image_id(acgp_span(IMAGE "/versions/1")));
    assert_false(pkr_is_managed_image_id(acgp_span(IMAGE "/")));
    assert_false(pkr_is_managed_image_id(acgp_span("images/i")));
    assert_false(pkr_is_managed_image_id(acgp_span(IMAGE "," DISK)));
    assert_false(pkr_is_managed_image_id(acgp_span("")));
    assert_false(pkr_is_managed_image_id((struct acg_span){NULL, 0}));
}

static void the_line_of_the_text_comes_before_the_id(void **st)
{
    (void)st;
    expect_found(azure, DISK, "OSType: Linux\nManagedImageId: " IMAGE "\nManagedImageLocation: westus\n",
                 IMAGE);
    expect_found(azure, IMAGE, "OSType: Linux\n", IMAGE);
    expect_found(azure, IMAGE, "ManagedImageId: \n", IMAGE);
}

static void any_builder_whose_id_is_an_image_is_accepted(void **st)
{
    (void)st;
    expect_found("azure.chroot", IMAGE, "", IMAGE);
    expect_found("x", " " IMAGE "\n", "", IMAGE);
}

static void the_line_of_another_builder_is_not_believed(void **st)
{
    struct acg_span out = {NULL, 0};
    struct acg_error err;
    (void)st;
    assert_int_equal(find("packer.file", "File", "ManagedImageId: " IMAGE, &out, &err), ACG_ERR_ARGUMENT);
    assert_null(out.data);
    assert_non_null(strstr(err.message, "\"packer.file\""));
}

static void a_signed_url_is_not_repeated(void **st)
{
    struct acg_span out = {NULL, 0};
    struct acg_error err;
    (void)st;
    assert_int_equal(find(azure, "https://a.blob.core.windows.net/c/d.vhd?sig=hidden", "", &out, &err),
                     ACG_ERR_ARGUMENT);
    assert_non_null(strstr(err.message, "d.vhd"));
    assert_null(strstr(err.message, "hidden"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(image_ids_are_recognised_in_any_case),
        cmocka_unit_test(the_line_of_the_text_comes_before_the_id),
        cmocka_unit_test(any_builder_whose_id_is_an_image_is_accepted),
        cmocka_unit_test(the_line_of_another_builder_is_not_believed),
        cmocka_unit_test(a_signed_url_is_not_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
