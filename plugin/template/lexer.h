/* SPDX-License-Identifier: MPL-2.0 */
/** The text of a template to tokens. A lexer is plain data: a copy of it is a mark to come back to. */
#ifndef PKR_TEMPLATE_LEXER_H
#define PKR_TEMPLATE_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#include <acg/span.h>

enum pkr_tpl_token_kind {
    PKR_TPL_WRONG = 0, /* why says what is wrong; no token follows */
    PKR_TPL_END_OF_TEXT,
    PKR_TPL_TEXT, /* between actions, already trimmed; not empty */
    PKR_TPL_OPEN,
    PKR_TPL_CLOSE,
    PKR_TPL_SPACE,
    PKR_TPL_ASSIGN,
    PKR_TPL_DECLARE,
    PKR_TPL_BAR,
    PKR_TPL_LEFT,
    PKR_TPL_RIGHT,
    PKR_TPL_SIGN, /* any other printable ASCII character */
    PKR_TPL_DOT,
    PKR_TPL_FIELD,    /* with its dot */
    PKR_TPL_VARIABLE, /* with its dollar sign */
    PKR_TPL_NAME,
    PKR_TPL_BOOLEAN,
    PKR_TPL_NUMBER,
    PKR_TPL_CHARACTER, /* with its quotes, not yet judged; so are the next two */
    PKR_TPL_QUOTED,
    PKR_TPL_RAW,
    PKR_TPL_NIL,
    PKR_TPL_BLOCK,
    PKR_TPL_BREAK,
    PKR_TPL_CONTINUE,
    PKR_TPL_DEFINE,
    PKR_TPL_ELSE,
    PKR_TPL_END,
    PKR_TPL_IF,
    PKR_TPL_RANGE,
    PKR_TPL_TEMPLATE,
    PKR_TPL_WITH
};

struct pkr_tpl_token {
    enum pkr_tpl_token_kind kind;
    struct acg_span text;
    size_t at; /* bytes before it */
    const char *why;
};

struct pkr_tpl_lexer {
    struct acg_span text;
    size_t at;
    unsigned parentheses;
    bool inside; /* of an action */
};

/** @param text borrowed as long as tokens are used. */
struct pkr_tpl_lexer pkr_tpl_lexer(struct acg_span text);
struct pkr_tpl_token pkr_tpl_next(struct pkr_tpl_lexer *lexer);

#endif
