/* SPDX-License-Identifier: MPL-2.0 */
/** Text to tree. */
#ifndef PKR_TEMPLATE_PARSER_H
#define PKR_TEMPLATE_PARSER_H

#include <stdbool.h>

#include "template/lexer.h"
#include "template/run.h"
#include "template/tree.h"

/** The name under which the SDK parses the text itself; a definition of this name can stand in for an empty
 *  text. */
#define PKR_TPL_ROOT "root"

/** @param text borrowed by the tree. @param out the definitions, that of PKR_TPL_ROOT among them.
 *  @return false: the run has failed. */
bool pkr_tpl_parse(struct pkr_tpl_run *run, struct acg_span text, struct pkr_tpl_definition **out);

/* ---- shared by the parts of the parser ---- */

/** A variable that may be named from here on. */
struct pkr_tpl_known {
    struct acg_span name;
    struct pkr_tpl_known *next;
};

struct pkr_tpl_parser {
    struct pkr_tpl_run *run;
    struct pkr_tpl_lexer lexer;
    struct pkr_tpl_known *known;
    unsigned ranges; /* open around this place, within the same definition */
    struct pkr_tpl_definition *definitions;
};

/** The next token that is no space. */
struct pkr_tpl_token pkr_tpl_take(struct pkr_tpl_parser *p);
/** Its kind, without taking it; spaces before it are skipped. */
enum pkr_tpl_token_kind pkr_tpl_peek(struct pkr_tpl_parser *p);
/** Fail at a token. @param what was expected instead; a lexer's own complaint wins. */
bool pkr_tpl_unexpected(struct pkr_tpl_parser *p, struct pkr_tpl_token token, const char *what);
bool pkr_tpl_fail_at(struct pkr_tpl_parser *p, size_t at, const char *why);
/** A constant text. */
bool pkr_tpl_constant(struct pkr_tpl_parser *p, struct pkr_tpl_token token, struct acg_span *out);
/** A pipeline up to its end, which is taken. @param range whether it is that of a range. */
bool pkr_tpl_pipe(struct pkr_tpl_parser *p, enum pkr_tpl_token_kind end, bool range,
                  struct pkr_tpl_pipe **out);

#endif
