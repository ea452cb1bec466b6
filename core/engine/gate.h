/* SPDX-License-Identifier: MPL-2.0 */
/** The gate before the transport: an attempt leaves when the governor lets it, and holds no transfer until
 * then. */
#ifndef ACGP_GATE_H
#define ACGP_GATE_H

#include "engine/publisher.h"

/** Let the attempt get in line. @return ACG_OK | ACG_ERR_NOMEM. */
enum acg_status acgp_gate_enter(struct acgp_attempt *a, int64_t now_ms);
/** What became of an attempt that was let go. @param response NULL: none came. */
void acgp_gate_answered(struct acgp_attempt *a, int64_t now_ms, const struct acgp_response *response);
/** Forget it, wherever it is. */
void acgp_gate_leave(struct acgp_attempt *a);
/** The next attempt that may leave now; NULL: none. Its deadline counts from now on. */
struct acgp_attempt *acgp_gate_next(struct acg_publisher *pub, int64_t now_ms);
/** Tell the publishes whose requests have waited for some seconds. */
void acgp_gate_tell(struct acg_publisher *pub, int64_t now_ms);
/** When one of the two above has something to do. @return false: never. */
bool acgp_gate_due(const struct acg_publisher *pub, int64_t *out_due_ms);

/** The machine needs these things for itself: it is told when nobody else has them. @return ACG_OK |
 * ACG_ERR_NOMEM. */
enum acg_status acgp_gate_turn(struct acg_publish *publish, int64_t now_ms, const struct acgp_action *action);
/** Its turn is over. */
void acgp_gate_turn_over(struct acg_publish *publish);
/** Tell the machines whose turn has come. */
void acgp_gate_turns_step(struct acg_publisher *pub, int64_t now_ms);

#endif
