/* SPDX-License-Identifier: MPL-2.0 */
#include "model/image_version.h"

#include "base/span.h"

static bool number(struct acg_span *rest, int32_t *out)
{
    struct acg_span digits = {0};
    uint64_t value = 0;

    if (rest->data == NULL)
        return false;
    digits = acgp_span_cut(rest, '.');
    if (digits.len > 1 && digits.data[0] == '0')
        return false;
    if (!acgp_span_to_u64(digits, &value) || value > INT32_MAX)
        return false;
    *out = (int32_t)value;
    return true;
}

static int compare(int32_t a, int32_t b)
{
    return (a > b) - (a < b);
}

int acgp_image_version_compare(struct acgp_image_version a, struct acgp_image_version b)
{
    int major = compare(a.major, b.major), minor = compare(a.minor, b.minor);

    return major != 0 ? major : minor != 0 ? minor : compare(a.patch, b.patch);
}

bool acgp_image_version_parse(struct acg_span text, struct acgp_image_version *out)
{
    struct acgp_image_version v = {0};
    struct acg_span rest = text;

    if (!number(&rest, &v.major) || !number(&rest, &v.minor) || !number(&rest, &v.patch) || rest.data != NULL)
        return false;
    *out = v;
    return true;
}
