/* SPDX-License-Identifier: MPL-2.0 */
#include "model/version_name.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/span.h"

enum acgp_naming acgp_version_naming(struct acg_span text)
{
    static const struct {
        const char *word;
        enum acgp_naming naming;
    } words[] = {{"auto", ACGP_NAMING_PATCH},
                 {"auto-minor", ACGP_NAMING_MINOR},
                 {"auto-major", ACGP_NAMING_MAJOR},
                 {"date", ACGP_NAMING_DATE}};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (acgp_span_equal(text, acgp_span(words[i].word)))
            return words[i].naming;
    return ACGP_NAMING_GIVEN;
}

bool acgp_version_ends_with_build(struct acg_span text, size_t *out_stem)
{
    static const char word[] = "build";
    const size_t length = sizeof word - 1;
    struct acgp_image_version v;
    char probe[ACGP_VERSION_NAME_MAX];

    if (text.len < length || text.len >= sizeof probe ||
        !acgp_span_equal((struct acg_span){text.data + text.len - length, length}, acgp_span(word)))
        return false;
    if (out_stem != NULL)
        *out_stem = text.len - length;
    (void)snprintf(probe, sizeof probe, "%.*s0", (int)(text.len - length), text.data);
    return acgp_image_version_parse(acgp_span(probe), &v);
}

/* The lowest name of today, which further ones count up from. */
static bool first_of_day(int64_t now_unix_s, struct acgp_image_version *out)
{
    time_t now = (time_t)now_unix_s;
    struct tm day;

    if (now_unix_s <= 0 || gmtime_r(&now, &day) == NULL)
        return false;
    *out = (struct acgp_image_version){day.tm_year + 1900, (day.tm_mon + 1) * 100 + day.tm_mday, 0};
    return true;
}

static bool same_day(struct acgp_image_version a, struct acgp_image_version b)
{
    return a.major == b.major && a.minor == b.minor;
}

static bool up(int32_t *part)
{
    if (*part == INT32_MAX)
        return false;
    ++*part;
    return true;
}

static bool raise_part(enum acgp_naming naming, struct acgp_image_version *v)
{
    if (naming == ACGP_NAMING_MAJOR) {
        v->minor = v->patch = 0;
        return up(&v->major);
    }
    if (naming == ACGP_NAMING_MINOR) {
        v->patch = 0;
        return up(&v->minor);
    }
    return up(&v->patch);
}

bool acgp_version_next(enum acgp_naming naming, const struct acgp_image_version *there, size_t count,
                       int64_t now_unix_s, char out[ACGP_VERSION_NAME_MAX])
{
    struct acgp_image_version day = {0}, highest = {0};
    bool any = false, fine = true;

    if (naming == ACGP_NAMING_DATE && !first_of_day(now_unix_s, &day))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (naming == ACGP_NAMING_DATE && !same_day(there[i], day))
            continue;
        if (!any || acgp_image_version_compare(there[i], highest) > 0)
            highest = there[i];
        any = true;
    }
    if (!any && naming == ACGP_NAMING_DATE)
        highest = day;
    else
        fine = raise_part(naming, &highest);
    (void)snprintf(out, ACGP_VERSION_NAME_MAX, "%" PRId32 ".%" PRId32 ".%" PRId32, highest.major,
                   highest.minor, highest.patch);
    return fine;
}
