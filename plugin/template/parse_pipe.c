/* SPDX-License-Identifier: MPL-2.0 */
/* Pipelines: declarations, commands, operands. */
#include "template/parser.h"

#include "base/span.h"
#include "template/functions.h"

struct pkr_tpl_token pkr_tpl_take(struct pkr_tpl_parser *p)
{
    struct pkr_tpl_token token = pkr_tpl_next(&p->lexer);

    while (token.kind == PKR_TPL_SPACE)
        token = pkr_tpl_next(&p->lexer);
    return token;
}

static enum pkr_tpl_token_kind peek_any(const struct pkr_tpl_parser *p)
{
    struct pkr_tpl_lexer copy = p->lexer;

    return pkr_tpl_next(&copy).kind;
}

enum pkr_tpl_token_kind pkr_tpl_peek(struct pkr_tpl_parser *p)
{
    while (peek_any(p) == PKR_TPL_SPACE)
        (void)pkr_tpl_next(&p->lexer);
    return peek_any(p);
}

bool pkr_tpl_fail_at(struct pkr_tpl_parser *p, size_t at, const char *why)
{
    return pkr_tpl_fail(p->run, "the template is wrong at byte %zu: %s", at + 1, why);
}

bool pkr_tpl_unexpected(struct pkr_tpl_parser *p, struct pkr_tpl_token token, const char *what)
{
    return pkr_tpl_fail_at(p, token.at, token.kind == PKR_TPL_WRONG ? token.why : what);
}

bool pkr_tpl_constant(struct pkr_tpl_parser *p, struct pkr_tpl_token token, struct acg_span *out)
{
    const char *why = pkr_tpl_read_text(p->run, token.text, out);

    return why == NULL ? p->run->status == ACG_OK : pkr_tpl_fail_at(p, token.at, why);
}

/* ---- operands ---- */

static bool add_link(struct pkr_tpl_parser *p, struct pkr_tpl_operand *operand, struct pkr_tpl_token field)
{
    struct pkr_tpl_link *link = pkr_tpl_alloc(p->run, 1, sizeof *link);

    if (link == NULL)
        return false;
    link->name = acgp_span_of(field.text.data + 1, field.text.len - 1);
    if (operand->links == NULL)
        operand->links = link;
    else
        operand->last_link->next = link;
    operand->last_link = link;
    return true;
}

static bool use_variable(struct pkr_tpl_parser *p, struct pkr_tpl_token token, struct pkr_tpl_operand *out)
{
    out->kind = PKR_TPL_IS_VARIABLE;
    out->as.text = token.text;
    for (const struct pkr_tpl_known *known = p->known; known != NULL; known = known->next)
        if (acgp_span_equal(known->name, token.text))
            return true;
    return pkr_tpl_fail_at(p, token.at, "this variable is not declared");
}

static bool use_number(struct pkr_tpl_parser *p, struct pkr_tpl_token token, struct pkr_tpl_operand *out)
{
    const char *why = token.kind == PKR_TPL_NUMBER ? pkr_tpl_read_number(token.text, &out->as.number)
                                                   : pkr_tpl_read_character(token.text, &out->as.number);

    out->kind = PKR_TPL_IS_NUMBER;
    return why == NULL || pkr_tpl_fail_at(p, token.at, why);
}

static bool use_function(struct pkr_tpl_parser *p, struct pkr_tpl_token token, struct pkr_tpl_operand *out)
{
    out->kind = PKR_TPL_IS_FUNCTION;
    out->as.function = pkr_tpl_find_function(token.text);
    return out->as.function != NULL ||
           pkr_tpl_fail_at(p, token.at, "there is no function of this name in a plugin's templates");
}

static bool use_parentheses(struct pkr_tpl_parser *p, struct pkr_tpl_operand *out)
{
    out->kind = PKR_TPL_IS_PIPE;
    if (!pkr_tpl_enter(p->run))
        return false;
    bool done = pkr_tpl_pipe(p, PKR_TPL_RIGHT, false, &out->as.pipe);
    pkr_tpl_leave(p->run);
    return done;
}

/* The token begins an operand. */
static bool term(struct pkr_tpl_parser *p, struct pkr_tpl_token token, struct pkr_tpl_operand *out)
{
    switch (token.kind) {
    case PKR_TPL_NAME:
        return use_function(p, token, out);
    case PKR_TPL_DOT:
        out->kind = PKR_TPL_IS_DOT;
        return true;
    case PKR_TPL_NIL:
        out->kind = PKR_TPL_IS_NIL;
        return true;
    case PKR_TPL_VARIABLE:
        return use_variable(p, token, out);
    case PKR_TPL_FIELD:
        out->kind = PKR_TPL_IS_FIELD;
        return add_link(p, out, token);
    case PKR_TPL_BOOLEAN:
        out->kind = PKR_TPL_IS_BOOLEAN;
        out->as.boolean = token.text.data[0] == 't';
        return true;
    case PKR_TPL_NUMBER:
    case PKR_TPL_CHARACTER:
        return use_number(p, token, out);
    case PKR_TPL_LEFT:
        return use_parentheses(p, out);
    default:
        out->kind = PKR_TPL_IS_TEXT;
        return pkr_tpl_constant(p, token, &out->as.text);
    }
}

static bool begins_operand(enum pkr_tpl_token_kind kind)
{
    switch (kind) {
    case PKR_TPL_NAME:
    case PKR_TPL_DOT:
    case PKR_TPL_NIL:
    case PKR_TPL_VARIABLE:
    case PKR_TPL_FIELD:
    case PKR_TPL_BOOLEAN:
    case PKR_TPL_NUMBER:
    case PKR_TPL_CHARACTER:
    case PKR_TPL_LEFT:
    case PKR_TPL_QUOTED:
    case PKR_TPL_RAW:
        return true;
    default:
        return false;
    }
}

/* Fields may follow what can have some: a pipe or a function becomes the inside of a chain. */
static bool make_chain(struct pkr_tpl_parser *p, struct pkr_tpl_operand *operand)
{
    struct pkr_tpl_operand *inner = NULL;

    if (operand->kind == PKR_TPL_IS_FIELD || operand->kind == PKR_TPL_IS_VARIABLE ||
        operand->kind == PKR_TPL_IS_CHAIN)
        return true;
    if (operand->kind != PKR_TPL_IS_PIPE && operand->kind != PKR_TPL_IS_FUNCTION)
        return pkr_tpl_fail_at(p, p->lexer.at, "a constant has no fields");
    inner = pkr_tpl_alloc(p->run, 1, sizeof *inner);
    if (inner == NULL)
        return false;
    *inner = *operand;
    operand->kind = PKR_TPL_IS_CHAIN;
    operand->as.inner = inner;
    return true;
}

/* @param out NULL when something else stands here. */
static bool operand(struct pkr_tpl_parser *p, struct pkr_tpl_operand **out)
{
    struct pkr_tpl_operand *made = NULL;

    *out = NULL;
    if (!begins_operand(pkr_tpl_peek(p)))
        return true;
    made = pkr_tpl_alloc(p->run, 1, sizeof *made);
    if (made == NULL || !term(p, pkr_tpl_take(p), made))
        return false;
    while (peek_any(p) == PKR_TPL_FIELD)
        if (!make_chain(p, made) || !add_link(p, made, pkr_tpl_next(&p->lexer)))
            return false;
    *out = made;
    return true;
}

/* ---- commands ---- */

/* Behind an operand. @param out_more whether another one may follow. */
static bool separator(struct pkr_tpl_parser *p, bool *out_more)
{
    struct pkr_tpl_lexer mark = p->lexer;
    struct pkr_tpl_token token = pkr_tpl_next(&p->lexer);

    *out_more = token.kind == PKR_TPL_SPACE;
    if (token.kind == PKR_TPL_CLOSE || token.kind == PKR_TPL_RIGHT)
        p->lexer = mark;
    else if (token.kind != PKR_TPL_BAR && token.kind != PKR_TPL_SPACE)
        return pkr_tpl_unexpected(p, token, "a space, '|' or the end of the action was expected");
    return true;
}

static bool command(struct pkr_tpl_parser *p, struct pkr_tpl_command **out)
{
    struct pkr_tpl_command *made = pkr_tpl_alloc(p->run, 1, sizeof *made);
    struct pkr_tpl_operand **end = made != NULL ? &made->operands : NULL;
    bool more = true;

    if (made == NULL)
        return false;
    while (more) {
        if (!operand(p, end) || !separator(p, &more))
            return false;
        if (*end != NULL)
            end = &(*end)->next;
    }
    if (made->operands == NULL)
        return pkr_tpl_fail_at(p, p->lexer.at, "a command is empty");
    *out = made;
    return true;
}

/* ---- pipelines ---- */

static bool declare(struct pkr_tpl_parser *p, struct pkr_tpl_pipe *pipe, struct acg_span name)
{
    struct pkr_tpl_known *known = pkr_tpl_alloc(p->run, 1, sizeof *known);

    if (known == NULL)
        return false;
    known->name = name;
    known->next = p->known;
    p->known = known;
    pipe->variables[pipe->variable_count++] = name;
    return true;
}

/* Behind "$name,": a second variable of a range may follow. */
static bool check_second(struct pkr_tpl_parser *p, const struct pkr_tpl_pipe *pipe, bool range)
{
    enum pkr_tpl_token_kind kind = pkr_tpl_peek(p);

    if (!range || pipe->variable_count == 2)
        return pkr_tpl_fail_at(p, p->lexer.at, "too many variables are declared");
    if (kind != PKR_TPL_VARIABLE && kind != PKR_TPL_CLOSE && kind != PKR_TPL_RIGHT)
        return pkr_tpl_fail_at(p, p->lexer.at, "a variable was expected");
    return true;
}

static bool declarations(struct pkr_tpl_parser *p, struct pkr_tpl_pipe *pipe, bool range)
{
    while (pkr_tpl_peek(p) == PKR_TPL_VARIABLE) {
        struct pkr_tpl_lexer mark = p->lexer;
        struct acg_span name = pkr_tpl_take(p).text;
        struct pkr_tpl_token token = pkr_tpl_take(p);
        bool last = token.kind == PKR_TPL_ASSIGN || token.kind == PKR_TPL_DECLARE;
        if (!last && (token.kind != PKR_TPL_SIGN || token.text.data[0] != ',')) {
            p->lexer = mark;
            return true;
        }
        if (!declare(p, pipe, name))
            return false;
        pipe->assign = token.kind == PKR_TPL_ASSIGN;
        if (last || !check_second(p, pipe, range))
            return last;
    }
    return true;
}

/* Only the first command may be a plain value: the others are given one. */
static bool check_commands(struct pkr_tpl_parser *p, const struct pkr_tpl_pipe *pipe)
{
    if (pipe->commands == NULL)
        return pkr_tpl_fail_at(p, p->lexer.at, "a value is missing");
    for (const struct pkr_tpl_command *c = pipe->commands->next; c != NULL; c = c->next)
        switch (c->operands->kind) {
        case PKR_TPL_IS_BOOLEAN:
        case PKR_TPL_IS_DOT:
        case PKR_TPL_IS_NIL:
        case PKR_TPL_IS_NUMBER:
        case PKR_TPL_IS_TEXT:
            return pkr_tpl_fail_at(p, p->lexer.at, "behind a '|' a function was expected");
        default:
            break;
        }
    return true;
}

bool pkr_tpl_pipe(struct pkr_tpl_parser *p, enum pkr_tpl_token_kind end, bool range,
                  struct pkr_tpl_pipe **out)
{
    struct pkr_tpl_pipe *pipe = pkr_tpl_alloc(p->run, 1, sizeof *pipe);
    struct pkr_tpl_command **next = pipe != NULL ? &pipe->commands : NULL;

    if (pipe == NULL || !declarations(p, pipe, range))
        return false;
    while (pkr_tpl_peek(p) != end) {
        if (!begins_operand(pkr_tpl_peek(p)))
            return pkr_tpl_unexpected(p, pkr_tpl_take(p), "a value or the end of the action was expected");
        if (!command(p, next))
            return false;
        next = &(*next)->next;
    }
    (void)pkr_tpl_take(p);
    *out = pipe;
    return check_commands(p, pipe);
}
