/* SPDX-License-Identifier: MPL-2.0 */
/** The artifact that we hand back: a published image version. Packer calls it until it kills the process.
 *
 *      BuilderId   packer.post-processor.acg-publish
 *      Id          full id of the image version
 *      String      the id, what was proved and how long it took, then a line per region with its disks' sets
 *      Files       none: the image is in the cloud
 *      State       generated_data of the incoming artifact; par.artifact.metadata for HCP's registry
 *      Destroy     answers success and deletes nothing; with delete_version_on_destroy the post-processor
 * answers it
 *
 *  Pure; answers leave through the link. */
#ifndef PKR_ARTIFACT_SERVER_H
#define PKR_ARTIFACT_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/event.h>
#include <acg/export.h>

#include "wire/link.h"

#define PKR_ARTIFACT_BUILDER_NAME "packer.post-processor.acg-publish"
/** Most values that are passed on from the incoming artifact: builders have some fifty. */
#define PKR_GENERATED_MAX 4096u
/** Most regions that are described to HCP's registry: more than Azure has. */
#define PKR_METADATA_REGIONS_MAX 1024u

struct pkr_artifact_server;

/** What an artifact is made of. All borrowed, except generated. */
struct pkr_artifact_facts {
    const struct acg_result *result;
    const char *source_id;      /* of the image it was made from; NULL: several disks, or unknown */
    struct pkr_tree *generated; /* given, also on failure: the incoming artifact's generated_data or NULL */
    bool floats;                /* Packer takes floats in generated_data (1.7 and later) */
};

/** Make the artifact. @param out owned by caller (pkr_artifact_server_free). @return ACG_OK | ACG_ERR_NOMEM |
 *  ACG_ERR_LIMIT. */
ACG_NODISCARD enum acg_status pkr_artifact_server_new(const struct pkr_artifact_facts *facts,
                                                      struct pkr_artifact_server **out,
                                                      struct acg_error *err);
/** Free it, wiping the values of the build; NULL is fine. */
void pkr_artifact_server_free(struct pkr_artifact_server *server);
/** Answer a call of Packer: unknown methods with net/rpc's error.
 *  @return as pkr_link_reply. */
ACG_NODISCARD enum acg_status pkr_artifact_server_answer(const struct pkr_artifact_server *server,
                                                         struct pkr_link *link,
                                                         const struct pkr_link_event *call,
                                                         struct acg_error *err);

#endif
