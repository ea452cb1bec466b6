/* SPDX-License-Identifier: MPL-2.0 */
/** The evaluation: statements are walked, pipelines give values, functions are called. All return false when
 *  the evaluation is over: the run has failed, or the text waits for the build and nothing more can be told.
 */
#ifndef PKR_TEMPLATE_EVAL_H
#define PKR_TEMPLATE_EVAL_H

#include "template/functions.h"
#include "template/tree.h"
#include "template/value.h"

struct pkr_tpl_variable {
    struct acg_span name;
    struct pkr_tpl_value value;
};

/** A part of the result: of the template, of the data or in the run's memory. */
struct pkr_tpl_piece {
    struct acg_span text;
    struct pkr_tpl_piece *next;
};

struct pkr_tpl_eval {
    struct pkr_tpl_run *run;
    const struct pkr_template_data *data;
    const struct pkr_tpl_definition *definitions;
    struct pkr_tpl_variable *variables; /* a stack; those below base belong to callers */
    size_t variable_count;
    size_t variable_capacity;
    size_t variable_base;
    struct pkr_tpl_piece *pieces;
    struct pkr_tpl_piece **pieces_end;
    size_t len;     /* of all pieces */
    size_t len_max; /* what the caller's buffer takes */
    bool waits;     /* a value of the build was asked for */
};

/** Walk a template's statements from its beginning, with $ and dot. */
bool pkr_tpl_walk(struct pkr_tpl_eval *ev, const struct pkr_tpl_statement *body,
                  const struct pkr_tpl_value *dot);

bool pkr_tpl_push(struct pkr_tpl_eval *ev, struct acg_span name, const struct pkr_tpl_value *value);
/** The newest of a name; NULL, and the run has failed, when there is none. */
struct pkr_tpl_variable *pkr_tpl_variable(struct pkr_tpl_eval *ev, struct acg_span name);

/** @param out its value; the variables it declares are pushed or set. */
bool pkr_tpl_eval_pipe(struct pkr_tpl_eval *ev, const struct pkr_tpl_value *dot,
                       const struct pkr_tpl_pipe *pipe, struct pkr_tpl_value *out);
/** @param args the operands behind the function's name. @param last what the pipeline hands over; NULL: none.
 */
bool pkr_tpl_eval_call(struct pkr_tpl_eval *ev, const struct pkr_tpl_value *dot,
                       const struct pkr_tpl_function *function, const struct pkr_tpl_operand *args,
                       const struct pkr_tpl_value *last, struct pkr_tpl_value *out);

#endif
