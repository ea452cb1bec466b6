/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/token.h"

#include "sim/assertion.h"
#include "sim/cloud.h"
#include "sim/jsonx.h"
#include "sim/text.h"
#include "sim/world.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The token endpoint: v1 /{tenant}/oauth2/token, v2 /{tenant}/oauth2/v2.0/token, ADFS /adfs/oauth2/token
 * (with or without a last slash). Secrets here, assertions in assertion.c. Error codes and shapes: token
 * endpoint errors of Microsoft's identity platform. */

struct form {
    json_t *fields;
    const json_t *client; /* of the scenario */
    bool v2;              /* scope instead of resource */
    char *tenant;
};

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && sim_same(text + n - m, end);
}

bool sim_token_path(const char *path)
{
    return ends_with(path, "/oauth2/token") || ends_with(path, "/oauth2/token/") ||
           ends_with(path, "/oauth2/v2.0/token") || ends_with(path, "/oauth2/v2.0/token/");
}

void sim_token_refuse(struct sim_world *w, struct sim_reply *reply, unsigned status, const char *error,
                      int code, const char *text)
{
    char trace[SIM_GUID_SIZE], correlation[SIM_GUID_SIZE], stamp[SIM_STAMP_SIZE];
    sim_guid(trace);
    sim_guid(correlation);
    sim_stamp_plain(sim_now(w), stamp);
    char *description = sim_format("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s", code, text,
                                   trace, correlation, stamp);
    char *uri = sim_format("https://login.microsoftonline.com/error?code=%d", code);
    sim_reply_json(reply, status,
                   json_pack("{s:s, s:s, s:[i], s:s, s:s, s:s, s:s}", "error", error, "error_description",
                             description, "error_codes", code, "timestamp", stamp, "trace_id", trace,
                             "correlation_id", correlation, "error_uri", uri));
    free(uri);
    free(description);
}

/* Fields of a form body; NULL when it is malformed or names a field twice. */
static json_t *parse_form(const char *body)
{
    json_t *fields = json_object();
    bool ok = true;
    while (ok && *body) {
        size_t n = strcspn(body, "&");
        char *name = sim_copy_n(body, n);
        char *value = strchr(name, '=');
        ok = value != NULL;
        if (ok) {
            *value++ = '\0';
            ok = sim_unescape(name, true) && sim_unescape(value, true) && !json_object_get(fields, name) &&
                 json_object_set_new(fields, name, json_string(value)) == 0;
        }
        free(name);
        body += n + (body[n] == '&');
    }
    if (!ok) {
        json_decref(fields);
        return NULL;
    }
    return fields;
}

static bool contains(const json_t *list, const char *text)
{
    size_t i;
    const json_t *each;
    json_array_foreach(list, i, each)
    {
        if (sim_same(json_string_value(each), text))
            return true;
    }
    return false;
}

bool sim_token_audience(const struct sim_world *w, const struct sim_request *req, const char *audience,
                        size_t n, bool *for_arm)
{
    static const char *const here[] = {"https://localhost", "http://localhost", "https://127.0.0.1",
                                       "http://127.0.0.1",  "https://[::1]",    "http://[::1]"};
    const struct sim_cloud *cloud = sim_cloud_of(w);
    *for_arm = true;
    for (size_t i = 0; i < SIM_ARM_AUDIENCES; i++)
        if (strlen(cloud->arm[i]) == n && sim_same_n(audience, cloud->arm[i], n))
            return true;
    for (size_t i = 0; i < sizeof here / sizeof here[0]; i++)
        if (sim_starts(audience, here[i]) &&
            strspn(audience + strlen(here[i]), ":0123456789") >= n - strlen(here[i]))
            return true;
    if (strlen(req->base) == n && sim_same_n(audience, req->base, n))
        return true;
    *for_arm = false;
    return sim_starts(audience, "https://") && strlen(cloud->vault) == n - 8 &&
           sim_same_n(audience + 8, cloud->vault, n - 8);
}

static bool check_audience(struct sim_world *w, const struct sim_request *req, const struct form *f,
                           struct sim_reply *reply, bool *for_arm)
{
    static const char suffix[] = "/.default";
    const char *scope = sim_text_at(f->fields, "scope");
    const char *audience = scope ? scope : sim_text_at(f->fields, "resource");
    if (!audience) {
        sim_token_refuse(w, reply, 400, "invalid_request", 900144,
                         f->v2 ? "The request body must contain the following parameter: 'scope'."
                               : "The request body must contain the following parameter: 'resource'.");
        return false;
    }
    size_t n = strlen(audience);
    if (scope && !ends_with(audience, suffix)) {
        sim_token_refuse(
            w, reply, 400, "invalid_scope", 1002012,
            "The provided value for scope is not valid. Client credential flows must have a scope value with "
            "/.default suffixed to the resource identifier.");
        return false;
    }
    if (scope)
        n -= sizeof suffix - 1;
    while (n && audience[n - 1] == '/')
        n--;
    if (sim_token_audience(w, req, audience, n, for_arm))
        return true;
    char *text = sim_format("The resource principal named %s was not found in the tenant named %s.", audience,
                            f->tenant);
    sim_token_refuse(w, reply, 400, "invalid_resource", 500011, text);
    free(text);
    return false;
}

static bool check_tenant(struct sim_world *w, const struct form *f, struct sim_reply *reply)
{
    if (sim_same(f->tenant, "adfs") || contains(sim_at(w->settings, "tokens.tenants"), f->tenant))
        return true;
    char *text =
        sim_format("Tenant '%s' not found. Check to make sure you have the correct tenant ID and are "
                   "signing into the correct cloud.",
                   f->tenant);
    sim_token_refuse(w, reply, 400, "invalid_request", 90002, text);
    free(text);
    return false;
}

static const json_t *find_client(const struct sim_world *w, const char *id, const char *tenant)
{
    size_t i;
    const json_t *each;
    json_array_foreach(sim_at(w->settings, "tokens.clients"), i, each)
    {
        const json_t *tenants = sim_at(each, "tenants");
        if (sim_same(sim_text_at(each, "client_id"), id) &&
            (!tenants || sim_same(tenant, "adfs") || contains(tenants, tenant)))
            return each;
    }
    return NULL;
}

static bool check_secret(struct sim_world *w, const struct form *f, struct sim_reply *reply)
{
    const char *secret = sim_text_at(f->fields, "client_secret");
    sim_login_kind(reply, "secret");
    if (!secret || !*secret) {
        sim_token_refuse(
            w, reply, 401, "invalid_client", 7000218,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.");
        return false;
    }
    const char *expired = sim_text_at(f->client, "expired_secret"),
               *good = sim_text_at(f->client, "client_secret");
    if (expired && strcmp(expired, secret) == 0) {
        sim_token_refuse(w, reply, 401, "invalid_client", 7000222,
                         "The provided client secret keys for this app are expired.");
        return false;
    }
    if (!good || strcmp(good, secret) != 0) {
        sim_token_refuse(w, reply, 401, "invalid_client", 7000215,
                         "Invalid client secret provided. Ensure the secret being sent in the request is the "
                         "client secret value, not the client secret ID.");
        return false;
    }
    sim_login_checked(reply, "password");
    return true;
}

static bool check_client(struct sim_world *w, const struct sim_request *req, struct form *f,
                         struct sim_reply *reply)
{
    const char *id = sim_text_at(f->fields, "client_id");
    if (!id || !*id) {
        sim_token_refuse(w, reply, 400, "invalid_request", 900144,
                         "The request body must contain the following parameter: 'client_id'.");
        return false;
    }
    f->client = find_client(w, id, f->tenant);
    if (!f->client) {
        char *text = sim_format("Application with identifier '%s' was not found in the directory '%s'.", id,
                                f->tenant);
        sim_token_refuse(w, reply, 400, "unauthorized_client", 700016, text);
        free(text);
        return false;
    }
    sim_login_owner(reply, id);
    if (!json_object_get(f->fields, "client_assertion"))
        return check_secret(w, f, reply);
    return sim_assertion_check(&(struct sim_assertion){
        .w = w, .req = req, .client = f->client, .fields = f->fields, .reply = reply});
}

/* v2 answers numbers, v1 answers texts and adds expires_on (a client without it asks before every request).
 */
static void grant(struct sim_world *w, const struct form *f, bool for_arm, struct sim_reply *reply)
{
    int64_t usual_s = sim_int_at(w->settings, "tokens.lifetime_s", 3599);
    const struct sim_token *token = sim_token_issue(w, f->client, for_arm, usual_s);
    int64_t lifetime_s = (token->expires_ms - sim_now(w)) / 1000;
    if (f->v2) {
        sim_reply_json(reply, 200,
                       json_pack("{s:s, s:I, s:I, s:s}", "token_type", "Bearer", "expires_in",
                                 (json_int_t)lifetime_s, "ext_expires_in", (json_int_t)lifetime_s,
                                 "access_token", token->text));
    } else {
        char *in = sim_format("%" PRId64, lifetime_s);
        char *on = sim_format("%" PRId64, token->expires_ms / 1000);
        char *from = sim_format("%" PRId64, sim_now(w) / 1000);
        const char *resource = sim_text_at(f->fields, "resource");
        sim_reply_json(reply, 200,
                       json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "token_type", "Bearer", "expires_in",
                                 in, "ext_expires_in", in, "expires_on", on, "not_before", from, "resource",
                                 resource ? resource : "", "access_token", token->text));
        free(in);
        free(on);
        free(from);
    }
    sim_reply_header(reply, "Cache-Control", "no-store, no-cache");
}

static bool check_form(struct sim_world *w, const struct sim_request *req, struct form *f,
                       struct sim_reply *reply)
{
    if (strcmp(req->method, "POST") != 0) {
        sim_token_refuse(w, reply, 400, "invalid_request", 900561,
                         "The endpoint only accepts POST requests.");
        return false;
    }
    if (!sim_starts(req->content_type ? req->content_type : "", "application/x-www-form-urlencoded")) {
        sim_token_refuse(w, reply, 400, "invalid_request", 900144,
                         "The request body must contain the following parameter: 'grant_type'.");
        return false;
    }
    f->fields = parse_form(req->body ? req->body : "");
    if (!f->fields) {
        sim_token_refuse(w, reply, 400, "invalid_request", 9002313,
                         "Invalid request. Request is malformed or invalid.");
        return false;
    }
    const char *grant_type = sim_text_at(f->fields, "grant_type");
    if (!grant_type) {
        sim_token_refuse(w, reply, 400, "invalid_request", 900144,
                         "The request body must contain the following parameter: 'grant_type'.");
        return false;
    }
    if (strcmp(grant_type, "client_credentials") != 0) {
        sim_token_refuse(w, reply, 400, "unsupported_grant_type", 70003,
                         "The app requested an unsupported grant type.");
        return false;
    }
    return true;
}

void sim_token_answer(struct sim_world *w, const struct sim_request *req, struct sim_reply *reply)
{
    struct form f = {0};
    bool for_arm = true;
    f.tenant = sim_copy_n(req->path + 1, strcspn(req->path + 1, "/"));
    f.v2 = ends_with(req->path, "/v2.0/token") || sim_same(f.tenant, "adfs");
    if (check_form(w, req, &f, reply) && check_tenant(w, &f, reply) && check_client(w, req, &f, reply) &&
        check_audience(w, req, &f, reply, &for_arm))
        grant(w, &f, for_arm, reply);
    char guid[SIM_GUID_SIZE];
    sim_guid(guid);
    sim_reply_header(reply, "x-ms-request-id", guid);
    free(f.tenant);
    json_decref(f.fields);
}
