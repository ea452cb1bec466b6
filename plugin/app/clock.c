/* SPDX-License-Identifier: MPL-2.0 */
#include "app/clock.h"

#include <time.h>

int64_t pkr_now_ms(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
