/* SPDX-License-Identifier: MPL-2.0 */
/* Login and endpoints. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "spec/fields.h"
#include "spec/state.h"

/** Azure's secrets have 40 characters; one shorter than this is a word of a simulator that any line may hold.
 */
enum { SECRET_LEAST = 8 };

/* Variables that are secrets, with those that no login of ours would use: nobody wants to see them. */
static const char *const secret_variables[] = {
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "ARM_CLIENT_SECRET",
    "ARM_CLIENT_CERTIFICATE_PASSWORD",
    "ARM_OIDC_TOKEN",
    "ARM_OIDC_REQUEST_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "SYSTEM_ACCESSTOKEN",
    "IDENTITY_HEADER",
};

bool pkr_login_environment(struct pkr_config *config, const char *(*lookup)(void *context, const char *name),
                           void *context)
{
    const char *name = NULL;

    for (size_t i = 0; i < PKR_LOGIN_VARIABLES_MAX && (name = acg_login_variable(i)) != NULL; i++) {
        const char *value = lookup(context, name);
        if (value != NULL && value[0] != '\0' && !acgp_secret_set(&config->login[i], acgp_span(value)))
            return false;
    }
    return true;
}

/* A variable as it was when the environment was taken. */
static const char *kept(void *context, const char *name)
{
    const struct pkr_config *config = context;

    for (size_t i = 0; i < PKR_LOGIN_VARIABLES_MAX && acg_login_variable(i) != NULL; i++)
        if (acgp_equal(acg_login_variable(i), name))
            return acgp_secret_empty(&config->login[i]) ? NULL : acgp_secret_expose(&config->login[i]).data;
    return NULL;
}

static const char *kept_of(const struct pkr_config *config, const char *name)
{
    union {
        const struct pkr_config *read;
        void *context;
    } c = {config};

    return kept(c.context, name);
}

static const char *metadata_host(const struct pkr_config *config)
{
    const char *host = config->set.metadata_host;

    if (host == NULL)
        host = kept_of(config, "ARM_METADATA_HOSTNAME");
    return host != NULL ? host : kept_of(config, "ARM_METADATA_HOST");
}

static const char *cloud_name(const struct pkr_config *config)
{
    const char *name = config->set.cloud_environment_name;

    return name != NULL ? name : kept_of(config, "ARM_ENVIRONMENT");
}

const char *pkr_config_endpoint(const struct pkr_config *config)
{
    const struct acg_cloud *cloud = acg_cloud_named(cloud_name(config));

    if (config->set.resource_manager_endpoint != NULL || cloud == NULL || cloud == acg_cloud_named(NULL))
        return config->set.resource_manager_endpoint;
    return cloud->resource_manager_endpoint;
}

void pkr_config_publisher_options(const struct pkr_config *config, struct acg_publisher_options *out)
{
    out->resource_manager_endpoint = pkr_config_endpoint(config);
    out->audience = config->set.audience;
    out->ca_file = config->set.ca_file;
}

const char *pkr_config_subscription(const struct pkr_config *config)
{
    return config->set.options.subscription_id;
}

static const char *clear(const struct acgp_secret *secret)
{
    return acgp_secret_empty(secret) ? NULL : acgp_secret_expose(secret).data;
}

/* @param cloud what its resource manager told; NULL: it was not asked. */
static enum acg_status credential_new(const struct pkr_config *config, const struct acg_cloud *cloud,
                                      struct acg_credential **out, struct acg_error *err)
{
    const struct pkr_settings *s = &config->set;
    union {
        const struct pkr_config *read;
        void *context;
    } c = {config};
    struct acg_login_options o = ACG_LOGIN_OPTIONS_INIT;

    o.tenant_id = s->tenant_id;
    o.client_id = s->client_id;
    o.client_secret = clear(&s->client_secret);
    o.client_cert_path = s->client_cert_path;
    o.client_cert_password = clear(&s->client_cert_password);
    o.client_jwt = clear(&s->client_jwt);
    o.oidc_token_file_path = s->oidc_token_file_path;
    o.oidc_request_url = s->oidc_request_url;
    o.oidc_request_token = clear(&s->oidc_request_token);
    o.service_connection_id = s->service_connection_id;
    o.use_msi = s->use_msi;
    o.msi_resource_id = s->msi_resource_id;
    o.msi_object_id = s->msi_object_id;
    o.use_azure_cli_auth = s->use_azure_cli_auth;
    o.subscription_id = s->options.subscription_id;
    o.cloud_environment_name =
        cloud == NULL && metadata_host(config) == NULL ? s->cloud_environment_name : NULL;
    o.authority_host = s->authority_host;
    if (o.authority_host == NULL &&
        metadata_host(config) != NULL) /* before it was asked, the check takes any */
        o.authority_host = (cloud != NULL ? cloud : acg_cloud_named(NULL))->authority_host;
    o.environment = kept;
    o.context = c.context;
    return acg_credential_new(&o, out, err);
}

enum acg_status pkr_config_credential_new(const struct pkr_config *config, struct acg_credential **out,
                                          struct acg_error *err)
{
    return credential_new(config, NULL, out, err);
}

static enum acg_status read_cloud(const struct pkr_config *config, struct acg_cloud **out,
                                  struct acg_error *err)
{
    struct acg_cloud_options o = ACG_CLOUD_OPTIONS_INIT;

    o.metadata_host = metadata_host(config);
    o.cloud_environment_name = cloud_name(config);
    o.ca_file = config->set.ca_file;
    return o.metadata_host == NULL ? ACG_OK : acg_cloud_read(&o, out, err);
}

enum acg_status pkr_config_publisher_new(const struct pkr_config *config,
                                         const struct pkr_publisher_wish *wish, struct acg_publisher **out,
                                         char **out_notice, struct acg_error *err)
{
    struct acg_publisher_options options = ACG_PUBLISHER_OPTIONS_INIT;
    struct acg_credential *credential = NULL;
    struct acg_cloud *cloud = NULL;
    enum acg_status status = read_cloud(config, &cloud, err);

    if (out_notice != NULL)
        *out_notice = NULL;
    if (status == ACG_OK)
        status = credential_new(config, cloud, &credential, err);
    if (status == ACG_OK) {
        pkr_config_publisher_options(config, &options);
        if (cloud != NULL && config->set.resource_manager_endpoint == NULL)
            options.resource_manager_endpoint = cloud->resource_manager_endpoint;
        if (cloud != NULL && options.audience == NULL)
            options.audience = cloud->audience;
        options.user_agent = wish->user_agent;
        options.trace_requests = wish->trace_requests;
        options.journal_dir = wish->journal_dir;
        status = wish->journal ? pkr_journal_publisher_new(config, &options, credential, out, out_notice, err)
                               : acg_publisher_new(&options, credential, out, err);
    }
    acg_credential_free(credential); /* the publisher keeps its own hold */
    acg_cloud_free(cloud);
    return status;
}

static bool holds(const char *text, const char *secret)
{
    return secret != NULL && strlen(secret) >= SECRET_LEAST && strstr(text, secret) != NULL;
}

bool pkr_config_reveals(const struct pkr_config *config, const char *text)
{
    const struct pkr_settings *s = &config->set;
    bool any = holds(text, clear(&s->client_secret)) || holds(text, clear(&s->client_cert_password)) ||
               holds(text, clear(&s->client_jwt)) || holds(text, clear(&s->oidc_request_token));

    for (size_t i = 0; !any && i < sizeof secret_variables / sizeof secret_variables[0]; i++)
        any = holds(text, kept_of(config, secret_variables[i]));
    return any;
}

/* ---- checks ---- */

/* A part of the login that is faulty, or not known before the build, says nothing about the rest. */
static bool login_is_open(const struct pkr_config *config)
{
    const struct pkr_field_group *top = pkr_fields();

    for (size_t i = 0; i < top->count; i++)
        if ((top->rows[i].flags & PKR_LOGIN) != 0 && (pkr_notes_cover(&config->read, top->rows[i].name) ||
                                                      pkr_notes_cover(&config->made, top->rows[i].name)))
            return true;
    return false;
}

static enum acg_status note_missing(struct pkr_config *config, const char *field, const char *variable,
                                    const char *message, struct acg_error *err)
{
    char *fix = acgp_printf("set %s, or the environment variable %s", field, variable);
    enum acg_status status = fix == NULL
                                 ? acgp_fail_nomem(err)
                                 : pkr_note_fault(&config->made, field, 0, fix, err, "is %s", message);

    acgp_free(fix);
    return status;
}

static bool named(const struct pkr_config *config, const char *given, const char *azure, const char *arm)
{
    return given != NULL || kept_of(config, azure) != NULL || kept_of(config, arm) != NULL;
}

/* The library says what it misses first; a user wants to know all of it. */
static enum acg_status note_principal(struct pkr_config *config, const struct acg_error *why,
                                      struct acg_error *err)
{
    static const char wanted[] = "missing; the login to Azure needs it";
    const struct pkr_settings *s = &config->set;
    enum acg_status status = ACG_OK;

    if (!named(config, s->tenant_id, "AZURE_TENANT_ID", "ARM_TENANT_ID"))
        status = note_missing(config, "tenant_id", "AZURE_TENANT_ID", wanted, err);
    if (status == ACG_OK && !named(config, s->client_id, "AZURE_CLIENT_ID", "ARM_CLIENT_ID"))
        status = note_missing(config, "client_id", "AZURE_CLIENT_ID", wanted, err);
    if (status == ACG_OK && acgp_equal(why->field, "client_secret"))
        status = note_missing(config, "client_secret", "AZURE_CLIENT_SECRET",
                              "missing, and so is every other login: client_cert_path, oidc_token_file_path, "
                              "client_jwt, oidc_request_url, use_msi, use_azure_cli_auth",
                              err);
    return status;
}

static enum acg_status note_login(struct pkr_config *config, const struct acg_error *why,
                                  struct acg_error *err)
{
    const struct pkr_field *row = pkr_field_find(pkr_fields(), acgp_span(why->field), false);
    bool missing = strncmp(why->message, "missing", 7) == 0 && row != NULL && row->variable != NULL;

    if (missing && (acgp_equal(why->field, "tenant_id") || acgp_equal(why->field, "client_id") ||
                    strncmp(why->message, "missing with ", 13) == 0 ||
                    strncmp(why->message, "missing beside ", 15) == 0))
        return note_principal(config, why, err);
    if (missing)
        return note_missing(config, why->field, row->variable, why->message, err);
    return pkr_note_fault(&config->made, why->field, 0, "correct the value", err, "%s", why->message);
}

static enum acg_status check_login(struct pkr_config *config, struct acg_error *err)
{
    struct acg_credential *credential = NULL;
    struct acg_error why = {.status = ACG_OK};
    enum acg_status status = ACG_OK;

    if (login_is_open(config))
        return ACG_OK;
    status = pkr_config_credential_new(config, &credential, &why);
    acg_credential_free(credential);
    if (status == ACG_ERR_ARGUMENT)
        return note_login(config, &why, err);
    if (status != ACG_OK && err != NULL)
        *err = why;
    return status;
}

/* A loopback host: the only place where plain http may go, since a token travels with each request. */
static bool is_loopback(struct acg_span host)
{
    return acgp_span_equal_nocase(host, acgp_span("localhost")) ||
           acgp_span_equal(host, acgp_span("127.0.0.1")) || acgp_span_equal(host, acgp_span("[::1]"));
}

static const char *endpoint_fault(const char *url)
{
    struct acg_span rest = acgp_span(url), https = acgp_span("https://"), http = acgp_span("http://");
    bool secure = acgp_span_starts_nocase(rest, https);

    if (!secure && !acgp_span_starts_nocase(rest, http))
        return "is not a URL that begins with https://";
    size_t skip = secure ? https.len : http.len;
    rest = acgp_span_of(rest.data + skip, rest.len - skip);
    struct acg_span host = acgp_span_cut(&rest, '/');
    if (memchr(host.data, '@', host.len) != NULL)
        return "holds a user name, which does not belong there";
    size_t end = host.len;
    while (end > 0 && host.data[end - 1] >= '0' && host.data[end - 1] <= '9')
        end--;
    if (end > 0 && end < host.len && host.data[end - 1] == ':')
        host.len = end - 1;
    if (host.len == 0)
        return "names no host";
    return secure || is_loopback(host) ? NULL : "would send the login over plain http to another machine";
}

static enum acg_status check_endpoint(struct pkr_config *config, const char *field, const char *url,
                                      struct acg_error *err)
{
    const char *fault = url != NULL && !pkr_notes_cover(&config->read, field) ? endpoint_fault(url) : NULL;

    if (fault == NULL || pkr_notes_cover(&config->made, field))
        return ACG_OK;
    return pkr_note_fault(&config->made, field, 0,
                          "write https://HOST[:PORT]; http works for localhost, 127.0.0.1 and [::1] only",
                          err, "%s", fault);
}

enum acg_status pkr_check_access(struct pkr_config *config, enum pkr_phase phase, struct acg_error *err)
{
    enum acg_status status = check_endpoint(config, "authority_host", config->set.authority_host, err);

    if (status == ACG_OK)
        status =
            check_endpoint(config, "resource_manager_endpoint", config->set.resource_manager_endpoint, err);
    if (status == ACG_OK && phase != PKR_PHASE_PREVIEW && phase != PKR_PHASE_OFFLINE)
        status = check_login(config, err);
    return status;
}
