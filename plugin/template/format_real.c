/* SPDX-License-Identifier: MPL-2.0 */
/* Real numbers. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "template/format.h"

/** Digits that tell a double from its neighbours. */
enum { SHORTEST_MAX = 17 };
/** Beyond them a double has zeros only: 767 significant digits, 1074 behind the point. */
enum { EXACT_MAX = 1100 };
/** Room for the exact digits, the whole part, the sign, the point and the exponent. */
enum { BYTES_MAX = EXACT_MAX + 309 + 16 };
/** Bits of a mantissa behind the point. */
enum { MANTISSA_BITS = 52 };

/* Digits of a number that is neither negative nor infinite: 0.DIGITS times ten to the power of point. */
struct digits {
    char digits[EXACT_MAX + 2];
    size_t count; /* without zeros at the end; 0 for zero */
    int point;
};

static bool is_finite(double v)
{
    return isfinite(v) != 0;
}

/* @param text d.ddde+dd */
static void read_digits(const char *text, struct digits *out)
{
    const char *e = strchr(text, 'e');

    out->count = 0;
    for (const char *c = text; c < e; c++)
        if (*c >= '0' && *c <= '9')
            out->digits[out->count++] = *c;
    while (out->count > 0 && out->digits[out->count - 1] == '0')
        out->count--;
    out->point = out->count == 0 ? 0 : (int)strtol(e + 1, NULL, 10) + 1;
}

/* As many digits as asked for, rounded. */
static void exact_digits(double v, int count, struct digits *out)
{
    char text[BYTES_MAX];

    (void)snprintf(text, sizeof text, "%.*e", count - 1, v);
    read_digits(text, out);
}

static bool is_same(const char *text, double v)
{
    double again = strtod(text, NULL);

    return again >= v && again <= v;
}

/* The next larger number of as many digits; nothing happens to 9.99e+00, which needs none. */
static void step_up(char *text)
{
    char *e = strchr(text, 'e'), *c = e;

    while (c > text && (c[-1] == '9' || c[-1] == '.'))
        c--;
    if (c == text)
        return;
    c[-1]++;
    for (; c < e; c++)
        if (*c == '9')
            *c = '0';
}

/* As few digits as tell it from every other number. A power of two has more room above it than below, so that
 * the nearest number of so many digits may miss it where the next larger one does not. */
static void shortest_digits(double v, struct digits *out)
{
    char text[BYTES_MAX];

    for (int count = 1; count <= SHORTEST_MAX; count++) {
        (void)snprintf(text, sizeof text, "%.*e", count - 1, v);
        if (is_same(text, v))
            break;
        step_up(text);
        if (is_same(text, v))
            break;
    }
    read_digits(text, out);
}

/* ---- the forms ---- */

static bool add_digits(struct pkr_tpl_text *out, const struct digits *d, size_t from, size_t count)
{
    size_t there = from < d->count ? d->count - from : 0;

    if (there > count)
        there = count;
    return (there == 0 || pkr_tpl_add(out, d->digits + from, there)) &&
           pkr_tpl_add_times(out, '0', count - there);
}

static bool add_exponent(struct pkr_tpl_text *out, char letter, int exponent)
{
    return pkr_tpl_add_byte(out, letter) && pkr_tpl_add_byte(out, exponent < 0 ? '-' : '+') &&
           pkr_tpl_add_number(out, abs(exponent), 2);
}

/* d.ddde+dd */
static bool with_exponent(struct pkr_tpl_text *out, const struct digits *d, size_t places, char letter)
{
    (void)add_digits(out, d, 0, 1);
    if (places > 0)
        (void)pkr_tpl_add_byte(out, '.');
    (void)add_digits(out, d, 1, places);
    return add_exponent(out, letter, d->count == 0 ? 0 : d->point - 1);
}

/* ddd.ddd */
static bool without_exponent(struct pkr_tpl_text *out, const struct digits *d, size_t places)
{
    size_t whole = d->point > 0 ? (size_t)d->point : 0, zeros = d->point < 0 ? (size_t)-d->point : 0;

    if (whole > 0)
        (void)add_digits(out, d, 0, whole);
    else
        (void)pkr_tpl_add_byte(out, '0');
    if (places == 0)
        return out->run->status == ACG_OK;
    (void)pkr_tpl_add_byte(out, '.');
    if (zeros > places)
        zeros = places;
    (void)pkr_tpl_add_times(out, '0', zeros);
    return add_digits(out, d, whole, places - zeros);
}

/* %e and %f: a fixed number of places. */
static bool fixed(struct pkr_tpl_text *out, double v, int precision, char verb)
{
    int places = precision < EXACT_MAX ? precision : EXACT_MAX;
    char text[BYTES_MAX];
    const char *e = NULL;

    if (verb == 'f')
        (void)snprintf(text, sizeof text, "%.*f", places, v);
    else
        (void)snprintf(text, sizeof text, "%.*e", places, v);
    e = strchr(text, 'e');
    if (e == NULL)
        e = text + strlen(text);
    (void)pkr_tpl_add(out, text, (size_t)(e - text));
    (void)pkr_tpl_add_times(out, '0', (size_t)(precision - places));
    return pkr_tpl_add_word(out, e);
}

/* %g: the shorter of both. @param precision digits; -1: as few as needed. */
static bool general(struct pkr_tpl_text *out, double v, int precision, char letter)
{
    struct digits d;
    int least = precision < 0 ? 6 : precision;

    if (precision == 0)
        precision = least = 1;
    if (precision < 0)
        shortest_digits(v, &d);
    else
        exact_digits(v, precision < EXACT_MAX ? precision : EXACT_MAX, &d);
    if (precision >= 0 && least > (int)d.count && (int)d.count >= d.point)
        least = (int)d.count;
    if (d.point - 1 < -4 || d.point - 1 >= least)
        return with_exponent(out, &d, d.count > 0 ? d.count - 1 : 0, letter);
    return without_exponent(out, &d, (int)d.count > d.point ? (size_t)((int)d.count - d.point) : 0);
}

/* The bits of a number as a whole mantissa and a power of two. */
static uint64_t mantissa_of(double v, int *out_exponent)
{
    uint64_t bits = 0;
    int exponent = 0;

    memcpy(&bits, &v, sizeof bits);
    exponent = (int)(bits >> MANTISSA_BITS & 0x7ff);
    bits &= ((uint64_t)1 << MANTISSA_BITS) - 1;
    if (exponent == 0)
        exponent++;
    else
        bits |= (uint64_t)1 << MANTISSA_BITS;
    *out_exponent = exponent - 1023;
    return bits;
}

/* %b: the mantissa as it is. */
static bool binary(struct pkr_tpl_text *out, double v)
{
    int exponent = 0;
    uint64_t mantissa = mantissa_of(v, &exponent);

    exponent -= MANTISSA_BITS;
    return pkr_tpl_add_number(out, (long long)mantissa, 1) &&
           pkr_tpl_add_word(out, exponent < 0 ? "p-" : "p+") && pkr_tpl_add_number(out, abs(exponent), 1);
}

/* Keep so many hexadecimal digits behind the point, half to even. The point is behind bit 60. */
static uint64_t round_hex(uint64_t mantissa, int digits, int *exponent)
{
    unsigned drop = 60u - 4u * (unsigned)digits;
    uint64_t unit = (uint64_t)1 << drop, lost = mantissa & (unit - 1);

    mantissa -= lost;
    if (lost > unit / 2 || (lost == unit / 2 && (mantissa & unit) != 0))
        mantissa += unit;
    if (mantissa >> 61 != 0) {
        mantissa >>= 1;
        ++*exponent;
    }
    return mantissa;
}

/* %x: 0x1.hhhp+dd. */
static bool hexadecimal(struct pkr_tpl_text *out, double v, int precision, bool large)
{
    const char *hex = large ? "0123456789ABCDEF" : "0123456789abcdef";
    int exponent = 0;
    uint64_t mantissa = mantissa_of(v, &exponent) << (60 - MANTISSA_BITS);

    if (mantissa == 0)
        exponent = 0;
    for (; mantissa != 0 && mantissa >> 60 == 0; exponent--)
        mantissa <<= 1;
    if (precision >= 0 && precision < 15)
        mantissa = round_hex(mantissa, precision, &exponent);
    (void)pkr_tpl_add_word(out, large ? "0X" : "0x");
    (void)pkr_tpl_add_byte(out, hex[mantissa >> 60 & 1]);
    mantissa = mantissa << 4;
    if (precision > 0 || (precision < 0 && mantissa != 0))
        (void)pkr_tpl_add_byte(out, '.');
    for (int i = 0; i < precision || (precision < 0 && mantissa != 0); i++, mantissa <<= 4)
        if (!pkr_tpl_add_byte(out, hex[mantissa >> 60]))
            return false;
    return add_exponent(out, large ? 'P' : 'p', exponent);
}

static bool plain(struct pkr_tpl_text *out, double v, int precision, char verb)
{
    switch (verb) {
    case 'b':
        return binary(out, v);
    case 'x':
    case 'X':
        return hexadecimal(out, v, precision, verb == 'X');
    case 'g':
    case 'G':
        return general(out, v, precision, verb == 'g' ? 'e' : 'E');
    case 'E': {
        struct pkr_tpl_text small = pkr_tpl_text(out->run);
        if (!fixed(&small, v, precision, 'e'))
            return false;
        char *e = memchr(small.data, 'e', small.len);
        if (e != NULL)
            *e = 'E';
        return pkr_tpl_add_span(out, pkr_tpl_text_view(&small));
    }
    default:
        return fixed(out, v, precision, verb);
    }
}

/* ---- flags ---- */

/* How many digits %#g and %#x show at least. */
static int wanted_digits(char verb, int precision)
{
    if (verb != 'g' && verb != 'G' && verb != 'x')
        return 0;
    return precision < 0 ? 6 : precision;
}

/* '#': a point in any case, and the zeros that %g leaves out. */
static bool add_point(struct pkr_tpl_text *out, struct acg_span number, char verb, int digits)
{
    bool hex = verb == 'x' || verb == 'X', point = false, seen = false;
    size_t end = 0;

    for (; end < number.len; end++) {
        char c = number.data[end];
        if (c == 'p' || c == 'P' || (!hex && (c == 'e' || c == 'E')))
            break;
        point = point || c == '.';
        seen = seen || (c != '0' && c != '.');
        digits -= seen && c != '.';
    }
    (void)pkr_tpl_add(out, number.data, end);
    if (!point) {
        digits -= end == 1 && number.data[0] == '0';
        (void)pkr_tpl_add_byte(out, '.');
    }
    (void)pkr_tpl_add_times(out, '0', digits > 0 ? (size_t)digits : 0);
    return pkr_tpl_add(out, number.data + end, number.len - end);
}

/* Zeros go between the sign and the number. */
static bool put_signed(struct pkr_tpl_text *out, const struct pkr_tpl_flags *flags, char sign,
                       struct acg_span number)
{
    struct pkr_tpl_text whole = pkr_tpl_text(out->run);

    if (sign != '\0' && flags->zero && !flags->minus && flags->has_width &&
        (size_t)flags->width > number.len + 1)
        return pkr_tpl_add_byte(out, sign) &&
               pkr_tpl_add_times(out, '0', (size_t)flags->width - number.len - 1) &&
               pkr_tpl_add_span(out, number);
    if (sign != '\0')
        (void)pkr_tpl_add_byte(&whole, sign);
    (void)pkr_tpl_add_span(&whole, number);
    return pkr_tpl_pad(out, flags, pkr_tpl_text_view(&whole), true);
}

static char sign_of(const struct pkr_tpl_flags *flags, double v)
{
    if (signbit(v) && !isnan(v))
        return '-';
    return flags->plus ? '+' : flags->space ? ' ' : '\0';
}

static bool put_infinite(struct pkr_tpl_text *out, const struct pkr_tpl_flags *flags, double v)
{
    struct pkr_tpl_flags bare = *flags;
    char sign = sign_of(flags, v);

    bare.zero = false;
    if (!isnan(v) && sign == '\0')
        sign = '+';
    return put_signed(out, &bare, sign, acgp_span(isnan(v) ? "NaN" : "Inf"));
}

bool pkr_tpl_real(struct pkr_tpl_text *out, const struct pkr_tpl_flags *flags, double number, uint32_t verb)
{
    struct pkr_tpl_text digits = pkr_tpl_text(out->run), pointed = digits;
    char form = verb == 'v' ? 'g' : verb == 'F' ? 'f' : (char)verb;
    int precision = strchr("feE", form) != NULL ? 6 : -1;

    if (!is_finite(number))
        return put_infinite(out, flags, number);
    if (flags->has_precision)
        precision = flags->precision;
    if (!plain(&digits, fabs(number), precision, form))
        return false;
    if (!flags->sharp || form == 'b')
        return put_signed(out, flags, sign_of(flags, number), pkr_tpl_text_view(&digits));
    return add_point(&pointed, pkr_tpl_text_view(&digits), form, wanted_digits(form, precision)) &&
           put_signed(out, flags, sign_of(flags, number), pkr_tpl_text_view(&pointed));
}
