/* SPDX-License-Identifier: MPL-2.0 */
/** When a request may leave: one governor for all that a publisher sends to the resource manager. It knows
 * Azure's limits, counts what is sent, reads what every answer tells, slows down before a limit is reached,
 * and stands still as long as the service asks. Pure: time and randomness are given to it, and it sends
 * nothing.
 *
 *      enter        a request is to be sent: it gets in line
 *      next         the next request that may leave now, until there is none
 *      answered     what became of it
 *      leave        it is not wanted any more, wherever it is
 *
 *  There is a line for each operation of a resource provider in a subscription (and region, where the URL
 * names it). In a line clients take turns: one request of each, however many each of them has. Lines that
 * share ARM's bucket take turns too. No kind goes before another: reads and writes have budgets of their own,
 * so a write does not wait for polls, and polls are limited far below what ARM allows for reads, so a first
 * read does not either. */
#ifndef ACGP_GOVERNOR_H
#define ACGP_GOVERNOR_H

#include "governor/told.h"

struct acgp_governor;
struct acgp_line;
struct acgp_ticket;

/** Who sends: a publish. Zeroed to begin with; nothing to free. */
struct acgp_client {
    struct acgp_ticket *heads; /* its first request in each line that it waits in */
};

/** One request. Embedded in what the caller has of it; zeroed to begin with, and it stays where it is. */
struct acgp_ticket {
    struct acgp_line *line; /* NULL: in no line and not under way */
    struct acgp_client *client;
    struct acgp_ticket *prev, *next; /* first requests of clients in this line */
    struct acgp_ticket *behind;      /* the next request of the same client */
    struct acgp_ticket *other_line;  /* the same client's first request elsewhere */
    bool waiting;
    size_t counted; /* under way: in so many of its line's counters */
    int64_t entered_ms;
};

enum {
    /* Subscriptions times operations: a publish knows some fifteen operations. At the cap the line that was
     * idle longest goes; when none is idle a request goes into a common line. */
    ACGP_LINES_MAX = 1024,
    /* An operation whose limits nobody has told yet sends so many side by side until the first answer. */
    ACGP_UNKNOWN_AT_ONCE = 8
};

/** @param seed for jitter. @return ACG_OK | ACG_ERR_NOMEM. */
enum acg_status acgp_governor_new(uint64_t seed, struct acgp_governor **out);
/** No ticket may be in a line or under way. NULL is fine. */
void acgp_governor_free(struct acgp_governor *g);

/** Get in line. @param ticket zeroed; borrowed until answered or leave. @return ACG_OK | ACG_ERR_NOMEM. */
enum acg_status acgp_governor_enter(struct acgp_governor *g, int64_t now_ms, struct acgp_client *client,
                                    enum acgp_method method, const char *url, struct acgp_ticket *ticket);
/** The next one that may leave, counted as sent; NULL: none now. */
struct acgp_ticket *acgp_governor_next(struct acgp_governor *g, int64_t now_ms);
/** When next may have one. @return false: not before an answer, or nobody waits. */
bool acgp_governor_due(const struct acgp_governor *g, int64_t now_ms, int64_t *out_due_ms);
/** @param response NULL: none came. */
void acgp_governor_answered(struct acgp_governor *g, int64_t now_ms, int64_t now_unix_s,
                            struct acgp_ticket *ticket, const struct acgp_response *response);
/** Fine in any state. */
void acgp_governor_leave(struct acgp_governor *g, struct acgp_ticket *ticket);

/** What a request in line waits for. Texts are lent until the next call. */
struct acgp_wait {
    enum { ACGP_WAIT_LINE = 0, ACGP_WAIT_ASKED, ACGP_WAIT_ARM, ACGP_WAIT_POLICY } why;
    int64_t ready_ms; /* when its line moves on; it may have to wait longer */
    enum acgp_operation_kind kind;
    const char *subscription;
    const char *policy; /* POLICY: name of the counter; else "" */
};
void acgp_governor_explain(const struct acgp_governor *g, int64_t now_ms, const struct acgp_ticket *ticket,
                           struct acgp_wait *out);

#endif
