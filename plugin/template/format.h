/* SPDX-License-Identifier: MPL-2.0 */
/** Values as text, by the rules of Go's fmt. All return false when the run has failed. */
#ifndef PKR_TEMPLATE_FORMAT_H
#define PKR_TEMPLATE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "template/run.h"
#include "template/value.h"

/** Largest width and precision, as in Go. */
#define PKR_TPL_WIDTH_MAX 1000000

/** What stands between '%' and the verb. */
struct pkr_tpl_flags {
    bool minus;
    bool plus;
    bool sharp;
    bool space;
    bool zero;
    bool go_syntax; /* %#v */
    bool has_width;
    bool has_precision;
    int width;
    int precision;
};

/** Values in their plain form; a space between two neighbours of which neither is a text. */
bool pkr_tpl_print(struct pkr_tpl_text *out, const struct pkr_tpl_value *values, size_t count);
bool pkr_tpl_printf(struct pkr_tpl_text *out, struct acg_span format, const struct pkr_tpl_value *values,
                    size_t count);

/* ---- shared by the parts of the formatter ---- */

/** One value under one verb. @param depth 0 for an argument, more for what it holds. */
bool pkr_tpl_verb(struct pkr_tpl_text *out, const struct pkr_tpl_flags *flags, const struct pkr_tpl_value *v,
                  uint32_t verb, unsigned depth);
/** A text in its width. @param zero whether zeros may fill it. */
bool pkr_tpl_pad(struct pkr_tpl_text *out, const struct pkr_tpl_flags *flags, struct acg_span text,
                 bool zero);
/** A text in quotes, or a character in single ones. @param ascii escape all that is not ASCII. */
bool pkr_tpl_quote(struct pkr_tpl_text *out, struct acg_span text, bool ascii);
bool pkr_tpl_quote_rune(struct pkr_tpl_text *out, uint32_t rune, bool ascii);
/** A whole number. @param verb one of v d b o O x X c q U. @param byte whether it has no sign in Go. */
bool pkr_tpl_whole(struct pkr_tpl_text *out, const struct pkr_tpl_flags *flags, int64_t number, bool byte,
                   uint32_t verb);
/** A real number. @param verb one of v b g G x X f F e E. */
bool pkr_tpl_real(struct pkr_tpl_text *out, const struct pkr_tpl_flags *flags, double number, uint32_t verb);

#endif
