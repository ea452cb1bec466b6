/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/discovery.h"

#include "sim/cloud.h"
#include "sim/jsonx.h"
#include "sim/text.h"
#include "sim/world.h"

#include <stdlib.h>
#include <string.h>

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && sim_same(text + n - m, end);
}

/* Clients insist on authorization_endpoint and token_endpoint; MSAL takes the rest when it is there. */
static json_t *openid(const char *base, const char *tenant, bool v2)
{
    const char *version = v2 ? "/v2.0" : "";
    bool adfs = sim_same(tenant, "adfs");
    char *authorize = sim_format("%s/%s/oauth2%s/authorize%s", base, tenant, version, adfs ? "/" : "");
    char *token = sim_format("%s/%s/oauth2%s/token%s", base, tenant, version, adfs ? "/" : "");
    char *issuer = sim_format("%s/%s%s", base, tenant, version);
    json_t *out = json_pack("{s:s, s:s, s:s, s:[s, s], s:[s], s:[s]}", "issuer", issuer,
                            "authorization_endpoint", authorize, "token_endpoint", token,
                            "token_endpoint_auth_methods_supported", "client_secret_post", "private_key_jwt",
                            "response_types_supported", "code", "scopes_supported", "openid");
    free(authorize);
    free(token);
    free(issuer);
    return out;
}

/* MSAL asks this of an authority that it does not know. It drops the authority's port, so the answer carries
 * the place that authorization_endpoint names, not the one that was asked. */
static void instance_discovery(const struct sim_request *req, struct sim_reply *reply)
{
    const char *asked = sim_arg(req, "authorization_endpoint");
    if (!asked || !sim_starts(asked, "http")) {
        sim_reply_json(reply, 400,
                       json_pack("{s:s, s:s}", "error", "invalid_request", "error_description",
                                 "AADSTS900144: The request must contain the parameter: "
                                 "'authorization_endpoint'."));
        return;
    }
    const char *host = strstr(asked, "//");
    size_t n = host ? (size_t)(host + 2 - asked) + strcspn(host + 2, "/") : strlen(asked);
    char *base = sim_copy_n(asked, n);
    const char *rest = asked + n + (asked[n] == '/');
    char *tenant = sim_copy_n(rest, strcspn(rest, "/"));
    char *url = sim_format("%s/%s/v2.0/.well-known/openid-configuration", base, *tenant ? tenant : "common");
    const char *name = host ? base + (host + 2 - asked) : base;
    sim_reply_json(reply, 200,
                   json_pack("{s:s, s:s, s:[{s:s, s:s, s:[s]}]}", "tenant_discovery_endpoint", url,
                             "api-version", "1.1", "metadata", "preferred_network", name, "preferred_cache",
                             name, "aliases", name));
    free(base);
    free(tenant);
    free(url);
}

/* 2015-01-01: one object, as Azure Stack answers; loginEndpoint ends in /adfs, which spares clients the
 * instance discovery at a public host. */
static json_t *metadata_old(const char *base)
{
    char *login = sim_format("%s/adfs", base), *slash = sim_format("%s/", base);
    json_t *out =
        json_pack("{s:s, s:s, s:s, s:{s:s, s:[s]}}", "galleryEndpoint", slash, "graphEndpoint", slash,
                  "portalEndpoint", slash, "authentication", "loginEndpoint", login, "audiences", slash);
    free(login);
    free(slash);
    return out;
}

/* One cloud, whose hosts are this server. */
static json_t *cloud_body(const struct sim_world *w, const char *base, bool adfs)
{
    const struct sim_cloud *of = sim_cloud_of(w);
    char *login = sim_format("%s%s", base, adfs ? "/adfs" : ""), *slash = sim_format("%s/", base);
    json_t *audiences = json_pack("[s]", slash);
    for (size_t i = 0; json_is_string(sim_at(w->settings, "cloud")) && i < SIM_ARM_AUDIENCES; i++) {
        char *audience = sim_format("%s/", of->arm[SIM_ARM_AUDIENCES - 1 - i]);
        json_array_append_new(audiences, json_string(audience));
        free(audience);
    }
    json_t *cloud =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:o, s:s, s:s}, s:{s:s, s:s}}",
                  "name", of->name, "portal", slash, "resourceManager", slash, "graph", slash,
                  "graphAudience", slash, "gallery", slash, "batch", slash, "media", slash, "sqlManagement",
                  slash, "vmImageAliasDoc", slash, "authentication", "loginEndpoint", login, "audiences",
                  audiences, "tenant", "common", "identityProvider", adfs ? "ADFS" : "AAD", "suffixes",
                  "keyVaultDns", of->vault, "storage", of->storage);
    free(login);
    free(slash);
    return cloud;
}

/* api-versions before 2022-09-01 answer a list. To those clients the login is ADFS, which spares them the
 * instance discovery at a public host; later ones get the cloud itself. */
static json_t *metadata_new(const struct sim_world *w, const char *base, const char *api)
{
    if (strcmp(api, "2022-09-01") >= 0)
        return cloud_body(w, base, false);
    return json_pack("[o]", cloud_body(w, base, true));
}

bool sim_discovery_answer(const struct sim_world *w, const struct sim_request *req, struct sim_reply *reply)
{
    static const char well_known[] = "/.well-known/openid-configuration";
    if (strcmp(req->method, "GET") != 0)
        return false;
    if (sim_same(req->path, "/common/discovery/instance")) {
        instance_discovery(req, reply);
    } else if (sim_same(req->path, "/metadata/endpoints")) {
        const char *api = sim_arg(req, "api-version");
        bool old = !api || strcmp(api, "2019-05-01") < 0;
        sim_reply_json(reply, 200, old ? metadata_old(req->base) : metadata_new(w, req->base, api));
    } else if (ends_with(req->path, well_known)) {
        char *tenant = sim_copy_n(req->path + 1, strcspn(req->path + 1, "/"));
        sim_reply_json(reply, 200, openid(req->base, tenant, strstr(req->path, "/v2.0/") != NULL));
        free(tenant);
    } else {
        return false;
    }
    return true;
}
