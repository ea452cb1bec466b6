/* SPDX-License-Identifier: MPL-2.0 */
/** Filling struct acg_error. Each function returns the status it was given, so that a failure is one line. */
#ifndef ACGP_ERROR_H
#define ACGP_ERROR_H

#include <stddef.h>

#include <acg/error.h>

/** Clear all fields and set status and message. err may be NULL. Control characters and line ends become
 * spaces. */
enum acg_status acgp_fail(struct acg_error *err, enum acg_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** The same, naming the field. */
enum acg_status acgp_fail_field(struct acg_error *err, enum acg_status status, const char *field,
                                const char *format, ...) __attribute__((format(printf, 4, 5)));
enum acg_status acgp_fail_nomem(struct acg_error *err);
/** Put context before the message of a lower error: "context: message". Once per layer at most. */
enum acg_status acgp_fail_context(struct acg_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** Copy text into a fixed field of an error: cut with "..." where too long, control characters become spaces.
 */
void acgp_error_text(char *out, size_t size, const char *text);

#endif
