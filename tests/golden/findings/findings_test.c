/* SPDX-License-Identifier: MPL-2.0 */
/* What people read about bad options, whole: one text file per case beside this file. With
 * ACG_GOLDEN_UPDATE=1 in the environment the files are written anew, to be reviewed as a diff. */
#include "testlib/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "given.h"

enum { TEXT_MAX = 64 * 1024 };

#define NO_SLASH                                                                                             \
    "subscriptions/" SUBSCRIPTION "/resourceGroups/MyGroup/providers/Microsoft.Compute/diskEncryptionSets/"

static void nothing_given(struct given *g)
{
    *g = (struct given){.o = ACG_PUBLISH_OPTIONS_INIT};
}

static void bad_names(struct given *g)
{
    given_image(g);
    g->o.subscription_id = "Pay-As-You-Go";
    g->o.resource_group = "MyGroup.";
    g->o.gallery_name = "My-Gallery";
    g->o.gallery_image_definition = "MyImage.";
    g->o.gallery_image_version = "01.0.0";
    g->o.location = "west_us";
}

static void id_contradicts_names(struct given *g)
{
    given_image(g);
    g->o.gallery_image_version_id = COMPUTE "galleries/MyGallery/images/MyImage/versions/2.0.0";
}

static void id_of_a_definition(struct given *g)
{
    given_image(g);
    g->o.gallery_image_version_id = COMPUTE "galleries/MyGallery/images/MyImage";
}

static void version_latest(struct given *g)
{
    given_image(g);
    g->o.gallery_image_version = "latest";
}

static void source_twice(struct given *g)
{
    given_disks(g);
    g->o.source.managed_image = "myImage";
}

static void source_types(struct given *g)
{
    given_disks(g);
    g->o.source.os_snapshot = COMPUTE "images/myImage";
    g->disks[0].id =
        "subscriptions/" SUBSCRIPTION "/resourceGroups/MyGroup/providers/Microsoft.Compute/snapshots/d";
}

static void source_image_type(struct given *g)
{
    given_image(g);
    g->o.source.managed_image = COMPUTE "galleries/MyGallery/images/MyImage";
}

static void source_version_encrypted(struct given *g)
{
    given_image(g);
    g->o.source.managed_image = NULL;
    g->o.source.image_version = COMPUTE "galleries/MyGallery/images/MyImage/versions/0.9.0";
}

static void source_shared_by_disks(struct given *g)
{
    given_disks(g);
    g->disks[0].id = "OS";
    g->disks[1] = (struct acg_data_disk_source){.lun = number(0), .id = "second"};
    g->o.source.data_disk_count = 2;
}

static void source_vhd(struct given *g)
{
    given_disks(g);
    g->o.source.os_snapshot = NULL;
    g->o.source.os_vhd_uri = "https://account.blob.core.windows.net/vhds/os.vhd?sv=2023&sig=c2VjcmV0";
    g->disks[0] = (struct acg_data_disk_source){.lun = number(0), .vhd_uri = "http://account/vhds/d.vhd"};
}

static void regions_twice(struct given *g)
{
    given_image(g);
    g->regions[2] = (struct acg_target_region){.name = "West US"};
    g->o.target_region_count = 3;
}

static void home_not_a_target(struct given *g)
{
    given_image(g);
    g->o.location = "northeurope";
}

static void replicas(struct given *g)
{
    given_zone(g);
    g->regions[0].replicas = number(0);
    g->regions[1].replicas = number(101);
    g->zones[0].replicas = number(-3);
}

static void replicas_together(struct given *g)
{
    given_image(g);
    g->regions[0].replicas = number(60);
    g->o.replica_count = number(41);
}

static void unknown_words(struct given *g)
{
    given_image(g);
    g->regions[0].storage_account_type = "standard";
    g->regions[1].storage_account_type = "PremiumV2_LRS";
    g->regions[1].encryption.confidential_vm_encryption_type = "EncryptedWithKey";
    g->o.encryption_type = "cmk";
    g->o.replication_mode = "swallow";
}

static void sets_malformed(struct given *g)
{
    given_image(g);
    g->regions[0].encryption.os_disk_encryption_set_id = NO_SLASH "west-os";
    g->sets[0][0].disk_encryption_set_id = COMPUTE "diskEncryptionSet/west-0";
    g->regions[1].encryption.os_disk_encryption_set_id = "";
    g->sets[1][0].disk_encryption_set_id = COMPUTE "disks/east-0";
}

static void set_of_another_subscription(struct given *g)
{
    given_image(g);
    g->regions[0].encryption.os_disk_encryption_set_id =
        "/subscriptions/" OTHER_SUBSCRIPTION
        "/resourceGroups/Keys/providers/Microsoft.Compute/diskEncryptionSets/k";
}

static void set_in_two_regions(struct given *g)
{
    given_image(g);
    g->regions[1].encryption.os_disk_encryption_set_id = "west-os";
}

static void region_not_encrypted(struct given *g)
{
    given_image(g);
    g->regions[1].encryption = (struct acg_encryption){0};
}

static void data_disk_not_encrypted_in_one_region(struct given *g)
{
    given_image(g);
    g->regions[1].encryption.data_disk_count = 0;
}

static void edge_zone_not_encrypted(struct given *g)
{
    given_zone(g);
    g->zones[0].encryption = (struct acg_encryption){0};
}

static void data_disk_never_encrypted(struct given *g)
{
    given_disks(g);
    g->disks[1] = (struct acg_data_disk_source){.lun = number(3), .id = "second"};
    g->o.source.data_disk_count = 2;
}

static void luns(struct given *g)
{
    given_disks(g);
    g->sets[0][1] = (struct acg_data_disk_encryption){number(0), "west-1"};
    g->sets[0][2] = (struct acg_data_disk_encryption){{false, 0}, "west-2"};
    g->regions[0].encryption.data_disk_count = 3;
    g->sets[1][1] = (struct acg_data_disk_encryption){number(7), "east-7"};
    g->sets[1][2] = (struct acg_data_disk_encryption){number(64), "east-64"};
    g->regions[1].encryption.data_disk_count = 3;
}

static void platform_keys_contradicted(struct given *g)
{
    given_image(g);
    g->platform[0] = "os";
    g->platform[1] = "data1";
    g->o.platform_key_disks = g->platform;
    g->o.platform_key_disk_count = 2;
}

static void declared_double_without_sets(struct given *g)
{
    given_plain(g);
    g->o.encryption_type = "double";
}

static void declared_platform_with_sets(struct given *g)
{
    given_image(g);
    g->o.encryption_type = "platform";
}

static void confidential_pairs(struct given *g)
{
    given_image(g);
    g->regions[0].encryption.confidential_vm_encryption_type = "EncryptedWithCmk";
    g->regions[1].encryption.confidential_vm_encryption_type = "EncryptedWithPmk";
    g->regions[1].encryption.secure_vm_disk_encryption_set_id = "east-secure";
}

static void shallow(struct given *g)
{
    given_image(g);
    g->o.replication_mode = "Shallow";
    g->regions[0].replicas = number(2);
}

static void end_of_life_past(struct given *g)
{
    given_image(g);
    g->o.end_of_life_date = "2020-12-01";
}

static void end_of_life_malformed(struct given *g)
{
    given_image(g);
    g->o.end_of_life_date = "tomorrow";
}

static void tags(struct given *g)
{
    given_image(g);
    g->tags[0] = (struct acg_tag){"cost/center", "1"};
    g->tags[1] = (struct acg_tag){"Owner", "a"};
    g->tags[2] = (struct acg_tag){"owner", "b"};
    g->o.tags = g->tags;
    g->o.tag_count = 3;
}

struct golden {
    const char *name;
    void (*make)(struct given *g);
};

#define CASE(name)                                                                                           \
    {                                                                                                        \
#name, name                                                                                          \
    }

static const struct golden cases[] = {
    CASE(nothing_given),
    CASE(bad_names),
    CASE(id_contradicts_names),
    CASE(id_of_a_definition),
    CASE(version_latest),
    CASE(source_twice),
    CASE(source_types),
    CASE(source_image_type),
    CASE(source_version_encrypted),
    CASE(source_shared_by_disks),
    CASE(source_vhd),
    CASE(regions_twice),
    CASE(home_not_a_target),
    CASE(replicas),
    CASE(replicas_together),
    CASE(unknown_words),
    CASE(sets_malformed),
    CASE(set_of_another_subscription),
    CASE(set_in_two_regions),
    CASE(region_not_encrypted),
    CASE(data_disk_not_encrypted_in_one_region),
    CASE(edge_zone_not_encrypted),
    CASE(data_disk_never_encrypted),
    CASE(luns),
    CASE(platform_keys_contradicted),
    CASE(declared_double_without_sets),
    CASE(declared_platform_with_sets),
    CASE(confidential_pairs),
    CASE(shallow),
    CASE(end_of_life_past),
    CASE(end_of_life_malformed),
    CASE(tags),
};

static void render(const struct golden *c, struct acgp_buf *out)
{
    struct given g;
    struct said s;

    c->make(&g);
    said_about(&s, &g);
    assert_int_equal(s.status, ACG_ERR_ARGUMENT);
    for (size_t i = 0; i < acg_findings_count(s.findings); i++) {
        const struct acg_finding *f = acg_findings_at(s.findings, i);

        assert_true(
            acgp_buf_printf(out, "%s  %s\n    %s\n    fix: %s\n", f->rule, f->field, f->message, f->fix));
    }
    said_done(&s);
}

static void path_of(const struct golden *c, char *out, size_t size)
{
    snprintf(out, size, "%s/%s.txt", GOLDEN_FINDINGS, c->name);
}

static void write_file(const struct golden *c, const struct acgp_buf *text)
{
    char path[1024];
    FILE *file = NULL;

    path_of(c, path, sizeof path);
    file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text->data, 1, text->len, file), text->len);
    assert_int_equal(fclose(file), 0);
}

static void read_file(const struct golden *c, struct acgp_buf *text)
{
    char path[1024];
    FILE *file = NULL;
    size_t got = 0;

    path_of(c, path, sizeof path);
    file = fopen(path, "rb");
    assert_non_null(file);
    got = fread(acgp_buf_reserve(text, TEXT_MAX), 1, TEXT_MAX, file);
    text->data[got] = '\0';
    text->len = got;
    assert_int_equal(fclose(file), 0);
}

static void findings_read_as_they_were_reviewed(void **st)
{
    const char *update = getenv("ACG_GOLDEN_UPDATE");

    (void)st;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct acgp_buf is;
        struct acgp_buf expected;

        acgp_buf_init(&is, TEXT_MAX);
        acgp_buf_init(&expected, TEXT_MAX);
        render(&cases[i], &is);
        if (update != NULL)
            write_file(&cases[i], &is);
        read_file(&cases[i], &expected);
        if (strcmp(is.data, expected.data) != 0)
            print_message("%s.txt:\n%s", cases[i].name, is.data);
        assert_string_equal(is.data, expected.data);
        acgp_buf_done(&is);
        acgp_buf_done(&expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(findings_read_as_they_were_reviewed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
