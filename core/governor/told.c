/* SPDX-License-Identifier: MPL-2.0 */
#include "governor/told.h"

#include <stdio.h>
#include <string.h>

#include "base/span.h"

/* More than any limit; a larger number would only endanger the sums. */
enum { COUNT_MAX = 1000000000 };

static bool count_of(struct acg_span text, int64_t *out)
{
    uint64_t n = 0;

    if (!acgp_span_to_u64(acgp_span_trim(text), &n))
        return false;
    *out = n > COUNT_MAX ? COUNT_MAX : (int64_t)n;
    return true;
}

static bool name_of(struct acg_span text, char out[ACGP_TOLD_NAME_MAX])
{
    struct acg_span name = acgp_span_trim(text);

    for (size_t i = name.len; i-- > 0;)
        if (name.data[i] == '/') {
            name = acgp_span_of(name.data + i + 1, name.len - i - 1);
            break;
        }
    if (name.len == 0 || name.len >= ACGP_TOLD_NAME_MAX)
        return false;
    memcpy(out, name.data, name.len);
    out[name.len] = '\0';
    return true;
}

size_t acgp_told_policies(const struct acgp_response *response, struct acgp_told out[ACGP_TOLD_MAX])
{
    struct acg_span rest = acgp_span(acgp_response_header(response, "x-ms-ratelimit-remaining-resource"));
    size_t count = 0;

    while (rest.data != NULL && count < ACGP_TOLD_MAX) {
        struct acg_span number = acgp_span_cut(&rest, ',');
        struct acg_span name = acgp_span_cut(&number, ';');
        if (number.data != NULL && count_of(number, &out[count].left) && name_of(name, out[count].name))
            count++;
    }
    return count;
}

int64_t acgp_told_left(const struct acgp_response *response, enum acgp_operation_kind kind)
{
    static const char *const places[] = {"subscription", "subscription-global", "tenant", "tenant-global"};
    int64_t least = -1;

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char name[80];
        const char *value = NULL;
        int64_t left = 0;
        snprintf(name, sizeof name, "x-ms-ratelimit-remaining-%s-%ss", places[i],
                 acgp_operation_kind_name(kind));
        value = acgp_response_header(response, name);
        if (value != NULL && count_of(acgp_span(value), &left) && (least < 0 || left < least))
            least = left;
    }
    return least;
}

int64_t acgp_told_window_ms(const char *name)
{
    static const struct {
        const char *word;
        int64_t ms;
    } units[] = {{"sec", 1000}, {"min", 60000}, {"hour", 3600000}, {"hr", 3600000}};
    size_t end = strlen(name), digits = 0;

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t length = strlen(units[i].word);
        uint64_t n = 0;
        if (end <= length || !acgp_equal_nocase(name + end - length, units[i].word))
            continue;
        for (digits = end - length; digits > 0 && name[digits - 1] >= '0' && name[digits - 1] <= '9';
             digits--)
            ;
        if (acgp_span_to_u64(acgp_span_of(name + digits, end - length - digits), &n) && n > 0 && n <= 1440)
            return (int64_t)n * units[i].ms;
    }
    return 0;
}
