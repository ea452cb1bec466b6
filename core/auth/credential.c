/* SPDX-License-Identifier: MPL-2.0 */
#include "auth/credential.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "http/url.h"

static const char default_authority[] = "https://login.microsoftonline.com";

/* A domain name has at most 253 characters; a GUID is shorter. */
enum { TENANT_MAX = 253 };

bool acgp_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

bool acgp_tenant_ok(const char *text)
{
    size_t len = strlen(text);

    if (len > TENANT_MAX || strstr(text, "..") != NULL || text[0] == '.' || text[0] == '-')
        return false;
    for (const char *c = text; *c != '\0'; c++) {
        char low = acgp_lower(*c);
        if (!((low >= 'a' && low <= 'z') || (low >= '0' && low <= '9') || low == '-' || low == '.'))
            return false;
    }
    return true;
}

static bool has_control(const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return true;
    return false;
}

enum acg_status acgp_check_login_version(uint32_t given, uint32_t ours, struct acg_error *err)
{
    if (given == ours)
        return ACG_OK;
    return acgp_fail_field(err, ACG_ERR_ARGUMENT, "version",
                           "these options have version %u; this library knows version %u", (unsigned)given,
                           (unsigned)ours);
}

enum acg_status acgp_check_value(const char *field, const char *value, size_t max, const char *what,
                                 struct acg_error *err)
{
    if (!acgp_given(value))
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, field, "missing; give %s", what);
    if (strlen(value) > max)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, field, "longer than %zu bytes", max);
    if (has_control(value))
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, field,
                               "holds a line end or another control character; give the bare value");
    return ACG_OK;
}

static enum acg_status check_names(const struct acgp_principal *who, struct acg_error *err)
{
    if (!acgp_given(who->tenant_id))
        return acgp_fail_field(
            err, ACG_ERR_ARGUMENT, "tenant_id",
            "missing; give the directory of the service principal, a GUID or a verified domain");
    if (!acgp_tenant_ok(who->tenant_id))
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "tenant_id",
                               "neither a GUID nor a domain name; write it as the portal shows it");
    if (!acgp_given(who->client_id))
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "client_id",
                               "missing; give the application (client) id of the service principal");
    if (strlen(who->client_id) > ACGP_CLIENT_ID_MAX || has_control(who->client_id))
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "client_id",
                               "longer than %d characters, or with a control character", ACGP_CLIENT_ID_MAX);
    return ACG_OK;
}

/* The authority without its last slashes; *out_adfs tells the two kinds of token service apart. */
static enum acg_status check_authority(const char *text, struct acg_span *out, bool *out_adfs,
                                       struct acg_error *err)
{
    struct acg_span authority = acgp_span(acgp_given(text) ? text : default_authority);
    struct acgp_url url;

    while (authority.len != 0 && authority.data[authority.len - 1] == '/')
        authority.len--;
    if (!acgp_url_parse(authority, &url) || !acgp_url_endpoint_ok(authority))
        return acgp_fail_field(
            err, ACG_ERR_ARGUMENT, "authority_host",
            "not a URL of a token service; write https://HOST (http is for loopback alone)");
    *out_adfs = acgp_span_equal_nocase(url.path, acgp_span("/adfs"));
    if (url.path.len != 0 && !*out_adfs)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "authority_host",
                               "has a path; only /adfs may follow the host, the tenant stands in tenant_id");
    *out = authority;
    return ACG_OK;
}

static char *token_url(struct acg_span authority, bool adfs, const char *tenant)
{
    if (adfs)
        return acgp_printf("%.*s/oauth2/token", (int)authority.len, authority.data);
    return acgp_printf("%.*s/%s/oauth2/v2.0/token", (int)authority.len, authority.data, tenant);
}

struct acg_credential *acgp_credential_make(enum acgp_kind kind)
{
    struct acg_credential *c = acgp_alloc(1, sizeof *c);

    if (c != NULL) {
        c->holds = 1;
        c->kind = kind;
    }
    return c;
}

enum acg_status acgp_principal_new(enum acgp_kind kind, const struct acgp_principal *who,
                                   struct acg_credential **out, struct acg_error *err)
{
    struct acg_span authority = {0};
    struct acg_credential *c = NULL;
    bool adfs = false;
    enum acg_status status = check_names(who, err);

    if (status == ACG_OK)
        status = check_authority(who->authority_host, &authority, &adfs, err);
    if (status != ACG_OK)
        return status;
    c = acgp_credential_make(kind);
    if (c == NULL)
        return acgp_fail_nomem(err);
    c->rs256 = adfs;
    c->token_url = token_url(authority, adfs, who->tenant_id);
    c->client_id = acgp_strdup(who->client_id);
    if (c->token_url == NULL || c->client_id == NULL) {
        acg_credential_free(c);
        return acgp_fail_nomem(err);
    }
    *out = c;
    return ACG_OK;
}

static const char *const kind_names[] = {
    [ACGP_KIND_SECRET] = "client secret",
    [ACGP_KIND_CERTIFICATE] = "client certificate",
    [ACGP_KIND_JWT] = "federated token",
    [ACGP_KIND_TOKEN_FILE] = "workload identity",
    [ACGP_KIND_GITHUB] = "GitHub Actions OIDC",
    [ACGP_KIND_DEVOPS] = "Azure DevOps OIDC",
    [ACGP_KIND_IMDS] = "managed identity",
    [ACGP_KIND_APP_SERVICE] = "managed identity (App Service)",
    [ACGP_KIND_ARC] = "managed identity (Azure Arc)",
    [ACGP_KIND_CLI] = "Azure CLI",
    [ACGP_KIND_CHAIN] = "chain",
};

const char *acgp_kind_name(enum acgp_kind kind)
{
    return kind_names[kind];
}

bool acgp_kind_principal(enum acgp_kind kind)
{
    return kind <= ACGP_KIND_DEVOPS;
}

enum acg_status acg_credential_chain_new(struct acg_credential *const *links, size_t count,
                                         struct acg_credential **out, struct acg_error *err)
{
    struct acg_credential *c = NULL;

    if (count < 1 || count > ACG_CHAIN_MAX)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "links", "%zu of them; 1 to %d make a chain", count,
                               ACG_CHAIN_MAX);
    for (size_t i = 0; i < count; i++)
        if (links[i] == NULL || links[i]->kind == ACGP_KIND_CHAIN)
            return acgp_fail_field(err, ACG_ERR_ARGUMENT, "links", "no. %zu is %s", i + 1,
                                   links[i] == NULL ? "missing" : "a chain itself");
    c = acgp_credential_make(ACGP_KIND_CHAIN);
    if (c == NULL)
        return acgp_fail_nomem(err);
    for (size_t i = 0; i < count; i++)
        c->links[c->link_count++] = acgp_credential_hold(links[i]);
    *out = c;
    return ACG_OK;
}

struct acg_credential *acgp_credential_hold(struct acg_credential *credential)
{
    credential->holds++;
    return credential;
}

void acg_credential_free(struct acg_credential *credential)
{
    if (credential == NULL || --credential->holds != 0)
        return;
    acgp_free(credential->token_url);
    acgp_free(credential->client_id);
    acgp_secret_done(&credential->secret);
    acgp_secret_done(&credential->password);
    acgp_free(credential->path);
    acgp_free(credential->request_url);
    acgp_free(credential->query);
    acgp_free(credential->tenant_id);
    acgp_free(credential->subscription_id);
    for (size_t i = 0; i < credential->link_count; i++)
        acg_credential_free(credential->links[i]);
    acgp_free(credential);
}
