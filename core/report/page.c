/* SPDX-License-Identifier: MPL-2.0 */
#include "report/page.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

enum block_kind { HEADING = 1, LINE, ITEM, CODE, TABLE, ROW };

struct acgp_page_block {
    enum block_kind kind;
    char *cells[ACGP_PAGE_COLUMNS_MAX]; /* owned; one text for all but TABLE and ROW; CODE: language, text */
    size_t count;
};

void acgp_page_done(struct acgp_page *page)
{
    for (size_t i = 0; i < page->count; i++)
        for (size_t c = 0; c < page->blocks[i].count; c++)
            acgp_free(page->blocks[i].cells[c]);
    acgp_free(page->blocks);
    *page = (struct acgp_page){0};
}

static void add(struct acgp_page *page, enum block_kind kind, const char *const *cells, size_t count)
{
    void *blocks = page->blocks;
    struct acgp_page_block *block = NULL;

    if (page->failed ||
        !acgp_grow(&blocks, &page->capacity, page->count + 1, ACGP_PAGE_BLOCKS_MAX, sizeof *page->blocks)) {
        page->failed = true;
        return;
    }
    page->blocks = blocks;
    block = &page->blocks[page->count++];
    *block = (struct acgp_page_block){.kind = kind};
    for (; block->count < count && !page->failed; block->count++) {
        block->cells[block->count] = acgp_strdup(cells[block->count] ? cells[block->count] : "-");
        page->failed = block->cells[block->count] == NULL;
    }
}

void acgp_page_heading(struct acgp_page *page, const char *text)
{
    add(page, HEADING, &text, 1);
}

static void add_formatted(struct acgp_page *page, enum block_kind kind, const char *format, va_list args)
{
    struct acgp_buf text;

    acgp_buf_init(&text, ACGP_PAGE_TEXT_MAX);
    if (acgp_buf_vprintf(&text, format, args))
        add(page, kind, (const char *const[]){text.data}, 1);
    else
        page->failed = true;
    acgp_buf_done(&text);
}

void acgp_page_line(struct acgp_page *page, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_formatted(page, LINE, format, args);
    va_end(args);
}

void acgp_page_item(struct acgp_page *page, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_formatted(page, ITEM, format, args);
    va_end(args);
}

void acgp_page_code(struct acgp_page *page, const char *language, const char *text)
{
    add(page, CODE, (const char *const[]){language, text}, 2);
}

void acgp_page_table(struct acgp_page *page, const char *const *columns, size_t count)
{
    add(page, TABLE, columns, count);
}

void acgp_page_row(struct acgp_page *page, const char *const *cells, size_t count)
{
    add(page, ROW, cells, count);
}

/* ---- plain text ---- */

/* Width in characters, so that a column of UTF-8 stays straight. */
static size_t width(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xc0u) != 0x80;
    return n;
}

/* One line: what breaks or steers a terminal becomes a space. */
static bool put_flat(struct acgp_buf *out, const char *text)
{
    bool fine = true;

    for (; fine && *text != '\0'; text++)
        fine = acgp_buf_append(out, (unsigned char)*text < ' ' || *text == 0x7f ? " " : text, 1);
    return fine;
}

/* Widths of the table that begins at block i. */
static void measure(const struct acgp_page *page, size_t i, size_t widths[ACGP_PAGE_COLUMNS_MAX])
{
    memset(widths, 0, ACGP_PAGE_COLUMNS_MAX * sizeof widths[0]);
    for (size_t b = i; b < page->count && (b == i || page->blocks[b].kind == ROW); b++)
        for (size_t c = 0; c < page->blocks[b].count; c++) {
            size_t w = width(page->blocks[b].cells[c]);
            widths[c] = w > widths[c] ? w : widths[c];
        }
}

static bool put_row(struct acgp_buf *out, const struct acgp_page_block *block, const size_t *widths)
{
    bool fine = true;

    for (size_t c = 0; fine && c < block->count; c++) {
        fine = put_flat(out, block->cells[c]);
        for (size_t w = width(block->cells[c]); fine && c + 1 < block->count && w < widths[c] + 2; w++)
            fine = acgp_buf_append(out, " ", 1);
    }
    return fine && acgp_buf_append(out, "\n", 1);
}

bool acgp_page_text(const struct acgp_page *page, struct acgp_buf *out)
{
    size_t widths[ACGP_PAGE_COLUMNS_MAX] = {0};
    bool fine = !page->failed;

    for (size_t i = 0; fine && i < page->count; i++) {
        const struct acgp_page_block *b = &page->blocks[i];
        if (b->kind == TABLE)
            measure(page, i, widths);
        if ((b->kind == HEADING || b->kind == TABLE || b->kind == CODE) && out->len != 0)
            fine = acgp_buf_append(out, "\n", 1);
        if (b->kind == TABLE || b->kind == ROW)
            fine = fine && put_row(out, b, widths);
        else if (b->kind == CODE)
            fine = fine && acgp_buf_text(out, b->cells[1]) && acgp_buf_append(out, "\n", 1);
        else
            fine = fine && acgp_buf_text(out, b->kind == ITEM ? "- " : "") && put_flat(out, b->cells[0]) &&
                   acgp_buf_append(out, "\n", 1);
    }
    return fine;
}

/* ---- Markdown ---- */

/* What Markdown would read as its own is escaped; "<" too, since summaries are shown as HTML. */
static bool put_escaped(struct acgp_buf *out, const char *text)
{
    bool fine = true;

    for (; fine && *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            fine = acgp_buf_append(out, " ", 1);
        else if (*text == '<')
            fine = acgp_buf_text(out, "&lt;");
        else
            fine = (strchr("\\`*_[]|#&~", *text) == NULL || acgp_buf_append(out, "\\", 1)) &&
                   acgp_buf_append(out, text, 1);
    }
    return fine;
}

/* At the beginning of a line some more of it: a list, a quotation, a line under a heading, "7." or "7)". */
static bool put_escaped_line(struct acgp_buf *out, const char *text)
{
    size_t digits = strspn(text, "0123456789");
    bool fine = true;

    if (*text != '\0' && strchr("-+>=", *text) != NULL)
        return acgp_buf_append(out, "\\", 1) && acgp_buf_append(out, text, 1) && put_escaped(out, text + 1);
    if (digits != 0 && (text[digits] == '.' || text[digits] == ')') && text[digits + 1] == ' ') {
        fine = acgp_buf_append(out, text, digits) && acgp_buf_append(out, "\\", 1);
        text += digits;
    }
    return fine && put_escaped(out, text);
}

static bool put_cells(struct acgp_buf *out, const struct acgp_page_block *block)
{
    bool fine = acgp_buf_append(out, "|", 1);

    for (size_t c = 0; fine && c < block->count; c++)
        fine = acgp_buf_append(out, " ", 1) && put_escaped(out, block->cells[c]) && acgp_buf_text(out, " |");
    fine = fine && acgp_buf_append(out, "\n", 1);
    if (fine && block->kind == TABLE) {
        fine = acgp_buf_append(out, "|", 1);
        for (size_t c = 0; fine && c < block->count; c++)
            fine = acgp_buf_text(out, "---|");
        fine = fine && acgp_buf_append(out, "\n", 1);
    }
    return fine;
}

/* A fence longer than any run of backticks inside. */
static bool put_code(struct acgp_buf *out, const struct acgp_page_block *block)
{
    size_t longest = 2, run = 0;
    bool fine = true;

    for (const char *t = block->cells[1]; *t != '\0'; t++) {
        run = *t == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    for (size_t i = 0; fine && i <= longest; i++)
        fine = acgp_buf_append(out, "`", 1);
    fine = fine && acgp_buf_printf(out, "%s\n%s\n", block->cells[0], block->cells[1]);
    for (size_t i = 0; fine && i <= longest; i++)
        fine = acgp_buf_append(out, "`", 1);
    return fine && acgp_buf_append(out, "\n", 1);
}

static bool put_block(struct acgp_buf *out, const struct acgp_page_block *b, bool first)
{
    if (b->kind == ROW)
        return put_cells(out, b);
    if (!first && !acgp_buf_append(out, "\n", b->kind == ITEM ? 0 : 1))
        return false;
    if (b->kind == TABLE)
        return put_cells(out, b);
    if (b->kind == CODE)
        return put_code(out, b);
    return acgp_buf_text(out, b->kind == HEADING ? "## "
                              : b->kind == ITEM  ? "- "
                                                 : "") &&
           put_escaped_line(out, b->cells[0]) && acgp_buf_append(out, "\n", 1);
}

bool acgp_page_markdown(const struct acgp_page *page, struct acgp_buf *out)
{
    bool fine = !page->failed;

    for (size_t i = 0; fine && i < page->count; i++)
        fine = put_block(out, &page->blocks[i], i == 0);
    return fine;
}
