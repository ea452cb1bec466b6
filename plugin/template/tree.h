/* SPDX-License-Identifier: MPL-2.0 */
/** What a template says, as the parser hands it to the evaluation. Everything lies in the run's memory or in
 *  the text of the template. */
#ifndef PKR_TEMPLATE_TREE_H
#define PKR_TEMPLATE_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include <acg/span.h>

#include "template/literal.h"

struct pkr_tpl_function;
struct pkr_tpl_pipe;

/** A link of a chain .first.second: a name without its dot. */
struct pkr_tpl_link {
    struct acg_span name;
    struct pkr_tpl_link *next;
};

enum pkr_tpl_operand_kind {
    PKR_TPL_IS_BOOLEAN,
    PKR_TPL_IS_DOT,
    PKR_TPL_IS_FIELD, /* links, from dot */
    PKR_TPL_IS_FUNCTION,
    PKR_TPL_IS_NIL,
    PKR_TPL_IS_NUMBER,
    PKR_TPL_IS_TEXT,
    PKR_TPL_IS_VARIABLE, /* links may follow */
    PKR_TPL_IS_PIPE,
    PKR_TPL_IS_CHAIN /* links, from a pipe or a function */
};

struct pkr_tpl_operand {
    enum pkr_tpl_operand_kind kind;
    union {
        bool boolean;
        struct pkr_tpl_number number;
        struct acg_span text; /* of a text; of a variable its name with the dollar sign */
        const struct pkr_tpl_function *function;
        struct pkr_tpl_pipe *pipe;
        struct pkr_tpl_operand *inner; /* of a chain */
    } as;
    struct pkr_tpl_link *links;
    struct pkr_tpl_link *last_link;
    struct pkr_tpl_operand *next; /* of the same command */
};

struct pkr_tpl_command {
    struct pkr_tpl_operand *operands; /* never NULL */
    struct pkr_tpl_command *next;
};

struct pkr_tpl_pipe {
    struct acg_span variables[2];
    size_t variable_count;
    bool assign; /* '=': they are there already */
    struct pkr_tpl_command *commands;
};

enum pkr_tpl_statement_kind {
    PKR_TPL_SAY_TEXT,
    PKR_TPL_SAY_PIPE,
    PKR_TPL_DO_IF,
    PKR_TPL_DO_WITH,
    PKR_TPL_DO_RANGE,
    PKR_TPL_DO_TEMPLATE,
    PKR_TPL_DO_BREAK,
    PKR_TPL_DO_CONTINUE
};

struct pkr_tpl_statement {
    enum pkr_tpl_statement_kind kind;
    struct acg_span text; /* of a text; of a template its name */
    struct pkr_tpl_pipe *pipe;
    struct pkr_tpl_statement *body;
    struct pkr_tpl_statement *otherwise;
    struct pkr_tpl_statement *next;
};

struct pkr_tpl_definition {
    struct acg_span name;
    struct pkr_tpl_statement *body;
    struct pkr_tpl_definition *next;
};

#endif
