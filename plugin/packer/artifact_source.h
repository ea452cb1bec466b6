/* SPDX-License-Identifier: MPL-2.0 */
/** Which image an incoming artifact means. Pure: text in, a view out. */
#ifndef PKR_ARTIFACT_SOURCE_H
#define PKR_ARTIFACT_SOURCE_H

#include <stdbool.h>

#include <acg/error.h>
#include <acg/export.h>
#include <acg/span.h>

/** Whether this is the full id of a managed image, ignoring case. */
bool pkr_is_managed_image_id(struct acg_span id);

/** Find the managed image of an artifact: the line "ManagedImageId: ..." of an artifact of azure-arm or
 *  azure-dtl, which share a builder id; else an Id that is a managed image's. The line comes first because
 *  azure-arm's Id is a disk when keep_os_disk is set.
 *  @param builder_id, id, text borrowed: what the artifact says as BuilderId, Id and String.
 *  @param out_id lent by text or id; untouched on failure.
 *  @return ACG_OK | ACG_ERR_ARGUMENT (err names the artifact and what would be accepted). */
ACG_NODISCARD enum acg_status pkr_artifact_managed_image(struct acg_span builder_id, struct acg_span id,
                                                         struct acg_span text, struct acg_span *out_id,
                                                         struct acg_error *err);

#endif
