/* SPDX-License-Identifier: MPL-2.0 */
/* Login and endpoints. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "spec/state.h"

/** Azure's secrets have 40 characters; one shorter than this is a word of a simulator that any line may hold.
 */
enum { SECRET_LEAST = 8 };

void pkr_config_publisher_options(const struct pkr_config *config, struct acg_publisher_options *out)
{
    out->resource_manager_endpoint = config->set.resource_manager_endpoint;
    out->audience = config->set.audience;
    out->ca_file = config->set.ca_file;
}

const char *pkr_config_subscription(const struct pkr_config *config)
{
    return config->set.options.subscription_id;
}

const char *pkr_config_endpoint(const struct pkr_config *config)
{
    return config->set.resource_manager_endpoint;
}

enum acg_status pkr_config_credential_new(const struct pkr_config *config, struct acg_credential **out,
                                          struct acg_error *err)
{
    struct acg_client_secret_options opts = ACG_CLIENT_SECRET_OPTIONS_INIT;

    opts.tenant_id = config->set.tenant_id;
    opts.client_id = config->set.client_id;
    opts.client_secret = acgp_secret_expose(&config->set.client_secret).data;
    opts.authority_host = config->set.authority_host;
    return acg_credential_client_secret_new(&opts, out, err);
}

bool pkr_config_reveals(const struct pkr_config *config, const char *text)
{
    struct acg_span secret = acgp_secret_expose(&config->set.client_secret);

    return secret.len >= SECRET_LEAST && strstr(text, secret.data) != NULL;
}

static enum acg_status check_given(struct pkr_config *config, const char *field, const char *variable,
                                   bool given, struct acg_error *err)
{
    if (given || pkr_notes_cover(&config->read, field))
        return ACG_OK;
    char *fix = acgp_printf("set %s, or the environment variable %s", field, variable);
    enum acg_status status = fix == NULL ? acgp_fail_nomem(err)
                                         : pkr_note_fault(&config->made, field, 0, fix, err,
                                                          "is missing; the login to Azure needs it");
    acgp_free(fix);
    return status;
}

/* What the credential itself refuses: the form of a tenant, the scheme of the authority. */
static enum acg_status try_credential(struct pkr_config *config, struct acg_error *err)
{
    struct acg_credential *credential = NULL;
    struct acg_error why = {.status = ACG_OK};
    enum acg_status status = pkr_config_credential_new(config, &credential, &why);

    acg_credential_free(credential);
    if (status != ACG_ERR_ARGUMENT) {
        if (status != ACG_OK && err != NULL)
            *err = why;
        return status;
    }
    if (why.field[0] == '\0' || pkr_notes_cover(&config->read, why.field) ||
        pkr_notes_cover(&config->made, why.field))
        return ACG_OK;
    return pkr_note_fault(&config->made, why.field, 0, "correct the value", err, "%s", why.message);
}

static enum acg_status check_login(struct pkr_config *config, struct acg_error *err)
{
    const struct pkr_settings *s = &config->set;
    bool secret = !acgp_secret_empty(&s->client_secret);
    enum acg_status status = check_given(config, "tenant_id", "AZURE_TENANT_ID", s->tenant_id != NULL, err);

    if (status == ACG_OK)
        status = check_given(config, "client_id", "AZURE_CLIENT_ID", s->client_id != NULL, err);
    if (status == ACG_OK)
        status = check_given(config, "client_secret", "AZURE_CLIENT_SECRET", secret, err);
    if (status == ACG_OK && s->tenant_id != NULL && s->client_id != NULL && secret)
        status = try_credential(config, err);
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
