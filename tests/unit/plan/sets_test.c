/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "given.h"

#define OS_FIELD   "target_region[0].os_disk.disk_encryption_set_id"
#define DATA_FIELD "target_region[0].data_disk[0].disk_encryption_set_id"

static void a_name_is_a_set_of_the_gallerys_group(void **st)
{
    struct given g;
    struct said s;

    (void)st;
    given_image(&g);
    said_about(&s, &g);
    assert_string_equal(s.spec->places[0].encryption.os_id, SET("west-os"));
    assert_string_equal(s.spec->places[0].encryption.data[0].id, SET("west-0"));
    assert_string_equal(s.spec->places[1].encryption.data[0].id, SET("east-0"));
    said_done(&s);
    g.o.disk_encryption_set_resource_group = "Keys";
    said_about(&s, &g);
    assert_string_equal(s.spec->places[0].encryption.os_id,
                        "/subscriptions/" SUBSCRIPTION
                        "/resourceGroups/Keys/providers/Microsoft.Compute/diskEncryptionSets/west-os");
    assert_string_equal(s.spec->places[1].encryption.data[0].id, SET("east-0"));
    said_done(&s);
    g.o.disk_encryption_set_resource_group = "My Keys";
    expect_one(&g, "names", "disk_encryption_set_resource_group", "'My Keys'");
}

static void r1_a_set_is_in_the_gallerys_subscription(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.regions[0].encryption.os_disk_encryption_set_id =
        "/subscriptions/" OTHER_SUBSCRIPTION
        "/resourceGroups/MyGroup/providers/Microsoft.Compute/diskEncryptionSets/west-os";
    expect_one(&g, "R1", OS_FIELD, OTHER_SUBSCRIPTION);
    g.regions[0].encryption.os_disk_encryption_set_id =
        "/subscriptions/" SUBSCRIPTION
        "/resourceGroups/Elsewhere/providers/Microsoft.Compute/diskEncryptionSets/west-os";
    expect_good(&g);
}

static void r1_is_silent_while_the_gallerys_subscription_is_unknown(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.o.subscription_id = NULL;
    expect_one(&g, "config", "subscription_id", "missing");
}

static void r3_one_set_cannot_be_in_two_regions(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.regions[1].encryption.os_disk_encryption_set_id = SET("WEST-os");
    expect_one(&g, "R3", "target_region[1].os_disk.disk_encryption_set_id", "westus, eastus2");
    given_image(&g); /* one set for several disks of a region is fine */
    g.regions[0].encryption.os_disk_encryption_set_id = "west-0";
    expect_good(&g);
    given_zone(&g); /* and so is one set for a region and its edge zone */
    expect_good(&g);
}

static void r4_an_id_is_well_formed(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.sets[0][0].disk_encryption_set_id =
        "subscriptions/" SUBSCRIPTION
        "/resourceGroups/MyGroup/providers/Microsoft.Compute/diskEncryptionSets/w";
    expect_one(&g, "R4", DATA_FIELD, "leading slash");
    g.sets[0][0].disk_encryption_set_id = COMPUTE "diskEncryptionSet/w";
    expect_one(&g, "R4", DATA_FIELD, "diskEncryptionSet, which does not exist");
    g.sets[0][0].disk_encryption_set_id = COMPUTE "disks/w";
    expect_one(&g, "R4", DATA_FIELD, "is a managed disk, not a disk encryption set");
    g.sets[0][0].disk_encryption_set_id = "/subscriptions/x";
    expect_one(&g, "R4", DATA_FIELD, "is not a resource id");
    g.sets[0][0].disk_encryption_set_id = "west.0";
    expect_one(&g, "R4", DATA_FIELD, "'west.0'");
}

static void r39_an_empty_set_is_refused(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.regions[0].encryption.os_disk_encryption_set_id = "";
    expect_one(&g, "R39", OS_FIELD, "empty");
    given_image(&g);
    g.sets[0][0].disk_encryption_set_id = "";
    expect_one(&g, "R39", DATA_FIELD, "empty");
    given_plain(&g);
    g.regions[0].encryption.disk_encryption_set_id = "";
    g.o.target_region_count = 1;
    expect_one(&g, "R39", "target_region[0].disk_encryption_set_id", "empty");
}

static void r7_a_lun_is_named_once_per_region(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.sets[0][1] = (struct acg_data_disk_encryption){number(0), "west-1"};
    g.regions[0].encryption.data_disk_count = 2;
    expect_one(&g, "R7", "target_region[0].data_disk[1].lun", "LUN 0");
}

static void a_lun_is_given_and_in_range(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.sets[0][0].lun.set = false;
    expect_one(&g, "config", "target_region[0].data_disk[0].lun", "without its LUN");
    g.sets[0][0].lun = number(64);
    expect_one(&g, "luns", "target_region[0].data_disk[0].lun", "0 to 63");
    g.sets[0][0].lun = g.sets[1][0].lun = number(63);
    expect_good(&g);
}

static void a_refused_entry_still_counts_as_one_for_its_disk(void **st)
{
    struct given g;

    (void)st;
    given_disks(&g); /* its LUN may be the one that would otherwise be bare */
    g.sets[0][0].lun = number(64);
    g.sets[1][0].lun = number(64);
    expect_count(&g, 2);
}

static void a_confidential_disk_with_a_customer_key_needs_its_set(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    for (size_t i = 0; i < 2; i++)
        g.regions[i].encryption.os_disk_encryption_set_id = NULL;
    g.regions[0].encryption.confidential_vm_encryption_type = "encryptedwithcmk";
    g.regions[1].encryption.confidential_vm_encryption_type = "EncryptedWithCmk";
    g.regions[1].encryption.secure_vm_disk_encryption_set_id = "east-secure";
    expect_one(&g, "confidential", "target_region[0].os_disk.secure_vm_disk_encryption_set_id",
               "needs a secure VM disk encryption set");
    g.regions[0].encryption.secure_vm_disk_encryption_set_id = "west-secure";
    expect_good(&g);
}

static void the_other_confidential_types_take_no_set(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.regions[0].encryption.confidential_vm_encryption_type = "EncryptedWithPmk";
    expect_good(&g);
    g.regions[0].encryption.secure_vm_disk_encryption_set_id = "west-secure";
    expect_one(&g, "confidential", "target_region[0].os_disk.secure_vm_disk_encryption_set_id",
               "EncryptedWithPmk takes no");
    g.regions[0].encryption.confidential_vm_encryption_type = NULL;
    expect_one(&g, "confidential", "target_region[0].os_disk.confidential_vm_encryption_type",
               "without a confidential VM encryption type");
    g.regions[0].encryption.confidential_vm_encryption_type = "EncryptedWithKey";
    expect_one(&g, "config", "target_region[0].os_disk.confidential_vm_encryption_type",
               "'EncryptedWithKey'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_a_set_of_the_gallerys_group),
        cmocka_unit_test(r1_a_set_is_in_the_gallerys_subscription),
        cmocka_unit_test(r1_is_silent_while_the_gallerys_subscription_is_unknown),
        cmocka_unit_test(r3_one_set_cannot_be_in_two_regions),
        cmocka_unit_test(r4_an_id_is_well_formed),
        cmocka_unit_test(r39_an_empty_set_is_refused),
        cmocka_unit_test(r7_a_lun_is_named_once_per_region),
        cmocka_unit_test(a_lun_is_given_and_in_range),
        cmocka_unit_test(a_refused_entry_still_counts_as_one_for_its_disk),
        cmocka_unit_test(a_confidential_disk_with_a_customer_key_needs_its_set),
        cmocka_unit_test(the_other_confidential_types_take_no_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
