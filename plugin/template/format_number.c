/* SPDX-License-Identifier: MPL-2.0 */
/* Whole numbers and characters; quotes. */
#include "base/span.h"
#include "template/format.h"
#include "template/unicode.h"

/** Digits of 64 bits in base 2. */
enum { DIGITS_MAX = 64 };

static uint64_t size_of(int64_t number)
{
    return number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
}

/* ---- quotes ---- */

static bool escape(struct pkr_tpl_text *out, uint32_t rune, char quote, bool ascii)
{
    if (rune == (unsigned char)quote || rune == '\\')
        return pkr_tpl_add_byte(out, '\\') && pkr_tpl_add_byte(out, (char)rune);
    if (pkr_rune_is_printable(rune) && (!ascii || rune < 0x80))
        return pkr_tpl_add_rune(out, rune);
    if (rune >= '\a' && rune <= '\r')
        return pkr_tpl_add_byte(out, '\\') && pkr_tpl_add_byte(out, "abtnvfr"[rune - '\a']);
    if (rune < ' ' || rune == 0x7f)
        return pkr_tpl_add_word(out, "\\x") && pkr_tpl_add_hex(out, rune, 2, false);
    if (rune < 0x10000)
        return pkr_tpl_add_word(out, "\\u") && pkr_tpl_add_hex(out, rune, 4, false);
    return pkr_tpl_add_word(out, "\\U") && pkr_tpl_add_hex(out, rune, 8, false);
}

bool pkr_tpl_quote(struct pkr_tpl_text *out, struct acg_span text, bool ascii)
{
    (void)pkr_tpl_add_byte(out, '"');
    while (text.len > 0) {
        size_t len = 0;
        uint32_t rune = pkr_rune_decode(text, &len);
        bool raw = len == 1 && rune == PKR_RUNE_BAD;
        if (raw ? !pkr_tpl_add_word(out, "\\x") ||
                      !pkr_tpl_add_hex(out, (unsigned char)text.data[0], 2, false)
                : !escape(out, rune, '"', ascii))
            return false;
        text = acgp_span_of(text.data + len, text.len - len);
    }
    return pkr_tpl_add_byte(out, '"');
}

bool pkr_tpl_quote_rune(struct pkr_tpl_text *out, uint32_t rune, bool ascii)
{
    return pkr_tpl_add_byte(out, '\'') &&
           escape(out, pkr_rune_valid(rune) ? rune : PKR_RUNE_BAD, '\'', ascii) &&
           pkr_tpl_add_byte(out, '\'');
}

/* ---- characters ---- */

/* What a number means as a character; beyond the last one, nothing sensible. */
static uint32_t rune_of(int64_t number)
{
    return number < 0 || number > (int64_t)PKR_RUNE_MAX ? PKR_RUNE_BAD : (uint32_t)number;
}

static bool put_rune(struct pkr_tpl_text *out, const struct pkr_tpl_flags *flags, int64_t number, bool quoted)
{
    struct pkr_tpl_text shown = pkr_tpl_text(out->run);

    if (quoted)
        (void)pkr_tpl_quote_rune(&shown, rune_of(number), flags->plus);
    else
        (void)pkr_tpl_add_rune(&shown, rune_of(number));
    return pkr_tpl_pad(out, flags, pkr_tpl_text_view(&shown), true);
}

/* ---- digits ---- */

/* @param at DIGITS_MAX bytes. @return how many stand at their end. */
static size_t to_digits(uint64_t number, unsigned base, bool large, char at[DIGITS_MAX])
{
    const char *digits = large ? "0123456789ABCDEF" : "0123456789abcdef";
    size_t count = 0;

    do {
        at[DIGITS_MAX - ++count] = digits[number % base];
        number /= base;
    } while (number > 0);
    return count;
}

static bool put_unicode(struct pkr_tpl_text *out, const struct pkr_tpl_flags *flags, int64_t number)
{
    struct pkr_tpl_text shown = pkr_tpl_text(out->run);
    char digits[DIGITS_MAX];
    size_t count = to_digits((uint64_t)number, 16, true, digits), least = 4;
    uint32_t rune = number >= 0 && number <= (int64_t)PKR_RUNE_MAX ? (uint32_t)number : 0;

    if (flags->has_precision && flags->precision > 4)
        least = (size_t)flags->precision;
    (void)pkr_tpl_add_word(&shown, "U+");
    (void)pkr_tpl_add_times(&shown, '0', count < least ? least - count : 0);
    (void)pkr_tpl_add(&shown, digits + DIGITS_MAX - count, count);
    if (flags->sharp && pkr_rune_is_printable(rune)) {
        (void)pkr_tpl_add_word(&shown, " '");
        (void)pkr_tpl_add_rune(&shown, rune);
        (void)pkr_tpl_add_byte(&shown, '\'');
    }
    return pkr_tpl_pad(out, flags, pkr_tpl_text_view(&shown), false);
}

static const char *prefix_of(unsigned base, bool large, bool starts_with_zero)
{
    switch (base) {
    case 2:
        return "0b";
    case 8:
        return starts_with_zero ? "" : "0";
    case 16:
        return large ? "0X" : "0x";
    default:
        return "";
    }
}

/* Least digits: by precision, or by a width that zeros fill. */
static size_t least_digits(const struct pkr_tpl_flags *flags, bool negative)
{
    if (flags->has_precision)
        return (size_t)flags->precision;
    if (!flags->zero || flags->minus || !flags->has_width)
        return 0;
    bool sign = negative || flags->plus || flags->space;
    return sign && flags->width > 0 ? (size_t)flags->width - 1 : (size_t)flags->width;
}

static bool put_whole(struct pkr_tpl_text *out, const struct pkr_tpl_flags *flags, int64_t number,
                      unsigned base, uint32_t verb)
{
    struct pkr_tpl_text shown = pkr_tpl_text(out->run);
    char digits[DIGITS_MAX];
    bool negative = number < 0, large = verb == 'X';
    size_t count = to_digits(size_of(number), base, large, digits), least = least_digits(flags, negative);
    size_t zeros = count < least ? least - count : 0;

    if (flags->has_precision && flags->precision == 0 && number == 0)
        return pkr_tpl_add_times(out, ' ', flags->has_width ? (size_t)flags->width : 0);
    if (negative || flags->plus || flags->space)
        (void)pkr_tpl_add_byte(&shown, negative ? '-' : flags->plus ? '+' : ' ');
    if (verb == 'O')
        (void)pkr_tpl_add_word(&shown, "0o");
    if (flags->sharp)
        (void)pkr_tpl_add_word(&shown,
                               prefix_of(base, large, zeros > 0 || digits[DIGITS_MAX - count] == '0'));
    (void)pkr_tpl_add_times(&shown, '0', zeros);
    (void)pkr_tpl_add(&shown, digits + DIGITS_MAX - count, count);
    return pkr_tpl_pad(out, flags, pkr_tpl_text_view(&shown), false);
}

bool pkr_tpl_whole(struct pkr_tpl_text *out, const struct pkr_tpl_flags *flags, int64_t number, bool byte,
                   uint32_t verb)
{
    struct pkr_tpl_flags go = *flags;

    switch (verb) {
    case 'c':
    case 'q':
        return put_rune(out, flags, number, verb == 'q');
    case 'U':
        return put_unicode(out, flags, number);
    case 'b':
        return put_whole(out, flags, number, 2, verb);
    case 'o':
    case 'O':
        return put_whole(out, flags, number, 8, verb);
    case 'x':
    case 'X':
        return put_whole(out, flags, number, 16, verb);
    default:
        go.sharp = flags->sharp || (flags->go_syntax && byte);
        return put_whole(out, &go, number, flags->go_syntax && byte ? 16 : 10, verb);
    }
}
