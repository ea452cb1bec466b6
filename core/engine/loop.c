/* SPDX-License-Identifier: MPL-2.0 */
#include "engine/loop.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#include <sys/eventfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"

/* The plugin brings two, a service some hundred connections; poll is linear in them. */
enum { HOST_FDS_MAX = 4096 };

static int64_t read_clock(clockid_t id, int64_t per_second)
{
    struct timespec t = {0};

    clock_gettime(id, &t); /* cannot fail with these ids */
    return (int64_t)t.tv_sec * per_second + (int64_t)t.tv_nsec / (1000000000 / per_second);
}

static int64_t monotonic_ms(void *context)
{
    (void)context;
    return read_clock(CLOCK_MONOTONIC, 1000);
}

static int64_t unix_s(void *context)
{
    (void)context;
    return read_clock(CLOCK_REALTIME, 1);
}

const struct acgp_clock acgp_system_clock = {monotonic_ms, unix_s, NULL, 1};

enum acg_status acgp_loop_init(struct acgp_loop *loop, const struct acgp_clock *clock, struct acg_error *err)
{
    *loop = (struct acgp_loop){.clock = *clock, .wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    acgp_timers_init(&loop->timers);
    if (loop->wake_fd < 0)
        return acgp_fail(err, ACG_ERR_INTERNAL, "eventfd: %s", strerror(errno));
    return ACG_OK;
}

void acgp_loop_done(struct acgp_loop *loop)
{
    if (loop->wake_fd >= 0)
        close(loop->wake_fd);
    loop->wake_fd = -1;
    acgp_timers_done(&loop->timers);
    acgp_free(loop->polls);
    loop->polls = NULL;
    loop->poll_capacity = 0;
}

void acgp_loop_wakeup(struct acgp_loop *loop)
{
    int saved = errno; /* a signal handler must leave it alone */
    uint64_t one = 1;
    ssize_t n = write(loop->wake_fd, &one, sizeof one);

    (void)n; /* full means that a wakeup is pending already */
    errno = saved;
}

static bool drain_wakeup(struct acgp_loop *loop)
{
    uint64_t count = 0;

    return read(loop->wake_fd, &count, sizeof count) == (ssize_t)sizeof count;
}

static int poll_timeout(const struct acgp_loop *loop, int64_t wait_ms)
{
    if (wait_ms < 0)
        return -1;
    if (loop->clock.factor > 1)
        wait_ms = wait_ms / loop->clock.factor + 1;
    return wait_ms > INT_MAX ? INT_MAX : (int)wait_ms;
}

static bool read_host(const struct pollfd *polls, struct acg_poll_fd *fds, size_t fd_count)
{
    bool any = false;

    for (size_t i = 0; i < fd_count; i++) {
        fds[i].revents = polls[i].revents;
        any = any || polls[i].revents != 0;
    }
    return any;
}

enum acg_status acgp_loop_wait(struct acgp_loop *loop, int transport_fd, struct acg_poll_fd *fds,
                               size_t fd_count, int64_t wait_ms, struct acgp_heard *out,
                               struct acg_error *err)
{
    void *polls = loop->polls;
    int n = 0;

    if (fd_count > HOST_FDS_MAX)
        return acgp_fail(err, ACG_ERR_LIMIT, "%zu descriptors, at most %d", fd_count, HOST_FDS_MAX);
    if (!acgp_grow(&polls, &loop->poll_capacity, fd_count + 2, HOST_FDS_MAX + 2, sizeof *loop->polls))
        return acgp_fail_nomem(err);
    loop->polls = polls;
    for (size_t i = 0; i < fd_count; i++) {
        fds[i].revents = 0;
        loop->polls[i] = (struct pollfd){.fd = fds[i].fd, .events = fds[i].events};
    }
    loop->polls[fd_count] = (struct pollfd){.fd = loop->wake_fd, .events = POLLIN};
    loop->polls[fd_count + 1] = (struct pollfd){.fd = transport_fd, .events = POLLIN};
    n = poll(loop->polls, (nfds_t)(fd_count + 2), poll_timeout(loop, wait_ms));
    if (n < 0 && errno != EINTR)
        return acgp_fail(err, ACG_ERR_INTERNAL, "poll: %s", strerror(errno));
    *out = (struct acgp_heard){0};
    if (n > 0) {
        out->host = read_host(loop->polls, fds, fd_count);
        out->wakeup = loop->polls[fd_count].revents != 0 && drain_wakeup(loop);
        out->transport = loop->polls[fd_count + 1].revents != 0;
    }
    return ACG_OK;
}
