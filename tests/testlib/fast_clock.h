/* SPDX-License-Identifier: MPL-2.0 */
/** A publisher whose clock runs faster than the world's, as acg-sim's does with clock_factor: an hour of Azure
 * passes in a minute. Only tests have it: it is put together from the parts of the engine. */
#ifndef ACG_TESTLIB_FAST_CLOCK_H
#define ACG_TESTLIB_FAST_CLOCK_H

#include <acg/publisher.h>

/** @param factor 1 to 100000. @param seed for jitter and request ids. As acg_publisher_new. The clock is the
 * process's: all publishers of it run at the first one's factor. */
enum acg_status fast_publisher_new(const struct acg_publisher_options *opts, struct acg_credential *credential,
                                   unsigned factor, uint64_t seed, struct acg_publisher **out,
                                   struct acg_error *err);

#endif
