/* SPDX-License-Identifier: MPL-2.0 */
/** Progress on standard error: plain lines, one at least every minute. */
#ifndef PKR_PROGRESS_H
#define PKR_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include <acg/event.h>

#include "spec/config.h"

/** A silent step looks dead: pipelines end it after ten minutes, people earlier. */
#define PKR_HEARTBEAT_MS INT64_C(60000)

enum pkr_chatter { PKR_CHATTER_ERRORS = 0, PKR_CHATTER_PLAIN, PKR_CHATTER_VERBOSE, PKR_CHATTER_DEBUG };

struct pkr_progress;

/** @param config borrowed: lines that hold its secret are left out.
 *  @param out owned by caller (pkr_progress_free). @return ACG_OK | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status pkr_progress_new(enum pkr_chatter chatter, const struct pkr_config *config,
                                               int64_t now_ms, struct pkr_progress **out,
                                               struct acg_error *err);
void pkr_progress_free(struct pkr_progress *progress);
/** Say what an event says. @return ACG_OK | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status pkr_progress_event(struct pkr_progress *progress, const struct acg_event *event,
                                                 int64_t now_ms, struct acg_error *err);
/** How long the loop may wait before pkr_progress_tick has something to say. */
int64_t pkr_progress_wait_ms(const struct pkr_progress *progress, int64_t now_ms);
/** Say that it goes on, when nothing was said for a minute. */
void pkr_progress_tick(struct pkr_progress *progress, int64_t now_ms);
/** Say a line of any chatter but PKR_CHATTER_ERRORS. */
void pkr_progress_say(struct pkr_progress *progress, const char *text, int64_t now_ms);

/** Print lines on standard error without the secret; control characters become spaces. @param config NULL: no
 * secret is known yet. */
void pkr_print_error(const struct pkr_config *config, const char *text);

#endif
