/* SPDX-License-Identifier: MPL-2.0 */
#include "http/date.h"

#include <string.h>

#include "base/span.h"

struct civil {
    int64_t year, month, day, hour, minute, second;
};

/* Days since 1970-01-01 in the Gregorian calendar, counted from years that begin in March. */
static int64_t days_since_epoch(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = y / 400, in_era = y % 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + day_of_year - 719468;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    static const int64_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

static bool to_unix(const struct civil *c, int64_t *out)
{
    if (c->year < 1 || c->year > 9999 || c->month < 1 || c->month > 12 || c->day < 1 ||
        c->day > days_in_month(c->year, c->month) || c->hour > 23 || c->minute > 59 || c->second > 60)
        return false;
    *out = days_since_epoch(c->year, c->month, c->day) * 86400 + c->hour * 3600 + c->minute * 60 + c->second;
    return true;
}

/* Exactly digits decimal digits from the front. */
static bool take_number(struct acg_span *rest, size_t digits, int64_t *out)
{
    uint64_t n = 0;

    if (rest->len < digits || !acgp_span_to_u64(acgp_span_of(rest->data, digits), &n))
        return false;
    *out = (int64_t)n;
    rest->data += digits;
    rest->len -= digits;
    return true;
}

static bool take_text(struct acg_span *rest, const char *text)
{
    struct acg_span t = acgp_span(text);

    if (!acgp_span_starts_nocase(*rest, t))
        return false;
    rest->data += t.len;
    rest->len -= t.len;
    return true;
}

static bool take_month(struct acg_span *rest, int64_t *out)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";

    if (rest->len < 3)
        return false;
    for (int64_t m = 0; m < 12; m++) {
        if (!acgp_span_equal_nocase(acgp_span_of(rest->data, 3), acgp_span_of(names + 3 * m, 3)))
            continue;
        *out = m + 1;
        rest->data += 3;
        rest->len -= 3;
        return true;
    }
    return false;
}

static bool take_clock(struct acg_span *rest, struct civil *c)
{
    return take_number(rest, 2, &c->hour) && take_text(rest, ":") && take_number(rest, 2, &c->minute) &&
           take_text(rest, ":") && take_number(rest, 2, &c->second);
}

/* "06 Nov 1994 08:49:37 GMT" */
static bool parse_fixdate(struct acg_span rest, struct civil *c)
{
    return take_number(&rest, 2, &c->day) && take_text(&rest, " ") && take_month(&rest, &c->month) &&
           take_text(&rest, " ") && take_number(&rest, 4, &c->year) && take_text(&rest, " ") &&
           take_clock(&rest, c) && take_text(&rest, " GMT") && rest.len == 0;
}

/* "06-Nov-94 08:49:37 GMT"; two digits of a year that began this century from 70 down. */
static bool parse_rfc850(struct acg_span rest, struct civil *c)
{
    if (!take_number(&rest, 2, &c->day) || !take_text(&rest, "-") || !take_month(&rest, &c->month) ||
        !take_text(&rest, "-") || !take_number(&rest, 2, &c->year) || !take_text(&rest, " ") ||
        !take_clock(&rest, c) || !take_text(&rest, " GMT"))
        return false;
    c->year += c->year < 70 ? 2000 : 1900;
    return rest.len == 0;
}

/* "Sun Nov  6 08:49:37 1994", the weekday already taken */
static bool parse_asctime(struct acg_span rest, struct civil *c)
{
    if (!take_month(&rest, &c->month) || !take_text(&rest, " "))
        return false;
    if (!(take_text(&rest, " ") ? take_number(&rest, 1, &c->day) : take_number(&rest, 2, &c->day)))
        return false;
    return take_text(&rest, " ") && take_clock(&rest, c) && take_text(&rest, " ") &&
           take_number(&rest, 4, &c->year) && rest.len == 0;
}

bool acgp_date_parse_http(struct acg_span text, int64_t *out_unix_s)
{
    struct acg_span rest = acgp_span_trim(text);
    const char *comma = rest.len ? memchr(rest.data, ',', rest.len) : NULL;
    struct civil c = {0};

    if (comma != NULL) {
        rest = acgp_span_of(comma + 1, rest.len - (size_t)(comma + 1 - rest.data));
        rest = acgp_span_trim(rest);
        return (parse_fixdate(rest, &c) || parse_rfc850(rest, &c)) && to_unix(&c, out_unix_s);
    }
    if (rest.len < 4 || rest.data[3] != ' ')
        return false;
    return parse_asctime(acgp_span_of(rest.data + 4, rest.len - 4), &c) && to_unix(&c, out_unix_s);
}
