/* SPDX-License-Identifier: MPL-2.0 */
/** Progress of the regions, told seldom enough to read and often enough to trust: a line when a region's
 * state changes, when it moved by ten percent, or when it moved and its last line is ten seconds old; and a
 * line at least once a minute whatever happens. Pure: time is an argument. */
#ifndef PKR_PROGRESS_H
#define PKR_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/event.h>
#include <acg/export.h>

#include "base/buf.h"

/** Percent after which a region gets its next line at once. */
#define PKR_PROGRESS_STEP 10
/** Least time between two lines of a region that moves slowly. */
#define PKR_PROGRESS_QUIET_MS 10000
/** Longest silence: promised is a line a minute, so stay below it. */
#define PKR_PROGRESS_HEARTBEAT_MS 55000
/** Regions that are followed: several times as many as Azure has, edge zones included. */
#define PKR_PROGRESS_REGIONS_MAX 1024u
/** Regions that one heartbeat names. */
#define PKR_PROGRESS_NAMED_MAX 6u

struct pkr_progress_region;

/** Embedded in its owner; do not touch the fields. */
struct pkr_progress {
    struct pkr_progress_region *regions;
    size_t count, capacity;
    char *step;
    int64_t started_ms, told_ms;
};

void pkr_progress_init(struct pkr_progress *progress, int64_t now_ms);
void pkr_progress_done(struct pkr_progress *progress);
/** A step began: heartbeats repeat its words until a region moves. @return ACG_OK | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status pkr_progress_step(struct pkr_progress *progress, const char *text,
                                                struct acg_error *err);
/** A region moved. Its line is appended to out when one is due, else out stays as it is.
 *  @param event a REGION event, borrowed. @param out_failed whether the line tells of a failure.
 *  @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_LIMIT (PKR_PROGRESS_REGIONS_MAX). */
ACG_NODISCARD enum acg_status pkr_progress_region(struct pkr_progress *progress, int64_t now_ms,
                                                  const struct acg_event *event, struct acgp_buf *out,
                                                  bool *out_failed, struct acg_error *err);
/** A line of any kind was told: the next heartbeat is due a while from now. */
void pkr_progress_told(struct pkr_progress *progress, int64_t now_ms);
/** When the next heartbeat is due. */
int64_t pkr_progress_due(const struct pkr_progress *progress);
/** Append the heartbeat: how long it took so far, and the regions that are not there yet.
 *  @return false: no memory or the buffer's cap. */
bool pkr_progress_heartbeat(const struct pkr_progress *progress, int64_t now_ms, struct acgp_buf *out);

#endif
