/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/mint.h"

#include "sim/assertion.h"
#include "sim/jose.h"
#include "sim/jsonx.h"
#include "sim/keys.h"
#include "sim/text.h"
#include "sim/world.h"

#include <stdlib.h>
#include <string.h>

enum { GITHUB_S = 300, PIPELINES_S = 600, KUBERNETES_S = 3600, GITHUB_BACK_S = 600 };

bool sim_mint_path(const char *path)
{
    return sim_same(path, SIM_GITHUB_PATH) || sim_same(path, SIM_PIPELINES_PATH);
}

/* Sign a token of that workload's issuer. The audience is given. */
static char *mint(struct sim_world *w, const json_t *workload, const char *subject, json_t *audience,
                  int64_t usual_s, int64_t back_s)
{
    struct sim_issuer *issuer = sim_issuer_named(w, sim_text_at(workload, "issuer"));
    EVP_PKEY *key = issuer ? sim_issuer_key(issuer) : NULL;
    int64_t now = sim_assertion_now(w);
    char jti[SIM_GUID_SIZE];
    sim_guid(jti);
    json_t *claims =
        json_pack("{s:s, s:s, s:s, s:o, s:I, s:I, s:I}", "jti", jti, "iss", issuer ? issuer->issuer : "",
                  "sub", subject, "aud", audience, "iat", (json_int_t)now, "nbf", (json_int_t)(now - back_s),
                  "exp", (json_int_t)(now + sim_int_at(workload, "lifetime_s", usual_s)));
    char *out = key && claims ? sim_jwt_sign(key, issuer->kid, claims) : NULL;
    json_decref(claims);
    return out;
}

char *sim_mint_kubernetes(struct sim_world *w)
{
    const json_t *workload = sim_at(w->settings, "workloads.kubernetes");
    const char *subject = sim_text_at(workload, "subject"), *audience = sim_text_at(workload, "audience");
    if (!subject || !audience)
        return NULL;
    return mint(w, workload, subject, json_pack("[s]", audience), KUBERNETES_S, 0);
}

static void fail(struct sim_reply *reply, unsigned status, const char *text)
{
    sim_reply_json(reply, status, json_pack("{s:s}", "message", text));
}

/* The job's own token; false with a 401 in the reply when it is missing or wrong. */
static bool authorized(const struct sim_request *req, const char *want, struct sim_reply *reply)
{
    if (want && req->authorization && sim_starts(req->authorization, "Bearer ") &&
        strcmp(req->authorization + 7, want) == 0) {
        sim_login_checked(reply, "authorization");
        return true;
    }
    fail(reply, 401, "The token of this job is missing or wrong.");
    return false;
}

static void signed_or_not(struct sim_reply *reply, const char *jwt, json_t *answer)
{
    if (jwt)
        sim_reply_json(reply, 200, answer);
    else
        fail(reply, 500, "The scenario has no issuer for this workload whose key is made here.");
}

/* The URL that a job is given has a query already, so a client that appends ?audience= spoils api-version. */
static void github(struct sim_world *w, const struct sim_request *req, struct sim_reply *reply)
{
    const json_t *workload = sim_at(w->settings, "workloads.github");
    const char *api = sim_arg(req, "api-version"), *audience = sim_arg(req, "audience");
    const char *subject = sim_text_at(workload, "subject");
    sim_login_kind(reply, "github");
    if (strcmp(req->method, "GET") != 0) {
        fail(reply, 405, "The requested resource does not support this http method.");
    } else if (!api || strcmp(api, "2.0") != 0) {
        fail(reply, 400, "The query of the request URL is not the one that the job was given.");
    } else if (authorized(req, sim_text_at(workload, "request_token"), reply)) {
        char *jwt = mint(w, workload, subject ? subject : "",
                         json_string(audience && *audience ? audience : "https://github.com/contoso"),
                         GITHUB_S, GITHUB_BACK_S);
        signed_or_not(reply, jwt,
                      jwt ? json_pack("{s:I, s:s}", "count", (json_int_t)strlen(jwt), "value", jwt) : NULL);
        free(jwt);
    }
}

/* Without this header a browser is thought of: it is sent to a page to sign in instead of a 401. */
static void pipelines_unauthorized(const struct sim_request *req, struct sim_reply *reply)
{
    if (sim_same(sim_header_sent(req, "x-tfs-fedauthredirect"), "Suppress"))
        return;
    char *page = sim_format("%s/_signin", req->base);
    sim_reply_empty(reply, 302);
    sim_reply_header(reply, "Location", page);
    free(page);
}

static bool pipelines_request(const struct sim_request *req, struct sim_reply *reply)
{
    const char *api = sim_arg(req, "api-version"), *type = req->content_type;
    if (strcmp(req->method, "POST") != 0)
        fail(reply, 405, "The requested resource does not support this http method.");
    else if (!api)
        fail(reply, 400,
             "No api-version was supplied for the \"POST\" request. The version must be supplied as a query "
             "parameter (e.g. \"?api-version=7.1\").");
    else if (!sim_starts(api, "7."))
        fail(reply, 400, "The requested REST API version is out of range for this server.");
    else if (!sim_starts(type ? type : "", "application/json"))
        fail(reply, 415, "The request must say Content-Type: application/json, also without a body.");
    else if (req->body_length && !json_is_object(req->json))
        fail(reply, 400, "The body must be empty.");
    else
        return true;
    return false;
}

static void pipelines(struct sim_world *w, const struct sim_request *req, struct sim_reply *reply)
{
    const json_t *workload = sim_at(w->settings, "workloads.azure_devops");
    const char *connection = sim_arg(req, "serviceconnectionid"),
               *audience = sim_text_at(workload, "audience");
    sim_login_kind(reply, "azure_devops");
    if (!pipelines_request(req, reply))
        return;
    if (!authorized(req, sim_text_at(workload, "access_token"), reply)) {
        pipelines_unauthorized(req, reply);
        return;
    }
    const json_t *connections = json_object_get(workload, "connections");
    const char *subject = connection ? json_string_value(json_object_get(connections, connection)) : NULL;
    if (!subject) {
        fail(reply, connection ? 404 : 400,
             connection ? "No service connection has this id, or the job may not use it."
                        : "A service connection must be named: serviceConnectionId.");
        return;
    }
    sim_login_checked(reply, "service connection");
    char *jwt = mint(w, workload, subject, json_string(audience ? audience : "api://AzureADTokenExchange"),
                     PIPELINES_S, 0);
    signed_or_not(reply, jwt, jwt ? json_pack("{s:s}", "oidcToken", jwt) : NULL);
    free(jwt);
}

void sim_mint_answer(struct sim_world *w, const struct sim_request *req, struct sim_reply *reply)
{
    if (sim_same(req->path, SIM_GITHUB_PATH))
        github(w, req, reply);
    else
        pipelines(w, req, reply);
    sim_reply_header(reply, "Cache-Control", "no-store, no-cache");
}
