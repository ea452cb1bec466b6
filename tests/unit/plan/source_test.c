/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "given.h"

#define VHD     "https://account.blob.core.windows.net/vhds/os.vhd"
#define VERSION COMPUTE "galleries/MyGallery/images/MyImage/versions/0.9.0"

static void names_become_full_ids(void **st)
{
    struct given g;
    struct said s;

    (void)st;
    given_disks(&g);
    said_about(&s, &g);
    assert_false(s.spec->source.whole_image);
    assert_string_equal(s.spec->source.os_id, COMPUTE "snapshots/os");
    assert_string_equal(s.spec->source.data[0].id, COMPUTE "disks/data");
    said_done(&s);
    given_image(&g);
    said_about(&s, &g);
    assert_true(s.spec->source.whole_image);
    assert_int_equal(s.spec->source.kind, ACGP_RESOURCE_MANAGED_IMAGE);
    assert_string_equal(s.spec->source.id, COMPUTE "images/myImage");
    said_done(&s);
}

static void data_disks_are_sorted_by_lun(void **st)
{
    struct given g;
    struct said s;

    (void)st;
    given_disks(&g);
    g.disks[0].lun = number(7);
    g.disks[1] = (struct acg_data_disk_source){.lun = number(0), .id = "first"};
    g.o.source.data_disk_count = 2;
    g.regions[0].encryption.disk_encryption_set_id = "west-rest";
    g.regions[1].encryption.disk_encryption_set_id = "east-rest";
    said_about(&s, &g);
    assert_int_equal(s.status, ACG_OK);
    assert_int_equal(s.spec->source.data[0].lun, 0);
    assert_int_equal(s.spec->source.data[1].lun, 7);
    said_done(&s);
}

static void r12_a_version_as_source_cannot_be_encrypted(void **st)
{
    struct given g;

    (void)st;
    given_plain(&g);
    g.o.source.managed_image = NULL;
    g.o.source.image_version = VERSION;
    expect_good(&g);
    given_image(&g);
    g.o.source.managed_image = NULL;
    g.o.source.image_version = VERSION;
    expect_one(&g, "R12", "image_version", "refuses encryption");
    g.o.source.image_version = NULL;
    g.o.source.managed_image = VERSION;
    expect_one(&g, "R12", "managed_image", "refuses encryption");
}

static void r21_a_source_is_named(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.o.source.managed_image = NULL;
    expect_one(&g, "R21", "source", "no source");
    g.o.source.known_later = true;
    expect_good(&g);
}

static void r21_one_style_of_source(void **st)
{
    struct given g;

    (void)st;
    given_disks(&g);
    g.o.source.managed_image = "myImage";
    expect_one(&g, "R21", "source", "managed_image, single disks");
    given_image(&g);
    g.o.source.virtual_machine = COMPUTE "virtualMachines/vm";
    expect_one(&g, "R21", "source", "managed_image, virtual_machine");
}

static void r21_one_source_for_each_disk(void **st)
{
    struct given g;

    (void)st;
    given_disks(&g);
    g.o.source.os_vhd_uri = VHD;
    g.o.source.os_vhd_storage_account = "account";
    expect_one(&g, "R21", "os_vhd_uri", "two sources");
    given_disks(&g);
    g.disks[0].vhd_uri = VHD;
    g.disks[0].vhd_storage_account = "account";
    expect_one(&g, "R21", "data_snapshot[0].id", "two sources");
}

static void r21_data_disks_need_an_os_disk(void **st)
{
    struct given g;

    (void)st;
    given_disks(&g);
    g.o.source.os_snapshot = NULL;
    expect_one(&g, "R21", "os_snapshot", "no OS disk");
}

static void r23_a_whole_image_has_one_of_three_types(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.o.source.managed_image = COMPUTE "virtualMachines/vm";
    expect_good(&g);
    g.o.source.managed_image = COMPUTE "snapshots/s";
    expect_one(&g, "R23", "managed_image", "is a snapshot");
    g.o.source.managed_image = COMPUTE "availabilitySets/a";
    expect_one(&g, "R23", "managed_image", "Microsoft.Compute/availabilitySets");
    g.o.source.managed_image = NULL;
    g.o.source.virtual_machine = COMPUTE "images/i";
    expect_one(&g, "R23", "virtual_machine", "is a managed image");
    g.o.source.virtual_machine = "vm";
    expect_one(&g, "R23", "virtual_machine", "only a full resource id");
    g.o.source.virtual_machine = COMPUTE "virtualMachines/vm";
    expect_good(&g);
}

static void a_virtual_machine_given_as_image_is_known_as_one(void **st)
{
    struct given g;
    struct said s;

    (void)st;
    given_image(&g);
    g.o.source.managed_image = COMPUTE "virtualMachines/vm";
    said_about(&s, &g);
    assert_int_equal(s.spec->source.kind, ACGP_RESOURCE_VIRTUAL_MACHINE);
    said_done(&s);
}

static void r24_a_disk_source_is_a_snapshot_or_a_disk(void **st)
{
    struct given g;

    (void)st;
    given_disks(&g);
    g.o.source.os_snapshot = COMPUTE "disks/os";
    expect_good(&g);
    g.o.source.os_snapshot = COMPUTE "images/i";
    expect_one(&g, "R24", "os_snapshot", "is a managed image");
    g.o.source.os_snapshot =
        "subscriptions/" SUBSCRIPTION "/resourceGroups/MyGroup/providers/Microsoft.Compute/snapshots/s";
    expect_one(&g, "R24", "os_snapshot", "leading slash");
    g.o.source.os_snapshot = COMPUTE "snapshots/s/";
    expect_one(&g, "R24", "os_snapshot", "ends with a slash");
    g.o.source.os_snapshot = "my snapshot";
    expect_one(&g, "R24", "os_snapshot", "neither a name nor a resource id");
    g.o.source.os_snapshot = "";
    expect_one(&g, "R24", "os_snapshot", "empty");
}

static void r25_each_disk_has_its_own_source(void **st)
{
    struct given g;

    (void)st;
    given_disks(&g);
    g.disks[0].id = "OS";
    expect_one(&g, "R25", "data_snapshot[0].id", "os_snapshot");
    g.disks[0].id = COMPUTE "disks/OS"; /* another type: another resource */
    expect_good(&g);
}

static void r25_each_data_disk_has_its_own_lun(void **st)
{
    struct given g;

    (void)st;
    given_disks(&g);
    g.disks[1] = (struct acg_data_disk_source){.lun = number(0), .id = "second"};
    g.o.source.data_disk_count = 2;
    expect_one(&g, "R25", "data_snapshot[1].lun", "LUN 0");
}

static void r25_each_disk_has_its_own_blob(void **st)
{
    struct given g;

    (void)st;
    given_disks(&g);
    g.o.source.os_snapshot = NULL;
    g.o.source.os_vhd_uri = g.disks[0].vhd_uri = VHD;
    g.o.source.os_vhd_storage_account = g.disks[0].vhd_storage_account = "account";
    g.disks[0].id = NULL;
    expect_one(&g, "R25", "data_snapshot[0].vhd_uri", "os_vhd_uri");
    g.disks[0].vhd_uri = "https://account.blob.core.windows.net/vhds/OS.vhd"; /* blobs differ in case */
    expect_good(&g);
}

static void a_lun_is_given_and_in_range(void **st)
{
    struct given g;

    (void)st;
    given_disks(&g);
    g.disks[0].lun.set = false;
    expect_one(&g, "config", "data_snapshot[0].lun", "without its LUN");
    g.disks[0].lun = number(64);
    expect_one(&g, "luns", "data_snapshot[0].lun", "LUN 64");
    g.disks[0].lun = number(-1);
    expect_one(&g, "luns", "data_snapshot[0].lun", "LUN -1");
    g.disks[0].lun = g.sets[0][0].lun = g.sets[1][0].lun = number(63);
    expect_good(&g);
}

static void a_data_disk_has_a_source(void **st)
{
    struct given g;

    (void)st;
    given_disks(&g);
    g.disks[0].id = NULL;
    expect_one(&g, "config", "data_snapshot[0].id", "no source");
}

static void a_vhd_needs_its_account_and_an_account_its_vhd(void **st)
{
    struct given g;
    struct said s;

    (void)st;
    given_disks(&g);
    g.o.source.os_snapshot = NULL;
    g.o.source.os_vhd_uri = VHD;
    expect_one(&g, "config", "os_vhd_storage_account", "without its storage account");
    g.o.source.os_vhd_uri = NULL;
    g.o.source.os_vhd_storage_account = "account";
    expect_one(&g, "config", "os_vhd_uri", "without the VHD");
    g.o.source.os_vhd_uri = VHD;
    said_about(&s, &g);
    assert_int_equal(s.status, ACG_OK);
    assert_string_equal(s.spec->source.os_vhd_uri, VHD);
    assert_string_equal(s.spec->source.os_vhd_account, GROUP_ID "Microsoft.Storage/storageAccounts/account");
    said_done(&s);
    g.o.source.os_vhd_storage_account = COMPUTE "disks/d";
    expect_one(&g, "config", "os_vhd_storage_account", "is a managed disk");
}

static void a_vhd_is_reached_by_https(void **st)
{
    struct given g;

    (void)st;
    given_disks(&g);
    g.o.source.os_snapshot = NULL;
    g.o.source.os_vhd_storage_account = "account";
    g.o.source.os_vhd_uri = "http://account.blob.core.windows.net/vhds/os.vhd";
    expect_one(&g, "config", "os_vhd_uri", "https://");
    g.o.source.os_vhd_uri = "https://account.blob.core.windows.net/";
    expect_one(&g, "config", "os_vhd_uri", "names no blob");
    g.o.source.os_vhd_uri = "https://account.blob.core.windows.net/v/o s.vhd";
    expect_one(&g, "config", "os_vhd_uri", "no URL has");
}

static void signatures_and_passwords_are_never_shown(void **st)
{
    static const char *const leaks[] = {
        "https://account.blob.core.windows.net/v/os.vhd?sv=1&sig=TOPSECRET",
        "https://user:TOPSECRET@account.blob.core.windows.net/v/os.vhd",
    };
    struct given g;
    struct said s;

    (void)st;
    for (size_t i = 0; i < sizeof leaks / sizeof leaks[0]; i++) {
        given_disks(&g);
        g.disks[0].id = leaks[i]; /* not even in a field that is for ids */
        g.o.source.os_snapshot = NULL;
        g.o.source.os_vhd_storage_account = "account";
        g.o.source.os_vhd_uri = leaks[i];
        said_about(&s, &g);
        assert_int_equal(acg_findings_count(s.findings), 2);
        for (size_t k = 0; k < 2; k++)
            assert_null(strstr(acg_findings_at(s.findings, k)->message, "TOPSECRET"));
        assert_null(strstr(s.error.message, "TOPSECRET"));
        said_done(&s);
    }
}

static void snapshots_are_named_with_the_image_behind_them(void **st)
{
    struct given g;
    struct said s;

    (void)st;
    given_disks(&g);
    g.o.source.data_disk_count = 0;
    g.o.source.snapshots_of = "myImage";
    g.o.source.data_snapshot_prefix = "data-";
    said_about(&s, &g);
    assert_int_equal(s.status, ACG_OK);
    assert_string_equal(s.spec->source.image_id, COMPUTE "images/myImage");
    assert_string_equal(s.spec->source.prefix, COMPUTE "snapshots/data-");
    assert_int_equal(s.spec->source.data_count, 0);
    said_done(&s);
}

static void the_luns_of_found_snapshots_are_not_judged_offline(void **st)
{
    struct given g;

    (void)st;
    given_disks(&g);
    g.o.source.data_disk_count = 0;
    g.o.source.snapshots_of = "myImage";
    g.o.source.data_snapshot_prefix = "data-";
    g.sets[0][0].lun = g.sets[1][0].lun = number(9);
    expect_good(&g);
}

static void found_snapshots_need_the_image_that_tells_their_luns(void **st)
{
    struct given g;

    (void)st;
    given_disks(&g);
    g.o.source.data_disk_count = 0;
    g.o.source.data_snapshot_prefix = "data-";
    expect_one(&g, "snapshots", "data_snapshot_prefix", "does not tell their LUNs");
    g.o.source.snapshots_of = COMPUTE "snapshots/os";
    expect_one(&g, "snapshots", "snapshots_of", "is a snapshot, not a managed image");
    g.o.source.snapshots_of = "myImage";
    g.o.source.data_snapshot_prefix = COMPUTE "disks/data";
    expect_one(&g, "snapshots", "data_snapshot_prefix", "is a managed disk, not a snapshot");
}

static void snapshots_are_found_or_named_not_both(void **st)
{
    struct given g;

    (void)st;
    given_disks(&g);
    g.o.source.snapshots_of = "myImage";
    expect_good(&g);
    g.o.source.data_snapshot_prefix = "data-";
    expect_one(&g, "snapshots", "data_snapshot_prefix", "named one by one");
}

static void an_image_is_not_published_by_naming_it_as_the_one_behind_snapshots(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.o.source.snapshots_of = "myImage";
    expect_one(&g, "snapshots", "snapshots_of", "no copy is named");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_become_full_ids),
        cmocka_unit_test(data_disks_are_sorted_by_lun),
        cmocka_unit_test(r12_a_version_as_source_cannot_be_encrypted),
        cmocka_unit_test(r21_a_source_is_named),
        cmocka_unit_test(r21_one_style_of_source),
        cmocka_unit_test(r21_one_source_for_each_disk),
        cmocka_unit_test(r21_data_disks_need_an_os_disk),
        cmocka_unit_test(r23_a_whole_image_has_one_of_three_types),
        cmocka_unit_test(a_virtual_machine_given_as_image_is_known_as_one),
        cmocka_unit_test(r24_a_disk_source_is_a_snapshot_or_a_disk),
        cmocka_unit_test(r25_each_disk_has_its_own_source),
        cmocka_unit_test(r25_each_data_disk_has_its_own_lun),
        cmocka_unit_test(r25_each_disk_has_its_own_blob),
        cmocka_unit_test(a_lun_is_given_and_in_range),
        cmocka_unit_test(a_data_disk_has_a_source),
        cmocka_unit_test(a_vhd_needs_its_account_and_an_account_its_vhd),
        cmocka_unit_test(a_vhd_is_reached_by_https),
        cmocka_unit_test(snapshots_are_named_with_the_image_behind_them),
        cmocka_unit_test(the_luns_of_found_snapshots_are_not_judged_offline),
        cmocka_unit_test(found_snapshots_need_the_image_that_tells_their_luns),
        cmocka_unit_test(snapshots_are_found_or_named_not_both),
        cmocka_unit_test(an_image_is_not_published_by_naming_it_as_the_one_behind_snapshots),
        cmocka_unit_test(signatures_and_passwords_are_never_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
