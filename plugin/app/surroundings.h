/* SPDX-License-Identifier: MPL-2.0 */
/** What template actions may know of the process: when it started, where, and a seed. */
#ifndef PKR_APP_SURROUNDINGS_H
#define PKR_APP_SURROUNDINGS_H

#include "packer/rendering.h"

/** Read them. Call it once, first thing. */
struct pkr_surroundings pkr_surroundings_read(void);

#endif
