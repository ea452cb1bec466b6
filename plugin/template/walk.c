/* SPDX-License-Identifier: MPL-2.0 */
/* Statements. */
#include "base/span.h"
#include "template/eval.h"
#include "template/format.h"

/** How a list of statements ended. */
enum flow {
    FLOW_NEXT,
    FLOW_BREAK,
    FLOW_CONTINUE,
    FLOW_STOP /* the evaluation is over */
};

static enum flow walk(struct pkr_tpl_eval *ev, const struct pkr_tpl_statement *list,
                      const struct pkr_tpl_value *dot);

/* ---- what is said ---- */

static bool say(struct pkr_tpl_eval *ev, struct acg_span text)
{
    struct pkr_tpl_piece *piece = NULL;

    if (text.len == 0)
        return true;
    if (text.len > ev->len_max - ev->len)
        return pkr_tpl_fail_limit(ev->run, "gives a text that is too long");
    piece = pkr_tpl_alloc(ev->run, 1, sizeof *piece);
    if (piece == NULL)
        return false;
    piece->text = text;
    *ev->pieces_end = piece;
    ev->pieces_end = &piece->next;
    ev->len += text.len;
    return true;
}

static bool say_value(struct pkr_tpl_eval *ev, const struct pkr_tpl_value *v)
{
    struct pkr_tpl_text text = pkr_tpl_text(ev->run);

    if (pkr_tpl_waits(v)) {
        ev->waits = true;
        return true;
    }
    if (v->kind == PKR_TPL_STRING)
        return say(ev, v->as.text);
    if (pkr_tpl_is_nil(v))
        return say(ev, acgp_span("<no value>"));
    return pkr_tpl_print(&text, v, 1) && say(ev, pkr_tpl_text_view(&text));
}

static enum flow say_pipe(struct pkr_tpl_eval *ev, const struct pkr_tpl_pipe *pipe,
                          const struct pkr_tpl_value *dot)
{
    struct pkr_tpl_value value;

    if (!pkr_tpl_eval_pipe(ev, dot, pipe, &value))
        return FLOW_STOP;
    return pipe->variable_count > 0 || say_value(ev, &value) ? FLOW_NEXT : FLOW_STOP;
}

/* ---- what decides; a value that waits ends the evaluation: both ways are open ---- */

static bool decides(struct pkr_tpl_eval *ev, const struct pkr_tpl_value *v)
{
    if (pkr_tpl_waits(v))
        ev->waits = true;
    return !pkr_tpl_waits(v);
}

static enum flow walk_if(struct pkr_tpl_eval *ev, const struct pkr_tpl_statement *s,
                         const struct pkr_tpl_value *dot)
{
    struct pkr_tpl_value value;

    if (!pkr_tpl_eval_pipe(ev, dot, s->pipe, &value) || !decides(ev, &value))
        return FLOW_STOP;
    if (!pkr_tpl_truth(&value))
        return walk(ev, s->otherwise, dot);
    return walk(ev, s->body, s->kind == PKR_TPL_DO_WITH ? &value : dot);
}

/* ---- ranges ---- */

/* What a range goes over; a list of pairs. */
struct round {
    struct pkr_tpl_value key; /* nothing: a range over a number has none */
    struct pkr_tpl_value item;
};

static bool set_variables(struct pkr_tpl_eval *ev, const struct pkr_tpl_pipe *pipe, const struct round *round)
{
    size_t count = pipe->variable_count;

    for (size_t i = 0; i < count; i++) {
        const struct pkr_tpl_value *value = count == 2 && i == 0 ? &round->key : &round->item;
        struct pkr_tpl_variable *v = pipe->assign ? pkr_tpl_variable(ev, pipe->variables[i])
                                                  : &ev->variables[ev->variable_count - count + i];
        if (v == NULL)
            return false;
        v->value = *value;
    }
    return true;
}

static enum flow walk_round(struct pkr_tpl_eval *ev, const struct pkr_tpl_statement *s,
                            const struct round *round)
{
    size_t count = ev->variable_count;

    if (!pkr_tpl_steps(ev->run, 1) || !set_variables(ev, s->pipe, round))
        return FLOW_STOP;
    enum flow flow = walk(ev, s->body, &round->item);
    ev->variable_count = count;
    return flow == FLOW_CONTINUE ? FLOW_NEXT : flow;
}

static enum flow walk_numbers(struct pkr_tpl_eval *ev, const struct pkr_tpl_statement *s,
                              const struct pkr_tpl_value *value)
{
    enum flow flow = FLOW_NEXT;

    for (int64_t i = 0; i < value->as.number && flow == FLOW_NEXT; i++) {
        struct round round = {.item = *value};
        round.item.as.number = i;
        flow = walk_round(ev, s, &round);
    }
    return flow;
}

static enum flow walk_list(struct pkr_tpl_eval *ev, const struct pkr_tpl_statement *s,
                           const struct pkr_tpl_value *value)
{
    enum flow flow = FLOW_NEXT;

    for (size_t i = 0; i < value->as.list.count && flow == FLOW_NEXT; i++) {
        struct round round = {pkr_tpl_int((int64_t)i), pkr_tpl_of(&value->as.list.items[i])};
        flow = walk_round(ev, s, &round);
    }
    return flow;
}

static enum flow walk_map(struct pkr_tpl_eval *ev, const struct pkr_tpl_statement *s,
                          const struct pkr_tpl_value *value)
{
    const struct pkr_template_entry **sorted = NULL;
    enum flow flow = FLOW_NEXT;
    size_t count = 0;

    if (!pkr_tpl_sorted(ev->run, value, &sorted, &count))
        return FLOW_STOP;
    for (size_t i = 0; i < count && flow == FLOW_NEXT; i++) {
        struct round round = {pkr_tpl_string(sorted[i]->key), pkr_tpl_of(&sorted[i]->value)};
        flow = walk_round(ev, s, &round);
    }
    return flow;
}

static enum flow walk_rounds(struct pkr_tpl_eval *ev, const struct pkr_tpl_statement *s,
                             const struct pkr_tpl_value *value, const struct pkr_tpl_value *dot)
{
    switch (value->kind) {
    case PKR_TPL_INT:
    case PKR_TPL_BYTE:
        if (s->pipe->variable_count > 1) {
            (void)pkr_tpl_fail(ev->run, "a range of the template over a number takes one variable");
            return FLOW_STOP;
        }
        return value->as.number > 0 ? walk_numbers(ev, s, value) : walk(ev, s->otherwise, dot);
    case PKR_TPL_LIST:
        return value->as.list.count > 0 ? walk_list(ev, s, value) : walk(ev, s->otherwise, dot);
    case PKR_TPL_MAP:
        return value->as.map.count > 0 ? walk_map(ev, s, value) : walk(ev, s->otherwise, dot);
    case PKR_TPL_NOTHING:
        return walk(ev, s->otherwise, dot);
    default:
        (void)pkr_tpl_fail(ev->run, "a range of the template cannot go over a value of type %s",
                           pkr_tpl_type(value));
        return FLOW_STOP;
    }
}

static enum flow walk_range(struct pkr_tpl_eval *ev, const struct pkr_tpl_statement *s,
                            const struct pkr_tpl_value *dot)
{
    struct pkr_tpl_value value;

    if (!pkr_tpl_eval_pipe(ev, dot, s->pipe, &value) || !decides(ev, &value))
        return FLOW_STOP;
    enum flow flow = walk_rounds(ev, s, &value, dot);
    return flow == FLOW_BREAK ? FLOW_NEXT : flow;
}

/* ---- templates ---- */

/* A template sees no variable of its caller. */
static enum flow walk_template(struct pkr_tpl_eval *ev, const struct pkr_tpl_statement *s,
                               const struct pkr_tpl_value *dot)
{
    const struct pkr_tpl_definition *d = ev->definitions;
    struct pkr_tpl_value value = {.kind = PKR_TPL_NOTHING};
    size_t base = ev->variable_base, count = 0, names = 0;

    for (; d != NULL && !acgp_span_equal(d->name, s->text); d = d->next)
        names++;
    if (!pkr_tpl_steps(ev->run, names / PKR_TPL_NAMES_A_STEP))
        return FLOW_STOP;
    if (d == NULL) {
        (void)pkr_tpl_fail(ev->run, "the template calls a template that is not defined");
        return FLOW_STOP;
    }
    if (s->pipe != NULL && !pkr_tpl_eval_pipe(ev, dot, s->pipe, &value))
        return FLOW_STOP;
    count = ev->variable_count;
    ev->variable_base = count;
    bool done = pkr_tpl_walk(ev, d->body, &value);
    ev->variable_base = base;
    ev->variable_count = count;
    return done ? FLOW_NEXT : FLOW_STOP;
}

/* ---- statements ---- */

static enum flow walk_one(struct pkr_tpl_eval *ev, const struct pkr_tpl_statement *s,
                          const struct pkr_tpl_value *dot)
{
    switch (s->kind) {
    case PKR_TPL_SAY_TEXT:
        return say(ev, s->text) ? FLOW_NEXT : FLOW_STOP;
    case PKR_TPL_SAY_PIPE:
        return say_pipe(ev, s->pipe, dot);
    case PKR_TPL_DO_IF:
    case PKR_TPL_DO_WITH:
        return walk_if(ev, s, dot);
    case PKR_TPL_DO_RANGE:
        return walk_range(ev, s, dot);
    case PKR_TPL_DO_TEMPLATE:
        return walk_template(ev, s, dot);
    case PKR_TPL_DO_BREAK:
        return FLOW_BREAK;
    case PKR_TPL_DO_CONTINUE:
        return FLOW_CONTINUE;
    }
    return FLOW_NEXT;
}

/* The variables of an if, a with or a range end with it. */
static enum flow walk_and_forget(struct pkr_tpl_eval *ev, const struct pkr_tpl_statement *s,
                                 const struct pkr_tpl_value *dot)
{
    size_t count = ev->variable_count;
    enum flow flow = walk_one(ev, s, dot);

    if (s->kind == PKR_TPL_DO_IF || s->kind == PKR_TPL_DO_WITH || s->kind == PKR_TPL_DO_RANGE)
        ev->variable_count = count;
    return flow;
}

static enum flow walk(struct pkr_tpl_eval *ev, const struct pkr_tpl_statement *list,
                      const struct pkr_tpl_value *dot)
{
    enum flow flow = FLOW_NEXT;

    if (!pkr_tpl_enter(ev->run))
        return FLOW_STOP;
    for (; list != NULL && flow == FLOW_NEXT; list = list->next)
        flow = pkr_tpl_steps(ev->run, 1) ? walk_and_forget(ev, list, dot) : FLOW_STOP;
    pkr_tpl_leave(ev->run);
    return flow;
}

bool pkr_tpl_walk(struct pkr_tpl_eval *ev, const struct pkr_tpl_statement *body,
                  const struct pkr_tpl_value *dot)
{
    return pkr_tpl_push(ev, acgp_span("$"), dot) && walk(ev, body, dot) != FLOW_STOP;
}
