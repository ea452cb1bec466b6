/* SPDX-License-Identifier: MPL-2.0 */
/** Messages of acg.v1 from the library's structs. Pure. */
#ifndef RPC_SERVICE_WORDS_H
#define RPC_SERVICE_WORDS_H

#include <stdbool.h>

#include "acg/v1/errors.pb-c.h"
#include "acg/v1/events.pb-c.h"

#include <acg/error.h>
#include <acg/event.h>
#include <acg/finding.h>

#include "spec/arena.h"
#include "spec/config.h"

/** Makes messages; owns their texts and lists. */
struct rpc_scribe {
    struct pkr_arena arena;
    const struct pkr_config *guard; /* a text that holds its secret is left out; NULL: none */
    bool failed;                    /* sticky: no memory */
};

void rpc_scribe_init(struct rpc_scribe *s, const struct pkr_config *guard);
void rpc_scribe_done(struct rpc_scribe *s);
/** The text as a message may hold it: UTF-8, no secret. NULL is empty. Lent by the scribe, or text itself. */
char *rpc_scribe_text(struct rpc_scribe *s, const char *text);
/** Zeroed memory; NULL without memory (then also failed). */
void *rpc_scribe_alloc(struct rpc_scribe *s, size_t count, size_t size);

/** Each fills *out, which is made here; what it points to lives as long as the scribe. */
void rpc_error_message(struct rpc_scribe *s, const struct acg_error *error, Acg__V1__Error *out);
void rpc_finding_message(struct rpc_scribe *s, const struct acg_finding *finding, Acg__V1__Finding *out);
/** All findings. @return how many; *out is a list of pointers. */
size_t rpc_findings_message(struct rpc_scribe *s, const struct acg_findings *findings,
                            Acg__V1__Finding ***out);
/** @param event the final one; NULL: nothing was begun. @param error status ACG_OK for success. */
void rpc_done_message(struct rpc_scribe *s, const struct acg_event *event, const struct acg_error *error,
                      Acg__V1__Done *out);
/** An event of the library but its final one: number, time, text, and what its kind needs. */
void rpc_event_message(struct rpc_scribe *s, const struct acg_event *event, Acg__V1__Event *out);

/** Pack an event as a response of a stream. All stream responses have the same bytes: the event is field 1.
 *  @return owned by caller (acgp_free); NULL without memory. */
char *rpc_event_pack(const Acg__V1__Event *event, size_t *out_len);
/** Bytes that it packs to. */
size_t rpc_event_size(const Acg__V1__Event *event);

#endif
