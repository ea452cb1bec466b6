/* SPDX-License-Identifier: MPL-2.0 */
/* The number of the build that runs, as build services tell it. */
#include <string.h>

#include "base/span.h"
#include "spec/config.h"
#include "spec/state.h"

/* Jenkins, GitHub Actions, Azure DevOps, GitLab CI: the first one that holds a number counts. */
static const char *const variables[] = {"BUILD_NUMBER", "GITHUB_RUN_NUMBER", "BUILD_BUILDID",
                                        "CI_PIPELINE_IID"};

/** Longest number that is taken, digits: none of an int64_t is cut. */
enum { DIGITS_MAX = 18 };

static bool ends_with_build(const char *name)
{
    static const char end[] = ".build";
    size_t len = name != NULL ? strlen(name) : 0;

    return len > sizeof end - 1 && memcmp(name + len - (sizeof end - 1), end, sizeof end - 1) == 0;
}

static bool number_of(const char *text, int64_t *out)
{
    size_t len = text != NULL ? strlen(text) : 0;
    uint64_t number = 0;

    if (len == 0 || len > DIGITS_MAX || strspn(text, "0123456789") != len ||
        !acgp_span_to_u64(acgp_span_of(text, len), &number))
        return false;
    *out = (int64_t)number;
    return true;
}

void pkr_config_build_number(struct pkr_config *config,
                             const char *(*lookup)(void *context, const char *name), void *context)
{
    struct acg_publish_options *o = &config->set.options;
    int64_t number = 0;

    if (o->build_number.set || pkr_notes_cover(&config->read, "build_number") ||
        !(ends_with_build(o->gallery_image_version) || ends_with_build(o->gallery_image_version_id)))
        return;
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        if (number_of(lookup(context, variables[i]), &number)) {
            o->build_number = (struct acg_optional_int){.set = true, .value = number};
            return;
        }
}
