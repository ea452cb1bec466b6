/* SPDX-License-Identifier: MPL-2.0 */
/* A report is one document in three forms. */
#include "testlib/test.h"

#include <stdlib.h>

#include <jansson.h>

#include "base/alloc.h"
#include "report/report.h"

static json_t *document(void)
{
    return json_pack("{s:s, s:[i]}", "name", "R\u00e9gion", "luns", 0);
}

static void a_report_has_three_forms(void **st)
{
    struct acgp_page page = {0};
    struct acg_report *r = NULL;

    (void)st;
    acgp_page_heading(&page, "Title");
    assert_int_equal(acgp_report_new("verify", document(), &page, &r, NULL), ACG_OK);
    acgp_page_done(&page); /* the report does not need it any more */
    assert_string_equal(acg_report_kind(r), "verify");
    assert_string_equal(acg_report_json(r), "{\"name\":\"R\u00e9gion\",\"luns\":[0]}");
    assert_string_equal(acg_report_text(r), "Title\n");
    assert_string_equal(acg_report_markdown(r), "## Title\n");
    acgp_report_free(r);
    acgp_report_free(NULL);
}

static void an_empty_page_gives_empty_texts(void **st)
{
    struct acgp_page page = {0};
    struct acg_report *r = NULL;

    (void)st;
    assert_int_equal(acgp_report_new("plan", json_object(), &page, &r, NULL), ACG_OK);
    assert_string_equal(acg_report_text(r), "");
    assert_string_equal(acg_report_markdown(r), "");
    acgp_report_free(r);
}

static void a_document_that_had_no_memory_is_no_report(void **st)
{
    struct acgp_page page = {0};
    struct acg_report *r = NULL;
    struct acg_error err;

    (void)st;
    assert_int_equal(acgp_report_new("plan", NULL, &page, &r, &err), ACG_ERR_NOMEM);
    assert_null(r);
    page.failed = true;
    assert_int_equal(acgp_report_new("plan", document(), &page, &r, &err), ACG_ERR_NOMEM);
    assert_null(r);
}

static void a_text_that_is_too_long_is_refused(void **st)
{
    struct acgp_page page = {0};
    struct acg_report *r = NULL;
    char *text = malloc(ACGP_PAGE_TEXT_MAX + 1);

    (void)st;
    assert_non_null(text);
    memset(text, 'x', ACGP_PAGE_TEXT_MAX);
    text[ACGP_PAGE_TEXT_MAX] = '\0';
    acgp_page_code(&page, "", text);
    assert_false(page.failed);
    assert_int_equal(acgp_report_new("plan", document(), &page, &r, NULL), ACG_ERR_NOMEM);
    assert_null(r);
    free(text);
    acgp_page_done(&page);
}

#ifdef ACG_FAULT_INJECTION
static void each_allocation_may_fail(void **st)
{
    struct acg_report *r = NULL;

    (void)st;
    for (uint64_t n = 1; r == NULL; n++) {
        struct acgp_page page = {0};
        json_t *json = document();
        enum acg_status status = ACG_OK;
        assert_true(n < 1000);
        acgp_page_heading(&page, "Title");
        acgp_alloc_fail_at(n);
        status = acgp_report_new("verify", json, &page, &r, NULL);
        acgp_alloc_fail_at(0);
        assert_true(status == (r != NULL ? ACG_OK : ACG_ERR_NOMEM));
        acgp_page_done(&page);
    }
    assert_string_equal(acg_report_text(r), "Title\n");
    acgp_report_free(r);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_has_three_forms),
        cmocka_unit_test(an_empty_page_gives_empty_texts),
        cmocka_unit_test(a_document_that_had_no_memory_is_no_report),
        cmocka_unit_test(a_text_that_is_too_long_is_refused),
#ifdef ACG_FAULT_INJECTION
        cmocka_unit_test(each_allocation_may_fail),
#endif
    };

    return cmocka_run_group_tests_name("reports", tests, NULL, NULL);
}
