/* SPDX-License-Identifier: MPL-2.0 */
/* A publish in other tools' words: options.json of a case to explain.txt. With ACG_GOLDEN_WRITE in the
 * environment the texts are written anew, and the test fails so that nobody takes that for a pass. */
#include "testlib/test.h"

#include <stdio.h>
#include <stdlib.h>

#include <acg/acg.h>
#include <jansson.h>

#include "base/alloc.h"
#include "testlib/options_json.h"

enum { TEXT_MAX = 65536, PATH_BYTES = 512 };

static void path_of(char out[PATH_BYTES], const char *name, const char *file)
{
    int n = snprintf(out, PATH_BYTES, "%s/golden/explain/%s/%s", ACG_TESTS, name, file);

    assert_true(n > 0 && n < PATH_BYTES);
}

static struct options_json *options_of(const char *name)
{
    char path[PATH_BYTES];

    path_of(path, name, "options.json");
    return options_json_read(path);
}

static struct acg_report *explain(const char *name, const char *endpoint)
{
    struct options_json *o = options_of(name);
    struct acg_findings *findings = NULL;
    struct acg_report *report = NULL;
    struct acg_error err = {0};

    assert_int_equal(acg_findings_new(&findings, NULL), ACG_OK);
    if (acg_explain_new(endpoint, options_json_view(o), findings, &report, &err) != ACG_OK)
        fail_msg("%s: %s: %s", name, err.field, err.message);
    assert_string_equal(acg_report_kind(report), "explain");
    acg_findings_free(findings);
    options_json_free(o);
    return report;
}

static void write_golden(const char *path, const char *got)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_true(fputs(got, f) >= 0);
    fclose(f);
    fail_msg("%s is written anew", path);
}

static void matches(const char *name, const char *got)
{
    static char want[TEXT_MAX];
    char path[PATH_BYTES];

    path_of(path, name, "explain.txt");
    if (getenv("ACG_GOLDEN_WRITE") != NULL)
        write_golden(path, got);
    FILE *f = fopen(path, "r");
    if (f == NULL)
        fail_msg("%s is missing", path);
    size_t n = fread(want, 1, sizeof want - 1, f);
    fclose(f);
    want[n] = '\0';
    if (strcmp(got, want) != 0)
        print_error("---- %s is otherwise:\n%s----\n", path, got);
    assert_string_equal(got, want);
}

/* The JSON holds what the text shows; its body is the one that a preview has. */
static void agrees(const char *name, const char *endpoint, const struct acg_report *report)
{
    struct options_json *o = options_of(name);
    json_t *root = json_loads(acg_report_json(report), 0, NULL), *rest = json_object_get(root, "rest");
    struct acg_findings *findings = NULL;
    struct acg_preview *preview = NULL;

    assert_int_equal(acg_findings_new(&findings, NULL), ACG_OK);
    assert_int_equal(acg_preview_new(endpoint, options_json_view(o), findings, &preview, NULL), ACG_OK);
    json_t *body = json_loads(acg_preview_body(preview), 0, NULL);
    assert_true(json_equal(json_object_get(rest, "body"), body));
    assert_string_equal(json_string_value(json_object_get(rest, "url")), acg_preview_url(preview));
    assert_string_equal(json_string_value(json_object_get(rest, "method")), "PUT");
    assert_non_null(strstr(acg_report_text(report), json_string_value(json_object_get(root, "az"))));
    assert_non_null(strstr(acg_report_text(report), json_string_value(json_object_get(root, "powershell"))));
    assert_true(json_array_size(json_object_get(root, "notes")) > 0);
    json_decref(body);
    json_decref(root);
    acg_preview_free(preview);
    acg_findings_free(findings);
    options_json_free(o);
}

static void check(const char *name, const char *endpoint)
{
    struct acg_report *report = explain(name, endpoint);

    agrees(name, endpoint, report);
    matches(name, acg_report_text(report));
    acg_report_free(report);
}

static void the_how_tos_managed_image(void **st)
{
    (void)st;
    check("how-to-image", NULL);
}

static void the_how_tos_snapshots(void **st)
{
    (void)st;
    check("how-to-snapshots", NULL);
}

static void edge_zones_platform_keys_and_tags_that_need_quotes(void **st)
{
    (void)st;
    check("edge-zones-and-odd-tags", NULL);
}

static void confidential_machines(void **st)
{
    (void)st;
    check("confidential", NULL);
}

static void what_no_option_says_goes_as_the_request_itself(void **st)
{
    (void)st;
    check("beyond-the-options", "https://management.chinacloudapi.cn");
}

static void control_characters_are_never_printed(void **st)
{
    (void)st;
    check("machine", NULL);
}

static void vhds_beside_snapshots(void **st)
{
    (void)st;
    check("vhds", NULL);
}

static enum acg_status once(const struct acg_publish_options *options)
{
    struct acg_findings *findings = NULL;
    struct acg_report *report = NULL;
    enum acg_status status = acg_findings_new(&findings, NULL);

    if (status == ACG_OK)
        status = acg_explain_new(NULL, options, findings, &report, NULL);
    assert_true((status == ACG_OK) == (report != NULL));
    acg_report_free(report);
    acg_findings_free(findings);
    return status;
}

static void survives(const char *name)
{
    struct options_json *o = options_of(name);
#ifdef ACG_FAULT_INJECTION
    enum acg_status status = ACG_ERR_NOMEM;
    uint64_t n = 0;

    for (n = 1; status == ACG_ERR_NOMEM; n++) {
        acgp_alloc_fail_at(n);
        status = once(options_json_view(o));
        acgp_alloc_fail_at(0);
    }
    assert_int_equal(status, ACG_OK);
    assert_true(n > 50);
#else
    assert_int_equal(once(options_json_view(o)), ACG_OK);
#endif
    options_json_free(o);
}

static void each_lost_allocation_is_an_error(void **st)
{
    (void)st;
    survives("edge-zones-and-odd-tags");
    survives("beyond-the-options");
}

static void a_fault_is_a_finding_and_no_report(void **st)
{
    struct options_json *o = options_of("how-to-image");
    struct acg_publish_options broken = *options_json_view(o);
    struct acg_findings *findings = NULL;
    struct acg_report *report = NULL;
    struct acg_error err;

    (void)st;
    broken.location = NULL;
    assert_int_equal(acg_findings_new(&findings, NULL), ACG_OK);
    assert_int_equal(acg_explain_new(NULL, &broken, findings, &report, &err), ACG_ERR_ARGUMENT);
    assert_string_equal(err.field, "location");
    assert_null(report);
    acg_report_free(report);
    acg_findings_free(findings);
    options_json_free(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_how_tos_managed_image),
        cmocka_unit_test(the_how_tos_snapshots),
        cmocka_unit_test(edge_zones_platform_keys_and_tags_that_need_quotes),
        cmocka_unit_test(confidential_machines),
        cmocka_unit_test(what_no_option_says_goes_as_the_request_itself),
        cmocka_unit_test(control_characters_are_never_printed),
        cmocka_unit_test(vhds_beside_snapshots),
        cmocka_unit_test(each_lost_allocation_is_an_error),
        cmocka_unit_test(a_fault_is_a_finding_and_no_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
