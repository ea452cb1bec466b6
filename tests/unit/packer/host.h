/* SPDX-License-Identifier: MPL-2.0 */
/** A post-processor between a scripted Packer and a publisher that the test plays itself. */
#ifndef ACG_TESTS_PACKER_HOST_H
#define ACG_TESTS_PACKER_HOST_H

#include "testlib/test.h"

#include "packer/post_processor.h"
#include "testlib/packer_peer.h"

#define VERSION_ID                                                                                           \
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/MyResourceGroup/providers/"          \
    "Microsoft.Compute/galleries/MyGallery/images/MyImage/versions/1.0.0"
#define PUBLISHED "2026-11-01T10:00:00.1234567+00:00"
#define IMAGE_ID                                                                                             \
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/MyResourceGroup/providers/"          \
    "Microsoft.Compute/images/myImage"

struct host {
    struct pkr_link *link;
    struct pkr_post_processor *pp;
    struct packer_peer *packer;
    size_t starts, cancels; /* requests that the post-processor made */
    size_t deletions;
    char source[512];           /* managed image of the last start */
    char version[64], tag[512]; /* of the last start: gallery_image_version, value of the first tag */
    char os_snapshot[512], prefix[512];
    enum acg_on_existing on_existing;
    int64_t build_number;         /* -1: none */
    const char *chosen;           /* id that results name; NULL: VERSION_ID */
    bool debug, force;            /* packer_debug, packer_force of a JSON template */
    const char *refuse_start;     /* the publisher refuses with these words */
    const char *const *variables; /* NAME, value, ..., NULL */
};

/** A host whose environment has a complete login. */
struct host *host_begin(const struct pkr_post_processor_options *options);
void host_end(struct host *h);

/** Configure with a JSON template's object, as text with ' for "; user variable patch is "7".
 *  @return handle of the call. */
uint64_t host_configure(struct host *h, const char *object);
/** The same, as HCL2 sends it. */
uint64_t host_configure_hcl(struct host *h, const char *object);
/** Configure a complete publish of a managed image, from the artifact when with_source is false. */
void host_configure_good(struct host *h, bool with_source);
/** What the incoming artifact says. */
void host_artifact(struct host *h, const char *builder_id, const char *id, const char *text);
/** Call PostProcess. @return handle of the call. */
uint64_t host_post_process(struct host *h);
/** Configure, artifact and PostProcess, up to the start of the publish. */
uint64_t host_publishing(struct host *h);

/** Events of the publish. */
void host_request(struct host *h, const char *text);
/** The final event of a deletion. */
void host_deleted(struct host *h, enum acg_status status, const char *message);
void host_step(struct host *h, const char *text);
void host_region(struct host *h, const char *region, const char *state, int percent);
void host_succeed(struct host *h, bool proved);
/** A quorum was met; eastus2 is missing. */
void host_succeed_in_part(struct host *h);
/** @param state of the result: "not started", "running", "failed". */
void host_fail(struct host *h, enum acg_status status, const char *message, const char *state);

/** The field of a reply's map. */
const struct pkr_value *host_field(const struct pkr_value *body, const char *name);
void host_expect_text(const struct pkr_value *value, const char *text);
/** PostProcess returned a failure. @return its one line, lent until the next call. */
const char *host_expect_err(struct host *h, uint64_t call);
/** What was said has this text in it; or has it not. */
void host_expect_said(struct host *h, const char *text);
void host_expect_unsaid(struct host *h, const char *text);

#endif
