/* SPDX-License-Identifier: MPL-2.0 */
/* The caps: a template that would go on is stopped, soon. */
#include "testlib/test.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/span.h"
#include "said.h"

/* A text of a beginning, many middles and an end. */
static char *many(const char *first, const char *middle, size_t times, const char *last)
{
    size_t len = strlen(middle);
    char *text = calloc(strlen(first) + len * times + strlen(last) + 1, 1), *to = text;

    assert_non_null(text);
    to = (char *)memcpy(to, first, strlen(first)) + strlen(first);
    for (size_t i = 0; i < times; i++)
        to = (char *)memcpy(to, middle, len) + len;
    memcpy(to, last, strlen(last));
    return text;
}

static void limited(const char *first, const char *middle, size_t times, const char *last, const char *word)
{
    char *text = many(first, middle, times, last);

    said_limit(text, word);
    free(text);
}

static void a_template_has_a_longest_length(void **st)
{
    (void)st;
    limited("", "a", PKR_TEMPLATE_BYTES_MAX + 1, "", "longer");
    char *text = many("", "a", PKR_TEMPLATE_BYTES_MAX, "");
    said_text(GIVEN_POST_PROCESS, text, text);
    free(text);
}

static void nesting_has_an_end(void **st)
{
    (void)st;
    limited("{{", "(", 1000, "1}}", "nested");
    limited("", "{{if 1}}", 1000, "", "nested");
    limited("{{if 0}}", "{{else if 0}}", 1000, "{{end}}", "nested");
    limited("", "{{block `b` .}}", 1000, "", "nested");
    said_limit("{{define `t`}}{{template `t`}}{{end}}{{template `t`}}", "nested");
    said_limit("{{define `a`}}{{template `b`}}{{end}}{{define `b`}}{{template `a`}}{{end}}{{template `a`}}",
               "nested");
}

static void parentheses_up_to_the_cap_are_fine(void **st)
{
    (void)st;
    char *left = many("{{", "(", PKR_TEMPLATE_DEPTH_MAX, "1"),
         *text = many(left, ")", PKR_TEMPLATE_DEPTH_MAX, "}}");

    said_text(GIVEN_POST_PROCESS, text, "1");
    free(text);
    free(left);
}

static void work_has_an_end(void **st)
{
    (void)st;
    said_limit("{{range 9223372036854775807}}{{end}}", "steps");
    said_limit("{{range 1000}}{{range 1000}}{{range 1000}}{{end}}{{end}}{{end}}", "steps");
    said_limit("{{$x := printf `%1000000d` 1}}{{range 100000}}{{eq $x $x}}{{end}}", "steps");
    limited("", "{{$a := 1}}", 5000, "{{range 50000}}{{$}}{{end}}", "steps");
}

static void memory_has_an_end(void **st)
{
    (void)st;
    said_limit("{{range 100}}{{$x := printf `%1000000d` 1}}{{end}}", "memory");
    said_limit("{{$x := `aaaaaaaaaaaaaaaa`}}{{range 40}}{{$x = print $x $x}}{{end}}", "memory");
    said_limit("{{replace_all `` (printf `%100000d` 1) (printf `%1000d` 1)}}", "memory");
}

static void the_result_stays_within_the_buffer(void **st)
{
    (void)st;
    said_limit("{{printf `%900000d` 1}}{{printf `%900000d` 1}}", "too long");

    uint64_t random = 1;
    struct pkr_template_data data = given_data(GIVEN_POST_PROCESS, &random);
    struct acgp_buf out;
    bool later = true;

    acgp_buf_init(&out, 3);
    assert_int_equal(pkr_template_render(acgp_span("abc"), &data, &out, &later, NULL), ACG_OK);
    assert_string_equal(out.data, "abc");
    assert_int_equal(pkr_template_render(acgp_span("d"), &data, &out, &later, NULL), ACG_ERR_LIMIT);
    assert_string_equal(out.data, "abc");
    assert_false(out.failed);
    acgp_buf_done(&out);
}

static void renderings_that_share_a_budget_end_together(void **st)
{
    (void)st;
    uint64_t random = 1;
    struct pkr_template_budget budget = PKR_TEMPLATE_BUDGET_INIT;
    struct pkr_template_data data = given_data(GIVEN_POST_PROCESS, &random);
    const char *greedy = "{{range $i := 10}}{{$x := printf `%100000d` 1}}{{end}}";
    enum acg_status status = ACG_OK;
    struct acgp_buf out;
    bool later = true;
    size_t count = 0;

    data.budget = &budget;
    acgp_buf_init(&out, 4096);
    for (; status == ACG_OK && count < 1000; count++)
        status = pkr_template_render(acgp_span(greedy), &data, &out, &later, NULL);
    assert_int_equal(status, ACG_ERR_LIMIT);
    assert_true(count > 1 && count < 100);
    acgp_buf_done(&out);
}

static void data_that_is_too_deep_is_not_shown(void **st)
{
    (void)st;
    enum { DEEP = 100 };
    static struct pkr_template_value nested[DEEP];
    struct pkr_template_entry entry = {.key = {"deep", 4}};
    struct pkr_template_value dot = {.kind = PKR_TEMPLATE_MAP, .as.map = {&entry, 1}};
    uint64_t random = 1;
    struct pkr_template_data data = {.dot = &dot, .random = &random};
    struct acgp_buf out;
    bool later = true;

    for (size_t i = 0; i + 1 < DEEP; i++)
        nested[i] = (struct pkr_template_value){.kind = PKR_TEMPLATE_LIST, .as.list = {&nested[i + 1], 1}};
    entry.value = nested[0];
    acgp_buf_init(&out, 4096);
    assert_int_equal(pkr_template_render(acgp_span("{{.deep}}"), &data, &out, &later, NULL), ACG_ERR_LIMIT);
    acgp_buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_template_has_a_longest_length),
        cmocka_unit_test(nesting_has_an_end),
        cmocka_unit_test(renderings_that_share_a_budget_end_together),
        cmocka_unit_test(parentheses_up_to_the_cap_are_fine),
        cmocka_unit_test(work_has_an_end),
        cmocka_unit_test(memory_has_an_end),
        cmocka_unit_test(the_result_stays_within_the_buffer),
        cmocka_unit_test(data_that_is_too_deep_is_not_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
