/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/span.h"
#include "packer/artifact_source.h"
#include "packer/compute_id.h"

#define COMPUTE "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/"
#define IMAGE   COMPUTE "images/i"
#define DISK    COMPUTE "disks/d"
#define VERSION COMPUTE "galleries/g/images/i/versions/1.0.0"
#define LOWER   "/subscriptions/s/resourcegroups/g/providers/microsoft.compute/"

static const char azure[] = "Azure.ResourceManagement.VMImage";
static const char chroot[] = "azure.chroot";
static const char arm_text[] = "Azure.ResourceManagement.VMImage:\n\nOSType: Linux\nManagedImageId: " IMAGE
                               "\nManagedImageLocation: westus\nManagedImageOSDiskSnapshotName: os-1\n"
                               "ManagedImageDataDiskSnapshotPrefix: data-\nOSDiskUri: " DISK
                               "\nManagedImageSharedImageGalleryId: " VERSION "\n";

struct found {
    struct pkr_arena arena;
    struct acg_source source;
    enum acg_status status;
    struct acg_error error;
};

static void find(struct found *f, const char *builder, const char *id, const char *text,
                 enum pkr_artifact_choice choice)
{
    struct pkr_artifact_words words = {acgp_span(builder), acgp_span(id), acgp_span(text)};

    *f = (struct found){.status = ACG_OK};
    pkr_arena_init(&f->arena);
    f->status = pkr_artifact_source(&words, choice, &f->arena, &f->source, &f->error);
}

static void found_done(struct found *f)
{
    pkr_arena_done(&f->arena);
}

static void expect_image(const char *builder, const char *id, const char *text, const char *image)
{
    struct found f;

    find(&f, builder, id, text, PKR_ARTIFACT_ANY);
    assert_int_equal(f.status, ACG_OK);
    assert_string_equal(f.source.managed_image, image);
    assert_null(f.source.image_version);
    assert_null(f.source.os_snapshot);
    found_done(&f);
}

static void expect_refused(const char *builder, const char *id, const char *text,
                           enum pkr_artifact_choice choice, const char *part)
{
    struct found f;

    find(&f, builder, id, text, choice);
    assert_int_equal(f.status, ACG_ERR_ARGUMENT);
    if (strstr(f.error.message, part) == NULL)
        fail_msg("nothing about \"%s\" in: %s", part, f.error.message);
    assert_null(f.source.managed_image);
    assert_null(f.source.os_snapshot);
    found_done(&f);
}

static void ids_are_recognised_in_any_case(void **st)
{
    (void)st;
    assert_int_equal(pkr_compute_kind_of(acgp_span(IMAGE)), PKR_COMPUTE_IMAGE);
    assert_int_equal(pkr_compute_kind_of(acgp_span(LOWER "IMAGES/i")), PKR_COMPUTE_IMAGE);
    assert_int_equal(pkr_compute_kind_of(acgp_span(DISK)), PKR_COMPUTE_DISK);
    assert_int_equal(pkr_compute_kind_of(acgp_span(LOWER "snapshots/s")), PKR_COMPUTE_SNAPSHOT);
    assert_int_equal(pkr_compute_kind_of(acgp_span(VERSION)), PKR_COMPUTE_VERSION);
    assert_int_equal(pkr_compute_kind_of(acgp_span(IMAGE "/versions/1")), PKR_COMPUTE_OTHER);
    assert_int_equal(pkr_compute_kind_of(acgp_span(IMAGE "/")), PKR_COMPUTE_OTHER);
    assert_int_equal(pkr_compute_kind_of(acgp_span(COMPUTE)), PKR_COMPUTE_OTHER);
    assert_int_equal(pkr_compute_kind_of(acgp_span("images/i")), PKR_COMPUTE_OTHER);
    assert_int_equal(pkr_compute_kind_of(acgp_span(IMAGE "," DISK)), PKR_COMPUTE_OTHER);
    assert_int_equal(pkr_compute_kind_of(acgp_span("")), PKR_COMPUTE_OTHER);
    assert_int_equal(pkr_compute_kind_of((struct acg_span){NULL, 0}), PKR_COMPUTE_OTHER);
}

static void the_line_of_the_text_comes_before_the_id(void **st)
{
    (void)st;
    expect_image(azure, DISK, arm_text, IMAGE);
    expect_image(azure, IMAGE, "OSType: Linux\n", IMAGE);
    expect_image(azure, IMAGE, "ManagedImageId: \n", IMAGE);
}

static void any_builder_whose_id_is_an_image_is_accepted(void **st)
{
    (void)st;
    expect_image("x", " " IMAGE "\n", "", IMAGE);
    expect_image(chroot, LOWER "disks/packertemp-osdisk-1," LOWER "images/i", "", LOWER "images/i");
}

static void without_a_managed_image_the_gallery_version_is_the_source(void **st)
{
    static const struct {
        const char *builder, *id, *text;
    } cases[] = {
        {azure, "UNKNOWN ID", "OSType: Linux\nManagedImageSharedImageGalleryId: " VERSION "\n"},
        {azure, VERSION, "OSType: Linux\n"},
        {chroot, VERSION, ""},
        {"packer.post-processor.acg-publish", VERSION, ""},
    };
    (void)st;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct found f;
        find(&f, cases[i].builder, cases[i].id, cases[i].text, PKR_ARTIFACT_ANY);
        assert_int_equal(f.status, ACG_OK);
        assert_string_equal(f.source.image_version, VERSION);
        assert_null(f.source.managed_image);
        found_done(&f);
    }
}

static void the_version_is_taken_beside_an_image_when_asked_for(void **st)
{
    struct found f;
    (void)st;
    find(&f, azure, IMAGE, arm_text, PKR_ARTIFACT_IMAGE_VERSION);
    assert_int_equal(f.status, ACG_OK);
    assert_string_equal(f.source.image_version, VERSION);
    found_done(&f);
    expect_refused(azure, IMAGE, "", PKR_ARTIFACT_IMAGE_VERSION, "no");
}

static void snapshots_of_azure_arm_lie_beside_the_image_that_tells_their_luns(void **st)
{
    struct found f;
    (void)st;
    find(&f, azure, IMAGE, arm_text, PKR_ARTIFACT_SNAPSHOTS);
    assert_int_equal(f.status, ACG_OK);
    assert_string_equal(f.source.os_snapshot, COMPUTE "snapshots/os-1");
    assert_string_equal(f.source.data_snapshot_prefix, COMPUTE "snapshots/data-");
    assert_string_equal(f.source.snapshots_of, IMAGE);
    assert_int_equal(f.source.data_disk_count, 0);
    assert_null(f.source.managed_image);
    found_done(&f);
}

static void an_os_snapshot_alone_still_names_the_image_so_that_no_data_disk_is_lost(void **st)
{
    struct found f;
    (void)st;
    find(&f, azure, IMAGE, "ManagedImageId: " IMAGE "\nManagedImageOSDiskSnapshotName: os-1\n",
         PKR_ARTIFACT_SNAPSHOTS);
    assert_int_equal(f.status, ACG_OK);
    assert_string_equal(f.source.snapshots_of, IMAGE);
    assert_null(f.source.data_snapshot_prefix);
    found_done(&f);
    expect_refused(azure, IMAGE, "ManagedImageId: " IMAGE "\n", PKR_ARTIFACT_SNAPSHOTS,
                   "tells of no snapshots");
}

static void snapshots_of_azure_chroot_have_their_lun_in_their_names(void **st)
{
    struct found f;
    (void)st;
    find(&f, chroot,
         LOWER "snapshots/packertemp-datadisk-snapshot-1700000000-12," LOWER
               "snapshots/packertemp-datadisk-snapshot-1700000000-3," LOWER
               "snapshots/packertemp-osdisk-snapshot-1700000000," VERSION,
         "", PKR_ARTIFACT_SNAPSHOTS);
    assert_int_equal(f.status, ACG_OK);
    assert_string_equal(f.source.os_snapshot, LOWER "snapshots/packertemp-osdisk-snapshot-1700000000");
    assert_int_equal(f.source.data_disk_count, 2);
    assert_int_equal(f.source.data_disks[0].lun.value, 12);
    assert_int_equal(f.source.data_disks[1].lun.value, 3);
    assert_string_equal(f.source.data_disks[1].id,
                        LOWER "snapshots/packertemp-datadisk-snapshot-1700000000-3");
    found_done(&f);
}

static void chroot_snapshots_under_other_names_are_not_guessed_at(void **st)
{
    (void)st;
    expect_refused(chroot, LOWER "snapshots/os," LOWER "snapshots/data-0", "", PKR_ARTIFACT_SNAPSHOTS,
                   "data_snapshots with the LUN");
    expect_refused(chroot, LOWER "snapshots/packertemp-datadisk-snapshot-1-0", "", PKR_ARTIFACT_SNAPSHOTS,
                   "not exactly one snapshot of an OS disk");
    expect_refused(chroot, LOWER "snapshots/packertemp-datadisk-snapshot-", "", PKR_ARTIFACT_SNAPSHOTS,
                   "names");
}

static void a_kept_os_disk_is_taken_with_the_image_that_tells_of_other_disks(void **st)
{
    struct found f;
    (void)st;
    find(&f, azure, DISK, arm_text, PKR_ARTIFACT_DISKS);
    assert_int_equal(f.status, ACG_OK);
    assert_string_equal(f.source.os_snapshot, DISK);
    assert_string_equal(f.source.snapshots_of, IMAGE);
    found_done(&f);
    expect_refused(azure, IMAGE, "OSDiskUri: https://a.blob.core.windows.net/c/d.vhd\n", PKR_ARTIFACT_DISKS,
                   "keep_os_disk");
    expect_refused("x", DISK, "", PKR_ARTIFACT_ANY, "is no image");
}

static void kept_disks_of_azure_chroot_have_their_lun_in_their_names(void **st)
{
    struct found f;
    (void)st;
    find(&f, chroot, LOWER "disks/packertemp-datadisk-1-2," LOWER "disks/packertemp-osdisk-1", "",
         PKR_ARTIFACT_DISKS);
    assert_int_equal(f.status, ACG_OK);
    assert_string_equal(f.source.os_snapshot, LOWER "disks/packertemp-osdisk-1");
    assert_int_equal(f.source.data_disk_count, 1);
    assert_int_equal(f.source.data_disks[0].lun.value, 2);
    found_done(&f);
    expect_refused(chroot, LOWER "disks/mine", "", PKR_ARTIFACT_DISKS, "names of the user's");
}

static void a_vhd_is_refused_with_the_ways_out(void **st)
{
    static const char vhd[] = "https://a.blob.core.windows.net/c/d.VHD?sig=hidden";
    (void)st;
    expect_refused(azure, vhd, "OSDiskUri: x\n", PKR_ARTIFACT_ANY, "is a VHD. ");
    expect_refused(azure, vhd, "", PKR_ARTIFACT_ANY, "managed_image_name");
    expect_refused(azure, vhd, "", PKR_ARTIFACT_MANAGED_IMAGE, "os_vhd_uri with os_vhd_storage_account");
    expect_refused(azure, vhd, "", PKR_ARTIFACT_SNAPSHOTS, "data_vhd");
    expect_refused(azure, "https://a.blob.core.windows.net/c/d.json", "", PKR_ARTIFACT_ANY, "is no image");
    expect_refused(azure, vhd, "ManagedImageId: " IMAGE "\n", PKR_ARTIFACT_DISKS, "keep_os_disk");
}

static void several_images_are_not_chosen_from(void **st)
{
    (void)st;
    expect_refused(chroot, LOWER "images/a," LOWER "images/b", "", PKR_ARTIFACT_ANY, "several images");
}

static void the_line_of_another_builder_is_not_believed(void **st)
{
    (void)st;
    expect_refused("packer.file", "File", "ManagedImageId: " IMAGE, PKR_ARTIFACT_ANY, "\"packer.file\"");
    expect_refused("packer.post-processor.artifice", "", "", PKR_ARTIFACT_ANY,
                   "managed_image, image_version");
}

static void a_signed_url_is_not_repeated(void **st)
{
    struct found f;
    (void)st;
    find(&f, azure, "https://a.blob.core.windows.net/c/d.vhd?sig=hidden", "", PKR_ARTIFACT_ANY);
    assert_int_equal(f.status, ACG_ERR_ARGUMENT);
    assert_non_null(strstr(f.error.message, "d.vhd"));
    assert_null(strstr(f.error.message, "hidden"));
    found_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_recognised_in_any_case),
        cmocka_unit_test(the_line_of_the_text_comes_before_the_id),
        cmocka_unit_test(any_builder_whose_id_is_an_image_is_accepted),
        cmocka_unit_test(without_a_managed_image_the_gallery_version_is_the_source),
        cmocka_unit_test(the_version_is_taken_beside_an_image_when_asked_for),
        cmocka_unit_test(snapshots_of_azure_arm_lie_beside_the_image_that_tells_their_luns),
        cmocka_unit_test(an_os_snapshot_alone_still_names_the_image_so_that_no_data_disk_is_lost),
        cmocka_unit_test(snapshots_of_azure_chroot_have_their_lun_in_their_names),
        cmocka_unit_test(chroot_snapshots_under_other_names_are_not_guessed_at),
        cmocka_unit_test(a_kept_os_disk_is_taken_with_the_image_that_tells_of_other_disks),
        cmocka_unit_test(kept_disks_of_azure_chroot_have_their_lun_in_their_names),
        cmocka_unit_test(a_vhd_is_refused_with_the_ways_out),
        cmocka_unit_test(several_images_are_not_chosen_from),
        cmocka_unit_test(the_line_of_another_builder_is_not_believed),
        cmocka_unit_test(a_signed_url_is_not_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
