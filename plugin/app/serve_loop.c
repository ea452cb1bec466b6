/* SPDX-License-Identifier: MPL-2.0 */
#include "app/serve_loop.h"

#include <poll.h>
#include <string.h>
#include <time.h>

#include "plugin/controller.pb-c.h"

#include "app/clock.h"
#include "app/log.h"
#include "app/serve_peer.h"
#include "base/alloc.h"
#include "base/error.h"
#include "cli/stop.h"
#include "rpc/health.h"
#include "rpc/reflection.h"

/** Longest wait without a deadline: nothing depends on it. */
enum { IDLE_MS = 60000 };
/** How long no connection is taken after descriptors ran out: those that wait would wake us in vain. */
enum { ACCEPT_PAUSE_MS = 500 };
/** Connections that are taken from one socket in one turn. */
enum { ACCEPTS = 64 };
/** Everything that is waited for. */
enum { FDS_MAX = PKR_PEERS_MAX + PKR_LISTEN_MAX + 2 };

extern const struct rpc_files rpc_files_standard;
extern const struct rpc_files rpc_files_go_plugin;
extern const struct rpc_service rpc_service_plugin_GRPCController;

static const struct rpc_service *const offered[] = {
    &rpc_service_acg_v1_Publisher,
    &rpc_service_acg_v1_PostProcessor,
    &rpc_service_grpc_health_v1_Health,
    &rpc_service_grpc_reflection_v1_ServerReflection,
    &rpc_service_grpc_reflection_v1alpha_ServerReflection,
    &rpc_service_plugin_GRPCController,
};
static const struct rpc_files *const files[] = {&rpc_files_acg_v1, &rpc_files_standard, &rpc_files_go_plugin};
/* The last is what a host with go-plugin asks for. */
static const char *const health_names[] = {"", "acg.v1.Publisher", "acg.v1.PostProcessor", "plugin"};

/* The last of each is for a host alone. */
#define OFFERED      (sizeof offered / sizeof offered[0])
#define FILES        (sizeof files / sizeof files[0])
#define HEALTH_NAMES (sizeof health_names / sizeof health_names[0])

struct loop {
    const struct pkr_server *server;
    struct rpc_health *health;
    struct rpc_reflection reflection;
    struct rpc_conn_options conn_options;
    struct pkr_peer *peers[PKR_PEERS_MAX];
    short ready[PKR_PEERS_MAX]; /* what poll said of each */
    size_t peer_count;
    int64_t accept_ms; /* no connection is taken before */
    bool host_done;    /* the host said so, or is gone */
    bool draining;
    bool told;    /* no publish runs, and calls that would hold us were ended */
    bool aborted; /* the time is over */
    int64_t drain_until_ms;
};

static int64_t day_s(void)
{
    struct timespec now = {.tv_sec = 0};

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec;
}

static enum acg_status set_health(struct loop *l, bool serving, struct acg_error *err)
{
    enum acg_status status = ACG_OK;

    for (size_t i = 0; i < HEALTH_NAMES - (l->server->has_host ? 0 : 1) && status == ACG_OK; i++)
        status = rpc_health_set(l->health, health_names[i], serving, err);
    return status;
}

/* ---- connections ---- */

static void add_peer(struct loop *l, const struct pkr_serve_socket *s, int fd, int64_t now_ms)
{
    struct acg_error err = {.status = ACG_OK};
    struct pkr_tls_server *tls = s->path == NULL || l->server->has_host ? l->server->tls : NULL;
    struct pkr_peer *peer = NULL;

    if (pkr_peer_new(fd, tls, &l->conn_options, now_ms, &peer, &err) != ACG_OK) {
        pkr_log("WARN", "a connection on %s was turned away: %s", s->name, err.message);
        return;
    }
    l->ready[l->peer_count] = POLLIN;
    l->peers[l->peer_count++] = peer;
}

static void accept_some(struct loop *l, const struct pkr_serve_socket *s, int64_t now_ms)
{
    for (int i = 0; i < ACCEPTS && l->peer_count < PKR_PEERS_MAX && now_ms >= l->accept_ms; i++) {
        int fd = -1;
        switch (pkr_serve_socket_accept(s, &fd)) {
        case PKR_ACCEPTED:
            add_peer(l, s, fd, now_ms);
            break;
        case PKR_ACCEPT_REFUSED:
            pkr_log("WARN", "a connection of another user on %s was turned away", s->name);
            break;
        case PKR_ACCEPT_FULL:
            pkr_log("WARN", "no descriptor is left for a connection on %s", s->name);
            l->accept_ms = now_ms + ACCEPT_PAUSE_MS;
            break;
        case PKR_ACCEPT_NONE:
            return;
        }
    }
}

/* @return false: it belongs to another service */
static bool handle_host(struct loop *l, struct pkr_peer *peer, const struct rpc_event *event)
{
    static const Plugin__Empty empty = PLUGIN__EMPTY__INIT;

    if (event->method.service->descriptor != rpc_service_plugin_GRPCController.descriptor)
        return false;
    if (event->kind != RPC_MESSAGE)
        return true;
    if (rpc_conn_send_message(peer->conn, event->call, &empty.base, NULL) == ACG_OK)
        rpc_conn_end(peer->conn, event->call, RPC_OK, NULL);
    else
        rpc_conn_end(peer->conn, event->call, RPC_RESOURCE_EXHAUSTED, "no room for the answer");
    pkr_log("INFO", "the host ends this server");
    l->host_done = true;
    return true;
}

static void handle(struct loop *l, struct pkr_peer *peer, const struct rpc_event *event)
{
    if (event->kind == RPC_CLOSED) {
        peer->closed = true;
        if (event->status != ACG_OK && event->status != ACG_ERR_CLOSED)
            pkr_log("INFO", "a connection was ended: %s", event->text);
        return;
    }
    if (rpc_services_handle(l->server->services, peer->conn, event, day_s()))
        return;
    if (handle_host(l, peer, event))
        return;
    if (rpc_health_handle(l->health, peer->conn, event))
        return;
    (void)rpc_reflection_handle(&l->reflection, peer->conn, event);
}

static void pull(struct loop *l, struct pkr_peer *peer, int64_t now_ms)
{
    struct rpc_event event;

    while (!peer->closed && rpc_conn_next_event(peer->conn, now_ms, &event))
        handle(l, peer, &event);
}

static void read_peers(struct loop *l, int64_t now_ms)
{
    for (size_t i = 0; i < l->peer_count; i++) {
        if (l->ready[i] != 0 || pkr_peer_deadline(l->peers[i], now_ms) <= now_ms) {
            bool before = l->peers[i]->broken;
            pkr_peer_read(l->peers[i], now_ms);
            if (l->peers[i]->broken && !before && l->peers[i]->tls != NULL)
                pkr_log("WARN", "a connection with TLS failed: %s", pkr_tls_why(l->peers[i]->tls));
        }
        pull(l, l->peers[i], now_ms);
    }
}

/* Events that came since: of publishes, and of a connection's own end. */
static void write_peers(struct loop *l, int64_t now_ms)
{
    for (size_t i = 0; i < l->peer_count; i++) {
        pkr_peer_write(l->peers[i], now_ms);
        pull(l, l->peers[i], now_ms);
        pkr_peer_write(l->peers[i], now_ms);
    }
}

static void remove_peers(struct loop *l, int64_t now_ms)
{
    size_t kept = 0;

    for (size_t i = 0; i < l->peer_count; i++) {
        if (pkr_peer_over(l->peers[i], now_ms)) {
            pkr_peer_free(l->peers[i]);
            continue;
        }
        l->peers[kept++] = l->peers[i];
    }
    l->peer_count = kept;
}

/* ---- publishes ---- */

static void start(struct loop *l, const struct rpc_ask *ask)
{
    struct acg_error err = {.status = ACG_OK};
    struct acg_publish *handle = NULL;

    if (ask->begin(ask->context, l->server->publisher, &handle, &err) != ACG_OK) {
        pkr_log("WARN", "%s could not begin: %s", ask->operation, err.message);
        rpc_services_failed(l->server->services, ask->publish, &err, day_s());
        return;
    }
    rpc_services_started(l->server->services, ask->publish, handle, acg_publish_version_id(handle));
    const char *version_id = acg_publish_version_id(handle);
    pkr_log("INFO", "%s %s%s%s %s", ask->operation, rpc_services_publish_id(l->server->services, handle),
            version_id[0] != '\0' ? " of " : "", version_id,
            ask->picked_up ? "goes on: the journal says that it was running" : "began");
}

static void serve_asks(struct loop *l)
{
    struct rpc_ask ask;

    while (rpc_services_next_ask(l->server->services, &ask)) {
        if (ask.kind == RPC_ASK_START)
            start(l, &ask);
        else if (ask.kind == RPC_ASK_LEAVE)
            acg_publish_leave(ask.handle);
        else
            acg_publish_cancel(ask.handle);
    }
}

static void log_end(const struct loop *l, const struct acg_event *event)
{
    const char *id = rpc_services_publish_id(l->server->services, event->publish);
    const char *verb = rpc_services_operation(l->server->services, event->publish);
    const char *word = acg_status_name(event->error->status);
    const char *state = event->result->state[0] != '\0' ? event->result->state : "done";

    if (event->error->status == ACG_OK)
        pkr_log("INFO", "%s %s ended: %s", verb, id, state);
    else if (l->draining && event->error->status == ACG_ERR_CANCELLED && strcmp(verb, "publish") == 0)
        pkr_log("INFO", "publish %s is left to Azure, %s: %s", id, state, event->result->version_id);
    else if (l->draining) /* what it leaves behind, with the command that deletes it */
        pkr_log("WARN", "%s %s ended: %s", verb, id, event->error->message);
    else
        pkr_log("INFO", "%s %s ended: %s, %s", verb, id, state, word);
}

static void pull_publisher(struct loop *l)
{
    const struct acg_event *event = NULL;

    while (acg_publisher_next_event(l->server->publisher, &event)) {
        if (event->kind == ACG_EVENT_DONE)
            log_end(l, event);
        rpc_services_on_event(l->server->services, event, day_s());
        if (event->kind == ACG_EVENT_DONE)
            acg_publish_free(event->publish); /* what is lent stays readable until the next event */
    }
}

/* ---- the end ---- */

static void begin_drain(struct loop *l, int64_t now_ms)
{
    if (l->draining || (pkr_stop_taken() == 0 && !l->host_done))
        return;
    pkr_log("INFO", "stopping: %zu operations run and are left to Azure",
            rpc_services_running(l->server->services));
    l->draining = true;
    l->drain_until_ms = now_ms + PKR_DRAIN_MS;
    for (size_t i = 0; i < l->server->socket_count; i++)
        pkr_serve_socket_close(&l->server->sockets[i]);
    (void)set_health(l, false, NULL); /* the names are there already: nothing can fail */
    rpc_services_drain(l->server->services);
    for (size_t i = 0; i < l->peer_count; i++)
        rpc_conn_shutdown(l->peers[i]->conn, now_ms);
}

/* Nothing runs any more: calls that would hold us are ended, and connections end with their last one. */
static void tell(struct loop *l, int64_t now_ms)
{
    int64_t until_ms = now_ms + PKR_PEER_LINGER_MS;

    l->told = true;
    if (until_ms < l->drain_until_ms)
        l->drain_until_ms = until_ms;
    rpc_health_end(l->health, "the server is stopping");
}

/* The time is over: what still cleans up after itself says what it leaves. */
static void abort_all(struct loop *l, int64_t now_ms)
{
    l->aborted = true;
    rpc_services_drain(l->server->services);
    serve_asks(l); /* now: the next turn may be the last */
    l->drain_until_ms = now_ms + PKR_PEER_LINGER_MS;
    for (size_t i = 0; i < l->peer_count; i++)
        rpc_conn_abort(l->peers[i]->conn);
}

/* @return whether the server is done */
static bool drained(struct loop *l, int64_t now_ms)
{
    bool late = l->draining && now_ms >= l->drain_until_ms;
    bool idle = rpc_services_running(l->server->services) == 0;

    if (!l->draining)
        return false;
    if ((l->peer_count == 0 && idle) || (late && l->aborted))
        return true;
    if (late)
        abort_all(l, now_ms);
    else if (l->peer_count > 0 && !l->told && idle)
        tell(l, now_ms);
    else
        return false;
    write_peers(l, now_ms);
    return false;
}

/* ---- turns ---- */

static void turn(struct loop *l, int64_t now_ms)
{
    for (size_t i = 0; i < l->server->socket_count; i++)
        if (l->server->sockets[i].fd >= 0)
            accept_some(l, &l->server->sockets[i], now_ms);
    read_peers(l, now_ms);
    begin_drain(l, now_ms);
    serve_asks(l);
    pull_publisher(l);
    write_peers(l, now_ms);
    serve_asks(l);
    remove_peers(l, now_ms);
}

static size_t collect(struct loop *l, struct acg_poll_fd *fds)
{
    bool room = l->peer_count < PKR_PEERS_MAX && pkr_now_ms() >= l->accept_ms;
    size_t count = 0;

    for (size_t i = 0; i < l->peer_count; i++)
        fds[count++] = (struct acg_poll_fd){.fd = l->peers[i]->fd, .events = pkr_peer_events(l->peers[i])};
    fds[count++] = (struct acg_poll_fd){.fd = l->server->stop_fd, .events = l->draining ? 0 : POLLIN};
    fds[count++] = (struct acg_poll_fd){.fd = l->draining ? -1 : l->server->host_fd, .events = POLLIN};
    for (size_t i = 0; i < l->server->socket_count; i++)
        if (l->server->sockets[i].fd >= 0 && room)
            fds[count++] = (struct acg_poll_fd){.fd = l->server->sockets[i].fd, .events = POLLIN};
    return count;
}

static int64_t wait_ms(const struct loop *l)
{
    int64_t now_ms = pkr_now_ms(), end = now_ms + IDLE_MS;

    for (size_t i = 0; i < l->peer_count; i++) {
        int64_t due = pkr_peer_deadline(l->peers[i], now_ms);
        if (due < end)
            end = due;
    }
    if (l->draining && l->drain_until_ms < end)
        end = l->drain_until_ms;
    if (l->accept_ms > now_ms && l->accept_ms < end)
        end = l->accept_ms;
    return end > now_ms ? end - now_ms : 0;
}

static enum acg_status wait_for_more(struct loop *l, struct acg_error *err)
{
    struct acg_poll_fd fds[FDS_MAX];
    size_t count = collect(l, fds);
    enum acg_status status = acg_publisher_poll(l->server->publisher, fds, count, wait_ms(l), err);

    for (size_t i = 0; i < l->peer_count; i++)
        l->ready[i] = fds[i].revents;
    if (fds[l->peer_count + 1].revents != 0 && !l->host_done) {
        pkr_log("WARN", "the host is gone");
        l->host_done = true;
    }
    return status;
}

static enum acg_status prepare(struct loop *l, struct acg_error *err)
{
    size_t more = l->server->has_host ? 0 : 1;

    l->reflection = (struct rpc_reflection){offered, OFFERED - more, files, FILES - more};
    l->conn_options = (struct rpc_conn_options){.services = offered, .service_count = OFFERED - more};
    enum acg_status status = rpc_health_new(&l->health, err);
    return status == ACG_OK ? set_health(l, true, err) : status;
}

enum acg_status pkr_serve_loop(const struct pkr_server *server, struct acg_error *err)
{
    static struct loop storage; /* large; one server per process */
    struct loop *l = &storage;

    memset(l, 0, sizeof *l);
    l->server = server;
    enum acg_status status = prepare(l, err);
    while (status == ACG_OK) {
        int64_t now_ms = pkr_now_ms();
        turn(l, now_ms);
        if (drained(l, now_ms))
            break;
        status = wait_for_more(l, err);
    }
    for (size_t i = 0; i < l->peer_count; i++)
        pkr_peer_free(l->peers[i]);
    rpc_health_free(l->health);
    for (struct acg_publish *left = NULL; (left = rpc_services_let_go(server->services)) != NULL;)
        acg_publish_free(left);
    return status;
}
