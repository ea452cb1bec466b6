/* SPDX-License-Identifier: MPL-2.0 */
/* Plans of options with faults: what can be read is read, and both kinds of findings stand in one answer. */
#include "world.h"

#include <stdio.h>

/* The options of image-cmk, with their target regions where a test may write. */
static struct acg_target_region regions[3];

static void copy_regions(struct acg_publish_options *o)
{
    assert_int_equal(o->target_region_count, 2);
    memcpy(regions, o->target_regions, 2 * sizeof regions[0]);
    o->target_regions = regions;
}

static void name_a_region_twice(struct acg_publish_options *o)
{
    copy_regions(o);
    regions[2] = (struct acg_target_region){.name = "East US 2"};
    o->target_region_count = 3;
}

static void misspell_a_region(struct acg_publish_options *o)
{
    copy_regions(o);
    regions[1].name = "east_us_2";
}

static void leave_a_set_out(struct acg_publish_options *o)
{
    copy_regions(o);
    regions[1].encryption = (struct acg_encryption){.os_disk_encryption_set_id = NULL};
}

static void take_a_set_of_another_subscription(struct acg_publish_options *o)
{
    copy_regions(o);
    regions[1].encryption.os_disk_encryption_set_id =
        "/subscriptions/00000000-0000-0000-0000-000000000009/resourceGroups/images/providers/"
        "Microsoft.Compute/diskEncryptionSets/theirs";
}

static void empty_a_set(struct acg_publish_options *o)
{
    copy_regions(o);
    regions[1].encryption.os_disk_encryption_set_id = "";
}

static void name_one_set_in_two_regions(struct acg_publish_options *o)
{
    copy_regions(o);
    regions[1].encryption.os_disk_encryption_set_id = regions[0].encryption.os_disk_encryption_set_id;
}

static void name_a_version_of_two_parts(struct acg_publish_options *o)
{
    o->gallery_image_version_id = NULL;
    o->subscription_id = "00000000-0000-0000-0000-000000000001";
    o->resource_group = "images";
    o->gallery_name = "Golden";
    o->gallery_image_definition = "web";
    o->gallery_image_version = "1.4";
}

static void lose_the_subscription(struct acg_publish_options *o)
{
    name_a_version_of_two_parts(o);
    o->gallery_image_version = "1.4.0";
    o->subscription_id = NULL;
}

static void name_two_sources(struct acg_publish_options *o)
{
    o->source.os_snapshot = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/images/"
                            "providers/Microsoft.Compute/snapshots/web-os";
}

static void name_no_location(struct acg_publish_options *o)
{
    o->location = "west_us";
}

static void declare_nonsense(struct acg_publish_options *o)
{
    o->encryption_type = "tripple";
}

static void leave_everything_out(struct acg_publish_options *o)
{
    *o = (struct acg_publish_options)ACG_PUBLISH_OPTIONS_INIT;
}

/* The gallery is gone for the first column; in the second it is there. */
static const struct row {
    void (*spoil)(struct acg_publish_options *o);
    const char *with_gallery_gone, *alone;
    const char *unasked; /* a part of a URL; NULL: everything is asked */
} rows[] = {
    {name_a_region_twice, "error R8, error R36", "error R8", NULL},
    {misspell_a_region, "error names, error R36", "error names", "east_us_2"},
    {leave_a_set_out, "error R5, error R36", "error R5", "diskEncryptionSets/eastus2"},
    {take_a_set_of_another_subscription, "error R1, error R36", "error R1", "theirs"},
    {empty_a_set, "error R39, error R36", "error R39", "diskEncryptionSets/eastus2-os?"},
    {name_one_set_in_two_regions, "error R3, error R36", "error R3", NULL},
    {name_a_version_of_two_parts, "error R20, error R36", "error R20", "/versions/"},
    {lose_the_subscription, "error config", "error config", "/subscriptions/?"},
    {name_two_sources, "error R21, error R36", "error R21", "/web-build?"},
    {name_no_location, "error names, error R36", "error names", "west_us"},
    {declare_nonsense, "error config, error R36", "error config", NULL},
};

static struct world begin(void (*spoil)(struct acg_publish_options *o))
{
    struct world w = {.options = "image-cmk", .change = spoil};

    world_edit(&w, "/Microsoft.Compute/images/web-build?", "properties.storageProfile.dataDisks",
               "[{\"lun\": 0}]");
    return w;
}

static size_t count(const char *text, char wanted)
{
    size_t n = 0;

    for (; *text != '\0'; text++)
        n += *text == wanted;
    return n;
}

static void finds(const struct row *row, bool gone)
{
    struct world w = begin(row->spoil);

    if (gone)
        world_status(&w, "/galleries/Golden?", 404);
    world_plan(&w);
    world_finds(&w, gone ? row->with_gallery_gone : row->alone);
    assert_int_equal(count(w.found, '\n'), count(w.rules, ',') + 1); /* each once */
    assert_int_equal(w.error.status, ACG_ERR_ARGUMENT); /* a publish would be refused before its reads */
    assert_int_equal(w.gets, w.urls);
    assert_true(w.gets > 0);
    if (row->unasked != NULL && strstr(w.asked, row->unasked) != NULL)
        fail_msg("%s was asked:\n%s", row->unasked, w.asked);
    world_done(&w);
}

static void a_fault_of_the_options_stands_beside_what_azure_answers(void **st)
{
    (void)st;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        finds(&rows[i], true);
}

static void one_fault_is_one_finding_whatever_is_read(void **st)
{
    (void)st;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        finds(&rows[i], false);
}

static void sets_are_laid_once_over_the_disks_that_were_read(void **st)
{
    struct world w = begin(leave_a_set_out);

    (void)st;
    world_edit(&w, "/Microsoft.Compute/images/web-build?", "properties.storageProfile.dataDisks",
               "[{\"lun\": 0}, {\"lun\": 7}]");
    world_plan(&w);
    world_finds(&w, "error R5, error half-encrypted");
    assert_int_equal(count(w.found, '\n'), 2);
    world_done(&w);
}

static void without_anything_to_read_nothing_is_asked(void **st)
{
    struct world w = {.options = "image-cmk", .change = leave_everything_out};

    (void)st;
    world_plan(&w);
    assert_int_equal(w.gets, 0);
    assert_int_equal(w.error.status, ACG_ERR_ARGUMENT);
    world_finds(&w, "error config, error R21");
    assert_non_null(strstr(w.text, "Version: not known"));
    assert_non_null(strstr(w.json, "\"version_id\":null"));
    world_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_of_the_options_stands_beside_what_azure_answers),
        cmocka_unit_test(one_fault_is_one_finding_whatever_is_read),
        cmocka_unit_test(sets_are_laid_once_over_the_disks_that_were_read),
        cmocka_unit_test(without_anything_to_read_nothing_is_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
