/* SPDX-License-Identifier: MPL-2.0 */
#include "rpc/health.h"

#include <stdint.h>

#include "grpc/health/v1/health.pb-c.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "rpc/grpc_message.h"

typedef Grpc__Health__V1__HealthCheckRequest request;
typedef Grpc__Health__V1__HealthCheckResponse response;
typedef Grpc__Health__V1__HealthCheckResponse__ServingStatus state;

#define SERVING     GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING
#define NOT_SERVING GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING
#define NOT_KNOWN   GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVICE_UNKNOWN

struct watcher {
    struct rpc_conn *conn;
    uint32_t call;
    char *name; /* owned */
    state told;
    bool waiting; /* the last change did not fit its queue; RPC_ROOM comes */
};

struct rpc_health {
    struct {
        const char *name;
        state now;
    } names[RPC_HEALTH_NAMES_MAX];
    size_t name_count;
    struct watcher *watchers;
    size_t watcher_count, watcher_capacity;
};

enum acg_status rpc_health_new(struct rpc_health **out, struct acg_error *err)
{
    struct rpc_health *health = acgp_alloc(1, sizeof *health);

    if (health == NULL)
        return acgp_fail_nomem(err);
    *out = health;
    return ACG_OK;
}

void rpc_health_free(struct rpc_health *health)
{
    if (health == NULL)
        return;
    for (size_t i = 0; i < health->watcher_count; i++)
        acgp_free(health->watchers[i].name);
    acgp_free(health->watchers);
    acgp_free(health);
}

static state state_of(const struct rpc_health *health, const char *name)
{
    for (size_t i = 0; i < health->name_count; i++)
        if (acgp_equal(health->names[i].name, name))
            return health->names[i].now;
    return NOT_KNOWN;
}

/* ---- Watchers ---- */

static enum acg_status answer(struct rpc_conn *conn, uint32_t call, state now)
{
    response message = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;

    message.status = now;
    return rpc_conn_send_message(conn, call, &message.base, NULL);
}

/* Only the newest state counts: a watcher that reads slowly misses those between.
 * @return false: it could not be told and was ended. */
static bool tell(struct rpc_health *health, struct watcher *w, bool first)
{
    state now = state_of(health, w->name);
    enum acg_status status = ACG_OK;

    if (w->waiting || (now == w->told && !first))
        return true;
    status = answer(w->conn, w->call, now);
    w->waiting = status == ACG_ERR_LIMIT;
    if (status == ACG_OK)
        w->told = now;
    if (status != ACG_ERR_NOMEM)
        return true; /* where the call is over, RPC_ENDED comes */
    rpc_conn_end(w->conn, w->call, RPC_RESOURCE_EXHAUSTED, "out of memory");
    return false;
}

static struct watcher *find(struct rpc_health *health, const struct rpc_conn *conn, uint32_t call)
{
    for (size_t i = 0; i < health->watcher_count; i++)
        if (health->watchers[i].conn == conn && health->watchers[i].call == call)
            return &health->watchers[i];
    return NULL;
}

static void forget(struct rpc_health *health, struct watcher *w)
{
    if (w == NULL)
        return;
    acgp_free(w->name);
    *w = health->watchers[--health->watcher_count];
}

static size_t watchers_of(const struct rpc_health *health, const struct rpc_conn *conn)
{
    size_t count = 0;

    for (size_t i = 0; i < health->watcher_count; i++)
        count += health->watchers[i].conn == conn;
    return count;
}

static void watch(struct rpc_health *health, struct rpc_conn *conn, uint32_t call, const char *name)
{
    void *watchers = health->watchers;
    bool ok = watchers_of(health, conn) < RPC_HEALTH_WATCHERS_OF_ONE_MAX &&
              acgp_grow(&watchers, &health->watcher_capacity, health->watcher_count + 1,
                        RPC_HEALTH_WATCHERS_MAX, sizeof *health->watchers);
    char *copy = ok ? acgp_strdup(name) : NULL;

    health->watchers = watchers;
    if (copy == NULL) {
        rpc_conn_end(conn, call, RPC_RESOURCE_EXHAUSTED, "too many watchers");
        return;
    }
    health->watchers[health->watcher_count] = (struct watcher){.conn = conn, .call = call, .name = copy};
    health->watcher_count++;
    if (!tell(health, &health->watchers[health->watcher_count - 1], true))
        forget(health, &health->watchers[health->watcher_count - 1]);
}

enum acg_status rpc_health_set(struct rpc_health *health, const char *name, bool serving,
                               struct acg_error *err)
{
    size_t i = 0;

    while (i < health->name_count && !acgp_equal(health->names[i].name, name))
        i++;
    if (i == RPC_HEALTH_NAMES_MAX)
        return acgp_fail(err, ACG_ERR_LIMIT, "more than %u names with a state", RPC_HEALTH_NAMES_MAX);
    if (i == health->name_count)
        health->name_count++;
    health->names[i].name = name;
    health->names[i].now = serving ? SERVING : NOT_SERVING;
    for (i = health->watcher_count; i-- > 0;) /* backwards: forgetting one moves the last into its place */
        if (!tell(health, &health->watchers[i], false))
            forget(health, &health->watchers[i]);
    return ACG_OK;
}

void rpc_health_end(struct rpc_health *health, const char *text)
{
    while (health->watcher_count > 0) {
        struct watcher *last = &health->watchers[health->watcher_count - 1];

        rpc_conn_end(last->conn, last->call, RPC_UNAVAILABLE, text);
        forget(health, last);
    }
}

/* ---- Calls ---- */

static void check(struct rpc_health *health, struct rpc_conn *conn, uint32_t call, const char *name)
{
    state now = state_of(health, name);

    if (now == NOT_KNOWN)
        rpc_conn_end(conn, call, RPC_NOT_FOUND, "unknown service");
    else if (answer(conn, call, now) == ACG_OK)
        rpc_conn_end(conn, call, RPC_OK, NULL);
    else
        rpc_conn_end(conn, call, RPC_RESOURCE_EXHAUSTED, "no room for the answer");
}

static void on_message(struct rpc_health *health, struct rpc_conn *conn, const struct rpc_event *event)
{
    ProtobufCMessage *message = NULL;
    struct acg_error err = {0};
    enum acg_status status = rpc_decode(event->method.input, event->message, &message, &err);

    if (status != ACG_OK) {
        rpc_conn_end(conn, event->call, rpc_decode_code(status), err.message);
        return;
    }
    if (rpc_method_is(&event->method, &rpc_service_grpc_health_v1_Health, "Watch"))
        watch(health, conn, event->call, ((request *)message)->service);
    else
        check(health, conn, event->call, ((request *)message)->service);
    rpc_decoded_free(message);
}

bool rpc_health_handle(struct rpc_health *health, struct rpc_conn *conn, const struct rpc_event *event)
{
    struct watcher *w = NULL;

    if (event->kind == RPC_CLOSED ||
        event->method.service->descriptor != rpc_service_grpc_health_v1_Health.descriptor)
        return false;
    if (event->kind == RPC_MESSAGE)
        on_message(health, conn, event);
    else if (event->kind == RPC_ENDED)
        forget(health, find(health, conn, event->call));
    else if (event->kind == RPC_ROOM && (w = find(health, conn, event->call)) != NULL) {
        w->waiting = false;
        if (!tell(health, w, true))
            forget(health, w);
    }
    return true;
}
