/* SPDX-License-Identifier: MPL-2.0 */
#include "model/end_of_life.h"

#include <stdio.h>
#include <string.h>

#include "base/span.h"

enum {
    DAY_S = 86400,
    NOON_ISH_S = 12 * 3600 + 59 * 60 + 59, /* 12:59:59: what the Azure CLI appends to a bare date */
    DAYS_AHEAD_MAX = 36500,                /* a hundred years: more is a slip of the pen */
    FRACTION_MAX = 7                       /* digits; Azure's clocks count in 100 ns */
};

struct civil {
    int64_t year, month, day;
};

static int64_t leap_days_before(int64_t year)
{
    int64_t n = year - 1;

    return n / 4 - n / 100 + n / 400;
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t days_in(int64_t year, int64_t month)
{
    static const int64_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1970-01-01 to the first of January of year. */
static int64_t days_to_year(int64_t year)
{
    return 365 * (year - 1970) + leap_days_before(year) - leap_days_before(1970);
}

static int64_t days_of(struct civil date)
{
    int64_t days = days_to_year(date.year) + date.day - 1;

    for (int64_t month = 1; month < date.month; month++)
        days += days_in(date.year, month);
    return days;
}

/* The date of a day number; false outside the years 1 to 9999. */
static bool civil_of(int64_t days, struct civil *out)
{
    struct civil date = {.month = 1};

    if (days < days_to_year(1) || days >= days_to_year(10000))
        return false;
    date.year = 1970 + days / 366; /* some years off; the loops settle it */
    while (days >= days_to_year(date.year + 1))
        date.year++;
    while (days < days_to_year(date.year))
        date.year--;
    days -= days_to_year(date.year);
    while (days >= days_in(date.year, date.month))
        days -= days_in(date.year, date.month++);
    date.day = days + 1;
    *out = date;
    return true;
}

/* Exactly count digits from the front of *s. */
static bool digits(struct acg_span *s, size_t count, int64_t *out)
{
    uint64_t value = 0;

    if (s->len < count || !acgp_span_to_u64(acgp_span_of(s->data, count), &value))
        return false;
    s->data += count;
    s->len -= count;
    *out = (int64_t)value;
    return true;
}

static bool mark(struct acg_span *s, char lower)
{
    if (s->len == 0 || acgp_lower(s->data[0]) != lower)
        return false;
    s->data++;
    s->len--;
    return true;
}

static bool date_part(struct acg_span *s, struct civil *out)
{
    struct civil d = {0};

    if (!digits(s, 4, &d.year) || !mark(s, '-') || !digits(s, 2, &d.month) || !mark(s, '-') ||
        !digits(s, 2, &d.day))
        return false;
    if (d.year < 1 || d.month < 1 || d.month > 12 || d.day < 1 || d.day > days_in(d.year, d.month))
        return false;
    *out = d;
    return true;
}

/* "08:00" or "08:00:30", as seconds. */
static bool clock_part(struct acg_span *s, bool seconds, int64_t *out)
{
    int64_t h = 0;
    int64_t m = 0;
    int64_t sec = 0;

    if (!digits(s, 2, &h) || !mark(s, ':') || !digits(s, 2, &m))
        return false;
    if (seconds && (!mark(s, ':') || !digits(s, 2, &sec)))
        return false;
    *out = h * 3600 + m * 60 + sec;
    return h < 24 && m < 60 && sec < 60;
}

/* ".123": digits without trailing zeros, with the point; empty when they are all zero. */
static bool fraction_part(struct acg_span *s, char out[FRACTION_MAX + 2])
{
    size_t len = 0;

    out[0] = '\0';
    if (!mark(s, '.'))
        return true;
    while (len < s->len && s->data[len] >= '0' && s->data[len] <= '9')
        len++;
    if (len == 0 || len > FRACTION_MAX)
        return false;
    out[0] = '.';
    memcpy(out + 1, s->data, len);
    s->data += len;
    s->len -= len;
    while (len > 0 && out[len] == '0')
        len--;
    out[len == 0 ? 0 : len + 1] = '\0';
    return true;
}

/* "Z", "+02:00": seconds east of UTC. */
static bool zone_part(struct acg_span *s, int64_t *out)
{
    bool east = false;
    int64_t offset = 0;

    if (mark(s, 'z')) {
        *out = 0;
        return true;
    }
    east = mark(s, '+');
    if ((!east && !mark(s, '-')) || !clock_part(s, false, &offset))
        return false;
    *out = east ? offset : -offset;
    return true;
}

static bool finish(int64_t unix_s, const char *fraction, struct acgp_end_of_life *out)
{
    int64_t days = unix_s / DAY_S - (unix_s % DAY_S < 0);
    int64_t rest = unix_s - days * DAY_S;
    struct civil d = {0};

    if (!civil_of(days, &d))
        return false;
    snprintf(out->text, sizeof out->text, "%04d-%02d-%02dT%02d:%02d:%02d%sZ", (int)d.year, (int)d.month,
             (int)d.day, (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60), fraction);
    out->unix_s = unix_s;
    return true;
}

static bool days_from_now(struct acg_span text, int64_t now_unix_s, struct acgp_end_of_life *out)
{
    uint64_t days = 0;

    if (text.len < 3 || acgp_lower(text.data[text.len - 1]) != 'd')
        return false;
    if (!acgp_span_to_u64(acgp_span_of(text.data + 1, text.len - 2), &days) || days < 1 ||
        days > DAYS_AHEAD_MAX)
        return false;
    return finish(now_unix_s + (int64_t)days * DAY_S, "", out);
}

bool acgp_end_of_life_parse(struct acg_span text, int64_t now_unix_s, struct acgp_end_of_life *out)
{
    struct acg_span rest = text;
    struct civil date = {0};
    char fraction[FRACTION_MAX + 2] = "";
    int64_t time_s = NOON_ISH_S;
    int64_t east_s = 0;

    if (text.len > 0 && text.data[0] == '+')
        return days_from_now(text, now_unix_s, out);
    if (!date_part(&rest, &date))
        return false;
    if (rest.len != 0 && (!mark(&rest, 't') || !clock_part(&rest, true, &time_s) ||
                          !fraction_part(&rest, fraction) || !zone_part(&rest, &east_s) || rest.len != 0))
        return false;
    return finish(days_of(date) * DAY_S + time_s - east_s, fraction, out);
}

bool acgp_time_text(int64_t unix_s, char out[ACGP_TIME_MAX])
{
    struct acgp_end_of_life time;

    if (!finish(unix_s, "", &time))
        return false;
    memcpy(out, time.text, ACGP_TIME_MAX);
    return true;
}
