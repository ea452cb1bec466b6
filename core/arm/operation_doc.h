/* SPDX-License-Identifier: MPL-2.0 */
/** A long-running operation as its poll URL answers it. */
#ifndef ACGP_OPERATION_DOC_H
#define ACGP_OPERATION_DOC_H

#include <stdbool.h>

#include <acg/error.h>
#include <acg/span.h>

enum acgp_operation_state {
    ACGP_OPERATION_RUNNING = 0, /* also every word that is not final */
    ACGP_OPERATION_SUCCEEDED,
    ACGP_OPERATION_FAILED,
    ACGP_OPERATION_CANCELED,
    ACGP_OPERATION_UNSAID /* no status, or not JSON */
};

/** What a status or provisioningState word means; compared without case; both spellings of "canceled". NULL
 * is UNSAID. */
enum acgp_operation_state acgp_operation_word(const char *word);
/** Failed or Canceled. */
bool acgp_operation_failed(const char *word);

/** Decode. A failed or canceled operation's own error fills *failure (code, message; status ACG_ERR_SERVICE).
 *  @return ACG_OK (also for UNSAID) | ACG_ERR_NOMEM. */
enum acg_status acgp_operation_doc_decode(struct acg_span text, enum acgp_operation_state *out,
                                          struct acg_error *failure, struct acg_error *err);

#endif
