/* SPDX-License-Identifier: MPL-2.0 */
/* Functions of the SDK over time: Go's layouts, whose parts are those of one reference time, and strftime.
 * The time is that of the plugin's start, in UTC. */
#include <string.h>

#include "base/span.h"
#include "template/functions.h"

enum { DAY_S = 24 * 60 * 60 };
/** Digits of a second's part that are known. */
enum { NANO_DIGITS = 9 };
/** Go counts the digits of a second's part in 12 bits. */
enum { NANO_COUNT_MASK = 0xfff };

/* A moment, taken apart. */
struct moment {
    int64_t year;
    int month;    /* 1 to 12 */
    int day;      /* of the month, from 1 */
    int year_day; /* from 1 */
    int week_day; /* 0: Sunday */
    int hour;
    int minute;
    int second;
    uint32_t nano;
};

static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};
static const char *const week_days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday"};

/* ---- the calendar ---- */

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Days are counted from 1 March of a year 0, so that a leap day ends its year. */
static void set_date(struct moment *m, int64_t unix_days)
{
    int64_t days = unix_days + 719468, era = floor_div(days, 146097), of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = (int)(of_era - (365 * year + year / 4 - year / 100)), from_march = (5 * of_year + 2) / 153;

    m->day = of_year - (153 * from_march + 2) / 5 + 1;
    m->month = from_march < 10 ? from_march + 3 : from_march - 9;
    m->year = year + era * 400 + (m->month <= 2);
    m->week_day = (int)(((unix_days + 4) % 7 + 7) % 7);
    m->year_day = m->month > 2 ? of_year + 60 + is_leap(m->year) : of_year - 305;
}

static struct moment moment_of(const struct pkr_template_data *data)
{
    int64_t days = floor_div(data->started_unix_s, DAY_S);
    int of_day = (int)(data->started_unix_s - days * DAY_S);
    struct moment m = {
        .hour = of_day / 3600, .minute = of_day / 60 % 60, .second = of_day % 60, .nano = data->started_ns};

    set_date(&m, days);
    return m;
}

/* ---- the parts of a layout ---- */

static bool put_space(struct pkr_tpl_text *out, int number, int width)
{
    for (int limit = 10; width > 1; width--, limit *= 10)
        if (number < limit)
            (void)pkr_tpl_add_byte(out, ' ');
    return pkr_tpl_add_number(out, number, 0);
}

static int hour12(const struct moment *m)
{
    return m->hour % 12 == 0 ? 12 : m->hour % 12;
}

enum part {
    PART_MONTH,
    PART_MON,
    PART_MONTH_1,
    PART_MONTH_01,
    PART_WEEK_DAY,
    PART_WEEK_DAY_SHORT,
    PART_DAY,
    PART_DAY_SPACE,
    PART_DAY_0,
    PART_YEAR_DAY_SPACE,
    PART_YEAR_DAY_0,
    PART_HOUR,
    PART_HOUR_12,
    PART_HOUR_12_0,
    PART_MINUTE,
    PART_MINUTE_0,
    PART_SECOND,
    PART_SECOND_0,
    PART_YEAR,
    PART_YEAR_SHORT,
    PART_PM,
    PART_PM_SMALL,
    PART_ZONE,
    PART_UTC,
    PART_OFFSET,
    PART_OFFSET_SECONDS,
    PART_OFFSET_SHORT,
    PART_OFFSET_COLON,
    PART_OFFSET_COLON_SECONDS
};

static bool put_date(struct pkr_tpl_text *out, enum part part, const struct moment *m)
{
    switch (part) {
    case PART_MONTH:
        return pkr_tpl_add_word(out, months[m->month - 1]);
    case PART_MON:
        return pkr_tpl_add(out, months[m->month - 1], 3);
    case PART_MONTH_1:
    case PART_MONTH_01:
        return pkr_tpl_add_number(out, m->month, part == PART_MONTH_1 ? 0 : 2);
    case PART_WEEK_DAY:
        return pkr_tpl_add_word(out, week_days[m->week_day]);
    case PART_WEEK_DAY_SHORT:
        return pkr_tpl_add(out, week_days[m->week_day], 3);
    case PART_DAY:
    case PART_DAY_0:
        return pkr_tpl_add_number(out, m->day, part == PART_DAY ? 0 : 2);
    case PART_DAY_SPACE:
        return put_space(out, m->day, 2);
    case PART_YEAR_DAY_SPACE:
        return put_space(out, m->year_day, 3);
    case PART_YEAR_DAY_0:
        return pkr_tpl_add_number(out, m->year_day, 3);
    case PART_YEAR:
        return pkr_tpl_add_number(out, m->year, 4);
    default:
        return pkr_tpl_add_number(out, (m->year < 0 ? -m->year : m->year) % 100, 2);
    }
}

static bool put_clock(struct pkr_tpl_text *out, enum part part, const struct moment *m)
{
    switch (part) {
    case PART_HOUR:
        return pkr_tpl_add_number(out, m->hour, 2);
    case PART_HOUR_12:
    case PART_HOUR_12_0:
        return pkr_tpl_add_number(out, hour12(m), part == PART_HOUR_12 ? 0 : 2);
    case PART_MINUTE:
    case PART_MINUTE_0:
        return pkr_tpl_add_number(out, m->minute, part == PART_MINUTE ? 0 : 2);
    case PART_SECOND:
    case PART_SECOND_0:
        return pkr_tpl_add_number(out, m->second, part == PART_SECOND ? 0 : 2);
    case PART_PM:
        return pkr_tpl_add_word(out, m->hour >= 12 ? "PM" : "AM");
    case PART_PM_SMALL:
        return pkr_tpl_add_word(out, m->hour >= 12 ? "pm" : "am");
    case PART_ZONE:
        return pkr_tpl_add_word(out, "UTC");
    case PART_UTC:
        return pkr_tpl_add_byte(out, 'Z');
    case PART_OFFSET_SECONDS:
        return pkr_tpl_add_word(out, "+000000");
    case PART_OFFSET_SHORT:
        return pkr_tpl_add_word(out, "+00");
    case PART_OFFSET_COLON:
        return pkr_tpl_add_word(out, "+00:00");
    case PART_OFFSET_COLON_SECONDS:
        return pkr_tpl_add_word(out, "+00:00:00");
    default:
        return pkr_tpl_add_word(out, "+0000");
    }
}

/* Of words that begin alike, the one that counts stands first. */
static const struct {
    const char *word;
    enum part part;
    bool whole; /* a small letter behind it makes it another word */
} parts[] = {
    {"January", PART_MONTH, false},
    {"Jan", PART_MON, true},
    {"Monday", PART_WEEK_DAY, false},
    {"Mon", PART_WEEK_DAY_SHORT, true},
    {"MST", PART_ZONE, false},
    {"01", PART_MONTH_01, false},
    {"02", PART_DAY_0, false},
    {"03", PART_HOUR_12_0, false},
    {"04", PART_MINUTE_0, false},
    {"05", PART_SECOND_0, false},
    {"06", PART_YEAR_SHORT, false},
    {"002", PART_YEAR_DAY_0, false},
    {"15", PART_HOUR, false},
    {"1", PART_MONTH_1, false},
    {"2006", PART_YEAR, false},
    {"2", PART_DAY, false},
    {"_2", PART_DAY_SPACE, false},
    {"__2", PART_YEAR_DAY_SPACE, false},
    {"3", PART_HOUR_12, false},
    {"4", PART_MINUTE, false},
    {"5", PART_SECOND, false},
    {"PM", PART_PM, false},
    {"pm", PART_PM_SMALL, false},
    {"-070000", PART_OFFSET_SECONDS, false},
    {"-07:00:00", PART_OFFSET_COLON_SECONDS, false},
    {"-0700", PART_OFFSET, false},
    {"-07:00", PART_OFFSET_COLON, false},
    {"-07", PART_OFFSET_SHORT, false},
    {"Z070000", PART_UTC, false},
    {"Z07:00:00", PART_UTC, false},
    {"Z0700", PART_UTC, false},
    {"Z07:00", PART_UTC, false},
    {"Z07", PART_UTC, false},
};

static bool starts(struct acg_span text, const char *word)
{
    size_t len = strlen(word);

    return text.len >= len && memcmp(text.data, word, len) == 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A point or comma with zeros or nines is the part of a second. @return its bytes; 0: it is none. */
static size_t fraction_len(struct acg_span layout)
{
    size_t len = 1;

    if (layout.len < 2 || (layout.data[0] != '.' && layout.data[0] != ',') ||
        (layout.data[1] != '0' && layout.data[1] != '9'))
        return 0;
    while (len < layout.len && layout.data[len] == layout.data[1])
        len++;
    return len < layout.len && is_digit(layout.data[len]) ? 0 : len;
}

/* Nines leave zeros at the end out, and with them all the mark. */
static bool put_fraction(struct pkr_tpl_text *out, struct acg_span layout, uint32_t nano)
{
    char digits[NANO_DIGITS];
    size_t count = (layout.len - 1) & NANO_COUNT_MASK;
    bool trim = layout.data[1] == '9';

    for (size_t i = NANO_DIGITS; i-- > 0; nano /= 10)
        digits[i] = (char)('0' + nano % 10);
    if (count > NANO_DIGITS)
        count = NANO_DIGITS;
    while (trim && count > 0 && digits[count - 1] == '0')
        count--;
    if (trim && count == 0)
        return true;
    return pkr_tpl_add_byte(out, layout.data[0]) && pkr_tpl_add(out, digits, count);
}

/* What the layout begins with. @param out_len its bytes; 0: nothing that counts. */
static bool put_part(struct pkr_tpl_text *out, struct acg_span layout, const struct moment *m,
                     size_t *out_len)
{
    *out_len = fraction_len(layout);
    if (*out_len > 0)
        return put_fraction(out, acgp_span_of(layout.data, *out_len), m->nano);
    if (starts(layout, "_2006"))
        return true; /* an underscore before a year is just that */
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        size_t len = strlen(parts[i].word);
        if (!starts(layout, parts[i].word) ||
            (parts[i].whole && layout.len > len && layout.data[len] >= 'a' && layout.data[len] <= 'z'))
            continue;
        *out_len = len;
        return parts[i].part <= PART_YEAR_DAY_0 || parts[i].part == PART_YEAR ||
                       parts[i].part == PART_YEAR_SHORT
                   ? put_date(out, parts[i].part, m)
                   : put_clock(out, parts[i].part, m);
    }
    return true;
}

static bool put_layout(struct pkr_tpl_text *out, struct acg_span layout, const struct moment *m)
{
    while (layout.len > 0) {
        size_t len = 0;
        if (!put_part(out, layout, m, &len))
            return false;
        if (len == 0) {
            if (!pkr_tpl_add_byte(out, layout.data[0]))
                return false;
            len = 1;
        }
        layout = acgp_span_of(layout.data + len, layout.len - len);
    }
    return true;
}

/* ---- the functions ---- */

bool pkr_tpl_call_timestamp(struct pkr_tpl_call *call)
{
    struct pkr_tpl_text text = pkr_tpl_text(call->run);

    (void)pkr_tpl_add_number(&text, call->data->started_unix_s, 0);
    return pkr_tpl_return_text(call, &text);
}

bool pkr_tpl_call_isotime(struct pkr_tpl_call *call)
{
    struct acg_span layout = acgp_span("2006-01-02T15:04:05Z07:00");
    struct pkr_tpl_text text = pkr_tpl_text(call->run);
    struct moment m = moment_of(call->data);

    if (call->count > 1)
        return pkr_tpl_refuse(call, "it takes one layout");
    if (call->count == 1)
        layout = call->args[0].as.text;
    return put_layout(&text, layout, &m) && pkr_tpl_return_text(call, &text);
}

/* The layout of a letter; NULL: it stands for itself. */
static const char *layout_of(char letter)
{
    static const char letters[] = "BbmAadHIMSYypZzL";
    static const char *const layouts[] = {"January", "Jan", "01",   "Monday", "Mon", "02",  "15",    "03",
                                          "04",      "05",  "2006", "06",     "PM",  "MST", "-0700", ".000"};
    const char *hit = letter == '\0' ? NULL : strchr(letters, letter);

    return hit == NULL ? NULL : layouts[hit - letters];
}

bool pkr_tpl_call_strftime(struct pkr_tpl_call *call)
{
    struct acg_span format = call->args[0].as.text;
    struct pkr_tpl_text text = pkr_tpl_text(call->run);
    struct moment m = moment_of(call->data);

    for (size_t i = 0; i < format.len; i++) {
        bool code = format.data[i] == '%' && i + 1 < format.len;
        const char *layout = code ? layout_of(format.data[i + 1]) : NULL;
        if (layout != NULL)
            (void)put_layout(&text, acgp_span(layout), &m);
        else if (code && format.data[i + 1] != '%')
            (void)pkr_tpl_add(&text, format.data + i, 2);
        else if (!pkr_tpl_add_byte(&text, format.data[i]))
            return false;
        i += code;
    }
    return pkr_tpl_return_text(call, &text);
}
