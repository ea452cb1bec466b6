/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include <acg/acg.h>

static void findings_keep_their_order_and_count_their_errors(void **st)
{
    (void)st;
    struct acg_findings *list = NULL;

    assert_int_equal(acg_findings_new(&list, NULL), ACG_OK);
    assert_int_equal(acg_findings_add(list, ACG_SEVERITY_ERROR, "R8", "target_region[1].name", "twice",
                                      "remove one", NULL),
                     ACG_OK);
    assert_int_equal(
        acg_findings_add(list, ACG_SEVERITY_WARNING, "R2", "x", "could not be checked", "ask", NULL), ACG_OK);
    assert_int_equal(acg_findings_count(list), 2);
    assert_int_equal(acg_findings_errors(list), 1);
    assert_string_equal(acg_findings_at(list, 0)->rule, "R8");
    assert_string_equal(acg_findings_at(list, 1)->fix, "ask");
    assert_null(acg_findings_at(list, 2));
    acg_findings_free(list);
    acg_findings_free(NULL);
}

static void a_list_has_a_limit(void **st)
{
    (void)st;
    struct acg_findings *list = NULL;
    struct acg_error err;
    enum acg_status status = ACG_OK;
    size_t added = 0;

    assert_int_equal(acg_findings_new(&list, NULL), ACG_OK);
    while (status == ACG_OK && added < 5000) {
        status = acg_findings_add(list, ACG_SEVERITY_ERROR, "config", "f", "m", "x", &err);
        added += status == ACG_OK;
    }
    assert_int_equal(status, ACG_ERR_LIMIT);
    assert_int_equal(added, 1000);
    assert_int_equal(acg_findings_count(list), 1000);
    acg_findings_free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(findings_keep_their_order_and_count_their_errors),
        cmocka_unit_test(a_list_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
