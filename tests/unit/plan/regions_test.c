/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include <stdio.h>

#include "given.h"

static void regions_come_first_then_edge_zones(void **st)
{
    struct given g;
    struct said s;

    (void)st;
    given_zone(&g);
    said_about(&s, &g);
    assert_int_equal(s.status, ACG_OK);
    assert_int_equal(s.spec->place_count, 3);
    assert_string_equal(s.spec->places[1].region, "eastus2");
    assert_string_equal(s.spec->places[1].given, "East US 2");
    assert_string_equal(s.spec->places[1].field, "target_region[1]");
    assert_null(s.spec->places[1].zone);
    assert_string_equal(s.spec->places[2].region, "westus");
    assert_string_equal(s.spec->places[2].zone, "microsoftlosangeles1");
    assert_string_equal(s.spec->places[2].field, "edge_zone[0]");
    said_done(&s);
}

static void without_target_regions_the_home_region_stands_alone(void **st)
{
    struct given g;
    struct said s;

    (void)st;
    given_plain(&g);
    g.o.target_region_count = 0;
    said_about(&s, &g);
    assert_int_equal(s.status, ACG_OK);
    assert_int_equal(s.spec->place_count, 1);
    assert_string_equal(s.spec->places[0].region, "westus");
    said_done(&s);
    g.o.location = NULL;
    said_about(&s, &g);
    assert_int_equal(s.status, ACG_OK);
    assert_int_equal(s.spec->place_count, 0);
    said_done(&s);
}

static void an_edge_zone_alone_has_no_home(void **st)
{
    struct given g;

    (void)st;
    given_zone(&g);
    g.o.target_region_count = 0;
    g.o.location = NULL;
    expect_one(&g, "config", "target_region", "neither a target region nor the home region");
}

static void a_region_has_a_name(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.regions[1].name = NULL;
    expect_one(&g, "config", "target_region[1].name", "missing");
    g.regions[1].name = "east_us_2";
    expect_one(&g, "names", "target_region[1].name", "'east_us_2'");
    given_zone(&g);
    g.zones[0].name = NULL;
    expect_one(&g, "config", "edge_zone[0].name", "missing");
    g.zones[0].name = "los angeles";
    expect_one(&g, "names", "edge_zone[0].name", "'los angeles'");
    given_zone(&g);
    g.zones[0].region = NULL;
    expect_one(&g, "config", "edge_zone[0].region", "missing");
}

static void r8_a_region_is_named_once_in_any_spelling(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.regions[2] = g.regions[0];
    g.regions[2].name = "West US";
    g.o.target_region_count = 3;
    expect_one(&g, "R8", "target_region[2].name", "'West US' is the same region as 'westus'");
    g.regions[2].encryption = (struct acg_encryption){0}; /* no R5 on top: the copy does not count */
    expect_one(&g, "R8", "target_region[2].name", "target_region[0]");
}

static void r8_an_edge_zone_is_named_once(void **st)
{
    struct given g;

    (void)st;
    given_zone(&g);
    g.zones[1] = g.zones[0];
    g.zones[1].name = "MicrosoftLosAngeles1";
    g.o.edge_zone_count = 2;
    expect_one(&g, "R8", "edge_zone[1].name", "same edge zone");
    g.zones[1].name = "microsoftlosangeles2";
    expect_good(&g);
}

static void r9_the_home_region_is_a_target(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.o.location = "North Europe";
    expect_one(&g, "R9", "location", "'North Europe'");
    g.o.location = "East US 2";
    expect_good(&g);
}

static void r9_is_silent_while_a_region_cannot_be_read(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.regions[0].name = "west/us";
    expect_one(&g, "names", "target_region[0].name", "'west/us'");
}

static void r18_replicas_are_1_to_100(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.regions[0].replicas = number(0);
    expect_one(&g, "R18", "target_region[0].replicas", "0 replicas");
    g.regions[0].replicas = number(101);
    expect_one(&g, "R18", "target_region[0].replicas", "101 replicas");
    g.regions[0].replicas = number(99);
    expect_good(&g);
    given_image(&g);
    g.o.replica_count = number(-1);
    expect_one(&g, "R18", "replica_count", "-1 replicas");
    given_zone(&g);
    g.zones[0].replicas = number(0);
    expect_one(&g, "R18", "edge_zone[0].replicas", "0 replicas");
}

static void r18_all_regions_together_have_at_most_100(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.regions[0].replicas = number(99);
    g.o.replica_count = number(2);
    expect_one(&g, "R18", "target_region", "101 replicas");
    g.o.replica_count = number(1);
    expect_good(&g);
}

static void r18_regions_without_a_count_have_one_replica(void **st)
{
    static char names[GIVEN_REGIONS][16];
    struct given g;

    (void)st;
    given_plain(&g);
    for (size_t i = 0; i < 101; i++) {
        snprintf(names[i], sizeof names[i], "region%zu", i);
        g.regions[i].name = names[i];
    }
    g.o.location = "region0";
    g.o.target_region_count = 100;
    expect_good(&g);
    g.o.target_region_count = 101;
    expect_one(&g, "R18", "target_region", "101 replicas");
}

static void storage_types_are_sent_in_arms_spelling(void **st)
{
    struct given g;
    struct said s;

    (void)st;
    given_zone(&g);
    g.regions[0].storage_account_type = "standard_zrs";
    g.zones[0].storage_account_type = "STANDARDSSD_LRS";
    g.o.storage_account_type = "premium_lrs";
    said_about(&s, &g);
    assert_int_equal(s.status, ACG_OK);
    assert_string_equal(s.spec->places[0].storage_type, "Standard_ZRS");
    assert_null(s.spec->places[1].storage_type);
    assert_string_equal(s.spec->places[2].storage_type, "StandardSSD_LRS");
    assert_string_equal(s.spec->storage_type, "Premium_LRS");
    said_done(&s);
}

static void an_unknown_storage_type_gets_a_suggestion(void **st)
{
    struct given g;
    struct said s;

    (void)st;
    given_image(&g);
    g.regions[0].storage_account_type = "standard";
    expect_one(&g, "config", "target_region[0].storage_account_type", "'standard' is none of");
    g.regions[0].storage_account_type = "standard-lrs";
    said_about(&s, &g);
    assert_string_equal(acg_findings_at(s.findings, 0)->fix, "write Standard_LRS");
    said_done(&s);
    g.regions[0].storage_account_type = "StandardSSD_LRS";
    expect_one(&g, "config", "target_region[0].storage_account_type", "StandardSSD_LRS");
    g.regions[0].storage_account_type = NULL;
    g.o.storage_account_type = "ultra";
    expect_one(&g, "config", "storage_account_type", "'ultra'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regions_come_first_then_edge_zones),
        cmocka_unit_test(without_target_regions_the_home_region_stands_alone),
        cmocka_unit_test(an_edge_zone_alone_has_no_home),
        cmocka_unit_test(a_region_has_a_name),
        cmocka_unit_test(r8_a_region_is_named_once_in_any_spelling),
        cmocka_unit_test(r8_an_edge_zone_is_named_once),
        cmocka_unit_test(r9_the_home_region_is_a_target),
        cmocka_unit_test(r9_is_silent_while_a_region_cannot_be_read),
        cmocka_unit_test(r18_replicas_are_1_to_100),
        cmocka_unit_test(r18_all_regions_together_have_at_most_100),
        cmocka_unit_test(r18_regions_without_a_count_have_one_replica),
        cmocka_unit_test(storage_types_are_sent_in_arms_spelling),
        cmocka_unit_test(an_unknown_storage_type_gets_a_suggestion),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
