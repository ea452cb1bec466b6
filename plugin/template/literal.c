/* SPDX-License-Identifier: MPL-2.0 */
#include "template/literal.h"

#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "template/unicode.h"

/** Longest number that is read: Go reads longer ones, nobody writes them. */
enum { NUMBER_MAX = 400 };

static char small(char c)
{
    return acgp_lower(c);
}

/* The value of a digit in any base up to 36; 255: none. */
static unsigned digit(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (small(c) >= 'a' && small(c) <= 'z')
        return (unsigned)(small(c) - 'a') + 10;
    return 255;
}

static struct acg_span behind(struct acg_span text, size_t bytes)
{
    return (struct acg_span){text.data + bytes, text.len - bytes};
}

static bool has_sign(struct acg_span text)
{
    return text.len > 0 && (text.data[0] == '+' || text.data[0] == '-');
}

/* 2, 8 or 16 by the letter behind the 0; 0: no prefix. */
static unsigned base_of_prefix(struct acg_span text)
{
    if (text.len < 2 || text.data[0] != '0')
        return 0;
    switch (small(text.data[1])) {
    case 'b':
        return 2;
    case 'o':
        return 8;
    case 'x':
        return 16;
    default:
        return 0;
    }
}

/* Each underscore stands between two digits, or between the prefix and a digit. */
static bool underscores_fit(struct acg_span text)
{
    bool after_digit = false, after_underscore = false, hex = false;

    if (has_sign(text))
        text = behind(text, 1);
    if (base_of_prefix(text) != 0) {
        after_digit = true;
        hex = base_of_prefix(text) == 16;
        text = behind(text, 2);
    }
    for (size_t i = 0; i < text.len; i++) {
        bool underscore = text.data[i] == '_', is_digit = digit(text.data[i]) < (hex ? 16u : 10u);
        if ((underscore && !after_digit) || (after_underscore && !is_digit))
            return false;
        after_digit = is_digit;
        after_underscore = underscore;
    }
    return !after_underscore;
}

enum reading { READ, NO_INTEGER, OUT_OF_RANGE };

static enum reading read_unsigned(struct acg_span text, uint64_t *out)
{
    unsigned base = base_of_prefix(text);
    uint64_t value = 0;

    if (base != 0 && text.len >= 3) {
        text = behind(text, 2);
    } else {
        base = text.len > 0 && text.data[0] == '0' ? 8 : 10;
        if (text.len == 0)
            return NO_INTEGER;
    }
    for (size_t i = 0; i < text.len; i++) {
        unsigned d = digit(text.data[i]);
        if (text.data[i] == '_')
            continue;
        if (d >= base)
            return NO_INTEGER;
        if (value > (UINT64_MAX - d) / base)
            return OUT_OF_RANGE;
        value = value * base + d;
    }
    *out = value;
    return READ;
}

static void read_integer(struct acg_span text, struct pkr_tpl_number *out)
{
    bool negative = text.len > 0 && text.data[0] == '-', sign = has_sign(text);
    uint64_t size = 0;

    if (!underscores_fit(text) || read_unsigned(sign ? behind(text, 1) : text, &size) != READ)
        return;
    if (size <= (uint64_t)INT64_MAX || (negative && size == (uint64_t)INT64_MAX + 1)) {
        out->is_int = true;
        out->integer = negative ? (int64_t)(0 - size) : (int64_t)size;
        out->real = (double)out->integer;
    } else if (!sign) {
        out->too_large = true;
        out->real = (double)size;
    }
}

static bool contains_any(struct acg_span text, const char *set)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] != '\0' && strchr(set, text.data[i]) != NULL)
            return true;
    return false;
}

/* strtod takes what Go takes once the underscores are gone; hexadecimal mantissas need their exponent. */
static const char *read_real(struct acg_span text, struct pkr_tpl_number *out)
{
    char copy[NUMBER_MAX + 1];
    size_t len = 0;
    char *end = NULL;
    bool hex = base_of_prefix(has_sign(text) ? behind(text, 1) : text) == 16;

    if (text.len > NUMBER_MAX)
        return "this number is too long";
    if (!underscores_fit(text) || (hex && !contains_any(text, "pP")))
        return "this is no number";
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] != '_')
            copy[len++] = text.data[i];
    copy[len] = '\0';
    double value = strtod(copy, &end);
    if (len == 0 || end != copy + len || value > 1.7976931348623157e308 || value < -1.7976931348623157e308)
        return "this is no number";
    if (!contains_any(text, ".eEpP"))
        return "this number is too large";
    out->real = value;
    if (value >= -9223372036854775808.0 && value < 9223372036854775808.0 && (double)(int64_t)value == value) {
        out->is_int = true;
        out->integer = (int64_t)value;
    }
    return NULL;
}

/* By the letters alone, as Go does: a hexadecimal number with a sign and an E counts as real. */
static bool looks_real(struct acg_span text)
{
    bool hex = text.len > 2 && text.data[0] == '0' && small(text.data[1]) == 'x';

    return contains_any(text, hex ? "pP" : ".eEpP");
}

const char *pkr_tpl_read_number(struct acg_span text, struct pkr_tpl_number *out)
{
    *out = (struct pkr_tpl_number){.looks_real = looks_real(text)};
    if (text.len > 0 && text.data[text.len - 1] == 'i')
        return "complex numbers are not supported";
    read_integer(text, out);
    return out->is_int || out->too_large ? NULL : read_real(text, out);
}

/* ---- texts ---- */

/* One character or byte of a quoted constant. */
struct piece {
    uint32_t value;
    bool rune; /* goes out as UTF-8 */
};

/* count digits of a base at the start. */
static bool read_digits(struct acg_span text, size_t count, unsigned base, uint32_t *out)
{
    uint32_t value = 0;

    if (text.len < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        unsigned d = digit(text.data[i]);
        if (d >= base)
            return false;
        value = value * base + d;
    }
    *out = value;
    return true;
}

/* An escape with digits; text is behind the backslash. */
static size_t read_coded(struct acg_span text, struct piece *out)
{
    char letter = text.data[0];
    size_t count = letter == 'x' ? 2 : letter == 'u' ? 4 : 8;

    if (letter >= '0' && letter <= '7')
        return read_digits(text, 3, 8, &out->value) && out->value <= 255 ? 3 : 0;
    if (!read_digits(behind(text, 1), count, 16, &out->value))
        return 0;
    out->rune = letter != 'x';
    return out->rune && !pkr_rune_valid(out->value) ? 0 : count + 1;
}

/* What a backslash starts; text is behind it. @return bytes; 0: not an escape. */
static size_t read_escape(struct acg_span text, char quote, struct piece *out)
{
    static const char letters[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
    const char *hit = NULL;

    if (text.len == 0 || text.data[0] == '\0')
        return 0;
    hit = strchr(letters, text.data[0]);
    if (hit != NULL || text.data[0] == quote) {
        out->value = (unsigned char)(hit != NULL ? values[hit - letters] : quote);
        return 1;
    }
    return strchr("01234567xuU", text.data[0]) != NULL ? read_coded(text, out) : 0;
}

/* @return bytes of the first piece; 0: none may stand here. */
static size_t read_piece(struct acg_span text, char quote, struct piece *out)
{
    size_t len = 0;

    *out = (struct piece){0};
    if (text.len == 0 || text.data[0] == quote || text.data[0] == '\n')
        return 0;
    if (text.data[0] == '\\') {
        len = read_escape(behind(text, 1), quote, out);
        return len == 0 ? 0 : len + 1;
    }
    out->value = pkr_rune_decode(text, &len);
    out->rune = true;
    return len;
}

const char *pkr_tpl_read_character(struct acg_span text, struct pkr_tpl_number *out)
{
    struct piece piece;
    size_t len = read_piece(behind(text, 1), '\'', &piece);

    if (len == 0 || len + 2 != text.len)
        return "this is no character constant";
    *out = (struct pkr_tpl_number){.is_int = true, .integer = piece.value, .real = piece.value};
    return NULL;
}

/* Go drops carriage returns from raw texts. */
static void read_raw(struct pkr_tpl_run *run, struct acg_span text, struct acg_span *out)
{
    struct pkr_tpl_text kept = pkr_tpl_text(run);

    *out = text;
    if (text.len == 0 || memchr(text.data, '\r', text.len) == NULL)
        return;
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] != '\r')
            (void)pkr_tpl_add_byte(&kept, text.data[i]);
    *out = pkr_tpl_text_view(&kept);
}

const char *pkr_tpl_read_text(struct pkr_tpl_run *run, struct acg_span text, struct acg_span *out)
{
    struct acg_span within = {text.data + 1, text.len - 2};
    struct pkr_tpl_text kept = pkr_tpl_text(run);

    if (text.data[0] == '`') {
        read_raw(run, within, out);
        return NULL;
    }
    while (within.len > 0) {
        struct piece piece;
        size_t len = read_piece(within, '"', &piece);
        if (len == 0)
            return "a quoted text holds an escape that Go does not know";
        if (!(piece.rune ? pkr_tpl_add_rune(&kept, piece.value) : pkr_tpl_add_byte(&kept, (char)piece.value)))
            return NULL;
        within = behind(within, len);
    }
    *out = pkr_tpl_text_view(&kept);
    return NULL;
}
