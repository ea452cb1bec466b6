/* SPDX-License-Identifier: MPL-2.0 */
#include "model/region.h"

#include <string.h>

#include "base/span.h"

static bool is_region_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool acgp_region_normalise(struct acg_span text, char out[ACGP_REGION_MAX])
{
    char name[ACGP_REGION_MAX];
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = acgp_lower(text.data[i]);

        if (c == ' ')
            continue;
        if (!is_region_char(c) || len == sizeof name - 1)
            return false;
        name[len++] = c;
    }
    if (len == 0)
        return false;
    name[len] = '\0';
    memcpy(out, name, len + 1);
    return true;
}

bool acgp_region_equal(const char *a, const char *b)
{
    char first[ACGP_REGION_MAX];
    char second[ACGP_REGION_MAX];

    return acgp_region_normalise(acgp_span(a), first) && acgp_region_normalise(acgp_span(b), second) &&
           strcmp(first, second) == 0;
}
