/* SPDX-License-Identifier: MPL-2.0 */
/** What moves requests: curl, or a test's script. Outcomes are pulled; nothing calls back.
 *
 *      start, stop      one transfer
 *      turn             move everything that can move; never waits
 *      next_outcome     pull what ended, until it says false
 *      poll_fd, due_ms  what to wait for before the next turn */
#ifndef ACGP_TRANSPORT_H
#define ACGP_TRANSPORT_H

#include "base/secret.h"
#include "http/message.h"

struct acgp_transport;
struct acgp_transfer;

/** One request to send. */
struct acgp_send {
    const struct acgp_request *message; /* borrowed until the transfer ended or was stopped */
    const struct acgp_secret
        *bearer; /* token for the Authorization header, borrowed for the call; NULL: none */
    const struct acgp_secret *form; /* body that is a secret, instead of message->body; borrowed as message;
                                       NULL: none. Its answer is a secret too: it is wiped when released */
    const char *key_name;          /* begin of a header line that ends with a secret: "Authorization: Basic ";
                                      static; NULL: none. Not beside bearer */
    const struct acgp_secret *key; /* that secret; borrowed for the call */
    const char *header;            /* one more header line; static; NULL: none */
    bool login;                    /* the answer is a secret, as with form */
    bool direct;                   /* past any proxy; http also to 169.254.0.0/16, this machine's own host */
    int64_t timeout_ms;            /* for the whole transfer, at least 1 */
    void *owner;                   /* comes back with the outcome */
};

/** How a transfer ended: exactly one of response and failure. */
struct acgp_ended {
    void *owner;
    const struct acgp_response *response;
    const struct acgp_failure *failure;
};

/** Every function takes the present as now_ms (monotonic) where it matters. */
struct acgp_transport_calls {
    /** @param out lent until the outcome was pulled, or stop. @return ACG_OK | ACG_ERR_NOMEM |
     * ACG_ERR_INTERNAL. */
    enum acg_status (*start)(struct acgp_transport *t, int64_t now_ms, const struct acgp_send *send,
                             struct acgp_transfer **out, struct acg_error *err);
    /** Drop a transfer that runs, or whose outcome was not pulled yet: it has no outcome any more. */
    void (*stop)(struct acgp_transport *t, struct acgp_transfer *transfer);
    /** @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_INTERNAL. */
    enum acg_status (*turn)(struct acgp_transport *t, int64_t now_ms, struct acg_error *err);
    /** @param out lent until the next call of next_outcome. @return false: nothing ended. */
    bool (*next_outcome)(struct acgp_transport *t, struct acgp_ended *out);
    /** A descriptor that is readable when turn has something to do; -1: none. */
    int (*poll_fd)(const struct acgp_transport *t);
    /** When turn is due although nothing is readable. @return false: never. */
    bool (*due_ms)(const struct acgp_transport *t, int64_t *out_due_ms);
    /** Stops what runs. */
    void (*free)(struct acgp_transport *t);
    /** Use up to so many connections to one host, where it cannot carry several requests on one; never fewer
     * than before. NULL: nothing to set. */
    void (*widen)(struct acgp_transport *t, unsigned connections);
};

/** The first member of every transport. */
struct acgp_transport {
    const struct acgp_transport_calls *calls;
};

#endif
