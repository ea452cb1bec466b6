/* SPDX-License-Identifier: MPL-2.0 */
/** Which disks an incoming artifact means. Pure: text in, a source out. */
#ifndef PKR_ARTIFACT_SOURCE_H
#define PKR_ARTIFACT_SOURCE_H

#include <acg/error.h>
#include <acg/export.h>
#include <acg/options.h>
#include <acg/span.h>

#include "spec/arena.h"
#include "spec/config.h"

/** What an artifact says of itself; all borrowed. */
struct pkr_artifact_words {
    struct acg_span builder_id, id, text; /* BuilderId, Id and String */
};

/** Find the source in an artifact:
 *
 *      azure-arm, azure-dtl  the lines of String: "ManagedImageId: ..." first, because azure-arm's Id is a
 *                            disk when keep_os_disk is set; snapshots by their names, in the managed image's
 *                            resource group
 *      azure-chroot          Id, a list of the ids that it made
 *      any other             an Id that is a managed image's or a gallery image version's
 *
 *  PKR_ARTIFACT_ANY takes the managed image, else the gallery image version. The others are taken when they
 *  were asked for: snapshots and the kept OS disk of azure-arm with the image beside them, which tells the
 *  LUNs; snapshots and kept disks of azure-chroot by the LUN at the end of their names, which azure-chroot
 *  puts there.
 *  @param words borrowed.  @param arena owns the texts of *out.
 *  @param out untouched on failure: members that the artifact does not tell are NULL.
 *  @return ACG_OK | ACG_ERR_ARGUMENT (err names the artifact and what would be accepted) | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status pkr_artifact_source(const struct pkr_artifact_words *words,
                                                  enum pkr_artifact_choice choice, struct pkr_arena *arena,
                                                  struct acg_source *out, struct acg_error *err);

#endif
