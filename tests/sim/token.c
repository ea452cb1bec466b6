/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/token.h"

#include "sim/jsonx.h"
#include "sim/text.h"
#include "sim/world.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The token endpoint: v1 /{tenant}/oauth2/token, v2 /{tenant}/oauth2/v2.0/token, ADFS /adfs/oauth2/token
 * (with or without a last slash). Client secrets only. Error codes and shapes: token endpoint errors of
 * Microsoft's identity platform. */

struct form {
    json_t *fields;
    bool v2; /* scope instead of resource */
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

static void refuse(struct sim_world *w, struct sim_reply *reply, unsigned status, const char *error, int code,
                   const char *text)
{
    char trace[SIM_GUID_SIZE], correlation[SIM_GUID_SIZE], stamp[SIM_STAMP_SIZE];
    sim_guid(trace);
    sim_guid(correlation);
    sim_stamp_plain(sim_now(w), stamp);
    char *description = sim_format("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s", code, text,
                                   trace, correlation, stamp);
    sim_reply_json(reply, status,
                   json_pack("{s:s, s:s, s:[i], s:s, s:s, s:s, s:s}", "error", error, "error_description",
                             description, "error_codes", code, "timestamp", stamp, "trace_id", trace,
                             "correlation_id", correlation, "error_uri",
                             "https://login.microsoftonline.com/error"));
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

/* What the token is for, without "/.default" and last slashes: a management host, a vault, or this server
 * itself. */
static bool known_audience(const struct sim_request *req, const char *audience, size_t n, bool *for_arm)
{
    static const char *const arm[] = {"https://management.azure.com", "https://management.core.windows.net"};
    static const char *const here[] = {"https://localhost", "http://localhost", "https://127.0.0.1",
                                       "http://127.0.0.1",  "https://[::1]",    "http://[::1]"};
    static const char vault[] = "https://vault.azure.net";
    *for_arm = true;
    for (size_t i = 0; i < sizeof arm / sizeof arm[0]; i++)
        if (strlen(arm[i]) == n && sim_same_n(audience, arm[i], n))
            return true;
    for (size_t i = 0; i < sizeof here / sizeof here[0]; i++)
        if (sim_starts(audience, here[i]) &&
            strspn(audience + strlen(here[i]), ":0123456789") >= n - strlen(here[i]))
            return true;
    if (strlen(req->base) == n && sim_same_n(audience, req->base, n))
        return true;
    *for_arm = false;
    return sizeof vault - 1 == n && sim_same_n(audience, vault, n);
}

static bool check_audience(struct sim_world *w, const struct sim_request *req, const struct form *f,
                           struct sim_reply *reply, bool *for_arm)
{
    static const char suffix[] = "/.default";
    const char *scope = sim_text_at(f->fields, "scope");
    const char *audience = scope ? scope : sim_text_at(f->fields, "resource");
    if (!audience) {
        refuse(w, reply, 400, "invalid_request", 900144,
               f->v2 ? "The request body must contain the following parameter: 'scope'."
                     : "The request body must contain the following parameter: 'resource'.");
        return false;
    }
    size_t n = strlen(audience);
    if (scope && !ends_with(audience, suffix)) {
        refuse(
            w, reply, 400, "invalid_scope", 1002012,
            "The provided value for scope is not valid. Client credential flows must have a scope value with "
            "/.default suffixed to the resource identifier.");
        return false;
    }
    if (scope)
        n -= sizeof suffix - 1;
    while (n && audience[n - 1] == '/')
        n--;
    if (known_audience(req, audience, n, for_arm))
        return true;
    char *text = sim_format("The resource principal named %s was not found in the tenant named %s.", audience,
                            f->tenant);
    refuse(w, reply, 400, "invalid_resource", 500011, text);
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
    refuse(w, reply, 400, "invalid_request", 90002, text);
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

static bool check_client(struct sim_world *w, const struct form *f, struct sim_reply *reply)
{
    const char *id = sim_text_at(f->fields, "client_id");
    const char *secret = sim_text_at(f->fields, "client_secret");
    if (!id || !*id) {
        refuse(w, reply, 400, "invalid_request", 900144,
               "The request body must contain the following parameter: 'client_id'.");
        return false;
    }
    const json_t *client = find_client(w, id, f->tenant);
    if (!client) {
        char *text = sim_format("Application with identifier '%s' was not found in the directory '%s'.", id,
                                f->tenant);
        refuse(w, reply, 400, "unauthorized_client", 700016, text);
        free(text);
        return false;
    }
    if (!secret || !*secret) {
        refuse(
            w, reply, 401, "invalid_client", 7000218,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.");
        return false;
    }
    const char *expired = sim_text_at(client, "expired_secret");
    if (expired && strcmp(expired, secret) == 0) {
        refuse(w, reply, 401, "invalid_client", 7000222,
               "The provided client secret keys for this app are expired.");
        return false;
    }
    if (strcmp(sim_text_at(client, "client_secret") ? sim_text_at(client, "client_secret") : "", secret) !=
        0) {
        refuse(w, reply, 401, "invalid_client", 7000215,
               "Invalid client secret provided. Ensure the secret being sent in the request is the client "
               "secret "
               "value, not the client secret ID.");
        return false;
    }
    return true;
}

static void forget_oldest(struct sim_tokens *t)
{
    struct sim_token *old = t->oldest;
    t->oldest = old->next;
    if (!t->oldest)
        t->newest = NULL;
    t->count--;
    sim_map_take(&t->by_text, old->text);
    free(old->text);
    free(old->tenant);
    free(old);
}

static const struct sim_token *issue(struct sim_world *w, const struct form *f, bool for_arm,
                                     int64_t lifetime_s)
{
    struct sim_tokens *t = &w->tokens;
    if (t->count == SIM_TOKENS_MAX)
        forget_oldest(t);
    int64_t length = sim_int_at(w->settings, "tokens.length", 1400);
    struct sim_token *token = sim_alloc(sizeof *token);
    token->text = sim_alloc((size_t)length + 1);
    sim_random_text(token->text, (size_t)length);
    token->tenant = sim_copy(f->tenant);
    token->for_arm = for_arm;
    token->expires_ms = sim_now(w) + lifetime_s * 1000;
    *(t->newest ? &t->newest->next : &t->oldest) = token;
    t->newest = token;
    t->count++;
    t->issued++;
    sim_map_put(&t->by_text, token->text, token);
    return token;
}

/* v2 answers numbers, v1 answers texts and adds expires_on (a client without it asks before every request).
 */
static void grant(struct sim_world *w, const struct form *f, bool for_arm, struct sim_reply *reply)
{
    int64_t lifetime_s = sim_int_at(w->settings, "tokens.lifetime_s", 3599);
    const struct sim_token *token = issue(w, f, for_arm, lifetime_s);
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
        refuse(w, reply, 400, "invalid_request", 900561, "The endpoint only accepts POST requests.");
        return false;
    }
    if (!sim_starts(req->content_type ? req->content_type : "", "application/x-www-form-urlencoded")) {
        refuse(w, reply, 400, "invalid_request", 900144,
               "The request body must contain the following parameter: 'grant_type'.");
        return false;
    }
    f->fields = parse_form(req->body ? req->body : "");
    if (!f->fields) {
        refuse(w, reply, 400, "invalid_request", 9002313,
               "Invalid request. Request is malformed or invalid.");
        return false;
    }
    const char *grant_type = sim_text_at(f->fields, "grant_type");
    if (!grant_type) {
        refuse(w, reply, 400, "invalid_request", 900144,
               "The request body must contain the following parameter: 'grant_type'.");
        return false;
    }
    if (strcmp(grant_type, "client_credentials") != 0) {
        refuse(w, reply, 400, "unsupported_grant_type", 70003,
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
    if (check_form(w, req, &f, reply) && check_tenant(w, &f, reply) && check_client(w, &f, reply) &&
        check_audience(w, req, &f, reply, &for_arm))
        grant(w, &f, for_arm, reply);
    char guid[SIM_GUID_SIZE];
    sim_guid(guid);
    sim_reply_header(reply, "x-ms-request-id", guid);
    free(f.tenant);
    json_decref(f.fields);
}

/* ARM's 401: the shape of the header is what clients without a tenant read it from. */
static bool challenge(const struct sim_world *w, const struct sim_request *req, struct sim_reply *reply,
                      const char *code, const char *text)
{
    const char *tenant = json_string_value(json_array_get(sim_at(w->settings, "tokens.tenants"), 0));
    char *value =
        sim_format("Bearer authorization_uri=\"%s/%s\", error=\"invalid_token\", error_description=\"%s\"",
                   req->base, tenant ? tenant : "common", text);
    sim_fail(reply, 401, code, "%s", text);
    sim_reply_header(reply, "WWW-Authenticate", value);
    sim_reply_header(reply, "x-ms-failure-cause", "gateway");
    free(value);
    return false;
}

bool sim_token_accepts(struct sim_world *w, const struct sim_request *req, struct sim_reply *reply)
{
    if (!req->authorization)
        return challenge(w, req, reply, "AuthenticationFailed",
                         "Authentication failed. The 'Authorization' header is missing.");
    if (!sim_starts(req->authorization, "Bearer "))
        return challenge(
            w, req, reply, "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is provided in an invalid format.");
    const struct sim_token *token = sim_map_get(&w->tokens.by_text, req->authorization + 7);
    if (!token)
        return challenge(w, req, reply, "InvalidAuthenticationToken", "The access token is invalid.");
    if (!token->for_arm)
        return challenge(w, req, reply, "InvalidAuthenticationTokenAudience",
                         "The access token has been obtained for the wrong audience or resource.");
    if (token->expires_ms <= sim_now(w))
        return challenge(w, req, reply, "ExpiredAuthenticationToken",
                         "The access token expiry is earlier than the current time.");
    return true;
}

void sim_tokens_done(struct sim_tokens *t)
{
    while (t->oldest)
        forget_oldest(t);
    sim_map_done(&t->by_text);
}
