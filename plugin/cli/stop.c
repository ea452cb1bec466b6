/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include "base/error.h"

/** Shells report an end by signal n as 128 + n. */
enum { SIGNAL_EXIT = 128 };

/* A signal handler has no other way to reach its program. */
static volatile sig_atomic_t first_signal;
static int pipe_fds[2] = {-1, -1};

static void on_signal(int number)
{
    int saved = errno;
    ssize_t written = 0;

    if (first_signal != 0)
        _exit(SIGNAL_EXIT + number);
    first_signal = number;
    written = write(pipe_fds[1], "", 1); /* a full pipe wakes just as well */
    (void)written;
    errno = saved;
}

static bool handle(int number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};

    (void)sigemptyset(&action.sa_mask);
    return sigaction(number, &action, NULL) == 0;
}

static bool prepare(int fd)
{
    return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

enum acg_status pkr_stop_init(int *out_fd, struct acg_error *err)
{
    first_signal = 0;
    if (pipe(pipe_fds) != 0)
        return acgp_fail(err, ACG_ERR_INTERNAL, "a pipe for signals cannot be made");
    if (!prepare(pipe_fds[0]) || !prepare(pipe_fds[1]) || !handle(SIGPIPE, SIG_IGN) ||
        !handle(SIGINT, on_signal) || !handle(SIGTERM, on_signal)) {
        pkr_stop_done();
        return acgp_fail(err, ACG_ERR_INTERNAL, "signals cannot be taken over");
    }
    *out_fd = pipe_fds[0];
    return ACG_OK;
}

void pkr_stop_ignore_interrupt(void)
{
    (void)handle(SIGINT, SIG_IGN);
}

int pkr_stop_taken(void)
{
    char bytes[16];

    while (read(pipe_fds[0], bytes, sizeof bytes) > 0)
        ;
    return (int)first_signal;
}

void pkr_stop_done(void)
{
    (void)handle(SIGINT, SIG_DFL);
    (void)handle(SIGTERM, SIG_DFL);
    for (int i = 0; i < 2; i++) {
        if (pipe_fds[i] >= 0)
            (void)close(pipe_fds[i]);
        pipe_fds[i] = -1;
    }
}
