/* SPDX-License-Identifier: MPL-2.0 */
/* Identities that are not a principal's secret: that of this machine, and whoever is logged in with az. */
#include <string.h>

#include "auth/credential.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"
#include "http/url.h"

static const char imds[] = "http://169.254.169.254";

/* A resource id of ARM has a few hundred characters. */
enum { IDENTITY_MAX = 1024, ENDPOINT_MAX = 1024 };

void acg_managed_identity_options_init(struct acg_managed_identity_options *opts, uint32_t version)
{
    *opts = (struct acg_managed_identity_options)ACG_MANAGED_IDENTITY_OPTIONS_INIT;
    opts->version = version;
}

void acg_azure_cli_options_init(struct acg_azure_cli_options *opts, uint32_t version)
{
    *opts = (struct acg_azure_cli_options)ACG_AZURE_CLI_OPTIONS_INIT;
    opts->version = version;
}

/* Where an identity is asked for, and how the user-assigned one is named there. */
struct place {
    enum acgp_kind kind;
    const char *field;    /* option that named the address */
    const char *address;  /* without query */
    const char *path;     /* behind it */
    const char *resource; /* name of the parameter with an ARM id */
};

static struct place find_place(const struct acg_managed_identity_options *o)
{
    if (acgp_given(o->identity_endpoint) && acgp_given(o->identity_header))
        return (struct place){ACGP_KIND_APP_SERVICE, "identity_endpoint", o->identity_endpoint, "",
                              "mi_res_id"};
    if (acgp_given(o->identity_endpoint))
        return (struct place){ACGP_KIND_ARC, "identity_endpoint", o->identity_endpoint, "", NULL};
    return (struct place){ACGP_KIND_IMDS, "imds_host", acgp_given(o->imds_host) ? o->imds_host : imds,
                          "/metadata/identity/oauth2/token", "msi_res_id"};
}

/* Clear text goes no farther than the machine's own host. */
static enum acg_status check_place(const struct acg_managed_identity_options *o, const struct place *place,
                                   struct acg_error *err)
{
    struct acgp_url url;

    if (place->kind == ACGP_KIND_ARC && !acgp_given(o->imds_endpoint))
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "identity_header",
                               "IDENTITY_ENDPOINT stands alone; App Service sets IDENTITY_HEADER beside it, "
                               "Azure Arc IMDS_ENDPOINT");
    if (strlen(place->address) > ENDPOINT_MAX || !acgp_url_parse(acgp_span(place->address), &url) ||
        url.query.len != 0 || (!url.https && !acgp_url_loopback(&url) && !acgp_url_link_local(&url)))
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, place->field,
                               "not the URL of an identity endpoint: https, or http on loopback or at "
                               "169.254.0.0/16, and without a query");
    if (place->kind == ACGP_KIND_APP_SERVICE)
        return acgp_check_value("identity_header", o->identity_header, ACGP_CLIENT_SECRET_MAX, "", err);
    return ACG_OK;
}

static enum acg_status check_user(const struct acg_managed_identity_options *o, const struct place *place,
                                  struct acg_error *err)
{
    const char *const fields[] = {"client_id", "msi_object_id", "msi_resource_id"};
    const char *const values[] = {o->client_id, o->msi_object_id, o->msi_resource_id};
    const char *first = NULL;

    for (size_t i = 0; i < 3; i++) {
        if (!acgp_given(values[i]))
            continue;
        if (first != NULL)
            return acgp_fail_field(err, ACG_ERR_ARGUMENT, fields[i],
                                   "given beside %s; one names the identity, leave the other out", first);
        if (place->kind == ACGP_KIND_ARC)
            return acgp_fail_field(err, ACG_ERR_ARGUMENT, fields[i],
                                   "names a user-assigned identity; Azure Arc has the machine's own alone");
        if (acgp_check_value(fields[i], values[i], IDENTITY_MAX, "", err) != ACG_OK)
            return ACG_ERR_ARGUMENT;
        first = fields[i];
    }
    return ACG_OK;
}

static bool append_user(struct acgp_buf *b, const char *name, const char *value)
{
    return !acgp_given(value) ||
           (acgp_buf_printf(b, "&%s=", name) && acgp_url_append_value(b, acgp_span(value)));
}

static char *user_query(const struct acg_managed_identity_options *o, const struct place *place)
{
    struct acgp_buf b;
    bool fine = true;

    acgp_buf_init(&b, 4 * IDENTITY_MAX);
    fine = acgp_buf_text(&b, "") && append_user(&b, "client_id", o->client_id) &&
           append_user(&b, "object_id", o->msi_object_id) &&
           (place->resource == NULL || append_user(&b, place->resource, o->msi_resource_id));
    if (!fine)
        acgp_buf_done(&b);
    return fine ? acgp_buf_take(&b) : NULL;
}

enum acg_status acg_credential_managed_identity_new(const struct acg_managed_identity_options *opts,
                                                    struct acg_credential **out, struct acg_error *err)
{
    struct place place;
    struct acg_span address = {0};
    struct acg_credential *c = NULL;
    enum acg_status status =
        acgp_check_login_version(opts->version, ACG_MANAGED_IDENTITY_OPTIONS_VERSION, err);

    if (status != ACG_OK)
        return status;
    place = find_place(opts);
    address = acgp_span(place.address);
    status = check_place(opts, &place, err);
    if (status == ACG_OK)
        status = check_user(opts, &place, err);
    if (status != ACG_OK)
        return status;
    while (address.len != 0 && address.data[address.len - 1] == '/')
        address.len--;
    c = acgp_credential_make(place.kind);
    if (c == NULL)
        return acgp_fail_nomem(err);
    c->request_url = acgp_printf("%.*s%s", (int)address.len, address.data, place.path);
    c->query = user_query(opts, &place);
    if (c->request_url == NULL || c->query == NULL ||
        (place.kind == ACGP_KIND_APP_SERVICE &&
         !acgp_secret_set(&c->secret, acgp_span(opts->identity_header)))) {
        acg_credential_free(c);
        return acgp_fail_nomem(err);
    }
    *out = c;
    return ACG_OK;
}

enum acg_status acg_credential_azure_cli_new(const struct acg_azure_cli_options *opts,
                                             struct acg_credential **out, struct acg_error *err)
{
    bool tenant = false, subscription = false;
    struct acg_credential *c = NULL;
    enum acg_status status = acgp_check_login_version(opts->version, ACG_AZURE_CLI_OPTIONS_VERSION, err);

    if (status != ACG_OK)
        return status;
    tenant = acgp_given(opts->tenant_id);
    subscription = acgp_given(opts->subscription_id);
    if (tenant && !acgp_tenant_ok(opts->tenant_id))
        status = acgp_fail_field(err, ACG_ERR_ARGUMENT, "tenant_id",
                                 "neither a GUID nor a domain name; write it as the portal shows it");
    if (status == ACG_OK && subscription && !acgp_tenant_ok(opts->subscription_id))
        status = acgp_fail_field(err, ACG_ERR_ARGUMENT, "subscription_id", "not a GUID");
    if (status != ACG_OK)
        return status;
    c = acgp_credential_make(ACGP_KIND_CLI);
    if (c == NULL)
        return acgp_fail_nomem(err);
    c->tenant_id = tenant ? acgp_strdup(opts->tenant_id) : NULL;
    c->subscription_id = subscription && !tenant ? acgp_strdup(opts->subscription_id) : NULL;
    if ((tenant && c->tenant_id == NULL) || (subscription && !tenant && c->subscription_id == NULL)) {
        acg_credential_free(c);
        return acgp_fail_nomem(err);
    }
    *out = c;
    return ACG_OK;
}
