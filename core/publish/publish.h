/* SPDX-License-Identifier: MPL-2.0 */
/** One publish as a pure state machine: no socket, no clock, no randomness of its own.
 *
 *      while (acgp_publish_next(m, now_ms, &act))
 *          SEND     start act.message; answer later with on_response or on_failure and act.request
 *          ABANDON  stop the request act.request; it is not answered any more
 *          WAIT     call next again at act.until_ms, or after the next answer
 *          DONE     finished; the last event has been queued
 *
 *  Steps: checks side by side (version, source, disk encryption sets), PUT, the operation, replication,
 * proof. */
#ifndef ACGP_PUBLISH_H
#define ACGP_PUBLISH_H

#include <acg/event.h>

#include "http/message.h"
#include "model/publish_spec.h"

struct acgp_publish;

enum acgp_action_kind { ACGP_ACT_SEND = 1, ACGP_ACT_ABANDON, ACGP_ACT_WAIT, ACGP_ACT_DONE };

struct acgp_action {
    enum acgp_action_kind kind;
    uint32_t request;                   /* SEND, ABANDON: number of the attempt, unique within the publish */
    const struct acgp_request *message; /* SEND: lent until the attempt is answered or abandoned */
    bool fresh_token;                   /* SEND: the cached token was refused; get another first */
    int64_t until_ms;                   /* SEND: deadline of this attempt; WAIT: when to call again */
};

struct acgp_publish_config {
    const char *endpoint; /* resource manager endpoint without a trailing slash; copied */
    uint64_t seed;        /* for jitter and request ids */
    int64_t now_ms;       /* monotonic */
    int64_t now_unix_s;
};

/** Make a machine. @param spec given: the machine frees it, also when this call fails.
 *  @param out owned by caller (acgp_publish_free). @return ACG_OK | ACG_ERR_NOMEM. */
enum acg_status acgp_publish_new(struct acgp_publish_spec *spec, const struct acgp_publish_config *config,
                                 struct acgp_publish **out, struct acg_error *err);
/** Free a machine in any state; NULL is fine. Requests in flight must not be answered any more. */
void acgp_publish_free(struct acgp_publish *m);

/** The next thing to do at now_ms. @return false: nothing until a request in flight is answered. After DONE
 * was returned once, DONE is returned again. */
bool acgp_publish_next(struct acgp_publish *m, int64_t now_ms, struct acgp_action *out);

/** The answer to attempt request; answers to unknown or abandoned attempts are ignored. @param response
 * borrowed. */
void acgp_publish_on_response(struct acgp_publish *m, int64_t now_ms, uint32_t request,
                              const struct acgp_response *response);
/** The attempt brought no answer. @param failure borrowed. */
void acgp_publish_on_failure(struct acgp_publish *m, int64_t now_ms, uint32_t request,
                             const struct acgp_failure *failure);

/** Stop watching: requests in flight are abandoned, then DONE with ACG_ERR_CANCELLED. Never writes to Azure.
 */
void acgp_publish_cancel(struct acgp_publish *m, int64_t now_ms);

/** Pull the next event; event->publish is NULL, the engine fills in its handle. Lent until the next call.
 *  At most 256 events wait: REGION events of one region are merged, an unread heartbeat is replaced, and at
 * the cap the oldest NOTICE gives way. Steps, findings and the final event are never dropped. */
bool acgp_publish_next_event(struct acgp_publish *m, const struct acg_event **out);

/** Full id of the version. Lent. */
const char *acgp_publish_version(const struct acgp_publish *m);

#endif
