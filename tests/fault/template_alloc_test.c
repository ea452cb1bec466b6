/* SPDX-License-Identifier: MPL-2.0 */
/* Each allocation of a rendering fails once: a clean error, nothing leaks, the result stays as it was. */
#include "testlib/test.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/span.h"
#include "unit/template/given.h"

enum { ROUNDS_MAX = 2000, RESULT_MAX = 1 << 20 };

/* @return did it pass, that is: was allocation n never asked for? */
static bool round_passes(const char *template, enum given_phase phase, uint64_t n, enum acg_status expected)
{
    uint64_t random = 1;
    struct pkr_template_data data = given_data(phase, &random);
    struct acg_error err = {0};
    struct acgp_buf out;
    bool later = true, lost = false;

    acgp_buf_init(&out, RESULT_MAX);
    acgp_alloc_fail_at(n);
    enum acg_status status = pkr_template_render(acgp_span(template), &data, &out, &later, &err);
    lost = acgp_alloc_count() >= n;
    acgp_alloc_fail_at(0);
    assert_int_equal(status, lost ? ACG_ERR_NOMEM : expected);
    if (lost) {
        assert_int_equal(err.status, ACG_ERR_NOMEM);
        assert_int_equal(out.len, 0);
        assert_false(out.failed);
        assert_true(later);
    }
    acgp_buf_done(&out);
    return !lost;
}

static void survives(const char *template, enum given_phase phase, enum acg_status expected)
{
    uint64_t n = 1;

    while (!round_passes(template, phase, n, expected)) {
        n++;
        assert_true(n < ROUNDS_MAX);
    }
    assert_true(n > 1);
    print_message("%d rounds: %.40s\n", (int)n, template);
}

static void texts_survive_each_lost_allocation(void **st)
{
    static const char *const templates[] = {
        "plain",
        "{{build_name}}-{{isotime `2006-01-02`}}-{{uuid}}-{{user `name` | upper}}",
        "{{range $i, $e := .Letters}}{{$i}}{{$e}}{{end}}{{range $k, $v := .Tags}}{{$k}}={{$v}}{{end}}",
        "{{define `t`}}[{{.}}]{{end}}{{template `t` .Mixed}}{{block `b` .}}{{len .Tags}}{{end}}",
        "{{printf `%9000d|%-20q|%#v|%v|%.1500f` 1 .ID .Tags .Mixed .Ratio}}{{html .Tags}}{{js `<`}}",
        "{{$a := 1}}{{$b := 2}}{{$c := 3}}{{$d := 4}}{{$e := 5}}{{$f := 6}}{{$g := 7}}{{$h := 8}}{{$i := "
        "9}}x",
        "{{print 1 2 3 4 5 6 7 8 9}}{{replace `a` `bbbb` -1 `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`}}",
        "{{\"a\\u00e9\"}}{{template_dir}}{{range 300}}{{printf `%100d` .}}{{end}}",
    };

    (void)st;
    for (size_t i = 0; i < sizeof templates / sizeof templates[0]; i++)
        survives(templates[i], GIVEN_POST_PROCESS, ACG_OK);
}

static void waits_survive_each_lost_allocation(void **st)
{
    (void)st;
    survives("{{build `ID`}}-{{printf `%8000d` 1}}-{{.Host}}", GIVEN_CONFIGURE, ACG_OK);
}

static void errors_survive_each_lost_allocation(void **st)
{
    (void)st;
    survives("{{printf `%8000d` 1}}{{index .Letters 9}}", GIVEN_POST_PROCESS, ACG_ERR_ARGUMENT);
    survives("{{if true}}{{$x := `a`}}", GIVEN_POST_PROCESS, ACG_ERR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_survive_each_lost_allocation),
        cmocka_unit_test(waits_survive_each_lost_allocation),
        cmocka_unit_test(errors_survive_each_lost_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
