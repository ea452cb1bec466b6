/* SPDX-License-Identifier: MPL-2.0 */
/** Which Packer started us, where its start does not say. */
#ifndef PKR_PARENT_H
#define PKR_PARENT_H

#include <stdbool.h>

/** How long Packer may take to print its version. */
#define PKR_PARENT_WAIT_MS 5000

/** Ask the parent process's executable for its version. Only a file whose name starts with "packer" is run,
 *  as `FILE version`, with nothing of ours but the environment, and killed with us. Blocks up to
 *  PKR_PARENT_WAIT_MS; some 100 ms in practice.
 *  @return false: the parent is no packer, or did not say; *out_old untouched. */
bool pkr_parent_is_old(bool *out_old);

#endif
