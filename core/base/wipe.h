/* SPDX-License-Identifier: MPL-2.0 */
/** Overwrite memory so that the compiler cannot leave it out. */
#ifndef ACGP_WIPE_H
#define ACGP_WIPE_H

#include <stddef.h>

void acgp_wipe(void *p, size_t len);

#endif
