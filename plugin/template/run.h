/* SPDX-License-Identifier: MPL-2.0 */
/** One rendering: its memory, which is wiped at its end because texts may hold secrets, its caps and its
 * first error. Everything that the parts of this room make lives until pkr_tpl_run_done. */
#ifndef PKR_TEMPLATE_RUN_H
#define PKR_TEMPLATE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/span.h>

/** Most memory of one rendering, bytes: the tree of the longest template, or some hundred results of printf
 *  with a width of a few thousand. */
#define PKR_TPL_MEMORY_MAX ((size_t)16 * 1024 * 1024)
/** Bytes that a function may look through for the price of one step. */
#define PKR_TPL_BYTES_A_STEP ((size_t)512)

/** Names that are compared for the price of one step. */
#define PKR_TPL_NAMES_A_STEP 16u

struct pkr_tpl_block;

struct pkr_tpl_run {
    struct pkr_tpl_block *blocks;
    size_t memory_left;
    size_t steps_left;
    unsigned depth;
    enum acg_status status; /* of the first failure */
    struct acg_error *err;  /* may be NULL */
};

/** @param err borrowed until the end; may be NULL. */
void pkr_tpl_run_init(struct pkr_tpl_run *run, struct acg_error *err);
/** Wipe and free everything that was taken. */
void pkr_tpl_run_done(struct pkr_tpl_run *run);

/** Remember a failure; the first one stays. @return false, so that a failure is one line. */
bool pkr_tpl_fail(struct pkr_tpl_run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** The same for a cap. */
bool pkr_tpl_fail_limit(struct pkr_tpl_run *run, const char *what);

/** Zeroed memory; NULL, and the failure is remembered, without memory or at the cap. */
void *pkr_tpl_alloc(struct pkr_tpl_run *run, size_t count, size_t size);
/** Pay for work. @return false at the cap. */
bool pkr_tpl_steps(struct pkr_tpl_run *run, size_t steps);
/** Pay for looking through bytes; nothing for few. */
bool pkr_tpl_look(struct pkr_tpl_run *run, size_t bytes);
/** One level deeper; false at the cap. Each success is paired with pkr_tpl_leave. */
bool pkr_tpl_enter(struct pkr_tpl_run *run);
void pkr_tpl_leave(struct pkr_tpl_run *run);

/** A growing text in a run's memory. After a failed append the run has failed; nothing more is appended. */
struct pkr_tpl_text {
    struct pkr_tpl_run *run;
    char *data;
    size_t len;
    size_t capacity;
};

struct pkr_tpl_text pkr_tpl_text(struct pkr_tpl_run *run);
bool pkr_tpl_add(struct pkr_tpl_text *text, const char *data, size_t len);
bool pkr_tpl_add_span(struct pkr_tpl_text *text, struct acg_span span);
bool pkr_tpl_add_word(struct pkr_tpl_text *text, const char *word);
bool pkr_tpl_add_byte(struct pkr_tpl_text *text, char byte);
bool pkr_tpl_add_times(struct pkr_tpl_text *text, char byte, size_t times);
/** A character as UTF-8; what is none becomes U+FFFD. */
bool pkr_tpl_add_rune(struct pkr_tpl_text *text, uint32_t rune);
/** The last digits of a number in base 16. @param large with A to F. */
bool pkr_tpl_add_hex(struct pkr_tpl_text *text, uint64_t number, unsigned digits, bool large);
/** A decimal number of at least width digits; the sign comes on top. */
bool pkr_tpl_add_number(struct pkr_tpl_text *text, long long number, unsigned width);
struct acg_span pkr_tpl_text_view(const struct pkr_tpl_text *text);

#endif
