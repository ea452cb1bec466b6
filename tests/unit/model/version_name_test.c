/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include <acg/span.h>

#include "base/span.h"
#include "model/version_name.h"

#define DAY INT64_C(1795680000) /* 2026-11-26T00:00:00Z */

static const struct acgp_image_version there[] = {{1, 9, 9}, {1, 10, 0}, {0, 99, 99}, {1, 10, 7}};

static void is_next(enum acgp_naming naming, const struct acgp_image_version *v, size_t count,
                    const char *want)
{
    char name[ACGP_VERSION_NAME_MAX];

    assert_true(acgp_version_next(naming, v, count, DAY, name));
    assert_string_equal(name, want);
}

static void auto_counts_numbers_not_texts(void **st)
{
    (void)st;
    is_next(ACGP_NAMING_PATCH, there, 4, "1.10.8");
    is_next(ACGP_NAMING_MINOR, there, 4, "1.11.0");
    is_next(ACGP_NAMING_MAJOR, there, 4, "2.0.0");
}

static void the_first_version_follows_zero(void **st)
{
    (void)st;
    is_next(ACGP_NAMING_PATCH, NULL, 0, "0.0.1");
    is_next(ACGP_NAMING_MINOR, NULL, 0, "0.1.0");
    is_next(ACGP_NAMING_MAJOR, NULL, 0, "1.0.0");
    is_next(ACGP_NAMING_DATE, NULL, 0, "2026.1126.0");
}

static void a_day_has_many_versions(void **st)
{
    static const struct acgp_image_version days[] = {
        {2026, 1126, 0}, {2026, 1126, 4}, {2026, 1127, 9}, {9999, 0, 0}};

    (void)st;
    is_next(ACGP_NAMING_DATE, days, 4, "2026.1126.5");
    is_next(ACGP_NAMING_DATE, &days[2], 2, "2026.1126.0");
}

static void a_number_at_its_end_is_not_passed(void **st)
{
    static const struct acgp_image_version last = {INT32_MAX, INT32_MAX, INT32_MAX};
    char name[ACGP_VERSION_NAME_MAX];

    (void)st;
    assert_false(acgp_version_next(ACGP_NAMING_PATCH, &last, 1, DAY, name));
    assert_false(acgp_version_next(ACGP_NAMING_MINOR, &last, 1, DAY, name));
    assert_false(acgp_version_next(ACGP_NAMING_MAJOR, &last, 1, DAY, name));
    assert_false(acgp_version_next(ACGP_NAMING_DATE, NULL, 0, 0, name));
}

static void words_are_told_from_names(void **st)
{
    size_t stem = 0;

    (void)st;
    assert_int_equal(acgp_version_naming(acgp_span("auto")), ACGP_NAMING_PATCH);
    assert_int_equal(acgp_version_naming(acgp_span("auto-minor")), ACGP_NAMING_MINOR);
    assert_int_equal(acgp_version_naming(acgp_span("auto-major")), ACGP_NAMING_MAJOR);
    assert_int_equal(acgp_version_naming(acgp_span("date")), ACGP_NAMING_DATE);
    assert_int_equal(acgp_version_naming(acgp_span("1.0.0")), ACGP_NAMING_GIVEN);
    assert_int_equal(acgp_version_naming(acgp_span("AUTO")), ACGP_NAMING_GIVEN);
    assert_true(acgp_version_ends_with_build(acgp_span("1.4.build"), &stem));
    assert_int_equal(stem, 4);
    assert_false(acgp_version_ends_with_build(acgp_span("build"), NULL));
    assert_false(acgp_version_ends_with_build(acgp_span("1.build"), NULL));
    assert_false(acgp_version_ends_with_build(acgp_span("01.4.build"), NULL));
    assert_false(acgp_version_ends_with_build(acgp_span("1.4.5.build"), NULL));
    assert_false(acgp_version_ends_with_build(acgp_span("1.4.rebuild"), NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(auto_counts_numbers_not_texts), cmocka_unit_test(the_first_version_follows_zero),
        cmocka_unit_test(a_day_has_many_versions),       cmocka_unit_test(a_number_at_its_end_is_not_passed),
        cmocka_unit_test(words_are_told_from_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
