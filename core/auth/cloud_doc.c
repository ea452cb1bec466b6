/* SPDX-License-Identifier: MPL-2.0 */
#include "auth/cloud_doc.h"

#include <string.h>

#include <jansson.h>

#include "auth/credential.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"
#include "http/url.h"
#include "json/decode.h"
#include "json/look.h"

static const char path[] = "/metadata/endpoints?api-version=2022-09-01";

/* A cloud of our own making: the view is what callers see. */
struct owned {
    struct acg_cloud view;
    char *name, *authority_host, *endpoint, *audience;
};

void acg_cloud_free(struct acg_cloud *cloud)
{
    struct owned *c = (struct owned *)(void *)cloud;

    if (c == NULL)
        return;
    acgp_free(c->name);
    acgp_free(c->authority_host);
    acgp_free(c->endpoint);
    acgp_free(c->audience);
    acgp_free(c);
}

void acg_cloud_options_init(struct acg_cloud_options *opts, uint32_t version)
{
    *opts = (struct acg_cloud_options)ACG_CLOUD_OPTIONS_INIT;
    opts->version = version;
}

static struct acg_span without_slashes(const char *text)
{
    struct acg_span s = acgp_span(text);

    while (s.len != 0 && s.data[s.len - 1] == '/')
        s.len--;
    return s;
}

enum acg_status acgp_cloud_url(const char *host, char **out_url, struct acg_error *err)
{
    struct acg_span base = without_slashes(host);
    bool whole = acgp_span_starts_nocase(base, acgp_span("https://")) ||
                 acgp_span_starts_nocase(base, acgp_span("http://"));
    char *endpoint = base.len > ACGP_PATH_MAX
                         ? NULL
                         : acgp_printf("%s%.*s", whole ? "" : "https://", (int)base.len, base.data);
    struct acgp_url parts;
    bool fine = endpoint != NULL && acgp_url_endpoint_ok(acgp_span(endpoint)) &&
                acgp_url_parse(acgp_span(endpoint), &parts) && parts.path.len == 0;

    if (fine)
        *out_url = acgp_printf("%s%s", endpoint, path);
    acgp_free(endpoint);
    if (!fine)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "metadata_host",
                               "not the host of a resource manager; write HOST or HOST:PORT, as in "
                               "management.local.azurestack.external");
    return *out_url == NULL ? acgp_fail_nomem(err) : ACG_OK;
}

static bool same_host(const json_t *cloud, const char *url)
{
    const char *own = acgp_json_text(cloud, "resourceManager");
    struct acgp_url a, b;

    return own != NULL && acgp_url_parse(acgp_span(own), &a) && acgp_url_parse(acgp_span(url), &b) &&
           acgp_url_same_origin(&a, &b);
}

/* Its own names, and those of packer-plugin-azure for the same. */
static bool has_name(const json_t *cloud, const char *name)
{
    const char *own = acgp_json_text(cloud, "name");
    const struct acg_cloud *named = acg_cloud_named(name);

    return own != NULL &&
           (acgp_equal_nocase(own, name) || (named != NULL && named == acg_cloud_named(own) && *own != '\0'));
}

static const json_t *find(const json_t *doc, const char *url, const char *name)
{
    const json_t *cloud = NULL;
    size_t i = 0;

    if (json_is_object(doc))
        return doc;
    json_array_foreach(doc, i, cloud)
    {
        if (acgp_given(name) ? has_name(cloud, name) : same_host(cloud, url))
            return cloud;
    }
    return NULL;
}

static char *endpoint_of(const json_t *cloud, const char *url)
{
    const char *own = acgp_json_text(cloud, "resourceManager");
    struct acg_span s =
        acgp_given(own) ? without_slashes(own) : acgp_span_of(url, strlen(url) - (sizeof path - 1));

    return acgp_strndup(s.data, s.len);
}

static enum acg_status make(const json_t *cloud, const char *url, struct owned *c, struct acg_error *err)
{
    struct acg_span login = without_slashes(acgp_json_text(cloud, "authentication.loginEndpoint"));
    const json_t *audiences = acgp_json_at(cloud, "authentication.audiences");
    const char *audience = json_string_value(json_array_get(audiences, 0)),
               *name = acgp_json_text(cloud, "name");

    c->name = acgp_strdup(name != NULL ? name : "");
    c->authority_host = acgp_strndup(login.data, login.len);
    c->endpoint = endpoint_of(cloud, url);
    c->audience = acgp_given(audience) ? acgp_strdup(audience) : NULL;
    if (c->name == NULL || c->authority_host == NULL || c->endpoint == NULL ||
        (acgp_given(audience) && c->audience == NULL))
        return acgp_fail_nomem(err);
    /* The scope is the audience and "/.default". */
    for (size_t n = c->audience ? strlen(c->audience) : 0; n > 0 && c->audience[n - 1] == '/'; n--)
        c->audience[n - 1] = '\0';
    if (!acgp_url_endpoint_ok(login) || !acgp_url_endpoint_ok(acgp_span(c->endpoint)))
        return acgp_fail_field(
            err, ACG_ERR_PROTOCOL, "metadata_host",
            "the resource manager names a token service or a resource manager that is no https "
            "address; set authority_host and resource_manager_endpoint");
    c->view = (struct acg_cloud){c->name, c->authority_host, c->endpoint, c->audience};
    return ACG_OK;
}

enum acg_status acgp_cloud_doc_read(struct acg_span text, const char *url, const char *name,
                                    struct acg_cloud **out, struct acg_error *err)
{
    json_t *doc = NULL;
    struct owned *c = NULL;
    enum acg_status status = acgp_json_parse(text, &doc, err);
    const json_t *cloud = find(doc, url, name);

    if (status == ACG_OK && (cloud == NULL || acgp_json_text(cloud, "authentication.loginEndpoint") == NULL))
        status = ACG_ERR_PROTOCOL;
    if (status == ACG_ERR_PROTOCOL)
        status =
            acgp_fail_field(err, status, "metadata_host",
                            "the host does not tell of this cloud at /metadata/endpoints; set authority_host "
                            "and resource_manager_endpoint");
    if (status == ACG_OK && (c = acgp_alloc(1, sizeof *c)) == NULL)
        status = acgp_fail_nomem(err);
    if (status == ACG_OK)
        status = make(cloud, url, c, err);
    json_decref(doc);
    if (status != ACG_OK) {
        acg_cloud_free(c != NULL ? &c->view : NULL);
        return status;
    }
    *out = &c->view;
    return ACG_OK;
}
