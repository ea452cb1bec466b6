/* SPDX-License-Identifier: MPL-2.0 */
/** ARM's error bodies to struct acg_error: nested, empty, HTML of a proxy, details several levels deep,
 * messages with line breaks and stack traces, JSON inside a message. */
#ifndef ACGP_ERROR_DOC_H
#define ACGP_ERROR_DOC_H

#include <jansson.h>

#include <acg/error.h>

#include "http/message.h"

/** Fill err from an answer that refuses: status, HTTP status, ARM code, request id, and a one-line message
 * that begins with what. 401 and 403 are ACG_ERR_AUTH, but a policy's 403 is ACG_ERR_SERVICE and names the
 * policies; 408, 429 and 5xx are ACG_ERR_TEMPORARY; 3xx is ACG_ERR_PROTOCOL (redirects are not followed); the
 * rest is ACG_ERR_SERVICE.
 *  @param what borrowed: what was tried, "reading the source image".
 *  @return err's status, or ACG_ERR_NOMEM. */
enum acg_status acgp_error_from_response(const struct acgp_response *response, const char *what,
                                         struct acg_error *err);

/** Does the answer refuse because too many versions are made from one source at the same time? Its code is
 * not documented, its text is. */
bool acgp_error_source_busy(const struct acgp_response *response);

/** Put code and message of {"error": {"code", "message", ...}} (or of the same without the outer member) into
 * err; its status stays. Leaves err alone when there is neither. @param body borrowed; NULL is fine. */
void acgp_error_from_json(const json_t *body, struct acg_error *err);

#endif
