/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "given.h"

static void bare(struct acg_encryption *e)
{
    *e = (struct acg_encryption){0};
}

static void r5_a_disk_is_encrypted_everywhere_or_nowhere(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.regions[1].encryption.os_disk_encryption_set_id = NULL;
    expect_one(&g, "R5", "target_region[1].os_disk.disk_encryption_set_id",
               "the OS disk (encrypted in 'westus')");
    given_image(&g);
    g.regions[1].encryption.data_disk_count = 0;
    expect_one(&g, "R5", "target_region[1].data_disk", "'East US 2' has no disk encryption set for LUN 0");
    g.regions[1].encryption.disk_encryption_set_id = "east-rest";
    expect_good(&g);
}

static void r5_says_once_what_a_region_lacks(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    bare(&g.regions[0].encryption);
    expect_one(&g, "R5", "target_region[0]",
               "the OS disk (encrypted in 'East US 2'), LUN 0 (encrypted in 'East US 2')");
}

static void r5_holds_for_edge_zones_too(void **st)
{
    struct given g;

    (void)st;
    given_zone(&g);
    bare(&g.zones[0].encryption);
    expect_one(&g, "R5", "edge_zone[0]", "edge zone 'microsoftlosangeles1'");
    given_plain(&g);
    expect_good(&g);
}

static void r5_counts_a_secure_vm_set_as_the_os_disks_set(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.regions[1].encryption.os_disk_encryption_set_id = NULL;
    g.regions[1].encryption.confidential_vm_encryption_type = "EncryptedWithCmk";
    g.regions[1].encryption.secure_vm_disk_encryption_set_id = "east-secure";
    expect_good(&g);
}

static void an_entry_without_a_set_is_no_set(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.sets[1][0].disk_encryption_set_id = NULL;
    expect_one(&g, "R5", "target_region[1].data_disk", "LUN 0");
    g.regions[1].encryption.disk_encryption_set_id = "east-rest"; /* covers what has no entry of its own */
    expect_one(&g, "R5", "target_region[1].data_disk", "LUN 0");
}

static void r6_a_lun_is_one_of_the_sources(void **st)
{
    struct given g;

    (void)st;
    given_disks(&g);
    g.sets[0][1] = (struct acg_data_disk_encryption){number(4), "west-4"};
    g.regions[0].encryption.data_disk_count = 2;
    expect_one(&g, "R6", "target_region[0].data_disk[1].lun",
               "region 'westus' names LUN 4, but the source has LUN 0");
    given_image(&g); /* what a managed image has is not known offline */
    g.sets[0][1] = (struct acg_data_disk_encryption){number(4), "west-4"};
    g.sets[1][1] = (struct acg_data_disk_encryption){number(4), "east-4"};
    g.regions[0].encryption.data_disk_count = g.regions[1].encryption.data_disk_count = 2;
    expect_good(&g);
}

static void r6_tells_which_disk_the_stray_lun_leaves_bare(void **st)
{
    struct given g;

    (void)st;
    given_disks(&g);
    g.sets[0][0].lun = number(1);
    expect_one(&g, "R6", "target_region[0].data_disk[0].lun", "without a set here: LUN 0");
}

static void r6_holds_for_platform_key_disks(void **st)
{
    struct given g;

    (void)st;
    given_disks(&g);
    g.platform[0] = "9";
    g.o.platform_key_disks = g.platform;
    g.o.platform_key_disk_count = 1;
    expect_one(&g, "R6", "platform_key_disks", "LUN 9");
}

static void every_disk_of_the_source_has_a_set_when_one_has(void **st)
{
    struct given g;

    (void)st;
    given_disks(&g);
    g.disks[1] = (struct acg_data_disk_source){.lun = number(1), .id = "second"};
    g.o.source.data_disk_count = 2;
    expect_one(&g, "half-encrypted", "target_region[0].data_disk", "LUN 1 has no disk encryption set");
    g.regions[0].encryption.disk_encryption_set_id = "west-rest";
    g.regions[1].encryption.disk_encryption_set_id = "east-rest";
    expect_good(&g);
}

static void the_os_disk_has_a_set_when_a_data_disk_has(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.regions[0].encryption.os_disk_encryption_set_id = NULL;
    g.regions[1].encryption.os_disk_encryption_set_id = NULL;
    expect_one(&g, "half-encrypted", "target_region[0].os_disk.disk_encryption_set_id",
               "the OS disk has no disk encryption set");
}

static void platform_key_disks_excuse_a_disk_in_words(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.regions[0].encryption.os_disk_encryption_set_id = NULL;
    g.regions[1].encryption.os_disk_encryption_set_id = NULL;
    g.platform[0] = "os";
    g.o.platform_key_disks = g.platform;
    g.o.platform_key_disk_count = 1;
    expect_good(&g);
    given_disks(&g);
    g.disks[1] = (struct acg_data_disk_source){.lun = number(1), .id = "second"};
    g.o.source.data_disk_count = 2;
    g.platform[0] = "1";
    g.platform[1] = "1";
    g.o.platform_key_disks = g.platform;
    g.o.platform_key_disk_count = 2;
    expect_good(&g);
}

static void platform_key_disks_name_disks(void **st)
{
    static const char *const bad[] = {"", "data0", "01", "64", "-1", " 1"};
    struct given g;

    (void)st;
    given_image(&g);
    g.o.platform_key_disks = g.platform;
    g.o.platform_key_disk_count = 1;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        g.platform[0] = bad[i];
        expect_one(&g, "config", "platform_key_disks[0]", "names no disk");
    }
    g.platform[0] = "LUN0"; /* probably the disk that has no set: one mistake, one finding */
    g.regions[0].encryption.data_disk_count = g.regions[1].encryption.data_disk_count = 0;
    g.regions[0].encryption.os_disk_encryption_set_id = NULL;
    g.regions[1].encryption.os_disk_encryption_set_id = NULL;
    expect_one(&g, "config", "platform_key_disks[0]", "'LUN0'");
}

static void platform_key_disks_have_no_set_of_their_own(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.platform[0] = "0";
    g.o.platform_key_disks = g.platform;
    g.o.platform_key_disk_count = 1;
    expect_one(&g, "platform-key", "platform_key_disks[0]",
               "target_region[0].data_disk[0].disk_encryption_set_id");
    g.platform[0] = "os";
    expect_one(&g, "platform-key", "platform_key_disks[0]", "target_region[0].os_disk");
}

static void a_declared_type_is_one_of_azures(void **st)
{
    struct given g;
    struct said s;

    (void)st;
    given_image(&g);
    g.o.encryption_type = "double";
    said_about(&s, &g);
    assert_int_equal(s.status, ACG_OK);
    assert_string_equal(s.spec->encryption_type, "EncryptionAtRestWithPlatformAndCustomerKeys");
    said_done(&s);
    g.o.encryption_type = "cmk";
    expect_one(&g, "config", "encryption_type", "'cmk' is none of");
}

static void declared_customer_keys_need_sets(void **st)
{
    static const char *const types[] = {"customer_key", "double"};
    struct given g;

    (void)st;
    for (size_t i = 0; i < 2; i++) {
        given_plain(&g);
        g.o.encryption_type = types[i];
        expect_one(&g, "declared", "encryption_type", "no disk encryption set is named");
        given_image(&g);
        g.o.encryption_type = types[i];
        expect_good(&g);
    }
}

static void a_set_that_was_refused_is_still_a_set(void **st)
{
    struct given g;

    (void)st;
    given_plain(&g);
    g.o.target_region_count = 1;
    g.o.encryption_type = "customer_key";
    g.regions[0].encryption.disk_encryption_set_id = "not.a.name";
    expect_one(&g, "R4", "target_region[0].disk_encryption_set_id", "'not.a.name'");
}

static void declared_platform_keys_bar_sets(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.o.encryption_type = "EncryptionAtRestWithPlatformKey";
    expect_one(&g, "declared", "encryption_type", "disk encryption sets are named");
    given_plain(&g);
    g.o.encryption_type = "platform";
    expect_good(&g);
}

static void a_declared_confidential_type_is_that_of_every_place(void **st)
{
    struct given g;

    (void)st;
    given_plain(&g);
    g.o.encryption_type = "EncryptedWithPmk";
    g.regions[0].encryption.confidential_vm_encryption_type = "EncryptedWithPmk";
    g.regions[1].encryption.confidential_vm_encryption_type = "NonPersistedTPM";
    expect_one(&g, "declared", "target_region[1].os_disk.confidential_vm_encryption_type", "NonPersistedTPM");
    g.regions[1].encryption.confidential_vm_encryption_type = NULL;
    expect_one(&g, "declared", "target_region[1].os_disk.confidential_vm_encryption_type",
               "no confidential VM encryption type");
    g.regions[1].encryption.confidential_vm_encryption_type = "EncryptedWithPmk";
    expect_good(&g);
    g.o.target_region_count = 0;
    expect_one(&g, "declared", "encryption_type", "no target_region");
}

static void a_declared_key_kind_is_not_a_confidential_one(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.o.encryption_type = "customer_key";
    g.regions[0].encryption.confidential_vm_encryption_type = "EncryptedWithCmk";
    g.regions[0].encryption.secure_vm_disk_encryption_set_id = "west-secure";
    expect_one(&g, "declared", "target_region[0].os_disk.confidential_vm_encryption_type",
               "EncryptedWithCmk");
    g.o.encryption_type = NULL;
    expect_good(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r5_a_disk_is_encrypted_everywhere_or_nowhere),
        cmocka_unit_test(r5_says_once_what_a_region_lacks),
        cmocka_unit_test(r5_holds_for_edge_zones_too),
        cmocka_unit_test(r5_counts_a_secure_vm_set_as_the_os_disks_set),
        cmocka_unit_test(an_entry_without_a_set_is_no_set),
        cmocka_unit_test(r6_a_lun_is_one_of_the_sources),
        cmocka_unit_test(r6_tells_which_disk_the_stray_lun_leaves_bare),
        cmocka_unit_test(r6_holds_for_platform_key_disks),
        cmocka_unit_test(every_disk_of_the_source_has_a_set_when_one_has),
        cmocka_unit_test(the_os_disk_has_a_set_when_a_data_disk_has),
        cmocka_unit_test(platform_key_disks_excuse_a_disk_in_words),
        cmocka_unit_test(platform_key_disks_name_disks),
        cmocka_unit_test(platform_key_disks_have_no_set_of_their_own),
        cmocka_unit_test(a_declared_type_is_one_of_azures),
        cmocka_unit_test(declared_customer_keys_need_sets),
        cmocka_unit_test(a_set_that_was_refused_is_still_a_set),
        cmocka_unit_test(declared_platform_keys_bar_sets),
        cmocka_unit_test(a_declared_confidential_type_is_that_of_every_place),
        cmocka_unit_test(a_declared_key_kind_is_not_a_confidential_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
