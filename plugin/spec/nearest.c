/* SPDX-License-Identifier: MPL-2.0 */
/* The nearest name, for "did you mean". */
#include <string.h>

#include "base/span.h"
#include "spec/fields.h"

/** Longest name that is compared: longer ones are no slip of the hand. */
enum { NAME_MAX_BYTES = 64 };

/* How many letters must be changed, added, taken or swapped to make b of a, without regard to case. */
static size_t distance(struct acg_span a, struct acg_span b)
{
    size_t rows[3][NAME_MAX_BYTES + 1] = {{0}};

    for (size_t j = 0; j <= b.len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *now = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            char x = acgp_lower(a.data[i - 1]), y = acgp_lower(b.data[j - 1]);
            size_t best = last[j - 1] + (x != y);
            best = last[j] + 1 < best ? last[j] + 1 : best;
            best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
            if (i > 1 && j > 1 && x == acgp_lower(b.data[j - 2]) && acgp_lower(a.data[i - 2]) == y &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
    }
    return rows[a.len % 3][b.len];
}

const char *pkr_nearest(struct acg_span name, const char *const *names, size_t count)
{
    size_t best = name.len / 3 + 1; /* a third of the letters may be wrong */
    const char *found = NULL;

    if (name.len == 0 || name.len > NAME_MAX_BYTES)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        struct acg_span other = acgp_span(names[i]);
        size_t far = other.len > NAME_MAX_BYTES ? best + 1 : distance(name, other);
        if (far < best || (far == best && found == NULL && far < name.len)) {
            best = far;
            found = names[i];
        }
    }
    return found;
}

const char *pkr_field_nearest(const struct pkr_field_group *group, struct acg_span name)
{
    const char *names[PKR_NEAREST_MAX];
    size_t count = 0;

    for (size_t i = 0; i < group->count && count < PKR_NEAREST_MAX; i++)
        names[count++] = group->rows[i].name;
    return pkr_nearest(name, names, count);
}
