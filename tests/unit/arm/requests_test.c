/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "arm/requests.h"
#include "base/alloc.h"

static void url_is(char *url, const char *want)
{
    assert_non_null(url);
    assert_string_equal(url, want);
    acgp_free(url);
}

static void each_resource_has_its_api_version(void **st)
{
    (void)st;
    url_is(acgp_resource_url("https://h", "/i", ACGP_RESOURCE_MANAGED_IMAGE),
           "https://h/i?api-version=2022-11-01");
    url_is(acgp_resource_url("https://h", "/s", ACGP_RESOURCE_SNAPSHOT),
           "https://h/s?api-version=2023-10-02");
    url_is(acgp_resource_url("https://h", "/d", ACGP_RESOURCE_DISK), "https://h/d?api-version=2023-10-02");
    url_is(acgp_resource_url("https://h", "/m", ACGP_RESOURCE_VIRTUAL_MACHINE),
           "https://h/m?api-version=2023-03-01");
    url_is(acgp_resource_url("https://h", "/e", ACGP_RESOURCE_DISK_ENCRYPTION_SET),
           "https://h/e?api-version=2023-10-02");
    url_is(acgp_resource_url("https://h", "/v", ACGP_RESOURCE_IMAGE_VERSION),
           "https://h/v?api-version=2023-07-03");
    url_is(acgp_replication_url("https://h", "/v"),
           "https://h/v?$expand=ReplicationStatus&api-version=2023-07-03");
}

static void an_id_cannot_leave_the_path(void **st)
{
    (void)st;
    url_is(acgp_resource_url("https://h", "/resourceGroups/a(b)/x?y#z", ACGP_RESOURCE_DISK),
           "https://h/resourceGroups/a(b)/x%3Fy%23z?api-version=2023-10-02");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_resource_has_its_api_version),
        cmocka_unit_test(an_id_cannot_leave_the_path),
    };

    return cmocka_run_group_tests_name("requests", tests, NULL, NULL);
}
