/* SPDX-License-Identifier: MPL-2.0 */
/** Watching one existing version, whoever publishes it, as a machine (work/work.h): it is read when the
 * cadence of a publish says so (publish/cadence.h), until its regions are replicated. Nothing is declared,
 * compared or written. */
#ifndef ACGP_WATCH_H
#define ACGP_WATCH_H

#include <acg/options.h>

#include "work/work.h"

/** What is to be watched. */
struct acgp_watch_wish {
    const char *version_id; /* borrowed: full id */
    enum acg_wait wait; /* ALL: every region; HOME: the home region; ACCEPTED: that the version is there */
    bool once;          /* read it once, and say how far it is */
};

/** Make a machine.
 *  @param out owned by caller (acgp_work_free). Its report is of kind "status", of the newest reading; it
 * ends with ACG_OK, ACG_ERR_SERVICE (the version or a region failed, in Azure's words; or there is no such
 * version: HTTP status 404, after several readings), ACG_ERR_TIMEOUT (what is waited for still runs; it says
 * what is missing), or what kept it from reading.
 *  @return ACG_OK | ACG_ERR_NOMEM. */
enum acg_status acgp_watch_new(const struct acgp_watch_wish *wish, const struct acgp_work_config *config,
                               struct acgp_work **out, struct acg_error *err);

#endif
