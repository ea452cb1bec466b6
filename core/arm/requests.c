/* SPDX-License-Identifier: MPL-2.0 */
#include "arm/requests.h"

#include "arm/version_body.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/span.h"
#include "http/url.h"

static const char *version_for(enum acgp_resource_kind kind)
{
    switch (kind) {
    case ACGP_RESOURCE_MANAGED_IMAGE:
        return ACGP_API_MANAGED_IMAGE;
    case ACGP_RESOURCE_SNAPSHOT:
    case ACGP_RESOURCE_DISK:
        return ACGP_API_DISK;
    case ACGP_RESOURCE_VIRTUAL_MACHINE:
        return ACGP_API_VIRTUAL_MACHINE;
    case ACGP_RESOURCE_DISK_ENCRYPTION_SET:
        return ACGP_API_DISK_ENCRYPTION_SET;
    default:
        return ACGP_API_IMAGE_VERSION; /* galleries, definitions and versions share one series */
    }
}

char *acgp_path_url(const char *endpoint, const char *id, const char *query, const char *api_version)
{
    struct acgp_buf b;
    char *url = NULL;

    acgp_buf_init(&b, ACGP_URL_MAX);
    if (acgp_buf_text(&b, endpoint) && acgp_url_append_path(&b, acgp_span(id)) &&
        acgp_buf_printf(&b, "?%sapi-version=%s", query, api_version))
        url = acgp_buf_take(&b);
    acgp_buf_done(&b);
    return url;
}

char *acgp_resource_url(const char *endpoint, const char *id, enum acgp_resource_kind kind)
{
    return acgp_path_url(endpoint, id, "", version_for(kind));
}

char *acgp_replication_url(const char *endpoint, const char *version_id)
{
    return acgp_path_url(endpoint, version_id, "$expand=ReplicationStatus&", ACGP_API_IMAGE_VERSION);
}

char *acgp_version_url(const char *endpoint, const struct acgp_publish_spec *spec)
{
    return acgp_resource_url(endpoint, spec->version_id, ACGP_RESOURCE_IMAGE_VERSION);
}
