/* SPDX-License-Identifier: MPL-2.0 */
/** Tells the user of Packer how a publish goes: events in, lines of the user interface out. Pure.
 *
 *  A line that cannot be queued for want of memory is lost; a line that holds the configuration's secret is
 *  replaced. Progress is left out while Packer is slow; everything else is queued up to the caps of ui.h. */
#ifndef PKR_TELLER_H
#define PKR_TELLER_H

#include <stdbool.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/event.h>
#include <acg/options.h>

#include "packer/progress.h"
#include "packer/ui.h"
#include "spec/config.h"

/** Progress lines are left out while more lines than this wait for Packer: the next ones tell the same. */
#define PKR_PROGRESS_PENDING_MAX 32u

/** Embedded in its owner; ui may be used, the rest not be touched. */
struct pkr_teller {
    struct pkr_ui ui;
    struct pkr_progress progress;
    const struct pkr_config *config; /* borrowed; NULL: none yet */
    bool beating;                    /* a publish runs: a line at least once a minute */
};

/** @param link borrowed; must outlive it. */
void pkr_teller_init(struct pkr_teller *teller, struct pkr_link *link);
void pkr_teller_done(struct pkr_teller *teller);
/** What not to reveal. @param config borrowed, must outlive the teller or be replaced; NULL: nothing. */
void pkr_teller_guard(struct pkr_teller *teller, const struct pkr_config *config);

/** Tell any text; every line of it. */
void pkr_teller_say(struct pkr_teller *teller, int64_t now_ms, enum pkr_ui_kind kind, const char *text);
/** A publish began. @param version_id, options borrowed for the call. */
void pkr_teller_begin(struct pkr_teller *teller, int64_t now_ms, const char *version_id,
                      const struct acg_publish_options *options);
/** An event that is not the final one. */
void pkr_teller_event(struct pkr_teller *teller, int64_t now_ms, const struct acg_event *event);
/** The publish ended well: the headline and a line per region. */
void pkr_teller_success(struct pkr_teller *teller, int64_t now_ms, const struct acg_result *result);
/** The publish ended otherwise: what each region came to. @param result borrowed, may be NULL. */
void pkr_teller_failure(struct pkr_teller *teller, int64_t now_ms, const struct acg_result *result);
/** Tell the heartbeat if one is due, then send what may be sent. */
void pkr_teller_turn(struct pkr_teller *teller, int64_t now_ms);
/** When a heartbeat is due. @return false when nothing runs. */
bool pkr_teller_deadline(const struct pkr_teller *teller, int64_t *out_due_ms);

#endif
