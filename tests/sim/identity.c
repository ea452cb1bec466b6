/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/identity.h"

#include "sim/jsonx.h"
#include "sim/login_dir.h"
#include "sim/text.h"
#include "sim/token.h"
#include "sim/world.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LIFETIME_S = 86400 };

/* Which parameter names a user-assigned identity by what, on a machine and in App Service. */
struct selector {
    const char *argument, *member;
};
static const struct selector machine[] = {{"client_id", "client_id"},    {"object_id", "object_id"},
                                          {"principal_id", "object_id"}, {"msi_res_id", "id"},
                                          {"mi_res_id", "id"},           {NULL, NULL}};
static const struct selector app_service[] = {{"client_id", "client_id"},
                                              {"principal_id", "object_id"},
                                              {"object_id", "object_id"},
                                              {"mi_res_id", "id"},
                                              {NULL, NULL}};

struct asking {
    struct sim_world *w;
    const struct sim_request *req;
    struct sim_reply *reply;
    const json_t *identity; /* of the scenario */
    bool for_arm;
};

bool sim_identity_path(const char *path)
{
    return sim_same(path, SIM_IMDS_PATH) || sim_same(path, SIM_APP_SERVICE_PATH) ||
           sim_same(path, SIM_ARC_PATH);
}

static bool fail(const struct asking *a, unsigned status, const char *error, const char *text)
{
    sim_reply_json(a->reply, status, json_pack("{s:s, s:s}", "error", error, "error_description", text));
    return false;
}

/* App Service has an error shape of its own. */
static bool fail_app_service(const struct asking *a, unsigned status, const char *text)
{
    char correlation[SIM_GUID_SIZE];
    sim_guid(correlation);
    sim_reply_json(a->reply, status,
                   json_pack("{s:i, s:s, s:s}", "statusCode", (int)status, "message", text, "correlationId",
                             correlation));
    return false;
}

/* A dated api-version, not before that one. */
static bool api_from(const char *api, const char *first)
{
    static const char form[] = "dddd-dd-dd";
    size_t n = strlen(form);
    if (!api || strlen(api) < n || strcmp(api, first) < 0)
        return false;
    for (size_t i = 0; i < n; i++)
        if (form[i] == 'd' ? api[i] < '0' || api[i] > '9' : api[i] != '-')
            return false;
    return api[n] == '\0';
}

/* What makes sure that no page or proxy asks for somebody else; wanted of machines and of Arc. */
static bool check_metadata(const struct asking *a)
{
    const char *metadata = sim_header_sent(a->req, "metadata");
    if (strcmp(a->req->method, "GET") != 0)
        return fail(a, 405, "invalid_request", "Method not allowed");
    if (sim_header_sent(a->req, "x-forwarded-for"))
        return fail(a, 400, "invalid_request", "Requests with the header X-Forwarded-For are refused");
    if (!metadata || strcmp(metadata, "true") != 0)
        return fail(a, 400, "invalid_request", "Required metadata header not specified");
    sim_login_checked(a->reply, "Metadata");
    return true;
}

/* The resource is named without /.default. */
static bool good_resource(struct asking *a, const char *resource)
{
    size_t n = strlen(resource);
    while (n && resource[n - 1] == '/')
        n--;
    if (!sim_token_audience(a->w, a->req, resource, n, &a->for_arm))
        return false;
    sim_login_checked(a->reply, "resource");
    return true;
}

static bool check_resource(struct asking *a)
{
    const char *resource = sim_arg(a->req, "resource");
    if (!resource || !*resource)
        return fail(a, 400, "invalid_request", "Required query variable 'resource' is missing");
    if (good_resource(a, resource))
        return true;
    char *text =
        sim_format("AADSTS500011: The resource principal named %s was not found in the tenant.", resource);
    fail(a, 400, "invalid_resource", text);
    free(text);
    return false;
}

/* The identity of that name; more than one selector is refused by finding none. */
static const json_t *named(const struct asking *a, const struct selector *selectors, bool *given)
{
    const json_t *users = sim_at(a->w->settings, "identities.user"), *system, *each, *found = NULL;
    size_t i, count = 0;
    system = sim_at(a->w->settings, "identities.system");
    for (const struct selector *s = selectors; s->argument; s++) {
        const char *value = sim_arg(a->req, s->argument);
        if (!value)
            continue;
        count++;
        json_array_foreach(users, i, each)
        {
            if (sim_same(sim_text_at(each, s->member), value))
                found = each;
        }
        if (sim_same(sim_text_at(system, s->member), value))
            found = system;
    }
    *given = count > 0;
    return count == 1 ? found : NULL;
}

/* Without a name it is the machine's own identity, or the only one it has. NULL: none; *many: which one? */
static const json_t *unnamed(const struct asking *a, bool *many)
{
    const json_t *system = sim_at(a->w->settings, "identities.system");
    const json_t *users = sim_at(a->w->settings, "identities.user");
    *many = !json_is_object(system) && json_array_size(users) > 1;
    if (json_is_object(system))
        return system;
    return json_array_size(users) == 1 ? json_array_get(users, 0) : NULL;
}

static json_t *answer_body(const struct asking *a, const struct sim_token *token)
{
    const char *resource = sim_arg(a->req, "resource");
    char *on = sim_format("%" PRId64, token->expires_ms / 1000);
    json_t *body = json_pack("{s:s, s:s, s:s, s:s, s:s}", "access_token", token->text, "client_id",
                             sim_text_at(a->identity, "client_id"), "expires_on", on, "resource", resource,
                             "token_type", "Bearer");
    free(on);
    return body;
}

static const struct sim_token *issue(const struct asking *a)
{
    sim_login_owner(a->reply, sim_text_at(a->identity, "client_id"));
    sim_reply_header(a->reply, "Cache-Control", "no-store, no-cache");
    return sim_token_issue(a->w, a->identity, a->for_arm, LIFETIME_S);
}

/* Machines say every number as a text. */
static void grant(const struct asking *a)
{
    const struct sim_token *token = issue(a);
    json_t *body = answer_body(a, token);
    char *in = sim_format("%" PRId64, (token->expires_ms - sim_now(a->w)) / 1000);
    char *from = sim_format("%" PRId64, sim_now(a->w) / 1000);
    json_object_set_new(body, "expires_in", json_string(in));
    json_object_set_new(body, "ext_expires_in", json_string(in));
    json_object_set_new(body, "not_before", json_string(from));
    free(from);
    free(in);
    sim_reply_json(a->reply, 200, body);
}

static void imds(struct asking *a)
{
    bool given, many = false;
    sim_login_kind(a->reply, "imds");
    if (!check_metadata(a))
        return;
    if (!api_from(sim_arg(a->req, "api-version"), "2018-02-01")) {
        fail(a, 400, "invalid_request", "Required query variable 'api-version' is missing, or not supported");
        return;
    }
    if (!check_resource(a))
        return;
    a->identity = named(a, machine, &given);
    if (!given)
        a->identity = unnamed(a, &many);
    if (many)
        fail(a, 400, "invalid_request",
             "Multiple user assigned identities exist, please specify the clientId / resourceId of the "
             "identity "
             "in the token request");
    else if (!a->identity)
        fail(a, 400, "invalid_request", "Identity not found");
    else
        grant(a);
}

/* Some old hosts say the end as a date. */
static void grant_app_service(const struct asking *a)
{
    const struct sim_token *token = issue(a);
    json_t *body = answer_body(a, token);
    if (sim_same(sim_text_at(a->w->settings, "identities.expires_on"), "date")) {
        char date[SIM_STAMP_SIZE]; /* 2026-01-31 12:00:00Z */
        sim_stamp_plain(token->expires_ms, date);
        char *text = sim_format("%.2s/%.2s/%.4s %.8s +00:00", date + 5, date + 8, date, date + 11);
        json_object_set_new(body, "expires_on", json_string(text));
        free(text);
    }
    sim_reply_json(a->reply, 200, body);
}

static bool check_app_service(struct asking *a)
{
    const char *header = sim_header_sent(a->req, "x-identity-header"), *api = sim_arg(a->req, "api-version");
    const char *want = sim_text_at(a->w->settings, "identities.app_service_header");
    const char *resource = sim_arg(a->req, "resource");
    if (strcmp(a->req->method, "GET") != 0)
        return fail_app_service(a, 405, "Method not allowed.");
    if (!header || !want || strcmp(header, want) != 0)
        return fail_app_service(a, 401, "The header X-IDENTITY-HEADER is missing or wrong.");
    sim_login_checked(a->reply, "X-IDENTITY-HEADER");
    if (!api || strcmp(api, "2019-08-01") != 0)
        return fail_app_service(a, 400, "The api-version is missing, or not supported.");
    if (!resource || !*resource)
        return fail_app_service(a, 400, "The parameter 'resource' is missing.");
    return good_resource(a, resource) ||
           fail_app_service(a, 400, "The resource principal was not found in the tenant.");
}

static void app_service_token(struct asking *a)
{
    bool given, many;
    sim_login_kind(a->reply, "app_service");
    if (!check_app_service(a))
        return;
    a->identity = named(a, app_service, &given);
    if (!given)
        a->identity = unnamed(a, &many);
    if (!a->identity)
        fail_app_service(a, 400,
                         given ? "No User Assigned or Delegated Managed Identity found for specified "
                                 "ClientId/ResourceId/PrincipalId."
                               : "No Managed Identity found for specified resource.");
    else
        grant_app_service(a);
}

/* The caller must be able to read a file of the machine's: its content is the password of one request. */
static bool check_arc_key(const struct asking *a)
{
    const char *sent = a->req->authorization;
    struct sim_keys *k = &a->w->keys;
    if (sent && *k->arc_key && sim_starts(sent, "Basic ") && strcmp(sent + 6, k->arc_key) == 0) {
        sim_login_checked(a->reply, "key file");
        sim_arc_key_remove(k);
        return true;
    }
    if (!sim_arc_key_write(k))
        return fail(a, 500, "server_error",
                    "There is no folder for key files: start acg-sim with --login-dir");
    fail(a, 401, "unauthorized", "The content of the key file must be sent as Authorization: Basic");
    char *challenge = sim_format("Basic realm=%s", k->arc_file);
    sim_reply_header(a->reply, "WWW-Authenticate", challenge);
    free(challenge);
    return false;
}

static void arc(struct asking *a)
{
    bool given;
    sim_login_kind(a->reply, "arc");
    if (!check_metadata(a))
        return;
    const char *api = sim_arg(a->req, "api-version");
    (void)named(a, machine, &given);
    a->identity = sim_at(a->w->settings, "identities.system");
    if (!api || (strcmp(api, "2019-11-01") != 0 && strcmp(api, "2020-06-01") != 0))
        fail(a, 400, "invalid_request", "Required query variable 'api-version' is missing, or not supported");
    else if (given)
        fail(a, 400, "invalid_request", "A machine of Azure Arc has only the identity of its own");
    else if (!json_is_object(a->identity))
        fail(a, 400, "invalid_request", "Identity not found");
    else if (check_resource(a) && check_arc_key(a))
        grant(a);
}

void sim_identity_answer(struct sim_world *w, const struct sim_request *req, struct sim_reply *reply)
{
    struct asking a = {.w = w, .req = req, .reply = reply};
    if (sim_same(req->path, SIM_IMDS_PATH))
        imds(&a);
    else if (sim_same(req->path, SIM_APP_SERVICE_PATH))
        app_service_token(&a);
    else
        arc(&a);
}
