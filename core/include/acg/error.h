/* SPDX-License-Identifier: MPL-2.0 */
/** What went wrong, in a struct that the caller owns. No globals, no thread-locals. */
#ifndef ACG_ERROR_H
#define ACG_ERROR_H

#include <acg/status.h>

/** Filled by a function that returns a failing status; left alone by a successful one. Every out parameter of
 * this type may be NULL. All texts end with NUL; a text that does not fit ends with "...". No secret ever
 * stands here. Callers make it: it never grows. */
struct acg_error {
    enum acg_status status;
    int http_status;   /* of the answer that decided, 0 when there was none */
    char arm_code[96]; /* ARM's error.code, or the token service's AADSTS number; empty when there was none */
    char request_id[64]; /* x-ms-request-id of that answer, for a support case; empty when there was none */
    char
        field[128]; /* what the error is about, in configuration words: target_region[1].name; may be empty */
    char message[2048]; /* one line, impersonal, without the field */
};

#endif
