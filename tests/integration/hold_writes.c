/* SPDX-License-Identifier: MPL-2.0 */
/* Preloaded into a program under test: holds it for ever before or after one of its writes to a journal, so
 * that it can be killed there.
 *
 *      ACG_HOLD_AT    which of them, from 1
 *      ACG_HOLD_WHEN  "before" or "after"
 *      ACG_HOLD_MARK  a file that is made when it is held */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

ssize_t write(int fd, const void *bytes, size_t count);

static bool is_journal(int fd)
{
    char link[64], path[4096];
    ssize_t n = 0;

    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof path - 1);
    if (n < 0)
        return false;
    path[n] = '\0';
    return n > 6 && strcmp(path + n - 6, ".jsonl") == 0;
}

static void hold(const char *when)
{
    const char *wanted = getenv("ACG_HOLD_WHEN"), *mark = getenv("ACG_HOLD_MARK");

    if (wanted == NULL || mark == NULL || strcmp(wanted, when) != 0)
        return;
    (void)close(open(mark, O_WRONLY | O_CREAT, 0600));
    for (;;)
        (void)pause();
}

ssize_t write(int fd, const void *bytes, size_t count)
{
    static ssize_t (*real)(int, const void *, size_t);
    static long seen;
    const char *at = getenv("ACG_HOLD_AT");
    bool here = false;
    ssize_t n = 0;

    if (real == NULL) {
        void *found = dlsym(RTLD_NEXT, "write");
        memcpy(&real, &found, sizeof real);
    }
    here = at != NULL && is_journal(fd) && ++seen == strtol(at, NULL, 10);
    if (here)
        hold("before");
    n = real(fd, bytes, count);
    if (here)
        hold("after");
    return n;
}
