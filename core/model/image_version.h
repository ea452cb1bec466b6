/* SPDX-License-Identifier: MPL-2.0 */
/** Names of image versions: Major.Minor.Patch (R20). */
#ifndef ACGP_IMAGE_VERSION_H
#define ACGP_IMAGE_VERSION_H

#include <stdbool.h>
#include <stdint.h>

#include <acg/span.h>

struct acgp_image_version {
    int32_t major, minor, patch;
};

/** Parse three decimal numbers joined by dots, each from 0 to 2147483647. Leading zeros are refused: Azure
 * may store another name than was sent. @return false: not of that form; *out is then untouched. */
bool acgp_image_version_parse(struct acg_span text, struct acgp_image_version *out);

/** -1, 0, 1 as a is lower than, equal to or higher than b: numerically, part by part. */
int acgp_image_version_compare(struct acgp_image_version a, struct acgp_image_version b);

#endif
