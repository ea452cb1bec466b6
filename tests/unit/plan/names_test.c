/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "given.h"

static void the_five_names_become_one_id(void **st)
{
    struct given g;
    struct said s;

    (void)st;
    given_image(&g);
    said_about(&s, &g);
    assert_int_equal(s.status, ACG_OK);
    assert_string_equal(s.spec->version_id, COMPUTE "galleries/MyGallery/images/MyImage/versions/1.0.0");
    assert_string_equal(s.spec->location, "westus");
    said_done(&s);
}

static void the_one_id_gives_the_five_names(void **st)
{
    struct given g;
    struct said s;

    (void)st;
    given_image(&g);
    g.o.subscription_id = g.o.resource_group = g.o.gallery_name = NULL;
    g.o.gallery_image_definition = g.o.gallery_image_version = NULL;
    g.o.gallery_image_version_id = COMPUTE "galleries/G_1/images/I-1/versions/2.0.1";
    said_about(&s, &g);
    assert_int_equal(s.status, ACG_OK);
    assert_string_equal(s.spec->subscription_id, SUBSCRIPTION);
    assert_string_equal(s.spec->resource_group, "MyGroup");
    assert_string_equal(s.spec->gallery, "G_1");
    assert_string_equal(s.spec->definition, "I-1");
    assert_string_equal(s.spec->version, "2.0.1");
    said_done(&s);
}

static void each_missing_name_is_named(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.o.gallery_name = NULL;
    expect_one(&g, "config", "gallery_name", "missing");
    g.o.subscription_id = g.o.resource_group = g.o.gallery_image_definition = g.o.gallery_image_version =
        NULL;
    expect_count(&g, 5);
}

static void names_beside_the_id_must_agree_with_it(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.o.gallery_image_version_id = COMPUTE "galleries/mygallery/images/MyImage/versions/1.0.0";
    expect_good(&g);
    g.o.gallery_image_version_id = COMPUTE "galleries/Other/images/MyImage/versions/1.0.0";
    expect_one(&g, "config", "gallery_name", "'Other'");
}

static void an_id_of_something_else_is_refused_alone(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.o.subscription_id = g.o.resource_group = g.o.gallery_name = NULL;
    g.o.gallery_image_version_id = COMPUTE "galleries/MyGallery/images/MyImage";
    expect_one(&g, "names", "gallery_image_version_id", "not the id of a gallery image version");
    g.o.gallery_image_version_id = "1.0.0";
    expect_one(&g, "names", "gallery_image_version_id", "'1.0.0'");
}

static void names_follow_azures_rules(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.o.subscription_id = "My Subscription";
    expect_one(&g, "names", "subscription_id", "GUID");
    given_image(&g);
    g.o.resource_group = "MyGroup.";
    expect_one(&g, "names", "resource_group", "does not end with '.'");
    given_image(&g);
    g.o.gallery_name = "My-Gallery";
    expect_one(&g, "names", "gallery_name", "'My-Gallery'");
    g.o.gallery_name = "My_Gallery";
    expect_good(&g);
    g.o.gallery_image_definition = "-MyImage";
    expect_one(&g, "names", "gallery_image_definition", "begins and ends");
    g.o.gallery_image_definition = "My-Image";
    expect_good(&g);
    g.o.gallery_name = "";
    expect_one(&g, "names", "gallery_name", "''");
}

static void r20_a_version_is_major_minor_patch(void **st)
{
    static const char *const bad[] = {"1.0", "latest", "01.0.0", "1.0.2147483648", ""};
    struct given g;

    (void)st;
    given_image(&g);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        g.o.gallery_image_version = bad[i];
        expect_one(&g, "R20", "gallery_image_version", "Major.Minor.Patch");
    }
    g.o.gallery_image_version = "1.0.2147483647";
    expect_good(&g);
    g.o.gallery_image_version_id = COMPUTE "galleries/MyGallery/images/MyImage/versions/1.0";
    g.o.gallery_image_version = NULL;
    expect_one(&g, "R20", "gallery_image_version_id", "'1.0'");
}

static void a_location_is_a_region_name(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.o.location = "West US";
    expect_good(&g);
    g.o.location = NULL;
    expect_good(&g);
    g.o.location = "west-us";
    expect_one(&g, "names", "location", "'west-us'");
    g.o.location = "";
    expect_one(&g, "names", "location", "''");
}

static void text_of_users_is_shown_safely(void **st)
{
    static char endless[5000];
    struct given g;

    (void)st;
    memset(endless, 'x', sizeof endless - 1);
    given_image(&g);
    g.o.gallery_name = "a\n\xff\xc3\xa9";
    expect_one(&g, "names", "gallery_name", "'a??\xc3\xa9'");
    g.o.gallery_name = endless;
    expect_one(&g, "names", "gallery_name", "xxx...'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_five_names_become_one_id),
        cmocka_unit_test(the_one_id_gives_the_five_names),
        cmocka_unit_test(each_missing_name_is_named),
        cmocka_unit_test(names_beside_the_id_must_agree_with_it),
        cmocka_unit_test(an_id_of_something_else_is_refused_alone),
        cmocka_unit_test(names_follow_azures_rules),
        cmocka_unit_test(r20_a_version_is_major_minor_patch),
        cmocka_unit_test(a_location_is_a_region_name),
        cmocka_unit_test(text_of_users_is_shown_safely),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
