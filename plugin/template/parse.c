/* SPDX-License-Identifier: MPL-2.0 */
/* Statements: text, actions, what they enclose, definitions. */
#include "template/parser.h"

#include "base/span.h"
#include "template/unicode.h"

/** What ended a list of statements. */
enum stop { STOP_END_OF_TEXT, STOP_END, STOP_ELSE, STOP_ELSE_IF, STOP_ELSE_WITH };

static bool list(struct pkr_tpl_parser *p, bool top, struct pkr_tpl_statement **out, enum stop *out_stop);

/* ---- definitions ---- */

static bool is_blank(struct acg_span text)
{
    while (text.len > 0) {
        size_t len = 0;
        if (!pkr_rune_is_space(pkr_rune_decode(text, &len)))
            return false;
        text.data += len;
        text.len -= len;
    }
    return true;
}

static bool is_empty(const struct pkr_tpl_statement *body)
{
    for (; body != NULL; body = body->next)
        if (body->kind != PKR_TPL_SAY_TEXT || !is_blank(body->text))
            return false;
    return true;
}

/* An empty definition gives way to another one of the same name. */
static bool define(struct pkr_tpl_parser *p, struct acg_span name, struct pkr_tpl_statement *body)
{
    struct pkr_tpl_definition *d = p->definitions;

    while (d != NULL && !acgp_span_equal(d->name, name))
        d = d->next;
    if (d == NULL) {
        d = pkr_tpl_alloc(p->run, 1, sizeof *d);
        if (d == NULL)
            return false;
        *d = (struct pkr_tpl_definition){.name = name, .body = body, .next = p->definitions};
        p->definitions = d;
    } else if (is_empty(d->body)) {
        d->body = body;
    } else if (!is_empty(body)) {
        return pkr_tpl_fail_at(p, p->lexer.at, "a template of this name is defined already");
    }
    return true;
}

/* A list of its own: of the variables around it, only $ is there. */
static bool definition_body(struct pkr_tpl_parser *p, struct acg_span name)
{
    struct pkr_tpl_known dollar = {acgp_span("$"), NULL}, *known = p->known;
    struct pkr_tpl_statement *body = NULL;
    unsigned ranges = p->ranges;
    enum stop stop = STOP_END;

    if (!pkr_tpl_enter(p->run))
        return false;
    p->known = &dollar;
    p->ranges = 0;
    bool done = list(p, false, &body, &stop);
    p->known = known;
    p->ranges = ranges;
    pkr_tpl_leave(p->run);
    if (done && stop != STOP_END)
        return pkr_tpl_fail_at(p, p->lexer.at, "{{end}} was expected");
    return done && define(p, name, body);
}

static bool name_of(struct pkr_tpl_parser *p, struct acg_span *out)
{
    struct pkr_tpl_token token = pkr_tpl_take(p);

    if (token.kind != PKR_TPL_QUOTED && token.kind != PKR_TPL_RAW)
        return pkr_tpl_unexpected(p, token, "the name of a template was expected, as a constant");
    return pkr_tpl_constant(p, token, out);
}

static bool expect_close(struct pkr_tpl_parser *p)
{
    struct pkr_tpl_token token = pkr_tpl_take(p);

    return token.kind == PKR_TPL_CLOSE || pkr_tpl_unexpected(p, token, "the end of the action was expected");
}

static bool definition(struct pkr_tpl_parser *p)
{
    struct acg_span name = {NULL, 0};

    return name_of(p, &name) && expect_close(p) && definition_body(p, name);
}

/* ---- actions ---- */

static bool block(struct pkr_tpl_parser *p, struct pkr_tpl_statement *out)
{
    out->kind = PKR_TPL_DO_TEMPLATE;
    return name_of(p, &out->text) && pkr_tpl_pipe(p, PKR_TPL_CLOSE, false, &out->pipe) &&
           definition_body(p, out->text);
}

static bool call_template(struct pkr_tpl_parser *p, struct pkr_tpl_statement *out)
{
    out->kind = PKR_TPL_DO_TEMPLATE;
    if (!name_of(p, &out->text))
        return false;
    if (pkr_tpl_peek(p) == PKR_TPL_CLOSE)
        return expect_close(p);
    return pkr_tpl_pipe(p, PKR_TPL_CLOSE, false, &out->pipe);
}

static bool leave_range(struct pkr_tpl_parser *p, enum pkr_tpl_statement_kind kind,
                        struct pkr_tpl_statement *out)
{
    out->kind = kind;
    if (!expect_close(p))
        return false;
    return p->ranges > 0 || pkr_tpl_fail_at(p, p->lexer.at, "this action may only stand in a range");
}

static bool control(struct pkr_tpl_parser *p, enum pkr_tpl_statement_kind kind,
                    struct pkr_tpl_statement *out);

/* {{else if}} and {{else with}} are a statement of their own that shares the {{end}}. */
static bool chained(struct pkr_tpl_parser *p, enum pkr_tpl_statement_kind kind,
                    struct pkr_tpl_statement **out)
{
    *out = pkr_tpl_alloc(p->run, 1, sizeof **out);
    (void)pkr_tpl_take(p); /* the keyword */
    return *out != NULL && control(p, kind, *out);
}

static bool otherwise(struct pkr_tpl_parser *p, enum stop stop, struct pkr_tpl_statement *out)
{
    if (stop == STOP_END)
        return true;
    if ((stop == STOP_ELSE_IF && out->kind == PKR_TPL_DO_IF) ||
        (stop == STOP_ELSE_WITH && out->kind == PKR_TPL_DO_WITH))
        return chained(p, out->kind, &out->otherwise);
    if (stop != STOP_ELSE)
        return pkr_tpl_fail_at(p, p->lexer.at, "the end of the action was expected");
    if (!list(p, false, &out->otherwise, &stop))
        return false;
    return stop == STOP_END || pkr_tpl_fail_at(p, p->lexer.at, "{{end}} was expected");
}

static bool control_parts(struct pkr_tpl_parser *p, struct pkr_tpl_statement *out)
{
    bool range = out->kind == PKR_TPL_DO_RANGE;
    enum stop stop = STOP_END;

    if (!pkr_tpl_pipe(p, PKR_TPL_CLOSE, range, &out->pipe))
        return false;
    p->ranges += range;
    bool done = list(p, false, &out->body, &stop);
    p->ranges -= range;
    return done && otherwise(p, stop, out);
}

/* If, with or range; the keyword is past. Its variables end with it. */
static bool control(struct pkr_tpl_parser *p, enum pkr_tpl_statement_kind kind, struct pkr_tpl_statement *out)
{
    struct pkr_tpl_known *known = p->known;

    out->kind = kind;
    if (!pkr_tpl_enter(p->run))
        return false;
    bool done = control_parts(p, out);
    pkr_tpl_leave(p->run);
    p->known = known;
    return done;
}

/* {{end}} or {{else}}, whose keyword is past. */
static bool stop_action(struct pkr_tpl_parser *p, bool end, enum stop *out_stop)
{
    enum pkr_tpl_token_kind kind = pkr_tpl_peek(p);

    *out_stop = end ? STOP_END : STOP_ELSE;
    if (!end && (kind == PKR_TPL_IF || kind == PKR_TPL_WITH)) {
        *out_stop = kind == PKR_TPL_IF ? STOP_ELSE_IF : STOP_ELSE_WITH;
        return true;
    }
    return expect_close(p);
}

/* Behind "{{". @param out_stop STOP_END_OF_TEXT: *out is a statement. */
static bool action(struct pkr_tpl_parser *p, struct pkr_tpl_statement *out, enum stop *out_stop)
{
    struct pkr_tpl_lexer mark = p->lexer;

    switch (pkr_tpl_take(p).kind) {
    case PKR_TPL_BLOCK:
        return block(p, out);
    case PKR_TPL_BREAK:
        return leave_range(p, PKR_TPL_DO_BREAK, out);
    case PKR_TPL_CONTINUE:
        return leave_range(p, PKR_TPL_DO_CONTINUE, out);
    case PKR_TPL_ELSE:
        return stop_action(p, false, out_stop);
    case PKR_TPL_END:
        return stop_action(p, true, out_stop);
    case PKR_TPL_IF:
        return control(p, PKR_TPL_DO_IF, out);
    case PKR_TPL_RANGE:
        return control(p, PKR_TPL_DO_RANGE, out);
    case PKR_TPL_TEMPLATE:
        return call_template(p, out);
    case PKR_TPL_WITH:
        return control(p, PKR_TPL_DO_WITH, out);
    default:
        p->lexer = mark;
        out->kind = PKR_TPL_SAY_PIPE;
        return pkr_tpl_pipe(p, PKR_TPL_CLOSE, false, &out->pipe);
    }
}

/* Where a text or an action begins. @param out_done nothing was added: a definition, or the list ended. */
static bool statement(struct pkr_tpl_parser *p, bool top, struct pkr_tpl_statement **out, enum stop *out_stop)
{
    struct pkr_tpl_token token = pkr_tpl_take(p);
    struct pkr_tpl_statement *made = NULL;

    if (token.kind != PKR_TPL_TEXT && token.kind != PKR_TPL_OPEN)
        return pkr_tpl_unexpected(p, token, "the end of the action was expected");
    if (token.kind == PKR_TPL_OPEN && top && pkr_tpl_peek(p) == PKR_TPL_DEFINE) {
        (void)pkr_tpl_take(p);
        return definition(p);
    }
    made = pkr_tpl_alloc(p->run, 1, sizeof *made);
    if (made == NULL)
        return false;
    made->text = token.text;
    if (token.kind == PKR_TPL_OPEN && !action(p, made, out_stop))
        return false;
    if (*out_stop == STOP_END_OF_TEXT)
        *out = made;
    return true;
}

/* @param top whether it is the text itself, which holds definitions and ends with the text. */
static bool list(struct pkr_tpl_parser *p, bool top, struct pkr_tpl_statement **out, enum stop *out_stop)
{
    *out_stop = STOP_END_OF_TEXT;
    while (pkr_tpl_peek(p) != PKR_TPL_END_OF_TEXT) {
        if (!statement(p, top, out, out_stop))
            return false;
        if (*out_stop != STOP_END_OF_TEXT)
            return !top || pkr_tpl_fail_at(p, p->lexer.at, "{{end}} or {{else}} without a beginning");
        if (*out != NULL)
            out = &(*out)->next;
    }
    return top || pkr_tpl_fail_at(p, p->lexer.at, "{{end}} is missing");
}

bool pkr_tpl_parse(struct pkr_tpl_run *run, struct acg_span text, struct pkr_tpl_definition **out)
{
    struct pkr_tpl_known dollar = {acgp_span("$"), NULL};
    struct pkr_tpl_parser p = {.run = run, .lexer = pkr_tpl_lexer(text), .known = &dollar};
    struct pkr_tpl_statement *body = NULL;
    enum stop stop = STOP_END_OF_TEXT;

    if (!list(&p, true, &body, &stop) || !define(&p, acgp_span(PKR_TPL_ROOT), body))
        return false;
    *out = p.definitions;
    return true;
}
