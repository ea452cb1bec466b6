/* SPDX-License-Identifier: MPL-2.0 */
/* Pipelines, commands, fields, calls. */
#include "template/eval.h"

#include <string.h>

#include "base/span.h"

/** Calls with more arguments take memory of the run. */
#define ARGS_ON_STACK 6u
/** Deep enough for any template; each costs some dozen bytes. */
#define VARIABLES_MAX ((size_t)64 * 1024)

/* ---- variables ---- */

bool pkr_tpl_push(struct pkr_tpl_eval *ev, struct acg_span name, const struct pkr_tpl_value *value)
{
    if (ev->variable_count == ev->variable_capacity) {
        size_t capacity = ev->variable_capacity == 0 ? 8 : ev->variable_capacity * 2;
        struct pkr_tpl_variable *more = NULL;
        if (capacity > VARIABLES_MAX)
            return pkr_tpl_fail_limit(ev->run, "declares too many variables");
        more = pkr_tpl_alloc(ev->run, capacity, sizeof *more);
        if (more == NULL)
            return false;
        if (ev->variable_count > 0)
            memcpy(more, ev->variables, ev->variable_count * sizeof *more);
        ev->variables = more;
        ev->variable_capacity = capacity;
    }
    ev->variables[ev->variable_count++] = (struct pkr_tpl_variable){name, *value};
    return true;
}

struct pkr_tpl_variable *pkr_tpl_variable(struct pkr_tpl_eval *ev, struct acg_span name)
{
    if (!pkr_tpl_steps(ev->run, (ev->variable_count - ev->variable_base) / PKR_TPL_NAMES_A_STEP))
        return NULL;
    for (size_t i = ev->variable_count; i-- > ev->variable_base;)
        if (acgp_span_equal(ev->variables[i].name, name))
            return &ev->variables[i];
    (void)pkr_tpl_fail(ev->run, "the template uses a variable that is not declared there");
    return NULL;
}

static bool keep_variables(struct pkr_tpl_eval *ev, const struct pkr_tpl_pipe *pipe,
                           const struct pkr_tpl_value *value)
{
    for (size_t i = 0; i < pipe->variable_count; i++) {
        if (!pipe->assign) {
            if (!pkr_tpl_push(ev, pipe->variables[i], value))
                return false;
            continue;
        }
        struct pkr_tpl_variable *v = pkr_tpl_variable(ev, pipe->variables[i]);
        if (v == NULL)
            return false;
        v->value = *value;
    }
    return true;
}

/* ---- fields ---- */

/* Not known before the build; with it the whole text waits. */
static bool wait_for_build(struct pkr_tpl_eval *ev, struct pkr_tpl_value *out)
{
    ev->waits = true;
    *out = (struct pkr_tpl_value){.kind = PKR_TPL_LATER};
    return true;
}

static bool get_field(struct pkr_tpl_eval *ev, const struct pkr_tpl_value *map, struct acg_span name,
                      struct pkr_tpl_value *out)
{
    const struct pkr_template_value *found = NULL;

    if (!pkr_tpl_get(ev->run, map, name, &found))
        return false;
    if (found != NULL && map->kind == PKR_TPL_KEYS && found->kind == PKR_TEMPLATE_NIL)
        return wait_for_build(ev, out);
    *out = found != NULL ? pkr_tpl_of(found) : (struct pkr_tpl_value){.kind = PKR_TPL_NOTHING};
    return true;
}

/* @param given whether arguments are handed to the field. */
static bool field(struct pkr_tpl_eval *ev, struct pkr_tpl_value from, struct acg_span name, bool given,
                  struct pkr_tpl_value *out)
{
    switch (from.kind) {
    case PKR_TPL_NOTHING:
    case PKR_TPL_LATER:
        *out = from;
        return true;
    case PKR_TPL_NULL:
        return pkr_tpl_fail(ev->run, "the template asks for a field of nil");
    case PKR_TPL_MAP:
    case PKR_TPL_KEYS:
        if (given)
            return pkr_tpl_fail(ev->run, "the template gives arguments to a field, which is no function");
        return get_field(ev, &from, name, out);
    default:
        return pkr_tpl_fail(ev->run, "the template asks for a field of a value of type %s, which has none",
                            pkr_tpl_type(&from));
    }
}

/* Arguments are for the last link. */
static bool follow(struct pkr_tpl_eval *ev, struct pkr_tpl_value from, const struct pkr_tpl_link *links,
                   bool given, struct pkr_tpl_value *out)
{
    for (; links != NULL; links = links->next)
        if (!field(ev, from, links->name, given && links->next == NULL, &from))
            return false;
    *out = from;
    return true;
}

/* ---- operands ---- */

static bool eval_number(struct pkr_tpl_eval *ev, const struct pkr_tpl_number *number,
                        struct pkr_tpl_value *out)
{
    if (number->looks_real)
        *out = (struct pkr_tpl_value){.kind = PKR_TPL_FLOAT, .as.real = number->real};
    else if (number->is_int)
        *out = pkr_tpl_int(number->integer);
    else
        return pkr_tpl_fail(ev->run, "a number of the template is too large");
    return true;
}

/* Its value without arguments; nil comes out as nothing. */
static bool eval_operand(struct pkr_tpl_eval *ev, const struct pkr_tpl_value *dot,
                         const struct pkr_tpl_operand *operand, bool given, struct pkr_tpl_value *out)
{
    struct pkr_tpl_value from = {.kind = PKR_TPL_NOTHING};

    switch (operand->kind) {
    case PKR_TPL_IS_BOOLEAN:
        *out = pkr_tpl_bool(operand->as.boolean);
        return true;
    case PKR_TPL_IS_DOT:
        *out = *dot;
        return true;
    case PKR_TPL_IS_FIELD:
        return follow(ev, *dot, operand->links, given, out);
    case PKR_TPL_IS_FUNCTION:
        return pkr_tpl_eval_call(ev, dot, operand->as.function, NULL, NULL, out);
    case PKR_TPL_IS_NUMBER:
        return eval_number(ev, &operand->as.number, out);
    case PKR_TPL_IS_TEXT:
        *out = pkr_tpl_string(operand->as.text);
        return true;
    case PKR_TPL_IS_VARIABLE: {
        const struct pkr_tpl_variable *v = pkr_tpl_variable(ev, operand->as.text);
        return v != NULL && follow(ev, v->value, operand->links, given, out);
    }
    case PKR_TPL_IS_PIPE:
        return pkr_tpl_eval_pipe(ev, dot, operand->as.pipe, out);
    case PKR_TPL_IS_CHAIN:
        return eval_operand(ev, dot, operand->as.inner, false, &from) &&
               follow(ev, from, operand->links, given, out);
    case PKR_TPL_IS_NIL:
        break;
    }
    *out = from;
    return true;
}

static bool fits(const struct pkr_tpl_value *v, char param)
{
    if (param == 'v' || v->kind == PKR_TPL_LATER)
        return true;
    return v->kind == (param == 's' ? PKR_TPL_STRING : PKR_TPL_INT);
}

static bool check(struct pkr_tpl_eval *ev, const struct pkr_tpl_function *function,
                  const struct pkr_tpl_value *v, char param)
{
    return fits(v, param) ||
           pkr_tpl_fail(ev->run, "the template's function %s wants %s, but is given %s", function->name,
                        param == 's' ? "a text" : "a whole number", pkr_tpl_type(v));
}

/* ---- calls ---- */

static bool eval_arg(struct pkr_tpl_eval *ev, const struct pkr_tpl_value *dot,
                     const struct pkr_tpl_function *function, const struct pkr_tpl_operand *operand,
                     char param, struct pkr_tpl_value *out)
{
    if (operand->kind == PKR_TPL_IS_NUMBER && param == 'i' && operand->as.number.is_int) {
        *out = pkr_tpl_int(operand->as.number.integer);
        return true;
    }
    return eval_operand(ev, dot, operand, false, out) && check(ev, function, out, param);
}

/* The letter of parameter i; '\0' behind the last. */
static char param_at(const struct pkr_tpl_function *function, size_t i)
{
    const char *star = strchr(function->params, '*');
    size_t count = strlen(function->params);

    if (star != NULL && i + 2 >= count)
        return star[-1];
    return i < count ? function->params[i] : '\0';
}

static bool check_count(struct pkr_tpl_eval *ev, const struct pkr_tpl_function *function, size_t count)
{
    size_t params = strlen(function->params);
    bool open = strchr(function->params, '*') != NULL;

    if (open ? count + 2 >= params : count == params)
        return true;
    return pkr_tpl_fail(ev->run, "the template's function %s has %zu arguments, but takes %s%zu",
                        function->name, count, open ? "at least " : "", open ? params - 2 : params);
}

/* The first argument that decides, or the last one; the rest is not evaluated. */
static bool decide(struct pkr_tpl_eval *ev, const struct pkr_tpl_value *dot,
                   const struct pkr_tpl_function *function, const struct pkr_tpl_operand *args,
                   const struct pkr_tpl_value *last, struct pkr_tpl_value *out)
{
    bool wanted = function->way == PKR_TPL_OR;

    for (; args != NULL; args = args->next) {
        if (!eval_arg(ev, dot, function, args, 'v', out))
            return false;
        if (pkr_tpl_waits(out))
            return wait_for_build(ev, out);
        if (pkr_tpl_truth(out) == wanted)
            return true;
    }
    if (last != NULL)
        *out = *last;
    return true;
}

static size_t bytes_of(const struct pkr_tpl_value *args, size_t count)
{
    size_t bytes = 0;

    for (size_t i = 0; i < count; i++)
        bytes += args[i].kind == PKR_TPL_STRING ? args[i].as.text.len : 0;
    return bytes;
}

static bool run_function(struct pkr_tpl_eval *ev, const struct pkr_tpl_function *function,
                         const struct pkr_tpl_value *args, size_t count, struct pkr_tpl_value *out)
{
    struct pkr_tpl_call call = {ev->run, ev->data, function, args, count, out};

    for (size_t i = 0; i < count && function->way == PKR_TPL_STRICT; i++)
        if (pkr_tpl_waits(&args[i]))
            return wait_for_build(ev, out);
    if (!pkr_tpl_look(ev->run, bytes_of(args, count)) || !function->run(&call))
        return false;
    return !pkr_tpl_waits(out) || wait_for_build(ev, out);
}

static bool eval_args(struct pkr_tpl_eval *ev, const struct pkr_tpl_value *dot,
                      const struct pkr_tpl_function *function, const struct pkr_tpl_operand *args,
                      const struct pkr_tpl_value *last, struct pkr_tpl_value *out)
{
    size_t i = 0;

    for (; args != NULL; args = args->next, i++)
        if (!eval_arg(ev, dot, function, args, param_at(function, i), &out[i]))
            return false;
    if (last == NULL)
        return true;
    out[i] = *last;
    return check(ev, function, last, param_at(function, i));
}

bool pkr_tpl_eval_call(struct pkr_tpl_eval *ev, const struct pkr_tpl_value *dot,
                       const struct pkr_tpl_function *function, const struct pkr_tpl_operand *args,
                       const struct pkr_tpl_value *last, struct pkr_tpl_value *out)
{
    struct pkr_tpl_value few[ARGS_ON_STACK], *values = few;
    size_t count = last != NULL;

    for (const struct pkr_tpl_operand *a = args; a != NULL; a = a->next)
        count++;
    if (!pkr_tpl_steps(ev->run, 1) || !check_count(ev, function, count))
        return false;
    if (function->way == PKR_TPL_AND || function->way == PKR_TPL_OR)
        return decide(ev, dot, function, args, last, out);
    if (count > ARGS_ON_STACK) {
        values = pkr_tpl_alloc(ev->run, count, sizeof *values);
        if (values == NULL)
            return false;
    }
    return eval_args(ev, dot, function, args, last, values) && run_function(ev, function, values, count, out);
}

/* ---- commands and pipelines ---- */

static bool eval_command(struct pkr_tpl_eval *ev, const struct pkr_tpl_value *dot,
                         const struct pkr_tpl_command *command, const struct pkr_tpl_value *last,
                         struct pkr_tpl_value *out)
{
    const struct pkr_tpl_operand *first = command->operands;
    bool given = first->next != NULL || last != NULL;

    if (first->kind == PKR_TPL_IS_FUNCTION)
        return pkr_tpl_eval_call(ev, dot, first->as.function, first->next, last, out);
    if (first->kind == PKR_TPL_IS_NIL)
        return pkr_tpl_fail(ev->run, "the template uses nil where a value was expected");
    if (given && first->links == NULL)
        return pkr_tpl_fail(ev->run, "the template gives arguments to something that is no function");
    return eval_operand(ev, dot, first, given, out);
}

bool pkr_tpl_eval_pipe(struct pkr_tpl_eval *ev, const struct pkr_tpl_value *dot,
                       const struct pkr_tpl_pipe *pipe, struct pkr_tpl_value *out)
{
    struct pkr_tpl_value value = {.kind = PKR_TPL_NOTHING}, last = value;

    if (!pkr_tpl_steps(ev->run, 1))
        return false;
    for (const struct pkr_tpl_command *c = pipe->commands; c != NULL; c = c->next) {
        if (!eval_command(ev, dot, c, c == pipe->commands ? NULL : &last, &value))
            return false;
        if (value.kind == PKR_TPL_NULL)
            value.kind = PKR_TPL_NOTHING;
        last = value;
    }
    if (!keep_variables(ev, pipe, &value))
        return false;
    *out = value;
    return true;
}
