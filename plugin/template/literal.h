/* SPDX-License-Identifier: MPL-2.0 */
/** Constants of a template: numbers, characters and quoted texts, by the rules of Go. */
#ifndef PKR_TEMPLATE_LITERAL_H
#define PKR_TEMPLATE_LITERAL_H

#include <stdbool.h>
#include <stdint.h>

#include <acg/span.h>

#include "template/run.h"

/** A number, whose kind the place decides where it stands. */
struct pkr_tpl_number {
    bool is_int;     /* has a whole value that fits: integer */
    bool looks_real; /* is written like a real number: where nothing decides, it is one */
    bool too_large;  /* is whole and fits uint64 only */
    int64_t integer;
    double real;
};

/** @param text as written. @return NULL, or what is wrong. */
const char *pkr_tpl_read_number(struct acg_span text, struct pkr_tpl_number *out);
/** @param text with its single quotes. @return NULL, or what is wrong. */
const char *pkr_tpl_read_character(struct acg_span text, struct pkr_tpl_number *out);
/** @param text with its quotes or backquotes. @param out lent by text or by the run.
 *  @return NULL, or what is wrong; NULL and a failed run without memory. */
const char *pkr_tpl_read_text(struct pkr_tpl_run *run, struct acg_span text, struct acg_span *out);

#endif
