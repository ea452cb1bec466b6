/* SPDX-License-Identifier: MPL-2.0 */
/* The language: one test for each thing it can say. Its corners are compared with Go
 * (tests/contract/go_host). */
#include "testlib/test.h"

#include "base/span.h"
#include "said.h"

static void gives(const char *template, const char *expected)
{
    said_text(GIVEN_POST_PROCESS, template, expected);
}

static void wrong(const char *template, const char *word)
{
    said_wrong(GIVEN_POST_PROCESS, template, word);
}

static void text_stays_as_it_is(void **st)
{
    (void)st;
    gives("", "");
    gives("a } b }} { c", "a } b }} { c");
}

static void trim_marks_take_the_spaces_beside_an_action(void **st)
{
    (void)st;
    gives("a \n{{- 1 -}}\t b", "a1b");
    gives("a {{-1}} b", "a -1 b");
    gives("a {{- /* why */ -}} b", "ab");
}

static void fields_of_maps_are_followed(void **st)
{
    (void)st;
    gives("{{.Tags.zone}}", "eu");
    gives("{{.Missing.further}}", "<no value>");
    wrong("{{.Nil.further}}", "nil");
    wrong("{{.ID.further}}", "string");
}

static void of_equal_keys_the_last_counts(void **st)
{
    (void)st;
    gives("{{user `twice`}} {{.Tags.app}} {{len .Tags}} {{.Tags}}", "second web 2 map[app:web zone:eu]");
    gives("{{range $k, $v := .Tags}}{{$k}}={{$v}};{{end}}", "app=web;zone=eu;");
}

static void variables_live_as_long_as_what_declares_them(void **st)
{
    (void)st;
    gives("{{$x := 1}}{{if true}}{{$x = 2}}{{$y := 3}}{{$y}}{{end}}{{$x}}", "32");
    wrong("{{if true}}{{$y := 3}}{{end}}{{$y}}", "not declared");
    wrong("{{$x = 1}}", "not declared");
}

static void decisions_go_by_truth(void **st)
{
    (void)st;
    gives("{{if .Agent}}a{{else if .Port}}b{{else}}c{{end}}", "b");
    gives("{{with .Tags}}{{.zone}}{{else}}none{{end}}", "eu");
    gives("{{with .Nil}}a{{else with .ID}}{{.}}{{end}}", "image-1");
}

static void ranges_go_over_lists_maps_and_numbers(void **st)
{
    (void)st;
    gives("{{range $i, $e := .Letters}}{{$i}}{{$e}}{{end}}", "0a1b2c");
    gives("{{range 3}}{{.}}{{end}}", "012");
    gives("{{range .Nil}}a{{else}}none{{end}}", "none");
    gives("{{range .Letters}}{{if eq . `c`}}{{break}}{{end}}{{if eq . `a`}}{{continue}}{{end}}{{.}}{{end}}",
          "b");
    wrong("{{range .ID}}{{end}}", "string");
    wrong("{{break}}", "range");
}

static void templates_see_what_they_are_given(void **st)
{
    (void)st;
    gives("{{define `t`}}[{{.}}{{$}}]{{end}}{{template `t` .Port}}", "[2222]");
    gives("{{block `b` .Tags}}{{.app}}{{end}}", "web");
    wrong("{{template `s3cr3t`}}", "not defined");
    wrong("{{define `s3cr3t`}}a{{end}}{{define `s3cr3t`}}b{{end}}", "defined already");
}

static void pipelines_hand_on_their_value(void **st)
{
    (void)st;
    gives("{{.ID | upper | printf `%s-%s` build_name}}", "golden-IMAGE-1");
    gives("{{len (index .Mixed 4)}}", "3");
    wrong("{{1 | `s3cr3t`}}", "function");
    wrong("{{(1) 2}}", "no function");
}

static void messages_say_where_and_never_what(void **st)
{
    (void)st;
    wrong("{{s3cr3t}}", "byte 3");
    wrong("{{`s3cr3t` `s3cr3t`}}", "no function");
    wrong("{{index .Letters `s3cr3t`}}", "index");
    wrong("{{$s3cr3t}}", "byte 3");
    wrong("{{\"s3cr3t", "not closed");
    wrong("{{`s3cr3t`.x}}", "fields");
    wrong("{{`s3cr3t` | split}}", "split");
    wrong("{{user `s3cr3t` `s3cr3t`}}", "user");
    wrong("{{printf 1}}", "printf");
    wrong("{{eq `s3cr3t` 1}}", "eq");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_stays_as_it_is),
        cmocka_unit_test(trim_marks_take_the_spaces_beside_an_action),
        cmocka_unit_test(fields_of_maps_are_followed),
        cmocka_unit_test(of_equal_keys_the_last_counts),
        cmocka_unit_test(variables_live_as_long_as_what_declares_them),
        cmocka_unit_test(decisions_go_by_truth),
        cmocka_unit_test(ranges_go_over_lists_maps_and_numbers),
        cmocka_unit_test(templates_see_what_they_are_given),
        cmocka_unit_test(pipelines_hand_on_their_value),
        cmocka_unit_test(messages_say_where_and_never_what),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
