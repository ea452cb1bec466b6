/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/span.h"
#include "model/region.h"

static void names_become_lower_case_without_spaces(void **st)
{
    char out[ACGP_REGION_MAX] = "";

    (void)st;
    assert_true(acgp_region_normalise(acgp_span("West US 2"), out));
    assert_string_equal(out, "westus2");
    assert_true(acgp_region_normalise(acgp_span("Central US EUAP"), out));
    assert_string_equal(out, "centraluseuap");
    assert_true(acgp_region_normalise(acgp_span("eastus2"), out));
    assert_string_equal(out, "eastus2");
}

static void what_no_region_is_called_is_refused(void **st)
{
    char out[ACGP_REGION_MAX] = "kept";
    char endless[ACGP_REGION_MAX + 1];

    (void)st;
    assert_false(acgp_region_normalise(acgp_span(""), out));
    assert_false(acgp_region_normalise(acgp_span("   "), out));
    assert_false(acgp_region_normalise(acgp_span("west/us"), out));
    assert_false(acgp_region_normalise(acgp_span("west=us"), out));
    assert_false(acgp_region_normalise(acgp_span("west\tus"), out));
    assert_false(acgp_region_normalise(acgp_span("w\xc3\xa9st"), out));
    memset(endless, 'a', sizeof endless);
    assert_false(acgp_region_normalise(acgp_span_of(endless, ACGP_REGION_MAX), out));
    assert_string_equal(out, "kept");
    assert_true(acgp_region_normalise(acgp_span_of(endless, ACGP_REGION_MAX - 1), out));
}

static void two_spellings_are_one_region(void **st)
{
    (void)st;
    assert_true(acgp_region_equal("West US", "westus"));
    assert_false(acgp_region_equal("westus", "westus2"));
    assert_false(acgp_region_equal("west/us", "west/us"));
    assert_false(acgp_region_equal(NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_become_lower_case_without_spaces),
        cmocka_unit_test(what_no_region_is_called_is_refused),
        cmocka_unit_test(two_spellings_are_one_region),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
