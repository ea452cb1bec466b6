/* SPDX-License-Identifier: MPL-2.0 */
/* One value under one verb; texts, lists and maps. */
#include <string.h>

#include "base/span.h"
#include "template/format.h"
#include "template/unicode.h"

static bool pad_word(struct pkr_tpl_text *out, const struct pkr_tpl_flags *flags, const char *word)
{
    return pkr_tpl_pad(out, flags, acgp_span(word), true);
}

bool pkr_tpl_pad(struct pkr_tpl_text *out, const struct pkr_tpl_flags *flags, struct acg_span text, bool zero)
{
    size_t fill = 0, count = flags->has_width ? pkr_rune_count(text) : 0;
    char with = zero && flags->zero && !flags->minus ? '0' : ' ';

    if (flags->has_width && (size_t)flags->width > count)
        fill = (size_t)flags->width - count;
    if (!flags->minus && !pkr_tpl_add_times(out, with, fill))
        return false;
    return pkr_tpl_add_span(out, text) && (!flags->minus || pkr_tpl_add_times(out, with, fill));
}

/* ---- what Go says of a verb that does not fit ---- */

static bool bad_verb(struct pkr_tpl_text *out, const struct pkr_tpl_flags *flags,
                     const struct pkr_tpl_value *v, uint32_t verb)
{
    (void)pkr_tpl_add_word(out, "%!");
    (void)pkr_tpl_add_rune(out, verb);
    (void)pkr_tpl_add_byte(out, '(');
    (void)pkr_tpl_add_word(out, pkr_tpl_type(v));
    if (!pkr_tpl_is_nil(v) && (!pkr_tpl_add_byte(out, '=') || !pkr_tpl_verb(out, flags, v, 'v', 0)))
        return false;
    return pkr_tpl_add_byte(out, ')');
}

static bool is_one_of(uint32_t verb, const char *verbs)
{
    return verb > 0 && verb < 0x80 && strchr(verbs, (int)verb) != NULL;
}

/* ---- texts ---- */

static struct acg_span cut(const struct pkr_tpl_flags *flags, struct acg_span text)
{
    struct acg_span rest = text;

    if (!flags->has_precision)
        return text;
    for (int i = 0; i < flags->precision && rest.len > 0; i++) {
        size_t len = pkr_rune_len(rest);
        rest = acgp_span_of(rest.data + len, rest.len - len);
    }
    text.len -= rest.len;
    return text;
}

static bool fits_backquotes(struct acg_span text)
{
    while (text.len > 0) {
        size_t len = 0;
        uint32_t rune = pkr_rune_decode(text, &len);
        if ((len == 1 && rune == PKR_RUNE_BAD) || rune == 0xfeff || (rune < ' ' && rune != '\t') ||
            rune == '`' || rune == 0x7f)
            return false;
        text = acgp_span_of(text.data + len, text.len - len);
    }
    return true;
}

static bool quote_text(struct pkr_tpl_text *out, const struct pkr_tpl_flags *flags, struct acg_span text)
{
    struct pkr_tpl_text quoted = pkr_tpl_text(out->run);

    text = cut(flags, text);
    if (flags->sharp && fits_backquotes(text)) {
        (void)pkr_tpl_add_byte(&quoted, '`');
        (void)pkr_tpl_add_span(&quoted, text);
        (void)pkr_tpl_add_byte(&quoted, '`');
    } else {
        (void)pkr_tpl_quote(&quoted, text, flags->plus);
    }
    return pkr_tpl_pad(out, flags, pkr_tpl_text_view(&quoted), true);
}

static bool hex_bytes(struct pkr_tpl_text *out, const struct pkr_tpl_flags *flags, struct acg_span text,
                      bool large)
{
    for (size_t i = 0; i < text.len; i++) {
        if (i > 0 && flags->space)
            (void)pkr_tpl_add_byte(out, ' ');
        if (flags->sharp && (i == 0 || flags->space))
            (void)pkr_tpl_add_word(out, large ? "0X" : "0x");
        if (!pkr_tpl_add_hex(out, (unsigned char)text.data[i], 2, large))
            return false;
    }
    return true;
}

static bool hex_text(struct pkr_tpl_text *out, const struct pkr_tpl_flags *flags, struct acg_span text,
                     bool large)
{
    struct pkr_tpl_text hex = pkr_tpl_text(out->run);

    if (flags->has_precision && (size_t)flags->precision < text.len)
        text.len = (size_t)flags->precision;
    return hex_bytes(&hex, flags, text, large) && pkr_tpl_pad(out, flags, pkr_tpl_text_view(&hex), true);
}

static bool text_verb(struct pkr_tpl_text *out, const struct pkr_tpl_flags *flags,
                      const struct pkr_tpl_value *v, uint32_t verb)
{
    switch (verb) {
    case 'v':
        if (flags->go_syntax)
            return quote_text(out, flags, v->as.text);
        return pkr_tpl_pad(out, flags, cut(flags, v->as.text), true);
    case 's':
        return pkr_tpl_pad(out, flags, cut(flags, v->as.text), true);
    case 'q':
        return quote_text(out, flags, v->as.text);
    case 'x':
    case 'X':
        return hex_text(out, flags, v->as.text, verb == 'X');
    default:
        return bad_verb(out, flags, v, verb);
    }
}

/* ---- lists and maps ---- */

static bool put_list(struct pkr_tpl_text *out, const struct pkr_tpl_flags *flags,
                     const struct pkr_tpl_value *v, uint32_t verb, unsigned depth)
{
    bool go = flags->go_syntax;

    (void)pkr_tpl_add_word(out, go ? "[]interface {}{" : "[");
    for (size_t i = 0; i < v->as.list.count; i++) {
        struct pkr_tpl_value item = pkr_tpl_of(&v->as.list.items[i]);
        if (i > 0)
            (void)pkr_tpl_add_word(out, go ? ", " : " ");
        if (!pkr_tpl_verb(out, flags, &item, verb, depth + 1))
            return false;
    }
    return pkr_tpl_add_byte(out, go ? '}' : ']');
}

static bool put_map(struct pkr_tpl_text *out, const struct pkr_tpl_flags *flags,
                    const struct pkr_tpl_value *v, uint32_t verb, unsigned depth)
{
    const struct pkr_template_entry **sorted = NULL;
    size_t count = 0;
    bool go = flags->go_syntax;

    if (!pkr_tpl_sorted(out->run, v, &sorted, &count))
        return false;
    (void)pkr_tpl_add_word(out, go ? "map[string]interface {}{" : "map[");
    for (size_t i = 0; i < count; i++) {
        struct pkr_tpl_value key = pkr_tpl_string(sorted[i]->key), item = pkr_tpl_of(&sorted[i]->value);
        if (i > 0)
            (void)pkr_tpl_add_word(out, go ? ", " : " ");
        if (!pkr_tpl_verb(out, flags, &key, verb, depth + 1) || !pkr_tpl_add_byte(out, ':') ||
            !pkr_tpl_verb(out, flags, &item, verb, depth + 1))
            return false;
    }
    return pkr_tpl_add_byte(out, go ? '}' : ']');
}

static bool put_members(struct pkr_tpl_text *out, const struct pkr_tpl_flags *flags,
                        const struct pkr_tpl_value *v, uint32_t verb, unsigned depth)
{
    if (verb == 'w')
        return bad_verb(out, flags, v, verb);
    if (!pkr_tpl_enter(out->run))
        return false;
    bool done =
        v->kind == PKR_TPL_LIST ? put_list(out, flags, v, verb, depth) : put_map(out, flags, v, verb, depth);
    pkr_tpl_leave(out->run);
    return done;
}

/* ---- all ---- */

static bool nil_verb(struct pkr_tpl_text *out, const struct pkr_tpl_flags *flags,
                     const struct pkr_tpl_value *v, uint32_t verb, unsigned depth)
{
    if (depth > 0)
        return pkr_tpl_add_word(out, flags->go_syntax ? "interface {}(nil)" : "<nil>");
    return is_one_of(verb, "vT") ? pad_word(out, flags, "<nil>") : bad_verb(out, flags, v, verb);
}

static bool type_or_address(struct pkr_tpl_text *out, const struct pkr_tpl_flags *flags,
                            const struct pkr_tpl_value *v, uint32_t verb)
{
    if (verb == 'T')
        return pkr_tpl_pad(out, flags, cut(flags, acgp_span(pkr_tpl_type(v))), true);
    if (v->kind == PKR_TPL_LIST || v->kind == PKR_TPL_MAP)
        return pkr_tpl_fail(out->run, "the template asks printf for the address of a list or a map");
    return bad_verb(out, flags, v, verb);
}

bool pkr_tpl_verb(struct pkr_tpl_text *out, const struct pkr_tpl_flags *flags, const struct pkr_tpl_value *v,
                  uint32_t verb, unsigned depth)
{
    if (out->run->status != ACG_OK)
        return false;
    if (pkr_tpl_is_nil(v))
        return nil_verb(out, flags, v, verb, depth);
    if (depth == 0 && is_one_of(verb, "Tp"))
        return type_or_address(out, flags, v, verb);
    switch (v->kind) {
    case PKR_TPL_BOOL:
        if (is_one_of(verb, "tv"))
            return pad_word(out, flags, v->as.boolean ? "true" : "false");
        return bad_verb(out, flags, v, verb);
    case PKR_TPL_INT:
    case PKR_TPL_BYTE:
        if (is_one_of(verb, "vdboOxXcqU"))
            return pkr_tpl_whole(out, flags, v->as.number, v->kind == PKR_TPL_BYTE, verb);
        return bad_verb(out, flags, v, verb);
    case PKR_TPL_FLOAT:
        if (is_one_of(verb, "vbgGxXfFeE"))
            return pkr_tpl_real(out, flags, v->as.real, verb);
        return bad_verb(out, flags, v, verb);
    case PKR_TPL_STRING:
        return text_verb(out, flags, v, verb);
    default:
        return put_members(out, flags, v, verb, depth);
    }
}
