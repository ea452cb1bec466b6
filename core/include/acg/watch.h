/* SPDX-License-Identifier: MPL-2.0 */
/** Watching a version that exists, whoever publishes it: until it is replicated, or how far it is now. */
#ifndef ACG_WATCH_H
#define ACG_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/export.h>
#include <acg/options.h>
#include <acg/publisher.h>

ACG_BEGIN_DECLS

/** Start from ACG_WATCH_OPTIONS_INIT. Grows at the end only. */
struct acg_watch_options {
    uint32_t version;                     /* ACG_WATCH_OPTIONS_VERSION */
    const char *gallery_image_version_id; /* full id of the version; NULL: the declaration's */
    /* Options of a publish that name the version, by its id or its names; of the rest nothing is compared.
     * NULL: the id above. */
    const struct acg_publish_options *declaration;
    enum acg_wait wait; /* ALL: until every region is replicated; HOME: the home region; ACCEPTED: until the
                           version is there */
    bool once;          /* read it once, and end with what is found then */
    int64_t timeout_ms; /* 0: six hours; five minutes for one reading */
};

#define ACG_WATCH_OPTIONS_VERSION 1u
#define ACG_WATCH_OPTIONS_INIT                                                                               \
    {                                                                                                        \
        .version = ACG_WATCH_OPTIONS_VERSION                                                                 \
    }

ACG_API void acg_watch_options_init(struct acg_watch_options *opts, uint32_t version);

/** Watch one version. Nothing is written, no journal is needed.
 *
 *  It is read as a publish reads its own: soon at first, rarely while the end is far, at most 28 s apart near
 * it. Events are those of a publish: STEP, REGION for what moved, a NOTICE once a minute. Final event: ACG_OK
 * what is waited for is there ACG_ERR_SERVICE   the version or a region failed: the text is every failed
 * region's own; the version is being deleted; or there is none (http_status 404: after five readings in a
 * row, with once after the first) ACG_ERR_TIMEOUT   not yet when the time ended, or at the one reading: the
 * text names what is missing Its result holds every region of the version; state is "not started" where no
 * version was found or read.
 *
 *  Report, kind "status", of the newest reading: the members of a "verify" (verify.h); the sets themselves
 * are not read, so their types and keys are null.
 *
 *  @param opts borrowed for the call; copied.   @param out owned by caller (acg_publish_free): a handle like
 * that of a publish.
 *  @return ACG_OK | ACG_ERR_ARGUMENT (err->field; the faults of a declaration as acg_publish_check says them)
 * | ACG_ERR_NOMEM | ACG_ERR_LIMIT. Never blocks. */
ACG_API ACG_NODISCARD enum acg_status acg_publisher_watch(struct acg_publisher *pub,
                                                          const struct acg_watch_options *opts,
                                                          struct acg_publish **out, struct acg_error *err);

ACG_END_DECLS

#endif
