/* SPDX-License-Identifier: MPL-2.0 */
/** Version names that are chosen: by the versions that are there, by the date, by the number of a build. */
#ifndef ACGP_VERSION_NAME_H
#define ACGP_VERSION_NAME_H

#include <stddef.h>

#include "model/image_version.h"

/** How a version comes to its name. */
enum acgp_naming {
    ACGP_NAMING_GIVEN = 0,
    ACGP_NAMING_PATCH, /* "auto": after the highest version that is there */
    ACGP_NAMING_MINOR, /* "auto-minor" */
    ACGP_NAMING_MAJOR, /* "auto-major" */
    ACGP_NAMING_DATE   /* "date": YYYY.MMDD.N, UTC, N the next free one */
};

enum { ACGP_VERSION_NAME_MAX = 40 }; /* three numbers of 32 bits, two dots and the end */

/** The rule that a word stands for; GIVEN for anything else. */
enum acgp_naming acgp_version_naming(struct acg_span text);

/** "1.4.build": two numbers, then the word for the number of the build.
 *  @param out_stem length of "1.4."; may be NULL. */
bool acgp_version_ends_with_build(struct acg_span text, size_t *out_stem);

/** The next name. @param there the versions of the definition, in any order.
 *  @return false: the part that grows is at its end, or the clock is not of our era. */
bool acgp_version_next(enum acgp_naming naming, const struct acgp_image_version *there, size_t count,
                       int64_t now_unix_s, char out[ACGP_VERSION_NAME_MAX]);

#endif
