/* SPDX-License-Identifier: MPL-2.0 */
/* The format of a printf: flags, widths, verbs, and what Go says of mistakes in them. */
#include "template/format.h"

#include "base/span.h"
#include "template/unicode.h"

/* A printf on its way. */
struct printing {
    struct pkr_tpl_text *out;
    struct acg_span format;
    size_t at;
    const struct pkr_tpl_value *values;
    size_t count;
    size_t next;      /* value */
    bool reordered;   /* an explicit number of a value was seen */
    bool after_index; /* the last thing before this place was one */
    bool bad_index;
    struct pkr_tpl_flags flags;
};

static bool more(const struct printing *p)
{
    return p->at < p->format.len;
}

static char here(const struct printing *p)
{
    return more(p) ? p->format.data[p->at] : '\0';
}

/* Digits up to end. Beyond the largest width nothing that follows counts. */
static bool read_digits(struct printing *p, size_t end, int *out)
{
    bool found = false;

    *out = 0;
    for (; p->at < end && here(p) >= '0' && here(p) <= '9'; p->at++) {
        if (*out > PKR_TPL_WIDTH_MAX) {
            p->at = end;
            *out = 0;
            return false;
        }
        *out = *out * 10 + (here(p) - '0');
        found = true;
    }
    return found;
}

/* The number of a value in brackets. @return whether it names one. */
static bool read_number_of_value(struct printing *p)
{
    size_t close = p->at + 1;
    int number = 0;

    while (close < p->format.len && p->format.data[close] != ']')
        close++;
    if (close == p->format.len || p->format.len - p->at < 3) {
        p->at++;
        return false;
    }
    p->at++;
    bool whole = read_digits(p, close, &number) && p->at == close;
    p->at = close + 1;
    if (!whole)
        return false;
    if (number >= 1 && (size_t)number <= p->count)
        p->next = (size_t)number - 1;
    else
        p->bad_index = true;
    return true;
}

static void read_index(struct printing *p)
{
    p->after_index = here(p) == '[';
    if (!p->after_index)
        return;
    p->reordered = true;
    if (!read_number_of_value(p)) {
        p->bad_index = true;
        p->after_index = false;
    }
}

/* A '*': the value is the number. @return whether it is a fit one. */
static bool take_number(struct printing *p, int *out)
{
    const struct pkr_tpl_value *v = NULL;

    *out = 0;
    if (p->next >= p->count)
        return false;
    v = &p->values[p->next++];
    if ((v->kind != PKR_TPL_INT && v->kind != PKR_TPL_BYTE) || v->as.number > PKR_TPL_WIDTH_MAX ||
        v->as.number < -PKR_TPL_WIDTH_MAX)
        return false;
    *out = (int)v->as.number;
    return true;
}

static void read_flags(struct printing *p)
{
    p->flags = (struct pkr_tpl_flags){0};
    for (; more(p); p->at++) {
        switch (here(p)) {
        case '#':
            p->flags.sharp = true;
            break;
        case '0':
            p->flags.zero = true;
            break;
        case '+':
            p->flags.plus = true;
            break;
        case '-':
            p->flags.minus = true;
            break;
        case ' ':
            p->flags.space = true;
            break;
        default:
            return;
        }
    }
}

static void read_width(struct printing *p)
{
    if (here(p) != '*') {
        p->flags.has_width = read_digits(p, p->format.len, &p->flags.width);
        if (p->after_index && p->flags.has_width)
            p->bad_index = true;
        return;
    }
    p->at++;
    p->flags.has_width = take_number(p, &p->flags.width);
    if (!p->flags.has_width)
        (void)pkr_tpl_add_word(p->out, "%!(BADWIDTH)");
    if (p->flags.width < 0) {
        p->flags.width = -p->flags.width;
        p->flags.minus = true;
        p->flags.zero = false;
    }
    p->after_index = false;
}

static void read_precision(struct printing *p)
{
    if (here(p) != '.' || p->at + 1 >= p->format.len)
        return;
    p->at++;
    if (p->after_index)
        p->bad_index = true;
    read_index(p);
    if (here(p) != '*') {
        (void)read_digits(p, p->format.len, &p->flags.precision);
        p->flags.has_precision = true;
        return;
    }
    p->at++;
    p->flags.has_precision = take_number(p, &p->flags.precision);
    if (p->flags.precision < 0) {
        p->flags.precision = 0;
        p->flags.has_precision = false;
    }
    if (!p->flags.has_precision)
        (void)pkr_tpl_add_word(p->out, "%!(BADPREC)");
    p->after_index = false;
}

static bool complain(struct printing *p, uint32_t verb, const char *what)
{
    return pkr_tpl_add_word(p->out, "%!") && pkr_tpl_add_rune(p->out, verb) && pkr_tpl_add_word(p->out, what);
}

static bool put_value(struct printing *p, uint32_t verb)
{
    if (verb == 'v' || verb == 'w') {
        p->flags.go_syntax = p->flags.sharp;
        p->flags.sharp = p->flags.plus = false;
    }
    return pkr_tpl_verb(p->out, &p->flags, &p->values[p->next++], verb, 0);
}

/* Behind a '%'. */
static bool put_verb(struct printing *p)
{
    size_t len = 0;
    uint32_t verb = 0;

    p->bad_index = false;
    read_flags(p);
    read_index(p);
    read_width(p);
    read_precision(p);
    if (!p->after_index)
        read_index(p);
    if (!more(p))
        return pkr_tpl_add_word(p->out, "%!(NOVERB)");
    verb = pkr_rune_decode(acgp_span_of(p->format.data + p->at, p->format.len - p->at), &len);
    p->at += len;
    if (verb == '%')
        return pkr_tpl_add_byte(p->out, '%');
    if (p->bad_index)
        return complain(p, verb, "(BADINDEX)");
    if (p->next >= p->count)
        return complain(p, verb, "(MISSING)");
    return put_value(p, verb);
}

static bool put_rest(struct printing *p)
{
    struct pkr_tpl_flags plain = {0};

    if (p->reordered || p->next >= p->count)
        return true;
    (void)pkr_tpl_add_word(p->out, "%!(EXTRA ");
    for (size_t i = p->next; i < p->count; i++) {
        const struct pkr_tpl_value *v = &p->values[i];
        if (i > p->next)
            (void)pkr_tpl_add_word(p->out, ", ");
        (void)pkr_tpl_add_word(p->out, pkr_tpl_type(v));
        if (pkr_tpl_is_nil(v))
            continue;
        if (!pkr_tpl_add_byte(p->out, '=') || !pkr_tpl_verb(p->out, &plain, v, 'v', 0))
            return false;
    }
    return pkr_tpl_add_byte(p->out, ')');
}

bool pkr_tpl_printf(struct pkr_tpl_text *out, struct acg_span format, const struct pkr_tpl_value *values,
                    size_t count)
{
    struct printing p = {.out = out, .format = format, .values = values, .count = count};

    while (more(&p)) {
        size_t from = p.at;
        while (more(&p) && here(&p) != '%')
            p.at++;
        if (!pkr_tpl_add(out, format.data + from, p.at - from))
            return false;
        if (!more(&p))
            break;
        p.at++;
        if (!put_verb(&p))
            return false;
    }
    return put_rest(&p) && out->run->status == ACG_OK;
}

bool pkr_tpl_print(struct pkr_tpl_text *out, const struct pkr_tpl_value *values, size_t count)
{
    struct pkr_tpl_flags plain = {0};
    bool was_text = false;

    for (size_t i = 0; i < count; i++) {
        bool is_text = values[i].kind == PKR_TPL_STRING;
        if (i > 0 && !is_text && !was_text)
            (void)pkr_tpl_add_byte(out, ' ');
        if (!pkr_tpl_verb(out, &plain, &values[i], 'v', 0))
            return false;
        was_text = is_text;
    }
    return out->run->status == ACG_OK;
}
