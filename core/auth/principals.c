/* SPDX-License-Identifier: MPL-2.0 */
/* Service principals: applications that log in at the token service. */
#include <string.h>

#include "auth/credential.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "http/url.h"

/* Where a token of a build service is good for, by the token service that takes it. */
static const struct exchange {
    const char *authority, *audience;
} exchanges[] = {
    {"https://login.microsoftonline.us/", "api://AzureADTokenExchangeUSGov"},
    {"https://login.chinacloudapi.cn/", "api://AzureADTokenExchangeChina"},
    {"https://login.partner.microsoftonline.cn/", "api://AzureADTokenExchangeChina"},
};

void acg_client_secret_options_init(struct acg_client_secret_options *opts, uint32_t version)
{
    *opts = (struct acg_client_secret_options)ACG_CLIENT_SECRET_OPTIONS_INIT;
    opts->version = version;
}

void acg_client_certificate_options_init(struct acg_client_certificate_options *opts, uint32_t version)
{
    *opts = (struct acg_client_certificate_options)ACG_CLIENT_CERTIFICATE_OPTIONS_INIT;
    opts->version = version;
}

void acg_workload_identity_options_init(struct acg_workload_identity_options *opts, uint32_t version)
{
    *opts = (struct acg_workload_identity_options)ACG_WORKLOAD_IDENTITY_OPTIONS_INIT;
    opts->version = version;
}

void acg_oidc_options_init(struct acg_oidc_options *opts, uint32_t version)
{
    *opts = (struct acg_oidc_options)ACG_OIDC_OPTIONS_INIT;
    opts->version = version;
}

static struct acgp_principal principal(const char *tenant_id, const char *client_id,
                                       const char *authority_host)
{
    return (struct acgp_principal){tenant_id, client_id, authority_host};
}

/* Hand out what is complete; free what lacks memory. */
static enum acg_status finish(struct acg_credential *c, bool fine, struct acg_credential **out,
                              struct acg_error *err)
{
    if (!fine) {
        acg_credential_free(c);
        return acgp_fail_nomem(err);
    }
    *out = c;
    return ACG_OK;
}

enum acg_status acg_credential_client_secret_new(const struct acg_client_secret_options *opts,
                                                 struct acg_credential **out, struct acg_error *err)
{
    struct acgp_principal who;
    struct acg_credential *c = NULL;
    enum acg_status status = acgp_check_login_version(opts->version, ACG_CLIENT_SECRET_OPTIONS_VERSION, err);

    if (status != ACG_OK)
        return status;
    who = principal(opts->tenant_id, opts->client_id, opts->authority_host);
    status = acgp_principal_new(ACGP_KIND_SECRET, &who, &c, err);
    if (status == ACG_OK)
        status = acgp_check_value("client_secret", opts->client_secret, ACGP_CLIENT_SECRET_MAX,
                                  "the value of a client secret of the application", err);
    if (status != ACG_OK) {
        acg_credential_free(c);
        return status;
    }
    return finish(c, acgp_secret_set(&c->secret, acgp_span(opts->client_secret)), out, err);
}

static enum acg_status check_algorithm(const char *text, struct acg_error *err)
{
    if (!acgp_given(text) || acgp_equal(text, "PS256") || acgp_equal(text, "RS256"))
        return ACG_OK;
    return acgp_fail_field(err, ACG_ERR_ARGUMENT, "algorithm", "neither PS256 nor RS256");
}

static enum acg_status check_path(const char *field, const char *path, const char *what,
                                  struct acg_error *err)
{
    return acgp_check_value(field, path, ACGP_PATH_MAX, what, err);
}

enum acg_status acg_credential_client_certificate_new(const struct acg_client_certificate_options *opts,
                                                      struct acg_credential **out, struct acg_error *err)
{
    struct acgp_principal who;
    struct acg_credential *c = NULL;
    enum acg_status status =
        acgp_check_login_version(opts->version, ACG_CLIENT_CERTIFICATE_OPTIONS_VERSION, err);

    if (status != ACG_OK)
        return status;
    who = principal(opts->tenant_id, opts->client_id, opts->authority_host);
    status = check_path("client_cert_path", opts->client_cert_path,
                        "the path of a PEM or PFX file with the certificate and its key", err);
    if (status == ACG_OK && acgp_given(opts->client_cert_password))
        status = acgp_check_value("client_cert_password", opts->client_cert_password, ACGP_CLIENT_SECRET_MAX,
                                  "", err);
    if (status == ACG_OK)
        status = check_algorithm(opts->algorithm, err);
    if (status == ACG_OK)
        status = acgp_principal_new(ACGP_KIND_CERTIFICATE, &who, &c, err);
    if (status != ACG_OK)
        return status;
    if (acgp_given(opts->algorithm))
        c->rs256 = acgp_equal(opts->algorithm, "RS256");
    c->send_chain = opts->send_certificate_chain;
    c->path = acgp_strdup(opts->client_cert_path);
    return finish(c,
                  c->path != NULL && (!acgp_given(opts->client_cert_password) ||
                                      acgp_secret_set(&c->password, acgp_span(opts->client_cert_password))),
                  out, err);
}

enum acg_status acg_credential_workload_identity_new(const struct acg_workload_identity_options *opts,
                                                     struct acg_credential **out, struct acg_error *err)
{
    struct acgp_principal who;
    bool jwt = false;
    struct acg_credential *c = NULL;
    enum acg_status status =
        acgp_check_login_version(opts->version, ACG_WORKLOAD_IDENTITY_OPTIONS_VERSION, err);

    if (status != ACG_OK)
        return status;
    who = principal(opts->tenant_id, opts->client_id, opts->authority_host);
    jwt = acgp_given(opts->client_jwt);
    if (jwt && acgp_given(opts->oidc_token_file_path))
        status = acgp_fail_field(err, ACG_ERR_ARGUMENT, "client_jwt",
                                 "given beside oidc_token_file_path; leave one out");
    if (status == ACG_OK && jwt)
        status = acgp_check_value("client_jwt", opts->client_jwt, ACGP_JWT_MAX, "", err);
    else if (status == ACG_OK)
        status = check_path("oidc_token_file_path", opts->oidc_token_file_path,
                            "the path of the file with the token of the other issuer", err);
    if (status == ACG_OK)
        status = acgp_principal_new(jwt ? ACGP_KIND_JWT : ACGP_KIND_TOKEN_FILE, &who, &c, err);
    if (status != ACG_OK)
        return status;
    if (jwt)
        return finish(c, acgp_secret_set(&c->secret, acgp_span_trim(acgp_span(opts->client_jwt))), out, err);
    c->path = acgp_strdup(opts->oidc_token_file_path);
    return finish(c, c->path != NULL, out, err);
}

/* The request token is sent there: over TLS, or not beyond this machine. */
static enum acg_status check_request(const struct acg_oidc_options *opts, const char *url_from,
                                     const char *token_from, struct acg_error *err)
{
    struct acgp_url url;
    enum acg_status status =
        acgp_check_value("oidc_request_url", opts->oidc_request_url, ACGP_URL_MAX / 2, url_from, err);

    if (status == ACG_OK && (!acgp_url_parse(acgp_span(opts->oidc_request_url), &url) ||
                             (!url.https && !acgp_url_loopback(&url))))
        status = acgp_fail_field(err, ACG_ERR_ARGUMENT, "oidc_request_url",
                                 "not a URL that begins with https:// (http is for loopback alone)");
    if (status == ACG_OK)
        status =
            acgp_check_value("oidc_request_token", opts->oidc_request_token, ACGP_JWT_MAX, token_from, err);
    return status;
}

static const char *audience_of(const struct acg_credential *c, const char *own)
{
    if (acgp_given(own))
        return own;
    for (size_t i = 0; i < sizeof exchanges / sizeof exchanges[0]; i++)
        if (acgp_span_starts_nocase(acgp_span(c->token_url), acgp_span(exchanges[i].authority)))
            return exchanges[i].audience;
    return "api://AzureADTokenExchange";
}

static enum acg_status oidc_new(enum acgp_kind kind, const struct acg_oidc_options *opts, const char *query,
                                struct acg_credential **out, struct acg_error *err)
{
    struct acgp_principal who = {opts->tenant_id, opts->client_id, opts->authority_host};
    struct acg_credential *c = NULL;
    enum acg_status status = acgp_principal_new(kind, &who, &c, err);

    if (status != ACG_OK)
        return status;
    c->request_url = acgp_strdup(opts->oidc_request_url);
    c->query = acgp_strdup(query != NULL ? query : audience_of(c, opts->oidc_audience));
    return finish(c,
                  c->request_url != NULL && c->query != NULL &&
                      acgp_secret_set(&c->secret, acgp_span(opts->oidc_request_token)),
                  out, err);
}

enum acg_status acg_credential_github_oidc_new(const struct acg_oidc_options *opts,
                                               struct acg_credential **out, struct acg_error *err)
{
    enum acg_status status = acgp_check_login_version(opts->version, ACG_OIDC_OPTIONS_VERSION, err);

    if (status == ACG_OK)
        status = check_request(opts,
                               "ACTIONS_ID_TOKEN_REQUEST_URL of the job, which needs the permission "
                               "`id-token: write`",
                               "ACTIONS_ID_TOKEN_REQUEST_TOKEN of the job", err);
    if (status == ACG_OK && acgp_given(opts->oidc_audience))
        status = acgp_check_value("oidc_audience", opts->oidc_audience, ACGP_CLIENT_ID_MAX, "", err);
    return status != ACG_OK ? status : oidc_new(ACGP_KIND_GITHUB, opts, NULL, out, err);
}

enum acg_status acg_credential_azure_devops_oidc_new(const struct acg_oidc_options *opts,
                                                     struct acg_credential **out, struct acg_error *err)
{
    enum acg_status status = acgp_check_login_version(opts->version, ACG_OIDC_OPTIONS_VERSION, err);

    if (status == ACG_OK)
        status = check_request(opts, "SYSTEM_OIDCREQUESTURI of the pipeline",
                               "SYSTEM_ACCESSTOKEN; map it in the pipeline: env: SYSTEM_ACCESSTOKEN: "
                               "$(System.AccessToken)",
                               err);
    if (status == ACG_OK)
        status = acgp_check_value("service_connection_id", opts->service_connection_id, ACGP_CLIENT_ID_MAX,
                                  "the id of the service connection, a GUID", err);
    if (status == ACG_OK && !acgp_tenant_ok(opts->service_connection_id))
        status = acgp_fail_field(err, ACG_ERR_ARGUMENT, "service_connection_id",
                                 "not a GUID; it stands in the address of the service connection's page");
    return status != ACG_OK ? status
                            : oidc_new(ACGP_KIND_DEVOPS, opts, opts->service_connection_id, out, err);
}
