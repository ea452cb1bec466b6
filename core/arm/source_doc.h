/* SPDX-License-Identifier: MPL-2.0 */
/** A source of an image version as ARM answers it: where it is, and which data disks it has. */
#ifndef ACGP_SOURCE_DOC_H
#define ACGP_SOURCE_DOC_H

#include <stddef.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/span.h>

#include "model/region.h"
#include "model/resource_id.h"

/* An Azure VM has at most 64 data disks; more is not an answer to us. */
enum { ACGP_SOURCE_LUNS_MAX = 256 };

struct acgp_source_doc {
    char location[ACGP_REGION_MAX];     /* normalised; empty when the answer names none */
    int32_t luns[ACGP_SOURCE_LUNS_MAX]; /* of the data disks, in the order of the answer */
    size_t lun_count;
};

/** Decode a managed image, virtual machine, image version, snapshot or disk (the last two have no data
 * disks).
 *  @param text borrowed.   @param out untouched on failure.
 *  @return ACG_OK | ACG_ERR_PROTOCOL (not such a resource, or a LUN that no LUN can be) | ACG_ERR_NOMEM. */
enum acg_status acgp_source_doc_decode(struct acg_span text, enum acgp_resource_kind kind,
                                       struct acgp_source_doc *out, struct acg_error *err);

#endif
