/* SPDX-License-Identifier: MPL-2.0 */
/* Which kind of login: what a user gave decides, then the environment. */
#include <string.h>

#include "auth/credential.h"
#include "base/error.h"
#include "base/span.h"

static const char *const variables[] = {
    "AZURE_TENANT_ID",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_AUTHORITY_HOST",
    "AZURE_POD_IDENTITY_AUTHORITY_HOST",
    "AZURE_SUBSCRIPTION_ID",
    "ARM_TENANT_ID",
    "ARM_CLIENT_ID",
    "ARM_CLIENT_SECRET",
    "ARM_CLIENT_CERTIFICATE_PATH",
    "ARM_CLIENT_CERTIFICATE_PASSWORD",
    "ARM_OIDC_TOKEN",
    "ARM_OIDC_TOKEN_FILE_PATH",
    "ARM_OIDC_REQUEST_URL",
    "ARM_OIDC_REQUEST_TOKEN",
    "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID",
    "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID",
    "ARM_USE_MSI",
    "ARM_USE_CLI",
    "ARM_ENVIRONMENT",
    "ARM_METADATA_HOSTNAME",
    "ARM_METADATA_HOST",
    "ARM_SUBSCRIPTION_ID",
    "ACTIONS_ID_TOKEN_REQUEST_URL",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "SYSTEM_OIDCREQUESTURI",
    "SYSTEM_ACCESSTOKEN",
    "AZURESUBSCRIPTION_TENANT_ID",
    "AZURESUBSCRIPTION_CLIENT_ID",
    "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    "IMDS_ENDPOINT",
};

enum way { WAY_NONE = 0, WAY_SECRET, WAY_CERTIFICATE, WAY_JWT, WAY_FILE, WAY_OIDC, WAY_IDENTITY, WAY_CLI };

/* Variables that decide, in order; the last two are always there in a job, and count with a name beside. */
static const struct decider {
    enum way way;
    const char *variable;
} deciders[] = {
    {WAY_SECRET, "AZURE_CLIENT_SECRET"},
    {WAY_CERTIFICATE, "AZURE_CLIENT_CERTIFICATE_PATH"},
    {WAY_FILE, "AZURE_FEDERATED_TOKEN_FILE"},
    {WAY_SECRET, "ARM_CLIENT_SECRET"},
    {WAY_CERTIFICATE, "ARM_CLIENT_CERTIFICATE_PATH"},
    {WAY_JWT, "ARM_OIDC_TOKEN"},
    {WAY_FILE, "ARM_OIDC_TOKEN_FILE_PATH"},
    {WAY_OIDC, "ARM_OIDC_REQUEST_URL"},
    {WAY_IDENTITY, "ARM_USE_MSI"},
    {WAY_CLI, "ARM_USE_CLI"},
    {WAY_OIDC, "SYSTEM_OIDCREQUESTURI"},
    {WAY_OIDC, "ACTIONS_ID_TOKEN_REQUEST_URL"},
};

/* Where tenant, client and password stand: beside what decided, then elsewhere. */
enum { FAMILIES = 3 };
struct family {
    const char *tenant_id, *client_id, *password;
};
static const struct family azure = {"AZURE_TENANT_ID", "AZURE_CLIENT_ID",
                                    "AZURE_CLIENT_CERTIFICATE_PASSWORD"};
static const struct family arm = {"ARM_TENANT_ID", "ARM_CLIENT_ID", "ARM_CLIENT_CERTIFICATE_PASSWORD"};
static const struct family connection = {"AZURESUBSCRIPTION_TENANT_ID", "AZURESUBSCRIPTION_CLIENT_ID",
                                         "AZURE_CLIENT_CERTIFICATE_PASSWORD"};

struct choice {
    const struct acg_login_options *o;
    enum way way;
    const char *variable; /* that decided; NULL: an option */
    const char *field;    /* option that decided */
    const struct family *families[FAMILIES];
    const char *authority_host;
};

const char *acg_login_variable(size_t i)
{
    return i < sizeof variables / sizeof variables[0] ? variables[i] : NULL;
}

void acg_login_options_init(struct acg_login_options *opts, uint32_t version)
{
    *opts = (struct acg_login_options)ACG_LOGIN_OPTIONS_INIT;
    opts->version = version;
}

static const char *env(const struct choice *c, const char *name)
{
    const char *value = c->o->environment != NULL ? c->o->environment(c->o->context, name) : NULL;

    return acgp_given(value) ? value : NULL;
}

static bool env_true(const struct choice *c, const char *name)
{
    const char *value = env(c, name);

    return acgp_equal_nocase(value, "true") || acgp_equal(value, "1");
}

static const char *first_env(const struct choice *c, const char *a, const char *b)
{
    const char *value = env(c, a);

    return value != NULL ? value : env(c, b);
}

static const char *given_or(const char *given, const char *otherwise)
{
    return acgp_given(given) ? given : otherwise;
}

/* ---- what decides ---- */

static enum acg_status take_way(struct choice *c, bool given, enum way way, const char *field,
                                struct acg_error *err)
{
    if (!given || c->way == way)
        return ACG_OK;
    if (c->way != WAY_NONE)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, field,
                               "given beside %s; each is a login of its own, leave one out", c->field);
    c->way = way;
    c->field = field;
    return ACG_OK;
}

static enum acg_status choose_by_options(struct choice *c, struct acg_error *err)
{
    const struct acg_login_options *o = c->o;
    const struct {
        bool given;
        enum way way;
        const char *field;
    } ways[] = {
        {acgp_given(o->client_secret), WAY_SECRET, "client_secret"},
        {acgp_given(o->client_cert_path), WAY_CERTIFICATE, "client_cert_path"},
        {acgp_given(o->client_jwt), WAY_JWT, "client_jwt"},
        {acgp_given(o->oidc_token_file_path), WAY_FILE, "oidc_token_file_path"},
        {acgp_given(o->oidc_request_url), WAY_OIDC, "oidc_request_url"},
        {acgp_given(o->oidc_request_token), WAY_OIDC, "oidc_request_token"},
        {acgp_given(o->service_connection_id), WAY_OIDC, "service_connection_id"},
        {o->use_msi == ACG_TRUE, WAY_IDENTITY, "use_msi"},
        {acgp_given(o->msi_resource_id), WAY_IDENTITY, "msi_resource_id"},
        {acgp_given(o->msi_object_id), WAY_IDENTITY, "msi_object_id"},
        {o->use_azure_cli_auth == ACG_TRUE, WAY_CLI, "use_azure_cli_auth"},
    };
    enum acg_status status = ACG_OK;

    for (size_t i = 0; i < sizeof ways / sizeof ways[0] && status == ACG_OK; i++)
        status = take_way(c, ways[i].given, ways[i].way, ways[i].field, err);
    return status;
}

static const char *connection_id(const struct choice *c)
{
    const char *id = env(c, "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID");

    if (id == NULL)
        id = first_env(c, "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID", "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID");
    return given_or(c->o->service_connection_id, id);
}

static const char *any_client(const struct choice *c)
{
    return given_or(c->o->client_id, first_env(c, "AZURE_CLIENT_ID", "ARM_CLIENT_ID"));
}

static const char *any_tenant(const struct choice *c)
{
    return given_or(c->o->tenant_id, first_env(c, "AZURE_TENANT_ID", "ARM_TENANT_ID"));
}

static bool decides(const struct choice *c, const struct decider *d)
{
    if (acgp_equal(d->variable, "SYSTEM_OIDCREQUESTURI") && connection_id(c) == NULL)
        return false;
    if (acgp_equal(d->variable, "ACTIONS_ID_TOKEN_REQUEST_URL") && any_client(c) == NULL)
        return false;
    if (d->way == WAY_IDENTITY)
        return c->o->use_msi != ACG_FALSE && env_true(c, d->variable);
    if (d->way == WAY_CLI)
        return c->o->use_azure_cli_auth != ACG_FALSE && env_true(c, d->variable);
    return env(c, d->variable) != NULL;
}

static void choose_by_environment(struct choice *c)
{
    for (size_t i = 0; i < sizeof deciders / sizeof deciders[0] && c->way == WAY_NONE; i++) {
        if (!decides(c, &deciders[i]))
            continue;
        c->way = deciders[i].way;
        c->variable = deciders[i].variable;
    }
}

static void order_families(struct choice *c)
{
    bool arm_first = c->variable != NULL && strncmp(c->variable, "ARM_", 4) == 0;
    bool connected = c->way == WAY_OIDC && connection_id(c) != NULL && !arm_first;
    size_t n = 0;

    if (connected)
        c->families[n++] = &connection;
    c->families[n++] = arm_first ? &arm : &azure;
    c->families[n++] = arm_first ? &azure : &arm;
}

static enum acg_status find_authority(struct choice *c, struct acg_error *err)
{
    const char *own = c->o->cloud_environment_name, *authority = env(c, "AZURE_AUTHORITY_HOST");
    const char *name = acgp_given(own) ? own : env(c, "ARM_ENVIRONMENT");
    const struct acg_cloud *cloud = acg_cloud_named(name);

    c->authority_host = c->o->authority_host;
    if (acgp_given(c->authority_host))
        return ACG_OK;
    c->authority_host = authority;
    if (authority != NULL && !acgp_given(own))
        return ACG_OK;
    if (cloud == NULL)
        return acgp_fail_field(
            err, ACG_ERR_ARGUMENT, "cloud_environment_name",
            "is \"%.80s\", none of Public, USGovernment and China; other clouds are named by "
            "authority_host and resource_manager_endpoint",
            name);
    c->authority_host = cloud->authority_host;
    return ACG_OK;
}

/* ---- the names beside it ---- */

static const char *tenant(const struct choice *c)
{
    const char *value = acgp_given(c->o->tenant_id) ? c->o->tenant_id : NULL;

    for (size_t i = 0; i < FAMILIES && c->families[i] != NULL && value == NULL; i++)
        value = env(c, c->families[i]->tenant_id);
    return value;
}

static const char *client(const struct choice *c)
{
    const char *value = acgp_given(c->o->client_id) ? c->o->client_id : NULL;

    for (size_t i = 0; i < FAMILIES && c->families[i] != NULL && value == NULL; i++)
        value = env(c, c->families[i]->client_id);
    return value;
}

static const char *password(const struct choice *c)
{
    const char *value = acgp_given(c->o->client_cert_password) ? c->o->client_cert_password : NULL;

    /* A certificate that an option names has no use for the password of another one. */
    for (size_t i = 0; i < FAMILIES && c->families[i] != NULL && value == NULL; i++)
        if (c->variable != NULL || i == 0)
            value = env(c, c->families[i]->password);
    return value;
}

/* The value that decided. */
static const char *decisive(const struct choice *c, const char *given)
{
    return c->variable != NULL ? env(c, c->variable) : given;
}

/* ---- one function for each way ---- */

static enum acg_status make_secret(const struct choice *c, struct acg_credential **out, struct acg_error *err)
{
    struct acg_client_secret_options o = ACG_CLIENT_SECRET_OPTIONS_INIT;

    o.tenant_id = tenant(c);
    o.client_id = client(c);
    o.client_secret = decisive(c, c->o->client_secret);
    o.authority_host = c->authority_host;
    return acg_credential_client_secret_new(&o, out, err);
}

static enum acg_status make_certificate(const struct choice *c, struct acg_credential **out,
                                        struct acg_error *err)
{
    struct acg_client_certificate_options o = ACG_CLIENT_CERTIFICATE_OPTIONS_INIT;

    o.tenant_id = tenant(c);
    o.client_id = client(c);
    o.client_cert_path = decisive(c, c->o->client_cert_path);
    o.client_cert_password = password(c);
    o.send_certificate_chain = env_true(c, "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN");
    o.authority_host = c->authority_host;
    return acg_credential_client_certificate_new(&o, out, err);
}

static enum acg_status make_federated(const struct choice *c, struct acg_credential **out,
                                      struct acg_error *err)
{
    struct acg_workload_identity_options o = ACG_WORKLOAD_IDENTITY_OPTIONS_INIT;

    o.tenant_id = tenant(c);
    o.client_id = client(c);
    if (c->way == WAY_JWT)
        o.client_jwt = decisive(c, c->o->client_jwt);
    else
        o.oidc_token_file_path = decisive(c, c->o->oidc_token_file_path);
    o.authority_host = c->authority_host;
    return acg_credential_workload_identity_new(&o, out, err);
}

static enum acg_status make_oidc(const struct choice *c, struct acg_credential **out, struct acg_error *err)
{
    struct acg_oidc_options o = ACG_OIDC_OPTIONS_INIT;
    bool devops = connection_id(c) != NULL && !acgp_equal(c->variable, "ACTIONS_ID_TOKEN_REQUEST_URL");

    o.tenant_id = tenant(c);
    o.client_id = client(c);
    o.oidc_request_url = given_or(
        c->o->oidc_request_url,
        c->variable != NULL ? env(c, c->variable)
                            : first_env(c, "ARM_OIDC_REQUEST_URL",
                                        devops ? "SYSTEM_OIDCREQUESTURI" : "ACTIONS_ID_TOKEN_REQUEST_URL"));
    o.oidc_request_token =
        given_or(c->o->oidc_request_token,
                 first_env(c, "ARM_OIDC_REQUEST_TOKEN",
                           devops ? "SYSTEM_ACCESSTOKEN" : "ACTIONS_ID_TOKEN_REQUEST_TOKEN"));
    o.service_connection_id = connection_id(c);
    o.authority_host = c->authority_host;
    return devops ? acg_credential_azure_devops_oidc_new(&o, out, err)
                  : acg_credential_github_oidc_new(&o, out, err);
}

static enum acg_status make_identity(const struct choice *c, bool named, struct acg_credential **out,
                                     struct acg_error *err)
{
    struct acg_managed_identity_options o = ACG_MANAGED_IDENTITY_OPTIONS_INIT;

    o.msi_resource_id = c->o->msi_resource_id;
    o.msi_object_id = c->o->msi_object_id;
    /* Beside another name only a client_id that was given counts, and is refused: a variable may serve
     * others. */
    o.client_id = !named                                                         ? NULL
                  : acgp_given(o.msi_resource_id) || acgp_given(o.msi_object_id) ? c->o->client_id
                                                                                 : client(c);
    o.identity_endpoint = env(c, "IDENTITY_ENDPOINT");
    o.identity_header = env(c, "IDENTITY_HEADER");
    o.imds_endpoint = env(c, "IMDS_ENDPOINT");
    o.imds_host = env(c, "AZURE_POD_IDENTITY_AUTHORITY_HOST");
    return acg_credential_managed_identity_new(&o, out, err);
}

static enum acg_status make_cli(const struct choice *c, struct acg_credential **out, struct acg_error *err)
{
    struct acg_azure_cli_options o = ACG_AZURE_CLI_OPTIONS_INIT;

    o.tenant_id = tenant(c);
    o.subscription_id =
        given_or(c->o->subscription_id, first_env(c, "AZURE_SUBSCRIPTION_ID", "ARM_SUBSCRIPTION_ID"));
    return acg_credential_azure_cli_new(&o, out, err);
}

static enum acg_status refuse_half(const struct choice *c, struct acg_error *err)
{
    bool named = any_client(c) != NULL;

    return acgp_fail_field(
        err, ACG_ERR_ARGUMENT, "client_secret",
        "missing%s beside %s, and so is every other login; set client_secret, "
        "client_cert_path, oidc_token_file_path, client_jwt or oidc_request_url, or use_msi "
        "or use_azure_cli_auth",
        named && any_tenant(c) != NULL ? ""
        : named                        ? " with tenant_id"
                                       : " with client_id",
        !named                  ? "tenant_id"
        : any_tenant(c) != NULL ? "tenant_id and client_id"
                                : "client_id");
}

static enum acg_status make_chain(const struct choice *c, struct acg_credential **out, struct acg_error *err)
{
    struct acg_credential *links[2] = {NULL, NULL};
    size_t count = 0;
    enum acg_status status = ACG_OK;

    if (any_client(c) != NULL || any_tenant(c) != NULL)
        return refuse_half(c, err);
    if (c->o->use_msi != ACG_FALSE && (status = make_identity(c, false, &links[count], err)) == ACG_OK)
        count++;
    if (status == ACG_OK && c->o->use_azure_cli_auth != ACG_FALSE &&
        (status = make_cli(c, &links[count], err)) == ACG_OK)
        count++;
    if (status == ACG_OK && count == 0)
        status =
            acgp_fail_field(err, ACG_ERR_ARGUMENT, "client_secret",
                            "missing, and use_msi and use_azure_cli_auth are false: nothing is left to log "
                            "in with");
    if (status == ACG_OK)
        status = acg_credential_chain_new(links, count, out, err);
    acg_credential_free(links[0]); /* the chain has its own holds */
    acg_credential_free(links[1]);
    return status;
}

static enum acg_status make(const struct choice *c, struct acg_credential **out, struct acg_error *err)
{
    switch (c->way) {
    case WAY_SECRET:
        return make_secret(c, out, err);
    case WAY_CERTIFICATE:
        return make_certificate(c, out, err);
    case WAY_JWT:
    case WAY_FILE:
        return make_federated(c, out, err);
    case WAY_OIDC:
        return make_oidc(c, out, err);
    case WAY_IDENTITY:
        return make_identity(c, true, out, err);
    case WAY_CLI:
        return make_cli(c, out, err);
    case WAY_NONE:
        break;
    }
    return make_chain(c, out, err);
}

enum acg_status acg_credential_new(const struct acg_login_options *opts, struct acg_credential **out,
                                   struct acg_error *err)
{
    struct choice c = {.o = opts};
    struct acg_credential *credential = NULL;
    enum acg_status status = acgp_check_login_version(opts->version, ACG_LOGIN_OPTIONS_VERSION, err);

    if (status != ACG_OK)
        return status;
    status = choose_by_options(&c, err);
    if (status == ACG_OK && c.way == WAY_NONE)
        choose_by_environment(&c);
    order_families(&c);
    if (status == ACG_OK)
        status = find_authority(&c, err);
    if (status == ACG_OK)
        status = make(&c, &credential, err);
    if (status != ACG_OK)
        return status;
    credential->variable = c.variable;
    *out = credential;
    return ACG_OK;
}

/* ---- clouds ---- */

static const struct {
    const char *name;
    size_t cloud;
} names[] = {
    {"Public", 0},       {"AzurePublicCloud", 0},  {"AzureCloud", 0},        {"AzurePublic", 0},
    {"USGovernment", 1}, {"USGovernmentCloud", 1}, {"AzureUSGovernment", 1}, {"AzureUSGovernmentCloud", 1},
    {"China", 2},        {"AzureChina", 2},        {"ChinaCloud", 2},        {"AzureChinaCloud", 2},
};

static const struct acg_cloud clouds[] = {
    {"Public", "https://login.microsoftonline.com", "https://management.azure.com", NULL},
    {"USGovernment", "https://login.microsoftonline.us", "https://management.usgovcloudapi.net", NULL},
    {"China", "https://login.chinacloudapi.cn", "https://management.chinacloudapi.cn", NULL},
};

const struct acg_cloud *acg_cloud_named(const char *name)
{
    for (size_t i = 0; acgp_given(name) && i < sizeof names / sizeof names[0]; i++)
        if (acgp_equal_nocase(name, names[i].name))
            return &clouds[names[i].cloud];
    return acgp_given(name) ? NULL : &clouds[0];
}
