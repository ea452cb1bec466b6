/* SPDX-License-Identifier: MPL-2.0 */
#include "app/surroundings.h"

#include <limits.h>
#include <time.h>

#include <sys/random.h>
#include <unistd.h>

struct pkr_surroundings pkr_surroundings_read(void)
{
    static char folder[PATH_MAX];
    struct pkr_surroundings s = {.folder = NULL};
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_REALTIME, &now);
    s.started_unix_s = (int64_t)now.tv_sec;
    s.started_ns = (uint32_t)now.tv_nsec;
    if (getcwd(folder, sizeof folder) != NULL)
        s.folder = folder;
    if (getrandom(&s.random, sizeof s.random, 0) != (ssize_t)sizeof s.random)
        s.random = (uint64_t)now.tv_nsec ^ ((uint64_t)getpid() << 32);
    return s;
}
