/* SPDX-License-Identifier: MPL-2.0 */
/** acg serve: the services of acg.v1 over gRPC. */
#ifndef PKR_SERVE_H
#define PKR_SERVE_H

#include <stddef.h>

/** Serve until SIGTERM or SIGINT. Blocks.
 *  @param words behind the verb; borrowed. @return the exit code: 0 ended in order, 1 internal, 2 usage,
 * login or TLS files, 75 a socket cannot be opened. */
int pkr_serve(const char *const *words, size_t count);

#endif
