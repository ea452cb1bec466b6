/* SPDX-License-Identifier: MPL-2.0 */
/** A document for people as blocks: headings, lines, lists, code, tables. It is written once and shown as
 * plain text or as Markdown. What Azure or a user wrote may stand in any cell: it is escaped where it is
 * shown. */
#ifndef ACGP_PAGE_H
#define ACGP_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum {
    ACGP_PAGE_COLUMNS_MAX = 12,
    ACGP_PAGE_BLOCKS_MAX = 65536,        /* 100 regions with 65 disks and their findings are a tenth */
    ACGP_PAGE_TEXT_MAX = 8 * 1024 * 1024 /* the same in bytes, generously */
};

struct acgp_page_block;

/** Zeroed is empty. Out of memory sticks: the page is then not shown. */
struct acgp_page {
    struct acgp_page_block *blocks; /* owned */
    size_t count, capacity;
    bool failed;
};

void acgp_page_done(struct acgp_page *page);

/** Texts are copied; NULL shows as "-". Functions that add say nothing of memory: see failed. */
void acgp_page_heading(struct acgp_page *page, const char *text);
void acgp_page_line(struct acgp_page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
void acgp_page_item(struct acgp_page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Text that is to be copied as it stands, line by line. @param language of Markdown's fence, "sh". */
void acgp_page_code(struct acgp_page *page, const char *language, const char *text);
/** Begin a table, with its columns; every acgp_page_row that follows at once belongs to it.
 *  @param count 1 to ACGP_PAGE_COLUMNS_MAX. */
void acgp_page_table(struct acgp_page *page, const char *const *columns, size_t count);
void acgp_page_row(struct acgp_page *page, const char *const *cells, size_t count);

/** Show it. @return false: out of memory, or longer than out's cap. */
bool acgp_page_text(const struct acgp_page *page, struct acgp_buf *out);
bool acgp_page_markdown(const struct acgp_page *page, struct acgp_buf *out);

#endif
