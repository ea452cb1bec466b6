/* SPDX-License-Identifier: MPL-2.0 */
#include "app/loop.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <acg/acg.h>

#include "app/clock.h"
#include "app/log.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/wipe.h"
#include "wire/link.h"

/* Read at once: a quarter of a yamux window. */
#define READ_MAX 65536
/* Longest wait without a deadline: nothing depends on it. */
#define IDLE_MS 60000

struct loop {
    int fd;
    struct pkr_link *link;
    struct pkr_post_processor *pp;
    struct acg_publisher *publisher; /* while a publish runs */
    struct acg_publish *publish;
    char *notice;     /* of the publisher that was made; NULL: none */
    bool deleting;    /* what runs is a deletion */
    bool ended;       /* the socket brings no more */
    bool dead;        /* the link failed; *err says why */
    size_t at, len;   /* of what was read and not yet taken */
    const char *said; /* state that was logged last */
    char in[READ_MAX];
};

static void end_socket(struct loop *l)
{
    l->ended = true;
    pkr_link_eof(l->link);
}

static void read_socket(struct loop *l)
{
    if (l->ended || l->at < l->len || !pkr_link_wants_read(l->link))
        return;
    ssize_t n = recv(l->fd, l->in, sizeof l->in, 0);
    if (n > 0) {
        l->at = 0;
        l->len = (size_t)n;
    } else if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
        end_socket(l);
    }
}

static enum acg_status feed(struct loop *l, int64_t now_ms, struct acg_error *err)
{
    while (l->at < l->len) {
        size_t used = 0;
        enum acg_status status =
            pkr_link_feed(l->link, now_ms, (struct acg_span){l->in + l->at, l->len - l->at}, &used, err);
        if (status != ACG_OK) {
            l->dead = true;
            l->at = l->len = 0;
            return status;
        }
        l->at += used;
        if (used == 0)
            break; /* output has to go first */
    }
    if (l->at == l->len && l->len > 0) {
        acgp_wipe(l->in, l->len); /* a configuration holds secrets */
        l->at = l->len = 0;
    }
    return ACG_OK;
}

static void write_socket(struct loop *l)
{
    for (;;) {
        struct acg_span out = pkr_link_drain(l->link);
        if (out.len == 0 || l->ended)
            return;
        ssize_t n = send(l->fd, out.data, out.len, MSG_NOSIGNAL);
        if (n > 0)
            pkr_link_drained(l->link, (size_t)n);
        else if (n < 0 && errno != EINTR) {
            if (errno != EAGAIN && errno != EWOULDBLOCK)
                end_socket(l);
            return;
        }
    }
}

/* ---- The publish. ---- */

static void let_go(struct loop *l)
{
    acg_publish_free(l->publish);
    acg_publisher_free(l->publisher);
    acgp_free(l->notice);
    l->notice = NULL;
    l->publish = NULL;
    l->publisher = NULL;
}

static enum acg_status start(struct loop *l, const struct pkr_request *request, struct acg_error *err)
{
    struct pkr_publisher_wish wish = {
        .user_agent = "packer-plugin-acg", .trace_requests = true, .journal = true};
    enum acg_status status = pkr_config_publisher_new(request->config, &wish, &l->publisher, &l->notice, err);
    struct acg_delete_options deletion = ACG_DELETE_OPTIONS_INIT;
    if (status != ACG_OK)
        return status;
    l->deleting = request->kind == PKR_REQUEST_DELETE;
    if (!l->deleting)
        return acg_publisher_submit(l->publisher, pkr_config_options(request->config), &l->publish, err);
    deletion.gallery_image_version_id = request->version_id;
    deletion.published_date = request->published_date;
    return acg_publisher_delete(l->publisher, &deletion, &l->publish, err);
}

static void tell_notice(struct loop *l, int64_t now_ms)
{
    struct acg_event event = {.kind = ACG_EVENT_NOTICE, .text = l->notice};
    if (l->notice != NULL)
        pkr_post_processor_on_event(l->pp, now_ms, &event);
}

static void serve_requests(struct loop *l, int64_t now_ms)
{
    struct pkr_request request;
    while (pkr_post_processor_next_request(l->pp, &request)) {
        struct acg_error err = {0};
        if (request.kind == PKR_REQUEST_CANCEL) {
            if (l->publish != NULL)
                acg_publish_cancel(l->publish);
        } else if (start(l, &request, &err) == ACG_OK) {
            pkr_post_processor_started(l->pp, now_ms, acg_publish_version_id(l->publish));
            tell_notice(l, now_ms);
        } else {
            let_go(l);
            pkr_post_processor_failed(l->pp, now_ms, &err);
        }
        pkr_post_processor_turn(l->pp, now_ms);
    }
}

static void pull_events(struct loop *l, int64_t now_ms)
{
    const struct acg_event *event;
    while (l->publisher != NULL && acg_publisher_next_event(l->publisher, &event)) {
        if (event->kind == ACG_EVENT_REQUEST)
            pkr_log("DEBUG", "%s", event->text);
        else if (l->deleting) /* after PostProcess Packer shows nothing of ours any more */
            pkr_log("INFO", "%s", event->text);
        pkr_post_processor_on_event(l->pp, now_ms, event);
        if (event->kind == ACG_EVENT_DONE)
            let_go(l); /* with its connections and its token */
    }
}

/* ---- Turns. ---- */

static void log_state(struct loop *l)
{
    const char *state = pkr_post_processor_state(l->pp);
    if (state != l->said)
        pkr_log("INFO", "%s", state);
    l->said = state;
}

static enum acg_status turn(struct loop *l, struct acg_error *err)
{
    int64_t now_ms = pkr_now_ms();
    read_socket(l);
    enum acg_status status = feed(l, now_ms, err);
    pkr_link_tick(l->link, now_ms);
    pull_events(l, now_ms);
    pkr_post_processor_turn(l->pp, now_ms);
    serve_requests(l, now_ms);
    write_socket(l);
    log_state(l);
    return status;
}

static int64_t wait_ms(const struct loop *l)
{
    int64_t due, now_ms = pkr_now_ms(), end = now_ms + IDLE_MS;
    if (l->at < l->len && pkr_link_wants_read(l->link))
        return 0;
    if (pkr_link_deadline(l->link, &due) && due < end)
        end = due;
    if (pkr_post_processor_deadline(l->pp, &due) && due < end)
        end = due;
    return end > now_ms ? end - now_ms : 0;
}

static short wanted(struct loop *l)
{
    short events = 0;
    if (l->at == l->len && pkr_link_wants_read(l->link))
        events |= POLLIN;
    if (pkr_link_drain(l->link).len > 0)
        events |= POLLOUT;
    return events;
}

static enum acg_status wait_for_more(struct loop *l, struct acg_error *err)
{
    int64_t wait = wait_ms(l);
    short events = wanted(l);
    if (l->publisher == NULL) {
        struct pollfd ready = {.fd = l->fd, .events = events};
        if (poll(&ready, 1, (int)wait) < 0 && errno != EINTR)
            return acgp_fail(err, ACG_ERR_TRANSPORT, "poll: %s", strerror(errno));
        return ACG_OK;
    }
    struct acg_poll_fd ready = {.fd = l->fd, .events = events};
    struct acg_error failure = {0};
    if (acg_publisher_poll(l->publisher, &ready, 1, wait, &failure) != ACG_OK) {
        let_go(l);
        pkr_post_processor_failed(l->pp, pkr_now_ms(), &failure);
    }
    return ACG_OK;
}

static enum acg_status run(struct loop *l, struct acg_error *err)
{
    enum acg_status status = ACG_OK;
    while (status == ACG_OK) {
        status = turn(l, err);
        if (status != ACG_OK || pkr_post_processor_over(l->pp))
            break;
        status = wait_for_more(l, err);
    }
    return status;
}

enum acg_status pkr_loop_run(int fd, const struct pkr_post_processor_options *options, struct acg_error *err)
{
    static struct loop storage; /* large; one connection per process */
    struct loop *l = &storage;
    memset(l, 0, sizeof *l);
    l->fd = fd;
    enum acg_status status = pkr_link_new(PKR_LINK_PLUGIN, &l->link, err);
    if (status == ACG_OK)
        status = pkr_post_processor_new(l->link, options, &l->pp, err);
    if (status == ACG_OK)
        status = run(l, err);
    let_go(l);
    pkr_post_processor_free(l->pp);
    pkr_link_free(l->link);
    acgp_wipe(l->in, sizeof l->in);
    return status;
}
