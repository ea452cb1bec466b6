/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { MS_PER_SECOND = 1000, SECONDS_PER_DAY = 86400 };

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * MS_PER_SECOND + t.tv_nsec / 1000000;
}

int64_t sim_mono_ms(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t sim_mono_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t sim_wall_ms(void)
{
    return read_clock(CLOCK_REALTIME);
}

void sim_clock_init(struct sim_clock *c, bool manual, double factor, int64_t start_unix_ms)
{
    *c = (struct sim_clock){manual, factor, start_unix_ms, sim_mono_ms(), 0};
}

int64_t sim_clock_now(const struct sim_clock *c)
{
    int64_t passed = c->manual ? 0 : (int64_t)((double)(sim_mono_ms() - c->origin_mono_ms) * c->factor);
    return c->origin_unix_ms + passed + c->advanced_ms;
}

static struct tm broken_down(int64_t unix_ms)
{
    time_t seconds = (time_t)(unix_ms / MS_PER_SECOND);
    struct tm out = {0};
    gmtime_r(&seconds, &out);
    return out;
}

void sim_stamp(int64_t unix_ms, char out[SIM_STAMP_SIZE])
{
    struct tm t = broken_down(unix_ms);
    size_t n = strftime(out, SIM_STAMP_SIZE, "%Y-%m-%dT%H:%M:%S", &t);
    /* Seven fractional digits, as the service writes; the last four are not zero so that nobody relies on
     * that. */
    snprintf(out + n, SIM_STAMP_SIZE - n, ".%03d%04d+00:00", (int)(unix_ms % MS_PER_SECOND),
             (int)(unix_ms * 7919 % 8999) + 1001);
}

void sim_stamp_plain(int64_t unix_ms, char out[SIM_STAMP_SIZE])
{
    struct tm t = broken_down(unix_ms);
    strftime(out, SIM_STAMP_SIZE, "%Y-%m-%d %H:%M:%SZ", &t);
}

static bool number(const char **text, int digits, int64_t *out)
{
    int64_t n = 0;
    for (int i = 0; i < digits; i++) {
        char c = (*text)[i];
        if (c < '0' || c > '9')
            return false;
        n = n * 10 + (c - '0');
    }
    *text += digits;
    *out = n;
    return true;
}

static bool literal(const char **text, char c)
{
    if (**text != c)
        return false;
    (*text)++;
    return true;
}

/* Days since 1970 of a civil date (proleptic Gregorian calendar). */
static int64_t days(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = year / 400, y = year - era * 400;
    int64_t d = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + y * 365 + y / 4 - y / 100 + d - 719468;
}

static bool zone(const char **text, int64_t *seconds)
{
    if (**text == '\0' || literal(text, 'Z') || literal(text, 'z'))
        return true;
    int64_t sign = **text == '-' ? -1 : 1, hours, minutes;
    if (!literal(text, '+') && !literal(text, '-'))
        return false;
    if (!number(text, 2, &hours) || !literal(text, ':') || !number(text, 2, &minutes))
        return false;
    *seconds -= sign * (hours * 3600 + minutes * 60);
    return true;
}

bool sim_stamp_parse(const char *text, int64_t *unix_ms)
{
    int64_t year, month, day, hour = 0, minute = 0, second = 0;
    if (!number(&text, 4, &year) || !literal(&text, '-') || !number(&text, 2, &month) ||
        !literal(&text, '-') || !number(&text, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    if (literal(&text, 'T') || literal(&text, 't') || literal(&text, ' ')) {
        if (!number(&text, 2, &hour) || !literal(&text, ':') || !number(&text, 2, &minute))
            return false;
        if (literal(&text, ':') && !number(&text, 2, &second))
            return false;
        if (literal(&text, '.'))
            text += strspn(text, "0123456789");
    }
    int64_t seconds = days(year, month, day) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second;
    if (hour > 23 || minute > 59 || second > 60 || !zone(&text, &seconds) || *text)
        return false;
    *unix_ms = seconds * MS_PER_SECOND;
    return true;
}
