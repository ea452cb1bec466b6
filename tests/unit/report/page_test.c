/* SPDX-License-Identifier: MPL-2.0 */
/* A page as plain text and as Markdown: columns, what a terminal or a renderer would take for its own, caps.
 */
#include "testlib/test.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "report/page.h"

#define ROW(page, ...)                                                                                       \
    acgp_page_row(page, (const char *const[]){__VA_ARGS__},                                                  \
                  sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))
#define TABLE(page, ...)                                                                                     \
    acgp_page_table(page, (const char *const[]){__VA_ARGS__},                                                \
                    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void shows(const struct acgp_page *page, const char *text, const char *markdown)
{
    struct acgp_buf b;

    acgp_buf_init(&b, ACGP_PAGE_TEXT_MAX);
    assert_true(acgp_page_text(page, &b));
    assert_string_equal(b.data != NULL ? b.data : "", text);
    acgp_buf_clear(&b);
    assert_true(acgp_page_markdown(page, &b));
    assert_string_equal(b.data != NULL ? b.data : "", markdown);
    acgp_buf_done(&b);
}

static void blocks_are_kept_apart_and_rows_together(void **st)
{
    struct acgp_page page = {0};

    (void)st;
    acgp_page_heading(&page, "Disks");
    acgp_page_line(&page, "%d regions", 2);
    acgp_page_item(&page, "first");
    acgp_page_item(&page, "second");
    TABLE(&page, "region", "set");
    ROW(&page, "westus", "west-os");
    ROW(&page, "eastus2", NULL);
    shows(&page,
          "Disks\n"
          "2 regions\n"
          "- first\n"
          "- second\n"
          "\n"
          "region   set\n"
          "westus   west-os\n"
          "eastus2  -\n",
          "## Disks\n"
          "\n"
          "2 regions\n"
          "- first\n"
          "- second\n"
          "\n"
          "| region | set |\n"
          "|---|---|\n"
          "| westus | west-os |\n"
          "| eastus2 | - |\n");
    acgp_page_done(&page);
}

static void each_table_has_its_own_columns(void **st)
{
    struct acgp_page page = {0};

    (void)st;
    TABLE(&page, "a", "b");
    ROW(&page, "a long cell", "x");
    TABLE(&page, "c", "d");
    ROW(&page, "e", "y");
    shows(&page, "a            b\na long cell  x\n\nc  d\ne  y\n",
          "| a | b |\n|---|---|\n| a long cell | x |\n\n| c | d |\n|---|---|\n| e | y |\n");
    acgp_page_done(&page);
}

static void a_column_of_utf8_stays_straight(void **st)
{
    struct acgp_page page = {0};

    (void)st;
    TABLE(&page, "r\u00e9gion", "x");
    ROW(&page, "\u00fcber", "y");
    shows(&page, "r\u00e9gion  x\n\u00fcber    y\n", "| r\u00e9gion | x |\n|---|---|\n| \u00fcber | y |\n");
    acgp_page_done(&page);
}

static void what_steers_a_terminal_becomes_a_space(void **st)
{
    struct acgp_page page = {0};

    (void)st;
    acgp_page_line(&page, "a\nb\x1b[31mc\x7f");
    TABLE(&page, "t\tu");
    ROW(&page, "v\r\nw");
    shows(&page, "a b [31mc \n\nt u\nv  w\n", "a b \\[31mc \n\n| t u |\n|---|\n| v  w |\n");
    acgp_page_done(&page);
}

static void what_markdown_would_read_is_escaped(void **st)
{
    struct acgp_page page = {0};

    (void)st;
    acgp_page_line(&page, "%s", "a|b `c` *d* _e_ [f](g) <b>h</b> #i &amp; \\");
    shows(&page, "a|b `c` *d* _e_ [f](g) <b>h</b> #i &amp; \\\n",
          "a\\|b \\`c\\` \\*d\\* \\_e\\_ \\[f\\](g) &lt;b>h&lt;/b> \\#i \\&amp; \\\\\n");
    acgp_page_done(&page);
}

static void what_begins_a_block_of_markdown_is_escaped(void **st)
{
    struct acgp_page page = {0};

    (void)st;
    acgp_page_line(&page, "- no item");
    acgp_page_line(&page, "+ nor this");
    acgp_page_line(&page, "> no quote");
    acgp_page_line(&page, "~~~");
    acgp_page_line(&page, "1.2.3 is a version");
    acgp_page_line(&page, "=== no heading");
    acgp_page_line(&page, "12. no list");
    shows(&page, "- no item\n+ nor this\n> no quote\n~~~\n1.2.3 is a version\n=== no heading\n12. no list\n",
          "\\- no item\n\n\\+ nor this\n\n\\> no quote\n\n\\~\\~\\~\n\n1.2.3 is a version\n\n\\=== no "
          "heading\n\n12\\. no list\n");
    acgp_page_done(&page);
}

static void code_is_shown_as_it_stands_in_a_fence_that_it_cannot_end(void **st)
{
    struct acgp_page page = {0};

    (void)st;
    acgp_page_line(&page, "run:");
    acgp_page_code(&page, "sh", "echo `a`\n```\n````|*");
    shows(&page, "run:\n\necho `a`\n```\n````|*\n", "run:\n\n`````sh\necho `a`\n```\n````|*\n`````\n");
    acgp_page_done(&page);
}

static void a_fence_has_three_backticks_at_least(void **st)
{
    struct acgp_page page = {0};

    (void)st;
    acgp_page_code(&page, "sh", "ls");
    shows(&page, "ls\n", "```sh\nls\n```\n");
    acgp_page_done(&page);
}

static void an_empty_page_is_an_empty_text(void **st)
{
    struct acgp_page page = {0};

    (void)st;
    shows(&page, "", "");
    acgp_page_done(&page);
}

static void a_text_over_the_cap_of_its_buffer_is_refused(void **st)
{
    struct acgp_page page = {0};
    struct acgp_buf b;

    (void)st;
    acgp_page_line(&page, "0123456789");
    acgp_buf_init(&b, 10);
    assert_false(acgp_page_text(&page, &b));
    assert_true(b.over);
    acgp_buf_done(&b);
    acgp_buf_init(&b, 11);
    assert_true(acgp_page_text(&page, &b));
    acgp_buf_done(&b);
    acgp_buf_init(&b, 10);
    assert_false(acgp_page_markdown(&page, &b));
    acgp_buf_done(&b);
    acgp_page_done(&page);
}

static void too_many_blocks_are_refused_not_left_out(void **st)
{
    struct acgp_page page = {0};
    struct acgp_buf b;

    (void)st;
    for (size_t i = 0; i < ACGP_PAGE_BLOCKS_MAX; i++)
        acgp_page_line(&page, "x");
    assert_false(page.failed);
    acgp_page_line(&page, "one more");
    assert_true(page.failed);
    acgp_buf_init(&b, ACGP_PAGE_TEXT_MAX);
    assert_false(acgp_page_text(&page, &b));
    assert_false(acgp_page_markdown(&page, &b));
    acgp_buf_done(&b);
    acgp_page_done(&page);
}

#ifdef ACG_FAULT_INJECTION
static void build(struct acgp_page *page)
{
    acgp_page_heading(page, "h");
    acgp_page_line(page, "line %d", 1);
    acgp_page_item(page, "item");
    acgp_page_code(page, "sh", "code");
    TABLE(page, "a", "b");
    ROW(page, "c", "d");
}

static void without_memory_nothing_is_shown(void **st)
{
    bool fine = false;

    (void)st;
    for (uint64_t n = 1; !fine; n++) {
        struct acgp_page page = {0};
        struct acgp_buf b;
        assert_true(n < 1000);
        acgp_alloc_fail_at(n);
        build(&page);
        acgp_buf_init(&b, ACGP_PAGE_TEXT_MAX);
        fine = acgp_page_text(&page, &b);
        assert_true(fine || page.failed || b.failed);
        if (fine)
            assert_non_null(strstr(b.data, "c  d"));
        acgp_buf_done(&b);
        acgp_page_done(&page);
    }
    acgp_alloc_fail_at(0);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_kept_apart_and_rows_together),
        cmocka_unit_test(each_table_has_its_own_columns),
        cmocka_unit_test(a_column_of_utf8_stays_straight),
        cmocka_unit_test(what_steers_a_terminal_becomes_a_space),
        cmocka_unit_test(what_markdown_would_read_is_escaped),
        cmocka_unit_test(what_begins_a_block_of_markdown_is_escaped),
        cmocka_unit_test(code_is_shown_as_it_stands_in_a_fence_that_it_cannot_end),
        cmocka_unit_test(a_fence_has_three_backticks_at_least),
        cmocka_unit_test(an_empty_page_is_an_empty_text),
        cmocka_unit_test(a_text_over_the_cap_of_its_buffer_is_refused),
        cmocka_unit_test(too_many_blocks_are_refused_not_left_out),
#ifdef ACG_FAULT_INJECTION
        cmocka_unit_test(without_memory_nothing_is_shown),
#endif
    };

    return cmocka_run_group_tests_name("a page", tests, NULL, NULL);
}
