/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "given.h"
#include "plan/coverage.h"

/* A spec, laid over the disks that a source turned out to have. */
struct laid {
    struct said said;
    struct acg_findings *findings;
    struct acgp_coverage coverage;
};

static void lay(struct laid *l, const struct given *g, const int32_t *luns, size_t count, bool known)
{
    *l = (struct laid){0};
    said_about(&l->said, g);
    assert_int_equal(l->said.status, ACG_OK);
    assert_int_equal(acg_findings_new(&l->findings, NULL), ACG_OK);
    assert_int_equal(acgp_coverage_make(l->said.spec, l->said.spec->places, l->said.spec->place_count, luns,
                                        count, known, l->findings, &l->coverage, NULL),
                     ACG_OK);
}

static void lay_done(struct laid *l)
{
    acgp_coverage_done(&l->coverage);
    acg_findings_free(l->findings);
    said_done(&l->said);
}

static void region_wide_sets(struct given *g)
{
    given_plain(g);
    g->regions[0].encryption.disk_encryption_set_id = "west";
    g->regions[1].encryption.disk_encryption_set_id = "east";
}

static void a_region_wide_set_is_spread_over_the_real_disks(void **st)
{
    const int32_t luns[] = {9, 0, 9};
    struct given g;
    struct laid l;

    (void)st;
    region_wide_sets(&g);
    lay(&l, &g, luns, 3, true);
    assert_int_equal(acg_findings_count(l.findings), 0);
    assert_int_equal(l.coverage.place_count, 2);
    assert_int_equal(l.coverage.places[1].disk_count, 3);
    assert_true(l.coverage.places[1].disks[0].disk.os);
    assert_int_equal(l.coverage.places[1].disks[1].disk.lun, 0);
    assert_int_equal(l.coverage.places[1].disks[2].disk.lun, 9);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(l.coverage.places[1].disks[i].set_id, SET("east"));
    assert_ptr_equal(l.coverage.places[1].place, &l.said.spec->places[1]);
    lay_done(&l);
}

static void an_entry_of_its_own_wins_over_the_region_wide_set(void **st)
{
    const int32_t luns[] = {0, 1};
    struct given g;
    struct laid l;

    (void)st;
    given_image(&g);
    g.regions[0].encryption.disk_encryption_set_id = "west-rest";
    g.regions[1].encryption.disk_encryption_set_id = "east-rest";
    lay(&l, &g, luns, 2, true);
    assert_string_equal(l.coverage.places[0].disks[0].set_id, SET("west-os"));
    assert_string_equal(l.coverage.places[0].disks[1].set_id, SET("west-0"));
    assert_string_equal(l.coverage.places[0].disks[2].set_id, SET("west-rest"));
    lay_done(&l);
}

static void a_disk_on_platform_keys_takes_no_region_wide_set(void **st)
{
    const int32_t luns[] = {0, 1};
    struct given g;
    struct laid l;

    (void)st;
    region_wide_sets(&g);
    g.platform[0] = "1";
    g.o.platform_key_disks = g.platform;
    g.o.platform_key_disk_count = 1;
    lay(&l, &g, luns, 2, true);
    assert_int_equal(acg_findings_count(l.findings), 0);
    assert_non_null(l.coverage.places[0].disks[1].set_id);
    assert_null(l.coverage.places[0].disks[2].set_id);
    lay_done(&l);
}

static void a_secure_vm_set_keeps_the_region_wide_set_off_the_os_disk(void **st)
{
    struct given g;
    struct laid l;

    (void)st;
    region_wide_sets(&g);
    g.regions[0].encryption.confidential_vm_encryption_type = "EncryptedWithCmk";
    g.regions[0].encryption.secure_vm_disk_encryption_set_id = "west-secure";
    lay(&l, &g, NULL, 0, true);
    assert_int_equal(acg_findings_count(l.findings), 0);
    assert_null(l.coverage.places[0].disks[0].set_id);
    assert_string_equal(l.coverage.places[1].disks[0].set_id, SET("east"));
    lay_done(&l);
}

static void a_lun_that_the_request_does_not_name_is_refused_by_number(void **st)
{
    const int32_t luns[] = {0, 5, 6};
    struct given g;
    struct laid l;

    (void)st;
    given_image(&g);
    lay(&l, &g, luns, 3, true);
    assert_int_equal(acg_findings_count(l.findings), 2);
    assert_string_equal(acg_findings_at(l.findings, 0)->rule, "half-encrypted");
    assert_non_null(strstr(acg_findings_at(l.findings, 0)->message, "LUN 5"));
    assert_non_null(strstr(acg_findings_at(l.findings, 1)->message, "LUN 6"));
    lay_done(&l);
}

static void a_lun_that_the_source_lacks_is_refused_by_number(void **st)
{
    const int32_t luns[] = {3};
    struct given g;
    struct laid l;

    (void)st;
    given_image(&g);
    lay(&l, &g, luns, 1, true);
    assert_int_equal(acg_findings_count(l.findings), 2);
    for (size_t i = 0; i < 2; i++) {
        const struct acg_finding *f = acg_findings_at(l.findings, i);

        assert_string_equal(f->rule, "R6");
        assert_non_null(
            strstr(f->message, "names LUN 0, but the source has LUN 3; without a set here: LUN 3"));
    }
    lay_done(&l);
}

static void a_source_without_data_disks_says_so(void **st)
{
    struct given g;
    struct laid l;

    (void)st;
    given_image(&g);
    lay(&l, &g, NULL, 0, true);
    assert_non_null(strstr(acg_findings_at(l.findings, 0)->message, "no data disk"));
    lay_done(&l);
}

static void an_unread_source_is_covered_as_far_as_named(void **st)
{
    struct given g;
    struct laid l;

    (void)st;
    given_image(&g);
    lay(&l, &g, NULL, 0, false);
    assert_int_equal(acg_findings_count(l.findings), 0);
    assert_int_equal(l.coverage.places[0].disk_count, 2);
    lay_done(&l);
}

static void nothing_encrypted_covers_all_disks_with_nothing(void **st)
{
    const int32_t luns[] = {0};
    struct given g;
    struct laid l;

    (void)st;
    given_plain(&g);
    lay(&l, &g, luns, 1, true);
    assert_int_equal(acg_findings_count(l.findings), 0);
    assert_int_equal(l.coverage.places[0].disk_count, 2);
    assert_null(l.coverage.places[0].disks[1].set_id);
    lay_done(&l);
}

static void no_place_is_no_coverage(void **st)
{
    struct given g;
    struct laid l;

    (void)st;
    given_plain(&g);
    g.o.target_region_count = 0;
    g.o.location = NULL;
    lay(&l, &g, NULL, 0, true);
    assert_int_equal(l.coverage.place_count, 0);
    lay_done(&l);
}

static void strange_luns_of_a_peer_are_only_numbers(void **st)
{
    const int32_t luns[] = {INT32_MAX, -1, 0};
    struct given g;
    struct laid l;

    (void)st;
    region_wide_sets(&g);
    lay(&l, &g, luns, 3, true);
    assert_int_equal(l.coverage.places[0].disk_count, 4);
    assert_int_equal(l.coverage.places[0].disks[1].disk.lun, -1);
    assert_int_equal(l.coverage.places[0].disks[3].disk.lun, INT32_MAX);
    lay_done(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_region_wide_set_is_spread_over_the_real_disks),
        cmocka_unit_test(an_entry_of_its_own_wins_over_the_region_wide_set),
        cmocka_unit_test(a_disk_on_platform_keys_takes_no_region_wide_set),
        cmocka_unit_test(a_secure_vm_set_keeps_the_region_wide_set_off_the_os_disk),
        cmocka_unit_test(a_lun_that_the_request_does_not_name_is_refused_by_number),
        cmocka_unit_test(a_lun_that_the_source_lacks_is_refused_by_number),
        cmocka_unit_test(a_source_without_data_disks_says_so),
        cmocka_unit_test(an_unread_source_is_covered_as_far_as_named),
        cmocka_unit_test(nothing_encrypted_covers_all_disks_with_nothing),
        cmocka_unit_test(no_place_is_no_coverage),
        cmocka_unit_test(strange_luns_of_a_peer_are_only_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
