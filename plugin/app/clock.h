/* SPDX-License-Identifier: MPL-2.0 */
/** The clock of the executables. */
#ifndef PKR_CLOCK_H
#define PKR_CLOCK_H

#include <stdint.h>

/** Monotonic milliseconds. Never fails. */
int64_t pkr_now_ms(void);

#endif
