/* SPDX-License-Identifier: MPL-2.0 */
/* Before the build its values are not known: what needs them is left for later, all else is done or judged.
 */
#include "testlib/test.h"

#include "said.h"

static void a_value_of_the_build_is_left_for_later(void **st)
{
    (void)st;
    said_later("{{build `ID`}}");
    said_later("{{.ID}}");
    said_later("image-{{timestamp}}-{{.Host}}");
    said_later("{{$.ID}}");
    said_later("{{$x := .ID}}{{$x}}");
    said_later("{{build `Port`}}");
    said_later("{{$x := .ID}}not shown");
    said_later("{{$x := index . `ID`}}not shown");
}

static void what_comes_of_an_unknown_value_is_unknown(void **st)
{
    (void)st;
    said_later("{{build `ID` | upper}}");
    said_later("{{split (build `Host`) `.` 3}}");
    said_later("{{printf `%s-%s` build_name .ID}}");
    said_later("{{.Tags.zone}}");
    said_later("{{(build `ID`).x}}");
    said_later("{{index . `ID`}}");
    said_later("{{.}}");
    said_later("{{len .}}");
    said_later("{{replace `a` `b` .Port `aaa`}}");
    said_later("{{and 1 .ID}}");
    said_later("{{or .ID 1}}");
    said_later("{{template `t` .}}{{define `t`}}{{.ID}}{{end}}");
    said_later("{{with 1}}{{$.ID}}{{end}}");
}

static void a_decision_over_an_unknown_value_is_left_for_later(void **st)
{
    (void)st;
    said_later("{{if .ID}}a{{else}}b{{end}}");
    said_later("{{if eq build_type `azure-arm`}}{{.ID}}{{end}}");
    said_later("{{with .ID}}{{.}}{{end}}");
    said_later("{{range .Letters}}{{.}}{{end}}");
    said_later("{{range .}}{{.}}{{end}}");
    said_later("{{if .}}a{{end}}");
    said_later("{{if .ID}}{{index nil 1}}{{end}}");
}

static void what_needs_no_value_of_the_build_is_rendered_at_once(void **st)
{
    (void)st;
    said_text(GIVEN_CONFIGURE, "{{build_name}}-{{timestamp}}", "golden-1136239445");
    said_text(GIVEN_CONFIGURE, "{{user `name`}}", "ann");
    said_text(GIVEN_CONFIGURE, "{{if false}}{{.ID}}{{end}}x", "x");
    said_text(GIVEN_CONFIGURE, "{{$x := .}}x", "x");
    said_text(GIVEN_CONFIGURE, "{{and 0 .ID}}{{or 1 .ID}}", "01");
    said_text(GIVEN_CONFIGURE, "{{.Missing}}", "<no value>");
    said_text(GIVEN_CONFIGURE, "{{.Known}}", "golden");
    said_text(GIVEN_CONFIGURE, "{{template `t` .}}{{define `t`}}x{{end}}", "x");
}

static void mistakes_are_found_before_the_build(void **st)
{
    (void)st;
    said_wrong(GIVEN_CONFIGURE, "{{build `ID`}}{{", "not closed");
    said_wrong(GIVEN_CONFIGURE, "{{build `ID`}}{{build `s3cr3t`}}", "build");
    said_wrong(GIVEN_CONFIGURE, "{{.ID}}{{env `HOME`}}", "env");
    said_wrong(GIVEN_CONFIGURE, "{{env .ID}}", "env");
    said_wrong(GIVEN_CONFIGURE, "{{upper .ID 1}}", "upper");
    said_wrong(GIVEN_CONFIGURE, "{{split .ID `a` `b`}}", "split");
    said_wrong(GIVEN_CONFIGURE, "{{upper .}}", "upper");
    said_wrong(GIVEN_CONFIGURE, "{{.ID}}{{nope}}", "no function");
}

static void behind_the_build_its_values_are_there(void **st)
{
    (void)st;
    said_text(GIVEN_POST_PROCESS, "{{build `ID`}} {{.ID}} {{.Port}}", "image-1 image-1 22");
    said_text(GIVEN_POST_PROCESS, "{{range .Letters}}{{.}}{{end}}", "abc");
    said_wrong(GIVEN_POST_PROCESS, "{{build `Port`}}", "no text");
    said_wrong(GIVEN_POST_PROCESS, "{{build `s3cr3t`}}", "build");
}

static void hcl_has_no_values_of_the_build(void **st)
{
    (void)st;
    said_wrong(GIVEN_HCL, "{{build `ID`}}", "build");
    said_wrong(GIVEN_HCL, "{{user `name`}}", "user");
    said_text(GIVEN_HCL, "{{.ID}}{{build_name}}", "<no value>golden");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_of_the_build_is_left_for_later),
        cmocka_unit_test(what_comes_of_an_unknown_value_is_unknown),
        cmocka_unit_test(a_decision_over_an_unknown_value_is_left_for_later),
        cmocka_unit_test(what_needs_no_value_of_the_build_is_rendered_at_once),
        cmocka_unit_test(mistakes_are_found_before_the_build),
        cmocka_unit_test(behind_the_build_its_values_are_there),
        cmocka_unit_test(hcl_has_no_values_of_the_build),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
