/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include <stdio.h>

#include "given.h"

static void replication_modes_are_azures(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    g.o.replication_mode = "full";
    expect_good(&g);
    g.o.replication_mode = "Deep";
    expect_one(&g, "config", "replication_mode", "'Deep'");
}

static void one_shallow_region(struct given *g)
{
    given_plain(g);
    g->o.replication_mode = "shallow";
    g->o.target_region_count = 1;
}

static void r17_a_shallow_version_has_no_set(void **st)
{
    struct given g;

    (void)st;
    one_shallow_region(&g);
    expect_good(&g);
    g.regions[0].encryption.disk_encryption_set_id = "west";
    expect_one(&g, "R17", "replication_mode", "Shallow");
}

static void a_shallow_version_is_one_replica_at_home(void **st)
{
    struct given g;

    (void)st;
    one_shallow_region(&g);
    g.o.target_region_count = 2;
    expect_one(&g, "limits", "replication_mode", "2 target regions");
    one_shallow_region(&g);
    g.regions[0].replicas = number(2);
    expect_one(&g, "limits", "target_region[0].replicas", "one replica");
    g.regions[0].replicas = number(1);
    expect_good(&g);
    g.o.replica_count = number(2);
    expect_one(&g, "limits", "replica_count", "one replica");
}

static void r19_the_end_of_life_lies_ahead(void **st)
{
    struct given g;
    struct said s;

    (void)st;
    given_image(&g);
    g.o.end_of_life_date = "2023-11-14T22:13:20Z"; /* now */
    expect_one(&g, "R19", "end_of_life_date", "in the past");
    g.o.end_of_life_date = "2020-12-01";
    expect_one(&g, "R19", "end_of_life_date", "'2020-12-01'");
    g.o.end_of_life_date = "2023-11-14T22:13:21Z";
    expect_good(&g);
    g.o.end_of_life_date = "2031-01-31";
    said_about(&s, &g);
    assert_string_equal(s.spec->end_of_life, "2031-01-31T12:59:59Z");
    said_done(&s);
}

static void r19_a_date_is_a_date(void **st)
{
    static const char *const bad[] = {"", "tomorrow", "2031-02-30", "2031-01-31T00:00:00", "+0d", "180"};
    struct given g;

    (void)st;
    given_image(&g);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        g.o.end_of_life_date = bad[i];
        expect_one(&g, "R19", "end_of_life_date", "is no date");
    }
}

static void tag(struct given *g, const char *name, const char *value)
{
    g->tags[g->o.tag_count++] = (struct acg_tag){name, value};
    g->o.tags = g->tags;
}

static void tags_are_copied_in_order(void **st)
{
    struct given g;
    struct said s;

    (void)st;
    given_image(&g);
    tag(&g, "b", "\xc3\xa9");
    tag(&g, "a", "");
    said_about(&s, &g);
    assert_int_equal(s.spec->tag_count, 2);
    assert_string_equal(s.spec->tags[0].name, "b");
    assert_string_equal(s.spec->tags[0].value, "\xc3\xa9");
    assert_string_equal(s.spec->tags[1].value, "");
    said_done(&s);
}

static void a_tag_name_keeps_azures_rules(void **st)
{
    static const char *const bad[] = {"", "a<b", "a>b", "a%b", "a&b", "a\\b", "a?b", "a/b", "a\nb", "a\xff"};

    (void)st;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct given g;

        given_image(&g);
        tag(&g, bad[i], "v");
        expect_one(&g, "tags", "tags", "tag name");
    }
}

static void tags_are_49_of_512_and_256_characters(void **st)
{
    static char names[50][8];
    static char name[513 * 2 + 1];
    static char value[257 * 2 + 1];
    struct given g;

    (void)st;
    given_image(&g);
    for (size_t i = 0; i < 49; i++) {
        snprintf(names[i], sizeof names[i], "t%zu", i);
        tag(&g, names[i], "v");
    }
    expect_good(&g);
    tag(&g, "last", "v");
    expect_one(&g, "tags", "tags", "50 tags");
    for (size_t i = 0; i < 513; i++)
        memcpy(name + 2 * i, "\xc3\xa9", 2);
    for (size_t i = 0; i < 257; i++)
        memcpy(value + 2 * i, "\xc3\xa9", 2);
    g.o.tag_count = 0;
    tag(&g, name, "v");
    expect_one(&g, "tags", "tags", "1 to 512");
    name[512 * 2] = '\0';
    expect_good(&g);
    g.o.tag_count = 0;
    tag(&g, "n", value);
    expect_one(&g, "tags", "tags", "256");
    value[256 * 2] = '\0';
    expect_good(&g);
}

static void a_tag_is_named_once_in_any_case(void **st)
{
    struct given g;

    (void)st;
    given_image(&g);
    tag(&g, "Owner", "a");
    tag(&g, "owner", "b");
    expect_one(&g, "tags", "tags", "'owner' is named twice");
    given_image(&g);
    tag(&g, "Owner", NULL);
    expect_one(&g, "tags", "tags", "missing");
    given_image(&g);
    tag(&g, "Owner", "\xff");
    expect_one(&g, "tags", "tags", "no UTF-8");
}

static void waiting_has_a_limit_of_six_hours_unless_set(void **st)
{
    struct given g;
    struct said s;

    (void)st;
    given_image(&g);
    said_about(&s, &g);
    assert_true(s.spec->timeout_ms == INT64_C(21600000));
    said_done(&s);
    g.o.timeout_ms = 5;
    said_about(&s, &g);
    assert_true(s.spec->timeout_ms == 5);
    said_done(&s);
    g.o.timeout_ms = -1;
    expect_one(&g, "config", "timeout", "negative");
}

static void numbers_outside_an_enumeration_are_refused(void **st)
{
    struct given g;
    int wild = 7; /* what a caller in another language may pass */

    (void)st;
    given_image(&g);
    memcpy(&g.o.wait, &wild, sizeof wild);
    expect_one(&g, "config", "wait", "neither");
    given_image(&g);
    memcpy(&g.o.exclude_from_latest, &wild, sizeof wild);
    expect_one(&g, "config", "exclude_from_latest", "neither");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replication_modes_are_azures),
        cmocka_unit_test(r17_a_shallow_version_has_no_set),
        cmocka_unit_test(a_shallow_version_is_one_replica_at_home),
        cmocka_unit_test(r19_the_end_of_life_lies_ahead),
        cmocka_unit_test(r19_a_date_is_a_date),
        cmocka_unit_test(tags_are_copied_in_order),
        cmocka_unit_test(a_tag_name_keeps_azures_rules),
        cmocka_unit_test(tags_are_49_of_512_and_256_characters),
        cmocka_unit_test(a_tag_is_named_once_in_any_case),
        cmocka_unit_test(waiting_has_a_limit_of_six_hours_unless_set),
        cmocka_unit_test(numbers_outside_an_enumeration_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
