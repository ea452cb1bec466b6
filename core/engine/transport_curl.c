/* SPDX-License-Identifier: MPL-2.0 */
#include "engine/transport_curl.h"

#include <errno.h>
#include <string.h>

#include <sys/epoll.h>
#include <unistd.h>

#include <acg/acg.h>

#include "base/alloc.h"
#include "base/error.h"
#include "engine/curl_transfer.h"

enum {
    /* Two GETs side by side where a server speaks HTTP/1.1 only. Without a limit, libcurl 7.88 opens a
     * connection for each transfer beyond an HTTP/2 server's stream limit, however many these are. */
    HOST_CONNECTIONS = 2,
    EVENTS_AT_ONCE = 64,
    CURL_OLDEST = 0x075700 /* 7.87: CURLOPT_QUICK_EXIT */
};

struct curl_transport {
    struct acgp_transport base;
    CURLM *multi;
    unsigned host_connections; /* limit; 0: HOST_CONNECTIONS */
    int epoll_fd;
    int epoll_errno; /* sticky: a socket could not be watched */
    int64_t now_ms;  /* of this turn, for curl's timer */
    bool timer_set;
    int64_t timer_due_ms;
    struct acgp_transfer_settings settings;
    struct acgp_transfer *running;           /* list, in no order */
    struct acgp_transfer *ended, *ended_end; /* queue, oldest first */
    struct acgp_transfer *lent;              /* whose outcome the caller looks at */
};

static struct curl_transport *self(struct acgp_transport *t)
{
    return (struct curl_transport *)t;
}

static const struct curl_transport *self_const(const struct acgp_transport *t)
{
    return (const struct curl_transport *)t;
}

static uint32_t epoll_events(int what)
{
    uint32_t events = 0;

    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
        events |= EPOLLIN;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
        events |= EPOLLOUT;
    return events;
}

/* curl tells which socket to watch for what. watched: whatever curl_multi_assign stored, NULL for a new
 * socket. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *watched)
{
    struct curl_transport *t = context;
    struct epoll_event event = {.events = epoll_events(what), .data.fd = fd};

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        (void)epoll_ctl(t->epoll_fd, EPOLL_CTL_DEL, fd,
                        NULL); /* a socket that is gone already needs no more */
        return 0;
    }
    if (epoll_ctl(t->epoll_fd, watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0) {
        t->epoll_errno = errno;
        return -1;
    }
    if (watched == NULL)
        (void)curl_multi_assign(t->multi, fd, t);
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *context)
{
    struct curl_transport *t = context;

    (void)multi;
    t->timer_set = timeout_ms >= 0;
    t->timer_due_ms = t->now_ms + (timeout_ms > 0 ? timeout_ms : 0);
    return 0;
}

static void unlink_running(struct curl_transport *t, struct acgp_transfer *transfer)
{
    if (transfer->prev != NULL)
        transfer->prev->next = transfer->next;
    else
        t->running = transfer->next;
    if (transfer->next != NULL)
        transfer->next->prev = transfer->prev;
    transfer->prev = transfer->next = NULL;
}

static enum acg_status start(struct acgp_transport *base, int64_t now_ms, const struct acgp_send *send,
                             struct acgp_transfer **out, struct acg_error *err)
{
    struct curl_transport *t = self(base);
    struct acgp_transfer *transfer = NULL;
    enum acg_status status = acgp_transfer_new(&t->settings, send, &transfer, err);
    CURLMcode code = CURLM_OK;

    if (status != ACG_OK)
        return status;
    t->now_ms = now_ms;
    code = curl_multi_add_handle(t->multi, transfer->easy);
    if (code != CURLM_OK) {
        acgp_transfer_free(transfer);
        return code == CURLM_OUT_OF_MEMORY
                   ? acgp_fail_nomem(err)
                   : acgp_fail(err, ACG_ERR_INTERNAL, "libcurl: %s", curl_multi_strerror(code));
    }
    transfer->next = t->running;
    if (t->running != NULL)
        t->running->prev = transfer;
    t->running = transfer;
    *out = transfer;
    return ACG_OK;
}

static void unlink_ended(struct curl_transport *t, struct acgp_transfer *transfer)
{
    struct acgp_transfer *before = NULL;

    for (struct acgp_transfer *x = t->ended; x != NULL; before = x, x = x->next) {
        if (x != transfer)
            continue;
        if (before != NULL)
            before->next = x->next;
        else
            t->ended = x->next;
        if (t->ended_end == x)
            t->ended_end = before;
        return;
    }
}

static void stop(struct acgp_transport *base, struct acgp_transfer *transfer)
{
    struct curl_transport *t = self(base);

    if (transfer->easy != NULL) {
        (void)curl_multi_remove_handle(t->multi, transfer->easy);
        unlink_running(t, transfer);
    } else {
        unlink_ended(t, transfer);
    }
    acgp_transfer_free(transfer);
}

static void collect_ended(struct curl_transport *t)
{
    CURLMsg *message = NULL;
    int left = 0;

    while ((message = curl_multi_info_read(t->multi, &left)) != NULL) {
        char *private = NULL;
        CURL *easy = message->easy_handle;
        CURLcode code = message->data.result; /* the message dies with remove_handle */
        struct acgp_transfer *transfer = NULL;

        (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
        transfer = (void *)private;
        (void)curl_multi_remove_handle(t->multi, easy);
        unlink_running(t, transfer);
        acgp_transfer_end(transfer, code);
        if (t->ended_end != NULL)
            t->ended_end->next = transfer;
        else
            t->ended = transfer;
        t->ended_end = transfer;
    }
}

static int curl_mask(uint32_t events)
{
    return (events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
           (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
}

static CURLMcode move_sockets(struct curl_transport *t)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    CURLMcode code = CURLM_OK;
    int running = 0;
    int n = epoll_wait(t->epoll_fd, events, EVENTS_AT_ONCE, 0);

    for (int i = 0; i < n && code == CURLM_OK; i++)
        code = curl_multi_socket_action(t->multi, events[i].data.fd, curl_mask(events[i].events), &running);
    return code;
}

static CURLMcode move_timer(struct curl_transport *t)
{
    int running = 0;

    if (!t->timer_set || t->timer_due_ms > t->now_ms)
        return CURLM_OK;
    t->timer_set = false;
    return curl_multi_socket_action(t->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

static enum acg_status turn(struct acgp_transport *base, int64_t now_ms, struct acg_error *err)
{
    struct curl_transport *t = self(base);
    CURLMcode code = CURLM_OK;

    t->now_ms = now_ms;
    code = move_sockets(t);
    if (code == CURLM_OK)
        code = move_timer(t);
    collect_ended(t);
    if (code == CURLM_OUT_OF_MEMORY)
        return acgp_fail_nomem(err);
    if (code != CURLM_OK)
        return acgp_fail(err, ACG_ERR_INTERNAL, "libcurl: %s", curl_multi_strerror(code));
    if (t->epoll_errno != 0)
        return acgp_fail(err, ACG_ERR_INTERNAL, "epoll: %s", strerror(t->epoll_errno));
    return ACG_OK;
}

static void release_lent(struct curl_transport *t)
{
    acgp_transfer_free(t->lent);
    t->lent = NULL;
}

static bool next_outcome(struct acgp_transport *base, struct acgp_ended *out)
{
    struct curl_transport *t = self(base);
    struct acgp_transfer *x = t->ended;

    release_lent(t);
    if (x == NULL)
        return false;
    t->ended = x->next;
    if (t->ended == NULL)
        t->ended_end = NULL;
    x->next = NULL;
    t->lent = x;
    *out = (struct acgp_ended){x->owner, x->answered ? &x->response : NULL, x->answered ? NULL : &x->failure};
    return true;
}

static int poll_fd(const struct acgp_transport *base)
{
    return self_const(base)->epoll_fd;
}

static bool due_ms(const struct acgp_transport *base, int64_t *out_due_ms)
{
    const struct curl_transport *t = self_const(base);

    if (t->timer_set)
        *out_due_ms = t->timer_due_ms;
    return t->timer_set;
}

static void free_transport(struct acgp_transport *base)
{
    struct curl_transport *t = self(base);

    if (t == NULL)
        return;
    release_lent(t);
    while (t->running != NULL)
        stop(base, t->running);
    while (t->ended != NULL)
        stop(base, t->ended);
    if (t->multi != NULL)
        (void)curl_multi_cleanup(t->multi);
    if (t->epoll_fd >= 0)
        close(t->epoll_fd);
    acgp_trust_done(&t->settings.trust);
    acgp_free(t->settings.user_agent);
    acgp_free(t);
}

/* A plan reads hundreds of resources and is waited for: over HTTP/2 they share a connection all the same. */
static void widen(struct acgp_transport *t, unsigned connections)
{
    struct curl_transport *c = self(t);

    if (connections > HOST_CONNECTIONS && connections > c->host_connections &&
        curl_multi_setopt(c->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)connections) == CURLM_OK)
        c->host_connections = connections;
}

static const struct acgp_transport_calls calls = {start,   stop,   turn,           next_outcome,
                                                  poll_fd, due_ms, free_transport, widen};

static enum acg_status check_curl(struct acg_error *err)
{
    const curl_version_info_data *have = NULL;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return acgp_fail(err, ACG_ERR_TRANSPORT, "libcurl cannot start");
    have = curl_version_info(CURLVERSION_NOW);
    if (have->version_num < CURL_OLDEST)
        return acgp_fail(err, ACG_ERR_TRANSPORT, "libcurl %s is too old: 7.87 is the oldest that will do",
                         have->version);
    if (!(have->features & CURL_VERSION_SSL))
        return acgp_fail(err, ACG_ERR_TRANSPORT, "libcurl %s was built without TLS", have->version);
    /* With the plain resolver every name look-up would stop the whole loop. */
    if (!(have->features & CURL_VERSION_ASYNCHDNS))
        return acgp_fail(err, ACG_ERR_TRANSPORT, "libcurl %s was built without its asynchronous resolver",
                         have->version);
    return ACG_OK;
}

static char *make_user_agent(const char *more)
{
    const char *curl = curl_version_info(CURLVERSION_NOW)->version;
    bool some = more != NULL && more[0] != '\0';

    return acgp_printf("acg/%s libcurl/%s%s%s", acg_version(), curl, some ? " " : "", some ? more : "");
}

static bool set_up_multi(struct curl_transport *t)
{
    return curl_multi_setopt(t->multi, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK &&
           curl_multi_setopt(t->multi, CURLMOPT_SOCKETDATA, t) == CURLM_OK &&
           curl_multi_setopt(t->multi, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK &&
           curl_multi_setopt(t->multi, CURLMOPT_TIMERDATA, t) == CURLM_OK &&
           curl_multi_setopt(t->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX) == CURLM_OK &&
           curl_multi_setopt(t->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)HOST_CONNECTIONS) == CURLM_OK;
}

static enum acg_status set_up(struct curl_transport *t, const char *ca_file, const char *user_agent,
                              struct acg_error *err)
{
    enum acg_status status = acgp_trust_find(ca_file, &t->settings.trust, err);

    if (status != ACG_OK)
        return status;
    t->settings.user_agent = make_user_agent(user_agent);
    t->multi = curl_multi_init();
    if (t->settings.user_agent == NULL || t->multi == NULL || !set_up_multi(t))
        return acgp_fail_nomem(err);
    t->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (t->epoll_fd < 0)
        return acgp_fail(err, ACG_ERR_INTERNAL, "epoll: %s", strerror(errno));
    return ACG_OK;
}

enum acg_status acgp_transport_curl_new(const char *ca_file, const char *user_agent,
                                        struct acgp_transport **out, struct acg_error *err)
{
    enum acg_status status = check_curl(err);
    struct curl_transport *t = NULL;

    if (status != ACG_OK)
        return status;
    t = acgp_alloc(1, sizeof *t);
    if (t == NULL)
        return acgp_fail_nomem(err);
    t->base.calls = &calls;
    t->epoll_fd = -1;
    status = set_up(t, ca_file, user_agent, err);
    if (status != ACG_OK) {
        free_transport(&t->base);
        return status;
    }
    *out = &t->base;
    return ACG_OK;
}
