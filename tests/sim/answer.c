/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/answer.h"

#include "sim/arm.h"
#include "sim/discovery.h"
#include "sim/fault.h"
#include "sim/identity.h"
#include "sim/jsonx.h"
#include "sim/login_dir.h"
#include "sim/mint.h"
#include "sim/text.h"
#include "sim/token.h"

#include <stdlib.h>
#include <string.h>

/* The simulator's own pages under /_sim: not part of the cloud, never logged, never struck by faults. */

static void stats(struct sim_world *w, struct sim_reply *reply)
{
    const struct sim_log *log = &w->log;
    json_t *methods = log->by_method ? json_incref(log->by_method) : json_object();
    json_t *statuses = log->by_status ? json_incref(log->by_status) : json_object();
    sim_reply_json(reply, 200,
                   json_pack("{s:I, s:I, s:I, s:o, s:o, s:I, s:I}", "requests",
                             (json_int_t)(log->count - log->cleared), "connections",
                             (json_int_t)log->connections, "tokens", (json_int_t)w->tokens.issued,
                             "by_method", methods, "by_status", statuses, "resources",
                             (json_int_t)w->store.count, "now_ms", (json_int_t)w->now_ms));
}

static void advance(struct sim_world *w, const struct sim_request *req, struct sim_reply *reply)
{
    const json_t *ms = json_object_get(req->json, "ms");
    if (!json_is_integer(ms) || json_integer_value(ms) < 0) {
        sim_fail(reply, 400, "BadAdvance", "The body must be {\"ms\": N}, N a whole number, 0 or more.");
        return;
    }
    w->clock.advanced_ms += json_integer_value(ms);
    sim_turn(w);
    sim_reply_json(reply, 200, json_pack("{s:I}", "now_ms", (json_int_t)w->now_ms));
}

static void log_page(struct sim_world *w, const struct sim_request *req, struct sim_reply *reply)
{
    if (strcmp(req->method, "DELETE") == 0) {
        sim_log_clear(&w->log);
        sim_reply_empty(reply, 204);
        return;
    }
    reply->status = 200;
    reply->text = sim_log_text(&w->log);
    reply->content_type = sim_copy("application/x-ndjson");
}

/* Read or replace a resource behind the service's back: what a test wants to find changed. */
static void resource_page(struct sim_world *w, const struct sim_request *req, struct sim_reply *reply)
{
    const char *id = sim_arg(req, "id");
    struct sim_resource *r = id ? sim_find(w, id) : NULL;
    if (!r) {
        sim_fail(reply, 404, "NoSuchResource", "No resource has this id.");
    } else if (strcmp(req->method, "DELETE") == 0) {
        sim_store_remove(&w->store, r);
        sim_reply_empty(reply, 204);
    } else if (strcmp(req->method, "PATCH") == 0 && json_is_object(req->json)) {
        sim_merge(r->body, req->json);
        sim_reply_json(reply, 200, json_deep_copy(r->body));
    } else {
        sim_reply_json(reply, 200, json_deep_copy(r->body));
    }
}

/* Tokens end before their time. */
static void revoke(struct sim_world *w, const struct sim_request *req, struct sim_reply *reply)
{
    size_t n = sim_tokens_revoke(w, sim_text_at(req->json, "client_id"), sim_true_at(req->json, "claims"));
    sim_reply_json(reply, 200, json_pack("{s:I}", "revoked", (json_int_t)n));
}

/* The cluster renews the token that it projects into a pod. */
static void renew(struct sim_world *w, struct sim_reply *reply)
{
    if (sim_federated_token_write(w))
        sim_reply_empty(reply, 204);
    else
        sim_fail(
            reply, 409, "NoLoginFolder",
            "There is no folder, or no key, to write a federated token: start acg-sim with --login-dir.");
}

static void control(struct sim_world *w, const struct sim_request *req, struct sim_reply *reply)
{
    if (strcmp(req->path, "/_sim/log") == 0)
        log_page(w, req, reply);
    else if (strcmp(req->path, "/_sim/stats") == 0)
        stats(w, reply);
    else if (strcmp(req->path, "/_sim/resource") == 0)
        resource_page(w, req, reply);
    else if (strcmp(req->path, "/_sim/advance") == 0 && strcmp(req->method, "POST") == 0)
        advance(w, req, reply);
    else if (strcmp(req->path, "/_sim/revoke") == 0 && strcmp(req->method, "POST") == 0)
        revoke(w, req, reply);
    else if (strcmp(req->path, "/_sim/federated-token") == 0 && strcmp(req->method, "POST") == 0)
        renew(w, reply);
    else
        sim_fail(reply, 404, "NoSuchPage",
                 "The simulator has /_sim/log, /_sim/stats, /_sim/resource?id=... and POST "
                 "/_sim/advance, /_sim/revoke, /_sim/federated-token.");
}

/* What the log counts a login as; NULL: this is none. The first two also end in /oauth2/token. */
static const char *login_word(const char *path)
{
    return sim_identity_path(path) ? "identity"
           : sim_mint_path(path)   ? "mint"
           : sim_token_path(path)  ? "token"
                                   : NULL;
}

static void act(struct sim_world *w, const struct sim_request *req, struct sim_reply *reply)
{
    if (sim_identity_path(req->path))
        sim_identity_answer(w, req, reply);
    else if (sim_mint_path(req->path))
        sim_mint_answer(w, req, reply);
    else if (sim_token_path(req->path))
        sim_token_answer(w, req, reply);
    else if (!sim_discovery_answer(w, req, reply))
        sim_arm_answer(w, req, reply);
}

/* The same seed gives the same delays: splitmix64 over the number of the request. */
static int64_t jitter_ms(struct sim_world *w)
{
    int64_t most = sim_int_at(w->settings, "latency_jitter_ms", 0);
    uint64_t z = (uint64_t)sim_int_at(w->settings, "latency_seed", 0) * UINT64_C(0xd1342543de82ef95) +
                 ++w->answers * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return most > 0 ? (int64_t)((z ^ (z >> 31)) % ((uint64_t)most + 1)) : 0;
}

void sim_answer(struct sim_world *w, const struct sim_request *req, struct sim_reply *reply)
{
    sim_turn(w);
    if (sim_starts(req->path, "/_sim/")) {
        control(w, req, reply);
        return;
    }
    reply->delay_ms = sim_int_at(w->settings, "latency_ms", 0) + jitter_ms(w);
    const json_t *fault = sim_fault_for(w, req);
    if (!fault || sim_fault_acts(fault))
        act(w, req, reply);
    if (fault)
        sim_fault_apply(w, fault, req, reply);
    if (req->client_request_id && req->return_client_request_id)
        sim_reply_header(reply, "x-ms-client-request-id", req->client_request_id);
    sim_log_add(&w->log, req, reply, w->now_ms, login_word(req->path));
}
