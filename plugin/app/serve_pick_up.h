/* SPDX-License-Identifier: MPL-2.0 */
/** Publishes that ran when a server before this one stopped or died: the journal knows them. */
#ifndef PKR_SERVE_PICK_UP_H
#define PKR_SERVE_PICK_UP_H

#include "rpc/service.h"

/** Have each of them begun again. What cannot be is logged, with how to go on by hand; nothing is fatal.
 *  @param journal the directory. Reads the disk. */
void pkr_serve_pick_up(const char *journal, struct rpc_services *services);

#endif
