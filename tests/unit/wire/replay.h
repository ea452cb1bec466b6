/* SPDX-License-Identifier: MPL-2.0 */
/** Play Packer's half of a written-down connection to a link, answer as the plugin of that connection did,
 * and compare: every event with what the frames say, everything that the link sends with what that plugin
 * sent. */
#ifndef UNIT_WIRE_REPLAY_H
#define UNIT_WIRE_REPLAY_H

#include <stddef.h>

#include "trace.h"

/** Through pkr_link; Packer's bytes come in pieces of cut bytes. @return messages compared. */
size_t replay_link(const struct trace *trace, size_t cut);
/** Through pkr_yamux_session only, for traces with payloads cut short: the lengths are true, the bytes are
 * not.
 * @return payload bytes sent. */
size_t replay_session(const struct trace *trace, size_t cut);

#endif
