/* SPDX-License-Identifier: MPL-2.0 */
/** The texts of gRPC's headers: base64, percent-encoding, timeouts; and what counts as text. Pure. */
#ifndef RPC_GRPC_TEXT_H
#define RPC_GRPC_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include <acg/span.h>

#include "base/buf.h"

/** Append as base64 without padding. @return false: the buffer's cap or memory. */
bool rpc_base64_append(struct acgp_buf *out, struct acg_span bytes);
/** Append the bytes of a base64 text, with or without padding. @return false: no base64 (out is then as
 * before, and not failed), or the buffer's cap or memory (out->failed). */
bool rpc_base64_decode(struct acgp_buf *out, struct acg_span text);
/** Append percent-encoded as grpc-message wants it: everything but printable ASCII, and '%'. */
bool rpc_percent_append(struct acgp_buf *out, struct acg_span text);
/** "250m": one to eight digits and one of H M S m u n. @param out_ms rounded up. @return false: no such text.
 */
bool rpc_timeout_parse(struct acg_span text, int64_t *out_ms);
/** Whether these are whole characters of UTF-8 without NUL; no surrogates, none beyond U+10FFFF. */
bool rpc_text_is_utf8(struct acg_span text);
/** Whether a comma-separated list holds this token. */
bool rpc_list_has(struct acg_span list, const char *token);

#endif
