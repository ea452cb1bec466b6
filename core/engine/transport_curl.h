/* SPDX-License-Identifier: MPL-2.0 */
/** The transport that reaches Azure: one curl multi handle, driven by curl_multi_socket_action over an epoll
 * set of its own, so that a waiting transfer costs nothing per turn. */
#ifndef ACGP_TRANSPORT_CURL_H
#define ACGP_TRANSPORT_CURL_H

#include "engine/transport.h"

/** @param ca_file    borrowed: PEM file with the only authorities to trust; NULL: as acgp_trust_find.
 *  @param user_agent borrowed: goes behind our own; NULL: none.
 *  @param out        owned by caller (calls->free).
 *  @return ACG_OK | ACG_ERR_ARGUMENT (err->field) | ACG_ERR_NOMEM
 *          | ACG_ERR_TRANSPORT (libcurl is too old, or lacks TLS or its asynchronous resolver) |
 * ACG_ERR_INTERNAL. Calls curl_global_init, never its counterpart: other code of the process may use libcurl
 * too. */
enum acg_status acgp_transport_curl_new(const char *ca_file, const char *user_agent,
                                        struct acgp_transport **out, struct acg_error *err);

#endif
