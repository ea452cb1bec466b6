/* SPDX-License-Identifier: MPL-2.0 */
#include "template/lexer.h"

#include <string.h>

#include "base/span.h"
#include "template/unicode.h"

/** What peek answers at the end of the text: no character. */
#define NO_RUNE UINT32_MAX

struct pkr_tpl_lexer pkr_tpl_lexer(struct acg_span text)
{
    return (struct pkr_tpl_lexer){.text = text.len > 0 ? text : acgp_span("")};
}

static struct acg_span rest(const struct pkr_tpl_lexer *l)
{
    return (struct acg_span){l->text.data + l->at, l->text.len - l->at};
}

static bool starts(struct acg_span text, const char *word)
{
    size_t len = strlen(word);

    return text.len >= len && memcmp(text.data, word, len) == 0;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static uint32_t peek(const struct pkr_tpl_lexer *l)
{
    size_t len = 0;

    return l->at < l->text.len ? pkr_rune_decode(rest(l), &len) : NO_RUNE;
}

static void skip(struct pkr_tpl_lexer *l)
{
    if (l->at < l->text.len)
        l->at += pkr_rune_len(rest(l));
}

static bool accept(struct pkr_tpl_lexer *l, const char *set)
{
    if (l->at == l->text.len || l->text.data[l->at] == '\0' || strchr(set, l->text.data[l->at]) == NULL)
        return false;
    l->at++;
    return true;
}

static void accept_run(struct pkr_tpl_lexer *l, const char *set)
{
    while (accept(l, set))
        continue;
}

static struct pkr_tpl_token token(const struct pkr_tpl_lexer *l, enum pkr_tpl_token_kind kind, size_t from)
{
    return (struct pkr_tpl_token){.kind = kind, .text = {l->text.data + from, l->at - from}, .at = from};
}

static struct pkr_tpl_token wrong(struct pkr_tpl_lexer *l, size_t at, const char *why)
{
    l->at = l->text.len;
    l->inside = false;
    return (struct pkr_tpl_token){.kind = PKR_TPL_WRONG, .at = at, .why = why};
}

/* Bytes up to the first word; all of them when there is none. */
static size_t find(struct acg_span text, const char *word, bool *out_found)
{
    size_t len = strlen(word);

    *out_found = true;
    for (size_t i = 0; i + len <= text.len; i++) {
        const char *hit = memchr(text.data + i, word[0], text.len - i);
        if (hit == NULL)
            break;
        i = (size_t)(hit - text.data);
        if (starts((struct acg_span){hit, text.len - i}, word))
            return i;
    }
    *out_found = false;
    return text.len;
}

/* At the end of an action, with a trim mark or without. */
static bool at_close(const struct pkr_tpl_lexer *l, bool *out_trim)
{
    struct acg_span text = rest(l);

    *out_trim = text.len >= 4 && is_space(text.data[0]) && starts(acgp_span_of(text.data + 1, 3), "-}}");
    return *out_trim || starts(text, "}}");
}

static void skip_close(struct pkr_tpl_lexer *l, bool trim)
{
    l->at += trim ? 4 : 2;
    while (trim && l->at < l->text.len && is_space(l->text.data[l->at]))
        l->at++;
}

static bool has_trim_mark(struct acg_span after_open)
{
    return after_open.len >= 2 && after_open.data[0] == '-' && is_space(after_open.data[1]);
}

/* ---- between actions ---- */

/* The lexer stands on the comment mark. */
static bool skip_comment(struct pkr_tpl_lexer *l, const char **out_why)
{
    bool found = false, trim = false;

    l->at += 2;
    l->at += find(rest(l), "*/", &found);
    if (!found) {
        *out_why = "a comment is not closed";
        return false;
    }
    l->at += 2;
    if (!at_close(l, &trim)) {
        *out_why = "an action with a comment ends with the comment";
        return false;
    }
    skip_close(l, trim);
    return true;
}

/* The lexer stands on "{{". */
static struct pkr_tpl_token open(struct pkr_tpl_lexer *l)
{
    size_t from = l->at;

    l->at += 2;
    struct pkr_tpl_token opened = token(l, PKR_TPL_OPEN, from);
    if (has_trim_mark(rest(l)))
        l->at += 2;
    l->inside = true;
    l->parentheses = 0;
    return opened;
}

static bool at_comment(const struct pkr_tpl_lexer *l)
{
    struct acg_span after = {l->text.data + l->at + 2, l->text.len - l->at - 2};

    if (has_trim_mark(after))
        after = acgp_span_of(after.data + 2, after.len - 2);
    return starts(after, "/*");
}

static struct pkr_tpl_token between(struct pkr_tpl_lexer *l)
{
    const char *why = NULL;

    for (;;) {
        size_t from = l->at;
        bool found = false;
        l->at += find(rest(l), "{{", &found);
        struct pkr_tpl_token text = token(l, PKR_TPL_TEXT, from);
        if (found && has_trim_mark(acgp_span_of(l->text.data + l->at + 2, l->text.len - l->at - 2)))
            while (text.text.len > 0 && is_space(text.text.data[text.text.len - 1]))
                text.text.len--;
        if (text.text.len > 0)
            return text;
        if (!found)
            return token(l, PKR_TPL_END_OF_TEXT, l->at);
        if (!at_comment(l))
            return open(l);
        from = l->at;
        l->at += has_trim_mark(acgp_span_of(l->text.data + l->at + 2, l->text.len - l->at - 2)) ? 4 : 2;
        if (!skip_comment(l, &why))
            return wrong(l, from, why);
    }
}

/* ---- inside an action ---- */

/* A name ends where something else may follow it. */
static bool at_end_of_name(const struct pkr_tpl_lexer *l)
{
    return l->at == l->text.len || is_space(l->text.data[l->at]) ||
           (l->text.data[l->at] != '\0' && strchr(".,|:)(", l->text.data[l->at]) != NULL) ||
           starts(rest(l), "}}");
}

static void skip_name(struct pkr_tpl_lexer *l)
{
    while (l->at < l->text.len && pkr_rune_is_word(peek(l)))
        skip(l);
}

static enum pkr_tpl_token_kind kind_of_name(struct acg_span name)
{
    static const struct {
        const char *word;
        enum pkr_tpl_token_kind kind;
    } keywords[] = {{"block", PKR_TPL_BLOCK},
                    {"break", PKR_TPL_BREAK},
                    {"continue", PKR_TPL_CONTINUE},
                    {"define", PKR_TPL_DEFINE},
                    {"else", PKR_TPL_ELSE},
                    {"end", PKR_TPL_END},
                    {"if", PKR_TPL_IF},
                    {"nil", PKR_TPL_NIL},
                    {"range", PKR_TPL_RANGE},
                    {"template", PKR_TPL_TEMPLATE},
                    {"with", PKR_TPL_WITH},
                    {"true", PKR_TPL_BOOLEAN},
                    {"false", PKR_TPL_BOOLEAN}};

    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
        if (acgp_span_equal(name, acgp_span(keywords[i].word)))
            return keywords[i].kind;
    return PKR_TPL_NAME;
}

static struct pkr_tpl_token name(struct pkr_tpl_lexer *l, size_t from)
{
    skip_name(l);
    if (!at_end_of_name(l))
        return wrong(l, l->at, "a name holds a character that no name may hold");
    struct pkr_tpl_token found = token(l, PKR_TPL_NAME, from);
    found.kind = kind_of_name(found.text);
    return found;
}

/* A field or a variable, behind its mark; the mark alone is a value too. */
static struct pkr_tpl_token marked(struct pkr_tpl_lexer *l, size_t from, enum pkr_tpl_token_kind kind)
{
    if (at_end_of_name(l))
        return token(l, kind == PKR_TPL_FIELD ? PKR_TPL_DOT : kind, from);
    skip_name(l);
    if (!at_end_of_name(l))
        return wrong(l, l->at, "a name holds a character that no name may hold");
    return token(l, kind, from);
}

/* Whatever may be a number; the parser judges it. */
static bool skip_number(struct pkr_tpl_lexer *l)
{
    const char *digits = "0123456789_";

    (void)accept(l, "+-");
    if (accept(l, "0")) {
        if (accept(l, "xX"))
            digits = "0123456789abcdefABCDEF_";
        else if (accept(l, "oO"))
            digits = "01234567_";
        else if (accept(l, "bB"))
            digits = "01_";
    }
    accept_run(l, digits);
    if (accept(l, "."))
        accept_run(l, digits);
    if ((strlen(digits) == 11 && accept(l, "eE")) || (strlen(digits) == 23 && accept(l, "pP"))) {
        (void)accept(l, "+-");
        accept_run(l, "0123456789_");
    }
    (void)accept(l, "i");
    return l->at == l->text.len || !pkr_rune_is_word(peek(l));
}

static struct pkr_tpl_token number(struct pkr_tpl_lexer *l, size_t from)
{
    l->at = from;
    if (!skip_number(l))
        return wrong(l, from, "this is no number");
    if (l->at < l->text.len && (l->text.data[l->at] == '+' || l->text.data[l->at] == '-'))
        return wrong(l, from, "complex numbers are not supported");
    return token(l, PKR_TPL_NUMBER, from);
}

/* A constant in quotes with escapes; the first quote is past. */
static struct pkr_tpl_token quoted(struct pkr_tpl_lexer *l, size_t from, char quote)
{
    while (l->at < l->text.len && l->text.data[l->at] != '\n') {
        char c = l->text.data[l->at++];
        if (c == quote)
            return token(l, quote == '"' ? PKR_TPL_QUOTED : PKR_TPL_CHARACTER, from);
        if (c == '\\') {
            if (l->at == l->text.len || l->text.data[l->at] == '\n')
                break;
            l->at++;
        }
    }
    return wrong(l, from,
                 quote == '"' ? "a quoted text is not closed" : "a character constant is not closed");
}

static struct pkr_tpl_token raw(struct pkr_tpl_lexer *l, size_t from)
{
    bool found = false;

    l->at += find(rest(l), "`", &found);
    if (!found)
        return wrong(l, from, "a raw text is not closed");
    l->at++;
    return token(l, PKR_TPL_RAW, from);
}

/* The last space before a closing trim mark belongs to the mark. */
static struct pkr_tpl_token space(struct pkr_tpl_lexer *l, size_t from)
{
    bool trim = false;

    while (l->at < l->text.len && is_space(l->text.data[l->at]))
        l->at++;
    l->at--;
    if (!at_close(l, &trim))
        l->at++;
    return token(l, PKR_TPL_SPACE, from);
}

static struct pkr_tpl_token close(struct pkr_tpl_lexer *l, bool trim)
{
    struct pkr_tpl_token closed = token(l, PKR_TPL_CLOSE, l->at);

    if (l->parentheses > 0)
        return wrong(l, l->at, "a parenthesis is not closed");
    skip_close(l, trim);
    l->inside = false;
    return closed;
}

static struct pkr_tpl_token parenthesis(struct pkr_tpl_lexer *l, size_t from, bool left)
{
    if (!left && l->parentheses == 0)
        return wrong(l, from, "a parenthesis is closed that was not opened");
    l->parentheses = left ? l->parentheses + 1 : l->parentheses - 1;
    return token(l, left ? PKR_TPL_LEFT : PKR_TPL_RIGHT, from);
}

static struct pkr_tpl_token other(struct pkr_tpl_lexer *l, size_t from, char c)
{
    switch (c) {
    case '=':
        return token(l, PKR_TPL_ASSIGN, from);
    case ':':
        if (!accept(l, "="))
            return wrong(l, from, "':=' was expected");
        return token(l, PKR_TPL_DECLARE, from);
    case '|':
        return token(l, PKR_TPL_BAR, from);
    case '(':
    case ')':
        return parenthesis(l, from, c == '(');
    default:
        if (c > ' ' && c <= '~')
            return token(l, PKR_TPL_SIGN, from);
        return wrong(l, from, "an action holds a character that no action may hold");
    }
}

static struct pkr_tpl_token inside(struct pkr_tpl_lexer *l)
{
    size_t from = l->at;
    bool trim = false;

    if (at_close(l, &trim))
        return close(l, trim);
    if (l->at == l->text.len)
        return wrong(l, from, "an action is not closed");
    char c = l->text.data[l->at];
    if (pkr_rune_is_word(peek(l)) && (c < '0' || c > '9'))
        return name(l, from);
    l->at++;
    if (is_space(c))
        return space(l, from);
    if (c == '"' || c == '\'')
        return quoted(l, from, c);
    if (c == '`')
        return raw(l, from);
    if (c == '$')
        return marked(l, from, PKR_TPL_VARIABLE);
    if (c == '.' && l->at < l->text.len && (l->text.data[l->at] < '0' || l->text.data[l->at] > '9'))
        return marked(l, from, PKR_TPL_FIELD);
    if (c == '.' || c == '+' || c == '-' || (c >= '0' && c <= '9'))
        return number(l, from);
    return other(l, from, c);
}

struct pkr_tpl_token pkr_tpl_next(struct pkr_tpl_lexer *l)
{
    return l->inside ? inside(l) : between(l);
}
