/* SPDX-License-Identifier: MPL-2.0 */
#include "app/parent.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/arguments.h"
#include "app/clock.h"
#include "base/span.h"

/* `packer version` prints one line, and a few more when it knows of a newer one. */
#define ANSWER_MAX 4096

/* "packer", "packer1.6", "packer_1.6.6"; but no plugin, and no test program of Go, which would run its tests.
 */
static bool is_packer(const char *name)
{
    size_t len = strlen(name);
    if (strncmp(name, "packer", 6) != 0 || name[6] == '-')
        return false;
    return len < 5 || strcmp(name + len - 5, ".test") != 0;
}

static bool find_parent(char *path, size_t size)
{
    char link[64];
    (void)snprintf(link, sizeof link, "/proc/%ld/exe", (long)getppid());
    ssize_t n = readlink(link, path, size - 1);
    if (n <= 0)
        return false;
    path[n] = '\0';
    const char *name = strrchr(path, '/');
    return name != NULL && is_packer(name + 1);
}

/* In the child: becomes `packer version`. */
static void become(const char *path, int out)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
        dup2(null, STDERR_FILENO) < 0)
        _exit(127);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)setenv("CHECKPOINT_DISABLE", "1", 1); /* no question to a server about newer versions */
    (void)unsetenv("PACKER_LOG");
    execl(path, path, "version", (char *)NULL);
    _exit(127);
}

static size_t read_answer(int fd, char *answer, size_t size)
{
    size_t len = 0;
    int64_t due_ms = pkr_now_ms() + PKR_PARENT_WAIT_MS;
    while (len < size) {
        int64_t left = due_ms - pkr_now_ms();
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        int got = left <= 0 ? 0 : poll(&ready, 1, (int)left);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        ssize_t n = read(fd, answer + len, size - len);
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    return len;
}

bool pkr_parent_is_old(bool *out_old)
{
    char path[PATH_MAX], answer[ANSWER_MAX];
    int pipe_fds[2];
    if (!find_parent(path, sizeof path) || pipe(pipe_fds) != 0)
        return false;
    (void)fcntl(pipe_fds[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(pipe_fds[1], F_SETFD, FD_CLOEXEC);
    pid_t child = fork();
    if (child == 0)
        become(path, pipe_fds[1]);
    (void)close(pipe_fds[1]);
    size_t len = child < 0 ? 0 : read_answer(pipe_fds[0], answer, sizeof answer);
    (void)close(pipe_fds[0]);
    if (child > 0) {
        (void)kill(child, SIGKILL);
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    return pkr_version_is_old(acgp_span_of(answer, len), out_old);
}
