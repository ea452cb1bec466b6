/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/span.h"
#include "given.h"
#include "spec/decode.h"
#include "spec/items.h"

static void region_items_are_cut(void **st)
{
    (void)st;
    struct pkr_place_item item;
    const char *why = NULL;

    assert_true(pkr_region_item_parse(acgp_span("West US 2"), &item, &why));
    assert_true(acgp_span_equal(item.region, acgp_span("West US 2")));
    assert_false(item.replicas.set);
    assert_int_equal(item.storage_type.len, 0);
    assert_true(pkr_region_item_parse(acgp_span("westus=2"), &item, &why));
    assert_int_equal(item.replicas.value, 2);
    assert_true(pkr_region_item_parse(acgp_span("westus=Premium_LRS"), &item, &why));
    assert_true(acgp_span_equal(item.storage_type, acgp_span("Premium_LRS")));
    assert_true(pkr_region_item_parse(acgp_span("westus=12=Standard_LRS"), &item, &why));
    assert_int_equal(item.replicas.value, 12);
    assert_true(acgp_span_equal(item.storage_type, acgp_span("Standard_LRS")));
}

static void region_items_that_az_would_take_by_mistake_are_refused(void **st)
{
    (void)st;
    static const char *const odd[] = {"",
                                      "=2",
                                      " ",
                                      "westus=",
                                      "westus=-1",
                                      "westus=+2",
                                      "westus= 2",
                                      "westus=1_0",
                                      "westus=2=",
                                      "westus=two=standard_lrs",
                                      "westus=2.0",
                                      "westus==standard_lrs",
                                      "westus=99999999999",
                                      "westus=2=3",
                                      "westus=standard_lrs=2",
                                      "westus=1=standard_lrs=x"};
    struct pkr_place_item item = {.region = {"untouched", 9}};

    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        const char *why = NULL;
        assert_false(pkr_region_item_parse(acgp_span(odd[i]), &item, &why));
        assert_non_null(why);
    }
    assert_true(acgp_span_equal(item.region, acgp_span("untouched")));
}

static void zone_items_need_region_and_zone(void **st)
{
    (void)st;
    struct pkr_place_item item;
    const char *why = NULL;

    assert_true(pkr_zone_item_parse(acgp_span("westus=la1=2=standardssd_lrs"), &item, &why));
    assert_true(acgp_span_equal(item.zone, acgp_span("la1")));
    assert_int_equal(item.replicas.value, 2);
    assert_true(pkr_zone_item_parse(acgp_span("westus=la1=premium_lrs"), &item, &why));
    assert_false(pkr_zone_item_parse(acgp_span("westus"), &item, &why));
    assert_false(pkr_zone_item_parse(acgp_span("westus="), &item, &why));
    assert_false(pkr_zone_item_parse(acgp_span("=la1"), &item, &why));
}

static void regions_are_the_same_in_any_spelling(void **st)
{
    (void)st;
    assert_true(pkr_same_region(acgp_span("West US 2"), acgp_span("westus2")));
    assert_true(pkr_same_region(acgp_span("westus2 "), acgp_span(" WESTUS2")));
    assert_false(pkr_same_region(acgp_span("westus2"), acgp_span("westus")));
    assert_false(pkr_same_region(acgp_span(""), acgp_span("westus")));
}

static void luns_are_digits_without_leading_zero(void **st)
{
    (void)st;
    static const char *const odd[] = {"", "00", "01", "-1", "+1", " 1", "1 ", "1.0", "os", "4294967296"};
    int64_t lun = 7;

    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        assert_false(pkr_lun_parse(acgp_span(odd[i]), &lun));
    assert_int_equal(lun, 7);
    assert_true(pkr_lun_parse(acgp_span("0"), &lun));
    assert_int_equal(lun, 0);
    assert_true(pkr_lun_parse(acgp_span("63"), &lun));
    assert_int_equal(lun, 63);
}

static void durations_have_units(void **st)
{
    (void)st;
    static const char *const odd[] = {
        "", "6", "h", "6h30", "0s", "-1h", "1d", "6 h", "9999999h", "1.5h", "99999999999999999999h"};
    int64_t ms = 1;

    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        assert_false(pkr_duration_parse(acgp_span(odd[i]), &ms));
    assert_int_equal(ms, 1);
    assert_true(pkr_duration_parse(acgp_span("6h"), &ms));
    assert_int_equal(ms, 6 * 3600 * 1000);
    assert_true(pkr_duration_parse(acgp_span("1h2m3s4ms"), &ms));
    assert_int_equal(ms, 3723004);
    assert_true(pkr_duration_parse(acgp_span("90m"), &ms));
    assert_int_equal(ms, 90 * 60 * 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(region_items_are_cut),
        cmocka_unit_test(region_items_that_az_would_take_by_mistake_are_refused),
        cmocka_unit_test(zone_items_need_region_and_zone),
        cmocka_unit_test(regions_are_the_same_in_any_spelling),
        cmocka_unit_test(luns_are_digits_without_leading_zero),
        cmocka_unit_test(durations_have_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
