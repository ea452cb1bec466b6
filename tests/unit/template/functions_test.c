/* SPDX-License-Identifier: MPL-2.0 */
/* The functions: one test for each group. Their corners are compared with Go (tests/contract/go_host). */
#include "testlib/test.h"

#include <math.h>
#include <stdio.h>

#include "base/buf.h"
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

static void the_configuration_is_told(void **st)
{
    (void)st;
    gives("{{build_name}} {{build_type}} {{packer_version}}", "golden azure-arm 1.16.0");
    gives("{{pwd}} {{template_dir}}", "/srv/run /srv/templates");
    gives("{{user `name`}}{{user `empty`}}{{user `missing`}}", "ann");
    said_wrong(GIVEN_HCL, "{{template_dir}}", "template_dir");
}

static void time_is_that_of_the_start(void **st)
{
    (void)st;
    gives("{{timestamp}} {{isotime}}", "1136239445 2006-01-02T22:04:05Z");
    gives("{{isotime `Mon Jan _2 15:04:05.000 MST 2006`}}", "Mon Jan  2 22:04:05.123 UTC 2006");
    gives("{{strftime `%Y-%m-%d %H:%M:%S %% %Q`}}", "2006-01-02 22:04:05 % %Q");
    wrong("{{isotime `2006` `01`}}", "isotime");
}

static void uuids_begin_with_the_time_and_differ(void **st)
{
    (void)st;
    gives("{{slice uuid 0 9}}", "43b9a355-");
    gives("{{len uuid}}", "36");
    gives("{{eq uuid uuid}}", "false");
}

static void random_state_moves_on(void **st)
{
    (void)st;
    uint64_t random = 7;
    struct pkr_template_data data = given_data(GIVEN_POST_PROCESS, &random);
    struct acgp_buf first, second;
    bool later = false;

    acgp_buf_init(&first, 64);
    acgp_buf_init(&second, 64);
    assert_int_equal(pkr_template_render(acgp_span("{{uuid}}"), &data, &first, &later, NULL), ACG_OK);
    assert_int_equal(pkr_template_render(acgp_span("{{uuid}}"), &data, &second, &later, NULL), ACG_OK);
    assert_string_not_equal(first.data, second.data);
    acgp_buf_done(&first);
    acgp_buf_done(&second);
}

static void texts_are_changed(void **st)
{
    (void)st;
    gives("{{upper `straße é`}} {{lower `ÀΣЖ`}}", "STRAßE É àσж");
    gives("{{replace `a` `o` 2 `banana`}} {{replace_all `.` `_` packer_version}}", "bonona 1_16_0");
    gives("{{split .Host `.` 3}}", "4");
    wrong("{{split .Host `.` 4}}", "split");
}

static void values_are_shown_as_go_shows_them(void **st)
{
    (void)st;
    gives("{{.Mixed}} {{print 1 2 `a` nil}}", "[1 2.5 true <nil> [a b c]] 1 2a<nil>");
    gives("{{printf `%05d|%-6s|%.2f|%q|%x` 42 `hi` 2.5 `a` 255}}", "00042|hi    |2.50|\"a\"|ff");
    gives("{{printf `%d %s` `hi`}}", "%!d(string=hi) %!s(MISSING)");
    gives("{{html `<&>`}} {{js `'=`}} {{urlquery `a b&c`}}", "&lt;&amp;&gt; \\'\\u003D a+b%26c");
    wrong("{{printf `%p` .Tags}}", "address");
}

static void numbers_beyond_all_are_shown_as_go_shows_them(void **st)
{
    (void)st;
    struct pkr_template_entry entries[] = {
        {{"Inf", 3}, {.kind = PKR_TEMPLATE_FLOAT, .as.real = (double)INFINITY}},
        {{"Low", 3}, {.kind = PKR_TEMPLATE_FLOAT, .as.real = -(double)INFINITY}},
        {{"NaN", 3}, {.kind = PKR_TEMPLATE_FLOAT, .as.real = (double)NAN}}};
    struct pkr_template_value dot = {.kind = PKR_TEMPLATE_MAP, .as.map = {entries, 3}};
    uint64_t random = 1;
    struct pkr_template_data data = {.dot = &dot, .random = &random};
    struct acgp_buf out;
    bool later = true;

    acgp_buf_init(&out, 4096);
    assert_int_equal(
        pkr_template_render(
            acgp_span("{{.Inf}} {{.Low}} {{.NaN}} {{printf `%8.2f|%08.2f|%+v|% v|%-6v|%x|%e` .Inf .Inf .Inf "
                      ".Inf .Inf .Inf .Low}} {{printf `%f|%+f|% f|%6.1f|%#g|%#x` .NaN .NaN .NaN .NaN .NaN "
                      ".Low}} {{eq .NaN .NaN}}{{le .NaN .NaN}}{{gt .NaN .NaN}}{{ge .NaN .NaN}}"
                      "{{lt .Low .Inf}}{{if .NaN}}t{{end}}"),
            &data, &out, &later, NULL),
        ACG_OK);
    assert_string_equal(out.data, "+Inf -Inf NaN     +Inf|    +Inf|+Inf| Inf|+Inf  |+Inf|-Inf NaN|+NaN| NaN| "
                                  "  NaN|NaN|-Inf falsefalsetruetruetruet");
    acgp_buf_done(&out);
}

static void comparisons_are_between_likes(void **st)
{
    (void)st;
    gives("{{eq 1 2 1}} {{ne `a` `b`}} {{lt 1.5 2.5}} {{ge `b` `a`}}", "true true true true");
    wrong("{{eq 1 1.0}}", "eq");
    wrong("{{lt true false}}", "lt");
    wrong("{{eq .Tags .Tags}}", "eq");
}

static void the_rest_of_a_decided_logic_is_not_evaluated(void **st)
{
    (void)st;
    gives("{{and 0 (index nil 1)}}{{or 1 (index nil 1)}}{{not nil}}", "01true");
    wrong("{{and 1 (index nil 1)}}", "index");
}

static void what_packer_keeps_for_itself_is_refused_by_name(void **st)
{
    static const char *const names[] = {"env", "consul_key", "aws_secretsmanager", "aws_secretsmanager_raw"};
    char template[64];

    (void)st;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(template, sizeof template, "{{%s `s3cr3t`}}", names[i]);
        wrong(template, names[i]);
    }
    wrong("{{vault `s3cr3t` `s3cr3t`}}", "vault");
    wrong("{{sed `s3cr3t` `a`}}", "replace_all");
    wrong("{{call .ID}}", "call");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_configuration_is_told),
        cmocka_unit_test(time_is_that_of_the_start),
        cmocka_unit_test(uuids_begin_with_the_time_and_differ),
        cmocka_unit_test(random_state_moves_on),
        cmocka_unit_test(texts_are_changed),
        cmocka_unit_test(values_are_shown_as_go_shows_them),
        cmocka_unit_test(numbers_beyond_all_are_shown_as_go_shows_them),
        cmocka_unit_test(comparisons_are_between_likes),
        cmocka_unit_test(the_rest_of_a_decided_logic_is_not_evaluated),
        cmocka_unit_test(what_packer_keeps_for_itself_is_refused_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
