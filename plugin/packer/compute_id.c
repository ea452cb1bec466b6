/* SPDX-License-Identifier: MPL-2.0 */
#include "packer/compute_id.h"

#include <stdbool.h>
#include <string.h>

#include "base/span.h"

enum { PARTS_MAX = 6 };

/* The words of an id behind its provider; NULL stands for a name of the user's. */
static const struct {
    enum pkr_compute_kind kind;
    const char *parts[PARTS_MAX];
    size_t count;
} shapes[] = {
    {PKR_COMPUTE_IMAGE, {"images", NULL}, 2},
    {PKR_COMPUTE_SNAPSHOT, {"snapshots", NULL}, 2},
    {PKR_COMPUTE_DISK, {"disks", NULL}, 2},
    {PKR_COMPUTE_VERSION, {"galleries", NULL, "images", NULL, "versions", NULL}, 6},
};

static bool take(struct acg_span *rest, const char *const *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (rest->data == NULL)
            return false;
        struct acg_span word = acgp_span_cut(rest, '/');
        if (parts[i] == NULL ? word.len == 0 || memchr(word.data, ',', word.len) != NULL
                             : !acgp_span_equal_nocase(word, acgp_span(parts[i])))
            return false;
    }
    return true;
}

/* Move *rest behind the provider. */
static bool take_scope(struct acg_span *rest)
{
    static const char *const scope[] = {"",          "subscriptions",    NULL, "resourceGroups", NULL,
                                        "providers", "Microsoft.Compute"};

    return take(rest, scope, sizeof scope / sizeof scope[0]) && rest->data != NULL;
}

enum pkr_compute_kind pkr_compute_kind_of(struct acg_span id)
{
    struct acg_span behind = id;

    if (!take_scope(&behind))
        return PKR_COMPUTE_OTHER;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        struct acg_span rest = behind;
        if (take(&rest, shapes[i].parts, shapes[i].count) && rest.data == NULL)
            return shapes[i].kind;
    }
    return PKR_COMPUTE_OTHER;
}

struct acg_span pkr_compute_name(struct acg_span id)
{
    size_t start = id.len;

    while (start > 0 && id.data[start - 1] != '/')
        start--;
    return acgp_span_of(id.data + start, id.len - start);
}

struct acg_span pkr_compute_scope(struct acg_span id)
{
    struct acg_span rest = id;

    (void)take_scope(&rest);
    return acgp_span_of(id.data, id.len - rest.len);
}
