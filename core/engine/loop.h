/* SPDX-License-Identifier: MPL-2.0 */
/** The loop's ears: clock, timers, and one wait over the transport, the host's descriptors and the wakeup. */
#ifndef ACGP_LOOP_H
#define ACGP_LOOP_H

#include <poll.h>

#include <acg/publisher.h>

#include "base/timers.h"

/** Where time comes from; tests bring their own. */
struct acgp_clock {
    int64_t (*now_ms)(void *context);     /* monotonic */
    int64_t (*now_unix_s)(void *context); /* seconds since 1970, UTC */
    void *context;
    unsigned factor; /* how much faster than the world's it runs, for waits: only a test's does; 0 is 1 */
};

/** The system's clocks. */
extern const struct acgp_clock acgp_system_clock;

struct acgp_loop {
    struct acgp_clock clock;
    struct acgp_timers timers;
    int wake_fd;          /* eventfd */
    struct pollfd *polls; /* kept between waits */
    size_t poll_capacity;
};

/** What ended a wait. */
struct acgp_heard {
    bool transport;
    bool host;
    bool wakeup;
};

/** @return ACG_OK | ACG_ERR_INTERNAL (no eventfd: too many open files). */
enum acg_status acgp_loop_init(struct acgp_loop *loop, const struct acgp_clock *clock, struct acg_error *err);
void acgp_loop_done(struct acgp_loop *loop);

/** End the current or the next wait. Async-signal-safe, any thread. */
void acgp_loop_wakeup(struct acgp_loop *loop);

/** Wait once.
 *  @param transport_fd -1: none.
 *  @param fds          the host's; revents are filled. A negative fd is passed over.
 *  @param wait_ms      0: only look; negative: no limit.
 *  @param out          what was heard; all false after the time passed, or a signal came.
 *  @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_LIMIT (too many descriptors) | ACG_ERR_INTERNAL. Waits. */
enum acg_status acgp_loop_wait(struct acgp_loop *loop, int transport_fd, struct acg_poll_fd *fds,
                               size_t fd_count, int64_t wait_ms, struct acgp_heard *out,
                               struct acg_error *err);

#endif
