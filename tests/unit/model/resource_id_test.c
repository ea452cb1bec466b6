/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/alloc.h"
#include "base/span.h"
#include "model/resource_id.h"

#define GROUP   "/subscriptions/S/resourceGroups/G/providers/"
#define COMPUTE GROUP "Microsoft.Compute/"

static enum acgp_resource_kind kind_of(const char *text)
{
    struct acgp_resource_id id;

    assert_true(acgp_resource_id_parse(acgp_span(text), &id));
    return id.kind;
}

static bool parses(const char *text)
{
    struct acgp_resource_id id;

    return acgp_resource_id_parse(acgp_span(text), &id);
}

static void every_type_that_is_used_is_recognised(void **st)
{
    (void)st;
    assert_int_equal(kind_of(COMPUTE "images/a"), ACGP_RESOURCE_MANAGED_IMAGE);
    assert_int_equal(kind_of(COMPUTE "snapshots/a"), ACGP_RESOURCE_SNAPSHOT);
    assert_int_equal(kind_of(COMPUTE "disks/a"), ACGP_RESOURCE_DISK);
    assert_int_equal(kind_of(COMPUTE "virtualMachines/a"), ACGP_RESOURCE_VIRTUAL_MACHINE);
    assert_int_equal(kind_of(COMPUTE "galleries/a"), ACGP_RESOURCE_GALLERY);
    assert_int_equal(kind_of(COMPUTE "galleries/a/images/b"), ACGP_RESOURCE_IMAGE_DEFINITION);
    assert_int_equal(kind_of(COMPUTE "galleries/a/images/b/versions/1.0.0"), ACGP_RESOURCE_IMAGE_VERSION);
    assert_int_equal(kind_of(COMPUTE "diskEncryptionSets/a"), ACGP_RESOURCE_DISK_ENCRYPTION_SET);
    assert_int_equal(kind_of(GROUP "Microsoft.Storage/storageAccounts/a"), ACGP_RESOURCE_STORAGE_ACCOUNT);
}

static void other_types_are_well_formed_but_of_no_kind(void **st)
{
    (void)st;
    assert_int_equal(kind_of(COMPUTE "diskEncryptionSet/a"), ACGP_RESOURCE_OTHER);
    assert_int_equal(kind_of(GROUP "Microsoft.Storage/images/a"), ACGP_RESOURCE_OTHER);
    assert_int_equal(kind_of(COMPUTE "galleries/a/applications/b"), ACGP_RESOURCE_OTHER);
    assert_int_equal(kind_of(COMPUTE "images/a/versions/b"), ACGP_RESOURCE_OTHER);
}

static void case_does_not_matter(void **st)
{
    (void)st;
    assert_int_equal(kind_of("/SUBSCRIPTIONS/s/RESOURCEGROUPS/g/PROVIDERS/microsoft.compute/IMAGES/a"),
                     ACGP_RESOURCE_MANAGED_IMAGE);
}

static void parts_point_into_the_text(void **st)
{
    const char *text = COMPUTE "galleries/a/images/b/versions/1.0.0";
    struct acgp_resource_id id;

    (void)st;
    assert_true(acgp_resource_id_parse(acgp_span(text), &id));
    assert_true(acgp_span_equal(id.subscription, acgp_span("S")));
    assert_true(acgp_span_equal(id.resource_group, acgp_span("G")));
    assert_int_equal(id.levels, 3);
    assert_true(acgp_span_equal(id.name[2], acgp_span("1.0.0")));
    assert_true(id.name[2].data + 5 == text + strlen(text));
}

static void text_of_another_form_is_refused(void **st)
{
    static const char *const bad[] = {
        "",
        "/",
        "a",
        "subscriptions/S/resourceGroups/G/providers/Microsoft.Compute/images/a",
        "/subscriptions/S/resourceGroups/G",
        "/subscriptions/S/resourceGroups/G/providers/Microsoft.Compute",
        COMPUTE "images",
        COMPUTE "images/",
        COMPUTE "images/a/",
        COMPUTE "/images/a",
        "/subscriptions//resourceGroups/G/providers/Microsoft.Compute/images/a",
        "/subscription/S/resourceGroups/G/providers/Microsoft.Compute/images/a",
        "/subscriptions/S/resourceGroup/G/providers/Microsoft.Compute/images/a",
        "/subscriptions/S/resourceGroups/G/provider/Microsoft.Compute/images/a",
        COMPUTE "galleries/a/images/b/versions/c/more/d",
        COMPUTE "images/a b",
        COMPUTE "images/a?b",
        COMPUTE "images/a%2fb",
        COMPUTE "images/a\nb",
        COMPUTE "images/\xff",
    };

    (void)st;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(parses(bad[i]));
}

static void an_endless_id_is_refused(void **st)
{
    char text[4096] = COMPUTE "images/";
    size_t len = strlen(text);

    (void)st;
    memset(text + len, 'a', 2048 - len);
    text[2048] = '\0';
    assert_true(parses(text));
    text[2048] = 'a';
    assert_false(parses(text));
}

static void a_failed_parse_leaves_the_output_alone(void **st)
{
    struct acgp_resource_id id = {.levels = 77};

    (void)st;
    assert_false(acgp_resource_id_parse(acgp_span(COMPUTE "images"), &id));
    assert_int_equal(id.levels, 77);
}

static void ids_are_equal_without_case_and_one_trailing_slash(void **st)
{
    (void)st;
    assert_true(acgp_resource_id_equal(COMPUTE "images/A", COMPUTE "images/a"));
    assert_true(acgp_resource_id_equal(COMPUTE "images/a/", COMPUTE "images/a"));
    assert_false(acgp_resource_id_equal(COMPUTE "images/a//", COMPUTE "images/a"));
    assert_false(acgp_resource_id_equal(COMPUTE "images/a", COMPUTE "images/ab"));
    assert_true(acgp_resource_id_equal(NULL, NULL));
    assert_false(acgp_resource_id_equal(NULL, ""));
}

static void an_id_that_was_built_parses(void **st)
{
    char *id = acgp_resource_id_new(acgp_span("S"), acgp_span("G"), ACGP_RESOURCE_DISK_ENCRYPTION_SET,
                                    acgp_span("keys"));

    (void)st;
    assert_string_equal(id, COMPUTE "diskEncryptionSets/keys");
    assert_int_equal(kind_of(id), ACGP_RESOURCE_DISK_ENCRYPTION_SET);
    acgp_free(id);
}

static void every_kind_has_words(void **st)
{
    (void)st;
    assert_string_equal(acgp_resource_kind_name(ACGP_RESOURCE_MANAGED_IMAGE), "managed image");
    assert_string_equal(acgp_resource_kind_name(ACGP_RESOURCE_DISK_ENCRYPTION_SET), "disk encryption set");
    assert_string_equal(acgp_resource_kind_name(ACGP_RESOURCE_OTHER), "resource");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_that_is_used_is_recognised),
        cmocka_unit_test(other_types_are_well_formed_but_of_no_kind),
        cmocka_unit_test(case_does_not_matter),
        cmocka_unit_test(parts_point_into_the_text),
        cmocka_unit_test(text_of_another_form_is_refused),
        cmocka_unit_test(an_endless_id_is_refused),
        cmocka_unit_test(a_failed_parse_leaves_the_output_alone),
        cmocka_unit_test(ids_are_equal_without_case_and_one_trailing_slash),
        cmocka_unit_test(an_id_that_was_built_parses),
        cmocka_unit_test(every_kind_has_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
