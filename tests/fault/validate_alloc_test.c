/* SPDX-License-Identifier: MPL-2.0 */
/* Each allocation of validation and of coverage fails once: a clean error, nothing leaks, nothing is handed
 * out. */
#include "testlib/test.h"

#include "base/alloc.h"
#include "plan/coverage.h"
#include "unit/plan/given.h"

enum { ROUNDS_MAX = 2000 };

/* Was allocation n asked for since acgp_alloc_fail_at(n)? Then success would mean that its failure was
 * swallowed. */
static bool reached(uint64_t n)
{
    return acgp_alloc_count() >= n;
}

static void rich_options(struct given *g)
{
    given_zone(g);
    g->o.source.managed_image = NULL;
    g->o.source.os_vhd_uri = "https://account.blob.core.windows.net/vhds/os.vhd";
    g->o.source.os_vhd_storage_account = "account";
    g->disks[0] = (struct acg_data_disk_source){.lun = number(0), .id = "data"};
    g->disks[1] = (struct acg_data_disk_source){.lun = number(1), .id = COMPUTE "disks/more"};
    g->o.source.data_disks = g->disks;
    g->o.source.data_disk_count = 2;
    g->platform[0] = "1";
    g->o.platform_key_disks = g->platform;
    g->o.platform_key_disk_count = 1;
    g->regions[0].storage_account_type = "standard_lrs";
    g->o.storage_account_type = "standard_zrs";
    g->o.encryption_type = "customer_key";
    g->o.replication_mode = "full";
    g->o.end_of_life_date = "+180d";
    g->tags[0] = (struct acg_tag){"owner", "me"};
    g->o.tags = g->tags;
    g->o.tag_count = 1;
}

static void bad_options(struct given *g)
{
    rich_options(g);
    g->o.gallery_name = "My-Gallery";
    g->o.gallery_image_version = "1";
    g->o.location = "northeurope";
    g->o.source.os_snapshot = COMPUTE "images/i";
    g->disks[1].id = "data";
    g->regions[0].replicas = number(0);
    g->regions[0].encryption.os_disk_encryption_set_id = "";
    g->regions[1].encryption = (struct acg_encryption){.disk_encryption_set_id = "west-0"};
    g->zones[0].encryption.data_disk_count = 0;
    g->sets[0][0].lun = number(9);
    g->o.encryption_type = "none";
    g->o.end_of_life_date = "never";
    g->tags[0].name = "a/b";
}

/* @return did it pass, that is: was allocation n never asked for? */
static bool round_passes(const struct given *g, bool draft, uint64_t n, enum acg_status expected)
{
    struct acg_findings *findings = NULL;
    struct acgp_publish_spec *spec = NULL;
    struct acg_error err = {0};
    enum acg_status status = ACG_OK;
    size_t faults = 0;
    bool lost = false;

    assert_int_equal(acg_findings_new(&findings, NULL), ACG_OK);
    acgp_alloc_fail_at(n);
    status = draft ? acgp_validate_draft(&g->o, GIVEN_NOW, findings, &spec, &faults, &err)
                   : acgp_validate(&g->o, GIVEN_NOW, findings, &spec, &err);
    lost = reached(n);
    acgp_alloc_fail_at(0);
    if (lost) {
        assert_int_equal(status, ACG_ERR_NOMEM);
        assert_int_equal(err.status, ACG_ERR_NOMEM);
        assert_null(spec);
    }
    acg_findings_free(findings);
    acgp_publish_spec_free(spec);
    if (!lost)
        assert_int_equal(status, expected);
    return !lost;
}

static uint64_t rounds_until_it_passes(const struct given *g, bool draft, enum acg_status expected)
{
    uint64_t n = 1;

    while (!round_passes(g, draft, n, expected)) {
        n++;
        assert_true(n < ROUNDS_MAX);
    }
    return n;
}

static void validation_survives_each_lost_allocation(void **st)
{
    struct given g;

    (void)st;
    rich_options(&g);
    expect_good(&g);
    print_message("%d rounds\n", (int)rounds_until_it_passes(&g, false, ACG_OK));
}

static void faulty_options_survive_each_lost_allocation(void **st)
{
    struct given g;

    (void)st;
    bad_options(&g);
    print_message("%d rounds\n", (int)rounds_until_it_passes(&g, false, ACG_ERR_ARGUMENT));
}

static bool coverage_passes(const struct acgp_publish_spec *spec, uint64_t n)
{
    const int32_t luns[] = {0, 1, 7}; /* LUN 7 is bare: findings are made */
    struct acg_findings *findings = NULL;
    struct acgp_coverage coverage = {0};
    struct acg_error err = {0};
    enum acg_status status = ACG_OK;
    bool lost = false;

    assert_int_equal(acg_findings_new(&findings, NULL), ACG_OK);
    acgp_alloc_fail_at(n);
    status =
        acgp_coverage_make(spec, spec->places, spec->place_count, luns, 3, true, findings, &coverage, &err);
    lost = reached(n);
    acgp_alloc_fail_at(0);
    if (!lost) {
        assert_int_equal(status, ACG_OK);
        assert_int_equal(acg_findings_count(findings), 1);
        assert_int_equal(coverage.place_count, spec->place_count);
    } else {
        assert_int_equal(status, ACG_ERR_NOMEM);
        assert_null(coverage.places);
    }
    acgp_coverage_done(&coverage);
    acg_findings_free(findings);
    return !lost;
}

static void coverage_survives_each_lost_allocation(void **st)
{
    struct given g;
    struct said s;
    uint64_t n = 1;

    (void)st;
    rich_options(&g);
    said_about(&s, &g);
    assert_int_equal(s.status, ACG_OK);
    while (!coverage_passes(s.spec, n)) {
        n++;
        assert_true(n < ROUNDS_MAX);
    }
    print_message("%d rounds\n", (int)n);
    said_done(&s);
}

static void a_draft_survives_each_lost_allocation(void **st)
{
    struct given g;

    (void)st;
    bad_options(&g);
    print_message("%d rounds\n", (int)rounds_until_it_passes(&g, true, ACG_OK));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(validation_survives_each_lost_allocation),
        cmocka_unit_test(faulty_options_survive_each_lost_allocation),
        cmocka_unit_test(a_draft_survives_each_lost_allocation),
        cmocka_unit_test(coverage_survives_each_lost_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
