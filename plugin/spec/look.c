/* SPDX-License-Identifier: MPL-2.0 */
#include "spec/look.h"

#include "base/span.h"

/** /subscriptions/S/resourceGroups/G/providers/P/galleries/N/images/D/versions/V: every second part is a
 * name. */
enum { SUBSCRIPTION = 2, GROUP = 4, GALLERY = 8, DEFINITION = 10, VERSION = 12, PARTS };

static size_t split(struct acg_span id, struct acg_span parts[PARTS])
{
    size_t count = 0, start = 0;

    for (size_t i = 0; i <= id.len; i++) {
        if (i < id.len && id.data[i] != '/')
            continue;
        if (count < PARTS)
            parts[count] = acgp_span_of(id.data + start, i - start);
        count++;
        start = i + 1;
    }
    return count;
}

bool pkr_goes_on(const struct acg_result *result)
{
    return result != NULL && !acgp_equal(result->state, "not started") &&
           !acgp_equal(result->state, "failed") && !acgp_equal(result->state, "succeeded") &&
           !acgp_equal(result->state, "succeeded in part");
}

bool pkr_look_text(struct acgp_buf *out, const char *version_id)
{
    static const struct {
        const char *option;
        size_t part;
    } options[] = {{" --subscription ", SUBSCRIPTION},
                   {" -g ", GROUP},
                   {" -r ", GALLERY},
                   {" -i ", DEFINITION},
                   {" -e ", VERSION}};
    struct acg_span parts[PARTS];
    bool fine = acgp_buf_text(out, "az sig image-version show");

    if (split(acgp_span(version_id), parts) != PARTS)
        return fine && acgp_buf_printf(out, " --ids %s", version_id) &&
               acgp_buf_text(out, " --expand ReplicationStatus");
    for (size_t i = 0; fine && i < sizeof options / sizeof options[0]; i++)
        fine = acgp_buf_text(out, options[i].option) && acgp_buf_span(out, parts[options[i].part]);
    return fine && acgp_buf_text(out, " --expand ReplicationStatus");
}
