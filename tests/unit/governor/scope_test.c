/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "governor/scope.h"

#define SUB "https://management.azure.com/subscriptions/AAAA"

static void is(enum acgp_method method, const char *url, const char *subscription, const char *location,
               const char *operation)
{
    struct acgp_scope s;

    acgp_scope_of(method, url, &s);
    assert_string_equal(s.subscription, subscription);
    assert_string_equal(s.location, location);
    assert_string_equal(s.operation, operation);
}

static void an_operation_is_its_method_and_type_without_names(void **st)
{
    (void)st;
    is(ACGP_PUT,
       SUB "/resourceGroups/g/providers/Microsoft.Compute/galleries/G/images/I/versions/1.0.0?api-version=1",
       "aaaa", "", "put microsoft.compute/galleries/images/versions");
    is(ACGP_PATCH, SUB "/resourceGroups/g/providers/Microsoft.Compute/galleries/G", "aaaa", "",
       "put microsoft.compute/galleries");
    is(ACGP_DELETE, SUB "/resourcegroups/g/PROVIDERS/microsoft.compute/disks/d", "aaaa", "",
       "delete microsoft.compute/disks");
    is(ACGP_GET, SUB "/resourceGroups/g/providers/Microsoft.Compute/galleries/G/images/I/versions", "aaaa",
       "", "list microsoft.compute/galleries/images/versions");
    is(ACGP_GET, SUB "/locations?api-version=1", "aaaa", "", "list subscriptions/locations");
    is(ACGP_GET, SUB, "aaaa", "", "get subscriptions");
}

static void polls_are_of_their_region(void **st)
{
    (void)st;
    is(ACGP_GET, SUB "/providers/Microsoft.Compute/locations/WestUS/capsOperations/7?p=1", "aaaa", "westus",
       "get microsoft.compute/locations/capsoperations");
}

static void the_last_provider_counts(void **st)
{
    (void)st;
    is(ACGP_PUT,
       SUB "/providers/Microsoft.KeyVault/vaults/v/providers/Microsoft.Authorization/roleAssignments/r",
       "aaaa", "", "put microsoft.authorization/roleassignments");
}

static void what_is_no_resource_has_a_scope_too(void **st)
{
    static char long_url[9000] = "https://management.azure.com/subscriptions/";
    struct acgp_scope s;

    (void)st;
    is(ACGP_GET, "https://management.azure.com/tenants?api-version=1", "", "", "list tenants");
    is(ACGP_GET, "not a url", "", "", "get ");
    memset(long_url + strlen(long_url), 'a', 4000);
    memcpy(long_url + strlen(long_url), "/providers/", sizeof "/providers/");
    memset(long_url + strlen(long_url), 'b', 4000);
    acgp_scope_of(ACGP_GET, long_url, &s);
    assert_int_equal(strlen(s.subscription), ACGP_SUBSCRIPTION_MAX - 1);
    assert_int_equal(strlen(s.operation), ACGP_OPERATION_MAX - 1);
}

static void the_limits_of_a_gallery_are_known(void **st)
{
    (void)st;
    const struct acgp_policy *p = acgp_policy_of("put microsoft.compute/galleries/images/versions");

    assert_non_null(p);
    assert_int_equal(p->in_3_min, 375);
    assert_int_equal(p->in_30_min, 1200);
    assert_null(acgp_policy_of("get microsoft.network/virtualnetworks"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_operation_is_its_method_and_type_without_names),
        cmocka_unit_test(polls_are_of_their_region),
        cmocka_unit_test(the_last_provider_counts),
        cmocka_unit_test(what_is_no_resource_has_a_scope_too),
        cmocka_unit_test(the_limits_of_a_gallery_are_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
