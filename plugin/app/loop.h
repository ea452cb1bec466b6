/* SPDX-License-Identifier: MPL-2.0 */
/** The one loop of the plugin: joins Packer's socket, the post-processor and the publisher. One thread; waits
 *  in one place; yamux pings are answered in every state. */
#ifndef PKR_LOOP_H
#define PKR_LOOP_H

#include <acg/error.h>
#include <acg/export.h>

#include "packer/post_processor.h"

/** Serve one connection until Packer is gone, then let go of what runs (Azure goes on by itself) and free
 *  everything. Blocks.
 *  @param fd      borrowed: connected, non-blocking. @param options borrowed.
 *  @return ACG_OK (the socket ended) | ACG_ERR_PROTOCOL | ACG_ERR_LIMIT | ACG_ERR_NOMEM | ACG_ERR_TRANSPORT.
 */
ACG_NODISCARD enum acg_status pkr_loop_run(int fd, const struct pkr_post_processor_options *options,
                                           struct acg_error *err);

#endif
