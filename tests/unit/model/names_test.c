/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/span.h"
#include "model/names.h"

static char long_name[200];

static struct acg_span letters(size_t count)
{
    memset(long_name, 'a', sizeof long_name);
    return acgp_span_of(long_name, count);
}

static void accepts(const char *(*rule)(struct acg_span name), const char *name)
{
    assert_null(rule(acgp_span(name)));
}

static void refuses(const char *(*rule)(struct acg_span name), const char *name)
{
    assert_non_null(rule(acgp_span(name)));
}

static void lengths_up_to(const char *(*rule)(struct acg_span name), size_t least, size_t most)
{
    assert_non_null(rule(letters(least - 1)));
    assert_null(rule(letters(least)));
    assert_null(rule(letters(most)));
    assert_non_null(rule(letters(most + 1)));
}

static void a_subscription_is_a_guid(void **st)
{
    (void)st;
    accepts(acgp_name_fault_subscription, "01234567-89ab-cdef-ABCD-EF0123456789");
    refuses(acgp_name_fault_subscription, "01234567-89ab-cdef-ABCD-EF012345678");
    refuses(acgp_name_fault_subscription, "01234567-89ab-cdef-ABCD-EF01234567890");
    refuses(acgp_name_fault_subscription, "01234567-89ab-cdef-ABCD-EF012345678g");
    refuses(acgp_name_fault_subscription, "01234567089ab-cdef-ABCD-EF0123456789");
    refuses(acgp_name_fault_subscription, "My Subscription");
    refuses(acgp_name_fault_subscription, "");
}

static void a_resource_group_does_not_end_with_a_dot(void **st)
{
    (void)st;
    lengths_up_to(acgp_name_fault_resource_group, 1, 90);
    accepts(acgp_name_fault_resource_group, "My_Group-1.(x)");
    refuses(acgp_name_fault_resource_group, "MyGroup.");
    refuses(acgp_name_fault_resource_group, "My Group");
    refuses(acgp_name_fault_resource_group, "My/Group");
}

static void a_gallery_has_no_dash(void **st)
{
    (void)st;
    lengths_up_to(acgp_name_fault_gallery, 1, 80);
    accepts(acgp_name_fault_gallery, "My_Gallery.1");
    refuses(acgp_name_fault_gallery, "My-Gallery");
    refuses(acgp_name_fault_gallery, "_MyGallery");
    refuses(acgp_name_fault_gallery, "MyGallery.");
}

static void a_definition_may_have_a_dash_inside(void **st)
{
    (void)st;
    lengths_up_to(acgp_name_fault_definition, 1, 80);
    accepts(acgp_name_fault_definition, "my-image_v1.x");
    refuses(acgp_name_fault_definition, "-my-image");
    refuses(acgp_name_fault_definition, "my-image-");
    refuses(acgp_name_fault_definition, "my image");
}

static void a_version_is_three_numbers(void **st)
{
    (void)st;
    accepts(acgp_name_fault_version, "2018.12.1");
    refuses(acgp_name_fault_version, "latest");
    refuses(acgp_name_fault_version, "1.0");
}

static void a_disk_encryption_set_has_no_dot(void **st)
{
    (void)st;
    lengths_up_to(acgp_name_fault_disk_encryption_set, 1, 80);
    accepts(acgp_name_fault_disk_encryption_set, "West_US-1");
    refuses(acgp_name_fault_disk_encryption_set, "west.us");
    refuses(acgp_name_fault_disk_encryption_set, "a,0,b");
}

static void images_accounts_and_zones_have_their_own_alphabets(void **st)
{
    (void)st;
    lengths_up_to(acgp_name_fault_compute, 1, 80);
    lengths_up_to(acgp_name_fault_storage_account, 3, 24);
    lengths_up_to(acgp_name_fault_edge_zone, 1, 64);
    accepts(acgp_name_fault_compute, "my.image_1-x");
    refuses(acgp_name_fault_compute, "my image");
    refuses(acgp_name_fault_storage_account, "my_account");
    accepts(acgp_name_fault_edge_zone, "microsoftlosangeles1");
    refuses(acgp_name_fault_edge_zone, "Los Angeles");
}

static void a_nul_inside_a_name_is_no_allowed_character(void **st)
{
    (void)st;
    assert_non_null(acgp_name_fault_compute(acgp_span_of("a\0b", 3)));
}

static void utf8_is_counted_in_characters(void **st)
{
    size_t characters = 0;

    (void)st;
    assert_true(acgp_text_is_utf8(acgp_span(""), &characters));
    assert_int_equal(characters, 0);
    assert_true(acgp_text_is_utf8(acgp_span("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), &characters));
    assert_int_equal(characters, 4);
}

static void broken_utf8_is_noticed(void **st)
{
    static const char *const bad[] = {
        "\x80",             /* continuation alone */
        "\xc3",             /* cut */
        "\xc3(",            /* no continuation */
        "\xc0\xaf",         /* overlong */
        "\xe0\x80\xaf",     /* overlong */
        "\xf0\x80\x80\xaf", /* overlong */
        "\xed\xa0\x80",     /* surrogate */
        "\xf4\x90\x80\x80", /* past the last code point */
        "\xf5\x80\x80\x80",
        "\xff",
    };

    (void)st;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(acgp_text_is_utf8(acgp_span(bad[i]), NULL));
    assert_true(acgp_text_is_utf8(acgp_span("\xf4\x8f\xbf\xbf\xed\x9f\xbf\xee\x80\x80"), NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_subscription_is_a_guid),
        cmocka_unit_test(a_resource_group_does_not_end_with_a_dot),
        cmocka_unit_test(a_gallery_has_no_dash),
        cmocka_unit_test(a_definition_may_have_a_dash_inside),
        cmocka_unit_test(a_version_is_three_numbers),
        cmocka_unit_test(a_disk_encryption_set_has_no_dot),
        cmocka_unit_test(images_accounts_and_zones_have_their_own_alphabets),
        cmocka_unit_test(a_nul_inside_a_name_is_no_allowed_character),
        cmocka_unit_test(utf8_is_counted_in_characters),
        cmocka_unit_test(broken_utf8_is_noticed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
