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
/* Secrets of the service have 40 characters, those of an own ADFS a few hundred at most. */
enum { CLIENT_ID_MAX = 256, CLIENT_SECRET_MAX = 4096 };

void acg_client_secret_options_init(struct acg_client_secret_options *opts, uint32_t version)
{
    *opts = (struct acg_client_secret_options)ACG_CLIENT_SECRET_OPTIONS_INIT;
    opts->version = version;
}

static bool given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* Letters, digits, dots and hyphens: the tenant becomes a part of the path of a URL. */
static bool tenant_ok(const char *text)
{
    size_t len = strlen(text);

    if (len > TENANT_MAX || strstr(text, "..") != NULL || text[0] == '.')
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

static enum acg_status check_names(const struct acg_client_secret_options *o, struct acg_error *err)
{
    if (!given(o->tenant_id))
        return acgp_fail_field(
            err, ACG_ERR_ARGUMENT, "tenant_id",
            "missing; give the directory of the service principal, a GUID or a verified domain");
    if (!tenant_ok(o->tenant_id))
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "tenant_id",
                               "neither a GUID nor a domain name; write it as the portal shows it");
    if (!given(o->client_id))
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "client_id",
                               "missing; give the application (client) id of the service principal");
    if (strlen(o->client_id) > CLIENT_ID_MAX || has_control(o->client_id))
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "client_id",
                               "longer than %d characters, or with a control character", CLIENT_ID_MAX);
    return ACG_OK;
}

static enum acg_status check_secret(const char *secret, struct acg_error *err)
{
    if (!given(secret))
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "client_secret",
                               "missing; give the value of a client secret of the application");
    if (strlen(secret) > CLIENT_SECRET_MAX)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "client_secret", "longer than %d bytes",
                               CLIENT_SECRET_MAX);
    if (has_control(secret))
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "client_secret",
                               "holds a line end or another control character; give the bare value");
    return ACG_OK;
}

/* The authority without its last slashes; *out_adfs tells the two kinds of token service apart. */
static enum acg_status check_authority(const char *text, struct acg_span *out, bool *out_adfs,
                                       struct acg_error *err)
{
    struct acg_span authority = acgp_span(given(text) ? text : default_authority);
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

enum acg_status acg_credential_client_secret_new(const struct acg_client_secret_options *opts,
                                                 struct acg_credential **out, struct acg_error *err)
{
    struct acg_span authority = {0};
    struct acg_credential *c = NULL;
    bool adfs = false;
    enum acg_status status = ACG_OK;

    if (opts->version != ACG_CLIENT_SECRET_OPTIONS_VERSION)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "version",
                               "these options have version %u; this library knows version %u",
                               (unsigned)opts->version, ACG_CLIENT_SECRET_OPTIONS_VERSION);
    if ((status = check_names(opts, err)) != ACG_OK ||
        (status = check_secret(opts->client_secret, err)) != ACG_OK ||
        (status = check_authority(opts->authority_host, &authority, &adfs, err)) != ACG_OK)
        return status;
    c = acgp_alloc(1, sizeof *c);
    if (c == NULL)
        return acgp_fail_nomem(err);
    c->holds = 1;
    c->token_url = token_url(authority, adfs, opts->tenant_id);
    c->client_id = acgp_strdup(opts->client_id);
    if (c->token_url == NULL || c->client_id == NULL ||
        !acgp_secret_set(&c->secret, acgp_span(opts->client_secret))) {
        acg_credential_free(c);
        return acgp_fail_nomem(err);
    }
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
    acgp_free(credential);
}
