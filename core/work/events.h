/* SPDX-License-Identifier: MPL-2.0 */
/** The events of one publish that wait to be pulled. Progress of one region is merged; findings are not
 * stored here but read off their list, so that a thousand of them cannot fill the queue. */
#ifndef ACGP_EVENTS_H
#define ACGP_EVENTS_H

#include <acg/event.h>

enum { ACGP_EVENTS_MAX = 256 }; /* a caller that pulls less often than this is not watching */

struct acgp_queued {
    enum acg_event_kind kind;
    uint64_t number;
    int64_t elapsed_ms;
    char *text;    /* owned */
    char *region;  /* owned; REGION only, as the next two */
    char *state;   /* owned */
    char *details; /* owned */
    int percent;
    bool heartbeat; /* a NOTICE that the next one of its kind replaces */
};

struct acgp_events {
    struct acgp_queued *items; /* in order, oldest first */
    size_t count;
    size_t capacity;
    uint64_t numbered;       /* number of the newest event */
    struct acgp_queued lent; /* the one that was pulled last */
    struct acg_event view;   /* what the caller sees of it */
    size_t findings_seen;
    bool done_seen;
};

void acgp_events_done(struct acgp_events *q);

/** Add a STEP or NOTICE. @param text given (owned by the queue); NULL is out of memory.
 *  @param heartbeat replaces an unread heartbeat.   @return false: out of memory. */
bool acgp_events_text(struct acgp_events *q, enum acg_event_kind kind, int64_t elapsed_ms, bool heartbeat,
                      char *text);

/** Add a REGION event; an unread one of the same region gives way. All texts are copied; text is given.
 *  @return false: out of memory. */
bool acgp_events_region(struct acgp_events *q, int64_t elapsed_ms, const char *region, const char *state,
                        const char *details, int percent, char *text);

/** Pull the oldest stored event. @return NULL when there is none; lent until the next pull. */
const struct acg_event *acgp_events_pull(struct acgp_events *q);

/** Lend an event that is not stored (FINDING, DONE): numbered now. */
const struct acg_event *acgp_events_lend(struct acgp_events *q, const struct acg_event *event);

#endif
